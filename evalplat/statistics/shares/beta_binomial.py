"""Shrunken shares: each provider's share drawn to the common one by as much as its number of clients is small.

Formula: x_j ~ Binomial(n_j, p_j), p_j ~ Beta(alpha, beta); alpha and beta by maximum likelihood of the beta-binomial
distribution, here as mean mu = alpha / (alpha + beta) and size M = alpha + beta (for a given M the likelihood is
concave in mu). The shrunken share is the posterior mean (x + alpha) / (n + M), its interval the 2.5 % and 97.5 %
quantiles of Beta(x + alpha, n - x + beta); alpha and beta count as known, so it is somewhat too narrow with few
providers. Where providers differ no more than chance M has no maximum: it stands for infinity, and every shrunken share
is the common one, with its Wilson interval.

Reference: Griffiths 1973, Biometrics 29:637; Skellam 1948. Checked against the published fit to Geissler's families of
twelve children, against a grid of alpha and beta, and against the slow product form of the likelihood.
"""

from dataclasses import dataclass

import numpy as np

from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.shares.proportions import find_wilson

LEAST_SIZE, GREATEST_SIZE = 1e-3, 1e7
STEPS = 30
NEGLIGIBLE = 1e-6
NEWTON_STEPS = 6


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """How shares vary between providers.

    status: "ok"; "all_or_nothing" (every provider has nobody or everybody, so that nothing is shrunk);
    "no_more_than_chance" (alpha and beta None, mean is the common share); "no_variation" (nobody at all, or everybody);
    "one_provider"; "no_clients" (mean None).
    """

    mean: float | None
    alpha: float | None
    beta: float | None
    log_likelihood: float | None
    status: str


@dataclass(frozen=True, slots=True)
class ShrunkenShares:
    """Posterior means and 95 % limits, one element per provider; nan where there is no common share."""

    share: Floats
    low: Floats
    high: Floats
    fit: BetaBinomial


def fit_beta_binomial(x: Floats, n: Floats) -> BetaBinomial:
    """Maximum likelihood over the providers with clients; x of n each."""
    x, n = x[n > 0], n[n > 0]
    if len(n) == 0:
        return BetaBinomial(None, None, None, None, "no_clients")
    common = float(x.sum() / n.sum())
    if common in (0.0, 1.0):
        return BetaBinomial(common, None, None, None, "no_variation")
    if len(n) == 1:
        return BetaBinomial(common, None, None, None, "one_provider")
    chance = float(x.sum() * np.log(common) + (n - x).sum() * np.log(1 - common))
    alpha, beta = _climb(x, n)
    height = measure_likelihood(x, n, alpha, beta)
    if alpha + beta >= GREATEST_SIZE / 10 or height <= chance + NEGLIGIBLE:
        return BetaBinomial(common, None, None, chance, "no_more_than_chance")
    apart = alpha + beta <= LEAST_SIZE * 10
    status = "all_or_nothing" if apart else "ok"
    return BetaBinomial(alpha / (alpha + beta), alpha, beta, height, status)


def shrink_shares(x: Floats, n: Floats, fit: BetaBinomial | None = None) -> ShrunkenShares:
    """Shrunken shares of providers with x of n clients; one without clients gets the common share."""
    from scipy.special import betaincinv

    fit = fit or fit_beta_binomial(x, n)
    if fit.alpha is None or fit.beta is None:
        if fit.status != "no_more_than_chance" or fit.mean is None:
            none = np.full(len(n), np.nan)
            return ShrunkenShares(none, none, none, fit)
        low, high = find_wilson(x.sum(), n.sum())
        same = np.ones(len(n))
        return ShrunkenShares(fit.mean * same, low * same, high * same, fit)
    a, b = x + fit.alpha, n - x + fit.beta
    return ShrunkenShares(a / (a + b), betaincinv(a, b, 0.025), betaincinv(a, b, 0.975), fit)


def measure_likelihood(x: Floats, n: Floats, alpha: float, beta: float) -> float:
    """The beta-binomial log-likelihood, without the binomial coefficients, which hold no parameter."""
    from scipy.special import betaln

    return float(np.sum(betaln(x + alpha, n - x + beta) - betaln(alpha, beta)))


def _climb(x: Floats, n: Floats) -> tuple[float, float]:
    """alpha and beta at the greatest likelihood: a coarse walk over sizes, a search about the best, Newton's steps."""
    from scipy.optimize import minimize_scalar

    pairs, many = np.unique(np.column_stack([x, n]), axis=0, return_counts=True)
    x, n = pairs.T
    times = many.astype(np.int64)

    def best_at(log_size: float) -> tuple[float, float]:
        size = float(np.exp(log_size))

        def fall(logit: float) -> float:
            mean = 1 / (1 + np.exp(-logit))
            return -_weigh(x, n, times, mean * size, (1 - mean) * size)

        found = minimize_scalar(fall, bounds=(-20, 20), method="bounded", options={"xatol": 1e-8})
        return -float(found.fun), 1 / (1 + float(np.exp(-found.x)))

    sizes = np.linspace(np.log(LEAST_SIZE), np.log(GREATEST_SIZE), STEPS)
    top = int(np.argmax([best_at(size)[0] for size in sizes]))
    about = (sizes[max(top - 1, 0)], sizes[min(top + 1, STEPS - 1)])
    found = minimize_scalar(
        lambda size: -best_at(size)[0], bounds=about, method="bounded", options={"xatol": 1e-6}
    )
    size, (_, mean) = float(np.exp(found.x)), best_at(float(found.x))
    start = np.log([mean * size, (1 - mean) * size])
    alpha, beta = np.exp(_polish(start, x, n, times))
    return float(alpha), float(beta)


def _weigh(x: Floats, n: Floats, times: Integers, alpha: float, beta: float) -> float:
    from scipy.special import betaln

    return float(np.sum(times * (betaln(x + alpha, n - x + beta) - betaln(alpha, beta))))


def _polish(start: Floats, x: Floats, n: Floats, times: Integers) -> Floats:
    """Newton's method on the logarithms of alpha and beta; the start where it leads nowhere better."""
    from scipy.special import polygamma, psi

    point = start
    for _ in range(NEWTON_STEPS):
        a, b = np.exp(point)
        gained = times @ (psi(a + b) - psi(n + a + b))
        slope = np.array(
            [times @ (psi(x + a) - psi(a)) + gained, times @ (psi(n - x + b) - psi(b)) + gained]
        )
        both = times @ (polygamma(1, a + b) - polygamma(1, n + a + b))
        bend = np.array(
            [
                [times @ (polygamma(1, x + a) - polygamma(1, a)) + both, both],
                [both, times @ (polygamma(1, n - x + b) - polygamma(1, b)) + both],
            ]
        )
        scale = np.array([a, b])
        gradient = slope * scale
        hessian = bend * np.outer(scale, scale) + np.diag(gradient)
        if np.linalg.det(hessian) <= 0:  # not a peak, such as where the likelihood grows for ever
            break
        step = np.linalg.solve(hessian, gradient)
        if np.max(np.abs(step)) > 1:
            break
        point = point - step
    return point
