"""What missing end measurements may hide: one query in, one released analysis out."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import CIRCUMSTANCES, ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.missing.attrition_results import AttritionResult
from evalplat.storage import audit


def analyse_lost(
    session: Session, catalogue: Catalogue, actor: Actor, query: ComparisonQuery, *, at: datetime
) -> AttritionResult:
    """The analysis of attrition that the query asks for, released under the disclosure rule.

    Episodes opened too recently for their later measurement are set aside. How a measurement was made (mode,
    assistance, wording) is known only of measurements that were made, so it explains no loss and is left out.
    Analysts, administrators and system jobs. Raises InputRejected with every fault of the query.
    """
    from evalplat.statistics.missing.attrition import analyse_attrition
    from evalplat.statistics.missing.ripening import set_recent_aside

    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    if scale.direction is None:
        raise AssertionError("checked before")
    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    frame, aside, days = set_recent_aside(frame, query.to_point.value, at.date())
    audit.record(session, "analyse_lost", "comparison", f"{definition.key}/{scale.key}", at=at)
    found = analyse_attrition(
        frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True))),
        instrument=definition.key,
        scale=scale.key,
        direction=scale.direction,
        adjust=[name for name in query.adjust if name not in CIRCUMSTANCES],
        lowest=scale.minimum,
        highest=scale.maximum,
        disclosure=DisclosureRule(),
        provenance=tell_origin(session, definition, query, at),
        aside=aside,
    )
    circumstances = [
        Message(
            "%(name)s was left out: it is known only of measurements that were made.", name=name
        )
        for name in query.adjust
        if name in CIRCUMSTANCES
    ]
    return replace(found, warnings=(*found.warnings, *circumstances), set_aside_days=days)
