"""Nobody can read or work out a count of one to four from what is released."""

import itertools
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from evalplat.statistics.cases import MissingCovariates
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule, release
from evalplat.statistics.results import ProviderRow
from evalplat.vocabulary import Direction, Verdict

RULE = DisclosureRule()
SHOWN_WHEN_HIDDEN = {"provider", "verdict", "withheld"}


def episodes(sizes, pairs, seed=0, whole=True):
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    baseline = random.normal(20, 6, len(group))
    end = baseline + random.normal(2, 5, len(group)) + random.normal(0, 2, len(sizes))[group]
    place = np.concatenate([np.arange(size) for size in sizes]) if len(sizes) else group
    end[place >= np.asarray(pairs)[group]] = np.nan
    return pd.DataFrame(
        {
            "provider": [f"P{k:02d}" for k in group],
            "episode": np.arange(len(group)).astype(str),
            "baseline": baseline.round(0 if whole else 3),
            "end": end.round(0 if whole else 3),
        }
    )


def run(frame, disclosure=RULE, adjust=("baseline",), direction=Direction.HIGHER_BETTER, **rest):
    return compare(
        frame,
        instrument="i",
        scale="s",
        direction=direction,
        adjust=adjust,
        disclosure=disclosure,
        **rest,
    )


def shows_nothing(row: ProviderRow) -> bool:
    return all(
        getattr(row, field.name) is None
        for field in fields(row)
        if field.name not in SHOWN_WHEN_HIDDEN
    )


def test_the_tiers_show_nothing_then_counts_then_estimates_then_a_verdict():
    result = run(episodes((4, 12, 7, 29, 60, 60), (4, 4, 7, 29, 60, 60)))
    none, few, counts, estimates, full, _ = result.rows
    assert shows_nothing(none) and none.withheld
    assert shows_nothing(few) and few.withheld
    assert (counts.n, counts.n_started, counts.gain, counts.withheld) == (5, None, None, True)
    assert (estimates.n, estimates.withheld) == (30, False) and estimates.adjusted_gain is not None
    assert full.verdict is not Verdict.TOO_FEW and full.n == 60


def test_a_provider_with_few_pairs_gets_a_verdict_only_when_it_is_reliable(make_episodes):
    frame = make_episodes((12,) * 25, effects=np.linspace(-40, 40, 25))
    result = run(frame)
    assert all(row.reliability > 0.7 for row in result.rows)
    assert {row.verdict for row in result.rows} >= {Verdict.AS_EXPECTED}
    calm = run(make_episodes((12,) * 25))
    assert {row.verdict for row in calm.rows} == {Verdict.TOO_FEW}


def test_the_number_started_is_withheld_where_one_to_four_lack_a_pair():
    result = run(episodes((33, 40, 55, 50), (30, 40, 50, 47)))
    assert [row.n_started for row in result.rows] == [None, 40, 55, None]
    assert [row.n for row in result.rows] == [30, 40, 50, 45]


def test_a_total_is_withheld_that_would_give_a_single_hidden_row_away():
    single = run(episodes((3, 40, 50), (3, 40, 50)))
    assert single.n_started is None and single.n_pairs == 90
    assert [str(item.reason) for item in single.exclusions] == [
        "The provider has too few clients to be published or derived"
    ]
    assert single.exclusions[0].count is None
    two = run(episodes((3, 4, 40, 50), (3, 4, 40, 50)))
    assert two.n_started == two.n_pairs == 95
    direct = release(run(episodes((3, 40, 50), (3, 40, 50)), None), RULE)
    assert direct.n_pairs is None and direct.n_started is None


def test_the_clients_of_a_derivable_provider_are_in_no_model_figure():
    frame = episodes((3, 40, 50), (3, 40, 50))
    rest = frame[frame["provider"] != "P00"]
    with_it, without = run(frame), run(rest)
    for name in (
        *("target", "sigma", "coefficients", "phi", "tau2_funnel", "verdict_spread", "tau2"),
        *("sigma2", "reml_coefficients"),
    ):
        assert getattr(with_it, name) == getattr(without, name), name


