"""The order in which an instrument is asked, one question per page; pure, so that it can be read and tested alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evalplat.instruments.definition import Condition, Instrument, Item, Texts, list_fields
from evalplat.language import get_translator
from evalplat.scoring.applicability import Value, evaluate

DECLINED = "declined"
"""What is stored for "I do not want to answer"."""

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


def read_answer(step: Step, chosen: str) -> object:
    """What a form carried, as the one validator takes it."""
    if (
        step.is_condition
        and step.kind == "choice"
        and {o.value for o in step.options} == {"0", "1"}
    ):
        return {"1": True, "0": False}.get(chosen, chosen)
    return chosen or None


def list_steps(instrument: Instrument, answers: Mapping[str, object], language: str) -> list[Step]:
    """What is asked of this respondent, in order: a condition just before the first item that hangs on it.

    An item is left out once its condition is known not to hold.
    """
    texts = instrument.text(language)
    intro = texts.recall[:1].upper() + texts.recall[1:] or texts.introduction
    steps: list[Step] = []
    conditions = {condition.code: condition for condition in instrument.conditions}
    asked: set[str] = set()
    for item in instrument.items:
        hangs_on = list_fields(item.applicable_when) if item.applicable_when else ()
        for code in hangs_on:
            if code in conditions and code not in asked:
                asked.add(code)
                steps.append(_condition_step(conditions[code], texts))
        if item.applicable_when is None or _applies(item, answers) is not False:
            steps.append(_item_step(item, texts, intro))
    first = [_condition_step(c, texts) for code, c in conditions.items() if code not in asked]
    return first + steps


def list_all_steps(instrument: Instrument, language: str) -> list[Step]:
    """Every question of the sheet, whoever answers: conditions first, then the items."""
    texts = instrument.text(language)
    return [_condition_step(condition, texts) for condition in instrument.conditions] + [
        _item_step(item, texts, "") for item in instrument.items
    ]


def find_step(steps: Iterable[Step], code: str) -> Step | None:
    """The question of a code, or None where it is not asked of this person."""
    return next((step for step in steps if step.code == code), None)


def first_open(steps: Sequence[Step], answers: Mapping[str, object]) -> Step | None:
    """The first question without an answer that needs one; None when every one has it."""
    return next((s for s in steps if answers.get(s.code) is None and s.required), None)


def _applies(item: Item, answers: Mapping[str, object]) -> bool | None:
    """Whether an item is to be asked; None while that is not known."""
    if item.applicable_when is None:
        return True
    return evaluate(item.applicable_when, lambda field: (_value(answers.get(field)), True))


def _value(answer: object) -> Value | None:
    """A kept answer as a condition compares it."""
    if isinstance(answer, bool | int | float):
        return answer
    text = "" if answer is None else str(answer)
    if text in ("", DECLINED):
        return None
    return int(text) if text.lstrip("-").isdecimal() else text


def _condition_step(condition: Condition, texts: Texts) -> Step:
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
    )  # fmt: skip


def _item_step(item: Item, texts: Texts, intro: str) -> Step:
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
        ends=ends, required=not free, declinable=not free,
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
