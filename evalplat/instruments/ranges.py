"""What a scale can reach, computed from its items, so that a wrong denominator never scores anybody."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

from evalplat.instruments.definition import (
    GoalRules,
    Item,
    Range,
    Scale,
    Transform,
    ValueMap,
    Variant,
)


def item_range(item: Item, value_map: ValueMap | None) -> Range:
    """Lowest and highest counted value of an item. Assumes that the map covers the item."""
    low, high = item.range or (0.0, 0.0)
    if value_map is None:
        return float(low), float(high)
    if value_map.reverse:
        ends = value_map.apply(low), value_map.apply(high)
    else:
        values = [value_map.apply(value) for value in list_values(item) or ()]
        ends = (min(values), max(values))
    return min(ends), max(ends)


def list_values(item: Item) -> tuple[float, ...] | None:
    """Every raw answer an item can get; None where they cannot be listed."""
    if item.options:
        return tuple(float(value) for value in item.values)
    if item.number and item.number.whole and item.number.maximum - item.number.minimum <= 1000:
        low, high = int(item.number.minimum), int(item.number.maximum)
        return tuple(float(value) for value in range(low, high + 1))
    return None


def raw_range(scale: Scale, variant: Variant, parts: Sequence[Range]) -> Range:
    """What the sum, mean, count … of a variant can reach, before any transform."""
    return _RAW[scale.method](scale, variant, parts)


def _weighted(scale: Scale, variant: Variant, parts: Sequence[Range]) -> Range:
    ends = [
        sorted((weight * low, weight * high))
        for weight, (low, high) in zip(variant.weights, parts, strict=False)
    ]
    return sum(end[0] for end in ends), sum(end[1] for end in ends)


def _mean(scale: Scale, variant: Variant, parts: Sequence[Range]) -> Range:
    lows, highs = [low for low, _ in parts], [high for _, high in parts]
    if scale.missing.allowed and scale.missing.fill == "none":
        # Any subset of the items may make the mean, also the one with the widest range.
        return min(lows), max(highs)
    return sum(lows) / len(lows), sum(highs) / len(highs)


_RAW: Mapping[str, Callable[[Scale, Variant, Sequence[Range]], Range]] = {
    "sum": lambda s, v, parts: (sum(low for low, _ in parts), sum(high for _, high in parts)),
    "weighted_sum": _weighted,
    "mean": _mean,
    "min": lambda s, v, parts: (min(p[0] for p in parts), min(p[1] for p in parts)),
    "max": lambda s, v, parts: (max(p[0] for p in parts), max(p[1] for p in parts)),
    "count_in": lambda s, v, parts: (0.0, float(len(parts))),
}


def transformed_range(transform: Transform, raw: Range) -> Range:
    """The range of the score after the transform."""
    if transform.rescale_to:
        return transform.rescale_to
    if transform.lookup:
        reached = [out for value, out in transform.lookup.items() if raw[0] <= value <= raw[1]]
        return (min(reached), max(reached)) if reached else raw
    ends = sorted(transform.multiply * end + transform.add for end in raw)
    return ends[0], ends[1]


def goal_range(rules: GoalRules, rho: float) -> Range:
    """What a GAS T score can reach: all goals at an end, equal weights, the greatest number of goals."""
    n = rules.most
    lean = 10 * n / sqrt((1 - rho) * n + rho * n * n)
    return 50 + lean * rules.lowest, 50 + lean * rules.highest