def test_small_reasons_of_exclusion_are_withheld_and_never_one_alone():
    frame = episodes((40, 50, 60), (30, 45, 48))
    frame.loc[[0, 1], "baseline"] = np.nan
    counts = [item.count for item in run(frame).exclusions]
    assert counts == [None, None]
    frame["age"] = 30.0
    frame.loc[5:20, "age"] = np.nan
    complete = run(frame, adjust=("baseline", "age"), missing_covariates=MissingCovariates.COMPLETE)
    counts = {str(i.reason): i.count for i in complete.exclusions}
    assert sorted(counts.values(), key=str) == [25, None, None]


def test_no_ranks_are_released_where_rankability_is_poor(make_episodes):
    calm = run(make_episodes((30,) * 20), None)
    assert calm.rankability < 0.5 and calm.rows[0].pcer is not None
    assert {row.pcer for row in release(calm, RULE).rows} == {None}
    told_apart = run(make_episodes((60,) * 20, effects=np.linspace(-20, 20, 20)))
    assert told_apart.rankability > 0.5 and None not in {row.pcer for row in told_apart.rows}


def test_a_comparison_of_fewer_than_ten_pairs_releases_no_figure():
    result = run(episodes((5, 4), (5, 4)))
    assert result.target is None and result.sigma is None and result.coefficients == ()
    assert result.status == "too_few_pairs" and result.limits == ()


def test_releasing_twice_changes_nothing():
    result = run(episodes((12, 40, 50, 8), (10, 35, 50, 6)))
    assert release(result, RULE) is result


def test_the_released_verdict_is_that_of_the_exact_figures(bdf):
    exact, released = run(bdf, None), run(bdf)
    for one, two in zip(exact.rows, released.rows, strict=True):
        assert two.verdict == one.verdict


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("providers", [5, 8, 30])
def test_a_verdict_is_where_its_point_lies_among_the_limits(make_episodes, direction, providers):
    seen = set()
    sizes = [60, 45, *[31, 47, 58] * 10][:providers]
    effects = [35, -30, *[0] * 28][:providers]
    for seed in range(3):
        frame = make_episodes(sizes, effects=effects, seed=seed)
        for disclosure in (None, RULE):
            result = run(frame, disclosure, direction=direction)
            for row in result.improvements:
                assert row.verdict is find_place(row)
                seen.add(row.verdict)
            for curve, row in (
                (result.limits[0], min(result.improvements, key=lambda row: row.n)),
                (result.limits[-1], max(result.improvements, key=lambda row: row.n)),
            ):
                assert curve.overdispersed998 == pytest.approx(row.limits998)
    if providers == 30:
        assert seen == {Verdict.ABOVE, Verdict.BELOW, Verdict.AS_EXPECTED}


def find_place(row):
    low, high = row.limits998
    if low <= row.improvement <= high:
        return Verdict.AS_EXPECTED
    return Verdict.ABOVE if row.improvement > high else Verdict.BELOW


def test_a_point_that_rounding_carries_over_a_limit_takes_its_verdict_along(bdf):
    exact = run(bdf, None)
    close = {round(abs(row.z_verdict), 1) for row in exact.rows if row.n >= 30}
    for limit in close:
        spread = replace(exact.verdict_spread, q998=limit)
        for row in release(replace(exact, verdict_spread=spread), RULE).improvements:
            assert row.verdict is Verdict.TOO_FEW or row.verdict is find_place(row)


def derive_counts(row: ProviderRow, result) -> list[float]:
    """Every way to work n out from a row's figures and the model's."""
    tau2, sigma2 = result.tau2, result.sigma2
    wide = (row.high998 - row.low998) / 2 / 3.090232306167813
    spread = result.verdict_spread
    fair = (row.verdict_high998 - row.verdict_low998) / 2 / spread.q998
    ways = [
        (result.sigma / row.se) ** 2,
        result.sigma**2 / (wide**2 - result.tau2_funnel),
        result.sigma**2 / (fair**2 - spread.tau2),
    ]
    if row.observed_minus_expected and row.z:
        ways.append((result.sigma * row.z / row.observed_minus_expected) ** 2)
    if tau2 and row.reliability:
        ways.append(sigma2 / tau2 * row.reliability / (1 - row.reliability))
        ways.append(sigma2 / row.blup_se**2 - sigma2 / tau2)
    return ways


