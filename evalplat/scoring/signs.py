"""What makes one look at a sheet of answers again: rules about one sheet, which say nothing of right or wrong.

The rules are careful ones: a sign that people learn to pass over is of no use. Free texts and figures that are typed in
are not looked at.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from evalplat.instruments.definition import Instrument, Item, ValueMap
from evalplat.scoring.applicability import evaluate

FEWEST = 8
"""How many answers a sheet needs before their pattern says anything."""

SECONDS_AN_ANSWER = 2.0
"""Less than this for an answer is too little for reading the question: Huang et al. 2012, J Bus Psychol 27: 99-114."""

FEWEST_VALUES = 3
"""How many different answers make a sheet somebody's own: many clients answer "no difficulty" throughout."""

Answers = Mapping[str, object]
"""Answers as they are stored, by code of the item."""


def is_straight_line(definition: Instrument, answers: Answers) -> bool:
    """Whether one and the same answer was given to every question with the same options, where that is unlikely.

    It is where the answer is none of the two ends, which somebody may well mean throughout; and where some of the
    questions ask the other way round, so that the same answer contradicts itself.
    """
    groups: dict[tuple[int, ...], list[tuple[str, object]]] = {}
    for item in definition.items:
        if item.kind == "choice" and item.code in answers and _is_value(answers[item.code]):
            groups.setdefault(item.values, []).append((item.code, answers[item.code]))
    turned = _find_turned(definition)
    for values, given in groups.items():
        if len(given) < FEWEST or len({value for _, value in given}) > 1:
            continue
        inside = min(values) < float(str(given[0][1])) < max(values)
        ways = {code in turned for code, _ in given}
        if inside or len(ways) == 2:
            return True
    return False


def is_too_fast(count: int, begun_at: datetime | None, submitted_at: datetime) -> bool:
    """Whether `count` answers, kept one by one, came faster than anybody reads; the first one's time is not known."""
    if begun_at is None or count < FEWEST:
        return False
    return (submitted_at - begun_at).total_seconds() < SECONDS_AN_ANSWER * (count - 1)


def count_answers(definition: Instrument, answers: Answers) -> int:
    """How many of the questions with options or a number have an answer."""
    return len(_pattern(definition, answers))


def find_pattern(definition: Instrument, answers: Answers) -> tuple[tuple[str, object], ...] | None:
    """What tells a sheet from another's: its answers, where they are many and various enough; else None."""
    pattern = _pattern(definition, answers)
    if len(pattern) < FEWEST or len({str(value) for _, value in pattern}) < FEWEST_VALUES:
        return None
    return pattern


def find_missing(definition: Instrument, answers: Answers) -> Iterator[tuple[str, bool]]:
    """Each question that applied to the respondent, and whether it was left without an answer.

    Not wanting to answer is an answer missing. Of which it is not known whether it applied, is not told.
    """
    absent: set[str] = set()

    def look(field: str) -> tuple[bool | int | float | str | None, bool]:
        value = answers.get(field)
        known = value if isinstance(value, bool | int | float | str) else None
        return known, field not in absent

    for item in definition.items:
        if item.applicable_when and not evaluate(item.applicable_when, look):
            absent.add(item.code)
        elif item.kind != "text":
            yield item.code, not _is_value(answers.get(item.code))


def _pattern(definition: Instrument, answers: Answers) -> tuple[tuple[str, object], ...]:
    return tuple(
        (item.code, answers[item.code])
        for item in definition.items
        if _is_asked(item) and item.code in answers and _is_value(answers[item.code])
    )


def _is_asked(item: Item) -> bool:
    return item.kind != "text"


def _is_value(value: object) -> bool:
    """An answer, and not that somebody did not want to answer."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _find_turned(definition: Instrument) -> set[str]:
    """Items whose answers count the other way round in some scale that also has items which do not."""
    found: set[str] = set()
    for scale in definition.scales:
        turned = {code for code in scale.members if _turns(scale.maps.get(code))}
        if 0 < len(turned) < len(scale.members):
            found |= turned
    return found


def _turns(mapping: ValueMap | None) -> bool:
    if mapping is None:
        return False
    if mapping.reverse is not None:
        return True
    keys = sorted(mapping.table)
    return len(keys) > 1 and mapping.table[keys[0]] > mapping.table[keys[-1]]
