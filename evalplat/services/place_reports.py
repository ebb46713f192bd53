"""The quarter's report by municipality: services begun and ended, and how many of them were measured, released."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.episodes.quarters import days_of_quarter, quarter_before, quarter_of
from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.report_facts import tell_county
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_places import Counts, PlaceTable, release_places
from evalplat.statistics.publishing.report_facts import PlaceFacts
from evalplat.storage import audit
from evalplat.storage.places import count_measured
from evalplat.vocabulary import MeasurementPoint

EARLIEST = 20001


def gather_places(
    session: Session, actor: Actor, *, quarter: int | None, at: datetime
) -> PlaceFacts:
    """What the report of a quarter shows; None takes the last that is over. Analysts, administrators, system jobs.

    A quarter that goes on is refused: two reports of it, a day apart, would tell of the clients of that day.
    """
    demand(session, actor, *COUNTY_READERS)
    today = local_day(at)
    last = quarter_before(quarter_of(today))
    chosen = last if quarter is None else quarter
    if not EARLIEST <= chosen <= last or not 1 <= chosen % 10 <= 4:
        raise InputRejected(
            Message("The report cannot be made."),
            [Fault("quarter", Message("Choose a quarter that is over."))],
        )
    days = days_of_quarter(chosen)
    audit.record(session, "make_report", "report", "municipalities", at=at)
    return PlaceFacts(
        county=tell_county(session),
        quarter=chosen,
        made_on=today,
        begun=_count(session, MeasurementPoint.BASELINE, days),
        ended=_count(session, MeasurementPoint.END, days),
    )


def _count(session: Session, point: MeasurementPoint, days: tuple[date, date]) -> PlaceTable:
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    rows = count_measured(
        session, point=point, first=days[0], last=days[1], county=str(session.info["county"])
    )
    for region, place, measured, together in rows:
        counts.setdefault(region, {})[place] = (measured, together - measured)
    found: Counts = counts
    return release_places(found, DisclosureRule())