@pytest.mark.parametrize("seed", range(25))
def test_lesson_15_an_attacker_recovers_no_small_count(seed):
    random = np.random.default_rng(seed)
    providers = int(random.integers(1, 9))
    sizes = random.choice([1, 2, 3, 4, 5, 6, 9, 11, 14, 30, 47], providers)
    pairs = np.maximum(sizes - random.choice([0, 0, 1, 2, 4, 5, 9], providers), 0)
    frame = episodes(sizes, pairs, seed)
    adjust = [("baseline",), ()][seed % 2]
    result, exact = run(frame, adjust=adjust), run(frame, None, adjust)
    published = [result.n_pairs, result.n_started, *(e.count for e in result.exclusions)]
    for row, whole in zip(result.rows, exact.rows, strict=True):
        published += [row.n, row.n_started]
        if whole.n < 5:
            assert shows_nothing(row)
        if 1 <= whole.n_started - whole.n <= 4:
            assert row.n_started is None
        if row.se is not None and result.tau2_funnel is not None:
            for found in derive_counts(row, result):
                assert found == pytest.approx(row.n, rel=1e-6)
            step = RULE.step(result.sigma)
            for value in (row.gain, row.expected, row.observed_minus_expected):
                assert value / step == pytest.approx(round(value / step), abs=1e-6)
    assert all(count is None or (count % 5 == 0 and count >= 5) for count in published)
    hidden = [row.n for row in exact.rows if 0 < row.n < 5]
    if hidden and (len(hidden) == 1 or sum(hidden) < 5) and result.target is not None:
        # Nothing of them is left in the model: what remains is the other providers' alone.
        small = [row.provider for row in exact.rows if row.n < 5]
        rest = run(frame[~frame["provider"].isin(small)], RULE, adjust)
        assert (result.target, result.sigma) == (rest.target, rest.sigma)


@pytest.mark.parametrize("top", [4, 10, 48])
@pytest.mark.parametrize("adjust", [("baseline",), ()])
def test_means_of_whole_scores_fit_every_count_that_is_rounded_alike(top, adjust):
    random = np.random.default_rng(top)
    sizes = random.integers(10, 45, 40)
    provider = np.repeat(np.arange(len(sizes)), sizes)
    scores = random.binomial(top, 0.5, (len(provider), 2))
    frame = pd.DataFrame(
        {
            "provider": [f"P{j:02d}" for j in provider],
            "episode": np.arange(len(provider)),
            "baseline": scores[:, 0],
            "end": scores[:, 1],
        }
    )
    result, exact = run(frame, adjust=adjust), run(frame, None, adjust)
    assert result.unit == 1
    for row, whole in zip(result.rows, exact.rows, strict=True):
        step = RULE.grid(result, row.n)
        assert abs(row.gain - whole.gain) <= step / 2 + 1e-9
        start = row.expected + row.observed_minus_expected - row.gain
        for count in range(max(10, row.n - 2), row.n + 3):
            for mean, room in ((row.gain, 0.0), (start, RULE.step(result.sigma))):
                nearest = round(mean * count) / count
                assert abs(nearest - mean) <= step / 2 + room + 1e-9


@pytest.mark.parametrize("adjust", [("baseline",), ()])
def test_a_model_of_one_provider_does_not_tell_that_provider_s_exact_mean(adjust):
    frame = pd.DataFrame(
        {
            "provider": "P0",
            "episode": range(13),
            "baseline": [k * 3 % 7 for k in range(13)],
            "end": [k * 5 % 11 for k in range(13)],
        }
    )
    result, exact = run(frame, adjust=adjust), run(frame, None, adjust)
    row, whole = result.rows[0], exact.rows[0]
    assert (result.status, row.n, result.target) == ("one_provider", 15, None)
    assert (result.coefficients, result.reml_coefficients) == ((), ())
    assert 0 < abs(row.gain - whole.gain) <= RULE.grid(exact, 15) / 2 + 1e-9
    assert row.adjusted_gain == row.gain and row.observed_minus_expected == 0
    assert result.sigma != exact.sigma
    assert row.se == pytest.approx(result.sigma / 15**0.5)


