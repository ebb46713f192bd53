"""Costs per unit of effect: R's figures, a county worked out by hand, slow alternatives, laws."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

from evalplat.errors import InputRejected
from evalplat.statistics.money.costs import measure_costs
from evalplat.statistics.money.unit_cost import Joint, measure_joint
from evalplat.vocabulary import Direction

HIGHER, LOWER = Direction.HIGHER_BETTER, Direction.LOWER_BETTER

# R 4.2.2 on MASS/anorexia, the gain of weight as effect; the cost of row i (from 0) is 100 + 5 (i mod 7).
FROM_R = {
    "CBT": (115.344827586207, 38.3600917431193, 19.8468140748033, 509.981854354236),
    "Cont": (114.038461538462, None, None, None),
    "FT": (114.411764705882, 15.748987854251, 10.3522256687975, 32.1501893442708),
}


def measure(frame, *, adjust=(), direction=HIGHER, sdc=None):
    return measure_costs(
        frame, instrument="i", scale="s", direction=direction, adjust=adjust, sdc=sdc
    )


def table(*rows):
    columns = ["provider", "baseline", "end", "voucher_eur"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["episode"] = [f"E{k}" for k in range(len(frame))]
    return frame


@pytest.fixture
def priced(make_episodes):
    """A made-up county with prices, durations and missing ends."""

    def make(seed=3, missing=0.25):
        frame = make_episodes((40, 25, 60), effects=(0, 4, -2), seed=seed, missing=missing)
        random = np.random.default_rng(seed)
        frame["voucher_eur"] = 50.0 * random.integers(20, 80, len(frame)) + 5 * frame["age"]
        frame["days"] = random.integers(60, 400, len(frame)).astype(float)
        return frame

    return make


def test_without_covariates_the_cost_per_point_is_r_s_cost_per_unit_of_gain(anorexia):
    frame = anorexia.assign(voucher_eur=100.0 + 5 * (np.arange(len(anorexia)) % 7))
    for row in measure(frame).rows:
        mean, ratio, low, high = FROM_R[row.provider]
        assert row.euros.mean == pytest.approx(mean, rel=1e-9)
        found = row.euros.ratios["per_point"]
        assert found.status == ("ok" if ratio else "not_estimable")
        for value, expected in ((found.ratio, ratio), (found.low, low), (found.high, high)):
            assert value == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_a_county_worked_out_by_hand():
    """Kurki: 4 of 6 measured, 3 of them by more than 5; all costs together 6,600."""
    found = measure(
        table(
            ("Kurki", 10, 20, 1000), ("Kurki", 10, 18, 1200), ("Kurki", 12, 22, 1000),
            ("Kurki", 12, 13, 1200), ("Kurki", 10, np.nan, 1000), ("Kurki", np.nan, np.nan, 1200),
            ("Peippo", 10, 12, 500), ("Peippo", 10, 14, 700),
        ),
        sdc=5.0,
    )  # fmt: skip
    kurki, peippo = found.rows
    assert (kurki.n_started, kurki.n_pairs, kurki.n_improved) == (6, 4, 3)
    assert kurki.euros.mean == pytest.approx(1100)
    joint = kurki.euros.joints["per_improved"]
    assert joint.mean_cost / joint.mean_effect == pytest.approx(1100 / (3 / 4))
    unchanged = kurki.euros.joints["per_improved_unchanged"]
    assert unchanged.mean_cost / unchanged.mean_effect == pytest.approx(6600 / 3)
    points = kurki.euros.joints["per_point_unchanged"]
    assert points.mean_cost / points.mean_effect == pytest.approx(6600 / 29)
    assert kurki.improvement == pytest.approx(29 / 4)
    assert peippo.improvement == pytest.approx(3) and peippo.n_improved == 0
    assert peippo.euros.ratios["per_improved"].status == "not_estimable"
    assert found.total.n_started == 8 and found.total.euros.mean == pytest.approx(7800 / 8)


def test_the_adjusted_cost_is_the_mean_plus_the_mean_residual_of_ols(priced):
    frame = priced()
    model = smf.ols("voucher_eur ~ baseline + age + sex", frame).fit()
    residual = model.resid.groupby(frame["provider"]).mean()
    found = measure(frame, adjust=("baseline", "age", "sex"))
    for row in found.rows:
        expected = frame["voucher_eur"].mean() + residual[row.provider]
        assert row.euros.adjusted == pytest.approx(expected, rel=1e-10)
    days = smf.ols("days ~ baseline + age + sex", frame).fit().resid.groupby(frame["provider"])
    for row in found.rows:
        expected = frame["days"].mean() + days.mean()[row.provider]
        assert row.days.adjusted == pytest.approx(expected, rel=1e-10)


def test_the_adjusted_improvement_is_that_of_the_comparison(priced):
    from evalplat.statistics.comparison import compare

    frame = priced()
    adjust = ("baseline", "age", "sex")
    rows = compare(
        frame, instrument="i", scale="s", direction=LOWER, adjust=adjust, disclosure=None
    ).improvements
    found = measure(frame, adjust=adjust, direction=LOWER)
    for ours, theirs in zip(found.rows, rows, strict=True):
        assert ours.improvement == pytest.approx(theirs.improvement, rel=1e-10)


def test_costs_of_those_who_were_never_measured_count(priced):
    frame = priced(missing=0.0)
    dearer = frame.copy()
    lost = dearer.index % 3 == 0
    dearer.loc[lost, "end"] = np.nan
    dearer.loc[lost, "voucher_eur"] *= 10
    cheap = dearer.assign(voucher_eur=frame["voucher_eur"])
    for a, b in zip(measure(cheap).rows, measure(dearer).rows, strict=True):
        assert b.euros.mean > 2 * a.euros.mean
        joints = [row.euros.joints["per_point"] for row in (a, b)]
        assert joints[1].mean_cost > 2 * joints[0].mean_cost
        assert joints[1].mean_effect == joints[0].mean_effect


def test_the_interval_agrees_with_a_bootstrap_over_clients(priced):
    """Slow and obviously right: draw clients again, and take the ratio of the sums each time."""
    frame = priced(seed=8)
    one = frame[frame["provider"] == "P001"].reset_index(drop=True)
    found = measure(one).rows[0].euros.ratios["per_point"]
    random = np.random.default_rng(5)
    drawn = random.integers(0, len(one), (4000, len(one)))
    cost = one["voucher_eur"].to_numpy()[drawn]
    gain = (one["end"] - one["baseline"]).to_numpy()[drawn]
    ratios = cost.mean(axis=1) / np.nanmean(gain, axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    assert found.low == pytest.approx(low, rel=0.08)
    assert found.high == pytest.approx(high, rel=0.12)


def test_the_interval_covers_the_true_ratio_as_often_as_it_says():
    random = np.random.default_rng(11)
    hits = trials = 0
    for _ in range(800):
        effect = random.normal(5, 6, 40)
        cost = 1000 + 40 * effect + random.normal(0, 150, 40)
        effect[random.random(40) < 0.3] = np.nan
        found = measure_joint(cost, effect).ratio
        if found.status == "ok":
            trials += 1
            hits += found.low <= 1200 / 5 <= found.high
    assert trials > 750 and 0.93 <= hits / trials <= 0.97


def test_nothing_measured_nothing_known_and_everybody_alike_have_a_status():
    nobody = measure(table(("Kurki", 10, np.nan, 100), ("Kurki", 10, np.nan, 200)))
    assert nobody.status == "no_pairs" and nobody.rows[0].improvement is None
    assert nobody.rows[0].euros.mean == 150
    assert nobody.rows[0].euros.ratios["per_point"].status == "too_few"
    free = measure(table(*[("Kurki", 10, 12 + k % 3, 0.0) for k in range(9)]))
    assert free.rows[0].euros.ratios["per_point"].ratio == 0.0
    unpriced = measure(table(*[("Kurki", 10, 12 + k % 3, np.nan) for k in range(9)]))
    assert unpriced.status == "no_costs" and unpriced.rows[0].euros.mean is None
    alike = measure(table(*[("Kurki", 10, 14, 300.0) for _ in range(9)]))
    assert alike.rows[0].euros.ratios["per_point"].ratio == pytest.approx(75)
    one = measure(table(("Kurki", 10, 14, 300.0)))
    assert one.rows[0].euros.ratios["per_point"].status == "too_few"
    worse = measure(table(*[("Kurki", 20, 10 + k % 3, 300.0) for k in range(9)]))
    assert worse.rows[0].euros.ratios["per_point"].status == "worse"
    empty = measure(table())
    assert empty.rows == () and empty.status == "no_pairs"


def test_unknown_parameters_give_no_figure_per_improved_client(priced):
    found = measure(priced())
    assert "per_improved" not in found.rows[0].euros.ratios
    assert found.rows[0].n_improved is None


@pytest.mark.parametrize("amount", [-1.0, np.inf, "much"])
def test_an_amount_that_is_none_is_refused_with_its_row(amount):
    frame = table(("Kurki", 10, 12, 1.0), ("Kurki", 10, 12, 1.0)).astype({"voucher_eur": object})
    frame.loc[1, "voucher_eur"] = amount
    with pytest.raises(InputRejected) as rejected:
        measure(frame)
    assert rejected.value.faults[0].where == "row 1, voucher_eur"


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([0.01, 100.0, 1e6]))
def test_euros_in_cents_scale_the_ratio_and_the_order_of_rows_is_irrelevant(seed, unit):
    random = np.random.default_rng(seed)
    frame = table(
        *[
            (f"P{k % 3}", x, x + 4 + e, 100.0 + c)
            for k, (x, e, c) in enumerate(
                zip(random.normal(50, 9, 45), random.normal(0, 5, 45), random.integers(0, 900, 45),
                    strict=True)
            )
        ]
    )  # fmt: skip
    frame.loc[random.random(45) < 0.3, "end"] = np.nan
    plain = measure(frame, sdc=3.0, adjust=("baseline",))
    order = random.permutation(45)
    scaled = measure(
        frame.iloc[order].assign(voucher_eur=lambda f: f["voucher_eur"] * unit),
        sdc=3.0, adjust=("baseline",),
    )  # fmt: skip
    for one, other in zip(plain.rows, scaled.rows, strict=True):
        for name, ratio in one.euros.ratios.items():
            again = other.euros.ratios[name]
            assert again.status == ratio.status
            if ratio.status == "ok":
                assert again.ratio == pytest.approx(ratio.ratio * unit, rel=1e-9)
                assert again.low == pytest.approx(ratio.low * unit, rel=1e-7)


def test_clients_who_are_not_measured_make_the_pessimistic_figure_the_dearer_one(priced):
    for row in measure(priced(), sdc=3.0).rows:
        ratios = row.euros.ratios
        for name in ("per_point", "per_improved"):
            if ratios[f"{name}_unchanged"].status == ratios[name].status == "ok":
                assert ratios[f"{name}_unchanged"].ratio > ratios[name].ratio


def test_huge_and_tiny_amounts_leave_no_number_that_is_none():
    for unit in (1e-12, 1e15):
        cost = np.array([1.0, 2.0, 3.0, 2.5]) * unit
        joint = measure_joint(cost, np.array([4.0, 5.0, 4.5, 5.5]))
        assert isinstance(joint, Joint) and joint.ratio.status == "ok"
        assert joint.ratio.low < joint.ratio.ratio < joint.ratio.high


def test_half_the_improvement_over_the_years_of_service_is_what_a_point_year_is():
    """From 0 to 8 points in half a year: an area of 2 points times years; 400 euros each."""
    frame = table(*[("Kurki", 10, 18, 400.0) for _ in range(5)]).assign(days=365.25 / 2)
    found = measure(frame).rows[0].euros.ratios["per_point_year"]
    assert found.ratio == pytest.approx(200)
    assert "per_point_year" not in measure(frame.drop(columns="days")).rows[0].euros.ratios
