"""Does change last: one query in, one released analysis out."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.over_time.sustained_results import SustainedResult, Window
from evalplat.storage import audit
from evalplat.vocabulary import MeasurementPoint

POINTS = (MeasurementPoint.BASELINE, MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)


def analyse_lasting(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    window: Window | None = None,
    at: datetime,
) -> SustainedResult:
    """The analysis of lasting change that the query asks for, released under the disclosure rule.

    Baseline, end and follow-up, whatever points the query names; nothing is adjusted for: each client is compared with
    themselves. Episodes opened too recently for a follow-up are set aside. window: from 60 to 150 days after the end
    unless given. Analysts, administrators and system jobs. Raises InputRejected with every fault of query or window.
    """
    from evalplat.statistics.effects import ChangeRule
    from evalplat.statistics.missing.ripening import set_recent_aside
    from evalplat.statistics.over_time.sustained import analyse_sustained

    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    if scale.direction is None:
        raise AssertionError("checked before")
    frame = load_frame(session, definition, query, points=POINTS)
    frame, aside, _days = set_recent_aside(frame, "follow_up", at.date())
    audit.record(session, "analyse_lasting", "comparison", f"{definition.key}/{scale.key}", at=at)
    known = scale.change
    return analyse_sustained(
        frame,
        instrument=definition.key,
        scale=scale.key,
        rule=ChangeRule(scale.direction, sd=known.sd, reliability=known.reliability, sdc=known.sdc),
        window=window or Window(),
        disclosure=DisclosureRule(),
        provenance=tell_origin(session, definition, query, at),
        aside=aside,
    )
