"""One provider for the county: its rows of the released results of a period, beside those of all together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.attrition import analyse_lost
from evalplat.services.overview import check_choices, key_of
from evalplat.services.providers import get_provider
from evalplat.services.report_facts import ReportQuery, gather
from evalplat.services.requests import ComparisonQuery
from evalplat.services.value import make_value
from evalplat.services.views import ProviderView
from evalplat.statistics.missing.attrition_results import AttritionResult
from evalplat.statistics.money.value import ValueAnalysis
from evalplat.statistics.publishing.report_facts import ReportFacts, Row, pick_provider
from evalplat.storage import audit


@dataclass(frozen=True, slots=True)
class ProviderPage:
    """A provider's results of a period, released. own: facts with its rows alone.

    scale: which of the scales (`instrument/scale`) euros and the lost are of; "" where there is none yet. value and
    lost hold its row alone, and all together.
    """

    provider: ProviderView
    own: ReportFacts
    scale: str
    value: ValueAnalysis | None
    lost: AttritionResult | None


def describe_provider(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    wanted: ReportQuery,
    *,
    provider_id: str,
    scale: str = "",
    at: datetime,
) -> ProviderPage:
    """One provider's rows of what the county's pages show of all. Analysts and administrators.

    The results are made of all providers and released as such, then one row is taken: a page of one provider tells
    nothing that the page of all does not tell. Raises NotFound, and InputRejected with every fault.
    """
    demand(session, actor, *COUNTY_READERS)
    provider = get_provider(session, actor, provider_id)
    check_choices(wanted)
    facts = gather(session, catalogue, wanted, at=at, with_value=False)
    audit.record(session, "describe_provider", "provider", provider_id, at=at)
    own = pick_provider(facts, provider.name)
    if not facts.scales:
        return ProviderPage(provider, own, "", None, None)
    chosen = next((one for one in facts.scales if not scale or key_of(one) == scale), None)
    if chosen is None:
        raise InputRejected(
            Message("The page cannot be made."),
            [Fault("scale", Message("Choose one of the scales in the list."))],
        )
    definition = catalogue.get(chosen.comparison.instrument)
    of_scale = definition.scale(chosen.comparison.scale)
    query = ComparisonQuery(
        definition.key, of_scale.key, definition.version, wanted.period_from, wanted.period_until
    )
    value = make_value(session, definition, of_scale, query, at=at)
    lost = analyse_lost(session, catalogue, actor, query, at=at)
    return ProviderPage(
        provider,
        own,
        key_of(chosen),
        replace(value, costs=replace(value.costs, rows=_own(value.costs.rows, provider.name))),
        replace(lost, rows=_own(lost.rows, provider.name)),
    )


def _own(rows: Sequence[Row], name: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.provider == name)
