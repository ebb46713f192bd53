"""Nobody can work out a count, a client's change or a withheld provider from released effects."""

from dataclasses import fields, replace
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import ALL_PROVIDERS, summarise_effects
from evalplat.statistics.publishing.release_effects import (
    find_step,
    leave_out_unpublishable,
    release_effects,
)
from evalplat.statistics.publishing.release_models import least_step
from evalplat.vocabulary import Direction

RULE = DisclosureRule()
ALWAYS = {"provider", "instrument", "scale", "status", "change_status"}


def episodes(sizes, seed=0, *, gain=2.0, top=None, missing=None):
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    baseline = random.normal(20, 6, len(group))
    end = baseline + random.normal(gain, 5, len(group))
    if top is not None:
        baseline, end = (
            random.binomial(top, 0.45, len(group)),
            random.binomial(top, 0.6, len(group)),
        )
    end = np.round(np.asarray(end, dtype=float))
    end[np.isin(np.arange(len(group)), missing or [])] = np.nan
    return pd.DataFrame(
        {
            "provider": [f"P{k:02d}" for k in group],
            "episode": np.arange(len(group)).astype(str),
            "instrument": "i",
            "scale": "s",
            "baseline": np.round(np.asarray(baseline, dtype=float)),
            "end": end,
        }
    )


def publish(frame, adjust=("baseline",)):
    comparison = compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=adjust,
        disclosure=RULE,
    )
    kept = leave_out_unpublishable(frame, RULE)
    exact = summarise_effects(kept, {}, rank_intervals=True)
    return release_effects(exact, comparison, RULE), {row.provider: row for row in exact}


def shows_nothing(row, besides=()):
    names = {field.name for field in fields(row)} - ALWAYS - set(besides)
    return all(getattr(row, name) is None for name in names)


def test_a_provider_has_here_what_it_has_in_the_comparison():
    result, _exact = publish(episodes((3, 4, 7, 11, 29, 60), missing=[20, 50, 51, 52, 53, 54]))
    comparison = result.comparison
    assert [row.provider for row in result.rows] == [row.provider for row in comparison.rows]
    for row, compared in zip(result.rows, comparison.rows, strict=True):
        assert (row.n_started, row.n_pairs) == (compared.n_started, compared.n)
        assert (row.status == "withheld") == compared.withheld
        assert row.mean_change == pytest.approx(compared.gain) or row.mean_change is None
    none, few, counts, *shown = result.rows
    assert shows_nothing(none) and shows_nothing(few)
    assert shows_nothing(counts, ("n_started", "n_pairs"))
    assert all(row.d_av is not None and row.d_regional is not None for row in shown)
    assert result.overall.mean_change == pytest.approx(comparison.target)
    assert result.shows_any


def test_figures_of_means_are_those_of_published_counts_means_and_spreads():
    result, _exact = publish(episodes((14, 33, 47)))
    for row in (*result.rows, result.overall):
        n, sd = row.n_pairs, spread_of_change(row)
        assert row.d_z == pytest.approx(row.mean_change / sd)
        assert row.t == pytest.approx(row.mean_change / (sd / n**0.5))
        s_av = ((row.sd_baseline**2 + row.sd_end**2) / 2) ** 0.5
        assert row.d_av == pytest.approx(row.mean_change / s_av)
        assert row.d_regional == pytest.approx(row.mean_change / result.overall.sd_baseline)
        assert row.d_regional_low < row.d_regional < row.d_regional_high
        z = abs(row.z_wilcoxon)
        assert row.p_wilcoxon == pytest.approx(2 * NormalDist().cdf(-z))


def test_published_figures_are_near_the_exact_ones():
    result, exact = publish(episodes((60, 120, 200)))
    for row in (*result.rows, result.overall):
        whole = exact[row.provider]
        assert row.d_av == pytest.approx(whole.d_av, abs=0.05)
        assert row.d_av_low == pytest.approx(whole.d_av_low, abs=0.06)
        assert row.d_z_high == pytest.approx(whole.d_z_high, abs=0.06)
        assert row.rank_biserial == pytest.approx(whole.rank_biserial, abs=0.02)
        assert row.rank_biserial_low <= whole.rank_biserial_low + 0.02
        assert row.rank_biserial_high >= whole.rank_biserial_high - 0.02
        assert abs(row.z_wilcoxon) <= abs(whole.z_wilcoxon) * 1.1


