"""Effect sizes: one query in, one released table out."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, make_comparison
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_effects import ReleasedEffects
from evalplat.storage import audit


def analyse_effects(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    at: datetime,
) -> ReleasedEffects:
    """Paired effect sizes per provider and of all together, released beside the comparison of the same query.

    Providers, their order, counts and means are those of the comparison; effect sizes adjust for nothing. Analysts,
    administrators and system jobs. Raises InputRejected with every fault of the query.
    """
    import numpy as np

    from evalplat.statistics.effects import summarise_effects
    from evalplat.statistics.publishing.release_effects import (
        leave_out_unpublishable,
        release_effects,
    )

    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    comparison = make_comparison(session, catalogue, query, at=at)
    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    frame = frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True)))
    frame.loc[frame["left_out"].notna(), "end"] = np.nan
    audit.record(session, "analyse_effects", "comparison", f"{definition.key}/{scale.key}", at=at)
    rule = DisclosureRule()
    kept = leave_out_unpublishable(frame, rule).assign(instrument=definition.key, scale=scale.key)
    rows = summarise_effects(kept, {}, rank_intervals=True)
    return release_effects(rows, comparison, rule)
