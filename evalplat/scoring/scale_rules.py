"""A scale compiled to a rule that scores a sheet. One rule for item scales, one for scales over scales."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from evalplat.instruments.definition import Instrument, Range, Scale, Variant
from evalplat.scoring.applicability import evaluate
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.sheet import Layout, Number, Sheet
from evalplat.vocabulary import ScoreStatus

Count = Callable[[Number], Number]
SUMS = ("sum", "weighted_sum", "count_in")
OK, IMPUTED, PARTIAL = ScoreStatus.OK, ScoreStatus.IMPUTED, ScoreStatus.PARTIAL


class Refusal(Exception):
    """A scale has no score; the argument is a key of REASONS."""


class Finish:
    """From a sum, mean or count to the score: the scale's transform, kept in its range."""

    def __init__(self, scale: Scale, variant: Variant) -> None:
        self.low, self.high = scale.minimum, scale.maximum
        self.transform = scale.transform
        self.span: Range | None = variant.expect_range if scale.transform.rescale_to else None

    def __call__(self, raw: Number) -> float:
        transform = self.transform
        if transform.rescale_to and self.span:
            low, high = transform.rescale_to
            value = (raw - self.span[0]) * (high - low) / (self.span[1] - self.span[0]) + low
        elif transform.lookup:
            value = transform.lookup[raw]
        else:
            value = raw * transform.multiply + transform.add
        # A mean of other items can exceed what the filled item could have given.
        return min(max(float(value), self.low), self.high)


class VariantRule:
    """One variant of an item scale: where its items stand, how they count, and how they are put together."""

    def __init__(
        self, scale: Scale, variant: Variant, counts: Mapping[int, Count], layout: Layout
    ) -> None:
        self.key, self.when = variant.key, variant.when
        self.positions = tuple(layout.position[code] for code in variant.members)
        self.own = frozenset(self.positions)
        self.weights = dict(zip(self.positions, variant.weights, strict=False))
        self.combine = _COMBINE[scale.method]
        self.count_values = frozenset(scale.count_values)
        self.finish = Finish(scale, variant)
        adds = scale.method in ("sum", "mean")
        self.adders = _compile_adders(self.positions, counts) if adds else []
        self.mean = scale.method == "mean"

    def add_complete(self, values: Sequence[Number | None]) -> float | None:
        """The score of a complete sum or mean, the quick way; None where the method is another one."""
        if not self.adders:
            return None
        total: Number = 0
        for count, pick in self.adders:
            picked = pick(values)
            total += sum(picked) if count is None else sum(map(count, picked))
        return self.finish(total / len(self.positions) if self.mean else total)


