"""The one validator of answers, for pages, imports and files: raw values in, a checked sheet or every fault out."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from evalplat.errors import AnswersRejected, Fault, Message
from evalplat.instruments.definition import Condition, Instrument, Item
from evalplat.instruments.keys import show
from evalplat.instruments.scale_words import OPEN
from evalplat.scoring.numbers import parse_number
from evalplat.scoring.sheet import Layout, Number, Sheet

DECLINED = "declined"
"""The raw value that says: the respondent does not want to answer this."""

YES = frozenset({"1", "true", "yes", "kyllä", "k", "ja", "tosi", "sant", "1.0", "1,0"})
NO = frozenset({"0", "false", "no", "ei", "e", "nej", "epätosi", "falskt", "0.0", "0,0"})
"""Words for yes and no, with those that a Finnish or Swedish spreadsheet program writes for its ticks."""

Answer = int | float | str
Fact = bool | str


@dataclass(frozen=True)
class AnswerSheet:
    """One checked sheet. answers: every item, None where missing or declined; conditions: every condition field."""

    instrument: str
    version: str
    answers: Mapping[str, Answer | None]
    conditions: Mapping[str, Fact | None]
    declined: frozenset[str] = frozenset()


class BadAnswer(Exception):
    """One value is not allowed; carries the message."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def _read_numeric(value: object, problem: Callable[[str], Message]) -> float:
    if isinstance(value, str):
        try:
            return parse_number(value)
        except ValueError:
            raise BadAnswer(problem(show(value))) from None
    # A tick is not a number, and what is not finite or absurdly large is no answer.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise BadAnswer(problem(show(value)))
    return float(value)


def _make_choice_reader(item: Item) -> Callable[[object], Answer]:
    values = {float(value): value for value in item.values}
    allowed = ", ".join(map(str, item.values))

    def problem(value: str) -> Message:
        return Message(
            "%(value)s is not an answer here; give one of %(allowed)s, or leave it empty",
            value=value,
            allowed=allowed,
        )

    def read(value: object) -> Answer:
        number = _read_numeric(value, problem)
        if number not in values:
            raise BadAnswer(problem(show(value)))
        return values[number]

    return read


def _make_number_reader(item: Item) -> Callable[[object], Answer]:
    span = item.number
    if span is None:
        raise AssertionError("only for items answered with a number")

    def problem(value: str) -> Message:
        low, high = f"{span.minimum:g}", f"{span.maximum:g}"
        if span.whole:
            return Message(
                "%(value)s is not an answer here; give a whole number from %(low)s to %(high)s, or leave it empty",
                value=value,
                low=low,
                high=high,
            )
        return Message(
            "%(value)s is not an answer here; give a number from %(low)s to %(high)s, or leave it empty",
            value=value,
            low=low,
            high=high,
        )

    def read(value: object) -> Answer:
        number = _read_numeric(value, problem)
        if not span.minimum <= number <= span.maximum or (span.whole and number != int(number)):
            raise BadAnswer(problem(show(value)))
        return int(number) if number == int(number) else number

    return read


def _make_text_reader(item: Item) -> Callable[[object], Answer]:
    def read(value: object) -> Answer:
        # A NUL or half a surrogate pair is no text that a database or a file could keep.
        if (
            not isinstance(value, str)
            or len(value) > item.max_length
            or any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)
        ):
            raise BadAnswer(
                Message(
                    "%(value)s cannot be kept; give a text of at most %(most)d characters",
                    value=show(value),
                    most=item.max_length,
                )
            )
        return value.strip()

    return read


def _make_fact_reader(condition: Condition) -> Callable[[object], Fact]:
    def read_yes_no(value: object) -> Fact:
        if isinstance(value, int | float) and value in (0, 1):
            return bool(value)
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word in YES or word in NO:
            return word in YES
        raise BadAnswer(
            Message(
                "%(value)s is not an answer here; give 1 (yes) or 0 (no), or leave it empty",
                value=show(value),
            )
        )

    def read_choice(value: object) -> Fact:
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word in condition.choices:
            return word
        raise BadAnswer(
            Message(
                "%(value)s is not an answer here; give one of %(allowed)s, or leave it empty",
                value=show(value),
                allowed=", ".join(condition.choices),
            )
        )

    return read_choice if condition.choices else read_yes_no


