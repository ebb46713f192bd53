"""How much providers ordinarily differ, found so that a few strange ones hardly widen it: what verdicts go by.

Formula, with y_j the difference of provider j from the target and s_j its standard error: tau2 solves mean(z_w^2) =
c_J, where z_j = y_j / sqrt(s_j^2 + tau2) are winsorised at their 10 % and 90 % quantiles (numpy's linear quantile = R's
type 7) and c_J is the expectation of the same mean for J standard normal values; tau2 = 0 where the mean is no greater
than c_J without it. Limits: target +- t sqrt(s_j^2 + tau2), with t the 97.5 % and 99.9 % quantiles of Student's t with
J - 1 degrees of freedom, because tau2 is estimated from J providers.

c_J is not simulated. With h = (J - 1) / 10, k its whole part and g the rest, the winsorised sum of squares of ordered
values z_0 <= z_1 … is that of those in between, and 2 (k + 1) times the square of q = (1 - g) z_k + g z_(k+1). The
expectations E z_i^2 and E z_k z_(k+1) of normal order statistics are integrals over the density of z_(k+1), given which
z_k is the quantile Phi(z_(k+1)) exp(-E / (k + 1)) with E exponential (Gauss-Laguerre). Right to 1e-10 from 8 values on:
0.719 for 8, 0.702 for 20, 0.691 for 40 and 0.679 for very many.

The funnel of the reference (`funnel`) compares the winsorised mean with 1, as if winsorising took nothing of an
ordinary spread. It takes a third, so that tau2 comes out two to five times too small where providers ordinarily differ,
and one to three of a hundred ordinary providers stand beyond limits that are said to hold 998 of 1,000. With fewer than
8 providers the 10 % quantile is little more than the last value: there verdicts keep the funnel's own limits. Between 8
and 20, Student's quantile (4.8 for 8 providers, 3.6 for 20) makes up for how uncertain tau2 is, and a warning says so.

Reference: Paule and Mandel 1982, J Res Natl Bur Stand 87:377 (the equation, without winsorising); Spiegelhalter 2005,
Stat Med 24:1185, and Spiegelhalter et al. 2012, JRSS A 175:1 (winsorising; limits). Checked against bisection with a
simulated c_J, scipy's numerical integration, a case worked by hand, and by simulation of how often ordinary providers
cross the limits (`simulate_funnel`).
"""

from functools import cache

import numpy as np

from evalplat.statistics.funnel import Q95, Q998, WINSORISE, measure_overdispersion
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import VerdictSpread

LEAST_PROVIDERS = 8
NODES = 48
GRID = 401
TAIL = 1e-17


def measure_verdict_spread(difference: Floats, s: Floats) -> VerdictSpread:
    """The spread that verdicts go by, from the J providers' differences from the target and standard errors."""
    if len(s) < LEAST_PROVIDERS:
        return VerdictSpread(measure_overdispersion(difference / s, s).tau2, Q95, Q998)
    return VerdictSpread(find_robust_tau2(difference, s), *find_quantiles(len(s)))


@cache
def find_quantiles(providers: int) -> tuple[float, float]:
    """Student's t at 97.5 % and 99.9 % with J - 1 degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(providers - 1, 0.975)), float(stdtrit(providers - 1, 0.999))


def find_robust_tau2(difference: Floats, s: Floats) -> float:
    """tau2 by the winsorised equation of Paule and Mandel, for 8 providers or more."""
    from scipy.optimize import brentq

    unit = float(max(np.max(np.abs(difference)), np.max(s)))
    y, s = difference / unit, s / unit
    expected = float(np.sqrt(expect_square(len(s))))

    def exceed(tau: float) -> float:
        return _winsorised_rms(y / np.hypot(s, tau)) - expected

    if exceed(0.0) <= 0:
        return 0.0
    # There no z is as great as what is expected of all of them.
    most = 1.01 * float(np.max(np.abs(y))) / expected
    return (unit * float(brentq(exceed, 0.0, most, xtol=1e-14, rtol=1e-14))) ** 2


def _winsorised_rms(z: Floats) -> float:
    """The root of the winsorised mean square, whatever its size."""
    kept = np.clip(z, *np.quantile(z, [WINSORISE, 1 - WINSORISE]))
    largest = float(np.max(np.abs(kept)))
    return largest * float(np.sqrt(np.mean((kept / largest) ** 2))) if largest else 0.0


@cache
def expect_square(providers: int) -> float:
    """c_J: the expected winsorised mean square of J independent standard normal values, J from 8 on."""
    from scipy.special import log_ndtr, ndtri_exp

    place = (providers - 1) * WINSORISE
    k = int(place)
    rest = place - k
    densities = [_find_density(rank, providers) for rank in range(k + 2)]
    squares = [float(weight @ z**2) for z, weight in densities]
    node, share = np.polynomial.laguerre.laggauss(NODES)
    z, weight = densities[-1]
    before = ndtri_exp(log_ndtr(z)[:, None] - node / (k + 1)) @ share
    both = float(weight @ (z * before))
    quantile = (1 - rest) ** 2 * squares[k] + 2 * rest * (1 - rest) * both + rest**2 * squares[-1]
    return float(1 + 2 * ((k + 1) * quantile - sum(squares[:-1])) / providers)


def _find_density(rank: int, providers: int) -> tuple[Floats, Floats]:
    """Values and weights of the ordered standard normal value of this rank, counted from 0."""
    from scipy.special import betaincinv, log_ndtr, ndtri

    below, above = rank + 1, providers - rank
    low, high = ndtri(betaincinv(below, above, TAIL)), -ndtri(betaincinv(above, below, TAIL))
    z = np.linspace(low, high, GRID)
    log_density = (below - 1) * log_ndtr(z) + (above - 1) * log_ndtr(-z) - z**2 / 2
    weight = np.exp(log_density - np.max(log_density))
    return z, weight / weight.sum()
