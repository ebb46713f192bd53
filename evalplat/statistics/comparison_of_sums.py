"""The comparison of providers from additive sums, without a client's row: the same figures as `comparison.compare`.

Every model needs of the clients only the providers' counts and sums, and the products of all of them together. The
covariates are orthonormalised in their order by Cholesky's decomposition of the centred products; a category's levels
are 0/1 columns with the first level in sorted order that somebody has as reference. All rules are those of the row
path, with three differences: cases with a missing covariate are not in the sums (a level "unknown" is a level like any
other); what needs rows (shape of residuals, splines) is None, and so are the shares at an end of the scale unless the
sums have the 0/1 columns of `ENDS`; and because sums carry half the digits of rows, a covariate counts as collinear
from a millionth of its length, and a sigma below a ten-millionth of the scores' size as none.

Checked against `compare` on rows, for published and generated data, to 1e-9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable, release
from evalplat.statistics.models.case_mix import MOST_LEVELS, Units, name_unknown, refuse_levels
from evalplat.statistics.models.cells import AS_LEVEL, AS_MEAN, count_number, tell_missing
from evalplat.statistics.models.estimation import estimate, start_result
from evalplat.statistics.models.model_results import Diagnostics, MissingCovariate
from evalplat.statistics.models.prepared import Prepared
from evalplat.statistics.models.random_intercept import GroupSums
from evalplat.statistics.models.regression_to_mean import Population, check_oldham
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import Exclusion, Provenance, ProviderComparison
from evalplat.statistics.sums import PairSums, PooledSums
from evalplat.statistics.unknown_columns import list_levels, settle_unknown
from evalplat.statistics.verdicts import VerdictRule
from evalplat.vocabulary import Direction

COLLINEAR = 1e-12
NOISE = 1e-7
OUTCOMES = ("provider", "episode", "end")
ENDS = {
    "floor_baseline": "baseline_at=lowest",
    "ceiling_baseline": "baseline_at=highest",
    "floor_end": "end_at=lowest",
    "ceiling_end": "end_at=highest",
}
"""Figures of `Diagnostics`, and the columns that flag the pairs they are shares of."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Who started, by provider, and how many of all were left out for which reason; None is withheld."""

    n_started: Mapping[str, int | None] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()

    def __add__(self, other: "Flow") -> "Flow":
        """Both together; what one of them withholds is withheld."""
        started = dict(self.n_started)
        for name, count in other.n_started.items():
            started[name] = _add(started[name], count) if name in started else count
        counts = {item.reason: item.count for item in self.exclusions}
        for item in other.exclusions:
            known = item.reason in counts
            counts[item.reason] = _add(counts[item.reason], item.count) if known else item.count
        return Flow(started, tuple(Exclusion(reason, count) for reason, count in counts.items()))


