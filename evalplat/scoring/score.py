"""The one engine: a definition compiled once, then sheet after sheet to scores. No code per instrument."""

from collections.abc import Mapping
from functools import lru_cache

from evalplat.errors import InputRejected, Message
from evalplat.instruments.definition import Instrument, Scale
from evalplat.scoring.answers import AnswerSheet
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.scale_rules import ItemRule, ScaleOfScalesRule
from evalplat.scoring.sheet import Facts, Layout, Number, Sheet

__all__ = ["SCORING_VERSION", "ScaleScore", "Scorer", "compile_scorer", "score"]

SCORING_VERSION = "1"
"""Stored with every score; changes when the engine would give another number for the same sheet and definition."""


class Scorer:
    """A definition compiled for scoring."""

    def __init__(self, definition: Instrument) -> None:
        self.layout = Layout(definition)
        self.keys = tuple(scale.key for scale in definition.scales)
        self.rules = [
            ItemRule(scale, definition, self.layout)
            if scale.over == "items"
            else ScaleOfScalesRule(scale)
            for scale in _order(definition)
        ]
        self.in_order = [rule.scale.key for rule in self.rules] == list(self.keys)

    def score_values(self, values: list[Number | None], facts: Facts) -> tuple[ScaleScore, ...]:
        """Scores of one sheet given by position (None = missing, text or declined). The list is used up."""
        sheet = Sheet(self.layout, values, facts)
        scores = sheet.scores
        for rule in self.rules:
            result = rule.score(sheet)
            scores[result.scale] = result
        if self.in_order:
            return tuple(scores.values())
        return tuple(scores[key] for key in self.keys)


def _order(definition: Instrument) -> list[Scale]:
    """Scales, each after the scales that it is made of."""
    ordered: dict[str, Scale] = {}

    def place(scale: Scale) -> None:
        if scale.over == "scales":
            for variant in scale.variants:
                for key in variant.members:
                    if key not in ordered:
                        place(definition.scale(key))
        ordered.setdefault(scale.key, scale)

    for scale in definition.scales:
        place(scale)
    return list(ordered.values())


@lru_cache(maxsize=128)
def compile_scorer(definition: Instrument) -> Scorer:
    """The scorer of a definition; raises InputRejected for one whose scores are not computed from a sheet.

    A score that comes from outside stands on the sheet as a number, and is taken as it is.
    """
    if definition.kind not in ("scored", "external"):
        explained: Mapping[str, Message] = {
            "goals": Message(
                "%(key)s is scored from rated goals, not from a sheet.", key=definition.key
            ),
            "record": Message("%(key)s is a record and has no score.", key=definition.key),
        }
        raise InputRejected(explained[definition.kind])
    return Scorer(definition)


def score(definition: Instrument, sheet: AnswerSheet) -> tuple[ScaleScore, ...]:
    """The scores of one checked sheet, one per scale in the definition's order; a declined answer is missing."""
    scorer = compile_scorer(definition)
    answers = sheet.answers
    values: list[Number | None] = []
    for code in scorer.layout.codes:
        value = answers.get(code)
        values.append(None if isinstance(value, str) else value)
    return scorer.score_values(values, sheet.conditions)
