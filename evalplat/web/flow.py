"""The order in which an instrument is asked, one question per page; pure, so that it can be read and tested alone."""

from collections.abc import Iterable, Mapping, Sequence

from evalplat.instruments.definition import Instrument, Item
from evalplat.instruments.questions import Choice as Choice
from evalplat.instruments.questions import Step as Step
from evalplat.instruments.questions import list_all_steps as list_all_steps
from evalplat.instruments.questions import list_in_order
from evalplat.instruments.questions import send as send
from evalplat.scoring.applicability import Value, evaluate

DECLINED = "declined"
"""What is stored for "I do not want to answer"."""


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
    """What is asked of this respondent, in order. An item is left out once its condition is known not to hold."""
    items = {item.code: item for item in instrument.items}
    return [
        step
        for step in list_in_order(instrument, language)
        if step.is_condition or _applies(items[step.code], answers) is not False
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
