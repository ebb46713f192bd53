"""Goal attainment as it may be published, so that no count of one to four can be derived.

Clients are what is protected, and one client has several goals: a provider's figures need 10 clients, of whom at least
5 have a goal attained and 5 one that is not. Counts of goals and of clients are two tables with their totals (see
`suppression_tables`). Shares and their intervals are computed from the rounded counts, with the design effect to one
decimal; the mean T and its limits are rounded to whole points.
"""

from dataclasses import replace

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.suppression_tables import withhold_table
from evalplat.statistics.shares.goal_attainment import (
    EASY_FROM,
    GoalAttainment,
    GoalRow,
    GoalShare,
    bound_share,
    warn_of_easy_goals,
)
from evalplat.statistics.shares.proportions import Share, measure_share


def release_goals(attainment: GoalAttainment, rule: DisclosureRule) -> GoalAttainment:
    """The attainment as it may be published; a released one is never released twice."""
    if attainment.released:
        return attainment
    rows = attainment.rows
    clients = withhold_table([_split(row.clients_at_50) for row in rows], rule, order=(1, 0))
    goals = withhold_table([_split(row.goals) for row in rows], rule, order=(1, 0))
    released = [
        _release_row(
            row,
            touched,
            clients.rows[k],
            clients.cells[k][0],
            goals.rows[k],
            goals.cells[k][0],
            rule,
        )
        for k, (row, touched) in enumerate(zip(rows, attainment.touched, strict=False))
    ]
    total = _release_row(
        attainment.total, attainment.touched[-1], clients.total, clients.columns[0], goals.total,
        goals.columns[0], rule,
    )  # fmt: skip
    unrated = attainment.unrated or 0
    return replace(
        attainment,
        rows=tuple(released),
        total=total,
        unrated=None if rule.hides(unrated) else rule.round(unrated),
        touched=(),
        warnings=warn_of_easy_goals(released),
        released=True,
    )


def _split(share: Share | GoalShare | None) -> tuple[int, int]:
    count, of = (share.count or 0, share.of or 0) if share else (0, 0)
    return count, of - count


def _release_row(
    row: GoalRow,
    touched: tuple[int, int],
    n_clients: int | None,
    at_50: int | None,
    n_goals: int | None,
    attained: int | None,
    rule: DisclosureRule,
) -> GoalRow:
    enough = n_clients is not None and n_clients >= rule.estimates_from
    shown = GoalRow(row.provider, n_clients, GoalShare(None, None), None, status="withheld")
    if n_clients is None or not enough:
        return shown
    if at_50 is not None:
        shown = replace(shown, clients_at_50=measure_share(at_50, n_clients))
    if row.mean_t is not None and row.mean_t_low is not None and row.mean_t_high is not None:
        low, high = float(round(row.mean_t_low)), float(round(row.mean_t_high))
        shown = replace(
            shown,
            mean_t=float(round(row.mean_t)),
            mean_t_low=low,
            mean_t_high=high,
            easy=low > EASY_FROM,
        )
    covered = not any(rule.hides(count) for count in touched)
    if covered and attained is not None and n_goals is not None:
        shown = replace(shown, goals=_recompute(attained, n_goals, row.goals.design))
    return replace(shown, status="ok")


def _recompute(attained: int, of: int, design: float | None) -> GoalShare:
    """The share from rounded counts, with the design effect to one decimal."""
    p = attained / of
    if design is None or p in (0.0, 1.0):
        return GoalShare(attained, of, p)
    rounded = max(round(design, 1), 0.1)
    se = (rounded * p * (1 - p) / of) ** 0.5
    low, high = bound_share(p, se)
    return GoalShare(attained, of, p, se, low, high, rounded)