def search_counts(row, shown, unit=1.0):
    """Every n that is rounded to the published one and could have given this row's roundings of whole scores."""
    step = find_step(shown, RULE)
    for n in range(max(10, shown - 2), shown + 3):
        grid = RULE.coarse_step(RULE.step(unit), unit, unit, shown)
        fits = [abs(round(row.mean_change * n) / n - row.mean_change) <= grid / 2 + 1e-9]
        if row.cles is not None:
            fits.append(abs(round(row.cles * n) / n - row.cles) <= step / 2 + 1e-9)
        for sd, reach in spread_steps(row, shown):
            low, high = ((n - 1) * max(sd + part * reach / 2, 0) ** 2 for part in (-1, 1))
            fits.append(high - low >= unit**2 * (1 - 1 / shown))
        ranks = row.rank_biserial
        if ranks is not None:
            fits.append(any(reach_ranks(ranks, m, step) for m in range(10, n + 1)))
        if all(fits):
            yield n


def reach_ranks(shown, m, step):
    """Whether m signed ranks can give a correlation that is published so."""
    total = m * (m + 1) / 2
    signed = [round(shown * total) + k for k in (-1, 0, 1)]
    near = [value / total for value in signed if (value - total) % 2 == 0]
    return any(abs(value - shown) <= step / 2 + 1e-9 for value in near)


def spread_of_change(row):
    reach = (row.mean_change_high - row.mean_change_low) / 2
    return float(reach * row.n_pairs**0.5 / stdtrit(row.n_pairs - 1, 0.975))


def spread_steps(row, n):
    for sd in (row.sd_baseline, row.sd_end, spread_of_change(row)):
        yield sd, least_step(max(sd, 1.0) / n)


@pytest.mark.parametrize("top", [3, 10, 48])
def test_no_search_over_counts_narrows_the_published_one_down(top):
    sizes = np.random.default_rng(top).integers(10, 46, 24)
    result, _exact = publish(episodes(sizes, top, top=top), adjust=())
    seen = 0
    for row in result.rows:
        if row.status == "ok":
            every = range(max(10, row.n_pairs - 2), row.n_pairs + 3)
            assert list(search_counts(row, row.n_pairs)) == list(every)
            seen += 1
    assert seen > 20


def test_the_exact_row_would_be_found_by_the_same_search():
    """The search is one that works: on unrounded shares and means it finds the one count or hardly more."""
    sizes = np.random.default_rng(1).integers(13, 40, 30)
    _result, exact = publish(episodes(sizes, 1))
    found = [
        sum(
            abs(round(row.cles * 2 * n) / (2 * n) - row.cles) < 0.005
            and abs(round(row.mean_change * n) / n - row.mean_change) < 0.005
            for n in range(row.n_pairs - 2, row.n_pairs + 3)
        )
        for row in exact.values()
        if row.provider != ALL_PROVIDERS
    ]
    assert np.median(found) < 3


@pytest.mark.parametrize("seed", range(9))
def test_two_periods_that_differ_by_a_client_do_not_tell_that_client_s_change(seed):
    """Even to a reader who knows both numbers of pairs, and to whom nothing but these figures differs."""
    random = np.random.default_rng(seed)
    sizes = random.integers(12, 70, 4)
    frame = episodes(sizes, seed)
    change = random.integers(-14, 19)
    frame.loc[frame.index[-1], "end"] = frame["baseline"].iloc[-1] + change
    before, _ = publish(frame.iloc[:-1])
    after, _ = publish(frame)
    for one, two, n in (
        (before.rows[-1], after.rows[-1], int(sizes[-1]) - 1),
        (before.overall, after.overall, len(frame) - 1),
    ):
        if one.status != "ok":
            continue
        fitting = [c for c in range(-60, 61) if fits_difference(c, one, two, n, before, after)]
        sd = spread_of_change(two)
        assert change in fitting
        assert len(fitting) > sd / 2 and len(fitting) > 2, (fitting, sd)


def fits_difference(c, one, two, n, before, after):
    """Whether one more client with change c is in keeping with both rows' means and spreads of change."""
    grids = [
        RULE.grid(found.comparison, row.n_pairs) for found, row in ((before, one), (after, two))
    ]
    middle = (n + 1) * two.mean_change - n * one.mean_change
    room = ((n + 1) * grids[1] + n * grids[0]) / 2
    if abs(c - middle) > room + 1e-6:
        return False
    squares = []
    for row, count in ((one, n), (two, n + 1)):
        *_others, (sd, step) = spread_steps(row, row.n_pairs)
        squares.append([(count - 1) * (sd + part * step / 2) ** 2 for part in (-1, 1)])
    low, high = squares[1][0] - squares[0][1], squares[1][1] - squares[0][0]
    near = [(c - mean) ** 2 * n / (n + 1) for mean in (one.mean_change, two.mean_change)]
    return max(near) >= low and min(near) <= high


