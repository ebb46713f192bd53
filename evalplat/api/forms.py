"""An instrument as a program shows it: what is asked, with which answers, and when an item applies."""

from pydantic import Field

from evalplat.api.parts import Told
from evalplat.instruments.definition import (
    All,
    Comparison,
    Instrument,
    Not,
    Test,
    Texts,
)
from evalplat.instruments.definition import Any as AnyOf
from evalplat.vocabulary import Mode, Respondent


class Choice(Told):
    """An answer that can be ticked."""

    value: int | str
    label: str


class Span(Told):
    """An answer that is typed as a number, ends included."""

    minimum: float
    maximum: float
    whole: bool


class Rule(Told):
    """When an item applies. Exactly one of the parts is filled in; a test of an empty field is unknown.

    A test compares the answer of `field` by `operator` (equals, in, less, at_least, answered) with `value`.
    """

    field: str | None = None
    operator: str | None = None
    value: bool | int | float | str | tuple[bool | int | float | str, ...] | None = None
    all: "tuple[Rule, ...] | None" = None
    any: "tuple[Rule, ...] | None" = None
    not_: "Rule | None" = Field(default=None, serialization_alias="not")


class Question(Told):
    """One item: with options, with a number, or with neither a text of at most `max_length` characters."""

    code: str
    label: str
    help: str
    kind: str = Field(description="choice, number or text")
    options: tuple[Choice, ...]
    number: Span | None
    max_length: int
    required: bool = Field(description="Needs an answer, or `declined`.")
    group: str
    applies_when: Rule | None


class Fact(Told):
    """A fact about the respondent that decides what applies: true or false, or one of `options`."""

    code: str
    label: str
    help: str
    kind: str = Field(description="yes_no or choice")
    options: tuple[Choice, ...]


class Form(Told):
    """An instrument's questions in one language; `digest` changes when structure or scoring do."""

    instrument: str
    version: str
    digest: str
    kind: str
    language: str = Field(description="The language of the words, where not otherwise possible.")
    title: str
    introduction: str
    recall: str
    respondents: tuple[Respondent, ...]
    modes: tuple[Mode, ...]
    facts: tuple[Fact, ...]
    items: tuple[Question, ...]


def make_form(definition: Instrument, language: str) -> Form:
    """The questions in a language, or what comes nearest to it."""
    texts = definition.text(language)
    return Form(
        instrument=definition.key,
        version=definition.version,
        digest=definition.digest,
        kind=definition.kind,
        language=texts.language,
        title=texts.title,
        introduction=texts.introduction,
        recall=texts.recall,
        respondents=definition.respondents,
        modes=definition.modes,
        facts=tuple(_make_facts(definition, texts)),
        items=tuple(_make_questions(definition, texts)),
    )


def _make_facts(definition: Instrument, texts: Texts) -> list[Fact]:
    found = []
    for condition in definition.conditions:
        text = texts.conditions.get(condition.code)
        options = tuple(
            Choice(value=c, label=texts.options.get(f"{condition.code}.{c}", c))
            for c in condition.choices
        )
        found.append(
            Fact(
                code=condition.code,
                label=text.label if text else condition.code,
                help=text.help if text else "",
                kind=condition.kind,
                options=options,
            )
        )
    return found


def _make_questions(definition: Instrument, texts: Texts) -> list[Question]:
    found = []
    for item in definition.items:
        text, span = texts.items.get(item.code), item.number
        options = tuple(
            Choice(value=option.value, label=texts.options.get(option.key, str(option.value)))
            for option in item.options
        )
        number = (
            Span(minimum=span.minimum, maximum=span.maximum, whole=span.whole) if span else None
        )
        rule = make_rule(item.applicable_when) if item.applicable_when else None
        found.append(
            Question(
                code=item.code,
                label=text.label if text else item.code,
                help=text.help if text else "",
                kind=item.kind,
                options=options,
                number=number,
                max_length=item.max_length if item.kind == "text" else 0,
                required=item.required,
                group=item.group,
                applies_when=rule,
            )
        )
    return found


def make_rule(test: Test) -> Rule:
    """A test of an instrument as a rule of the interface."""
    if isinstance(test, Comparison):
        return Rule(field=test.field, operator=test.operator, value=test.value)
    if isinstance(test, Not):
        return Rule(not_=make_rule(test.part))
    parts = tuple(make_rule(part) for part in test.parts)
    if isinstance(test, All):
        return Rule(all=parts)
    if isinstance(test, AnyOf):
        return Rule(any=parts)
    raise AssertionError("a test has one of four forms")
