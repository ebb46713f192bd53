"""What is published of value for money: rounded, consistent, and of no use for finding small counts."""

import numpy as np
import pandas as pd
import pytest

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.money.costs import measure_costs
from evalplat.statistics.money.value import measure_value
from evalplat.statistics.publishing.release_value import find_step, snap
from evalplat.statistics.publishing.suppression import find_span
from evalplat.vocabulary import Direction, Verdict

RULE = DisclosureRule()
SIZES = (80, 61, 47, 33, 22, 14, 8, 3, 2)


@pytest.fixture
def priced(make_episodes):
    def make(seed=3, missing=0.2, sizes=SIZES, effects=None):
        effects = (0, 9, *[0] * (len(sizes) - 2)) if effects is None else effects
        frame = make_episodes(sizes, effects=effects, seed=seed, missing=missing)
        random = np.random.default_rng(seed)
        return frame.assign(voucher_eur=60.0 * random.integers(20, 80, len(frame)))

    return make


def measure(frame, *, disclosure=RULE, worths=(100.0, 500.0), sdc=6.0):
    return measure_value(
        frame, instrument="i", scale="s", direction=Direction.HIGHER_BETTER,
        adjust=("baseline", "age"), sdc=sdc, worths=worths, disclosure=disclosure,
    )  # fmt: skip


def test_published_figures_stay_close_to_the_exact_ones(priced):
    frame = priced()
    exact, shown = measure(frame, disclosure=None), measure(frame)
    own = {row.provider: row for row in exact.costs.rows}
    seen = 0
    for row in shown.costs.rows:
        if row.withheld:
            continue
        seen += 1
        before = own[row.provider]
        assert row.n_started is None or row.n_started % 5 == 0
        assert row.euros.mean == pytest.approx(before.euros.mean, rel=0.05)
        assert row.euros.adjusted == pytest.approx(before.euros.adjusted, rel=0.05)
        ratio, was = row.euros.ratios["per_point"], before.euros.ratios["per_point"]
        if ratio.status == was.status == "ok":
            assert ratio.ratio == pytest.approx(was.ratio, rel=0.15)
            assert float(f"{ratio.ratio:.3g}") == ratio.ratio
    assert seen >= 5


def test_small_providers_show_nothing_and_stand_in_their_place(priced):
    found = measure(priced())
    assert [row.provider for row in found.costs.rows] == [f"P{k:03d}" for k in range(len(SIZES))]
    for row in found.costs.rows[-3:]:
        assert row.withheld and row.euros is None and row.n_improved is None
    for benefit in found.benefits:
        assert [row.provider for row in benefit.comparison.rows] == [
            row.provider for row in found.costs.rows
        ]
        assert all(row.gain is None for row in benefit.comparison.rows[-3:])
        assert benefit.acceptability[-3:] == (None, None, None)


def test_no_exact_joint_moment_is_published(priced):
    found = measure(priced())
    assert found.released and found.costs.released
    for row in (*found.costs.rows, found.costs.total):
        assert row.euros is None or row.euros.joints == {}
        assert row.euros is None or row.euros.unit is None


def test_any_worth_tells_no_more_than_the_published_improvement_and_cost(priced):
    """The published net benefit is a straight line through published figures: no second rounding to compare."""
    found = measure(priced(), worths=(10.0, 20.0, 50.0, 1000.0))
    rows = [
        {row.provider: row for row in benefit.comparison.rows if row.gain is not None}
        for benefit in found.benefits
    ]
    assert rows[0]
    for provider in rows[0]:
        slope = (rows[1][provider].gain - rows[0][provider].gain) / 10
        for benefit, shown in zip(found.benefits, rows, strict=True):
            line = rows[0][provider].gain + (benefit.worth - 10) * slope
            assert shown[provider].gain == pytest.approx(line)
        published = next(row for row in found.costs.rows if row.provider == provider)
        assert rows[0][provider].gain - 10 * slope == pytest.approx(-published.euros.mean)


def test_published_net_benefit_is_close_to_the_exact_one(priced):
    frame = priced()
    exact, shown = measure(frame, disclosure=None), measure(frame)
    for before, after in zip(exact.benefits, shown.benefits, strict=True):
        own = {row.provider: row for row in before.comparison.rows}
        for row in after.comparison.rows:
            if row.adjusted_gain is not None:
                was = own[row.provider]
                assert row.adjusted_gain == pytest.approx(was.adjusted_gain, abs=0.7 * was.se)


