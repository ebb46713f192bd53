"""The table of paired effects: one row per provider and scale, and one with provider `*` for all together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import find_repeated_episodes, limit_faults
from evalplat.statistics.change import ChangeStatus, classify_change
from evalplat.statistics.moments import Floats, Integers, Moments, collect_moments
from evalplat.statistics.paired_effects import PairedEffects, measure_effects, standardise
from evalplat.statistics.rank_biserial import bound_groups
from evalplat.statistics.results import EffectRow
from evalplat.statistics.wilcoxon import SignedRanks, rank_changes
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

ALL_PROVIDERS = "*"
KEYS = ("provider", "episode", "instrument", "scale", "baseline", "end")


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """What makes a change of one scale reliable: its direction, and sd with reliability or a published SDC."""

    direction: Direction
    sd: float | None = None
    reliability: float | None = None
    sdc: float | None = None
    cut_off: float | None = None

    @property
    def assessable(self) -> bool:
        """Whether reliable change can be told at all."""
        return self.sdc is not None or (self.sd is not None and self.reliability is not None)


ScaleKey = tuple[str, str]


def summarise_effects(
    frame: "pd.DataFrame", rules: Mapping[ScaleKey, ChangeRule], *, rank_intervals: bool = False
) -> tuple[EffectRow, ...]:
    """Paired effects per provider and scale, ordered by instrument, scale and provider, with `*` last of each scale.

    frame: one row per episode and scale with columns `provider, episode, instrument, scale, baseline, end`; a missing
    score is NaN. rules: how change is judged, by (instrument, scale); a scale without a rule has no categories.
    rank_intervals: the rank-biserial correlation's interval, which takes some milliseconds a row, too.
    Raises InputRejected for a missing column or an episode that stands twice with one provider and scale.
    """
    _check(frame)
    if frame.empty:
        return ()
    by_scale = ["instrument", "scale"]
    provider, providers = _code(frame["provider"])
    scale = frame.groupby(by_scale, sort=True, observed=True).ngroup().to_numpy(dtype=np.int64)
    keys = sorted({(str(a), str(b)) for a, b in frame[by_scale].drop_duplicates().to_numpy()})
    cells, group = np.unique(scale * len(providers) + provider, return_inverse=True)
    group = group.astype(np.int64)
    scales = np.asarray(cells // len(providers), dtype=np.int64)
    part = _Part.of(frame, group, len(cells), scales, rank_intervals)
    whole = _Part.of(frame, scale, len(keys), np.arange(len(keys)), rank_intervals)
    counts = _count_changes(frame, scale, keys, rules)
    rows: list[EffectRow] = []
    per_provider = part.rows(
        [providers[cell % len(providers)] for cell in cells], keys, rules, counts, whole
    )
    overall = whole.rows([ALL_PROVIDERS] * len(keys), keys, rules, counts)
    start = 0
    for index, total in enumerate(overall):
        end = start + int(np.sum(part.scale == index))
        rows.extend([*per_provider[start:end], total])
        start = end
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class _Part:
    """Figures of a set of groups: every provider of every scale, or every scale as a whole."""

    group: Integers
    scale: Integers
    started: Integers
    moments: Moments
    effects: PairedEffects
    ranks: SignedRanks
    rank_limits: tuple[Floats, Floats]

    @staticmethod
    def of(
        frame: "pd.DataFrame", group: Integers, groups: int, scale: Integers, rank_intervals: bool
    ) -> "_Part":
        baseline = frame["baseline"].to_numpy(dtype=float)
        end = frame["end"].to_numpy(dtype=float)
        pair = np.isfinite(baseline) & np.isfinite(end)
        none = np.full(groups, np.nan)
        change = (end - baseline)[pair]
        moments = collect_moments(group[pair], baseline[pair], end[pair], groups)
        return _Part(
            group=group,
            scale=scale,
            started=np.bincount(group, minlength=groups).astype(np.int64),
            moments=moments,
            effects=measure_effects(moments),
            ranks=rank_changes(group[pair], change, groups),
            rank_limits=bound_groups(group[pair], change, groups)
            if rank_intervals
            else (none, none),
        )

    def rows(
        self,
        providers: list[str],
        keys: list[ScaleKey],
        rules: Mapping[ScaleKey, ChangeRule],
        categories: dict[str, NDArray[np.bool_]],
        region: "_Part | None" = None,
    ) -> list[EffectRow]:
        """One row per group. region: the scales as a whole, whose SD stands for every provider's."""
        columns = {
            **self.effects.columns(),
            **self._rank_columns(),
            **self._regional_columns(region or self),
        }
        counted = {
            name: np.bincount(self.group, weights=holds, minlength=len(providers))
            for name, holds in categories.items()
        }
        rows = []
        for place, provider in enumerate(providers):
            key = keys[self.scale[place]]
            figures: dict[str, Any] = {
                name: float(values[place]) if np.isfinite(values[place]) else None
                for name, values in columns.items()
            }
            rule = rules.get(key)
            if rule and rule.assessable:
                figures |= {name: int(values[place]) for name, values in counted.items()}
                figures["change_status"] = "ok" if rule.cut_off is not None else "no_cut_off"
                if rule.cut_off is None:
                    figures["n_recovered"] = None
            pairs = int(self.moments.n[place])
            started = int(self.started[place])
            status = _find_status(pairs, figures)
            rows.append(
                EffectRow(provider, key[0], key[1], started, pairs, **figures, status=status)
            )
        return rows

    def _rank_columns(self) -> dict[str, Floats]:
        pairs = self.moments.n > 0
        return {
            "rank_biserial": self.ranks.rank_biserial,
            "rank_biserial_low": self.rank_limits[0],
            "rank_biserial_high": self.rank_limits[1],
            "w_plus": np.where(pairs, self.ranks.w_plus, np.nan),
            "z_wilcoxon": self.ranks.z,
            "p_wilcoxon": self.ranks.p,
            "cles": self.ranks.cles,
            "cles_low": self.ranks.cles_low,
            "cles_high": self.ranks.cles_high,
        }

    def _regional_columns(self, region: "_Part") -> dict[str, Floats]:
        sd = region.effects.sd_baseline[self.scale]
        sd = np.where(sd > 0, sd, np.nan)
        df = np.where(self.moments.n > 1, self.moments.n - 1.0, np.nan)
        sd_change = np.sqrt(self.moments.ss_change / df)
        df_sd = np.asarray(region.moments.n[self.scale] - 1, dtype=float)
        found = standardise(self.effects.mean_change, sd, sd_change, df, df_sd)
        names = ("d_regional", "d_regional_low", "d_regional_high")
        return dict(zip(names, found, strict=True))


