"""What of a county's sums may leave it, so that providers can be compared over counties without a client's row.

The models need of each provider its count and its sums, and of the clients as a whole the products of their values. So
only that is handed over, for one scale and a period of whole months, by these rules (with the defaults of
`DisclosureRule`):

1. A provider with fewer than 10 pairs is left out as if it were not there; only how many providers are is said.
2. Products (and so joint counts of two categories) are those of all the county's providers together, never of one.
3. A category's levels are joined, the smallest with the next smallest, until at every provider each level has no
   client or at least 5, in the county each level has at least 10, and any two levels of different covariates have none
   or at least 5 clients in common. Where one level alone is left, the covariate is left out. A number that is only 0 or
   1 is left out where it breaks this.
4. How many started is withheld where 1 to 4 of a provider's episodes gave no pair, and reasons of exclusion with 1 to 4
   episodes are withheld; both with as many others as `suppression` says, because their sums are one and the same. The
   reasons count the episodes of all the county's providers, those of the ones left out too.

Counts and sums that are handed over are exact: rounded ones would make a comparison over counties another one than that
of the pooled clients. They are for the counties' analysts; what is published of it goes through `release`.

Checked against an attacker who adds and subtracts all that a county hands over, on many small random counties.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalplat.statistics.comparison_of_sums import Flow
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.moments import Floats
from evalplat.statistics.publishing.suppression import withhold_with_total
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import LEVEL, PairSums, PooledSums, find_levels

Groups = tuple[tuple[str, ...], ...]
JOIN = " + "


@dataclass(frozen=True, slots=True)
class CountySums:
    """One scale of a county as it may leave it.

    numbers: the columns that are numbers, `baseline` and `end` first. categories: of each covariate, which of its
    levels were joined. left_out: covariates that had to be left out. sums: columns are the numbers, then each
    category's groups (see `name_group`). providers_left_out: how many had too few pairs.
    """

    numbers: tuple[str, ...]
    categories: Mapping[str, Groups]
    left_out: tuple[str, ...]
    sums: PooledSums
    flow: Flow
    providers_left_out: int


def name_group(covariate: str, levels: Sequence[str]) -> str:
    """The column of joined levels: `sex=other + unknown`."""
    return covariate + LEVEL + JOIN.join(sorted(levels))


def control_disclosure(
    sums: PairSums, flow: Flow, covariates: Sequence[str], rule: DisclosureRule
) -> CountySums:
    """What may leave the county of these sums, with these covariates beside `baseline` and `end`.

    A covariate that the sums do not know is left out, and said to be.
    """
    kept = [
        name for name, n in zip(sums.providers, sums.n, strict=True) if n >= rule.estimates_from
    ]
    few = sum(bool(n) for n in sums.n) - len(kept)
    chosen = sums.choose(sorted(kept))
    numbers = ["baseline", "end"]
    left_out: list[str] = []
    categories: dict[str, Groups] = {}
    for name in dict.fromkeys(covariates):
        if name in ("baseline", "end"):
            continue
        levels = [level for level in find_levels(sums.columns, name) if _is_met(chosen, level)]
        if name in sums.columns and _is_safe(chosen, name, rule) and not levels:
            numbers.append(name)
        elif levels and name not in sums.columns:
            categories[name] = tuple((level.partition(LEVEL)[2],) for level in levels)
        else:
            left_out.append(name)
    joined = _join_levels(chosen, categories, rule)
    alone = [name for name, groups in joined.items() if len(groups) < 2]
    wanted = {name: groups for name, groups in joined.items() if name not in alone}
    return CountySums(
        numbers=tuple(numbers),
        categories=wanted,
        left_out=(*left_out, *alone),
        sums=regroup(
            chosen.pool(), numbers, {name: (g, categories[name]) for name, g in wanted.items()}
        ),
        flow=_control_flow(sums, set(kept), flow, rule),
        providers_left_out=few,
    )


def _is_met(sums: PairSums, column: str) -> bool:
    """Whether anybody has this level."""
    return bool(_read_cells(sums, column).sum() > 0.5)


def _read_cells(sums: PairSums, column: str) -> Floats:
    """How many clients of each provider have a level, or what their 0/1 column adds up to."""
    place = sums.columns.index(column)
    return np.asarray(sums.sums[:, place] + sums.n * sums.reference[place])


def _is_safe(sums: PairSums, column: str, rule: DisclosureRule) -> bool:
    """Whether a number may be handed over: one that is only 0 or 1 is a count, and so is what it lacks to n."""
    place = sums.columns.index(column)
    about, ones = sums.reference[place], _read_cells(sums, column)
    squares = sums.products[:, place, place] + 2 * about * sums.sums[:, place]
    squares = squares + sums.n * about**2
    if not np.allclose(squares, ones, rtol=1e-9, atol=1e-6):
        return True
    counts = np.rint(np.concatenate([ones, sums.n - ones]))
    return not ((counts > 0) & (counts < rule.hide_below)).any()


def _join_levels(
    sums: PairSums, categories: Mapping[str, Groups], rule: DisclosureRule
) -> dict[str, Groups]:
    """Join levels until no cell is small; see rule 3 of the module."""
    joined = dict(categories)
    while True:
        choice = _find_small(sums, joined, rule)
        if choice is None:
            return joined
        covariate, place = choice
        groups = joined[covariate]
        totals = [sum(_count(sums, covariate, group)) for group in groups]
        others = [k for k in range(len(groups)) if k != place]
        other = min(others, key=lambda k: (totals[k], groups[k]))
        both = tuple(sorted((*groups[place], *groups[other])))
        rest = [groups[k] for k in others if k != other]
        joined[covariate] = tuple(sorted((*rest, both)))


def _count(sums: PairSums, covariate: str, group: Sequence[str]) -> list[int]:
    """Clients of each provider who have one of these levels."""
    cells = sum(_read_cells(sums, covariate + LEVEL + level) for level in group)
    return [round(float(cell)) for cell in np.atleast_1d(cells)]


def _find_small(
    sums: PairSums, categories: Mapping[str, Groups], rule: DisclosureRule
) -> tuple[str, int] | None:
    """The rarest group that has a small cell and can still be joined; of two categories in common only then."""
    found: list[tuple[int, str, int]] = []
    open_groups = [
        (name, place, group)
        for name, groups in categories.items()
        if len(groups) > 1
        for place, group in enumerate(groups)
    ]
    totals = {}
    for name, place, group in open_groups:
        cells = _count(sums, name, group)
        totals[name, place] = sum(cells)
        small = any(cell > 0 and rule.hides(cell) for cell in cells)
        if small or sum(cells) < rule.estimates_from:
            found.append((sum(cells), name, place))
    if found:
        return min(found)[1:]
    pooled = sums.pool()
    for number, (name, place, group) in enumerate(open_groups):
        for other, beside, among in open_groups[number + 1 :]:
            if other == name:
                continue
            common = round(_count_common(pooled, (name, group), (other, among)))
            if common > 0 and rule.hides(common):
                pair = [(totals[name, place], name, place), (totals[other, beside], other, beside)]
                found.append(min(pair))
    return min(found)[1:] if found else None


def _count_common(
    sums: PooledSums, first: tuple[str, Sequence[str]], second: tuple[str, Sequence[str]]
) -> float:
    """Clients of the county who have a level of both groups."""
    total = 0.0
    for one in first[1]:
        for two in second[1]:
            a = sums.columns.index(first[0] + LEVEL + one)
            b = sums.columns.index(second[0] + LEVEL + two)
            r, s = sums.reference[a], sums.reference[b]
            added = sums.sums.sum(axis=0)
            total += float(sums.products[a, b] + r * added[b] + s * added[a] + sums.cases * r * s)
    return total


def regroup(
    sums: PooledSums,
    numbers: Sequence[str],
    categories: Mapping[str, tuple[Groups, Groups]],
) -> PooledSums:
    """The sums with these numbers, and with groups of levels joined: {covariate: (wanted, as the columns have them)}.

    A column is named by its levels, joined ones as in `name_group`. Every wanted group is a union of the columns'.
    """
    known = {name: place for place, name in enumerate(sums.columns)}
    names = list(numbers)
    parts: list[list[int]] = [[known[name]] for name in numbers]
    for covariate, (wanted, present) in categories.items():
        for group in wanted:
            names.append(name_group(covariate, group))
            own = [name_group(covariate, part) for part in present if set(part) <= set(group)]
            parts.append([known[name] for name in own])
    turn = np.zeros((len(sums.columns), len(names)))
    for place, columns in enumerate(parts):
        turn[columns, place] = 1.0
    return replace(
        sums,
        columns=tuple(names),
        reference=sums.reference @ turn,
        sums=sums.sums @ turn,
        products=turn.T @ sums.products @ turn,
    )


def _control_flow(sums: PairSums, kept: set[str], flow: Flow, rule: DisclosureRule) -> Flow:
    """Rule 4 of the module; `sums` has all the county's providers, `kept` are those that are handed over."""
    pairs = dict(zip(sums.providers, np.rint(sums.n).astype(int).tolist(), strict=True))
    started = flow.n_started
    missing = {
        name: count - pairs.get(name, 0) for name, count in started.items() if count is not None
    }
    lacking = [name for name in sorted(missing) if missing[name] > 0]
    # Those that are not handed over are spared first: they are withheld in any case.
    lacking.sort(key=lambda name: name not in kept)
    by_provider = withhold_with_total([missing[name] for name in lacking], rule)
    reasons = [item for item in flow.exclusions if item.count != 0]
    by_reason = withhold_with_total([item.count or 0 for item in reasons], rule)
    nothing = by_provider.total is None or (bool(reasons) and by_reason.total is None)
    hidden = {
        name
        for name, count in zip(lacking, by_provider.counts, strict=True)
        if nothing or count is None
    }
    return Flow(
        {name: None if name in hidden else started.get(name) for name in sorted(kept)},
        tuple(
            Exclusion(item.reason, None if nothing or count is None else item.count)
            for item, count in zip(reasons, by_reason.counts, strict=True)
        ),
    )
