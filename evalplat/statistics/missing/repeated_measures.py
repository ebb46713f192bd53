"""The mixed model for repeated measures: mean by time (and provider), any covariance between the times, gaps allowed.

Formula: a client of group g has y ~ N(mu_g, S) over the T times (T at most 4); what is missing is ignored, which is
right when missingness depends on nothing but what was measured (missing at random). S by maximum or restricted
likelihood, from counts, means and centred products per missingness pattern and group, so that clients are read once.
With P_s the inverse of S over the times of pattern s (zeros elsewhere), I_g = sum n_gs P_s, C_g = I_g^-1, Q_s the
products of pattern s about mu_g (for REML plus sum n_gs C_g), -2 log L has the gradient G = sum(n_s P_s - P_s Q_s P_s).
One step of the EM algorithm is S - S G S / N; Fisher scoring steps are taken where they do better. A contrast l'mu has
the variance l'C_g l, plus what the uncertain covariance adds where the lost began elsewhere than the followed (from the
observed information; leaving it out is right only when loss depends on nothing). Satterthwaite's degrees of freedom; on
complete data everything is the paired t test's.

Reference: Mallinckrodt et al. 2008, Drug Inf J 42:303; Jennrich and Schluchter 1986; Kenward and Molenberghs 1998 for
the observed information. Checked against the paired t test (complete data), Anderson's closed form (two times), direct
maximisation of the likelihood client by client, and a small simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from evalplat.errors import InputRejected, Message
from evalplat.statistics.missing.cohort import Booleans, Estimate
from evalplat.statistics.missing.missing_patterns import Patterns, collect_patterns
from evalplat.statistics.moments import Floats, Integers

MOST_TIMES = 4
MOST_STEPS = 2000
CLOSE = 1e-11
SINGULAR = 1e-9


@dataclass(frozen=True, slots=True)
class RepeatedMeasures:
    """A fitted model. means: (groups, times), nan where a group was never measured at a time; covariance: of the times.

    status: "ok", "no_data", "too_few" (no more clients than means), "not_identified" (two times that nobody has both
    of), "no_variation" (scores that are constant, or lie on a line: no covariance can be turned), "not_converged".
    criterion: -2 log (restricted) likelihood. spread: per group the covariance of its means at a known S; drift: how
    the means move with each element of S; doubt: the covariance of these elements.
    """

    status: str
    means: Floats
    covariance: Floats | None
    criterion: float | None
    spread: Floats
    n: Integers
    n_measured: Integers
    steps: int
    method: str
    slopes: Floats
    drift: Floats
    doubt: Floats

    def contrast(
        self, weights: Sequence[float], *, group: int | None = None, shares: Floats | None = None
    ) -> Estimate:
        """sum(weights × means): in one group, or over all by `shares` (default: the groups' numbers of clients).

        Groups that lack a mean which the contrast needs are left out of the whole, and their share with them.
        """
        line = np.asarray(weights, dtype=float)
        if self.status != "ok":
            return Estimate(status=self.status)
        needs = line != 0
        chosen = self._share(needs, group, shares)
        if not chosen.any():
            return Estimate(status="never_measured")
        n = int(np.min(self.n_measured[chosen > 0][:, needs].sum(axis=0), initial=1 << 60))
        value = float(chosen @ np.nan_to_num(self.means) @ line)
        variance = self._covary(chosen, line, line)
        return _describe(value, variance, self._degrees(chosen, line, variance), n)

    def covary(
        self,
        one: Sequence[float],
        other: Sequence[float],
        *,
        group: int | None = None,
        shares: Floats | None = None,
    ) -> float:
        """The covariance of two contrasts, for ratios of them; over all groups that have both, as in `contrast`."""
        a, b = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
        return self._covary(self._share((a != 0) | (b != 0), group, shares), a, b)

    def _share(self, needs: Booleans, group: int | None, shares: Floats | None) -> Floats:
        """The groups' weights: those that have every mean that is needed, adding up to 1, or all 0."""
        usable = np.asarray(~np.isnan(self.means[:, needs]).any(axis=1))
        if group is None:
            chosen = np.asarray(self.n if shares is None else shares, dtype=float)
        else:
            chosen = np.zeros(len(self.means))
            chosen[group] = 1.0
        chosen = np.where(usable, chosen, 0.0)
        return np.asarray(chosen / (chosen.sum() or 1.0))

    def _covary(self, shares: Floats, a: Floats, b: Floats) -> float:
        known = float(np.einsum("g,gij,i,j->", shares**2, self.spread, a, b))
        one, other = (np.einsum("g,kgi,i->k", shares, self.drift, line) for line in (a, b))
        return known + float(one @ self.doubt @ other)

    def _degrees(self, chosen: Floats, line: Floats, variance: float) -> float | None:
        """Satterthwaite: 2 v^2 / var(v), the variance of v from the information on the covariance's elements."""
        if self.method != "reml" or not variance > 0:
            return None
        slope = np.einsum("g,kgij,i,j->k", chosen**2, self.slopes, line, line)
        uncertain = float(slope @ self.doubt @ slope)
        return 2 * variance**2 / uncertain if uncertain > 0 else None


def _describe(value: float, variance: float, df: float | None, n: int) -> Estimate:
    from scipy.special import ndtri, stdtrit

    if not variance > 0:
        return Estimate(value=value, n=n, status="too_few")
    se = float(np.sqrt(variance))
    reach = se * float(ndtri(0.975) if df is None else stdtrit(df, 0.975))
    return Estimate(value, se, value - reach, value + reach, n, df=df)


def fit_repeated_measures(
    values: Floats, *, group: Integers | None = None, groups: int = 1, method: str = "reml"
) -> RepeatedMeasures:
    """Fit the model to `values`, (clients, times) with nan for missing; `group` from 0 to groups - 1.

    method: "reml" or "ml". Clients without any value are left out. Raises InputRejected for more than 4 times or
    another method.
    """
    values = np.asarray(values, dtype=float)
    times = values.shape[1]
    if method not in ("reml", "ml") or not 1 <= times <= MOST_TIMES:
        raise InputRejected(
            Message(
                "The model takes 1 to %(most)d times and the method reml or ml; got %(times)d and %(method)s.",
                most=MOST_TIMES,
                times=times,
                method=method,
            )
        )
    codes = np.zeros(len(values), dtype=np.int64) if group is None else group
    found = collect_patterns(values, codes, groups)
    status = found.find_status()
    if status != "ok":
        return _without_model(found, status, method)
    return _iterate(found, method)


def _iterate(found: Patterns, method: str) -> RepeatedMeasures:
    cov = found.start()
    state = _State.of(found, cov, method)
    for steps in range(1, MOST_STEPS + 1):
        candidate = None
        scored = state.score()
        if scored is not None:
            tried = _State.of(found, scored, method)
            # A scoring step is only taken where it gains; near the end gains are lost in rounding.
            if tried.valid and tried.criterion <= state.criterion + 1e-10 * abs(state.criterion):
                candidate = tried
        if candidate is None:
            candidate = _State.of(found, state.expect(), method)
        if not candidate.valid:
            return _without_model(found, "no_variation", method)
        moved = float(np.max(np.abs(candidate.cov - state.cov)))
        state = candidate
        if moved < CLOSE:
            return state.finish(steps)
    return _without_model(found, "not_converged", method)


@dataclass(frozen=True, slots=True)
class _State:
    """The likelihood at one covariance, in the units of `Patterns` (each time's own mean and spread)."""

    found: Patterns
    method: str
    cov: Floats
    valid: bool
    criterion: float
    inverse: Floats
    means: Floats
    spread: Floats
    products: Floats
    gradient: Floats

    @staticmethod
    def of(found: Patterns, cov: Floats, method: str) -> "_State":
        times = found.times
        empty = np.zeros((0, times, times))
        eigen = np.linalg.eigvalsh(cov) if np.isfinite(cov).all() else np.zeros(times)
        if not eigen[0] > SINGULAR * max(eigen[-1], 0.0):
            return _State(found, method, cov, False, np.inf, empty, empty, empty, empty, cov)
        inverse = np.zeros((len(found.seen), times, times))
        determinant = 0.0
        for place, seen in enumerate(found.seen):
            block = cov[np.ix_(seen, seen)]
            inverse[place][np.ix_(seen, seen)] = np.linalg.inv(block)
            determinant += found.n[:, place].sum() * float(np.linalg.slogdet(block)[1])
        information = np.einsum("gs,sij->gij", found.n, inverse)
        # A time that a group was never measured at has no mean there; a 1 keeps its matrix invertible.
        never = found.n_measured == 0
        places = np.arange(times)
        information[:, places, places] += never
        spread = np.linalg.inv(information)
        right = np.einsum("gs,sij,gsj->gi", found.n, inverse, found.means)
        means = np.einsum("gij,gj->gi", spread, right)
        spread = np.where(never[:, :, None] | never[:, None, :], 0.0, spread)
        off = (found.means - means[:, None, :]) * found.seen[None, :, :]
        products = found.products + np.einsum("gs,gsi,gsj->sij", found.n, off, off)
        criterion = determinant + float(np.einsum("sij,sji->", inverse, products))
        observed = float(found.n_measured.sum())
        if method == "reml":
            products = products + np.einsum("gs,gij->sij", found.n, spread)
            criterion += float(np.linalg.slogdet(information)[1].sum())
            observed -= float(np.sum(~never))
        counts = found.n.sum(axis=0)
        gradient = np.einsum("s,sij->ij", counts, inverse) - np.einsum(
            "sij,sjk,skl->il", inverse, products, inverse
        )
        criterion += observed * float(np.log(2 * np.pi))
        figures = (criterion, inverse, means, spread, products, gradient)
        return _State(found, method, cov, True, *figures)

    def expect(self) -> Floats:
        """One step of the EM algorithm: never out of bounds, never downhill, but slow."""
        step = self.cov @ self.gradient @ self.cov / float(self.found.n.sum())
        return np.asarray(self.cov - (step + step.T) / 2)

    def score(self) -> Floats | None:
        """One step of Fisher scoring; None where the information cannot be inverted."""
        basis = _basis(self.found.times)
        slope = np.einsum("ij,kji->k", self.gradient, basis)
        try:
            step = np.linalg.solve(self.information(), slope)
        except np.linalg.LinAlgError:
            return None
        return np.asarray(self.cov - np.einsum("k,kij->ij", step, basis))

    def information(self) -> Floats:
        """The expected second derivatives of -2 log L by the covariance's elements."""
        n = self.found.n
        turned = self._turn()
        whole = np.einsum("s,ksij,lsji->kl", n.sum(axis=0), turned, turned)
        if self.method == "ml":
            return np.asarray(whole)
        once = np.einsum("ksij,sjl->ksil", turned, self.inverse)
        within = np.einsum("gs,gij->sij", n, self.spread)
        cross = np.einsum("sij,ksjm,lsmi->kl", within, turned, once, optimize=True)
        own = np.einsum("gij,kgjm->kgim", self.spread, self._fall())
        return np.asarray(whole - 2 * cross + np.einsum("kgij,lgji->kl", own, own))

    def observe(self, pull: Floats) -> Floats:
        """The observed second derivatives, the means following the covariance; `pull` as in `finish`."""
        turned = self._turn()
        bent = np.einsum("sij,sjk->sik", self.inverse, self.products)
        whole = -np.einsum("s,ksij,lsji->kl", self.found.n.sum(axis=0), turned, turned)
        whole += 2 * np.einsum("ksij,sjm,lsmi->kl", turned, bent, turned, optimize=True)
        whole -= 2 * np.einsum("kgi,gij,lgj->kl", pull, self.spread, pull, optimize=True)
        if self.method == "reml":
            own = np.einsum("gij,kgjm->kgim", self.spread, self._fall())
            whole -= np.einsum("kgij,lgji->kl", own, own)
        return np.asarray((whole + whole.T) / 2)

    def _turn(self) -> Floats:
        return np.asarray(np.einsum("sij,kjl->ksil", self.inverse, _basis(self.found.times)))

    def _fall(self) -> Floats:
        """How fast each group's information on its means falls with each element of the covariance."""
        once = np.einsum("ksij,sjl->ksil", self._turn(), self.inverse)
        return np.asarray(np.einsum("gs,ksij->kgij", self.found.n, once))

    def finish(self, steps: int) -> RepeatedMeasures:
        """The model in the scores' own units."""
        found, scale = self.found, self.found.scale
        twice = np.outer(scale, scale)
        never = found.n_measured == 0
        once = np.einsum("ksij,sjl->ksil", self._turn(), self.inverse)
        off = (found.means - self.means[:, None, :]) * found.seen[None, :, :]
        pull = np.einsum("ksij,gs,gsj->kgi", once, found.n, off, optimize=True)
        drift = np.einsum("gij,kgj->kgi", self.spread, pull)
        slopes = np.einsum("gij,kgjl,glm->kgim", self.spread, self._fall(), self.spread)
        observed = self.observe(pull)
        if not np.linalg.eigvalsh(observed)[0] > 0:
            observed = self.information()
        logs = float((found.n_measured @ np.log(scale)).sum()) * 2
        if self.method == "reml":
            logs -= float((~never @ np.log(scale)).sum()) * 2
        return RepeatedMeasures(
            status="ok",
            means=np.where(never, np.nan, self.means * scale + found.center),
            covariance=self.cov * twice,
            criterion=self.criterion + logs,
            spread=self.spread * twice,
            n=found.n.sum(axis=1).astype(np.int64),
            n_measured=found.n_measured,
            steps=steps,
            method=self.method,
            slopes=slopes * twice,
            drift=drift * scale,
            doubt=2 * np.asarray(np.linalg.pinv(observed, hermitian=True), dtype=float),
        )


def _basis(times: int) -> Floats:
    """One symmetric matrix of zeros and ones per element of a covariance."""
    pairs = list(combinations_with_replacement(range(times), 2))
    basis = np.zeros((len(pairs), times, times))
    for place, (i, j) in enumerate(pairs):
        basis[place, i, j] = basis[place, j, i] = 1.0
    return basis


def _without_model(found: Patterns, status: str, method: str) -> RepeatedMeasures:
    groups, times = found.n_measured.shape
    elements = times * (times + 1) // 2
    return RepeatedMeasures(
        status=status,
        means=np.full((groups, times), np.nan),
        covariance=None,
        criterion=None,
        spread=np.zeros((groups, times, times)),
        n=found.n.sum(axis=1).astype(np.int64),
        n_measured=found.n_measured,
        steps=0,
        method=method,
        slopes=np.zeros((elements, groups, times, times)),
        drift=np.zeros((elements, groups, times)),
        doubt=np.zeros((elements, elements)),
    )