def _add(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def compare_sums(
    sums: PairSums | PooledSums,
    flow: Flow,
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
    verdicts: VerdictRule | None = None,
    unit: float | None = None,
    population: Population | None = None,
    seed: int = 0,
) -> ProviderComparison:
    """Compare providers on one scale, from sums of the pairs over `baseline`, `end` and the sums' covariates.

    flow: everybody who started; a provider that is not in it started as many as it has pairs. adjust: any of the sums'
    columns, or a category whose levels are columns (`sex` for `sex=female`, `sex=male` …). unit: the usual distance
    between neighbouring scores. Everything else is as in `comparison.compare`.

    Raises InputRejected for a covariate that the sums do not have, and where clients of single providers would have to
    be left out of sums whose products are pooled.
    """
    names = tuple(dict.fromkeys(adjust))
    providers = tuple(sorted({*sums.providers, *flow.n_started}))
    counts = dict(zip(sums.providers, np.rint(sums.n).astype(int).tolist(), strict=True))
    pairs = [counts.get(name, 0) for name in providers]
    started = [
        flow.n_started.get(name, count) for name, count in zip(providers, pairs, strict=True)
    ]
    exclusions = flow.exclusions
    if disclosure is not None:
        sums, left_out = _leave_out_unpublishable(sums, providers, pairs, started, disclosure)
        exclusions = (*exclusions, *left_out)
    pooled = settle_unknown(sums.pool(), names)
    columns = _find_columns(pooled, names)
    result = start_result(
        providers,
        started,
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjusted_for=names,
        n_pairs=round(pooled.cases),
        exclusions=exclusions,
        warnings=(),
        provenance=provenance,
    )
    result = replace(result, unit=unit)
    if pooled.cases:
        prepared = prepare_sums(
            pooled, columns, providers, started, models_change="baseline" not in names
        )
        rule = verdicts or VerdictRule()
        result = estimate(result, prepared, rule, population=population, seed=seed)
    return result if disclosure is None else release(result, disclosure)


def _leave_out_unpublishable(
    sums: PairSums | PooledSums,
    providers: Sequence[str],
    pairs: Sequence[int],
    started: Sequence[int | None],
    rule: DisclosureRule,
) -> tuple[PairSums | PooledSums, list[Exclusion]]:
    """Without the clients of providers that totals or model figures would give away."""
    begun = [n if count is None else count for n, count in zip(pairs, started, strict=True)]
    places = find_unpublishable(pairs, begun, rule)
    if not places:
        return sums, []
    if isinstance(sums, PooledSums):
        raise InputRejected(
            Message(
                "A provider has too few clients to be published, and cannot be taken out of sums that are pooled."
            )
        )
    hidden = {providers[place] for place in places}
    kept = sums.choose([name for name in sums.providers if name not in hidden])
    reason = Message("The provider has too few clients to be published or derived")
    return kept, [Exclusion(reason, sum(pairs[place] for place in places))]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The design's columns: labels, where each stands in the sums (None for zeros), cells, what is missing."""

    labels: tuple[str, ...]
    places: tuple[int | None, ...]
    cells: tuple[tuple[str, int], ...]
    missing: tuple[MissingCovariate, ...]


def _find_columns(sums: PooledSums, names: Sequence[str]) -> _Columns:
    faults: list[Fault] = []
    labels: list[str] = []
    places: list[int | None] = []
    cells: list[tuple[str, int]] = []
    total = sums.sums.sum(axis=0) + sums.cases * sums.reference
    known = {name: place for place, name in enumerate(sums.columns)}
    for name in ("baseline", "end"):
        if name not in known and sums.cases:
            faults.append(Fault(name, Message("this column is missing; it is needed")))
    missing: list[MissingCovariate | None] = []
    for name in names:
        flag = name_unknown(name)
        lacking = round(float(total[known[flag]])) if flag in known else 0
        cases = round(sums.cases)
        levels = list_levels(sums.columns, name)
        if name in OUTCOMES:
            text = Message("this column cannot be adjusted for; name a covariate")
            faults.append(Fault(name, text))
        elif name in known:
            labels.append(name)
            places.append(known[name])
            if lacking:
                labels.append(flag)
                places.append(known[flag])
            rarer = _count_rarer(sums, known[name], known.get(flag))
            cells.extend(count_number(name, rarer, cases - lacking, cases).items())
            missing.append(tell_missing(name, lacking, cases, AS_MEAN))
        elif levels:
            present = [level for level in levels if total[known[level]] > 0.5]
            if len(present) > MOST_LEVELS:
                faults.append(refuse_levels(name, len(present)))
            labels.extend(present[1:] or [name])
            places.extend([known[level] for level in present[1:]] or [None])
            cells.extend(
                (level, round(float(total[known[level]]))) for level in present[:MOST_LEVELS]
            )
            missing.append(tell_missing(name, lacking, cases, AS_LEVEL))
        elif sums.cases:
            faults.append(Fault(name, Message("this column is missing; it is needed")))
    if faults:
        raise InputRejected(Message("The sums lack what a comparison needs."), faults)
    return _Columns(
        tuple(labels),
        tuple(places),
        tuple(sorted(cells)),
        tuple(found for found in missing if found is not None),
    )


def _count_rarer(sums: PooledSums, place: int, flag: int | None) -> int | None:
    """How often the rarer value of a number stands that is 0 or 1 only, where it is known; None for other numbers."""
    about, added = sums.reference, sums.sums.sum(axis=0)
    total = float(added[place] + sums.cases * about[place])
    squares = float(sums.products[place, place]) + about[place] * (total + float(added[place]))
    known = sums.cases
    if flag is not None:
        lacking = float(added[flag] + sums.cases * about[flag])
        known -= lacking
        mean = total / sums.cases
        total, squares = total - lacking * mean, squares - lacking * mean**2
    if abs(squares - total) > 1e-9 * max(abs(squares), 1.0) or not 0 < total < known:
        return None
    return round(min(total, known - total))


def prepare_sums(
    sums: PooledSums,
    columns: _Columns,
    providers: Sequence[str],
    n_started: Sequence[int | None],
    *,
    models_change: bool,
) -> Prepared:
    """Fit the case-mix model on sums of at least one case, and collect what the other models need."""
    own = {name: place for place, name in enumerate(sums.providers)}
    known = {name: place for place, name in enumerate(sums.columns)}
    filled = [k for k, name in enumerate(providers) if name in own and sums.n[own[name]] > 0]
    centred = _centre(sums, [own[providers[place]] for place in filled])
    units, kept = _orthonormalise(columns, centred)
    axes = np.eye(len(sums.columns))
    baseline, end = axes[known["baseline"]], axes[known["end"]]
    # The response as a combination of baseline and end.
    weights = end - baseline if models_change else end
    total_ss = max(float(weights @ centred.products @ weights), 0.0)
    slopes = _solve(units.triangle, (centred.products @ weights)[kept])
    basis = _solve(units.triangle, centred.sums[:, kept].T).T
    outcomes = (baseline, end, end - baseline)
    return Prepared(
        providers=tuple(providers),
        n_started=tuple(n_started),
        place=np.array(filled, dtype=np.int64),
        baseline=centred.means @ baseline,
        change=centred.means @ (end - baseline),
        mean_baseline=float(centred.mean @ baseline),
        mean_change=float(centred.mean @ (end - baseline)),
        units=units,
        intercept=float(centred.mean @ weights),
        slopes=slopes,
        sums=GroupSums(
            n=centred.n,
            x=np.column_stack([centred.n, basis]),
            y=centred.sums @ weights - basis @ slopes,
            xx=np.diag(np.append(sums.cases, np.ones(len(kept)))),
            xy=np.zeros(len(kept) + 1),
            yy=max(total_ss - float(slopes @ slopes), 0.0),
        ),
        total_ss=total_ss,
        noise=NOISE * float(np.sqrt((baseline + end) @ centred.raw / sums.cases)),
        models_change=models_change,
        diagnostics=Diagnostics(
            oldham=check_oldham(*(float(w @ centred.products @ w) for w in outcomes)),
            **_share_ends(centred.mean, known),
        ),
        cells=columns.cells,
        missing=columns.missing,
    )


@dataclass(frozen=True, slots=True)
class _Centred:
    """Sums of the providers with cases and pooled products about the overall mean; raw: squares about the reference."""

    n: Floats
    sums: Floats
    products: Floats
    raw: Floats
    mean: Floats

    @property
    def means(self) -> Floats:
        """The providers' means, (J, k)."""
        return np.asarray(self.mean + self.sums / self.n[:, None])


def _centre(sums: PooledSums, groups: Sequence[int]) -> _Centred:
    cases = sums.cases
    moved = sums.move(sums.reference + sums.sums.sum(axis=0) / cases)
    rest = moved.sums.sum(axis=0) / cases
    n = moved.n[list(groups)]
    return _Centred(
        n=n,
        sums=moved.sums[list(groups)] - n[:, None] * rest,
        products=moved.products - cases * np.outer(rest, rest),
        raw=np.diag(sums.products).copy(),
        mean=moved.reference + rest,
    )


def _solve(triangle: Floats, right: Floats) -> Floats:
    """The solution of triangle' x = right."""
    from scipy.linalg import solve_triangular

    if not triangle.size:
        return np.zeros(right.shape)
    return np.asarray(solve_triangular(triangle, right, trans="T"), dtype=float)


def _share_ends(mean: Floats, known: Mapping[str, int]) -> dict[str, float]:
    """The clients at an end of the scale, where the sums flag them."""
    return {
        figure: min(max(float(mean[known[column]]), 0.0), 1.0)
        for figure, column in ENDS.items()
        if column in known
    }


def _orthonormalise(columns: _Columns, centred: _Centred) -> tuple[Units, list[int]]:
    """The triangle of the columns, and where those kept stand; one that earlier ones explain, or a constant, is not."""
    names: list[str] = []
    dropped: list[str] = []
    kept: list[int] = []
    triangle = np.zeros((0, 0))
    products, raw = centred.products, centred.raw
    for label, place in zip(columns.labels, columns.places, strict=True):
        if place is None or products[place, place] <= COLLINEAR * raw[place]:
            dropped.append(label)
            continue
        above = _solve(triangle, products[kept, place])
        left = float(products[place, place] - above @ above)
        if left <= COLLINEAR * products[place, place]:
            dropped.append(label)
            continue
        wider = np.zeros((len(kept) + 1, len(kept) + 1))
        wider[:-1, :-1] = triangle
        wider[:-1, -1], wider[-1, -1] = above, left**0.5
        triangle = wider
        kept.append(place)
        names.append(label)
    return Units(tuple(names), triangle, centred.mean[kept], tuple(dropped)), kept
