"""Fixed effects are those of R and of one dummy column per provider."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalplat.statistics.comparison import compare
from evalplat.vocabulary import Direction

GOLDEN = json.loads((Path(__file__).parent / "golden_models.json").read_text())
EXACT = 1e-9


def run(frame, adjust=("baseline",), **options):
    return compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=adjust,
        disclosure=None,
        **options,
    )


@pytest.mark.parametrize(
    ("name", "adjust"), [("bdf", ("baseline", "iq", "ses")), ("anorexia", ("baseline",))]
)
def test_every_figure_of_every_provider_is_that_of_lm(name, adjust, request):
    result, golden = run(request.getfixturevalue(name), adjust), GOLDEN[name]
    found = result.card.fixed_effects
    assert [c.estimate for c in found.slopes] == pytest.approx(
        list(golden["slopes"].values()), rel=EXACT
    )
    assert [c.se for c in found.slopes] == pytest.approx(
        list(golden["slope_errors"].values()), rel=EXACT
    )
    for figure in ("sigma", "df", "r_squared", "f", "f_p"):
        assert getattr(found, figure) == pytest.approx(golden[figure], rel=EXACT), figure
    rows = {row.provider: row.fixed for row in result.rows}
    columns = {
        "adjusted_mean_low": "low",
        "adjusted_mean_high": "high",
        **{c: c for c in ("adjusted_mean", "adjusted_mean_se", "deviation", "deviation_se")},
        **{c: c for c in ("t", "p", "p_bh")},
    }
    for column, key in columns.items():
        values = [getattr(rows[provider], column) for provider in golden["providers"]]
        np.testing.assert_allclose(values, golden[key], rtol=EXACT, err_msg=column)


def slow(frame, formula):
    import statsmodels.formula.api as smf

    return smf.ols(formula, frame).fit()


@pytest.mark.parametrize("adjust", [("baseline", "age", "sex"), ("age", "sex"), ("baseline",), ()])
def test_slopes_and_deviations_are_those_of_dummy_columns(make_episodes, adjust):
    frame = make_episodes((9, 20, 33, 12), effects=(4, -2, 0, 3), seed=6)
    frame["change"] = frame["end"] - frame["baseline"]
    left = "end" if "baseline" in adjust else "change"
    terms = ["C(provider)", *({"sex": "C(sex)"}.get(name, name) for name in adjust)]
    fit, result = slow(frame, f"{left} ~ {' + '.join(terms)}"), run(frame, adjust)
    figures = result.card.fixed_effects
    order = [{"sex": "C(sex)[T.woman]"}.get(name, name) for name in adjust]
    assert [c.estimate for c in figures.slopes] == pytest.approx(list(fit.params[order]), rel=1e-9)
    assert [c.se for c in figures.slopes] == pytest.approx(list(fit.bse[order]), rel=1e-9)
    assert figures.sigma == pytest.approx(np.sqrt(fit.mse_resid), rel=1e-10)
    assert figures.r_squared == pytest.approx(fit.rsquared, rel=1e-10)
    # The deviation is a contrast of the dummy columns: own effect less the case-weighted mean of all.
    names = sorted(frame["provider"].unique())
    shares = frame["provider"].value_counts(normalize=True)
    for name in names:
        weights = pd.Series(0.0, index=fit.params.index)
        for other in names[1:]:
            weights[f"C(provider)[T.{other}]"] = (other == name) - shares[other]
        contrast = fit.t_test(weights.to_numpy())
        row = next(row.fixed for row in result.rows if row.provider == name)
        assert row.deviation == pytest.approx(float(contrast.effect[0]), rel=1e-8, abs=1e-10)
        assert row.deviation_se == pytest.approx(float(contrast.sd[0, 0]), rel=1e-8)
        assert row.p == pytest.approx(float(contrast.pvalue), rel=1e-7)
        assert (row.deviation_low, row.deviation_high) == pytest.approx(
            tuple(contrast.conf_int()[0]), rel=1e-8
        )


def test_deviations_average_to_nothing_over_the_clients(make_episodes):
    result = run(make_episodes((9, 20, 33), effects=(4, -2, 0)), ("baseline", "age"))
    total = sum(row.n * row.fixed.deviation for row in result.rows)
    assert total == pytest.approx(0, abs=1e-9)
    mean = np.average([r.fixed.adjusted_mean for r in result.rows], weights=[9, 20, 33])
    assert mean == pytest.approx(make_episodes((9, 20, 33), effects=(4, -2, 0))["end"].mean())


def test_a_covariate_that_providers_do_not_share_has_no_slope_within_them(make_episodes):
    frame = make_episodes((20, 30, 25), effects=(1, 2, 0))
    frame["staff"] = frame["provider"].map({"P000": 3.0, "P001": 5.0, "P002": 4.0})
    with_it, without = run(frame, ("baseline", "staff")), run(frame)
    slopes = {c.name: c.estimate for c in with_it.card.fixed_effects.slopes}
    assert slopes["staff"] is None and slopes["baseline"] is not None
    for one, two in zip(with_it.rows, without.rows, strict=True):
        assert one.fixed.deviation == pytest.approx(two.fixed.deviation, rel=1e-9)
        assert one.fixed.deviation_se == pytest.approx(two.fixed.deviation_se, rel=1e-9)
    assert with_it.card.fixed_effects.f_df == 1


def test_one_client_each_leaves_no_degrees_of_freedom(make_episodes):
    result = run(make_episodes((1,) * 30))
    assert result.card.fixed_effects.status == "too_few_pairs"
    assert result.card.preferred == "random_intercept"
    assert {row.fixed.deviation_se for row in result.rows} == {None}


def test_clients_who_do_not_differ_within_providers_have_no_errors():
    frame = pd.DataFrame(
        {
            "provider": np.repeat(["a", "b"], 10),
            "episode": range(20),
            "baseline": np.tile(np.arange(10.0), 2),
            "end": np.tile(np.arange(10.0), 2) + np.repeat([1.0, 3.0], 10),
        }
    )
    result = run(frame)
    assert result.card.fixed_effects.status == "no_variation"
    assert [row.fixed.deviation for row in result.rows] == pytest.approx([-1, 1])


def test_few_providers_are_judged_by_fixed_effects_and_the_card_says_so(make_episodes):
    few = run(make_episodes((30, 30, 30), effects=(6, -6, 0)))
    assert few.card.preferred == "fixed_effects"
    assert any("by itself (fixed effects)" in str(warning) for warning in few.warnings)
    many = run(make_episodes((30,) * 12, effects=np.linspace(-6, 6, 12)))
    assert many.card.preferred == "random_intercept"
    alike = run(make_episodes((30,) * 12, seed=2))
    assert alike.tau2 == 0 and alike.card.preferred == "fixed_effects"


def test_a_thousand_providers_are_fitted_without_a_column_each(make_episodes):
    result = run(make_episodes((3,) * 1000, effects=np.linspace(-9, 9, 1000)), ("baseline", "age"))
    found = result.card.fixed_effects
    assert found.df == 3000 - 1000 - 2 and found.f > 1 and found.f_p < 1e-6
