"""Comparing providers over counties from each county's document, without a client's row leaving its county.

Documents fit together when they are of different counties and of one period, and know the scale by the same definition
and points. Where a county joined levels of a category, they are joined for all. Clients of a county that had to leave a
covariate out count as the average of all other counties' clients: so it makes no difference between that county's
providers and takes nothing from the others, and a warning says so. A covariate that no county hands over is left out. A
provider of one name in two counties is one provider.

Checked against `compare` on the pooled clients of all counties: the same to 1e-9 where nothing was suppressed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.comparison_of_sums import Flow, compare_sums
from evalplat.statistics.counties.county_documents import CountyDocument, HandedOver, ScaleIdentity
from evalplat.statistics.counties.county_moments import CountySums, regroup
from evalplat.statistics.counties.small_levels import Groups
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.models.case_mix import name_unknown
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.results import Provenance, ProviderComparison
from evalplat.statistics.sums import LEVEL, PooledSums
from evalplat.statistics.verdicts import VerdictRule


@dataclass(frozen=True, slots=True)
class MergedMoments:
    """One scale over all counties, ready for `compare_sums`.

    covariates: what can be adjusted for, `baseline` included. left_out: what no county hands over. averaged: what some
    county had to leave out. moved: covariates of which a few clients count with another value than theirs. created: the
    earliest day of data. providers_left_out: with too few pairs, over all counties.
    """

    identity: ScaleIdentity
    counties: tuple[str, ...]
    period: str
    created: str
    code_version: str
    sums: PooledSums
    flow: Flow
    unit: float | None
    covariates: tuple[str, ...]
    left_out: tuple[str, ...]
    providers_left_out: int
    averaged: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


def merge_counties(
    documents: Sequence[CountyDocument], instrument: str, scale: str
) -> MergedMoments:
    """One scale of these documents put together.

    Raises InputRejected naming every reason why they do not fit: no document, a county twice, periods that differ, a
    document without the scale, another definition or other points, a covariate that one document does not speak of.
    """
    faults = _find_faults(documents)
    found: list[tuple[CountyDocument, HandedOver]] = []
    for document in documents:
        scales = [
            handed
            for handed in document.scales
            if (handed.identity.instrument, handed.identity.scale) == (instrument, scale)
        ]
        if len(scales) != 1:
            text = Message("%(scale)s is not in the document once", scale=f"{instrument}/{scale}")
            faults.append(Fault(document.county, text))
        found.extend((document, handed) for handed in scales[:1])
    for document, handed in found[1:]:
        if handed.identity != found[0][1].identity:
            text = Message("the scale's definition or its points differ from those of the first")
            faults.append(Fault(document.county, text))
    faults.extend(_compare_covariates(found))
    if faults:
        raise InputRejected(Message("The counties' sums do not fit together."), faults)
    return _merge(found)


def _find_faults(documents: Sequence[CountyDocument]) -> list[Fault]:
    if not documents:
        return [Fault("", Message("there is no document; give at least one"))]
    faults = [
        Fault(county, Message("this county stands %(count)d times; it may stand once", count=count))
        for county, count in Counter(document.county for document in documents).items()
        if count > 1
    ]
    faults += [
        Fault(
            document.county,
            Message(
                "the period %(period)s is not that of the first document, %(first)s",
                period=document.period or "–",
                first=documents[0].period or "–",
            ),
        )
        for document in documents[1:]
        if document.period != documents[0].period
    ]
    return faults


def _speaks_of(handed: HandedOver) -> set[str]:
    part = handed.county_sums
    numbers = (name for name in part.numbers if LEVEL not in name)
    return {*numbers, *part.categories, *part.left_out}


def _compare_covariates(found: Sequence[tuple[CountyDocument, HandedOver]]) -> Iterable[Fault]:
    """A covariate must be handed over, or be said to be left out, by every county; and be of one kind."""
    every = dict.fromkeys(name for _, handed in found for name in sorted(_speaks_of(handed)))
    for document, handed in found:
        for name in every:
            if name not in _speaks_of(handed):
                yield Fault(
                    document.county,
                    Message("%(name)s is not in this document, but in another one", name=name),
                )
    for name in every:
        parts = [handed.county_sums for _, handed in found]
        if any(name in part.numbers for part in parts) and any(
            name in part.categories for part in parts
        ):
            yield Fault(name, Message("it is a number in one document and a category in another"))


def _merge(found: Sequence[tuple[CountyDocument, HandedOver]]) -> MergedMoments:
    documents = [document for document, _ in found]
    parts = [handed.county_sums for _, handed in found]
    numbers = list(dict.fromkeys(name for part in parts for name in part.numbers))
    covariates = list(dict.fromkeys(name for part in parts for name in part.categories))
    joined = {
        name: join_groups([part.categories[name] for part in parts if name in part.categories])
        for name in covariates
    }
    lacking = tuple(dict.fromkeys(name for part in parts for name in part.left_out))
    moved = [_regroup(part, joined) for part in parts]
    means = {name: _average(moved, name) for name in lacking}
    sums, flow = None, Flow()
    for part, own in zip(parts, moved, strict=True):
        filled = _add_constants(
            own, {k: v for name in part.left_out for k, v in means[name].items()}
        )
        sums = filled if sums is None else sums + filled
        flow = flow + part.flow
    if sums is None:
        raise AssertionError("checked before")
    units = [handed.unit for _, handed in found if handed.unit is not None]
    return MergedMoments(
        identity=found[0][1].identity,
        counties=tuple(document.county for document in documents),
        period=documents[0].period,
        created=min(document.created for document in documents),
        code_version=", ".join(sorted({document.code_version for document in documents})),
        sums=sums,
        flow=flow,
        # The coarser unit of two: it is what published means are rounded by.
        unit=max(units) if units else None,
        covariates=tuple(
            name for name in (*numbers, *covariates) if name != "end" and LEVEL not in name
        ),
        left_out=tuple(name for name in lacking if not means[name]),
        averaged=tuple(name for name in lacking if means[name]),
        moved=tuple(dict.fromkeys(name for part in parts for name in part.moved)),
        providers_left_out=sum(part.providers_left_out for part in parts),
    )


def _warn(merged: MergedMoments, names: Iterable[str]) -> Iterator[Message]:
    """What the counties had to change in these covariates."""
    for name in names:
        if name in merged.left_out:
            yield Message(
                "%(name)s was left out of the adjustment: in every county too few clients share one of its values.",
                name=name,
            )
        if name in merged.averaged:
            yield Message(
                "%(name)s is not told by every county, because too few clients share one of its values there; the "
                "clients of such a county count as the average of the others.",
                name=name,
            )
        if name in merged.moved:
            yield Message(
                "%(name)s: where fewer than five clients of a provider share a value, they count with the value that "
                "most of its clients have, or with the average.",
                name=name,
            )


def _regroup(part: CountySums, joined: Mapping[str, Groups]) -> PooledSums:
    """A county's sums with the groups of levels that all counties have."""
    groups = {name: (_keep(joined[name], own), own) for name, own in part.categories.items()}
    return regroup(part.sums, part.numbers, groups)