class ItemRule:
    """A scale over items."""

    def __init__(self, scale: Scale, definition: Instrument, layout: Layout) -> None:
        self.scale, self.rule, self.layout = scale, scale.missing, layout
        self.counts = {
            layout.position[code]: count for code, count in _compile_maps(scale, definition).items()
        }
        self.variants = [VariantRule(scale, v, self.counts, layout) for v in scale.variants]
        self.members = frozenset().union(*(v.own for v in self.variants))
        self.conditional = len(self.variants) > 1
        groups = {layout.groups[index] for index in self.members}
        self.by_group = {
            group: frozenset(i for i in layout.counted if layout.groups[i] == group)
            for group in groups
        }

    def score(self, sheet: Sheet) -> ScaleScore:
        """The score of this scale on a sheet."""
        if sheet.complete and not self.conditional:
            variant = self.variants[-1]
            value = variant.add_complete(sheet.values)
            if value is not None:
                return ScaleScore(
                    self.scale.key, value, OK, "", len(variant.positions), 0, 0, variant.key
                )
        absent = len(self.members & sheet.absent)
        missing = sum(sheet.values[i] is None for i in self.members if i not in sheet.absent)
        used = len(self.members) - absent - missing
        name = ""
        try:
            chosen = self._choose(sheet)
            name = chosen.key
            value, status, reason = *self._score(sheet, chosen), ""
        except Refusal as refusal:
            value, status, reason = None, ScoreStatus.NOT_ASSESSABLE, str(refusal)
        return ScaleScore(self.scale.key, value, status, reason, used, missing, absent, name)

    def _choose(self, sheet: Sheet) -> VariantRule:
        for variant in self.variants:
            holds = True if variant.when is None else evaluate(variant.when, sheet.look)
            if holds is None:
                raise Refusal("condition_unknown")
            if holds:
                return variant
        raise AssertionError("the usual variant has no condition")

    def _score(self, sheet: Sheet, variant: VariantRule) -> tuple[float, ScoreStatus]:
        if variant.own & sheet.unsure:
            raise Refusal("condition_unknown")
        applicable = [i for i in variant.positions if i not in sheet.absent]
        if not applicable or (
            len(applicable) < len(variant.positions) and self.scale.method in SUMS
        ):
            raise Refusal("not_applicable")
        missing = [i for i in applicable if i in sheet.missing]
        self._check_limits(sheet, variant, bool(missing))
        if not missing and not sheet.absent & variant.own:
            value = variant.add_complete(sheet.values)
            if value is not None:
                return value, OK
        counted = {i: self._count(i, sheet.values[i]) for i in applicable if i not in sheet.missing}
        if not missing:
            return variant.finish(variant.combine(counted, variant, applicable)), OK
        if self.rule.fill == "mean":
            for index in missing:
                counted[index] = self._fill(sheet, variant, index)
            return variant.finish(variant.combine(counted, variant, applicable)), IMPUTED
        if not counted:
            raise Refusal("no_answers")
        return variant.finish(variant.combine(counted, variant, applicable)), PARTIAL

    def _check_limits(self, sheet: Sheet, variant: VariantRule, incomplete: bool) -> None:
        """Refuse when more is missing than the rule allows; an incomplete scale also when that is not known.

        A complete scale stands on its own answers: an item elsewhere of which it is not known whether it applies does
        not take it away.
        """
        rule = self.rule
        whole = rule.counted_over == "instrument"
        lost = len(sheet.missing) if whole else len(sheet.missing & variant.own)
        if lost > rule.allowed:
            raise Refusal("too_many_missing")
        blank = {i for i in sheet.unsure if sheet.values[i] is None}
        if incomplete and whole and lost + len(blank) > rule.allowed:
            raise Refusal("condition_unknown")
        if rule.per_group:
            for group in {self.layout.groups[i] for i in variant.positions}:
                limit = rule.per_group.get(group, rule.per_group.get("*", len(self.layout.codes)))
                near = self.by_group[group]
                if len(near & sheet.missing) > limit:
                    raise Refusal("too_many_missing_in_group")
                if incomplete and len(near & sheet.missing) + len(near & blank) > limit:
                    raise Refusal("condition_unknown")

    def _count(self, index: int, value: Number | None) -> Number:
        if value is None:
            raise AssertionError("a missing answer is never counted")
        count = self.counts.get(index)
        return value if count is None else count(value)

    def _fill(self, sheet: Sheet, variant: VariantRule, index: int) -> float:
        """The mean of the answered, applicable items of the rule's scope."""
        if self.rule.scope == "group":
            scope: frozenset[int] | tuple[int, ...] = self.by_group[self.layout.groups[index]]
        else:
            scope = variant.own if self.rule.scope == "scale" else self.layout.counted
        if sheet.unsure.intersection(scope):
            raise Refusal("condition_unknown")
        answered = [i for i in sorted(scope) if sheet.values[i] is not None]
        if not answered:
            raise Refusal("no_answers")
        if self.rule.fill_space == "raw":
            raw = sum(value for i in answered if (value := sheet.values[i]) is not None)
            return self._count(index, raw / len(answered))
        return sum(self._count(i, sheet.values[i]) for i in answered) / len(answered)


