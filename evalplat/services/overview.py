"""The county's overview: coverage first, by provider and over time, then outcomes, goals, feedback and euros."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.episodes.quarters import quarter_of
from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.outcomes import count_by_time
from evalplat.services.report_facts import ReportQuery, gather
from evalplat.services.requests import ComparisonQuery
from evalplat.services.value import make_value
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts
from evalplat.statistics.publishing.times import Timeline
from evalplat.storage import audit

TIMES = ("quarter", "month", "year")
"""How the days of a period can be put together; by month only within two years."""

MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Overview:
    """A period's released results. scale: the one that coverage and euros are of; None where there is none yet."""

    facts: ReportFacts
    scale: ScaleFacts | None
    timeline: Timeline | None


def describe_overview(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    wanted: ReportQuery,
    *,
    scale: str = "",
    by: str = TIMES[0],
    at: datetime,
) -> Overview:
    """The overview of a period; `scale` (`instrument/scale`, or the first of the four domains) is the one of coverage.

    by: one of `TIMES`. Analysts, administrators and system jobs. Raises InputRejected with every fault.
    """
    demand(session, actor, *COUNTY_READERS)
    check_choices(wanted, by)
    facts = gather(session, catalogue, wanted, at=at, with_value=False)
    audit.record(session, "describe_overview", "report", "county", at=at)
    if not facts.scales:
        return Overview(facts, None, None)
    chosen = next((one for one in facts.scales if not scale or key_of(one) == scale), None)
    if chosen is None:
        raise InputRejected(
            Message("The overview cannot be made."),
            [Fault("scale", Message("Choose one of the scales in the list."))],
        )
    definition = catalogue.get(chosen.comparison.instrument)
    of_scale = definition.scale(chosen.comparison.scale)
    query = ComparisonQuery(
        definition.key, of_scale.key, definition.version, wanted.period_from, wanted.period_until
    )
    value = make_value(session, definition, of_scale, query, at=at)
    timeline = count_by_time(session, definition, query, choose_time(by))
    return Overview(facts, replace(chosen, value=value), timeline)


def check_choices(wanted: ReportQuery, by: str = TIMES[0]) -> None:
    """Raises InputRejected for a period that ends before it begins, and for months of one that is too long for them."""
    start, until, faults = wanted.period_from, wanted.period_until, []
    if start is not None and until is not None and until < start:
        faults.append(Fault("until", Message("The period ends before it begins.")))
    elif by == "month" and (start is None or until is None or _months(start, until) > MOST_MONTHS):
        faults.append(
            Fault(
                "by",
                Message(
                    "By month a period of at most two years can be shown, with both ends given."
                ),
            )
        )
    if faults:
        raise InputRejected(Message("The overview cannot be made."), faults)


def _months(start: date, until: date) -> int:
    return (until.year - start.year) * 12 + until.month - start.month + 1


def key_of(scale: ScaleFacts) -> str:
    """How an address names a scale: `instrument/scale`."""
    return f"{scale.comparison.instrument}/{scale.comparison.scale}"


def choose_time(by: str) -> Callable[[date], str]:
    """The name of the time that a day is in: a month (`2026-04`), a quarter (`2026-Q2`) or a year (`2026`)."""
    if by == "month":
        return lambda day: f"{day.year}-{day.month:02}"
    if by == "year":
        return lambda day: f"{day.year}"
    return lambda day: f"{day.year}-Q{quarter_of(day) % 10}"
