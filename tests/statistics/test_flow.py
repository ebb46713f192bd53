"""Who started, was measured and can be compared: counted as with pandas, and released without telling small counts."""

from collections import defaultdict
from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest

from evalplat.errors import InputRejected
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.shares.flow import STAGES, Flow, FlowRow, Stage, make_stage, measure_flow
from evalplat.statistics.shares.proportions import find_wilson

RULE = DisclosureRule()


@pytest.fixture
def episodes():
    random = np.random.default_rng(4)
    sizes = (60, 44, 30, 26, 41, 35, 7, 3)
    frame = pd.DataFrame({"provider": [f"P{k}" for k, n in enumerate(sizes) for _ in range(n)]})
    for name, share in (("baseline", 0.8), ("end", 0.6), ("follow_up", 0.4)):
        scores = random.normal(20, 5, len(frame)).round()
        frame[name] = np.where(random.random(len(frame)) < share, scores, np.nan)
    frame["closing_reason"] = random.choice(
        ["completed", "interrupted", None], len(frame), p=[0.7, 0.2, 0.1]
    )
    return frame


def test_each_stage_is_a_count_of_its_stated_denominator(episodes):
    flow = measure_flow(episodes)
    assert [row.provider for row in flow.rows] == sorted(episodes["provider"].unique())
    done = episodes.notna()
    completed = episodes["closing_reason"] == "completed"
    pairs = done["baseline"] & done["end"]
    slow = {
        "baseline": (done["baseline"], None),
        "completed": (completed, None),
        "end": (done["end"], None),
        "end_of_completers": (done["end"] & completed, completed),
        "pairs": (pairs, None),
        "follow_up": (done["follow_up"], None),
        "follow_up_of_pairs": (done["follow_up"] & pairs, pairs),
    }
    for row in (*flow.rows, flow.total):
        own = pd.Series(True, index=episodes.index)
        if row.provider != "*":
            own = episodes["provider"] == row.provider
        assert row.started == own.sum()
        for key, (counted, of) in slow.items():
            stage = row.stage(key)
            of_whom = own if of is None else own & of
            assert (stage.count, stage.of) == ((counted & of_whom).sum(), of_whom.sum())
            assert (stage.low, stage.high) == tuple(find_wilson(stage.count, stage.of))
    assert {stage.denominator for stage in flow.total.stages} == {"starters", "completers", "pairs"}


def test_what_the_data_do_not_say_is_unknown_and_not_nought(episodes):
    flow = measure_flow(episodes[["provider", "baseline", "end"]])
    unknown = {stage.key for stage in flow.total.stages if stage.status == "unknown"}
    assert unknown == {"completed", "end_of_completers", "follow_up", "follow_up_of_pairs"}
    assert not flow.knows("completed") and flow.knows("pairs")
    released = release_flow(flow, RULE)
    assert {s.key for s in released.rows[0].stages if s.status == "unknown"} == unknown


def test_a_measurement_without_a_score_is_done_but_makes_no_pair():
    frame = pd.DataFrame(
        {
            "provider": "A",
            "baseline": [10.0, 10.0],
            "end": [12.0, np.nan],
            "end_on": [date(2026, 5, 1), date(2026, 5, 2)],
        }
    )
    row = measure_flow(frame).total
    assert (row.stage("end").count, row.stage("pairs").count) == (2, 1)


def test_nobody_has_no_share():
    empty = pd.DataFrame({"provider": [], "baseline": [], "end": [], "closing_reason": []})
    flow = measure_flow(empty)
    assert (flow.rows, flow.total.started) == ((), 0)
    assert flow.total.stage("pairs") == Stage("pairs", "starters", 0, 0, status="nobody")
    one = pd.DataFrame(
        {"provider": ["A"], "baseline": [np.nan], "end": [1.0], "closing_reason": ["moved"]}
    )
    assert measure_flow(one).total.stage("end_of_completers").status == "nobody"
    assert release_flow(flow, RULE).total.started is None


def test_a_missing_column_is_named():
    with pytest.raises(InputRejected) as caught:
        measure_flow(pd.DataFrame({"provider": ["A"]}))
    assert [fault.where for fault in caught.value.faults] == ["baseline", "end"]


