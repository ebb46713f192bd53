"""What must hold for any data."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.statistics.comparison import compare
from evalplat.statistics.effects import ChangeRule, summarise_effects
from evalplat.statistics.funnel import choose_sizes, draw_limits
from evalplat.statistics.models.case_mix import make_design
from evalplat.statistics.models.random_intercept import collect_group_sums
from evalplat.statistics.models.ranking import expected_ranks, to_percentile
from evalplat.statistics.moments import collect_moments
from evalplat.statistics.paired_effects import correct_small_sample, measure_effects
from evalplat.statistics.results import Improvement, VerdictSpread
from evalplat.vocabulary import Direction, Verdict

scores = st.integers(-400, 400).map(lambda k: k / 4)
pairs = st.lists(st.tuples(st.integers(0, 3), scores, scores), min_size=8, max_size=60)


def arrays(rows):
    group = np.array([row[0] for row in rows], dtype=np.int64)
    return group, np.array([row[1] for row in rows]), np.array([row[2] for row in rows])


def close(found, expected):
    for name in ("n", "mean_baseline", "mean_end", "ss_baseline", "ss_end", "ss_change"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-9, atol=1e-7, err_msg=name
        )


def run(frame, direction=Direction.HIGHER_BETTER, adjust=("baseline",)):
    return compare(
        frame, instrument="i", scale="s", direction=direction, adjust=adjust, disclosure=None
    )


@given(pairs, st.integers(0, 60), st.integers(0, 60))
def test_moments_of_any_split_merge_to_those_of_the_whole(rows, first, second):
    group, x, y = arrays(rows)
    whole = collect_moments(group, x, y, 4)
    cuts = sorted((min(first, len(rows)), min(second, len(rows))))
    parts = np.split(np.arange(len(rows)), cuts)
    merged = collect_moments(group[:0], x[:0], y[:0], 4)
    for part in parts:
        merged = merged.merge(collect_moments(group[part], x[part], y[part], 4))
    close(merged, whole)


@given(pairs)
def test_pooled_groups_have_the_moments_of_all_rows(rows):
    group, x, y = arrays(rows)
    pooled = collect_moments(group, x, y, 4).pool(np.zeros(4, dtype=np.int64), 1)
    close(pooled, collect_moments(np.zeros_like(group), x, y, 1))


@settings(max_examples=30)
@given(pairs, st.integers(-1000, 1000))
def test_a_constant_added_to_baseline_and_end_changes_nothing_of_the_change(rows, constant):
    group, x, y = arrays(rows)
    plain = measure_effects(collect_moments(group, x, y, 4)).columns()
    moved = measure_effects(collect_moments(group, x + constant, y + constant, 4)).columns()
    for name in set(plain) - {"mean_baseline", "mean_end"}:
        np.testing.assert_allclose(moved[name], plain[name], rtol=1e-7, atol=1e-8, err_msg=name)


def test_points_on_one_line_have_a_correlation_of_exactly_one():
    x = np.array([0.0, 0, 0, 0, 0, -0.25, 0, 0, 0])
    for constant in (0.0, -1.0, 1000.0):
        moments = collect_moments(np.zeros(9, dtype=np.int64), x + constant, 6 * x + constant, 1)
        found = measure_effects(moments)
        assert (found.r[0], found.d_rm[0]) == (1, 0)


def test_group_sums_of_two_halves_add_up():
    random = np.random.default_rng(2)
    group = random.integers(0, 5, 40)
    design, response = (
        np.column_stack([np.ones(40), random.normal(size=40)]),
        random.normal(size=40),
    )
    whole = collect_group_sums(group, design, response, 5)
    half = collect_group_sums(group[:17], design[:17], response[:17], 5) + collect_group_sums(
        group[17:], design[17:], response[17:], 5
    )
    for name in ("n", "x", "y", "xx", "xy", "yy"):
        np.testing.assert_allclose(getattr(half, name), getattr(whole, name), rtol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_and_the_names_of_providers_do_not_matter(make_episodes, seed):
    frame = make_episodes((12, 30, 45, 8), effects=(3, 0, -2, 5), seed=seed)
    plain = run(frame, adjust=("baseline", "age", "sex"))
    shuffled = run(frame.sample(frac=1, random_state=seed), adjust=("baseline", "age", "sex"))
    renamed = {"P000": "z", "P001": "m", "P002": "a", "P003": "q"}
    other = run(frame.replace({"provider": renamed}), adjust=("baseline", "age", "sex"))
    assert [row.provider for row in other.rows] == sorted(renamed.values())
    by_name = {row.provider: row for row in other.rows}
    for row, again in zip(plain.rows, shuffled.rows, strict=True):
        for name in ("gain", "adjusted_gain", "z", "low998", "blup", "pcer", "p_bh"):
            expected = pytest.approx(getattr(row, name), rel=1e-8, abs=1e-10)
            assert getattr(again, name) == expected, name
            assert getattr(by_name[renamed[row.provider]], name) == expected, name


@pytest.mark.parametrize("seed", range(3))
def test_turning_scores_and_direction_gives_the_same_judgement(make_episodes, seed):
    frame = make_episodes((40, 60, 35, 31), effects=(9, 0, -9, 0), seed=seed)
    turned = frame.assign(baseline=-frame["baseline"], end=-frame["end"])
    plain, back = run(frame), run(turned, Direction.LOWER_BETTER)
    for row, other in zip(plain.rows, back.rows, strict=True):
        assert other.gain == pytest.approx(-row.gain)
        assert other.blup == pytest.approx(-row.blup)
        assert (other.verdict, other.pcer) == (row.verdict, pytest.approx(row.pcer))
    for one, two in zip(plain.improvements, back.improvements, strict=True):
        assert numbers(one) == pytest.approx(numbers(two))


def numbers(row: Improvement) -> list[float]:
    return [row.unadjusted, row.improvement, row.low, row.high, row.shrunken, *row.limits998]


def test_the_direction_alone_turns_verdicts_ranks_and_curves_and_nothing_else(make_episodes):
    frame = make_episodes((60,) * 12, effects=(25, -25, *[0] * 10))
    up, down = run(frame), run(frame, Direction.LOWER_BETTER)
    opposite = {Verdict.ABOVE: Verdict.BELOW, Verdict.BELOW: Verdict.ABOVE}
    assert {row.verdict for row in up.rows} >= {Verdict.ABOVE, Verdict.BELOW}
    for one, two in zip(up.rows, down.rows, strict=True):
        assert two.verdict == opposite.get(one.verdict, one.verdict)
        assert two.expected_rank == pytest.approx(13 - one.expected_rank)
        assert (two.gain, two.z, two.blup, two.p) == (one.gain, one.z, one.blup, one.p)
    assert up.limits[0].naive95[0] == pytest.approx(-down.limits[0].naive95[1])


@given(st.floats(0.1, 100), st.floats(0, 50), st.floats(-20, 20))
def test_limits_narrow_as_n_grows_and_overdispersed_ones_are_never_narrower(sigma, tau2, target):
    spread = VerdictSpread(tau2, 2.1, 3.4)
    curves = draw_limits(choose_sizes(1, 400), target=target, sigma=sigma, spread=spread, sign=1)
    widths = [curve.overdispersed998[1] - curve.overdispersed998[0] for curve in curves]
    assert all(a >= b for a, b in pairwise(widths))
    for curve in curves:
        assert curve.naive998[1] <= curve.overdispersed998[1] + 1e-9
        assert curve.overdispersed998[0] <= curve.overdispersed95[0] <= target


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 4)), min_size=1, max_size=30))
def test_expected_ranks_share_the_sum_of_all_ranks(providers):
    u, v = np.array(providers).T
    ranks = expected_ranks(u, v)
    count = len(u)
    assert ranks.sum() == pytest.approx(count * (count + 1) / 2)
    assert np.all((ranks >= 1 - 1e-12) & (ranks <= count + 1e-12))
    assert np.all((to_percentile(ranks) > 0) & (to_percentile(ranks) < 100))


@settings(max_examples=20)
@given(pairs)
def test_categories_of_reliable_change_add_up_to_the_pairs(rows):
    group, x, y = arrays(rows)
    frame = pd.DataFrame(
        {
            "provider": group.astype(str),
            "episode": np.arange(len(rows)).astype(str),
            "instrument": "i",
            "scale": "s",
            "baseline": x,
            "end": y,
        }
    )
    rule = ChangeRule(Direction.HIGHER_BETTER, 10.0, 0.8, cut_off=20.0)
    for row in summarise_effects(frame, {("i", "s"): rule}):
        kinds = (row.n_improved, row.n_deteriorated, row.n_unchanged, row.n_recovered)
        assert sum(kinds) == row.n_pairs and row.change_status == "ok"


def test_the_small_sample_correction_is_smooth_where_its_two_ways_meet():
    m = np.linspace(199.0, 201.0, 41)
    steps = np.diff(correct_small_sample(m))
    assert np.all(steps > 0) and np.ptp(np.diff(steps)) < 2e-11
    assert correct_small_sample(np.array([1e7]))[0] == pytest.approx(1 - 3 / (4e7), rel=1e-12)
    assert np.isnan(correct_small_sample(np.array([1.0, 0.5]))).all()


def test_a_design_keeps_the_first_of_collinear_columns_and_gives_coefficients_in_its_own_units():
    x = np.arange(20.0)
    design = make_design(["x", "twice", "square"], [x, 2 * x + 3, x**2], 20)
    assert (design.names, design.dropped) == (("x", "square"), ("twice",))
    found = design.to_units(0.0, design.basis.T @ (4 + 3 * x - 2 * x**2))
    assert dict(found)["x"] == pytest.approx(3) and dict(found)["square"] == pytest.approx(-2)


def test_without_adjustment_the_mean_change_is_compared(make_episodes):
    frame = make_episodes((20, 30))
    result = run(frame, adjust=())
    change = frame["end"] - frame["baseline"]
    assert result.sigma == pytest.approx(change.std())
    assert result.coefficients == (("intercept", pytest.approx(change.mean())),)
    for row in result.rows:
        assert row.adjusted_gain == pytest.approx(row.gain)
        mean = frame.loc[frame["provider"] == row.provider, "baseline"].mean()
        assert row.expected == pytest.approx(mean + change.mean())
