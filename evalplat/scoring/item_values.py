"""The answers of many sheets as each scale counts them: reversed items turned, one table per way of scoring.

Answers are kept once as they were given, in eight bytes each; how they count is looked up when a scale's table is made.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalplat.instruments.definition import Instrument, Scale, Variant
from evalplat.scoring.answers import DECLINED
from evalplat.scoring.score import compile_scorer
from evalplat.scoring.sheet import Facts, Number, Sheet

Floats = NDArray[np.float64]

SUMMED = ("sum", "weighted_sum", "mean", "count_in")
"""Methods whose score is a sum of what its items count, up to stretching."""


@dataclass(frozen=True, eq=False)
class CountedItems:
    """The sheets of one scale that are scored in one way.

    values: sheets by items, as they count, nan without an answer; applicable: false where an item does not apply;
    scores: nan where there is none; summed: whether the score is a sum of the values.
    """

    scale: str
    variant: str
    codes: tuple[str, ...]
    values: Floats
    applicable: NDArray[np.bool_]
    scores: Floats
    summed: bool


class SheetCollector:
    """Takes checked sheets one by one, scores them, and gives each scale's table of items afterwards."""

    def __init__(self, definition: Instrument) -> None:
        self.definition = definition
        self.scorer = compile_scorer(definition)
        self.codes = self.scorer.layout.codes
        self._variants = {
            scale.key: [variant.key for variant in scale.variants] for scale in definition.scales
        }
        self._answers = array("d")
        self._scores = {scale.key: array("d") for scale in definition.scales}
        self._ways = {scale.key: array("b") for scale in definition.scales}
        self.count = 0

    def add(self, values: list[Number | None], facts: Facts) -> None:
        """One sheet by position, as `Scorer.score_values` takes it. The list is used up."""
        sheet = Sheet(self.scorer.layout, values, facts)
        for rule in self.scorer.rules:
            score = rule.score(sheet)
            sheet.scores[score.scale] = score
            self._scores[score.scale].append(nan if score.value is None else score.value)
            # Without a known condition no way is chosen, and the score carries no way's name.
            unknown = score.reason == "condition_unknown" and not score.variant
            ways = self._variants[score.scale]
            self._ways[score.scale].append(-1 if unknown else ways.index(score.variant))
        self._answers.extend(
            inf if place in sheet.absent else nan if value is None else value
            for place, value in enumerate(sheet.values)
        )
        self.count += 1

    def add_raw(self, raw: Mapping[str, Any]) -> None:
        """One stored sheet, as `to_raw` wrote it."""
        values: list[Number | None] = []
        for code in self.codes:
            value = raw.get(code)
            values.append(None if isinstance(value, str) else value)
        facts = {code: raw.get(code) for code in self.scorer.layout.facts}
        self.add(values, {k: None if v == DECLINED else v for k, v in facts.items()})

    def count_items(self, key: str) -> tuple[CountedItems, ...]:
        """One table for each way in which sheets of this scale were scored, the usual way first.

        A sheet of which it is not known in which way it is scored is in none. Scales over scales have those as items.
        """
        scale = self.definition.scale(key)
        if not self.count:
            return ()
        scores = np.frombuffer(self._scores[key])
        ways = np.frombuffer(self._ways[key], dtype=np.int8)
        tables = []
        for place in reversed(range(len(scale.variants))):
            rows = ways == place
            if rows.any():
                variant = scale.variants[place]
                given = self._find_given(scale, variant)[rows]
                tables.append(_count(scale, variant, given, scores[rows]))
        return tuple(tables)

    def _find_given(self, scale: Scale, variant: Variant) -> Floats:
        """What stands in the place of each member: answers, or the scores of other scales."""
        if scale.over == "scales":
            return np.column_stack([np.frombuffer(self._scores[key]) for key in variant.members])
        answers = np.frombuffer(self._answers).reshape(self.count, len(self.codes))
        found: Floats = answers[:, [self.scorer.layout.position[code] for code in variant.members]]
        return found


def _count(scale: Scale, variant: Variant, given: Floats, scores: Floats) -> CountedItems:
    weights = variant.weights or (1.0,) * len(variant.members)
    columns = []
    for column, code, weight in zip(given.T, variant.members, weights, strict=True):
        counted = np.full(len(column), nan)
        for value in np.unique(column[np.isfinite(column)]):
            counted[column == value] = weight * _count_value(scale, code, float(value))
        columns.append(counted)
    return CountedItems(
        scale=scale.key,
        variant=variant.key,
        codes=variant.members,
        values=np.column_stack(columns),
        applicable=~np.isposinf(given),
        scores=scores,
        summed=scale.method in SUMMED,
    )


def _count_value(scale: Scale, code: str, value: float) -> float:
    counted = scale.maps[code].apply(value) if code in scale.maps else value
    return float(counted in scale.count_values) if scale.method == "count_in" else counted
