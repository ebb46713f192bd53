"""Who is covered, who changed reliably and who reached their goals: one query in, one released result out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_providers, check_query, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.times import Timeline
from evalplat.statistics.results import Provenance
from evalplat.statistics.shares.change_shares import ChangeShares
from evalplat.statistics.shares.flow import Flow
from evalplat.statistics.shares.goal_attainment import GoalAttainment
from evalplat.storage import audit, outcomes
from evalplat.storage.access import crossing
from evalplat.vocabulary import Direction, MeasurementPoint

if TYPE_CHECKING:
    import pandas as pd

    from evalplat.statistics.shares.change_methods import ChangeParameters


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A county's outcomes on one scale, released.

    shares: under the usual method, and beside it under one that takes out regression to the mean, where its parameters
    are known. goals: of the same period and providers, whatever the scale.
    """

    instrument: str
    scale: str
    direction: Direction
    flow: Flow
    shares: tuple[ChangeShares, ...]
    goals: GoalAttainment
    provenance: Provenance


def describe_outcomes(
    session: Session, catalogue: Catalogue, actor: Actor, query: ComparisonQuery, *, at: datetime
) -> Outcomes:
    """The outcomes that the query asks for, released under the disclosure rule; rows carry the providers' names.

    Of goals only levels and weights are read, for this one count, and nothing of them leaves but shares. Analysts,
    administrators and system jobs. Raises InputRejected with every fault of the query.
    """
    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    check_providers(session, query)
    if scale.direction is None:
        raise AssertionError("checked before")
    flow, shares = count_changes(session, definition, scale, query)
    audit.record(session, "describe_outcomes", "comparison", f"{definition.key}/{scale.key}", at=at)
    return Outcomes(
        instrument=definition.key,
        scale=scale.key,
        direction=scale.direction,
        flow=flow,
        shares=shares,
        goals=count_goals(session, query),
        provenance=tell_origin(session, definition, query, at),
    )


def count_changes(
    session: Session, definition: Instrument, scale: Scale, query: ComparisonQuery
) -> tuple[Flow, tuple[ChangeShares, ...]]:
    """Coverage and shares of change, released, for a session that reaches every provider, whoever may see them."""
    from evalplat.statistics.publishing.release_outcomes import release_flow
    from evalplat.statistics.shares.flow import measure_flow

    frame, rule = _load(session, definition, query), DisclosureRule()
    flow = release_flow(measure_flow(frame), rule)
    if scale.direction is None:
        raise AssertionError("checked before")
    return flow, _measure_shares(frame, scale, scale.direction, rule)


def count_by_time(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    name_time: Callable[[date], str],
) -> Timeline:
    """Coverage by time of opening, released: `name_time` says which month or quarter a day is in, sortable."""
    from evalplat.statistics.publishing.release_times import release_times

    frame = _load(session, definition, query)
    return release_times(frame, [name_time(day) for day in frame["opened_on"]], DisclosureRule())


def _load(session: Session, definition: Instrument, query: ComparisonQuery) -> "pd.DataFrame":
    """The episodes with the query's two points as baseline and end, and a follow-up where there is one at all."""
    order = list(MeasurementPoint)
    points = [query.from_point, query.to_point]
    if order.index(query.to_point) < order.index(MeasurementPoint.FOLLOW_UP):
        points.append(MeasurementPoint.FOLLOW_UP)
    frame = load_frame(session, definition, query, points=points)
    names: dict[str, str] = {}
    for point, name in zip(points, ("baseline", "end", "follow_up"), strict=False):
        names |= {point.value: name, f"{point.value}_on": f"{name}_on"}
    frame = frame.rename(columns=names)
    if "follow_up_on" in frame.columns and frame["follow_up_on"].isna().all():
        frame = frame.drop(columns=["follow_up", "follow_up_on"])
    return frame


def _measure_shares(
    frame: "pd.DataFrame", scale: Scale, direction: Direction, rule: DisclosureRule
) -> tuple[ChangeShares, ...]:
    from evalplat.statistics.publishing.release_shares import release_change_shares
    from evalplat.statistics.shares.change_methods import ChangeMethod
    from evalplat.statistics.shares.change_shares import measure_change_shares

    parameters = _find_parameters(frame, scale)
    methods = [ChangeMethod.JT]
    if not parameters.missing(ChangeMethod.GLN):
        methods.append(ChangeMethod.GLN)
    return tuple(
        release_change_shares(
            measure_change_shares(frame, direction=direction, parameters=parameters, method=method),
            rule,
        )
        for method in methods
    )


def _find_parameters(frame: "pd.DataFrame", scale: Scale) -> "ChangeParameters":
    """The definition's parameters, and the region's own mean, with its SD where the definition has none."""
    from evalplat.statistics.shares.change_methods import ChangeParameters, describe_population

    known = scale.change
    region = describe_population(frame["baseline"].to_numpy(), frame["end"].to_numpy())
    sd = known.sd
    if sd is None and known.reliability is not None:
        sd = region["sd"]
    return ChangeParameters(
        sd=sd,
        reliability=known.reliability,
        mean=region["mean"],
        sdc=known.sdc,
        mic=known.mic,
        source=known.source,
    )


def count_goals(session: Session, query: ComparisonQuery) -> GoalAttainment:
    """Goals attained of the query's period and providers, released; the scale does not matter."""
    import pandas as pd

    from evalplat.statistics.publishing.release_goals import release_goals
    from evalplat.statistics.shares.goal_attainment import measure_goals

    with crossing(session, "counting goals attained") as privileged:
        levels = outcomes.list_goal_levels(
            privileged,
            period_from=query.period_from,
            period_until=query.period_until,
            providers=query.providers,
        )
    frame = pd.DataFrame(
        [(one.provider, one.episode, one.level, one.weight) for one in levels],
        columns=["provider", "episode", "level", "weight"],
    )
    levels_and_weights = frame.astype({"level": float, "weight": float})
    return release_goals(measure_goals(levels_and_weights), DisclosureRule())
