"""Answers as people write them into cells: the value, its label in any language, or both."""

import re
from functools import lru_cache

from evalplat.exchange.import_words import DECLINED_WORDS, MISSING_WORDS, fold_words
from evalplat.instruments.definition import Condition, Instrument, Item
from evalplat.scoring.answers import DECLINED

_BOTH = re.compile(r"([+-]?\d{1,9})\s*[=:.)–—-]\s*(\D.*)", re.ASCII | re.DOTALL)
_UNDONE = re.compile(r"'(?=\s*[=+\-@\t\r\n＝＋－＠])")


class AnswerReader:
    """Turns the cells of one instrument into what the validator takes."""

    def __init__(self, definition: Instrument) -> None:
        self.labels = {item.code: _label_values(definition, item) for item in definition.items}
        self.labels.update({c.code: _label_choices(definition, c) for c in definition.conditions})
        self.free = {item.code for item in definition.items if item.kind == "text"}

    def read(self, code: str, cell: str) -> str:
        """The value of a cell as text, empty where it is missing; what is not understood comes back as it is."""
        if not cell:
            return ""
        if code in self.free:
            return read_text(cell)
        words = fold_words(cell)
        if words in MISSING_WORDS:
            return ""
        if words in DECLINED_WORDS:
            return DECLINED
        labels = self.labels.get(code, {})
        if words in labels:
            return labels[words]
        both = _BOTH.fullmatch(cell)
        if both and labels.get(fold_words(both[2])) == str(int(both[1])):
            return str(int(both[1]))
        return cell


def read_text(cell: str) -> str:
    """A text without the apostrophe that our own files put in front of what could run as a formula."""
    return _UNDONE.sub("", cell, count=1) if cell.startswith("'") else cell


@lru_cache(maxsize=128)
def answer_reader(definition: Instrument) -> AnswerReader:
    """The reader of a definition."""
    return AnswerReader(definition)


def _label_values(definition: Instrument, item: Item) -> dict[str, str]:
    """The value of each label, in any wording. A label that stands for two values, or looks like a value, is none."""
    found: dict[str, set[str]] = {}
    for texts in definition.texts.values():
        for option in item.options:
            label = texts.options.get(option.key, "")
            found.setdefault(fold_words(label), set()).add(str(option.value))
    return _certain(found)


def _label_choices(definition: Instrument, condition: Condition) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for texts in definition.texts.values():
        for choice in condition.choices:
            label = texts.options.get(f"{condition.code}.{choice}", "")
            found.setdefault(fold_words(label), set()).add(choice)
    return _certain(found)


def _certain(found: dict[str, set[str]]) -> dict[str, str]:
    return {
        label: next(iter(values))
        for label, values in found.items()
        if label and len(values) == 1 and not label.lstrip("+-−").isdigit()
    }
