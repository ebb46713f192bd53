"""What may be published of the table of paired effects, so that no client's change and no small count can be derived.

The table stands beside the comparison of the same episodes and tells nothing of counts and means that the comparison
does not tell: names, order, who is withheld, the counts, and the means (starting score and change, on their grids) are
taken from the released comparison. What is new is published as follows:

1. The clients of providers who could be derived from totals are in no figure (`leave_out_unpublishable`).
2. The three standard deviations of baseline, end and change have a step of at least sd / n (n as published) and
   unit / n: by about that much one client more or less moves them. Where nearly all scores are the same (n sd^2 is
   under 5 units squared), the few who differ could be counted: the row is withheld.
3. All figures of means are computed from what is published: t, p, every effect size and every interval are those of
   the published n, means and SDs, and tell nothing beyond these. The region's SD, by which all providers are measured,
   is the published one of all together, with the published number of pairs; without all together there is none.
4. The rank-biserial correlation has a step of at least 1 / (n - 2), and 0.01: so coarse that a client more or less
   moves it by about a step. It is never published as 1 or -1, which would say that nobody changed the other way. Its
   interval is made of the distances of its ends, rounded up to the step; where fewer than 5 clients count on one side,
   it is Fisher's from the published figures, whose SE is that of Wilcoxon's test: sqrt(2 (2 m + 1) / (3 m (m + 1))).
   It needs 10 changed scores (m).
5. W+, z and p come from the published correlation and number of changed scores. The unchanged are a count like any
   other: rounded to 5, and where they are few as many as few can be, 4, which errs on the side of caution. All together
   has the sum of its providers.
6. The share whose score rose (CLES) has the step of the correlation, which holds a multiple of 1 / n for every n that
   is rounded alike, and Wilson's interval from the published n. It is withheld where fewer than 5 clients count on one
   side, and for all together where any provider's is: the rest would tell it.
7. Counts of reliable change are not published here; the page of outcomes has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable
from evalplat.statistics.effects import ALL_PROVIDERS
from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats, Moments
from evalplat.statistics.paired_effects import PairedEffects, measure_effects, standardise
from evalplat.statistics.publishing.release_models import coarsen, least_step
from evalplat.statistics.results import EffectRow, ProviderComparison, ProviderRow
from evalplat.statistics.shares.proportions import find_wilson

if TYPE_CHECKING:
    import pandas as pd

LEAST_STEP = 0.01


@dataclass(frozen=True, slots=True)
class ReleasedEffects:
    """Paired effects of one scale as they may be published, beside the released comparison that they belong to.

    rows: one per provider, in the comparison's order; overall: all together. Figures are in the scale's own direction.
    A row's status is "ok" or "withheld"; a withheld row may have its counts, as in the comparison.
    """

    comparison: ProviderComparison
    rows: tuple[EffectRow, ...]
    overall: EffectRow

    @property
    def shows_any(self) -> bool:
        """Whether there is any effect to show."""
        return any(row.status == "ok" for row in (*self.rows, self.overall))


def leave_out_unpublishable(frame: "pd.DataFrame", rule: DisclosureRule) -> "pd.DataFrame":
    """The table without the clients of providers who could be derived from totals; one scale, a row per episode."""
    pair = np.isfinite(frame["baseline"]) & np.isfinite(frame["end"])
    counts = pair.groupby(frame["provider"]).agg(["sum", "size"])
    places = find_unpublishable(counts["sum"].tolist(), counts["size"].tolist(), rule)
    return frame[~frame["provider"].isin([counts.index[place] for place in places])]


def release_effects(
    rows: Sequence[EffectRow], comparison: ProviderComparison, rule: DisclosureRule
) -> ReleasedEffects:
    """The effects as they may be published.

    rows: those of one scale as `summarise_effects` makes them with rank intervals, of the episodes that
    `leave_out_unpublishable` leaves. comparison: the released comparison of the same episodes.
    """
    exact = {row.provider: row for row in rows}
    found = {
        row.provider: _Basis.of_provider(row, exact[row.provider], comparison, rule)
        for row in comparison.rows
        if row.provider in exact
    }
    whole = exact.get(ALL_PROVIDERS)
    overall = _Basis.of_all(whole, [*found.values()], comparison, rule) if whole else None
    return ReleasedEffects(
        comparison=comparison,
        rows=tuple(
            _make_row(
                row.provider, comparison, (row.n_started, row.n), found.get(row.provider), overall
            )
            for row in comparison.rows
        ),
        overall=_make_row(
            ALL_PROVIDERS, comparison, (comparison.n_started, comparison.n_pairs), overall, overall
        ),
    )


@dataclass(frozen=True, slots=True)
class _Basis:
    """All that is published of one row; everything else is computed from it."""

    n: int
    mean_baseline: float
    mean_change: float
    spreads: tuple[float, float, float]
    ranks: Mapping[str, float]
    changed: int
    share: float | None

    @staticmethod
    def of_provider(
        row: ProviderRow, exact: EffectRow, comparison: ProviderComparison, rule: DisclosureRule
    ) -> "_Basis | None":
        """None where the comparison withholds the provider, or where nothing varies."""
        if row.withheld or row.n is None or row.gain is None:
            return None
        if row.expected is None or row.observed_minus_expected is None:
            return None
        grid = rule.grid(comparison, row.n)
        start = coarsen(row.expected + row.observed_minus_expected - row.gain, grid)
        spreads = _coarsen_spreads(exact, row.n, comparison.unit, rule)
        if spreads is None:
            return None
        changed = _publish_changed(exact, row.n, rule)
        return _Basis(
            n=row.n,
            mean_baseline=start,
            mean_change=row.gain,
            spreads=spreads,
            ranks=_coarsen_ranks(exact, changed, row.n, rule),
            changed=changed,
            share=_coarsen_share(exact, row.n, rule),
        )

    @staticmethod
    def of_all(
        exact: EffectRow,
        providers: Sequence["_Basis | None"],
        comparison: ProviderComparison,
        rule: DisclosureRule,
    ) -> "_Basis | None":
        """None where the comparison withholds the average of all, or where nothing varies."""
        shown = [basis for basis in providers if basis is not None]
        n = comparison.n_pairs or sum(row.n or 0 for row in comparison.rows)
        if comparison.target is None or exact.mean_baseline is None or not n:
            return None
        spreads = _coarsen_spreads(exact, n, comparison.unit, rule)
        if spreads is None:
            return None
        changed = sum(basis.changed for basis in shown)
        complete = len(shown) == len(providers) and all(b.share is not None for b in shown)
        return _Basis(
            n=n,
            mean_baseline=coarsen(exact.mean_baseline, rule.grid(comparison, n)),
            mean_change=comparison.target,
            spreads=spreads,
            ranks=_coarsen_ranks(exact, changed, n, rule),
            changed=changed,
            share=_coarsen_share(exact, n, rule) if complete else None,
        )

    @property
    def moments(self) -> Moments:
        """As if of n clients with these means and standard deviations."""
        squares = [np.array([(self.n - 1) * sd**2]) for sd in self.spreads]
        return Moments(
            np.array([self.n], dtype=np.int64),
            np.array([self.mean_baseline]),
            np.array([self.mean_baseline + self.mean_change]),
            *squares,
        )


def find_step(n: int, rule: DisclosureRule) -> float:
    """The step of a rank-biserial correlation or share of n clients, n as published."""
    return max(least_step(1 / max(n - rule.round_to // 2, 1)), LEAST_STEP)


def _coarsen_spreads(
    row: EffectRow, n: int, unit: float | None, rule: DisclosureRule
) -> tuple[float, float, float] | None:
    exact = (row.sd_baseline, row.sd_end, _find_spread_of_change(row))
    found = []
    for sd in exact:
        if not sd:
            return None
        if n * sd**2 < rule.hide_below * (unit or 0.0) ** 2:
            return None
        found.append(coarsen(sd, least_step(max(sd, unit or 0.0) / n)))
    one, two, three = found
    return one, two, three


def _find_spread_of_change(row: EffectRow) -> float | None:
    """From the interval of the mean change, which is there also where the mean change is 0."""
    from scipy.special import stdtrit

    n = row.n_pairs or 0
    if n < 2 or row.mean_change_low is None or row.mean_change_high is None:
        return None
    reach = (row.mean_change_high - row.mean_change_low) / 2
    return float(reach * n**0.5 / stdtrit(n - 1, 0.975))


def _count_changed(row: EffectRow) -> int:
    """How many scores changed, from the sum of their ranks."""
    if row.rank_biserial is None or row.w_plus is None:
        return 0
    if row.rank_biserial > -1:
        ranks = 2 * row.w_plus / (1 + row.rank_biserial)
        return round(float(np.sqrt(1 + 8 * ranks) - 1) / 2)
    # All fell: z^2 = 3 m (m + 1) / (2 (2 m + 1)) without ties, and no less with ties.
    z2 = (row.z_wilcoxon or 0.0) ** 2
    most = (4 * z2 - 3 + float(np.sqrt((4 * z2 - 3) ** 2 + 24 * z2))) / 6
    return min(round(most), row.n_pairs or 0)


def _publish_changed(row: EffectRow, n: int, rule: DisclosureRule) -> int:
    """How many of n scores changed, as it is published; 0 where they are too few."""
    changed = _count_changed(row)
    if changed < rule.estimates_from:
        return 0
    unchanged = (row.n_pairs or 0) - changed
    few = rule.hides(unchanged)
    return n - (rule.hide_below - 1 if few else rule.round(unchanged))


def _coarsen_ranks(
    row: EffectRow, changed: int, n: int, rule: DisclosureRule
) -> Mapping[str, float]:
    """The rank-biserial correlation with the ends of its interval, from so many published changes; empty of too few."""
    value, low, high = row.rank_biserial, row.rank_biserial_low, row.rank_biserial_high
    if value is None or changed < 1:
        return {}
    step = find_step(n, rule)
    most = round(1 / step - 1) * step
    shown = min(max(coarsen(value, step), -most), most)
    if low is None or high is None or _counts_few(row, rule):
        reach = Q95 * (2 * (2 * changed + 1) / (3 * changed * (changed + 1))) ** 0.5
        low, high = (float(np.tanh(np.arctanh(shown) + sign * reach)) for sign in (-1, 1))
        value = shown
    below, above = (
        float(np.ceil(distance / step - 1e-9)) * step for distance in (value - low, high - value)
    )
    return {
        "rank_biserial": coarsen(shown, step),
        "rank_biserial_low": max(coarsen(shown - below, step), -1.0),
        "rank_biserial_high": min(coarsen(shown + above, step), 1.0),
    }


def _counts_few(row: EffectRow, rule: DisclosureRule) -> bool:
    """Whether fewer than the threshold count as risen, or as fallen; who is unchanged counts half as each."""
    pairs = row.n_pairs or 0
    rose = (row.cles or 0.0) * pairs
    return min(rose, pairs - rose) < rule.hide_below


def _coarsen_share(row: EffectRow, n: int, rule: DisclosureRule) -> float | None:
    if row.cles is None or _counts_few(row, rule):
        return None
    return coarsen(row.cles, find_step(n, rule))


def _make_row(
    provider: str,
    comparison: ProviderComparison,
    counts: tuple[int | None, int | None],
    basis: _Basis | None,
    region: _Basis | None,
) -> EffectRow:
    withheld = EffectRow(
        provider, comparison.instrument, comparison.scale, *counts, status="withheld"
    )
    if basis is None:
        return withheld
    effects = measure_effects(basis.moments)
    figures: dict[str, Any] = {
        **_plain(effects.columns()),
        **_standardise_regionally(effects, basis, region),
        **basis.ranks,
        **_test_ranks(basis),
        **_bound_share(basis),
    }
    return replace(withheld, **figures, status="ok")


def _plain(columns: Mapping[str, Floats]) -> dict[str, float | None]:
    """Numbers of arrays of one element; None for what does not exist."""
    return {
        name: float(values[0]) if np.isfinite(values[0]) else None
        for name, values in columns.items()
    }


def _standardise_regionally(
    effects: PairedEffects, basis: _Basis, region: _Basis | None
) -> dict[str, float | None]:
    names = ("d_regional", "d_regional_low", "d_regional_high")
    if region is None:
        return dict.fromkeys(names)
    found = standardise(
        effects.mean_change,
        np.array([region.spreads[0]]),
        np.array([basis.spreads[2]]),
        np.array([basis.n - 1.0]),
        np.array([region.n - 1.0]),
    )
    return _plain(dict(zip(names, found, strict=True)))


def _test_ranks(basis: _Basis) -> dict[str, float | None]:
    """Wilcoxon's test as the published correlation and number of changed scores give it."""
    from scipy.special import ndtr

    m = basis.changed
    if not basis.ranks:
        return {}
    value, ranks = basis.ranks["rank_biserial"], m * (m + 1) / 2
    z = value * ranks / 2 / (ranks * (2 * m + 1) / 12) ** 0.5
    return {
        "w_plus": (1 + value) / 2 * ranks,
        "z_wilcoxon": z,
        "p_wilcoxon": float(2 * ndtr(-abs(z))),
    }


def _bound_share(basis: _Basis) -> dict[str, float | None]:
    if basis.share is None:
        return {}
    low, high = find_wilson(np.array([basis.share * basis.n]), np.array([basis.n]))
    return {"cles": basis.share, **_plain({"cles_low": low, "cles_high": high})}
