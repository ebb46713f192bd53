"""Shares of clients whose change is reliable, per provider: exclusive categories, the net share, and the common share.

Formula: with n assessable pairs of a provider, the shares improved (the recovered among them), unchanged and
deteriorated (the harmed among them) are exclusive and add up to 1. Each has Wilson's interval; its difference to all
other providers together has Newcombe's; its shrunken value comes from a beta-binomial over the providers. Net is
improved less deteriorated, which are shares of the same clients: (b - c) / n with Bonett and Price's interval,
p_b - p_c +- 1.959964 sqrt((p_b + p_c - (p_b - p_c)^2) / (n + 2)), p_b = (b + 1) / (n + 2), p_c = (c + 1) / (n + 2).

Of their own denominators: recovered of those on the clinical side of the cut-off at baseline, harmed of those beyond
it. Important (the MIC was reached) is of all pairs and is given only where the smallest detectable change is known.

Reference: Jacobson and Truax 1991; Newcombe 1998; Bonett and Price 2012, J Educ Behav Stat 37:479. Checked against
counting client by client, statsmodels, and the coverage of the net share's interval by simulation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.change import ChangeStatus
from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats
from evalplat.statistics.shares.beta_binomial import BetaBinomial, shrink_shares
from evalplat.statistics.shares.change_methods import (
    ChangeMethod,
    ChangeParameters,
    ChangeVerdicts,
    judge_changes,
)
from evalplat.statistics.shares.proportions import Difference, measure_difference, measure_share
from evalplat.statistics.shares.share_funnel import measure_share_funnel
from evalplat.vocabulary import Direction, Verdict

if TYPE_CHECKING:
    import pandas as pd

EXCLUSIVE = ("improved", "unchanged", "deteriorated")
FURTHER = ("recovered", "harmed", "important")
JUDGED = (("improved", 1), ("deteriorated", -1))
"""Shares that get a verdict, and whether more of them is better."""

ALL_PROVIDERS = "*"


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """One share of one provider: `count` of `of`.

    difference: to all other providers together. verdict: where the share stands in the funnel of shares (see
    `share_funnel`), of the improved and the deteriorated; above is better. status: "ok", "nobody" (a share of nothing),
    "unknown" (no cut-off, or no MIC with its SDC). A released share may be "few", "nearly_all" or "withheld"; then it
    has no figures.
    """

    key: str
    count: int | None
    of: int | None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    difference: Difference | None = None
    shrunken: float | None = None
    shrunken_low: float | None = None
    shrunken_high: float | None = None
    verdict: Verdict | None = None
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class ChangeShareRow:
    """One provider's shares, or all together's. net: improved less deteriorated."""

    provider: str
    n_pairs: int | None
    shares: tuple[CategoryShare, ...]
    net: Difference | None = None

    def share(self, key: str) -> CategoryShare:
        """The share of this category."""
        return next(share for share in self.shares if share.key == key)


@dataclass(frozen=True, slots=True)
class ChangeShares:
    """Shares of reliable change under one method, providers in order of name.

    status: "ok"; "not_assessable" (a parameter is not known: `missing` names it); "no_pairs". fits: how each exclusive
    share varies between providers. sdc, mic: smallest detectable and minimal important change, as they were used.
    """

    method: ChangeMethod
    rows: tuple[ChangeShareRow, ...]
    total: ChangeShareRow
    status: str
    sdc: float | None
    mic: float | None
    cut_off: float | None
    source: str
    missing: tuple[str, ...] = ()
    fits: tuple[tuple[str, BetaBinomial], ...] = ()
    warnings: tuple[Message, ...] = ()
    released: bool = False


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """How many, of how many, per provider: counts[key] and of[key] have one element per provider; nan is withheld.

    unknown: keys of which nothing can be said. for_fit: counts that the shrinkage may use, where they differ.
    """

    providers: tuple[str, ...]
    pairs: Floats
    counts: Mapping[str, Floats]
    of: Mapping[str, Floats]
    unknown: frozenset[str] = frozenset()
    total: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    for_fit: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)


def measure_change_shares(
    frame: "pd.DataFrame",
    *,
    direction: Direction,
    parameters: ChangeParameters,
    method: ChangeMethod = ChangeMethod.JT,
) -> ChangeShares:
    """Shares of reliable change; `frame` has one row per episode: `provider`, `baseline`, `end` (NaN: missing)."""
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in ("provider", "baseline", "end")
        if name not in frame.columns
    ]
    if faults:
        raise InputRejected(Message("Shares of change cannot be computed."), faults)
    x, y = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in ("baseline", "end"))
    verdicts = judge_changes(x, y, direction=direction, parameters=parameters, method=method)
    names, codes = np.unique(
        np.asarray(frame["provider"].astype(str).str.strip(), dtype=str), return_inverse=True
    )
    counts = count_changes(
        tuple(str(name) for name in names), codes, x, y, verdicts, direction, parameters.cut_off
    )
    rows, total, fits = assemble(counts)
    warnings = list(verdicts.warnings)
    for key, sign in JUDGED:
        if key not in counts.unknown:
            rows, found = _judge(rows, counts, key, sign)
            warnings += [warning for warning in found if warning not in warnings]
    status = "not_assessable" if verdicts.missing else "ok" if total.n_pairs else "no_pairs"
    return ChangeShares(
        method=method,
        rows=rows,
        total=total,
        status=status,
        sdc=verdicts.sdc,
        mic=parameters.mic,
        cut_off=parameters.cut_off,
        source=parameters.source,
        missing=verdicts.missing,
        fits=fits,
        warnings=tuple(warnings),
    )


def count_changes(
    providers: tuple[str, ...],
    codes: NDArray[np.intp],
    x: Floats,
    y: Floats,
    verdicts: ChangeVerdicts,
    direction: Direction,
    cut_off: float | None,
) -> ShareCounts:
    """Who falls into which category, per provider. `codes` point into `providers`."""

    def add(holds: NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(codes, weights=holds, minlength=len(providers)), dtype=float)

    pair = np.isfinite(x) & np.isfinite(y)
    groups = {
        "improved": (ChangeStatus.IMPROVED, ChangeStatus.RECOVERED),
        "unchanged": (ChangeStatus.UNCHANGED,),
        "deteriorated": (ChangeStatus.DETERIORATED, ChangeStatus.HARMED),
        "recovered": (ChangeStatus.RECOVERED,),
        "harmed": (ChangeStatus.HARMED,),
    }
    counts = {
        key: add(np.isin(verdicts.status, [status.value for status in group]))
        for key, group in groups.items()
    }
    of = {key: add(pair) for key in (*EXCLUSIVE, *FURTHER)}
    unknown = set() if not verdicts.missing else {*EXCLUSIVE, "recovered", "harmed"}
    if cut_off is None:
        unknown |= {"recovered", "harmed"}
    else:
        functional = direction.sign * (x - cut_off) > 0
        of["recovered"], of["harmed"] = add(pair & ~functional), add(pair & functional)
    if verdicts.important is None:
        unknown.add("important")
        counts["important"] = np.zeros(len(providers))
    else:
        counts["important"] = add(verdicts.important & pair)
    return ShareCounts(providers, add(pair), counts, of, frozenset(unknown))


def assemble(
    counts: ShareCounts,
) -> tuple[tuple[ChangeShareRow, ...], ChangeShareRow, tuple[tuple[str, BetaBinomial], ...]]:
    """Shares, differences and shrunken values from counts: exact ones, or those that may be published."""
    keys = (*EXCLUSIVE, *FURTHER)
    totals = {key: _sum_up(counts, key) for key in keys}
    shrunken = {}
    fits = []
    for key in keys:
        if key in counts.unknown:
            continue
        x, n = counts.for_fit.get(key, (counts.counts[key], counts.of[key]))
        known = np.isfinite(x) & np.isfinite(n)
        found = shrink_shares(np.where(known, x, 0.0), np.where(known, n, 0.0))
        shrunken[key] = found
        fits.append((key, found.fit))
    rows = []
    for place, provider in enumerate(counts.providers):
        shares = []
        for key in keys:
            share = _make_share(counts, key, place)
            if share.share is not None:
                found = shrunken[key]
                values = [_plain(part[place]) for part in (found.share, found.low, found.high)]
                share = _compare(share, totals[key], *values)
            shares.append(share)
        rows.append(
            ChangeShareRow(provider, _count(counts.pairs[place]), tuple(shares), find_net(shares))
        )
    overall = [
        _share(key, *totals[key]) if key not in counts.unknown else _blank(key, "unknown")
        for key in keys
    ]
    pairs = counts.total.get("pairs", (float(np.sum(counts.pairs)),) * 2)[0]
    total = ChangeShareRow(ALL_PROVIDERS, _count(pairs), tuple(overall), find_net(overall))
    return tuple(rows), total, tuple(fits)


def _judge(
    rows: tuple[ChangeShareRow, ...], counts: ShareCounts, key: str, sign: int
) -> tuple[tuple[ChangeShareRow, ...], tuple[Message, ...]]:
    """The rows with a verdict on one share, and what a reader must know of it."""
    funnel = measure_share_funnel(
        key, counts.providers, counts.counts[key], counts.of[key], sign=sign
    )
    judged = tuple(
        replace(
            row,
            shares=tuple(
                replace(share, verdict=position.verdict) if share.key == key else share
                for share in row.shares
            ),
        )
        for row, position in zip(rows, funnel.positions, strict=True)
    )
    return judged, funnel.warnings


def find_net(shares: Sequence[CategoryShare]) -> Difference | None:
    """Improved less deteriorated, of the same clients; None where one of them is not known."""
    by_key = {share.key: share for share in shares}
    better, worse = by_key["improved"], by_key["deteriorated"]
    if better.count is None or worse.count is None or not better.of:
        return None
    return measure_net(better.count, worse.count, better.of)


def measure_net(better: int, worse: int, of: int) -> Difference:
    """The share `better` less the share `worse` of the same `of` clients, with Bonett and Price's interval."""
    p_better, p_worse = (better + 1) / (of + 2), (worse + 1) / (of + 2)
    centre = p_better - p_worse
    reach = Q95 * ((p_better + p_worse - centre**2) / (of + 2)) ** 0.5
    value = (better - worse) / of
    return Difference(
        value, max(min(centre - reach, value), -1.0), min(max(centre + reach, value), 1.0)
    )


