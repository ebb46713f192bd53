"""Figures of R on published data; their sources stand in the golden files."""

import numpy as np
import pytest

from evalplat.statistics.comparison import compare
from evalplat.statistics.effects import summarise_effects
from evalplat.vocabulary import Direction, Verdict

EXACT = 1e-9
NONCENTRAL = {"d_z_low", "d_z_high"}


def compare_schools(bdf, direction=Direction.HIGHER_BETTER):
    return compare(
        bdf,
        instrument="language",
        scale="post",
        direction=direction,
        adjust=("baseline", "iq", "ses"),
        disclosure=None,
    )


@pytest.mark.parametrize("name", ["bdf", "anorexia"])
def test_every_effect_size_and_interval_of_every_provider_is_that_of_r(name, request):
    frame = request.getfixturevalue(name).assign(instrument="i", scale="s")
    golden = request.getfixturevalue(f"golden_{name}")
    rows = {row.provider: row for row in summarise_effects(frame, {})}
    assert len(rows) == len(golden["effects"])
    for provider, figures in golden["effects"].items():
        row = rows["*" if provider == "all" else provider]
        assert row.status == "ok"
        for column, expected in zip(golden["effect_columns"], figures, strict=True):
            tolerance = 1e-8 if column in NONCENTRAL else EXACT
            found = getattr(row, column)
            assert found == pytest.approx(expected, rel=tolerance), (provider, column)


def test_the_published_check_values_of_anorexia_are_met(anorexia):
    whole = summarise_effects(anorexia.assign(instrument="i", scale="s"), {})[-1]
    assert whole.provider == "*"
    assert whole.mean_change == pytest.approx(2.76388888888889, rel=EXACT)
    assert whole.t == pytest.approx(2.93756971889067, rel=EXACT)
    assert whole.p == pytest.approx(0.00445771807867015, rel=EXACT)
    assert whole.r == pytest.approx(0.332406248158976, rel=EXACT)


def test_the_case_mix_model_of_anorexia_is_that_of_lm(anorexia, golden_anorexia):
    result = compare(
        anorexia,
        instrument="weight",
        scale="lbs",
        direction=Direction.HIGHER_BETTER,
        disclosure=None,
    )
    check_whole(result, golden_anorexia)
    check_rows(result, golden_anorexia, golden_anorexia["providers"], EXACT)


def test_case_mix_funnel_and_random_intercept_of_131_schools_are_those_of_r(bdf, golden_bdf):
    result = compare_schools(bdf)
    assert result.status == "ok" and result.card.preferred == "random_intercept"
    # Schools with better beginners do better than their beginners' start lets expect: Mundlak's term is 0.23.
    assert ["also attain other results" in str(warning) for warning in result.warnings] == [True]
    check_whole(result, golden_bdf)
    assert [value for _, value in result.reml_coefficients] == pytest.approx(
        golden_bdf["reml_coefficients"], rel=EXACT
    )
    check_rows(result, golden_bdf, golden_bdf["providers"], EXACT)


def test_ranks_and_rankability_agree_with_lme4_as_closely_as_lme4_converges(bdf, golden_bdf):
    result = compare_schools(bdf)
    assert result.rankability == pytest.approx(golden_bdf["rankability_lme4"], rel=1e-6)
    check_rows(result, golden_bdf, golden_bdf["providers_lme4"], 1e-6)


def test_overdispersion_leaves_3_of_the_18_schools_beyond_the_naive_limits(bdf):
    result = compare_schools(bdf)
    beyond = [row for row in result.rows if abs(row.z) > 3.090232306167813]
    outside = [row for row in result.rows if not row.low998 < row.adjusted_gain < row.high998]
    assert (len(beyond), len(outside)) == (18, 3)
    judged = [r for r in result.rows if r.verdict in (Verdict.ABOVE, Verdict.BELOW)]
    assert {row.provider for row in judged} <= {row.provider for row in outside}


def check_whole(result, golden):
    for name, expected in golden["whole"].items():
        assert getattr(result, name) == pytest.approx(expected, rel=EXACT), name
    values = [value for _, value in result.coefficients]
    assert values == pytest.approx(golden["coefficients"], rel=EXACT)


def check_rows(result, golden, columns, tolerance):
    rows = {row.provider: row for row in result.rows}
    assert sorted(rows) == sorted(golden["provider_ids"])
    for name, expected in columns.items():
        found = np.array([getattr(rows[key], name) for key in golden["provider_ids"]], dtype=float)
        np.testing.assert_allclose(found, expected, rtol=tolerance, err_msg=name)