def find_fitting_counts(result):
    """Every set of counts that fits the rounded ones and gives the published variances or criterion."""
    lam = result.tau2 / result.sigma2
    visible = [
        [n for n in range(near - 2, near + 3) if n >= 10]
        for near in (RULE.round(row.n) for row in result.rows if row.n and row.n >= 5)
    ]
    hidden = [pair for pair in itertools.product(range(1, 5), repeat=2) if sum(pair) >= 5]
    for counts in itertools.product(*visible, hidden):
        n = np.array([*counts[:-1], *counts[-1]], dtype=float)
        weight = n / result.sigma**2
        criterion = (
            np.log1p(n * lam).sum()
            + np.log((n / (1 + n * lam)).sum())
            + (n.sum() - 1) * (1 + np.log(2 * np.pi * result.sigma2))
        )
        spread = weight.sum() - (weight**2).sum() / weight.sum()
        tau2 = (len(n) * result.phi - (len(n) - 1)) / spread
        published = np.nan if result.reml_criterion is None else result.reml_criterion
        if np.isclose(criterion, published, rtol=1e-10) or np.isclose(
            tau2, result.tau2_funnel, rtol=1e-9
        ):
            yield counts


def test_withheld_counts_cannot_be_searched_out_of_the_variances():
    random = np.random.default_rng(3)
    provider = np.repeat(np.arange(5), [34, 12, 15, 4, 2])
    baseline = random.integers(0, 20, len(provider))
    frame = pd.DataFrame(
        {
            "provider": [f"P{j}" for j in provider],
            "episode": np.arange(len(provider)),
            "baseline": baseline,
            "end": baseline + 4 * provider % 9 + random.integers(0, 7, len(provider)),
        }
    )
    exact, result = run(frame, None, adjust=()), run(frame, adjust=())
    assert (34, 12, 15, (4, 2)) in set(find_fitting_counts(exact))
    assert result.reml_criterion is None and result.tau2 == pytest.approx(exact.tau2, rel=5e-3)
    spread, published = exact.verdict_spread, result.verdict_spread
    assert published == replace(spread, tau2=float(f"{spread.tau2:.3g}"))
    assert set(find_fitting_counts(result)) == set()


def test_the_step_of_published_means_is_a_readable_share_of_sigma():
    assert [RULE.step(sigma) for sigma in (5.9, 15.3, 1.2, 100.0, 0.03)] == pytest.approx(
        [0.1, 0.2, 0.02, 2.0, 0.0005]
    )


def test_two_results_that_differ_by_a_client_do_not_give_that_client_s_change_away():
    """With all digits the overall mean of whole changes is a fraction, whose denominator is the number of clients."""
    for seed in range(10):
        random = np.random.default_rng(seed)
        sizes = random.integers(12, 60, 6)
        frame = episodes(sizes, sizes, seed)
        change = (frame["end"] - frame["baseline"]).iloc[-1]
        before, after = run(frame.iloc[:-1]), run(frame)
        step = RULE.grid(after, after.n_pairs)
        assert step * len(frame) > after.sigma / 2
        for result in (before, after):
            assert result.target / step == pytest.approx(round(result.target / step), abs=1e-6)
        likely = {
            round(after.target * n - before.target * (n - 1), 6)
            for n in range(after.n_pairs - 2, after.n_pairs + 3)
        }
        assert likely != {change}
        assert all(row.gain is None or row.gain == float(f"{row.gain:.4g}") for row in after.rows)
        for name, value in (*after.coefficients, ("sigma", after.sigma)):
            assert value == float(f"{value:.4g}"), name


def test_two_withheld_providers_are_not_known_from_a_total_that_only_they_make_up():
    """Eight pairs, published as 10, could only be four and four."""
    assert run(episodes((4, 4), (4, 4))).n_pairs is None
    assert run(episodes((9, 9), (4, 4))).n_pairs is None
