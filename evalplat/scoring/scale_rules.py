"""A scale compiled to a rule that scores a sheet. One rule for item scales, one for scales over scales."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Protocol, TypeVar

from evalplat.instruments.definition import Instrument, Scale, Test, Variant
from evalplat.scoring.applicability import evaluate
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.sheet import Layout, Number, Sheet
from evalplat.vocabulary import ScoreStatus

Count = Callable[[Number], Number]
SUMS = ("sum", "weighted_sum", "count_in")
OK, IMPUTED, PARTIAL = ScoreStatus.OK, ScoreStatus.IMPUTED, ScoreStatus.PARTIAL
NOT_ASSESSABLE = ScoreStatus.NOT_ASSESSABLE


class Refusal(Exception):
    """A scale has no score; the argument is a key of REASONS."""


class Finish:
    """From a sum, mean or count to the score: the scale's transform, kept in its range."""

    def __init__(self, scale: Scale, variant: Variant) -> None:
        self.low, self.high = scale.minimum, scale.maximum
        self.lookup = scale.transform.lookup
        self.multiply, self.divide = scale.transform.multiply, 1.0
        self.start, self.add = 0.0, scale.transform.add
        if scale.transform.rescale_to and variant.expect_range:
            (self.start, end), (self.add, top) = variant.expect_range, scale.transform.rescale_to
            self.multiply, self.divide = top - self.add, end - self.start

    def __call__(self, raw: Number) -> float:
        value = (raw - self.start) * self.multiply / self.divide + self.add
        if self.lookup:
            value = self.lookup[raw]
        # A mean of other items can exceed what the filled item could have given.
        if value < self.low:
            return self.low
        return self.high if value > self.high else value


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

    def score_complete(self, values: Sequence[Number | None]) -> float:
        """The score when every item of a sum or mean is answered."""
        total: Number = 0
        for count, pick in self.adders:
            picked = pick(values)
            total += sum(picked) if count is None else sum(map(count, picked))
        return self.finish(total / len(self.positions) if self.mean else total)

    def add_answered(self, values: Sequence[Number | None]) -> Number:
        """The sum of what is answered."""
        total: Number = 0
        for count, pick in self.adders:
            picked = [value for value in pick(values) if value is not None]
            total += sum(picked) if count is None else sum(map(count, picked))
        return total


class Choosable(Protocol):
    """Something with a condition, one of several."""

    @property
    def when(self) -> Test | None:
        """The condition; None for the usual way."""
        ...


Chosen = TypeVar("Chosen", bound=Choosable)


def choose_variant(variants: Sequence[Chosen], sheet: Sheet) -> Chosen:
    """The first variant whose condition holds; the last one has none. An unknown condition is never guessed."""
    if len(variants) == 1:
        return variants[0]
    for variant in variants[:-1]:
        holds = True if variant.when is None else evaluate(variant.when, sheet.look)
        if holds is None:
            raise Refusal("condition_unknown")
        if holds:
            return variant
    return variants[-1]


