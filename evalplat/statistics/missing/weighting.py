"""Inverse probability weighting: those who stayed speak for those who left and looked like them.

Formula: P(followed | baseline, covariates, provider) = logistic(a_provider + z b) by maximum likelihood; weight
w = 1 / p, truncated at the 1st and 99th percentile of the followed clients' weights; mean = sum(w d) / sum(w) over the
followed (Hajek). Standard error from the stacked estimating equations of both steps (sandwich), the truncation points
taken as known, or from resampling clients; both corrected for few clients (`cohort.estimate_robustly`). A provider that
followed everybody has p = 1; one that followed nobody is represented by nobody, and its clients are left out of the
mean. A 0/1 column whose clients were all followed, or all lost, is left out of the model.

Reference: Robins, Rotnitzky and Zhao 1994; Lunceford and Davidian 2004 for the sandwich; Cole and Hernán 2008 for
truncation. Checked against statsmodels' Logit, a numerical derivative of the estimating equations, and the bootstrap.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.funnel import Q95
from evalplat.statistics.missing.cohort import Booleans, Cohort, Estimate, estimate_robustly
from evalplat.statistics.moments import Floats, Integers

TRUNCATION = (1.0, 99.0)
MOST_STEPS = 60
FARTHEST = 18.0
PART = 50
MOST_FAILED = 0.1


@dataclass(frozen=True, slots=True)
class Propensity:
    """The fitted chance of being followed. probability: one element per client, nan where a provider followed nobody.

    status: "ok", "nobody_lost", "nobody_followed", "separated" (baseline or covariates tell without error who was
    followed) or "not_converged". names, columns: the model's columns; free: clients whose chance the model estimates.
    """

    probability: Floats
    free: Booleans
    columns: Floats
    names: tuple[str, ...]
    dropped: tuple[str, ...]
    status: str


@dataclass(frozen=True, slots=True)
class Weighting:
    """Weighted mean changes: over all providers and for each (in the cohort's order)."""

    overall: Estimate
    providers: tuple[Estimate, ...]
    propensity: Propensity
    weights: Floats
    n_unrepresented: int


def fit_propensity(cohort: Cohort) -> Propensity:
    """The logistic model of being followed, with an intercept per provider."""
    followed = cohort.followed
    n, kept = cohort.n, cohort.n_followed
    mixed = (kept > 0) & (kept < n)
    free = mixed[cohort.group]
    probability = np.where(kept[cohort.group] > 0, 1.0, np.nan)
    part = cohort.take(free)
    dropped = _find_one_sided(part)
    names, columns = part.within_providers(dropped)
    whole = np.zeros((len(followed), columns.shape[1]))
    whole[free] = columns

    def made(status: str) -> Propensity:
        return Propensity(probability, free, whole, names, dropped, status)

    if not followed.any():
        return made("nobody_followed")
    if followed.all():
        return made("nobody_lost")
    if not free.any():
        return made("ok")
    index, status = _solve(part.group, part.followed.astype(float), columns, len(n))
    if status == "ok":
        probability[free] = 1 / (1 + np.exp(-index))
    return made(status)


def _find_one_sided(cohort: Cohort) -> tuple[str, ...]:
    """0/1 columns of which one side was all followed or all lost: their coefficients would be infinite."""
    followed = cohort.followed
    labels, columns = cohort.model_columns()
    found = []
    for label, column in zip(labels, columns, strict=True):
        values = np.unique(column)
        if len(values) != 2 or label == "baseline":
            continue
        sides = [followed[column == value] for value in values]
        if any(side.all() or not side.any() for side in sides):
            found.append(label)
    return tuple(found)


def _solve(group: object, y: Floats, z: Floats, providers: int) -> tuple[Floats, str]:
    """Newton's method; the providers' intercepts form a diagonal block that is eliminated."""
    group = np.asarray(group)
    scale = np.sqrt(len(y))
    z = z * scale

    def add(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, weights=values, minlength=providers), dtype=float)

    size = np.maximum(add(np.ones(len(y))), 1)
    share = np.clip(add(y) / size, 1e-3, 1 - 1e-3)
    intercept, slope = np.log(share / (1 - share)), np.zeros(z.shape[1])
    best = np.inf
    for _ in range(MOST_STEPS):
        index = intercept[group] + z @ slope
        loss = float(np.sum(np.logaddexp(0, index) - y * index))
        p = 1 / (1 + np.exp(-index))
        w = p * (1 - p)
        score, own = z.T @ (y - p), add(y - p)
        diagonal = np.maximum(add(w), 1e-300)
        cross = np.column_stack([add(w * column) for column in z.T]) if z.shape[1] else None
        step, step_own = np.zeros(z.shape[1]), own / diagonal
        if cross is not None:
            schur = (z * w[:, None]).T @ z - cross.T @ (cross / diagonal[:, None])
            try:
                step = np.linalg.solve(schur, score - cross.T @ (own / diagonal))
            except np.linalg.LinAlgError:
                return index, "separated"
            step_own = (own - cross @ step) / diagonal
        if np.max(np.abs(index)) > FARTHEST:
            return index, "separated"
        if float(score @ step + own @ step_own) < 1e-20 * max(loss, 1.0) or loss == best:
            return index, "ok"
        best = loss
        length = _shorten_step(index, step_own[group] + z @ step, y, loss)
        slope, intercept = slope + length * step, intercept + length * step_own
    return index, "not_converged"


