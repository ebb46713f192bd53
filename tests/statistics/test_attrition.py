"""An analysis of attrition as a whole: others' figures, a county whose truth is known, and release."""

import dataclasses
import json
import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalplat.demo import truth
from evalplat.demo.people import draw_episodes
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.missing.attrition import analyse_attrition
from evalplat.statistics.missing.attrition_results import METHODS
from evalplat.statistics.missing.cohort import select_cohort
from evalplat.statistics.missing.followed_versus_lost import compare_rates, contrast_lost, flag
from evalplat.statistics.missing.imputation import impute_changes
from evalplat.statistics.missing.repeated_measures import fit_repeated_measures
from evalplat.statistics.missing.ripening import find_ripening, set_recent_aside
from evalplat.statistics.missing.weighting import weigh
from evalplat.vocabulary import Direction, MeasurementPoint

NONE = float("nan")


def analyse(frame, adjust=("baseline",), disclosure=None, **more):
    return analyse_attrition(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.LOWER_BETTER,
        adjust=adjust,
        disclosure=disclosure,
        **more,
    )


def draw_county(seed=truth.SEED):
    """The made-up county's clients as they are drawn, with what is true of each on average."""
    rows = []
    for place, episode in enumerate(draw_episodes(np.random.default_rng(seed))):
        start = episode.difficulty.get(MeasurementPoint.BASELINE, NONE)
        age = episode.opened_on.year - episode.person.birth_year
        rows.append(
            {
                "provider": episode.provider.name,
                "episode": str(place),
                "baseline": start,
                "end": episode.difficulty.get(MeasurementPoint.END, NONE),
                "age": float(age),
                "alone": str(episode.person.lives_alone),
                "opened_on": episode.opened_on,
                "end_on": episode.measured_on.get(MeasurementPoint.END),
                "expected": -(
                    truth.MEAN_IMPROVEMENT
                    + episode.provider.effect
                    + truth.IMPROVEMENT_PER_BASELINE_POINT * (start - truth.MEAN_BASELINE)
                    + truth.LIVES_ALONE_EFFECT * episode.person.lives_alone
                    + truth.AGE_EFFECT_PER_DECADE * (age - 40) / 10
                ),
            }
        )
    return set_recent_aside(pd.DataFrame(rows), "end", truth.AS_OF)[0]


def test_in_the_made_up_county_weighting_and_models_come_nearer_to_the_truth_than_complete_cases():
    errors = {"complete_cases": [], "weighting": [], "imputation": [], "repeated_measures": []}
    for seed in range(20, 28):
        county = draw_county(seed)
        cohort = select_cohort(county, ("age", "alone"))
        scores = np.column_stack([cohort.baseline, cohort.end])
        model = fit_repeated_measures(scores, group=cohort.group, groups=len(cohort.providers))
        found = {
            "complete_cases": np.nanmean(cohort.change),
            "weighting": weigh(cohort).overall.value,
            "imputation": impute_changes(cohort).overall.value,
            "repeated_measures": model.contrast((-1, 1)).value,
        }
        expected = county["expected"][county["baseline"].notna()].mean()
        for name, value in found.items():
            errors[name].append(value - expected)
    bias = {name: float(np.mean(values)) for name, values in errors.items()}
    # Those with more difficulties improve more and are lost more often: complete cases show too little improvement.
    assert bias["complete_cases"] > 0.3
    for name in ("weighting", "imputation", "repeated_measures"):
        assert abs(bias[name]) < bias["complete_cases"] / 2


def test_in_the_demo_the_lost_are_seen_to_have_begun_with_more_difficulties():
    found = analyse(draw_county(), ("age", "alone"))
    contrast = {(row.name, row.level): row for row in found.contrasts}
    assert contrast["baseline", None].smd > 0.3
    assert abs(contrast["alone", "True"].smd) < 0.1
    assert found.rate_test.p < 0.05
    assert "many_lost" in found.overall.flags


def test_nobody_lost_gives_one_figure_in_every_way(anorexia):
    found = analyse(anorexia)
    plain = (anorexia["end"] - anorexia["baseline"]).mean()
    for name in METHODS:
        assert found.overall.estimate(name).value == pytest.approx(plain, rel=1e-9)
    assert found.tipping.status == found.rate_test.status == "nobody_lost"
    assert {row.turning.status for row in found.rows} <= {"nobody_lost", "too_few"}


