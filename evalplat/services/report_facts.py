"""What the county's and a provider's reports are made of: every result computed once, released, and frozen."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comments import load_comments
from evalplat.services.comparisons import check_query, list_usual_scales, make_comparison
from evalplat.services.feedback import load_feedback
from evalplat.services.outcomes import count_changes, count_goals
from evalplat.services.providers import get_provider
from evalplat.services.requests import ComparisonQuery
from evalplat.services.value import make_value
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts, pick_provider
from evalplat.storage import audit
from evalplat.storage.access import crossing
from evalplat.vocabulary import Domain, Role

DOMAINS = (
    Domain.SOCIAL_FUNCTIONING,
    Domain.EVERYDAY_FUNCTIONING,
    Domain.LIFE_MANAGEMENT,
    Domain.PARTICIPATION,
)
"""What the service is to change; each is reported on its usual scale."""


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A report to make: of episodes opened in the period (both days included), in which language."""

    period_from: date | None = None
    period_until: date | None = None
    language: str = "fi"


def gather_county(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    wanted: ReportQuery,
    *,
    at: datetime,
    with_value: bool = True,
) -> ReportFacts:
    """What the county's report shows. Analysts, administrators and system jobs. Raises InputRejected.

    with_value: with what improvement costs, which no provider's report shows.
    """
    demand(session, actor, *COUNTY_READERS)
    found = gather(session, catalogue, wanted, at=at, with_value=with_value)
    audit.record(session, "make_report", "report", "county", at=at)
    return found


def gather_own(
    session: Session, catalogue: Catalogue, actor: Actor, wanted: ReportQuery, *, at: datetime
) -> tuple[str, ReportFacts]:
    """The own provider's name, and what its report shows: its rows of the county's released results. Its manager."""
    demand(session, actor, Role.PROVIDER_MANAGER)
    name = get_provider(session, actor, actor.provider_id or "").name
    with crossing(session, "own report beside the county's") as privileged:
        found = gather(privileged, catalogue, wanted, at=at, with_value=False)
    audit.record(session, "make_report", "report", "provider", at=at)
    return name, pick_provider(found, name)


def gather(
    session: Session, catalogue: Catalogue, wanted: ReportQuery, *, at: datetime, with_value: bool
) -> ReportFacts:
    """Every result of a report, released, for a session that reaches every provider, whoever may see it."""
    made_on = local_day(at)
    scales = tuple(
        _gather_scale(session, catalogue, definition, scale, wanted, at=at, with_value=with_value)
        for definition, scale in choose_scales(session, catalogue)
    )
    period = ComparisonQuery("", "", None, wanted.period_from, wanted.period_until)
    year = _one_year(wanted)
    given = load_feedback(session, catalogue, year, made_on)
    return ReportFacts(
        county=tell_county(session),
        language=wanted.language,
        period_from=wanted.period_from,
        period_until=wanted.period_until,
        made_on=made_on,
        scales=scales,
        goals=count_goals(session, period),
        feedback=given.feedback,
        feedback_titles=tuple(given.instrument.text(wanted.language).scales.items()),
        feedback_year=year,
        comments=load_comments(
            session,
            wanted.period_from.year if wanted.period_from else None,
            wanted.period_until.year if wanted.period_until else None,
        ),
    )


def tell_county(session: Session) -> str:
    """The county's name for a heading, from its key: `varsinais-suomi` is Varsinais-Suomi."""
    return "-".join(part.capitalize() for part in str(session.info["county"]).split("-"))


def choose_scales(session: Session, catalogue: Catalogue) -> list[tuple[Instrument, Scale]]:
    """One scale of each of the four domains: one that has pairs, and of which it is known whose change is reliable.

    Of several the first of the county's usual plan, and where there is none such, the first of all.
    """
    usual = list_usual_scales(session, catalogue)
    found = []
    for domain in DOMAINS:
        known = [
            (definition, scale, paired)
            for definition, scale, paired in usual
            if scale.domain is domain
        ]
        known.sort(key=lambda one: (not one[2], not one[1].change.assessable))
        found += [(definition, scale) for definition, scale, _paired in known[:1]]
    return found


def _gather_scale(
    session: Session,
    catalogue: Catalogue,
    definition: Instrument,
    scale: Scale,
    wanted: ReportQuery,
    *,
    at: datetime,
    with_value: bool,
) -> ScaleFacts:
    query = ComparisonQuery(
        definition.key,
        scale.key,
        definition.version,
        wanted.period_from,
        wanted.period_until,
    )
    check_query(catalogue, query)
    if scale.domain is None:
        raise AssertionError("chosen by its domain")
    flow, shares = count_changes(session, definition, scale, query)
    text = definition.text(wanted.language)
    return ScaleFacts(
        title=f"{text.short_title}: {text.scales.get(scale.key, scale.key)}",
        domain=scale.domain,
        comparison=make_comparison(session, catalogue, query, at=at),
        flow=flow,
        shares=shares[0],
        value=make_value(session, definition, scale, query, at=at) if with_value else None,
    )


def _one_year(wanted: ReportQuery) -> int | None:
    """The year that the whole period is in; feedback is counted by years, as on its own page."""
    start, end = wanted.period_from, wanted.period_until
    return start.year if start and end and start.year == end.year else None
