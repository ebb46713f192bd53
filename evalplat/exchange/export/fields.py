"""What an instrument asks and scores over all its versions: one field for what stayed the same, two for what changed.

A question whose answers mean something else in a later version is another field: one column never holds two meanings.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from evalplat.errors import Message
from evalplat.exchange.export.columns import Kind, Measure, Value
from evalplat.exchange.export.names import slug
from evalplat.exchange.export.records import Contents, Missing
from evalplat.exchange.export.words import NO, YES, list_values
from evalplat.instruments.definition import Condition, Instrument, Item, Scale
from evalplat.instruments.scale_words import list_rules
from evalplat.language import say

Key = tuple[str, str, str]
"""Part (condition, item, goal or score), code, and what of it; the last is empty for the value itself."""

ASKED = (Missing.NOT_ASKED, Missing.NOT_SHOWN, Missing.SKIPPED, Missing.DECLINED)
RATED = (Missing.NOT_ASKED, Missing.SKIPPED)
SCORED = (Missing.NOT_ASKED, Missing.NO_SCORE)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a sheet may hold. tail: how its column's name ends. versions: of the instrument, that have it."""

    key: Key
    tail: str
    label: str
    kind: Kind
    measure: Measure
    versions: frozenset[str]
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    missing: tuple[Missing, ...] = ()
    decimals: int = 0
    rule: str = ""


def list_fields(
    versions: Sequence[Instrument], language: str, contents: Contents, goals: int = 0
) -> tuple[Field, ...]:
    """The fields of an instrument, oldest version first in `versions`: what is asked, the goals rated, the scores.

    goals: how many goals an episode has at most.
    """
    found: list[Field] = []
    if contents.answers:
        found += _list_group(versions, lambda d: d.conditions, _condition_field, language)
        found += [
            field
            for field in _list_group(versions, lambda d: d.asks, _item_field, language)
            if contents.texts or field.kind != "text"
        ]
        if versions[-1].kind == "goals":
            found += _goal_fields(versions, language, contents, goals)
    for field in _list_group(versions, lambda d: d.scales, _scale_field, language):
        found += [field, *_score_aspects(field, language)]
    return tuple(found)


def _list_group(
    versions: Sequence[Instrument],
    things_of: Callable[[Instrument], Sequence[Any]],
    make: Callable[[Instrument, Any, str], Field],
    language: str,
) -> Iterator[Field]:
    """Fields in the order of the latest version, then those that only earlier ones had."""
    same: dict[str, dict[str, list[tuple[Instrument, Any]]]] = {}
    for definition in versions:
        for thing in things_of(definition):
            by_meaning = same.setdefault(_code(thing), {})
            by_meaning.setdefault(_meaning(thing), []).append((definition, thing))
    latest = [_code(thing) for thing in things_of(versions[-1])]
    for code in dict.fromkeys([*latest, *same]):
        for place, group in enumerate(same[code].values()):
            definition, thing = group[-1]
            field = make(definition, thing, language)
            mark = f"_v{slug(group[0][0].version)}" if place else ""
            yield Field(
                field.key, field.tail + mark, field.label, field.kind, field.measure,
                frozenset(one.version for one, _ in group), field.values, field.low, field.high,
                field.missing, field.decimals, field.rule,
            )  # fmt: skip


def _code(thing: Item | Condition | Scale) -> str:
    return thing.key if isinstance(thing, Scale) else thing.code


def _meaning(thing: Item | Condition | Scale) -> str:
    """What must be the same for two versions' answers or scores to mean the same."""
    if isinstance(thing, Item):
        return repr((thing.kind, thing.options, thing.number))
    if isinstance(thing, Condition):
        return repr(thing.choices)
    return repr(
        (
            *(thing.method, thing.over, thing.direction, thing.minimum, thing.maximum),
            *(thing.variants, sorted(thing.maps.items()), thing.transform, thing.count_values),
            *(thing.rho, thing.missing),
        )
    )


def _condition_field(definition: Instrument, condition: Condition, language: str) -> Field:
    texts = definition.text(language)
    text = texts.conditions.get(condition.code)
    label = text.label if text else condition.code
    key = ("condition", condition.code, "")
    if condition.choices:
        values = tuple(
            Value(choice, texts.options.get(f"{condition.code}.{choice}", ""))
            for choice in condition.choices
        )
        return Field(
            key, slug(condition.code), label, "category", "nominal", frozenset(), values,
            missing=ASKED,
        )  # fmt: skip
    yes_no = (Value(1, say(YES, language)), Value(0, say(NO, language)))
    return Field(
        key, slug(condition.code), label, "whole", "nominal", frozenset(), yes_no, 0, 1, ASKED
    )


