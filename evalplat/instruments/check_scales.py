"""What a definition must prove before it may score anybody: references, ranges, and missing rules that never invent."""

from collections.abc import Iterator
from dataclasses import replace

from evalplat.errors import Message
from evalplat.instruments.definition import GoalRules, Item, Range, Scale, ValueMap, Variant
from evalplat.instruments.keys import Faults
from evalplat.instruments.ranges import (
    goal_range,
    item_range,
    list_values,
    raw_range,
    transformed_range,
)
from evalplat.instruments.read_items import Asked
from evalplat.instruments.read_scales import Scored

SUMS = ("sum", "weighted_sum", "count_in")
TOLERANCE = 1e-9


def check_scales(
    asked: Asked, scored: Scored, goals: GoalRules | None, faults: Faults
) -> tuple[Scale, ...]:
    """The scales with their possible ranges filled in, in the order of the file; faults are noted."""
    checker = _Checker(asked, scored, goals, faults)
    for key in scored.scales:
        checker.settle(key)
    return tuple(checker.settled.get(key, scale) for key, scale in scored.scales.items())


class _Checker:
    def __init__(
        self, asked: Asked, scored: Scored, goals: GoalRules | None, faults: Faults
    ) -> None:
        self.asked, self.scored, self.goals, self.faults = asked, scored, goals, faults
        self.settled: dict[str, Scale] = {}
        self._open: list[str] = []

    def note(self, scale: Scale, part: str, message: Message) -> None:
        self.faults.add(f"scales.{scale.key}{part}", message)

    def settle(self, key: str) -> Scale | None:
        """Check one scale after the scales that it is made of; None when it cannot be checked."""
        if key in self.settled:
            return self.settled[key]
        if key not in self.scored.sound:
            return None
        scale = self.scored.scales[key]
        if key in self._open:
            self.note(
                scale,
                ".scales",
                Message(
                    "the scales go round in a circle: %(circle)s; a scale may not be made of itself",
                    circle=" → ".join([*self._open[self._open.index(key) :], key]),
                ),
            )
            self.scored.sound.discard(key)
            return None
        self._open.append(key)
        try:
            checked = self._check(scale)
        finally:
            self._open.pop()
        if checked is not None:
            self.settled[key] = checked
        return checked

    def _check(self, scale: Scale) -> Scale | None:
        before = len(self.faults)
        if scale.method != "given" and any(
            code in self.asked.broken for v in scale.variants for code in v.members
        ):
            return None
        if scale.over == "items" and scale.method != "given":
            self._check_maps(scale)
            self._check_applicability(scale)
        self._check_missing(scale)
        if len(self.faults) > before:
            return None
        limits = self._find_range(scale)
        if limits is None:
            return None
        scale = replace(scale, minimum=limits[0], maximum=limits[1])
        if not scale.open:
            self._check_known(scale)
        return scale

    def _find_range(self, scale: Scale) -> Range | None:
        """The range of the score over all variants, each checked against what the definition asserts."""
        if scale.method == "given":
            return scale.minimum, scale.maximum
        if scale.method == "gas_t":
            return goal_range(self.goals or GoalRules(), scale.rho)
        reached: list[Range] = []
        for variant in scale.variants:
            parts = self._member_ranges(scale, variant)
            if not parts:
                return None
            raw = raw_range(scale, variant, parts)
            part = "" if variant is scale.variants[-1] else f".variants.{variant.key}"
            self._check_expected(scale, variant, part, raw)
            if scale.transform.lookup and not self._check_lookup(scale, part, raw):
                return None
            reached.append(transformed_range(scale.transform, raw))
        return min(low for low, _ in reached), max(high for _, high in reached)

    def _member_ranges(self, scale: Scale, variant: Variant) -> list[Range]:
        if scale.over == "items":
            return [
                item_range(self.asked.items[code], scale.maps.get(code)) for code in variant.members
            ]
        children = [self.settle(key) for key in variant.members]
        if any(child is None for child in children):
            return []
        return [(child.minimum, child.maximum) for child in children if child]

    def _check_expected(self, scale: Scale, variant: Variant, part: str, raw: Range) -> None:
        expected = variant.expect_range
        if expected is None:
            if scale.transform.rescale_to:
                self.note(scale, part, Message("expect_range is missing; rescale needs it"))
            return
        if any(abs(a - b) > TOLERANCE for a, b in zip(expected, raw, strict=True)):
            self.note(
                scale,
                f"{part}.expect_range",
                Message(
                    "[%(low)s, %(high)s] is stated, but the members give [%(real_low)s, %(real_high)s]; correct the "
                    "range, the members or their maps",
                    low=f"{expected[0]:g}",
                    high=f"{expected[1]:g}",
                    real_low=f"{raw[0]:g}",
                    real_high=f"{raw[1]:g}",
                ),
            )

    def _check_lookup(self, scale: Scale, part: str, raw: Range) -> bool:
        """A lookup table must hold every value that can be reached, and only whole values can be listed."""
        table = scale.transform.lookup
        whole = all(end == int(end) for end in raw) and self._counts_whole(scale)
        if not whole or raw[1] - raw[0] > 1000:
            self.note(
                scale,
                f"{part}.lookup",
                Message("a lookup needs a sum or count of whole numbers without filled values"),
            )
            return False
        gaps = [v for v in range(int(raw[0]), int(raw[1]) + 1) if v not in table]
        if gaps:
            self.note(
                scale,
                f"{part}.lookup.from",
                Message(
                    "the values %(gaps)s can be reached but have no entry; add them",
                    gaps=", ".join(map(str, gaps[:20])),
                ),
            )
        return not gaps

    def _counts_whole(self, scale: Scale) -> bool:
        if scale.over != "items" or scale.missing.allowed or scale.method == "mean":
            return False
        counted = [
            value if code not in scale.maps else scale.maps[code].apply(value)
            for variant in scale.variants
            for code in variant.members
            for value in list_values(self.asked.items[code]) or (0.5,)
        ]
        weights = [weight for variant in scale.variants for weight in variant.weights]
        return all(number == int(number) for number in (*counted, *weights))

    def _scope(self, scale: Scale) -> Iterator[Item]:
        """Every item whose counted value the scale may look at."""
        rule, items = scale.missing, self.asked.items
        own = {code for variant in scale.variants for code in variant.members}
        groups = {items[code].group for code in own}
        for code, item in items.items():
            near = rule.scope == "instrument" or (rule.scope == "group" and item.group in groups)
            if item.kind != "text" and (code in own or (rule.fill == "mean" and near)):
                yield item

    def _check_maps(self, scale: Scale) -> None:
        for item in self._scope(scale):
            value_map = scale.maps.get(item.code)
            problem = _find_gap(item, value_map) if value_map else ""
            if value_map and problem:
                self.note(
                    scale,
                    ".space",
                    Message(
                        "the map %(map)s does not fit item %(item)s: %(problem)s",
                        map=value_map.key,
                        item=item.code,
                        problem=problem,
                    ),
                )

    def _check_applicability(self, scale: Scale) -> None:
        """A sum over items that may not apply has no fixed denominator unless a variant leaves them out."""
        if scale.method not in SUMS:
            return
        tests = [self.asked.items[code].applicable_when for code in scale.members]
        if any(tests) and any(test != tests[0] for test in tests) and len(scale.variants) == 1:
            self.note(
                scale,
                ".variants",
                Message(
                    "some items may not apply (applicable_when), so the sum has no fixed range; add a "
                    "variant without them"
                ),
            )

    def _check_missing(self, scale: Scale) -> None:
        rule = scale.missing
        by_item = scale.over == "items" and scale.method != "given"
        if rule.allowed and rule.fill == "none" and scale.method in SUMS:
            self.note(
                scale,
                ".missing.fill",
                Message(
                    "a %(method)s with missing answers and no fill would count them as 0; give mean or prorate",
                    method=scale.method,
                ),
            )
        if rule.fill == "prorate" and scale.method not in SUMS:
            self.note(
                scale, ".missing.fill", Message("prorate is for a sum, weighted_sum or count")
            )
        if rule.fill == "mean" and (
            scale.method not in ("sum", "weighted_sum", "mean") or not by_item
        ):
            self.note(
                scale, ".missing.fill", Message("mean fills items of a sum, weighted_sum or mean")
            )
        if rule.fill != "mean" and (rule.scope != "scale" or rule.fill_space != "mapped"):
            self.note(scale, ".missing.scope", Message("scope and fill_space only with fill mean"))
        if not by_item and (rule.per_group or rule.counted_over == "instrument"):
            self.note(
                scale, ".missing", Message("groups and counting over the sheet are for items")
            )
        if by_item and (rule.per_group or rule.scope == "group"):
            bare = [c for v in scale.variants for c in v.members if not self.asked.items[c].group]
            if bare:
                self.note(
                    scale,
                    ".missing",
                    Message("item %(item)s has no group, and the rule needs one", item=bare[0]),
                )
        if rule.fill_space == "raw" and any(m.table for m in scale.maps.values()):
            self.note(
                scale,
                ".missing.fill_space",
                Message("a mean of raw answers has no place in a table map; fill in mapped space"),
            )

    def _check_known(self, scale: Scale) -> None:
        """Bands, norms and change parameters must lie within what the scale can reach."""
        low, high = scale.minimum, scale.maximum
        for band in scale.bands:
            if band.upper is not None and not low <= band.upper < high:
                self.note(
                    scale,
                    ".bands",
                    Message(
                        "the band %(band)s ends at %(end)s, outside the scale's range %(low)s to %(high)s",
                        band=band.key,
                        end=f"{band.upper:g}",
                        low=f"{low:g}",
                        high=f"{high:g}",
                    ),
                )
        for norm in scale.norms:
            if norm.mean is not None and not low <= norm.mean <= high:
                self.note(
                    scale,
                    ".norms.mean",
                    Message("%(mean)s is outside the scale's range", mean=f"{norm.mean:g}"),
                )
        for name in ("sd", "mic", "sdc"):
            value = getattr(scale.change, name)
            if value is not None and value > high - low:
                self.note(
                    scale,
                    f".change.{name}",
                    Message("%(value)s is wider than the whole scale", value=f"{value:g}"),
                )


def _find_gap(item: Item, value_map: ValueMap) -> str:
    """Why a map does not fit an item; empty when it does."""
    if value_map.reverse:
        if item.range is None or tuple(map(float, item.range)) != value_map.reverse:
            low, high = item.range or (0, 0)
            return f"reverse must state the item's own ends [{low:g}, {high:g}]"
        return ""
    values = list_values(item)
    if values is None:
        return "a table map needs answers that can be listed"
    gaps = [f"{value:g}" for value in values if value not in value_map.table]
    return f"no entry for {', '.join(gaps[:10])}" if gaps else ""
