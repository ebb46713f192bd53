"""Several scales side by side in one unit, and, where it is asked for, a composite with its reliability.

Every scale is compared on its own (`comparison`), and its figures are divided by the region's baseline SD of that
scale: standardised improvements, in SDs, that can stand beside each other. That table is the result; the composite is
in `composite`.

Goal attainment is never among the scales: its T scores are made so that 50 is expected, and compare no providers.

Reference: Morris and DeShon 2002, Psychol Methods 7:105 (a common baseline SD). Checked against `compare` and pandas.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import select_cases
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.money.costs import PLACE, find_places, fit_cases, with_places
from evalplat.statistics.results import Improvement, Provenance, ProviderComparison
from evalplat.statistics.scales.composite import Composite, Residuals, compose
from evalplat.vocabulary import Direction, Verdict

if TYPE_CHECKING:
    import pandas as pd

GOALS = ("gas",)
"""Instruments of goal attainment, which are refused."""


@dataclass(frozen=True, slots=True)
class ScaleFrame:
    """One scale to be combined: its episodes as for `compare`. `episode` names the same episode in every frame."""

    instrument: str
    scale: str
    direction: Direction
    frame: "pd.DataFrame"
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class Standardised:
    """One provider on one scale, in the region's baseline SDs, turned so that more is better; None: no figure."""

    provider: str
    n: int | None
    improvement: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    withheld: bool


@dataclass(frozen=True, slots=True)
class StandardisedScale:
    """One scale's comparison and its providers in SDs. sd: the region's baseline SD, None where there is none."""

    comparison: ProviderComparison
    sd: float | None

    @property
    def key(self) -> str:
        """The scale as `instrument/scale`."""
        return f"{self.comparison.instrument}/{self.comparison.scale}"

    @property
    def average(self) -> float | None:
        """The region's mean improvement in SDs."""
        return self._divide(self.comparison.target_improvement)

    @property
    def rows(self) -> tuple[Standardised, ...]:
        """The providers, in the comparison's order."""
        return tuple(self._turn(row) for row in self.comparison.improvements)

    def _turn(self, row: Improvement) -> Standardised:
        return Standardised(
            provider=row.provider,
            n=row.n,
            improvement=self._divide(row.improvement),
            low=self._divide(row.low),
            high=self._divide(row.high),
            verdict=row.verdict,
            withheld=row.withheld,
        )

    def _divide(self, value: float | None) -> float | None:
        return None if value is None or self.sd is None else value / self.sd


@dataclass(frozen=True, slots=True)
class Combination:
    """Scales side by side. composite: None where it was not asked for."""

    scales: tuple[StandardisedScale, ...]
    composite: Composite | None
    released: bool

    @property
    def providers(self) -> tuple[str, ...]:
        """Every provider of any scale."""
        return tuple(sorted({row.provider for one in self.scales for row in one.comparison.rows}))


def combine(
    scales: Sequence[ScaleFrame],
    *,
    adjust: Sequence[str] = ("baseline",),
    composite_of: Sequence[tuple[str, str]] = (),
    disclosure: DisclosureRule | None,
) -> Combination:
    """Every scale standardised, and a composite of those that `composite_of` names as (instrument, scale).

    Raises InputRejected for goal attainment, a scale that stands twice, a composite of fewer than two scales or of one
    that is not there, or a wrong frame. Too little data is a status of the scale's comparison or of the composite.
    """
    _check(scales, composite_of)
    found = []
    for one in scales:
        comparison = compare(
            one.frame, instrument=one.instrument, scale=one.scale, direction=one.direction,
            adjust=adjust, disclosure=disclosure, provenance=one.provenance,
        )  # fmt: skip
        sd = _find_sd(one.frame, comparison, disclosure)
        found.append(StandardisedScale(comparison, sd))
    composite = None
    if composite_of:
        chosen = [
            place for place, one in enumerate(scales) if (one.instrument, one.scale) in composite_of
        ]
        composite = compose(
            [found[place].comparison for place in chosen],
            [found[place].sd for place in chosen],
            [_find_residuals(scales[place], adjust) for place in chosen],
            disclosure,
        )
    return Combination(tuple(found), composite, disclosure is not None)


def _check(scales: Sequence[ScaleFrame], composite_of: Sequence[tuple[str, str]]) -> None:
    keys = [(one.instrument, one.scale) for one in scales]
    faults = [
        Fault(
            f"{instrument}/{scale}",
            Message("goal attainment compares no providers, and is combined with nothing"),
        )
        for instrument, scale in keys
        if instrument.partition("-")[0].casefold() in GOALS
    ]
    faults += [
        Fault(f"{key[0]}/{key[1]}", Message("this scale stands twice"))
        for place, key in enumerate(keys)
        if key in keys[:place]
    ]
    faults += [
        Fault(f"{key[0]}/{key[1]}", Message("this scale is not among those that are combined"))
        for key in composite_of
        if key not in keys
    ]
    if len(set(composite_of)) == 1:
        faults.append(Fault("composite", Message("a composite needs two scales or more")))
    if faults:
        raise InputRejected(Message("These scales cannot be combined."), faults)


def _find_sd(
    frame: "pd.DataFrame", comparison: ProviderComparison, rule: DisclosureRule | None
) -> float | None:
    """The SD of every baseline of the region; for publication with three digits, and where the comparison stands."""
    baseline = frame["baseline"].to_numpy(dtype=float, na_value=np.nan)
    known = baseline[np.isfinite(baseline)]
    if len(known) < 2 or np.ptp(known) == 0:
        return None
    sd = float(known.std(ddof=1))
    if rule is None:
        return sd
    return float(f"{sd:.3g}") if comparison.sigma is not None else None


def _find_residuals(one: ScaleFrame, adjust: Sequence[str]) -> Residuals:
    """Each client's observed minus expected, by provider and episode."""
    cases = select_cases(with_places(one.frame), (*adjust, PLACE))
    names = tuple(name for name in dict.fromkeys(adjust) if name in cases.covariates)
    model = fit_cases(cases, names)
    keys = list(
        zip(
            one.frame["provider"].map(lambda name: str(name).strip()),
            one.frame["episode"].map(str),
            strict=True,
        )
    )
    if model is None:
        return {}
    return {
        keys[place]: one.direction.sign * float(value)
        for place, value in zip(find_places(cases), model.residual, strict=True)
    }
