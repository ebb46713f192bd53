"""A worked example of missing answers: what a scale's score becomes as one answer after another is left out."""

from collections.abc import Iterator
from dataclasses import dataclass

from evalplat.instruments.definition import Instrument, Item, Scale
from evalplat.scoring.answers import check_answers
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import score

MOST_ROWS = 4


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One line of the example: the questions left out, and the score that is then given."""

    codes: tuple[str, ...]
    score: ScaleScore


def choose_examples(definition: Instrument) -> tuple[Scale, ...]:
    """The first scale of each missing rule; a scale of one question needs no example."""
    chosen: dict[str, Scale] = {}
    for scale in definition.scales:
        if scale.over == "items" and scale.method != "given" and len(scale.members) > 1:
            chosen.setdefault(repr(scale.missing), scale)
    return tuple(chosen.values())


def leave_out(definition: Instrument, scale: Scale) -> Iterator[LeftOut]:
    """Everything answered, then one question less in every line, until there is no score."""
    answers = _answer_everything(definition)
    able = [code for code in scale.members if not definition.item(code).required]
    for number in range(min(MOST_ROWS, len(able)) + 1):
        codes = tuple(able[:number])
        given = {code: value for code, value in answers.items() if code not in codes}
        scores = score(definition, check_answers(definition, given))
        found = next(one for one in scores if one.scale == scale.key)
        yield LeftOut(codes, found)
        if found.value is None:
            return


def _answer_everything(definition: Instrument) -> dict[str, object]:
    """Answers that differ from question to question, so that a mean of the others can be seen."""
    answers: dict[str, object] = {
        condition.code: condition.choices[0] if condition.choices else True
        for condition in definition.conditions
    }
    for number, item in enumerate(definition.items):
        value = _pick(item, number)
        if value is not None:
            answers[item.code] = value
    return answers


def _pick(item: Item, number: int) -> float | None:
    if item.options:
        return item.values[1 + number % (len(item.values) - 1)]
    return item.number.minimum if item.number else None
