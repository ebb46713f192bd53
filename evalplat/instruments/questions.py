"""How each question of an instrument reads in a language: one wording for the screen, for paper and for a command."""

from dataclasses import dataclass
from functools import lru_cache

from evalplat.instruments.definition import Condition, Instrument, Item, Texts, list_fields
from evalplat.language import base_language, get_translator

MANY = 7
"""From so many answers on, bare numbers stand side by side instead of under each other."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be ticked, with the value that is sent and the words that are read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Step:
    """One question. kind: choice (options under each other), steps (numbers side by side), number or text.

    ends: what the first and the last of many numbers mean. intro: what every question of the sheet shares.
    language: that of its words, where the wording asked for has none of its own.
    """

    code: str
    kind: str
    label: str
    help: str = ""
    intro: str = ""
    options: tuple[Choice, ...] = ()
    ends: tuple[str, str] = ("", "")
    required: bool = True
    declinable: bool = True
    is_condition: bool = False
    language: str = ""

    def show(self, answer: object) -> str:
        """An answer in words."""
        sent = send(answer)
        if self.kind == "steps" or not self.options:
            return sent
        return next((option.label for option in self.options if option.value == sent), sent)


def send(answer: object) -> str:
    """A stored answer as a form carries it."""
    if isinstance(answer, bool):
        return "1" if answer else "0"
    return "" if answer is None else str(answer)


def list_all_steps(instrument: Instrument, language: str) -> list[Step]:
    """Every question of the sheet, whoever answers: conditions first, then the items."""
    texts = instrument.text(language)
    return [condition_step(condition, texts) for condition in instrument.conditions] + [
        item_step(item, texts, "") for item in instrument.items
    ]


def intro_of(texts: Texts) -> str:
    """What every question of the sheet shares: the time looked back on, or the introduction."""
    return texts.recall[:1].upper() + texts.recall[1:] or texts.introduction


def list_in_order(instrument: Instrument, language: str) -> list[Step]:
    """Every question, in the order in which it is asked: a condition just before the first item that hangs on it.

    A condition that nothing hangs on comes first.
    """
    return list(_in_order(instrument, language))


@lru_cache(maxsize=100)
def _in_order(instrument: Instrument, language: str) -> tuple[Step, ...]:
    texts = instrument.text(language)
    conditions = {condition.code: condition for condition in instrument.conditions}
    steps: list[Step] = []
    asked: set[str] = set()
    for item in instrument.items:
        for code in list_fields(item.applicable_when) if item.applicable_when else ():
            if code in conditions and code not in asked:
                asked.add(code)
                steps.append(condition_step(conditions[code], texts))
        steps.append(item_step(item, texts, intro_of(texts)))
    first = (condition_step(c, texts) for code, c in conditions.items() if code not in asked)
    return (*first, *steps)


def condition_step(condition: Condition, texts: Texts) -> Step:
    """The question of a condition."""
    text = texts.conditions.get(condition.code)
    _ = get_translator(texts.language)
    options = (
        tuple(Choice(c, texts.options.get(f"{condition.code}.{c}", c)) for c in condition.choices)
        if condition.choices
        else (Choice("1", _("Yes")), Choice("0", _("No")))
    )
    return Step(
        code=condition.code, kind="choice", label=text.label if text else condition.code,
        help=text.help if text else "", options=options, is_condition=True,
        language=_language_of(condition.code, texts),
    )  # fmt: skip


def item_step(item: Item, texts: Texts, intro: str) -> Step:
    """The question of an item."""
    text = texts.items.get(item.code)
    label, help_text = (text.label, text.help) if text else (item.code, "")
    choices = tuple(
        Choice(str(option.value), texts.options.get(option.key, str(option.value)))
        for option in item.options
    )
    inner = choices[1:-1]
    side_by_side = len(choices) >= MANY and all(c.label.lstrip("-−").isdigit() for c in inner)
    kind = item.kind if item.kind != "choice" or not side_by_side else "steps"
    ends = ("", "")
    if kind == "steps":
        ends = (_end(choices[0]), _end(choices[-1]))
        choices = tuple(Choice(c.value, c.value) for c in choices)
    free = item.kind == "text" and not item.required
    return Step(
        code=item.code, kind=kind, label=label, help=help_text, intro=intro, options=choices,
        ends=ends, required=not free, declinable=not free, language=_language_of(item.code, texts),
    )  # fmt: skip


def _end(choice: Choice) -> str:
    """What an end of many numbers means: `0 – not at all`; nothing where the number has no words."""
    if choice.label == choice.value:
        return ""
    return (
        choice.label
        if choice.label.startswith(choice.value)
        else f"{choice.value} – {choice.label}"
    )


def _language_of(code: str, texts: Texts) -> str:
    return base_language(texts.language) if code in texts.borrowed else texts.language