def test_what_is_released_is_rounded_and_computed_from_rounded_counts(episodes):
    released = release_flow(measure_flow(episodes), RULE)
    assert release_flow(released, RULE) is released
    for row in (*released.rows, released.total):
        assert row.started is None or row.started % 5 == 0
        for stage in row.stages:
            if stage.count is None:
                assert (stage.of, stage.share, stage.low) == (None, None, None)
            else:
                assert stage == make_stage(stage.key, stage.denominator, stage.count, stage.of)
                assert stage.count % 5 == stage.of % 5 == 0
    assert released.rows[-1].started is None  # three started
    assert {stage.status for stage in released.rows[-2].stages} == {"withheld"}  # seven started


def test_small_counts_and_small_rests_are_said_in_words():
    few = Stage("pairs", "starters", 3, 40, 0.1, 0, 1)
    flow = Flow(
        tuple(_row(f"P{k}", 40, 30, 28, pairs) for k, pairs in enumerate((3, 38, 20, 22, 25, 21))),
        _row("*", 240, 180, 168, 129),
    )
    assert few.count == 3
    rows = release_flow(flow, RULE).rows
    assert [row.stage("pairs").status for row in rows[:3]] == ["few", "nearly_all", "ok"]


def test_a_total_that_would_tell_a_withheld_provider_is_withheld():
    flow = Flow((_row("A", 40, 30, 30, 25), _row("B", 3, 2, 2, 1)), _row("*", 43, 32, 32, 26))
    released = release_flow(flow, RULE)
    assert released.total.started is None
    assert released.rows[0].started == 40


def test_a_total_is_shown_where_the_withheld_are_many_enough_to_hide_in_it():
    many = tuple(_row(f"P{k}", 40, 38, 30, 25) for k in range(8))
    total = release_flow(Flow(many, _row("*", 320, 304, 240, 200)), RULE).total
    assert (total.stage("baseline").count, total.stage("pairs").count) == (305, 200)
    one = release_flow(Flow(many[:1], _row("*", 40, 38, 30, 25)), RULE).total
    assert one.stage("baseline").count is None


def _row(provider: str, started: int, baseline: int, end: int, pairs: int) -> FlowRow:
    counts = {"baseline": baseline, "end": end, "pairs": pairs}
    return FlowRow(
        provider,
        started,
        tuple(
            make_stage(key, denominator, counts[key], started)
            if key in counts
            else Stage(key, denominator, None, None, status="unknown")
            for key, _what, denominator in STAGES
        ),
    )


def test_no_small_count_of_who_was_measured_when_is_the_only_one_that_could_have_been_published():
    """Every provider of up to 18, by who has a baseline only, an end only, both or neither, with thresholds of 4."""
    rule = DisclosureRule(hide_below=4, round_to=4, estimates_from=8)
    published = defaultdict(list)
    for neither, first, last, both in product(range(19), repeat=4):
        started = neither + first + last + both
        if started > 18:
            continue
        row = _row("A", started, first + both, last + both, both)
        released = release_flow(Flow((row,), row), rule).rows[0]
        published[released].append((neither, first, last, both))
    tried = 0
    for released, candidates in published.items():
        if released.started is not None and released.started > 16:
            continue  # larger counts were not made
        for place in range(4):
            values = {candidate[place] for candidate in candidates}
            tried += 1
            assert min(values) >= 4 or len(values) >= 3, (released, place)
    assert tried >= 60


def test_the_total_of_a_stage_does_not_tell_the_few_of_one_provider():
    """Of 22, 22 and 4 pairs the rounded 20, 20 and 50 would leave nothing but four."""
    frame = pd.DataFrame(
        {
            "provider": np.repeat(["A", "B", "C"], 60),
            "episode": np.arange(180).astype(str),
            "baseline": 20.0,
            "end": [
                10.0 if place % 60 < (22, 22, 4)[place // 60] else np.nan for place in range(180)
            ],
        }
    )
    flow = release_flow(measure_flow(frame), DisclosureRule())
    assert [row.stage("pairs").status for row in flow.rows] == ["ok", "ok", "few"]
    assert flow.total.stage("pairs").count is None