def _item_field(definition: Instrument, item: Item, language: str) -> Field:
    texts = definition.text(language)
    text = texts.items.get(item.code)
    label = text.label if text else item.code
    key, tail = ("item", item.code, ""), slug(item.code)
    low, high = item.range or (None, None)
    if item.kind == "text":
        return Field(key, tail, label, "text", "nominal", frozenset(), missing=ASKED)
    if item.number is not None:
        whole = item.number.whole
        return Field(
            key, tail, label, "whole" if whole else "number", "scale", frozenset(), (), low, high,
            ASKED, 0 if whole else 2,
        )  # fmt: skip
    values = tuple(
        Value(o.value, _label(texts.options.get(o.key, ""), o.value)) for o in item.options
    )
    return Field(key, tail, label, "whole", "ordinal", frozenset(), values, low, high, ASKED)


def _label(label: str, value: int) -> str:
    """A label, unless it is the value itself."""
    return "" if label == str(value) else label


FOR_GROUPS = Message("For groups only: no score of one person is to be told")


def _scale_field(definition: Instrument, scale: Scale, language: str) -> Field:
    texts = definition.text(language)
    said = list_rules(scale) + ([FOR_GROUPS] if definition.for_groups else [])
    rules = ". ".join(say(rule, language) for rule in said)
    return Field(
        ("score", scale.key, ""), f"score_{slug(scale.key)}",
        texts.scales.get(scale.key, scale.key), "number", "scale", frozenset(), (),
        scale.minimum, scale.maximum, SCORED, scale.decimals, f"{rules}.",
    )  # fmt: skip


ASPECTS: dict[str, tuple[str, Message]] = {
    "status": ("status", Message("what the score is worth")),
    "items_used": ("used", Message("answers that made the score")),
    "items_missing": ("missing", Message("answers that were missing")),
    "items_not_applicable": ("na", Message("questions that did not apply")),
    "variant": ("variant", Message("way of scoring")),
}
"""What stands beside a score: how its column's name ends, and what it is."""


def _score_aspects(score: Field, language: str) -> Iterator[Field]:
    """What stands beside a score."""
    for aspect, (ending, word) in ASPECTS.items():
        kind: Kind = "whole" if aspect.startswith("items_") else "text"
        values = list_values("status", language) if aspect == "status" else ()
        yield Field(
            (*score.key[:2], aspect), f"{score.tail}_{ending}",
            f"{score.label}: {say(word, language)}", "category" if values else kind,
            "scale" if kind == "whole" else "nominal", score.versions, values,
            0 if kind == "whole" else None,
        )  # fmt: skip


GOAL_FACTS: dict[str, Message] = {
    "title": Message("Goal %(number)s: title"),
    "importance": Message("Goal %(number)s: importance"),
    "difficulty": Message("Goal %(number)s: difficulty"),
    "baseline": Message("Goal %(number)s: level at the beginning"),
    "replaced": Message("Goal %(number)s: a later goal took its place"),
}
"""What an episode knows of a goal, whatever the measurement."""

GOAL_RATINGS: dict[str, Message] = {
    "": Message("Goal %(number)s: level"),
    "client": Message("Goal %(number)s: level as the client sees it"),
    "worker": Message("Goal %(number)s: level as the worker sees it"),
    "comment": Message("Goal %(number)s: comment"),
}


def _goal_fields(
    versions: Sequence[Instrument], language: str, contents: Contents, goals: int
) -> Iterator[Field]:
    """A goal's ratings at one measurement."""
    everywhere = frozenset(definition.version for definition in versions)
    rules, texts = versions[-1].goals, versions[-1].text(language)
    if rules is None:
        return
    levels = tuple(
        Value(level, texts.levels.get(level, ""))
        for level in range(rules.lowest, rules.highest + 1)
    )
    for number in range(1, goals + 1):
        for aspect, word in GOAL_RATINGS.items():
            if aspect == "comment" and not contents.texts:
                continue
            label = say(Message(word.template, number=number), language)
            key = ("goal", str(number), aspect)
            tail = f"goal{number}" + (f"_{aspect}" if aspect else "")
            if aspect == "comment":
                yield Field(key, tail, label, "text", "nominal", everywhere)
            else:
                yield Field(
                    key, tail, label, "whole", "ordinal", everywhere, levels, rules.lowest,
                    rules.highest, RATED if not aspect else (Missing.NOT_ASKED,),
                )  # fmt: skip


def list_goal_facts(language: str, contents: Contents, goals: int) -> tuple[Field, ...]:
    """What an episode knows of its goals."""
    found = []
    yes_no = (Value(1, say(YES, language)), Value(0, say(NO, language)))
    for number in range(1, goals + 1):
        for aspect, word in GOAL_FACTS.items():
            if aspect == "title" and not contents.texts:
                continue
            kind: Kind = "text" if aspect == "title" else "whole"
            measure: Measure = "nominal" if aspect in ("title", "replaced") else "ordinal"
            label = say(Message(word.template, number=number), language)
            key, tail = ("goal", str(number), aspect), f"goal{number}_{aspect}"
            values = yes_no if aspect == "replaced" else ()
            found.append(Field(key, tail, label, kind, measure, frozenset(), values))
    return tuple(found)