def _sum_up(counts: ShareCounts, key: str) -> tuple[float, float]:
    if key in counts.total:
        return counts.total[key]
    return float(np.sum(counts.counts[key])), float(np.sum(counts.of[key]))


def _make_share(counts: ShareCounts, key: str, place: int) -> CategoryShare:
    if key in counts.unknown:
        return _blank(key, "unknown")
    return _share(key, counts.counts[key][place], counts.of[key][place])


def _share(key: str, count: float, of: float) -> CategoryShare:
    if not (np.isfinite(count) and np.isfinite(of)):
        return _blank(key, "withheld")
    found = measure_share(int(count), int(of))
    status = "ok" if of else "nobody"
    return CategoryShare(
        key, found.count, found.of, found.share, found.low, found.high, status=status
    )


def _compare(
    share: CategoryShare,
    total: tuple[float, float],
    shrunken: float | None,
    low: float | None,
    high: float | None,
) -> CategoryShare:
    """The share with its difference to all others and its shrunken value."""
    difference = None
    if share.count is not None and share.of is not None and np.isfinite(sum(total)):
        rest = int(total[1]) - share.of
        others = min(max(int(total[0]) - share.count, 0), max(rest, 0))
        if rest > 0:
            difference = measure_difference(share.count, share.of, others, rest)
    return replace(
        share, difference=difference, shrunken=shrunken, shrunken_low=low, shrunken_high=high
    )


def _blank(key: str, status: str) -> CategoryShare:
    return CategoryShare(key, None, None, status=status)


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _count(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None
