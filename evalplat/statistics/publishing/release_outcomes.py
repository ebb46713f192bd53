"""Counts and shares of outcomes as they may be published, so that no count of one to four can be derived.

Everything that is published is computed from counts that are rounded to 5; what is withheld enters nothing. Which
counts are withheld is decided in `suppression` and `suppression_tables`; the thresholds stand in `DisclosureRule`.

A stage of the flow is shown with at least 14 of its denominator and at least 5 on both sides; with all but 4 of 13, the
comparison, which has estimates from 10 on, would tell that it is 9 and 4. Where fewer than 5 are
counted it says "few", where fewer than 5 are not, "nearly_all": that is what withholding would say anyway. Stages of
the same people overlap (who has a baseline, an end, both) and may tell how many have only the one: where that would be
known to within fewer than 4 values, or where few are in both, the two are withheld. The total of all providers never
says why it is withheld, and is withheld too where too few rounded counts stand beside a withheld one to cover for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.suppression import find_span, may_show_share
from evalplat.statistics.publishing.suppression_tables import ENOUGH_ROUNDED
from evalplat.statistics.shares.flow import Flow, FlowRow, Stage, make_stage

OVERLAPS = (
    ("baseline", "end", "pairs"),
    ("completed", "end", "end_of_completers"),
    ("pairs", "follow_up", "follow_up_of_pairs"),
)
"""Two stages of the starters, and the stage of those who are in both."""


def release_flow(flow: Flow, rule: DisclosureRule) -> Flow:
    """The flow as it may be published; a released one is never released twice."""
    if flow.released:
        return flow
    rows = tuple(_release_row(row, rule) for row in flow.rows)
    return Flow(rows, _release_total(flow, rows, rule), released=True)


def _release_row(row: FlowRow, rule: DisclosureRule) -> FlowRow:
    started = row.started or 0
    if rule.hides(started):
        return FlowRow(row.provider, None, tuple(blank_stage(stage) for stage in row.stages))
    shown = {stage.key: _release_stage(stage, rule) for stage in row.stages}
    for one, other, both in OVERLAPS:
        # Both go together: were only one withheld, the other would tell why. And always where few are in both, because
        # the rare cases in which the two would tell these few are found by looking which are withheld. And always where
        # nearly all are in each: else only the rare tables that would narrow are withheld, and withholding tells them.
        few = shown[both].status == "few"
        most = shown[one].status == shown[other].status == "nearly_all"
        if (
            few
            or most
            or _narrows(rule.round(started), shown[one], shown[other], shown[both], rule)
        ):
            shown[one], shown[other] = blank_stage(shown[one]), blank_stage(shown[other])
    return FlowRow(row.provider, rule.round(started), tuple(shown.values()))


def _narrows(started: int, one: Stage, other: Stage, both: Stage, rule: DisclosureRule) -> bool:
    """Whether what is shown tells more of a small count than that it is small, and at most that it is not nought."""
    enough = rule.hide_below - 1
    values: list[set[int]] = [set(), set(), set(), set()]
    for parts in _list_possible(started, one, other, both, rule):
        for known, part in zip(values, parts, strict=True):
            if part is not None:
                known.add(part)
        if all(len(known) >= enough for known in values):
            return False
    return any(rule.hides(min(known)) and len(known) < rule.hide_below for known in values if known)


def _list_possible(
    started: int, one: Stage, other: Stage, both: Stage, rule: DisclosureRule
) -> Iterator[tuple[int | None, ...]]:
    """(only one, only other, neither, both) of every table that could have been shown so; None is free."""
    low, high = find_span(started, rule)
    for all_of_them in range(low, high + 1):
        ones, others = (_list_counts(stage, all_of_them, rule) for stage in (one, other))
        for a, b in product(ones, others):
            denominator = a if both.denominator != one.denominator else all_of_them
            joint = [None] if denominator is None else _list_counts(both, denominator, rule)
            for j in joint:
                only_one = None if a is None or j is None else a - j
                only_other = None if b is None or j is None else b - j
                neither = None if only_one is None or b is None else all_of_them - b - only_one
                parts = (only_one, only_other, neither, j)
                if all(part is None or part >= 0 for part in parts):
                    yield parts


def _list_counts(stage: Stage, of: int, rule: DisclosureRule) -> list[int | None]:
    """The counts that a stage may stand for, of `of`; [None] where it says nothing."""
    most = rule.hide_below - 1
    if stage.status == "few":
        return [*range(most + 1)]
    if stage.status == "nearly_all":
        return [*range(of - most, of + 1)]
    if stage.count is None or stage.of is None:
        return [None]
    low, high = find_span(stage.count, rule)
    return [count for count in range(low, high + 1) if of - count >= rule.hide_below]


def blank_stage(stage: Stage) -> Stage:
    """The stage without its figures; whether the data say anything of it stays."""
    known = stage.status != "unknown"
    return Stage(
        stage.key, stage.denominator, None, None, status="withheld" if known else "unknown"
    )


def _find_least(rule: DisclosureRule) -> int:
    """The smallest denominator of a stage that is shown."""
    return rule.estimates_from + rule.hide_below - 1


def _release_stage(stage: Stage, rule: DisclosureRule) -> Stage:
    if stage.count is None or stage.of is None:
        return stage
    hidden = blank_stage(stage)
    if stage.of < _find_least(rule):
        return hidden
    if may_show_share(stage.count, stage.of, rule):
        return make_stage(
            stage.key, stage.denominator, rule.round(stage.count), rule.round(stage.of)
        )
    few = rule.hides(stage.count)
    return replace(hidden, status="few" if few else "nearly_all")


def _release_total(flow: Flow, rows: Sequence[FlowRow], rule: DisclosureRule) -> FlowRow:
    total = _release_row(flow.total, rule)
    visible = sum(row.started is not None for row in rows)
    if 0 < visible < min(len(rows), ENOUGH_ROUNDED):
        total = replace(total, started=None)
    stages = []
    for place, stage in enumerate(total.stages):
        if stage.status in ("few", "nearly_all"):
            # That under 5 of all are meant, and the providers' own counts beside it, may leave nothing but 4.
            stages.append(blank_stage(stage))
            continue
        both = [
            (row.stages[place], exact.stages[place])
            for row, exact in zip(rows, flow.rows, strict=True)
        ]
        shown = stage.count is not None and may_total_stage(both, rule)
        stages.append(stage if shown or stage.count is None else blank_stage(stage))
    return replace(total, stages=tuple(stages))


def may_total_stage(both: Sequence[tuple[Stage, Stage]], rule: DisclosureRule) -> bool:
    """Whether the total of a stage, less the visible rows, leaves every withheld row open."""
    hidden = [(shown.status, exact) for shown, exact in both if shown.count is None]
    if not hidden or len(both) - len(hidden) >= ENOUGH_ROUNDED:
        return True
    counts = [exact.count or 0 for status, exact in hidden if status != "nearly_all"]
    rests = [(exact.of or 0) - (exact.count or 0) for status, exact in hidden if status != "few"]
    return all(_leave_open(side, rule) for side in (counts, rests))


def _leave_open(small: Sequence[int], rule: DisclosureRule) -> bool:
    """Whether each of these withheld counts may be any under the threshold, although their sum is known."""
    most = rule.hide_below - 1
    return not small or most <= sum(small) <= most * (len(small) - 1)
