"""What of a county's sums may leave it, so that providers can be compared over counties without a client's row.

The models need of each provider its count and its sums, and of the clients as a whole the products of their values. So
only that is handed over, for one scale and a period of whole months, by these rules (with the defaults of
`DisclosureRule`):

1. A provider with fewer than 10 pairs is left out as if it were not there; only how many providers are is said.
2. Products (and so joint counts of two categories) are those of all the county's providers together, never of one.
3. At every provider each level of a category has no client or at least 5, in the county each level has at least 10, and
   any two levels of different covariates have none or at least 5 clients in common: `small_levels` says how clients are
   moved to that end, and when a covariate is left out. A number that is only 0 or 1 is left out where it breaks this.
   Where the flag of a number that is not known of everybody does, there is no flag, and the number stands at the whole
   number nearest to the mean of the known ones (which tells nothing of how many those are).
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
from evalplat.statistics.counties.small_levels import (
    Groups,
    SafeLevels,
    hide_small_levels,
    name_group,
)
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.models.case_mix import name_unknown
from evalplat.statistics.moments import Floats
from evalplat.statistics.publishing.suppression import withhold_with_total
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import LEVEL, PairSums, PooledSums, find_levels


@dataclass(frozen=True, slots=True)
class CountySums:
    """One scale of a county as it may leave it.

    numbers: the columns that are numbers, `baseline` and `end` first, and their flags. categories: of each covariate,
    which of its levels were joined. left_out: covariates that had to be left out. sums: columns are the numbers, then
    each category's groups (see `name_group`). providers_left_out: how many had too few pairs. moved: covariates of
    which a few clients count with another level than theirs, or with the mean without a flag.
    """

    numbers: tuple[str, ...]
    categories: Mapping[str, Groups]
    left_out: tuple[str, ...]
    sums: PooledSums
    flow: Flow
    providers_left_out: int
    moved: tuple[str, ...] = ()


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
        if name in numbers:
            continue
        levels = [level for level in find_levels(sums.columns, name) if _is_met(chosen, level)]
        if name in sums.columns:
            numbers.extend((name, *(level for level in levels if level == name_unknown(name))))
        elif levels:
            categories[name] = tuple((level.partition(LEVEL)[2],) for level in levels)
        else:
            left_out.append(name)
    safe = hide_small_levels(_choose_columns(chosen, numbers, categories), categories, rule)
    found, moved, unsafe = _hide_small_numbers(safe, numbers[2:], rule)
    numbers = [name for name in numbers if name in found.columns]
    groups = [
        name_group(name, group) for name, groups in safe.categories.items() for group in groups
    ]
    return CountySums(
        numbers=tuple(numbers),
        categories=safe.categories,
        left_out=(*left_out, *unsafe, *safe.left_out),
        sums=found.choose_columns((*numbers, *groups)).pool(),
        flow=_control_flow(sums, set(kept), flow, rule),
        providers_left_out=few,
        moved=(*safe.moved, *moved),
    )


def _choose_columns(
    sums: PairSums, numbers: Sequence[str], categories: Mapping[str, Groups]
) -> PairSums:
    levels = [name_group(name, group) for name, groups in categories.items() for group in groups]
    return sums.choose_columns((*numbers, *levels))


def _hide_small_numbers(
    safe: SafeLevels, numbers: Sequence[str], rule: DisclosureRule
) -> tuple[PairSums, list[str], list[str]]:
    """The sums without unsafe flags and numbers that are only 0 or 1; the names of what was filled in, and left out."""
    sums = safe.sums
    moved: list[str] = []
    left_out: list[str] = []
    for name in (one for one in numbers if LEVEL in one):
        number = name.partition(LEVEL)[0]
        if not _is_safe(sums, name, rule, county=True):
            sums = _fill(sums, number, name)
            (moved if sums.cases and _is_wide(sums, number) else left_out).append(number)
    for name in (one for one in numbers if LEVEL not in one):
        if name not in left_out and not _is_safe(sums, name, rule):
            left_out.append(name)
            moved = [one for one in moved if one != name]
    gone = {*left_out, *(name_unknown(name) for name in left_out)}
    return sums.choose_columns([one for one in sums.columns if one not in gone]), moved, left_out


def _fill(sums: PairSums, number: str, flag: str) -> PairSums:
    """A number at the whole number nearest to the mean of the known ones, without its flag.

    A mean with all its digits would tell, from a provider's sum of whole numbers, how many were filled in.
    """
    place, unknown = sums.columns.index(number), sums.columns.index(flag)
    lacking = float(_read_cells(sums, flag).sum())
    total = float(_read_cells(sums, number).sum())
    turn = np.eye(len(sums.columns))
    turn[unknown, place] = round(total / (sums.cases - lacking)) if sums.cases > lacking else 0.0
    kept = [k for k in range(len(sums.columns)) if k != unknown]
    turn = turn[:, kept]
    return replace(
        sums,
        columns=tuple(sums.columns[k] for k in kept),
        reference=sums.reference @ turn,
        sums=sums.sums @ turn,
        products=turn.T @ sums.products @ turn,
    )


def _is_wide(sums: PairSums, number: str) -> bool:
    """Whether a number varies so much that half of one makes no difference."""
    pooled, place = sums.pool(), sums.columns.index(number)
    added = float(pooled.sums[:, place].sum())
    variance = (float(pooled.products[place, place]) - added**2 / pooled.cases) / pooled.cases
    return variance >= 4.0


def _is_met(sums: PairSums, column: str) -> bool:
    """Whether anybody has this level."""
    return bool(_read_cells(sums, column).sum() > 0.5)


def _read_cells(sums: PairSums, column: str) -> Floats:
    """How many clients of each provider have a level, or what their 0/1 column adds up to."""
    place = sums.columns.index(column)
    return np.asarray(sums.sums[:, place] + sums.n * sums.reference[place])


def _is_safe(sums: PairSums, column: str, rule: DisclosureRule, *, county: bool = False) -> bool:
    """Whether a number may be handed over: one that is only 0 or 1 is a count, and so is what it lacks to n.

    Its clients are counted at each provider and together with each level. county: there must be 10 on either side, too.
    """
    place = sums.columns.index(column)
    about, ones = sums.reference[place], _read_cells(sums, column)
    squares = sums.products[:, place, place] + 2 * about * sums.sums[:, place]
    squares = squares + sums.n * about**2
    if not np.allclose(squares, ones, rtol=1e-9, atol=1e-6):
        return True
    counts = [ones, sums.n - ones]
    if county and min(float(part.sum()) for part in counts) < rule.estimates_from - 0.5:
        return False
    levels = [k for k, name in enumerate(sums.columns) if LEVEL in name and name != column]
    pooled = sums.pool().move(np.zeros(len(sums.columns)))
    shared = pooled.products[place, levels]
    counts += [shared, pooled.sums[:, levels].sum(axis=0) - shared]
    # Where the number itself is not known it is 0, which is no value of it.
    flag = name_unknown(column)
    if flag in sums.columns:
        counts[1] = counts[1] - _read_cells(sums, flag)
        counts.pop()
    found = np.rint(np.concatenate(counts))
    return not ((found > 0) & (found < rule.hide_below)).any()


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
