"""The comparison of providers from additive sums, without a client's row: the same figures as `comparison.compare`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.results import Exclusion, Provenance, ProviderComparison
from evalplat.statistics.sums import PairSums, PooledSums
from evalplat.statistics.verdicts import VerdictRule
from evalplat.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class Flow:
    """Who started, by provider, and how many of all were left out for which reason; None is withheld."""

    n_started: Mapping[str, int | None] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()


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
) -> ProviderComparison:
    """Compare providers on one scale, from sums of complete cases over `baseline`, `end` and the sums' covariates.

    adjust: any of the sums' columns, or a category whose levels are columns (`sex` for `sex=female`, `sex=male` …);
    the first level in sorted order that somebody has is the reference. unit: the usual distance between neighbouring
    scores. Raises InputRejected for a covariate that the sums do not have.
    """
    raise NotImplementedError
