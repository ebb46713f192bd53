"""The random-effects summary is that of metafor and statsmodels."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from evalplat.statistics.comparison import compare
from evalplat.statistics.models.meta import combine
from evalplat.vocabulary import Direction

GOLDEN = json.loads((Path(__file__).parent / "golden_models.json").read_text())["meta"]


@pytest.mark.parametrize(("method", "tolerance"), [("DL", 1e-9), ("PM", 1e-7)])
def test_the_schools_have_the_summary_of_metafor(bdf, method, tolerance):
    result = compare(
        bdf,
        instrument="i",
        scale="s",
        direction=Direction.HIGHER_BETTER,
        adjust=("baseline", "iq", "ses"),
        disclosure=None,
    )
    y, s = np.array([(row.adjusted_gain, row.se) for row in result.rows]).T
    found = combine(y, s, method)
    for name, value in GOLDEN[method].items():
        assert getattr(found, name) == pytest.approx(value, rel=tolerance), name
    assert result.card.summary == combine(y, s)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("method", "word"), [("DL", "chi2"), ("PM", "iterated")])
def test_any_estimates_have_the_summary_of_statsmodels(seed, method, word):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.stats.meta_analysis import combine_effects
    random = np.random.default_rng(seed)
    s = random.uniform(0.5, 3, 12)
    y = random.normal(4, np.sqrt(s**2 + [4, 9, 16, 25, 400][seed]))
    slow = combine_effects(y, s**2, method_re=word)
    found = combine(y, s, method)
    assert found.mean == pytest.approx(slow.mean_effect_re, rel=1e-6)
    assert found.se == pytest.approx(slow.sd_eff_w_re, rel=1e-6)
    assert found.tau2 == pytest.approx(max(slow.tau2, 0.0), rel=1e-5, abs=1e-9)
    assert found.q == pytest.approx(slow.q)


@pytest.mark.parametrize("method", ["DL", "PM"])
@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e120])
def test_size_does_not_matter(method, scale):
    y, s = np.array([1.0, 4.0, 2.0, 9.0]), np.array([1.0, 0.5, 2.0, 1.0])
    plain, found = combine(y, s, method), combine(scale * y, scale * s, method)
    assert found.mean == pytest.approx(scale * plain.mean)
    assert found.tau2 == pytest.approx(scale**2 * plain.tau2)
    assert (found.q, found.i2) == pytest.approx((plain.q, plain.i2))


@pytest.mark.parametrize("method", ["DL", "PM"])
def test_estimates_that_agree_have_no_spread_and_one_alone_has_no_summary(method):
    same = combine(np.array([3.0, 3.0, 3.0]), np.array([1.0, 2.0, 1.0]), method)
    assert (same.mean, same.tau2, same.i2, same.q_p) == (3, 0, 0, 1)
    for count in (0, 1):
        alone = combine(np.ones(count), np.ones(count), method)
        assert (alone.status, alone.mean, alone.tau2) == ("too_few", None, None)
