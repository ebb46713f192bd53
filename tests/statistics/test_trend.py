"""The trend over quarters: a slow alternative, the comparison, by hand, drifts found, small counts kept."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.over_time.ewma import Signal
from evalplat.statistics.over_time.trend import measure_trend
from evalplat.vocabulary import Direction

HIGHER, LOWER = Direction.HIGHER_BETTER, Direction.LOWER_BETTER
RULE = DisclosureRule()


@pytest.fixture
def dated(make_episodes):
    def make(sizes=(120, 90, 70), seed=2, missing=0.15, days=720, **options):
        frame = make_episodes(sizes, seed=seed, missing=missing, **options)
        random = np.random.default_rng(seed)
        start = date(2024, 1, 1)
        frame["opened_on"] = [
            start + timedelta(days=int(k)) for k in random.integers(0, days, len(frame))
        ]
        return frame

    return make


def measure(frame, *, adjust=("baseline", "age"), direction=HIGHER, disclosure=None, **options):
    return measure_trend(
        frame, instrument="i", scale="s", direction=direction, adjust=adjust,
        disclosure=disclosure, **options,
    )  # fmt: skip


def quarter_of(day):
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def test_the_quarters_figures_are_means_of_residuals_of_ols(dated):
    frame = dated()
    model = smf.ols("end ~ baseline + age", frame).fit()
    target = (frame["end"] - frame["baseline"]).mean()
    quarter = frame["opened_on"].map(quarter_of)
    found = measure(frame)
    assert found.sigma == pytest.approx(model.mse_resid**0.5, rel=1e-10)
    cells = model.resid.groupby([frame["provider"], quarter]).agg(["mean", "size"])
    for series in found.providers:
        for point in series.points:
            mean, n = cells.loc[(series.provider, point.quarter)]
            assert point.n_pairs == n
            assert point.improvement == pytest.approx(target + mean, rel=1e-9)
            assert point.se == pytest.approx(found.sigma / n**0.5, rel=1e-12)
    for point in found.county.points:
        own = model.resid[quarter[model.resid.index] == point.quarter]
        assert point.improvement == pytest.approx(target + own.mean(), rel=1e-9)
        assert point.n_started == (quarter == point.quarter).sum()


def test_weighted_over_quarters_it_is_the_comparison_s_adjusted_improvement(dated):
    frame = dated()
    rows = compare(
        frame, instrument="i", scale="s", direction=LOWER, adjust=("baseline", "age"), disclosure=None
    ).improvements  # fmt: skip
    for series, row in zip(measure(frame, direction=LOWER).providers, rows, strict=True):
        points = [p for p in series.points if p.n_pairs]
        mean = np.average([p.improvement for p in points], weights=[p.n_pairs for p in points])
        assert mean == pytest.approx(row.improvement, rel=1e-9)


def test_two_quarters_by_hand():
    """Improvements 4 and 6, then 8 and 10: overall 7; without covariates the quarters are 5 and 9."""
    frame = pd.DataFrame(
        {
            "provider": "Kurki",
            "episode": ["a", "b", "c", "d"],
            "baseline": [10.0, 10.0, 10.0, 10.0],
            "end": [14.0, 16.0, 18.0, 20.0],
            "opened_on": [date(2026, 3, 31), date(2026, 1, 1), date(2026, 4, 1), date(2026, 6, 30)],
        }
    )
    found = measure(frame, adjust=())
    assert found.quarters == (date(2026, 1, 1), date(2026, 4, 1))
    assert found.target == 7.0
    first, second = found.county.points
    assert (first.improvement, second.improvement) == (5.0, 9.0)
    sigma = (20 / 3) ** 0.5
    assert first.se == pytest.approx(sigma / 2**0.5)
    assert first.average == pytest.approx(0.2 * 5 + 0.8 * 7)
    assert second.average == pytest.approx(0.2 * 9 + 0.8 * 6.6)


def test_quarters_without_anybody_stand_in_the_row_and_change_nothing(dated):
    frame = dated()
    gap = [not date(2024, 7, 1) <= day <= date(2024, 9, 30) for day in frame["opened_on"]]
    found = measure(frame[gap])
    empty = next(p for p in found.county.points if p.quarter == date(2024, 7, 1))
    before = next(p for p in found.county.points if p.quarter == date(2024, 4, 1))
    assert (empty.n_started, empty.n_pairs, empty.improvement) == (0, 0, None)
    assert empty.average == before.average and empty.signal is Signal.NONE


def test_a_provider_that_sinks_is_worth_a_look_and_the_others_are_not(dated):
    frame = dated(sizes=(200, 200, 200), seed=5)
    late = (frame["provider"] == "P001") & (
        frame["opened_on"].map(lambda day: day >= date(2025, 1, 1))
    )
    sunk = frame.assign(end=frame["end"] - 8 * late)
    found = measure(sunk)
    first, second, third = found.providers
    assert Signal.LOWER in {point.signal for point in second.signals}
    assert not [p for p in first.signals + third.signals if p.signal is Signal.LOWER]
    assert not [p for series in measure(frame).providers for p in series.signals]
    turned = measure(sunk, direction=LOWER).providers[1]
    assert Signal.HIGHER in {point.signal for point in turned.signals}


def test_too_little_data_has_a_status(dated):
    frame = dated()
    assert measure(frame.assign(end=np.nan)).status == "no_pairs"
    assert measure(frame.iloc[:2]).status == "too_few_pairs"
    empty = measure(frame.iloc[:0])
    assert empty.quarters == () and empty.county.points == ()
    constant = measure(frame.assign(end=frame["baseline"] + 3).dropna())
    assert constant.status == "no_variation"
    assert [p.improvement for p in constant.county.points] == pytest.approx([3.0] * 8)
    assert all(p.se is None for p in constant.county.points)


def test_days_that_are_missing_are_counted_and_a_day_centuries_off_is_refused(dated):
    frame = dated()
    frame.loc[:4, "opened_on"] = None
    found = measure(frame)
    assert (
        next(str(e.reason) for e in found.exclusions) == "No day that tells the quarter: opened_on"
    )
    frame.loc[7, "opened_on"] = date(1026, 1, 1)
    with pytest.raises(InputRejected):
        measure(frame)
    with pytest.raises(InputRejected):
        measure(frame.drop(columns="opened_on"))
    nothing = measure(frame.assign(opened_on=None))
    assert nothing.quarters == () and nothing.status == "no_pairs"


def test_published_points_have_ten_clients_and_rounded_counts(dated):
    frame = dated(sizes=(200, 120, 60, 30, 8, 3))
    exact, shown = measure(frame), measure(frame, disclosure=RULE)
    seen = 0
    for before, after in zip(exact.providers, shown.providers, strict=True):
        assert before.provider == after.provider
        for was, point in zip(before.points, after.points, strict=True):
            assert point.n_started is None
            assert point.n_pairs is None or (point.n_pairs % 5 == 0 and was.n_pairs >= 5)
            if point.improvement is None:
                assert point.withheld and point.signal is Signal.NONE
                continue
            seen += 1
            assert was.n_pairs >= 10
            assert point.improvement == pytest.approx(was.improvement, abs=1.0)
            assert point.se == pytest.approx(shown.sigma / point.n_pairs**0.5)
    assert seen >= 8
    assert all(point.improvement is None for point in shown.providers[-1].points)


def test_the_published_average_is_that_of_the_published_figures(dated):
    shown = measure(dated(sizes=(200, 120, 60)), disclosure=RULE)
    for series in (shown.county, *shown.providers):
        level = shown.target
        for point in series.points:
            if point.improvement is not None:
                level = 0.2 * point.improvement + 0.8 * level
                assert point.average == pytest.approx(level)


def test_a_small_county_is_published_without_figures(dated):
    frame = dated(sizes=(6, 2), missing=0.0)
    shown = measure(frame, disclosure=RULE)
    assert shown.status == "too_few_pairs" and shown.target is None and shown.sigma is None
    assert all(p.improvement is None for s in (shown.county, *shown.providers) for p in s.points)
    alone = measure(dated(sizes=(200,)), disclosure=RULE)
    assert alone.target is not None and alone.county.points[0].improvement is not None


def test_order_of_rows_and_providers_is_irrelevant(dated):
    frame = dated()
    mixed = measure(frame.sample(frac=1, random_state=1))
    for one, other in zip(measure(frame).providers, mixed.providers, strict=True):
        for a, b in zip(one.points, other.points, strict=True):
            assert (a.n_pairs, a.signal) == (b.n_pairs, b.signal)
            assert a.average == pytest.approx(b.average, rel=1e-10)
