"""Shares of change as they may be published, so that no count of one to four can be derived.

The exclusive categories are a table of providers by categories with its totals (see `suppression_tables`; unchanged can
best be spared). Pairs stand on other pages too, so that beside fewer than three of them there is no total here. A share
of another denominator is a table of those who are in it and those who are not. Estimates need 10 pairs. Every share,
difference, interval and shrunken value is computed again from the rounded counts; where a count is withheld, half of
the threshold stands for it when the shrinkage is fitted, and nothing of that provider is shown. The verdict on a share
that is shown is that of the exact counts.

Why a count is withheld is said where that tells no more than withholding does: "few" of under 5, "nearly_all" where
under 5 are left. Of two counts of which one is within the other, the lesser is withheld where both are shown as 5,
because then hardly any client could be in one alone.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.moments import Floats
from evalplat.statistics.publishing.suppression_tables import (
    ReleasedTable,
    may_total,
    withhold_column,
    withhold_table,
)
from evalplat.statistics.shares.change_shares import (
    EXCLUSIVE,
    FURTHER,
    CategoryShare,
    ChangeShareRow,
    ChangeShares,
    ShareCounts,
    assemble,
)

NESTED = (("improved", "recovered"), ("deteriorated", "harmed"), ("improved", "important"))
"""Two counts of which one is within the other; the second is withheld where both are shown as the smallest count."""

SPARED_FIRST = tuple(EXCLUSIVE.index(key) for key in ("unchanged", "deteriorated", "improved"))


def release_change_shares(shares: ChangeShares, rule: DisclosureRule) -> ChangeShares:
    """The shares as they may be published; a released result is never released twice."""
    if shares.released:
        return shares
    unknown = {share.key for share in shares.total.shares if share.status == "unknown"}
    tables = {
        keys: _withhold(shares.rows, keys, rule)
        for keys in (EXCLUSIVE, *((key,) for key in FURTHER))
        if not unknown & set(keys)
    }
    if not may_total([row.n_pairs or 0 for row in shares.rows], rule):
        tables = {
            keys: replace(table, columns=(None,) * len(table.columns), total=None)
            for keys, table in tables.items()
        }
    pairs, all_pairs = _release_pairs(shares, tables.get(EXCLUSIVE), rule)
    counts, of, total, for_fit = {}, {}, {"pairs": (all_pairs, all_pairs)}, {}
    for keys, table in tables.items():
        for column, key in enumerate(keys):
            shown = _to_floats(line[column] for line in table.cells)
            whole = pairs if keys == EXCLUSIVE else _to_floats(table.rows)
            enough = whole >= rule.estimates_from
            counts[key], of[key] = np.where(enough, shown, np.nan), np.where(enough, whole, np.nan)
            total[key] = (_to_float(table.columns[column]), _to_float(table.total))
            for_fit[key] = _stand_in(shares.rows, key, counts[key], whole, rule)
    providers = tuple(row.provider for row in shares.rows)
    if "unchanged" in for_fit:
        for_fit["unchanged"] = _leave_rest(for_fit)
    _withhold_parts(counts, rule)
    rows, overall, fits = assemble(
        ShareCounts(
            providers,
            pairs,
            _fill(counts, pairs),
            _fill(of, pairs),
            frozenset(unknown),
            total,
            for_fit,
        )
    )
    explained = tuple(
        _explain(row, exact, rule) for row, exact in zip(rows, shares.rows, strict=True)
    )
    return replace(
        shares,
        rows=explained,
        total=_explain(overall, shares.total, rule),
        fits=fits,
        # It may rest on the SD of these very clients, whose last digits could be searched for.
        sdc=None if shares.sdc is None else float(f"{shares.sdc:.3g}"),
        released=True,
    )


def _withhold(
    rows: Iterable[ChangeShareRow], keys: tuple[str, ...], rule: DisclosureRule
) -> ReleasedTable:
    lines = []
    for row in rows:
        shares = [row.share(key) for key in keys]
        counted = [share.count or 0 for share in shares]
        lines.append(counted if len(keys) > 1 else [*counted, (shares[0].of or 0) - counted[0]])
    order = SPARED_FIRST if keys == EXCLUSIVE else (1, 0)
    return withhold_table(lines, rule, order=order)


def _release_pairs(
    shares: ChangeShares, table: ReleasedTable | None, rule: DisclosureRule
) -> tuple[Floats, float]:
    """Pairs per provider and in all: from the table of categories, or by themselves where there is none."""
    if table is None:
        alone = withhold_column([row.n_pairs or 0 for row in shares.rows], rule)
        return _to_floats(alone.counts), _to_float(alone.total)
    return _to_floats(table.rows), _to_float(table.total)


def _stand_in(
    rows: tuple[ChangeShareRow, ...], key: str, counts: Floats, of: Floats, rule: DisclosureRule
) -> tuple[Floats, Floats]:
    """Counts for the shrinkage: those shown, and half of the threshold where few are in, or few are left out."""
    half = rule.hide_below / 2
    filled = counts.copy()
    for place, row in enumerate(rows):
        if np.isnan(counts[place]) and of[place] >= rule.estimates_from:
            why = _find_reason(row.share(key), rule)
            filled[place] = {"few": half, "nearly_all": of[place] - half}.get(why, np.nan)
    return filled, np.where(np.isnan(filled), np.nan, of)


def _leave_rest(for_fit: dict[str, tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Unchanged are those who are neither improved nor deteriorated, as far as that is known."""
    better, of = for_fit["improved"]
    rest = of - better - for_fit["deteriorated"][0]
    return rest, np.where(np.isnan(rest), np.nan, of)


def _withhold_parts(counts: dict[str, Floats], rule: DisclosureRule) -> None:
    least = rule.round(rule.hide_below)
    for one, other in NESTED:
        if one in counts and other in counts:
            same = (counts[one] == least) & (counts[other] == least)
            counts[other] = np.where(same, np.nan, counts[other])


def _fill(known: dict[str, Floats], pairs: Floats) -> dict[str, Floats]:
    nothing = np.full(len(pairs), np.nan)
    return {key: known.get(key, nothing) for key in (*EXCLUSIVE, *FURTHER)}


def _explain(row: ChangeShareRow, exact: ChangeShareRow, rule: DisclosureRule) -> ChangeShareRow:
    """Withheld shares with the reason, where there are enough clients for it to tell nothing; shown ones judged."""
    enough = row.n_pairs is not None and row.n_pairs >= rule.estimates_from
    shares = []
    for share, whole in zip(row.shares, exact.shares, strict=True):
        if share.status == "ok":
            shares.append(replace(share, verdict=whole.verdict))
        elif share.status == "withheld" and enough:
            shares.append(replace(share, status=_find_reason(whole, rule)))
        else:
            shares.append(share)
    return replace(row, shares=tuple(shares))


def _find_reason(exact: CategoryShare, rule: DisclosureRule) -> str:
    count, of = exact.count or 0, exact.of or 0
    if of < rule.estimates_from:
        return "withheld"
    if rule.hides(count):
        return "few"
    return "nearly_all" if rule.hides(of - count) else "withheld"


def _to_floats(counts: Iterable[int | None]) -> Floats:
    return np.array([_to_float(count) for count in counts], dtype=float)


def _to_float(count: int | None) -> float:
    return np.nan if count is None else float(count)