def test_a_provider_s_estimates_are_those_of_its_own_clients(make_episodes):
    frame = make_episodes((60, 50, 40), missing=0.3)
    found = analyse(frame, lowest=-50, highest=150)
    own = frame[frame["provider"] == "P001"]
    change = (own["end"] - own["baseline"]).dropna()
    row = found.rows[1]
    low, high = stats.ttest_1samp(change, 0).confidence_interval()
    assert (row.n, row.n_followed) == (50, len(change))
    assert row.complete_cases.value == pytest.approx(change.mean())
    assert (row.complete_cases.low, row.complete_cases.high) == pytest.approx((low, high))
    assert row.baseline_lost == pytest.approx(own["baseline"][own["end"].isna()].mean())
    assert row.manski.low < row.carried_forward.value < row.manski.high


def test_shifting_a_provider_s_lost_by_the_turning_point_meets_the_funnel_s_limit(make_episodes):
    frame = make_episodes((200, 200, 200, 200), effects=(0, 0, 0, 6), missing=0.3)
    found = analyse(frame)
    for row in found.rows:
        assert row.turning.status == "ok" and row.turning.becomes != row.verdict


def test_turning_the_scale_turns_every_figure(make_episodes):
    frame = make_episodes((50, 40, 30), missing=0.3)
    turned = frame.assign(baseline=-frame["baseline"], end=-frame["end"])
    plain, other = analyse(frame, ("age",)), analyse(turned, ("age",))
    for row, back in zip((*plain.rows, plain.overall), (*other.rows, other.overall), strict=True):
        for name in METHODS:
            one, two = row.estimate(name), back.estimate(name)
            assert two.value == pytest.approx(-one.value, rel=1e-6)
            assert two.se == pytest.approx(one.se, rel=1e-5)
    for row, back in zip(plain.rows, other.rows, strict=True):
        assert back.lee.bounds.low == pytest.approx(-row.lee.bounds.high, rel=1e-9)
    assert other.tipping.zero == pytest.approx(-plain.tipping.zero, rel=1e-6)


def test_the_order_of_rows_and_the_names_of_providers_do_not_matter(make_episodes):
    frame = make_episodes((50, 40, 30), missing=0.3)
    mixed = frame.sample(frac=1, random_state=1)
    mixed["provider"] = mixed["provider"].map({"P000": "z", "P001": "y", "P002": "x"})
    plain, other = analyse(frame, ("age",)), analyse(mixed, ("age",))
    for row, back in zip(plain.rows, reversed(other.rows), strict=True):
        assert (row.n, row.n_followed) == (back.n, back.n_followed)
        for name in METHODS:
            assert back.estimate(name).value == pytest.approx(row.estimate(name).value, rel=1e-6)
    assert other.overall.weighting.se == pytest.approx(plain.overall.weighting.se, rel=1e-6)


def test_standardised_differences_and_categories_by_hand():
    frame = pd.DataFrame(
        {
            "provider": ["a"] * 6,
            "episode": range(6),
            "baseline": [1.0, 2, 3, 4, 6, 8],
            "end": [1.0, 1, 1, NONE, NONE, NONE],
            "sex": ["f", "f", "m", "m", "m", None],
            "age": [30.0, 40, NONE, 50, 60, 70],
        }
    )
    rows = {(r.name, r.level): r for r in contrast_lost(select_cohort(frame, ("sex", "age")))}
    start = rows["baseline", None]
    assert (start.followed, start.lost) == (2, 6)
    assert start.smd == pytest.approx(4 / math.sqrt((1 + 4) / 2))
    assert (rows["age", None].n_followed, rows["age", None].lost) == (2, 60)
    man = rows["sex", "m"]
    assert (man.n_followed, man.n_lost) == (1, 2)
    assert man.smd == pytest.approx((2 / 3 - 1 / 3) / math.sqrt(2 / 9))
    assert rows["sex", "(missing)"].n_lost == 1


def test_the_test_of_rates_is_scipy_s_chi_square_where_counts_are_large():
    n, kept = np.array([60, 80, 50]), np.array([40, 70, 30])
    exact = stats.chi2_contingency(np.array([kept, n - kept]), correction=False)
    found = compare_rates(n, kept)
    assert found.method == "chi_square" and found.df == 2
    assert (found.chi_square, found.p) == pytest.approx((exact.statistic, exact.pvalue))


def test_the_test_of_rates_of_small_providers_is_near_fisher_s_exact_test():
    n, kept = np.array([9, 8]), np.array([8, 3])
    exact = stats.fisher_exact([[8, 1], [3, 5]]).pvalue
    found = compare_rates(n, kept, seed=1)
    assert found.method == "permutation"
    assert found.p == pytest.approx(exact, abs=0.01)
    assert compare_rates(n, kept, seed=1) == found


def test_flags_say_many_lost_and_far_from_the_region():
    assert flag(30, 100, 0.25) == ()
    assert flag(31, 100, 0.25) == ("many_lost",)
    assert flag(36, 100, 0.25) == ("many_lost", "apart")
    assert flag(10, 100, 0.25) == ("apart",)
    assert flag(0, 0, None) == ()


