"""The paper twin of the questions: the same words as on the screen, large, with boxes to tick, and the code if any.

Nothing on it names the client. The same form gives the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalplat.errors import Message
from evalplat.instruments.definition import Comparison, Instrument, Test, list_fields
from evalplat.instruments.questions import Step, list_in_order
from evalplat.language import get_translator, say
from evalplat.vocabulary import Respondent


@dataclass(frozen=True, slots=True)
class FormGoal:
    """A goal that the client and the worker agreed, with the texts of its five levels from the lowest up."""

    title: str
    own_words: str
    levels: tuple[str, ...]
    baseline_level: int | None = None


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """A question as the screen shows it, with its number on paper and when it is to be answered."""

    step: Step
    number: int
    only_if: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """How the same questions are answered on a phone: where the code is typed, the code, and the link of the square."""

    address: str
    code: str
    link: str


@dataclass(frozen=True, slots=True)
class PaperForm:
    """All that is printed. `reference` lets the worker find the measurement again; it names nobody."""

    language: str
    title: str
    short_title: str
    introduction: str
    recall: str
    questions: tuple[FormQuestion, ...]
    goals: tuple[FormGoal, ...] = ()
    levels: Mapping[int, str] | None = None
    respondents: tuple[Respondent, ...] = ()
    numbered: bool = False
    anonymous: bool = False
    reference: str = ""
    door: Door | None = None


def make_form(
    instrument: Instrument,
    language: str,
    *,
    goals: Sequence[FormGoal] = (),
    reference: str = "",
    door: Door | None = None,
) -> PaperForm:
    """The form of an instrument in a language or wording, with a client's own goals where it asks about those."""
    texts = instrument.text(language)
    steps = list_in_order(instrument, language)
    numbers = {step.code: number for number, step in enumerate(steps, start=1)}
    items = {item.code: item for item in instrument.items}
    return PaperForm(
        language=texts.language,
        title=texts.title,
        short_title=texts.short_title,
        introduction=texts.introduction,
        recall=texts.recall,
        questions=tuple(
            FormQuestion(
                step,
                numbers[step.code],
                _tell_when(items[step.code].applicable_when, steps, numbers, language)
                if step.code in items
                else "",
            )
            for step in steps
        ),
        goals=tuple(goals),
        levels=texts.levels,
        respondents=instrument.respondents,
        numbered=any(item.code[-1:].isdigit() for item in instrument.items),
        anonymous=instrument.anonymous,
        reference=reference,
        door=door,
    )


def _tell_when(
    test: Test | None, steps: Sequence[Step], numbers: Mapping[str, int], language: str
) -> str:
    """When a question is to be answered, by the number and the answer of the one that it hangs on."""
    if test is None:
        return ""
    asked = {step.code: step for step in steps}
    if isinstance(test, Comparison) and test.operator == "equals" and test.field in asked:
        answer = asked[test.field].show(test.value)
        return say(
            Message(
                "Answer this only if your answer to question %(number)s is “%(answer)s”.",
                number=numbers[test.field],
                answer=answer,
            ),
            language,
        )
    on = ", ".join(str(numbers[field]) for field in list_fields(test) if field in numbers)
    told = Message("Answer this only if it applies to you (see question %(number)s).", number=on)
    return say(told, language)


def write_form(form: PaperForm) -> bytes:
    """The form as PDF on A4, the same bytes for the same form."""
    # reportlab takes half a second to load: only who prints waits for it.
    from evalplat.reports.form_story import tell_form
    from evalplat.reports.paper import PaperWords, write_paper

    _ = get_translator(form.language)
    words: Any = PaperWords(
        title=form.title, head=form.reference or form.short_title, foot=form.short_title,
        language=form.language, subject=_("Form on paper"),
    )  # fmt: skip
    return write_paper(words, lambda: tell_form(form))
