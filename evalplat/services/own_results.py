"""A provider's own results beside what the county lets expect: its row, and nothing of any other provider."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.comparisons import make_comparison
from evalplat.services.providers import get_provider
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.results import ProviderComparison
from evalplat.storage import access, audit


def compare_own(
    session: Session, catalogue: Catalogue, actor: Actor, query: ComparisonQuery, *, at: datetime
) -> tuple[str, ProviderComparison]:
    """The own provider's name, and the county's released comparison with that provider's row alone.

    It is the same released result that the county sees. Without episodes of one's own there is no row. The model's
    card stays away: its tables are about all providers.
    """
    demand(session, actor, *PROVIDER_STAFF)
    name = get_provider(session, actor, actor.provider_id or "").name
    with access.crossing(session, "own results beside the county's") as privileged:
        found = make_comparison(privileged, catalogue, replace(query, providers=()), at=at)
    audit.record(session, "compare_own", "comparison", f"{found.instrument}/{found.scale}", at=at)
    own = tuple(row for row in found.rows if row.provider == name)
    return name, replace(found, rows=own, card=None, exclusions=())
