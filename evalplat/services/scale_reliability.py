"""The reliability of an instrument's scales from collected sheets, with the definition's own figures beside it."""

from collections.abc import Iterable

from evalplat.instruments.definition import Scale
from evalplat.scoring.item_values import CountedItems, SheetCollector
from evalplat.statistics.raters.reliability import (
    ReliabilityRow,
    ScaleReliability,
    measure_reliability,
)


def measure_scales(
    collector: SheetCollector, keys: Iterable[str] | None = None
) -> tuple[ReliabilityRow, ...]:
    """One row per scale and way of scoring that has sheets, in the definition's order; one without any has no variant.

    keys: only these scales. Items count as the scale counts them.
    """
    definition = collector.definition
    wanted = [scale.key for scale in definition.scales] if keys is None else list(keys)
    rows: list[ReliabilityRow] = []
    for key in wanted:
        scale = definition.scale(key)
        tables = collector.count_items(key)
        if not tables:
            rows.append(_describe(definition.key, scale, "", ScaleReliability(0)))
        rows.extend(
            _describe(definition.key, scale, table.variant, _measure(scale, table))
            for table in tables
        )
    return tuple(rows)


def _measure(scale: Scale, table: CountedItems) -> ScaleReliability:
    return measure_reliability(
        table.values,
        table.codes,
        table.scores,
        minimum=scale.minimum,
        maximum=scale.maximum,
        applicable=table.applicable,
        summed=table.summed,
    )


def _describe(
    instrument: str, scale: Scale, variant: str, found: ScaleReliability
) -> ReliabilityRow:
    known = scale.change
    return ReliabilityRow(
        instrument,
        scale.key,
        variant,
        found,
        known.sd,
        known.reliability,
        known.reliability_type,
        known.sdc,
    )