def test_verdicts_of_net_benefit_are_those_of_the_exact_figures(priced):
    frame = priced(sizes=(80, 60, 50, 40, 40, 40), effects=(0, 30, 0, 0, 0, 0))
    exact, shown = measure(frame, disclosure=None), measure(frame)
    for before, after in zip(exact.benefits, shown.benefits, strict=True):
        assert [row.verdict for row in before.comparison.rows] == [
            row.verdict for row in after.comparison.rows
        ]
    verdicts = {row.provider: row.verdict for row in shown.benefits[1].comparison.rows}
    assert verdicts["P001"] in (Verdict.ABOVE, Verdict.AS_EXPECTED)


@pytest.mark.parametrize("shown", [10, 15, 40, 100])
@pytest.mark.parametrize("unit", [1.0, 60.0, 250.0])
def test_every_count_behind_a_rounded_one_could_have_given_the_mean(shown, unit):
    """A reader tries each count: some whole number of prices gives the published mean for every one of them."""
    random = np.random.default_rng(7)
    low, high = find_span(shown, RULE)
    for exact in range(low, high + 1):
        prices = unit * random.integers(5, 60, exact)
        step = find_step(prices.mean(), prices.std(ddof=1), unit, shown, RULE)
        mean = snap(prices.mean(), step)
        for guess in range(low, high + 1):
            nearest = round(mean * guess / unit)
            near = [snap(total * unit / guess, step) for total in range(nearest - 2, nearest + 3)]
            assert mean in near


def test_counts_of_improved_clients_are_withheld_with_what_gives_them_away(priced):
    frame = priced()
    exact = {
        row.provider: row
        for row in measure_costs(
            frame, instrument="i", scale="s", direction=Direction.HIGHER_BETTER, adjust=(), sdc=6.0
        ).rows
    }
    for row in measure(frame).costs.rows:
        before = exact[row.provider]
        small = before.n_improved < 5 or before.n_pairs - before.n_improved < 5
        if small:
            assert row.n_improved is None
            assert row.euros is None or "per_improved" not in row.euros.ratios
        elif row.n_improved is not None:
            assert row.n_improved % 5 == 0


def test_a_single_hidden_provider_is_in_no_total(priced):
    frame = priced(sizes=(60, 50, 40, 3))
    dear = frame.assign(
        voucher_eur=frame["voucher_eur"].where(frame["provider"] != "P003", 1_000_000.0)
    )
    plain, extreme = measure(frame), measure(dear)
    assert plain.costs.total.euros.mean == extreme.costs.total.euros.mean


def test_the_pessimistic_total_stays_pessimistic_where_the_number_started_is_withheld(priced):
    found = measure(priced(sizes=(60, 50, 40, 3), missing=0.3))
    assert found.costs.total.n_started is None
    ratios = found.costs.total.euros.ratios
    assert ratios["per_point_unchanged"].ratio > 1.2 * ratios["per_point"].ratio


def test_unknown_euros_no_pairs_one_provider_and_nobody_have_a_status(priced):
    frame = priced()
    unpriced = measure(frame.assign(voucher_eur=np.nan))
    assert unpriced.benefits == () and unpriced.costs.total.euros is None
    nothing = measure(frame.assign(end=np.nan))
    assert nothing.costs.total.withheld
    assert all(b.comparison.status == "too_few_pairs" for b in nothing.benefits)
    one = measure(frame[frame["provider"] == "P000"])
    assert all(row.z is None for b in one.benefits for row in b.comparison.rows)
    empty = measure(frame.iloc[:0], worths=None)
    assert empty.costs.rows == ()
    some = frame.copy()
    some.loc[::7, "voucher_eur"] = np.nan
    assert any("euros" in str(e.reason) for e in measure(some).costs.exclusions)


def test_many_small_counties_are_released_without_a_number_that_is_none():
    for seed in range(5):
        random = np.random.default_rng(seed)
        sizes = random.integers(1, 40, random.integers(1, 7))
        n = int(sizes.sum())
        frame = pd.DataFrame(
            {
                "provider": np.repeat([f"P{k}" for k in range(len(sizes))], sizes),
                "episode": [str(k) for k in range(n)],
                "baseline": random.integers(0, 40, n).astype(float),
                "end": np.where(random.random(n) < 0.3, np.nan, random.integers(0, 40, n)),
                "age": random.integers(18, 80, n).astype(float),
                "voucher_eur": random.choice([0.0, 1200.0, 2400.0], n),
                "days": random.integers(0, 300, n).astype(float),
            }
        )
        found = measure(frame, worths=None)
        for row in (*found.costs.rows, found.costs.total):
            for outlay in (row.euros, row.days):
                if outlay is None:
                    continue
                assert row.n_pairs >= 10
                figures = [outlay.mean, outlay.low, outlay.high, outlay.adjusted]
                figures += [v for r in outlay.ratios.values() for v in (r.ratio, r.low, r.high)]
                assert all(v is None or np.isfinite(v) for v in figures)