def test_a_hidden_provider_is_not_known_from_all_together_less_the_others():
    for seed in range(4):
        frame = episodes((7, 25, 41), seed)
        result, exact = publish(frame)
        hidden, *shown = result.rows
        assert shows_nothing(hidden, ("n_started", "n_pairs"))
        assert result.overall.cles is None
        whole = result.overall
        rest = whole.mean_change * 73 - sum(
            row.mean_change * n for row, n in zip(shown, (25, 41), strict=True)
        )
        steps = [RULE.grid(result.comparison, row.n_pairs) for row in (whole, *shown)]
        room = sum(step * n / 2 for step, n in zip(steps, (73, 25, 41), strict=True))
        own = frame[frame["provider"] == "P00"]
        assert abs(rest - (own["end"] - own["baseline"]).sum()) <= room + 1e-6
        assert room > exact["P00"].sd_baseline, "the sum is known to within a client at best"


def test_a_provider_that_could_be_derived_is_in_no_figure():
    frame = episodes((3, 40, 50), 4)
    rest = frame[frame["provider"] != "P00"]
    with_it, without = publish(frame)[0], publish(rest)[0]
    assert shows_nothing(with_it.rows[0])
    assert with_it.rows[1:] == without.rows
    assert replace(with_it.overall, n_started=None) == replace(without.overall, n_started=None)


def test_changed_scores_of_all_together_are_the_sum_of_the_providers():
    result, _exact = publish(episodes((30, 40, 50), top=4))

    def count(row):
        ranks = 2 * row.w_plus / (1 + row.rank_biserial)
        return ((1 + 8 * ranks) ** 0.5 - 1) / 2

    changed = [count(row) for row in result.rows]
    assert count(result.overall) == pytest.approx(sum(changed))
    for row, m in zip(result.rows, changed, strict=True):
        unchanged = row.n_pairs - m
        assert unchanged == pytest.approx(4) or unchanged % 5 == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("gain", [-60, 60])
def test_that_everybody_changed_one_way_is_not_said(gain):
    result, exact = publish(episodes((20, 26, 31), gain=gain))
    assert all(abs(row.rank_biserial) == 1 for row in exact.values())
    for row in (*result.rows, result.overall):
        assert abs(row.rank_biserial) < 1
        assert row.rank_biserial_low < row.rank_biserial < row.rank_biserial_high
        assert (row.cles, row.cles_low) == (None, None)
        assert row.p_wilcoxon < 0.01


def test_a_client_more_on_the_side_of_few_is_not_seen_in_the_ranks():
    """Whether nobody or one of thirty got worse is not told."""
    frame = episodes((30, 40), 2, gain=30)
    places = frame.index[frame["provider"] == "P00"]
    frame.loc[places, "end"] = frame.loc[places, "baseline"] + 5 + np.arange(30) % 9
    other = frame.copy()
    other.loc[places[0], "end"] = other.loc[places[0], "baseline"] - 1
    ranks = [publish(one)[0].rows[0] for one in (frame, other)]
    for name in ("rank_biserial", "rank_biserial_low", "rank_biserial_high", "p_wilcoxon", "cles"):
        assert len({getattr(row, name) for row in ranks}) == 1, name


def test_without_spread_there_are_no_figures():
    frame = episodes((20, 30, 40))
    frame.loc[frame["provider"] == "P00", "baseline"] = 10.0
    result, _exact = publish(frame)
    assert shows_nothing(result.rows[0], ("n_started", "n_pairs"))
    assert result.rows[1].d_av is not None
    same = frame.assign(end=frame["baseline"])
    assert not publish(same)[0].shows_any


def test_a_single_client_who_differs_cannot_be_counted():
    """Nineteen scores of 5 and one of 6: the SD with all its digits says just that."""
    frame = episodes((20, 30, 40), 3)
    places = frame.index[frame["provider"] == "P00"]
    for others in range(1, 6):
        frame.loc[places, "baseline"] = 5.0
        frame.loc[places[:others], "baseline"] = 6.0
        assert shows_nothing(publish(frame)[0].rows[0], ("n_started", "n_pairs"))


def test_few_pairs_nobody_and_one_provider_are_states():
    nobody, _ = publish(episodes((20, 30), missing=range(50)))
    assert nobody.comparison.status == "too_few_pairs" and not nobody.shows_any
    few, _ = publish(episodes((5, 4)))
    assert few.comparison.status == "too_few_pairs" and not few.shows_any
    one, _ = publish(episodes((30,)))
    assert one.comparison.status == "one_provider"
    assert one.rows[0].d_av is not None and one.rows[0].d_regional is None
    assert shows_nothing(one.overall, ("n_started", "n_pairs"))
    empty, _ = publish(episodes(()))
    assert empty.rows == () and empty.overall.status == "withheld"


def test_few_changed_scores_give_no_ranks():
    frame = episodes((40, 50), 5)
    places = frame.index[frame["provider"] == "P00"][9:]
    frame.loc[places, "end"] = frame.loc[places, "baseline"]
    row = publish(frame)[0].rows[0]
    assert (row.rank_biserial, row.p_wilcoxon, row.w_plus) == (None, None, None)
    assert row.d_av is not None