class ScaleOfScalesRule:
    """A scale over other scales; a part without a score is missing, one that does not apply is left out."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.parts = {variant.key: Finish(scale, variant) for variant in scale.variants}

    def score(self, sheet: Sheet) -> ScaleScore:
        """The score of this scale, from the scores of its parts. The counts are of parts, not of items."""
        scale, name = self.scale, ""
        parts: list[ScaleScore] = []
        try:
            for variant in scale.variants:
                holds = True if variant.when is None else evaluate(variant.when, sheet.look)
                if holds is None:
                    raise Refusal("condition_unknown")
                if holds:
                    break
            name = variant.key
            parts = [sheet.scores[key] for key in variant.members]
            value, status = self._score(variant, parts)
            reason = ""
        except Refusal as refusal:
            value, status, reason = None, ScoreStatus.NOT_ASSESSABLE, str(refusal)
        used = sum(part.value is not None for part in parts)
        absent = sum(part.reason == "not_applicable" for part in parts)
        return ScaleScore(
            scale.key, value, status, reason, used, len(parts) - used - absent, absent, name
        )

    def _score(self, variant: Variant, parts: list[ScaleScore]) -> tuple[float, ScoreStatus]:
        scale = self.scale
        applicable = [i for i, part in enumerate(parts) if part.reason != "not_applicable"]
        if not applicable or (len(applicable) < len(parts) and scale.method in SUMS):
            raise Refusal("not_applicable")
        counted = {i: part.value for i, part in enumerate(parts) if part.value is not None}
        lost = len(applicable) - len(counted)
        if lost > scale.missing.allowed or not counted:
            raise Refusal("scale_missing")
        rule = _Weights(dict(enumerate(variant.weights)), frozenset(scale.count_values))
        raw = _COMBINE[scale.method](dict(counted), rule, applicable)
        statuses = {part.status for part in parts}
        status = PARTIAL if lost or PARTIAL in statuses else OK
        status = IMPUTED if IMPUTED in statuses else status
        return self.parts[variant.key](raw), status


class _Weights:
    def __init__(self, weights: dict[int, float], count_values: frozenset[float]) -> None:
        self.weights, self.count_values = weights, count_values


Counted = dict[int, Number]
Rule = VariantRule | _Weights


def _prorate(counted: Counted, total: Number, applicable: Sequence[int]) -> Number:
    """A sum over fewer items scaled up to all applicable ones; the sum itself when none is missing."""
    if len(counted) == len(applicable):
        return total
    return total * len(applicable) / len(counted)


def _add_weighted(counted: Counted, rule: Rule, applicable: Sequence[int]) -> Number:
    total = sum(rule.weights[i] * value for i, value in counted.items())
    if len(counted) == len(applicable):
        return total
    present = sum(abs(rule.weights[i]) for i in counted)
    if not present:
        raise Refusal("no_answers")
    return total * sum(abs(rule.weights[i]) for i in applicable) / present


_COMBINE: dict[str, Callable[[Counted, Rule, Sequence[int]], Number]] = {
    "sum": lambda counted, rule, applicable: _prorate(counted, sum(counted.values()), applicable),
    "weighted_sum": _add_weighted,
    "mean": lambda counted, rule, applicable: sum(counted.values()) / len(counted),
    "min": lambda counted, rule, applicable: min(counted.values()),
    "max": lambda counted, rule, applicable: max(counted.values()),
    "count_in": lambda counted, rule, applicable: _prorate(
        counted, sum(value in rule.count_values for value in counted.values()), applicable
    ),
}


def _compile_maps(scale: Scale, definition: Instrument) -> dict[str, Count]:
    """How answers count on a scale, for the items that do not count as they are. One function per map."""
    compiled: dict[str, Count] = {}
    for value_map in scale.maps.values():
        if value_map.key in compiled:
            continue
        if value_map.reverse:
            compiled[value_map.key] = value_map.apply
        else:
            table = {k: int(v) if v == int(v) else v for k, v in value_map.table.items()}
            compiled[value_map.key] = table.__getitem__
    return {code: compiled[value_map.key] for code, value_map in scale.maps.items()}


def _compile_adders(
    positions: Sequence[int], counts: Mapping[int, Count]
) -> list[tuple[Count | None, Callable[[Sequence[Number | None]], tuple[Number, ...]]]]:
    """Items that count in the same way are picked and added together."""
    alike: dict[Count | None, list[int]] = {}
    for index in positions:
        alike.setdefault(counts.get(index), []).append(index)
    return [(count, _pick(indices)) for count, indices in alike.items()]


def _pick(indices: list[int]) -> Callable[[Sequence[Number | None]], tuple[Number, ...]]:
    if len(indices) == 1:
        only = indices[0]
        return lambda values: (values[only],)  # type: ignore[return-value]
    return itemgetter(*indices)