def test_episodes_still_too_young_are_set_aside_measured_or_not():
    opened = [date(2025, 1, 1) + timedelta(days=10 * k) for k in range(60)]
    end = date(2026, 8, 14)
    frame = pd.DataFrame(
        {
            "opened_on": opened,
            "end_on": [
                day + timedelta(days=180) if k < 42 else None for k, day in enumerate(opened)
            ],
        }
    )
    assert find_ripening(frame, "end") == 180
    kept, aside, days = set_recent_aside(frame, "end", end)
    assert days == 180 and aside.count == len(frame) - len(kept)
    # Everybody is measured after 180 days: among those old enough nobody is lost.
    assert kept["end_on"].notna().all() and len(kept) == 42
    few, none, no_days = set_recent_aside(frame.head(5), "end", end)
    assert len(few) == 5 and none is None and no_days is None


def frame_of(provider, baseline, end, **more):
    return pd.DataFrame(
        {
            "provider": list(provider),
            "episode": range(len(provider)),
            "baseline": np.array(baseline, dtype=float),
            "end": np.array(end, dtype=float),
            **more,
        }
    )


CASES = {
    "no rows": (frame_of("", [], []), "nobody"),
    "no baselines": (frame_of("aab", [NONE] * 3, [1, 2, 3]), "nobody"),
    "everybody lost": (frame_of("aab", [1, 2, 3], [NONE] * 3), "nobody_followed"),
    "one client": (frame_of("a", [1], [2]), "ok"),
    "two clients": (frame_of("aa", [1, 2], [2, NONE]), "ok"),
    "constant": (frame_of("a" * 20, [5] * 20, [5] * 15 + [NONE] * 5), "ok"),
    "on a line": (frame_of("ab" * 10, range(20), [*range(1, 16), *[NONE] * 5]), "ok"),
    "each its own provider": (
        frame_of("abcdefghij", range(10), [*range(2, 8), *[NONE] * 4]), "ok",
    ),
    "huge": (frame_of("ab" * 10, np.arange(20) * 1e12, [*np.arange(15) ** 2 * 1e11, *[NONE] * 5]), "ok"),
}  # fmt: skip


@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_degenerate_data_are_a_status_and_never_nan(name, released):
    frame, status = CASES[name]
    rule = DisclosureRule() if released else None
    found = analyse(frame, disclosure=rule, replicates=4)
    assert found.status == status if not released else found.status in ("nobody", "too_few", "ok")
    check_numbers(json.loads(json.dumps(dataclasses.asdict(found), default=str)))


def check_numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    for item in value:
        if isinstance(item, list | dict):
            check_numbers(item)
        elif isinstance(item, float):
            assert math.isfinite(item)


def test_nothing_small_is_released_of_many_random_counties():
    random = np.random.default_rng(9)
    for _ in range(12):
        sizes = random.integers(1, 40, random.integers(1, 6))
        provider = np.repeat([f"P{k}" for k in range(len(sizes))], sizes)
        n = len(provider)
        start = random.integers(0, 30, n).astype(float)
        end = np.where(random.random(n) < 0.4, NONE, start + random.integers(-5, 8, n))
        frame = frame_of(provider, start, end, sex=random.choice(["f", "m", "x"], n))
        exact, shown = analyse(frame, ("sex",)), analyse(frame, ("sex",), DisclosureRule())
        for row, seen in zip(exact.rows, shown.rows, strict=True):
            check_row(row, seen)
        for one in shown.contrasts:
            assert one.n_followed is None or one.n_followed >= 5
            assert one.n_lost is None or one.n_lost >= 5


def check_row(row, seen):
    for exact, count in ((row.n_followed, seen.n_followed), (row.n_lost, seen.n_lost)):
        assert count is None or (count % 5 == 0 and exact >= 5)
    assert (seen.n is None) == (seen.n_followed is None or seen.n_lost is None)
    if seen.n_followed is None or row.n_followed < 10:
        assert all(seen.estimate(name).value is None for name in METHODS)
    if seen.n_lost is None:
        assert all(seen.estimate(name).value is None for name in METHODS[1:])
        assert seen.manski.low is None and seen.followed_share is None and seen.flags == ()
    if seen.n is not None:
        assert seen.followed_share == seen.n_followed / seen.n
    assert all(seen.estimate(name).n == 0 for name in METHODS)


def test_what_is_released_twice_stays_as_it_is(make_episodes):
    from evalplat.statistics.publishing.release_attrition import release_attrition

    found = analyse(make_episodes((40, 40), missing=0.3), disclosure=DisclosureRule())
    assert found.released
    assert release_attrition(found, None, DisclosureRule()) is found
