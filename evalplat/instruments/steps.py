"""How far apart two neighbouring scores of a scale lie, computed from its items.

It is the step of whole sheets: scores that stand in for missing answers may lie between. The release of published
figures rounds by it, and a step that is too wide only rounds more coarsely, so the widest of a scale's variants counts.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm

from evalplat.instruments.definition import Instrument, Scale, Variant
from evalplat.instruments.ranges import item_range, list_values, raw_range


def find_step(definition: Instrument, scale: Scale) -> float | None:
    """The distance between neighbouring scores, in the scale's own units; None where scores can lie anywhere."""
    step = _step_of(definition, scale)
    return None if step is None else float(step)


def _step_of(definition: Instrument, scale: Scale) -> Fraction | None:
    known = [
        step
        for variant in scale.variants
        if (step := _step_of_variant(definition, scale, variant)) is not None
    ]
    return max(known, default=None)


def _step_of_variant(definition: Instrument, scale: Scale, variant: Variant) -> Fraction | None:
    if scale.transform.lookup:
        return _middle_gap([_exact(value) for value in scale.transform.lookup.values()])
    parts = [_step_of_member(definition, scale, code) for code in variant.members]
    steps = [part for part in parts if part is not None]
    if not parts or len(steps) < len(parts):
        return None
    step: Fraction | None
    match scale.method:
        case "sum" | "min" | "max":
            step = _common(steps)
        case "weighted_sum":
            weights = [_exact(abs(weight)) for weight in variant.weights]
            step = _common([w * s for w, s in zip(weights, steps, strict=True) if w])
        case "mean":
            step = _common(steps) / len(steps)
        case "count_in":
            step = Fraction(1)
        case _:
            return None
    return _transformed(definition, scale, variant, step)


def _transformed(
    definition: Instrument, scale: Scale, variant: Variant, step: Fraction
) -> Fraction | None:
    if scale.transform.rescale_to is None:
        return step * _exact(abs(scale.transform.multiply)) or None
    ranges = [_range_of_member(definition, scale, code) for code in variant.members]
    low, high = variant.expect_range or raw_range(scale, variant, ranges)
    new_low, new_high = scale.transform.rescale_to
    if high == low:
        return None
    return step * abs(_exact(new_high) - _exact(new_low)) / (_exact(high) - _exact(low))


def _step_of_member(definition: Instrument, scale: Scale, code: str) -> Fraction | None:
    if scale.over == "scales":
        return _step_of(definition, definition.scale(code))
    if scale.over != "items":
        return None
    item = next(item for item in definition.items if item.code == code)
    values = list_values(item)
    if values is None:
        return None
    value_map = scale.maps.get(code)
    counted = sorted({_exact(value_map.apply(value) if value_map else value) for value in values})
    gaps = [later - earlier for earlier, later in pairwise(counted)]
    return _common(gaps) if gaps else None


def _range_of_member(definition: Instrument, scale: Scale, code: str) -> tuple[float, float]:
    if scale.over == "scales":
        found = definition.scale(code)
        return found.minimum, found.maximum
    item = next(item for item in definition.items if item.code == code)
    return item_range(item, scale.maps.get(code))


def _common(steps: Sequence[Fraction]) -> Fraction:
    """The greatest step that all of these are multiples of."""
    return Fraction(
        gcd(*(step.numerator for step in steps)), lcm(*(step.denominator for step in steps))
    )


def _middle_gap(values: Sequence[Fraction]) -> Fraction | None:
    """A table's values lie unevenly: the middle one of the distances between neighbours."""
    ordered = sorted(set(values))
    gaps = sorted(later - earlier for earlier, later in pairwise(ordered))
    return gaps[len(gaps) // 2] if gaps else None


def _exact(value: float) -> Fraction:
    """The number as it is written in a definition."""
    return Fraction(str(value))