class ItemRule:
    """A scale over items."""

    def __init__(self, scale: Scale, definition: Instrument, layout: Layout) -> None:
        self.key, self.scale, self.rule, self.layout = scale.key, scale, scale.missing, layout
        self.counts = {
            layout.position[code]: count for code, count in _compile_maps(scale, definition).items()
        }
        self.variants = [VariantRule(scale, v, self.counts, layout) for v in scale.variants]
        self.members = frozenset().union(*(v.own for v in self.variants))
        # One way to score, a sum or a mean: a complete sheet takes the short way.
        only = self.variants[0] if len(self.variants) == 1 else None
        self.plain = only if only and only.adders else None
        self.by_group = {
            group: frozenset(i for i in layout.counted if layout.groups[i] == group)
            for group in {layout.groups[index] for index in self.members}
        }
        limits = self.rule.per_group
        self.group_limits = [
            (near, limits.get(group, limits.get("*", len(near))))
            for group, near in self.by_group.items()
            if limits
        ]
        self.by_sheet = self.rule.counted_over == "instrument"

    def score(self, sheet: Sheet) -> ScaleScore:
        """The score of this scale on a sheet."""
        if self.plain and sheet.certain and self.members.isdisjoint(sheet.absent):
            value = self.plain.score_complete(sheet.values)
            return ScaleScore(self.key, value, OK, "", len(self.members), 0, 0, self.plain.key)
        absent = len(self.members & sheet.absent) if sheet.absent else 0
        missing = len(self.members & sheet.blank) if sheet.blank else 0
        used = len(self.members) - absent - missing
        name, reason = "", ""
        score: float | None = None
        status = NOT_ASSESSABLE
        try:
            variant = choose_variant(self.variants, sheet)
            name = variant.key
            if sheet.certain and variant.adders and sheet.absent.isdisjoint(variant.own):
                score, status = variant.score_complete(sheet.values), OK
            else:
                score, status = self._score(sheet, variant)
        except Refusal as refusal:
            reason = str(refusal)
        return ScaleScore(self.key, score, status, reason, used, missing, absent, name)

    def _score(self, sheet: Sheet, variant: VariantRule) -> tuple[float, ScoreStatus]:
        if sheet.unsure and variant.own & sheet.unsure:
            raise Refusal("condition_unknown")
        absent = variant.own & sheet.absent if sheet.absent else sheet.absent
        if absent and (self.scale.method in SUMS or variant.own <= absent):
            raise Refusal("not_applicable")
        missing = sorted(variant.own & sheet.missing)
        self._check_limits(sheet, variant, bool(missing))
        if not missing and not absent and variant.adders:
            return variant.score_complete(sheet.values), OK
        fills = {}
        if self.rule.fill == "mean":
            fills = {index: self._fill(sheet, variant, index) for index in missing}
        lost = 0 if fills else len(missing)
        applicable = len(variant.positions) - len(absent)
        if lost == applicable:
            raise Refusal("no_answers")
        status = PARTIAL if lost else IMPUTED if fills else OK
        if variant.adders:
            raw = variant.add_answered(sheet.values) + sum(fills.values())
            if variant.mean:
                raw = raw / (applicable - lost)
            elif lost:
                raw = raw * applicable / (applicable - lost)
            return variant.finish(raw), status
        counted = fills | {
            i: self._count(i, value)
            for i in variant.positions
            if (value := sheet.values[i]) is not None
        }
        kept = [i for i in variant.positions if i not in absent]
        return variant.finish(variant.combine(counted, variant, kept)), status

    def _check_limits(self, sheet: Sheet, variant: VariantRule, incomplete: bool) -> None:
        """Refuse when more is missing than the rule allows; an incomplete scale also when that is not known.

        A complete scale stands on its own answers: an item elsewhere of which it is not known whether it applies does
        not take it away.
        """
        lost = len(sheet.missing) if self.by_sheet else len(sheet.missing & variant.own)
        if lost > self.rule.allowed:
            raise Refusal("not_given" if self.scale.method == "given" else "too_many_missing")
        # Blank items that may or may not apply could be missing too.
        if incomplete and self.by_sheet and len(sheet.blank) > self.rule.allowed:
            raise Refusal("condition_unknown")
        for near, limit in self.group_limits:
            if near.isdisjoint(variant.own):
                continue
            if len(near & sheet.missing) > limit:
                raise Refusal("too_many_missing_in_group")
            if incomplete and len(near & sheet.blank) > limit:
                raise Refusal("condition_unknown")

    def _count(self, index: int, value: Number) -> Number:
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
        answered = [(i, v) for i in sorted(scope) if (v := sheet.values[i]) is not None]
        if not answered:
            raise Refusal("no_answers")
        if self.rule.fill_space == "raw":
            return self._count(index, sum(v for _, v in answered) / len(answered))
        return sum(self._count(i, v) for i, v in answered) / len(answered)


class ScaleOfScalesRule:
    """A scale over other scales; a part without a score is missing, one that does not apply is left out."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.parts = {variant.key: Finish(scale, variant) for variant in scale.variants}

    def score(self, sheet: Sheet) -> ScaleScore:
        """The score of this scale, from the scores of its parts. The counts are of parts, not of items."""
        scale, name, reason = self.scale, "", ""
        value: float | None = None
        status = NOT_ASSESSABLE
        parts: list[ScaleScore] = []
        try:
            variant = choose_variant(scale.variants, sheet)
            name = variant.key
            parts = [sheet.scores[key] for key in variant.members]
            value, status = self._score(variant, parts)
        except Refusal as refusal:
            reason = str(refusal)
        used = sum(part.value is not None for part in parts)
        absent = sum(part.reason == "not_applicable" for part in parts)
        missing = len(parts) - used - absent
        return ScaleScore(scale.key, value, status, reason, used, missing, absent, name)

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
    "given": lambda counted, rule, applicable: next(iter(counted.values())),
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