def _average(parts: Sequence[PooledSums], covariate: str) -> dict[str, float]:
    """The mean of a covariate's columns over the counties that hand it over; empty where none does."""
    head = covariate + LEVEL
    having = [
        part
        for part in parts
        if part.cases and any(c == covariate or c.startswith(head) for c in part.columns)
    ]
    if not having:
        return {}
    total = having[0]
    for part in having[1:]:
        total = total + part
    means = total.reference + total.sums.sum(axis=0) / total.cases
    found = {
        name: float(mean)
        for name, mean in zip(total.columns, means, strict=True)
        if name == covariate or name.startswith(head)
    }
    flag = found.get(name_unknown(covariate), 0.0)
    if covariate not in found or not 0 < flag < 1:
        return found
    # Of a number, the mean of those of whom it is known.
    return {covariate: found[covariate] / (1 - flag), name_unknown(covariate): 0.0}


def _add_constants(sums: PooledSums, values: Mapping[str, float]) -> PooledSums:
    """The sums with further columns that have one value for all clients: about it, all their sums are 0."""
    if not values:
        return sums
    size, width = len(sums.columns), len(sums.columns) + len(values)
    wide = np.zeros((len(sums.providers), width))
    wide[:, :size] = sums.sums
    products = np.zeros((width, width))
    products[:size, :size] = sums.products
    return replace(
        sums,
        columns=(*sums.columns, *values),
        reference=np.append(sums.reference, list(values.values())),
        sums=wide,
        products=products,
    )


def join_groups(counties: Sequence[Groups]) -> Groups:
    """The finest groups of levels that every county's groups can be put together to."""
    joined: list[set[str]] = []
    for group in (group for groups in counties for group in groups):
        touching = [other for other in joined if other & set(group)]
        joined = [other for other in joined if not other & set(group)]
        joined.append(set(group).union(*touching))
    return tuple(sorted(tuple(sorted(group)) for group in joined))


def _keep(groups: Groups, present: Groups) -> Groups:
    """The groups that somebody is in."""
    return tuple(group for group in groups if any(set(part) <= set(group) for part in present))


def compare_counties(
    merged: MergedMoments,
    *,
    adjust: Sequence[str] = ("baseline",),
    disclosure: DisclosureRule | None,
    verdicts: VerdictRule | None = None,
    population: Population | None = None,
    seed: int = 0,
) -> ProviderComparison:
    """The comparison of all counties' providers, with a warning for what a county had to leave out.

    Raises InputRejected for a covariate that no document speaks of.
    """
    identity = merged.identity
    names = [name for name in dict.fromkeys(adjust) if name not in merged.left_out]
    warnings = list(_warn(merged, dict.fromkeys(adjust)))
    if merged.providers_left_out:
        warnings.append(
            Message(
                "%(count)d providers with too few clients were left out by their counties.",
                count=merged.providers_left_out,
            )
        )
    result = compare_sums(
        merged.sums,
        merged.flow,
        instrument=identity.instrument,
        scale=identity.scale,
        direction=identity.direction,
        adjust=names,
        disclosure=disclosure,
        verdicts=verdicts,
        unit=merged.unit,
        population=population,
        seed=seed,
        provenance=Provenance(
            instrument=identity.instrument,
            version=identity.version,
            digest=identity.definition,
            code_version=merged.code_version,
            data_cutoff=merged.created,
            period=merged.period,
        ),
    )
    return replace(result, warnings=(*warnings, *result.warnings))
