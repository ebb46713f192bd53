"""What is published of the models gives no count and no single client away."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import special

from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.models.meta import combine
from evalplat.statistics.models.ranking import rank_intervals
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.models.splines import SplineRule
from evalplat.statistics.publishing.release_models import find_rare, shorten
from evalplat.vocabulary import Direction

RULE = DisclosureRule()


def episodes(sizes, seed=0, top=48, spread=3.0):
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    baseline = random.binomial(top, 0.5, len(group)).astype(float)
    own = random.normal(0, spread, len(sizes))
    end = np.rint(baseline + 2 + own[group] + random.normal(0, 5, len(group)))
    return pd.DataFrame(
        {
            "provider": [f"P{k:02d}" for k in group],
            "episode": np.arange(len(group)),
            "baseline": baseline,
            "end": end,
            "sex": random.choice(["female", "male"], len(group)),
        }
    )


def run(frame, disclosure=RULE, adjust=("baseline",), **options):
    return compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=adjust,
        disclosure=disclosure,
        **options,
    )


@pytest.mark.parametrize("adjust", [("baseline", "sex"), ()])
@pytest.mark.parametrize(
    "sizes", [(33, 41, 52), (12, 18, 33, 64, 81, 27, 49, 38, 11), (3, 4, 60, 47)]
)
def test_every_way_from_the_models_to_a_count_ends_at_the_published_one(sizes, adjust):
    result = run(episodes(sizes), adjust=adjust)
    card, pairs = result.card, result.n_pairs
    fixed, providers = card.fixed_effects, len(sizes)
    slopes = len(fixed.slopes)
    assert card.case_mix.df == pairs - 1 - slopes
    assert fixed.df == pairs - providers - slopes
    assert fixed.f_df == providers - 1
    assert fixed.f_p == pytest.approx(special.fdtrc(fixed.f_df, fixed.df, fixed.f), rel=0.06)
    if not adjust:
        (intercept,) = card.case_mix.coefficients
        assert intercept.se == shorten(result.sigma / pairs**0.5, 2)
    for row in result.rows:
        if row.fixed is None:
            continue
        assert row.n % 5 == 0 and row.fixed.t == row.fixed.deviation / row.fixed.deviation_se
        between = (row.fixed.adjusted_mean_se / fixed.sigma) ** 2
        within = (row.fixed.deviation_se / fixed.sigma) ** 2
        assert between - within == pytest.approx(1 / pairs)
        if not adjust:
            assert between == pytest.approx(1 / row.n)


def test_fixed_effects_stand_on_the_grid_of_published_means():
    frame = episodes((33, 41, 52, 27, 18))
    result, exact = run(frame), run(frame, None)
    step = RULE.step(result.sigma)
    for row, whole in zip(result.rows, exact.rows, strict=True):
        for value in (row.fixed.deviation, row.fixed.adjusted_mean):
            assert value / step == pytest.approx(round(value / step), abs=1e-6)
        room = 3 * RULE.grid(result, row.n)
        assert row.fixed.deviation == pytest.approx(whole.fixed.deviation, abs=room)
        assert row.fixed.adjusted_mean == pytest.approx(whole.fixed.adjusted_mean, abs=room)
    known = [row.fixed.p for row in result.rows]
    assert min(row.fixed.p_bh for row in result.rows) >= min(known)


def test_withheld_providers_show_nothing_of_the_models():
    result = run(episodes((3, 4, 8, 60, 47)))
    for row in result.rows[:3]:
        assert row.withheld
        assert (row.fixed, row.prediction_se, row.rank_low, row.regression) == (None,) * 4
    assert result.card.cells == ()


def test_counts_cannot_be_searched_out_of_the_fixed_effects():
    """Unadjusted, the squares between and within providers are functions of counts and whole sums alone."""
    sizes = (23, 31, 17)
    frame = episodes(sizes, seed=5)
    exact, result = run(frame, None, ()), run(frame, RULE, ())
    change = frame["end"] - frame["baseline"]
    total, squares = change.sum(), float((change**2).sum())
    fits, exact_fits = [], []
    around = [range(round(n / 5) * 5 - 2, round(n / 5) * 5 + 3) for n in sizes]
    for counts in itertools.product(*around):
        if sum(counts) != len(frame):
            continue
        # The attacker knows each mean to its grid: whole sums near the published mean times the count.
        near = [
            [round(row.gain * n) + k for k in range(-6, 7)]
            for row, n in zip(result.rows, counts, strict=True)
        ]
        for sums in itertools.product(*near):
            if sum(sums) != total:
                continue
            within = squares - sum(s * s / n for s, n in zip(sums, counts, strict=True))
            sigma = (within / (len(frame) - 3)) ** 0.5
            if shorten(sigma, 2) == result.card.fixed_effects.sigma:
                fits.append(counts)
            if sigma == pytest.approx(exact.card.fixed_effects.sigma, rel=1e-12):
                exact_fits.append(counts)
    assert set(exact_fits) == {sizes}
    for place in range(3):
        assert len({counts[place] for counts in fits}) >= 4


def test_a_coefficient_that_few_clients_determine_is_withheld():
    frame = episodes((60, 70, 80), seed=2)
    frame.loc[[3, 90], "sex"] = "other"
    exact, result = run(frame, None, ("baseline", "sex")), run(frame, RULE, ("baseline", "sex"))
    assert [name for name, _ in exact.coefficients][2:] == ["sex=male", "sex=other"]
    assert [name for name, _ in result.coefficients] == ["intercept", "baseline", "sex=male"]
    for part in (
        result.card.case_mix.coefficients,
        result.card.fixed_effects.slopes,
        result.card.random_intercept.coefficients,
    ):
        assert "sex=other" not in [c.name for c in part]
    assert "sex=other" not in dict(result.reml_coefficients)
    assert result.adjusted_for == ("baseline", "sex")


def test_a_reference_that_few_clients_have_takes_the_others_and_the_intercept_with_it():
    frame = episodes((60, 70, 80), seed=2)
    frame.loc[[3, 90], "sex"] = "another"
    result = run(frame, RULE, ("baseline", "sex"))
    assert [name for name, _ in result.coefficients] == ["baseline"]
    assert [c.name for c in result.card.case_mix.coefficients] == ["baseline"]
    # The providers' figures need the whole model and are those of it.
    exact = run(frame, None, ("baseline", "sex"))
    for row, whole in zip(result.rows, exact.rows, strict=True):
        assert row.adjusted_gain == pytest.approx(whole.adjusted_gain, abs=1.0)


def test_a_number_of_two_values_of_which_one_is_rare_is_withheld_with_the_intercept():
    frame = episodes((60, 70, 80), seed=2)
    frame["works"] = 0.0
    frame.loc[[3, 90], "works"] = 1.0
    assert [name for name, _ in run(frame, RULE, ("baseline", "works")).coefficients] == [
        "baseline"
    ]
    frame.loc[:20, "works"] = 1.0
    assert "works" in dict(run(frame, RULE, ("baseline", "works")).coefficients)


def test_rare_is_what_has_fewer_than_ten():
    names = ["intercept", "age", "sex=male", "sex=other"]
    assert find_rare([("sex=other", 9), ("sex=female", 90)], names, RULE) == {"sex=other"}
    assert find_rare([("sex=other", 10), ("sex=female", 9)], names, RULE) == {
        "intercept",
        "sex=male",
        "sex=other",
    }


def test_rank_intervals_and_summary_are_those_of_the_published_rows():
    result = run(episodes((40, 50, 60, 3, 4, 70, 45, 55, 65, 75), spread=8.0))
    assert result.rankability > 0.5
    counted = [row for row in result.rows if row.blup is not None or row.withheld]
    u = np.array([row.blup or 0.0 for row in counted])
    v = np.array([result.tau2 if row.blup is None else row.blup_se**2 for row in counted])
    low, high = rank_intervals(u, v, seed=0)
    for place, row in enumerate(counted):
        expected = (None, None) if row.withheld else (low[place], high[place])
        assert (row.rank_low, row.rank_high) == expected
    shown = [row for row in result.rows if not row.withheld]
    again = combine(
        np.array([row.adjusted_gain for row in shown]), np.array([row.se for row in shown])
    )
    assert result.card.summary == again


def test_no_rank_interval_is_published_where_rankability_is_poor():
    result = run(episodes((30,) * 20, seed=2, spread=0.0))
    assert {row.rank_low for row in result.rows} == {None}


def test_shares_of_few_clients_and_knots_of_few_are_withheld():
    frame = episodes((60, 70, 50), seed=3)
    frame.loc[:2, "end"] = 48.0
    frame.loc[100:130, "end"] = 0.0
    exact = run(frame, None, bounds=(0.0, 48.0), spline=SplineRule())
    result = run(frame, bounds=(0.0, 48.0), spline=SplineRule())
    found = result.card.diagnostics
    assert exact.card.diagnostics.ceiling_end == pytest.approx(3 / 180)
    assert (found.ceiling_end, found.floor_end) == (None, round(31 / 180, 2))
    assert len(exact.card.knots) == 4 and result.card.knots == ()
    many = run(episodes((100, 120, 140)), spline=SplineRule())
    assert len(many.card.knots) == 4


def test_expected_regression_follows_the_published_start():
    frame = episodes((33, 41, 52))
    result = run(frame, population=Population(30.0, 0.7))
    for row in result.rows:
        start = row.expected + row.observed_minus_expected - row.gain
        assert row.regression == pytest.approx(0.3 * (30 - start))
    step = RULE.step(result.sigma)
    total = result.card.diagnostics.regression
    assert total / step == pytest.approx(round(total / step), abs=1e-6)


@pytest.mark.parametrize("sizes", [(40,), (5, 4), (60, 3)])
def test_a_model_that_rests_on_one_provider_or_too_few_clients_has_no_card(sizes):
    result = run(episodes(sizes))
    assert result.card is None
    assert all(row.fixed is None and row.prediction_se is None for row in result.rows)


def test_where_the_total_is_withheld_so_are_degrees_of_freedom_and_errors(make_episodes):
    from evalplat.statistics.disclosure import release

    exact = run(make_episodes((3, 40, 50)), None)
    result = release(exact, RULE)
    assert result.n_pairs is None
    card = result.card
    assert (card.case_mix.df, card.fixed_effects.df, card.fixed_effects.f) == (None, None, None)
    assert {c.se for c in card.case_mix.coefficients} == {None}