def _find_status(pairs: int, figures: Mapping[str, Any]) -> str:
    if pairs == 0:
        return "no_pairs"
    if pairs == 1:
        return "too_few_pairs"
    constant = [name for name in ("sd_baseline", "sd_end") if figures[name] == 0]
    if len(constant) == 2:
        return "constant_scores"
    if figures["d_z"] is None:
        return "constant_change"
    return constant[0].replace("sd_", "constant_") if constant else "ok"


def _code(column: "pd.Series[Any]") -> tuple[Integers, list[str]]:
    names, codes = np.unique(column.astype(str).to_numpy(dtype=str), return_inverse=True)
    return codes.astype(np.int64), [str(name) for name in names]


def _count_changes(
    frame: "pd.DataFrame",
    scale: Integers,
    keys: list[ScaleKey],
    rules: Mapping[ScaleKey, ChangeRule],
) -> dict[str, NDArray[np.bool_]]:
    """Per row, whether it falls into each of the table's categories; the harmed count as deteriorated."""
    baseline, end = frame["baseline"].to_numpy(dtype=float), frame["end"].to_numpy(dtype=float)
    status = np.full(len(frame), ChangeStatus.NOT_ASSESSABLE.value, dtype="<U14")
    for index, key in enumerate(keys):
        rule = rules.get(key)
        if rule is None or not rule.assessable:
            continue
        rows = scale == index
        status[rows] = classify_change(
            baseline[rows],
            end[rows],
            direction=rule.direction,
            sd=rule.sd,
            reliability=rule.reliability,
            sdc=rule.sdc,
            cut_off=rule.cut_off,
        ).status
    worse = (ChangeStatus.DETERIORATED.value, ChangeStatus.HARMED.value)
    return {
        "n_improved": status == ChangeStatus.IMPROVED.value,
        "n_deteriorated": np.isin(status, worse),
        "n_unchanged": status == ChangeStatus.UNCHANGED.value,
        "n_recovered": status == ChangeStatus.RECOVERED.value,
    }


def _check(frame: "pd.DataFrame") -> None:
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in KEYS
        if name not in frame.columns
    ]
    if not faults:
        faults = find_repeated_episodes(frame, ("provider", "episode", "instrument", "scale"))
    if faults:
        raise InputRejected(
            Message("Effects cannot be computed; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