def _shorten_step(index: Floats, move: Floats, y: Floats, loss: float) -> float:
    """1, or the first of 1/2, 1/4 … at which the likelihood does not fall."""
    length = 1.0
    for _ in range(30):
        tried = index + length * move
        if float(np.sum(np.logaddexp(0, tried) - y * tried)) <= loss * (1 + 1e-12):
            return length
        length /= 2
    return length


def weigh(cohort: Cohort, propensity: Propensity | None = None) -> Weighting:
    """Weighted mean changes with sandwich standard errors; `propensity` as fitted to this cohort, or fitted here."""
    model = propensity or fit_propensity(cohort)
    followed = cohort.followed
    lost_sight_of = int(np.sum(np.isnan(model.probability)))
    if model.status not in ("ok", "nobody_lost"):
        empty = Estimate(status=model.status)
        none = np.full(len(followed), np.nan)
        return Weighting(empty, (empty,) * len(cohort.providers), model, none, lost_sight_of)
    raw = np.full(len(followed), np.nan)
    raw[followed] = 1 / model.probability[followed]
    low, high = np.percentile(raw[followed], TRUNCATION)
    weights = np.clip(raw, low, high)
    pieces = _Pieces.of(cohort, model, raw, weights)
    rows = np.flatnonzero(followed)
    ordered = rows[np.argsort(cohort.group[rows], kind="stable")]
    parts = np.split(ordered, np.cumsum(cohort.n_followed)[:-1]) if len(cohort.providers) else []
    overall = pieces.estimate(rows)
    own = tuple(pieces.estimate(part) for part in parts)
    return Weighting(overall, own, model, weights, lost_sight_of)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What every sandwich of this fit is made of; `slope` is (1 - p) / p, or 0 for a truncated or known weight."""

    cohort: Cohort
    z: Floats
    rest: Floats
    weights: Floats
    slope: Floats
    diagonal: Floats
    cross: Floats
    inverse: Floats
    middle: Floats
    middle_cross: Floats
    middle_diagonal: Floats

    @staticmethod
    def of(cohort: Cohort, model: Propensity, raw: Floats, weights: Floats) -> "_Pieces":
        z, free = model.columns, model.free
        p = np.where(free, model.probability, 0.5)
        w = np.where(free, p * (1 - p), 0.0)
        rest = np.where(free, cohort.followed - p, 0.0)
        diagonal = cohort.sum_by_provider(w)
        diagonal[diagonal == 0] = 1.0
        k = z.shape[1]

        def by_provider(values: Floats) -> Floats:
            columns = [cohort.sum_by_provider(values * column) for column in z.T]
            return np.column_stack(columns) if columns else np.zeros((len(diagonal), 0))

        cross = by_provider(w)
        schur = (z * w[:, None]).T @ z - cross.T @ (cross / diagonal[:, None])
        slope = np.where(free & (raw == weights), (1 - p) / p, 0.0)
        return _Pieces(
            cohort=cohort,
            z=z,
            rest=rest,
            weights=weights,
            slope=slope,
            diagonal=diagonal,
            cross=cross,
            inverse=np.asarray(np.linalg.pinv(schur, hermitian=True) if k else schur, dtype=float),
            middle=(z * (rest**2)[:, None]).T @ z,
            middle_cross=by_provider(rest**2),
            middle_diagonal=cohort.sum_by_provider(rest**2),
        )

    def estimate(self, rows: Integers) -> Estimate:
        """The Hajek mean over `rows` (places of followed clients) with the variance of its influence values."""
        n = len(rows)
        if n == 0:
            return Estimate(status="nobody_followed")
        w, d, z = self.weights[rows], self.cohort.change[rows], self.z[rows]
        total = float(w.sum())
        mean = float(w @ d) / total
        if n == 1:
            return Estimate(value=mean, n=1, status="too_few")

        def add(values: Floats) -> Floats:
            sums = np.bincount(self.cohort.group[rows], values, len(self.diagonal))
            return np.asarray(sums, dtype=float)

        own, pull = w * (d - mean), -self.slope[rows] * (d - mean)
        h, h_own = z.T @ pull, add(pull)
        v = self.inverse @ (h - self.cross.T @ (h_own / self.diagonal))
        v_own = (h_own - self.cross @ v) / self.diagonal
        mixed = own * self.rest[rows]
        variance = (
            float(own @ own)
            + 2 * float((z.T @ mixed) @ v + add(mixed) @ v_own)
            + float(v @ self.middle @ v)
            + 2 * float(v_own @ (self.middle_cross @ v))
            + float(v_own @ (self.middle_diagonal * v_own))
        )
        se = float(np.sqrt(max(variance, 0.0))) / total
        return estimate_robustly(mean, se, n)


def bootstrap_weighting(
    cohort: Cohort, *, seed: int, replicates: int = 500, runner: Runner = IN_PROCESS
) -> tuple[Estimate, tuple[Estimate, ...]]:
    """The weighted means with standard errors and percentile intervals from resampled clients.

    One child of the seed per part of 50 replicates, so that any runner gives the same figures. status "unstable" where
    more than a tenth of the replicates gave no mean.
    """
    exact = weigh(cohort)
    if exact.overall.value is None or replicates < 2:
        return exact.overall, exact.providers
    sizes = [PART] * (replicates // PART) + [replicates % PART] * bool(replicates % PART)
    seeds = np.random.SeedSequence(seed).spawn(len(sizes))
    parts = runner.map(partial(_resample, cohort), list(zip(seeds, sizes, strict=True)))
    drawn = np.vstack(parts)
    estimates = (exact.overall, *exact.providers)
    found = [_spread(one, drawn[:, place]) for place, one in enumerate(estimates)]
    return found[0], tuple(found[1:])


def _resample(cohort: Cohort, part: tuple[np.random.SeedSequence, int]) -> Floats:
    """One row per replicate: the overall mean and every provider's; nan where there is none."""
    random = np.random.default_rng(part[0])
    n = len(cohort.group)
    rows = []
    for _ in range(part[1]):
        found = weigh(cohort.take(random.integers(0, n, n)))
        values = [found.overall.value, *(one.value for one in found.providers)]
        rows.append([np.nan if value is None else value for value in values])
    return np.array(rows)


def _spread(exact: Estimate, drawn: Floats) -> Estimate:
    if exact.value is None or exact.status != "ok":
        return exact
    known = drawn[np.isfinite(drawn)]
    if len(known) < (1 - MOST_FAILED) * len(drawn) or len(known) < 2:
        return Estimate(value=exact.value, n=exact.n, status="unstable")
    low, high = np.percentile(known, (2.5, 97.5))
    spread = float(np.std(known, ddof=1))
    one = estimate_robustly(exact.value, spread, exact.n)
    # Resamples of n clients vary by (n - 1) / n of what clients do, and their percentiles are the normal's.
    wider = ((one.high or 0.0) - exact.value) / (Q95 * spread) if spread else 1.0
    low, high = (exact.value + wider * (float(end) - exact.value) for end in (low, high))
    return replace(one, low=low, high=high)
