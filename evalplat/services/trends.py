"""Improvement over quarters: one query in, one released trend out."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.over_time.trend_results import Trend
from evalplat.storage import audit


def analyse_trend(
    session: Session, catalogue: Catalogue, actor: Actor, query: ComparisonQuery, *, at: datetime
) -> Trend:
    """The trend over quarters of opening, per provider and for the county, released under the disclosure rule.

    Analysts, administrators and system jobs. Raises InputRejected with every fault of the query, and for a period of
    more than twenty years.
    """
    from evalplat.statistics.over_time.trend import measure_trend

    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    if scale.direction is None:
        raise AssertionError("checked before")
    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    audit.record(session, "analyse_trend", "comparison", f"{definition.key}/{scale.key}", at=at)
    return measure_trend(
        frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True))),
        instrument=definition.key,
        scale=scale.key,
        direction=scale.direction,
        adjust=query.adjust,
        disclosure=DisclosureRule(),
        provenance=tell_origin(session, definition, query, at),
    )