class Checker:
    """The readers of an instrument's fields, made once."""

    def __init__(self, definition: Instrument) -> None:
        self.definition = definition
        self.layout = Layout(definition)
        make = {
            "choice": _make_choice_reader,
            "number": _make_number_reader,
            "text": _make_text_reader,
        }
        self.items = {item.code: make[item.kind](item) for item in definition.items}
        self.conditions = {c.code: _make_fact_reader(c) for c in definition.conditions}
        self.required = [item.code for item in definition.items if item.required]

    def read(self, code: str, value: object) -> Answer | Fact | None:
        """A value as it is kept: None when missing, DECLINED when declined; raises BadAnswer."""
        if not isinstance(code, str) or (code not in self.items and code not in self.conditions):
            raise BadAnswer(self._explain_unknown(code))
        if value is None:
            return None
        if isinstance(value, str):
            word = value.strip()
            if not word:
                return None
            if word.casefold() == DECLINED:
                return DECLINED
        return self.items[code](value) if code in self.items else self.conditions[code](value)

    def _explain_unknown(self, code: object) -> Message:
        near = difflib.get_close_matches(str(code)[:60], [*self.items, *self.conditions], n=1)
        if near:
            return Message("there is no such item; did you mean %(near)s?", near=near[0])
        return Message("there is no such item in %(key)s; leave it out", key=self.definition.key)


@lru_cache(maxsize=128)
def compile_checker(definition: Instrument) -> Checker:
    """The checker of a definition."""
    return Checker(definition)


def check_answer(definition: Instrument, code: str, value: object) -> Answer | Fact | None:
    """One answer as it is kept (None: missing, "declined": declined); raises AnswersRejected naming the item."""
    try:
        return compile_checker(definition).read(code, value)
    except BadAnswer as error:
        raise AnswersRejected(
            Message("The answer cannot be kept."), [Fault(show_code(code), error.message)]
        ) from error


def show_code(code: object) -> str:
    """An item code as it may stand in an error, however strange."""
    return code[:80] if isinstance(code, str) and code.isprintable() else show(code)


def check_answers(definition: Instrument, raw: Mapping[str, object]) -> AnswerSheet:
    """A checked sheet from raw values by item code and condition field.

    Numbers or their texts, with decimal comma or point; None and "" are missing; "declined" does not want to answer.
    Raises AnswersRejected naming every faulty item, unknown ones included.
    """
    if definition.is_open:
        raise AnswersRejected(
            Message("The answers of %(key)s cannot be kept.", key=definition.key),
            [Fault("", Message(OPEN.template, instrument=definition.key))],
        )
    checker = compile_checker(definition)
    answers: dict[str, Answer | None] = dict.fromkeys(checker.items)
    facts: dict[str, Fact | None] = dict.fromkeys(checker.conditions)
    declined: set[str] = set()
    faults: list[Fault] = []
    for code, value in raw.items():
        try:
            kept = checker.read(code, value)
        except BadAnswer as error:
            faults.append(Fault(show_code(code), error.message))
            continue
        if isinstance(kept, str) and kept == DECLINED:
            declined.add(code)
        elif code in answers:
            answers[code] = kept
        elif isinstance(kept, bool | str) or kept is None:
            facts[code] = kept
    if not faults:
        faults = _find_unanswered(checker, answers, facts, declined)
    if faults:
        raise AnswersRejected(
            Message("The answers of %(key)s cannot be kept.", key=definition.key), faults
        )
    return AnswerSheet(
        definition.key,
        definition.version,
        MappingProxyType(answers),
        MappingProxyType(facts),
        frozenset(declined),
    )


def _find_unanswered(
    checker: Checker,
    answers: Mapping[str, Answer | None],
    facts: Mapping[str, Fact | None],
    declined: set[str],
) -> list[Fault]:
    """Required items without an answer, unless they do not apply or were declined."""
    if not checker.required:
        return []
    values: list[Number | None] = [None if isinstance(v, str) else v for v in answers.values()]
    absent = Sheet(checker.layout, values, facts).absent
    return [
        Fault(code, Message("this needs an answer, or that the respondent declines to answer"))
        for code in checker.required
        if answers[code] is None
        and code not in declined
        and checker.layout.position[code] not in absent
    ]


def to_raw(sheet: AnswerSheet) -> dict[str, Answer | Fact]:
    """A sheet as raw values, ready for JSON; `check_answers` gives the same sheet back."""
    raw: dict[str, Answer | Fact] = {
        code: value
        for part in (sheet.answers, sheet.conditions)
        for code, value in part.items()
        if value is not None
    }
    raw.update(dict.fromkeys(sorted(sheet.declined), DECLINED))
    return raw
