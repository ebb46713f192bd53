"""Several scales side by side: one query in, one released combination out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, list_comparable_scales, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.storage import audit

if TYPE_CHECKING:
    from evalplat.statistics.scales.combination import Combination

MOST_SCALES = 12
ScaleKey = tuple[str, str]


def combine_scales(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    scales: Sequence[ScaleKey] = (),
    composite: bool = False,
    at: datetime,
) -> "Combination":
    """The chosen scales in the county's baseline SDs, released under the disclosure rule.

    scales: (instrument, scale), at most twelve; none takes the first scale with pairs of every instrument. Period,
    points and adjustment are the query's, its scale is not looked at. composite: one figure too, of two scales or more.
    Goal attainment is never among them. Analysts, administrators and system jobs. Raises InputRejected with every fault
    of the query or of a scale.
    """
    from evalplat.statistics.scales.combination import ScaleFrame, combine

    demand(session, actor, *COUNTY_READERS)
    chosen = tuple(dict.fromkeys(scales)) or suggest_scales(session, catalogue, actor)
    if len(chosen) > MOST_SCALES:
        message = Message("%(found)d scales; at most %(most)d", found=len(chosen), most=MOST_SCALES)
        raise InputRejected(Message("The scales cannot be combined."), [Fault("scales", message)])
    frames = []
    for instrument, key in chosen:
        one = replace(query, instrument=instrument, scale=key, version=None)
        definition, scale = check_query(catalogue, one)
        if scale.direction is None:
            raise AssertionError("checked before")
        points = (query.from_point, query.to_point)
        frame = load_frame(session, definition, one, points=points)
        frames.append(
            ScaleFrame(
                instrument=definition.key,
                scale=scale.key,
                direction=scale.direction,
                frame=frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True))),
                provenance=tell_origin(session, definition, one, at),
            )
        )
    audit.record(
        session, "combine_scales", "comparison", ", ".join("/".join(k) for k in chosen)[:200], at=at
    )
    return combine(
        frames,
        adjust=query.adjust,
        composite_of=chosen if composite and len(chosen) > 1 else (),
        disclosure=DisclosureRule(),
    )


def suggest_scales(session: Session, catalogue: Catalogue, actor: Actor) -> tuple[ScaleKey, ...]:
    """The first scale with pairs of every instrument: scales of one instrument often say the same again."""
    found: dict[str, ScaleKey] = {}
    for one in list_comparable_scales(session, catalogue, actor):
        if one.has_pairs:
            found.setdefault(one.instrument, (one.instrument, one.scale))
    return tuple(found.values())
