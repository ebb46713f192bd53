"""The sums that a comparison is made from: whole months as they are kept, the days at the period's ends from rows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy.orm import Session

from evalplat.episodes.moments import AGE_REFERENCE, ENDS, LEVEL, read_columns, sum_cells
from evalplat.episodes.pairing import EXPLANATIONS, ExclusionReason
from evalplat.episodes.periods import Period, split_period
from evalplat.instruments.definition import Instrument, Scale
from evalplat.services.frames import load_frame
from evalplat.services.moments import PAIRS, counted_scales, reference_of
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.comparison_of_sums import Flow
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import PairSums, collect_sums
from evalplat.storage import moments

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("baseline", "end", "age")
REASONS = {EXPLANATIONS[reason]: reason for reason in ExclusionReason}


@dataclass(slots=True)
class Started:
    """Who started, by provider's name, and how many gave no pair for which reason."""

    by_provider: Counter[str] = field(default_factory=Counter)
    left_out: Counter[ExclusionReason] = field(default_factory=Counter)

    @property
    def flow(self) -> Flow:
        """As a comparison takes it; reasons that nobody has are left out."""
        return Flow(
            n_started=dict(self.by_provider),
            exclusions=tuple(
                Exclusion(EXPLANATIONS[reason], self.left_out[reason])
                for reason in ExclusionReason
                if self.left_out[reason] > 0
            ),
        )


def load_sums(
    session: Session, definition: Instrument, query: ComparisonQuery
) -> tuple[PairSums, Flow]:
    """Sums over the pairs that a query asks for, with its covariates as columns, and who started.

    Providers are those with a started episode, in order of name. Rows are read for pairs of points that no sums are
    kept for, and while the sums are not counted yet.
    """
    started = Started()
    parts = []
    period = _find_period(session, definition, query)
    if period.months is not None:
        parts.append(_load_months(session, definition, query, period.months, started))
    for start, until in period.days:
        part = replace(query, period_from=start, period_until=until)
        parts.append(_add_rows(session, definition, part, started))
    total = parts[0]
    for sums in parts[1:]:
        total = total + sums
    return total.choose(sorted(started.by_provider)), started.flow


def _find_period(session: Session, definition: Instrument, query: ComparisonQuery) -> Period:
    kept = {scale.key for scale in counted_scales(definition)}
    if (
        (query.from_point, query.to_point) in PAIRS
        and query.scale in kept
        and moments.is_counted(session)
    ):
        return split_period(query.period_from, query.period_until)
    return Period(None, ((query.period_from, query.period_until),))


def _load_months(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    months: tuple[int, int],
    started: Started,
) -> PairSums:
    names = dict(tuple(row) for row in moments.list_providers(session, query.providers))
    points = (query.from_point, query.to_point)
    begun = 0
    for provider, version, n in moments.list_counts(
        session, instrument=definition.key, points=points, months=months
    ):
        if provider not in names or not n:
            continue
        started.by_provider[names[provider]] += n
        if version == "":
            started.left_out[ExclusionReason.NO_BASELINE] += n
        elif version != definition.version:
            started.left_out[ExclusionReason.OTHER_VERSION] += n
        else:
            begun += n
    cells = [
        cell
        for cell in moments.list_scale_cells(
            session,
            instrument=definition.key,
            version=definition.version,
            scale=query.scale,
            points=points,
            months=months,
        )
        if cell.provider_id in names
    ]
    for reason in moments.REASONS:
        started.left_out[ExclusionReason(reason)] += sum(getattr(cell, reason) for cell in cells)
    counted = sum(cell.n + sum(getattr(cell, r) for r in moments.REASONS) for cell in cells)
    started.left_out[ExclusionReason.NO_END] += begun - counted
    return _add_up(definition, query, cells, names)


def _add_up(
    definition: Instrument, query: ComparisonQuery, cells: Sequence[Any], names: Mapping[int, str]
) -> PairSums:
    """The kept cells of one scale, by provider."""
    filled = [cell for cell in cells if cell.n]
    known = {name for cell in filled for name in read_columns(cell.columns)}
    columns = _choose_columns(query.adjust, known)
    place = {key: index for index, key in enumerate(names)}
    n, sums, products = sum_cells(
        ((place[cell.provider_id], cell.columns, cell.triangle) for cell in filled),
        len(names),
        columns,
    )
    about = _references(definition, query)
    reference = np.array([about.get(name, 0.0) for name in columns])
    return PairSums(tuple(names.values()), columns, reference, n, sums, products)


def _choose_columns(adjust: Sequence[str], known: Iterable[str]) -> tuple[str, ...]:
    """Scores, the numbers to adjust for, flags of the scale's ends, and every level of the categories."""
    numbers = [name for name in NUMBERS if name in ("baseline", "end") or name in adjust]
    levels = sorted(name for name in known if LEVEL in name and name.partition(LEVEL)[0] in adjust)
    return (*numbers, *ENDS, *levels)


def _references(definition: Instrument, query: ComparisonQuery) -> dict[str, float]:
    middle = reference_of(definition, query.scale)
    return {"baseline": middle, "end": middle, "age": AGE_REFERENCE}


def _add_rows(
    session: Session, definition: Instrument, query: ComparisonQuery, started: Started
) -> PairSums:
    """The same from rows."""
    points = (query.from_point, query.to_point)
    renamed = dict(zip(points, ("baseline", "end"), strict=True))
    frame = load_frame(session, definition, query, points=points).rename(columns=renamed)
    started.by_provider.update(frame["provider"])
    started.left_out.update(REASONS[message] for message in frame["left_out"].dropna())
    pairs = frame[frame["left_out"].isna()]
    names = sorted(set(frame["provider"]))
    codes = np.searchsorted(names, pairs["provider"]) if names else np.zeros(0)
    return collect_sums(
        codes.astype(np.int64),
        names,
        _columns_of(pairs, query.adjust, definition.scale(query.scale)),
        _references(definition, query),
    )


def _columns_of(pairs: "pd.DataFrame", adjust: Sequence[str], scale: Scale) -> dict[str, Any]:
    levels = [
        f"{name}{LEVEL}{level}"
        for name in adjust
        if name not in NUMBERS
        for level in sorted(set(pairs[name]))
    ]
    at_ends = (
        pairs["baseline"] <= scale.minimum,
        pairs["baseline"] >= scale.maximum,
        pairs["end"] <= scale.minimum,
        pairs["end"] >= scale.maximum,
    )
    flags = dict(zip(ENDS, at_ends, strict=True))
    return {
        name: _column_of(pairs, name, flags).to_numpy(dtype=float)
        for name in _choose_columns(adjust, levels)
    }


def _column_of(pairs: "pd.DataFrame", name: str, flags: Mapping[str, Any]) -> Any:
    if name in flags:
        return flags[name]
    head, _equals, level = name.partition(LEVEL)
    return pairs[head] == level if level else pairs[name]
