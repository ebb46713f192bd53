"""An instrument as a FHIR Questionnaire: linkId is the item code, answers have weights, every language its texts."""

from collections.abc import Callable, Iterator
from typing import Any

from evalplat.exchange.fhir.codes import (
    DISPLAY_CATEGORIES,
    DISPLAY_CATEGORY,
    ENABLE_EXPRESSION,
    ITEM_WEIGHT,
    MAX_VALUE,
    MIN_VALUE,
    ORDINAL_VALUE,
    TRANSLATION,
    Release,
    answer_system,
    canonical,
    make_id,
)
from evalplat.exchange.forms.conditions import Atom, Joined, Logic, simplify
from evalplat.instruments.definition import Condition, Instrument, Item, Texts
from evalplat.instruments.questions import list_in_order

Find = Callable[[Texts], str]


def make_questionnaire(
    definition: Instrument, language: str = "en", release: Release = "R4"
) -> dict[str, Any]:
    """The Questionnaire of one version. Its own texts are in `language`, the others' are translations beside them."""
    base = definition.text(language)
    found: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "id": make_id("questionnaire", definition.key, definition.version),
        "language": base.language,
        "url": canonical(definition),
        "version": definition.version,
        "name": "".join(part.capitalize() for part in definition.key.replace(".", "-").split("-")),
        **_told(definition, base, "title", lambda texts: texts.title),
        "status": "active",
        "subjectType": ["Patient"],
    }
    if not found["name"][0].isalpha():
        found["name"] = f"Q{found['name']}"
    introduction = _told(definition, base, "description", lambda texts: texts.introduction)
    found.update(introduction)
    rights = definition.licence
    found["copyright"] = f"{rights.holder}. {rights.terms}"
    items = _list_items(definition, base, release)
    if items:
        found["item"] = items
    return found


def _told(definition: Instrument, base: Texts, name: str, find: Find) -> dict[str, Any]:
    """A text, with its translations in the element that FHIR has beside every text; nothing where there is none."""
    own = find(base)
    if not own:
        return {}
    others = [
        (code, find(texts)) for code, texts in definition.texts.items() if code != base.language
    ]
    translations = [
        {
            "url": TRANSLATION,
            "extension": [
                {"url": "lang", "valueCode": code},
                {"url": "content", "valueString": words},
            ],
        }
        for code, words in others
        if words
    ]
    return {name: own, f"_{name}": {"extension": translations}} if translations else {name: own}


def _list_items(definition: Instrument, base: Texts, release: Release) -> list[dict[str, Any]]:
    items = {item.code: item for item in definition.items}
    conditions = {condition.code: condition for condition in definition.conditions}
    return [
        _make_condition(definition, base, conditions[step.code], release)
        if step.is_condition
        else _make_item(definition, base, items[step.code], release)
        for step in list_in_order(definition, base.language)
    ]


def _choice(release: Release) -> str:
    return "coding" if release == "R5" else "choice"


def _make_condition(
    definition: Instrument, base: Texts, condition: Condition, release: Release
) -> dict[str, Any]:
    code = condition.code
    made: dict[str, Any] = {
        "linkId": code,
        **_told(definition, base, "text", lambda t: _label(t.conditions.get(code), code)),
        "type": _choice(release) if condition.choices else "boolean",
    }
    if condition.choices:
        made["answerOption"] = [
            {
                "valueCoding": {
                    "system": answer_system(definition, code),
                    "code": choice,
                    **_told(definition, base, "display", _option(f"{code}.{choice}", choice)),
                }
            }
            for choice in condition.choices
        ]
    return made | _help(
        definition, base, code, lambda t: getattr(t.conditions.get(code), "help", "")
    )


def _make_item(definition: Instrument, base: Texts, item: Item, release: Release) -> dict[str, Any]:
    code = item.code
    made: dict[str, Any] = {
        "linkId": code,
        **_told(definition, base, "text", lambda t: _label(t.items.get(code), code)),
        "type": _type(item, release),
    }
    if item.applicable_when is not None:
        made |= _enable(simplify(item.applicable_when, definition), definition)
    if item.required:
        made["required"] = True
    if item.max_length:
        made["maxLength"] = item.max_length
    if item.number is not None:
        kind = "valueInteger" if item.number.whole else "valueDecimal"
        ends = ((MIN_VALUE, item.number.minimum), (MAX_VALUE, item.number.maximum))
        made["extension"] = made.get("extension", []) + [
            {"url": url, kind: int(end) if item.number.whole else end} for url, end in ends
        ]
    if item.options:
        made["answerOption"] = [
            _make_option(definition, base, item, option.value, option.key, release)
            for option in item.options
        ]
    return made | _help(definition, base, code, lambda t: getattr(t.items.get(code), "help", ""))


def _type(item: Item, release: Release) -> str:
    if item.options:
        return _choice(release)
    if item.number is not None:
        return "integer" if item.number.whole else "decimal"
    return "text"


def _make_option(
    definition: Instrument, base: Texts, item: Item, value: int, key: str, release: Release
) -> dict[str, Any]:
    """One answer with its weight; R4's programs look for the older name of it as well."""
    weights = [{"url": ITEM_WEIGHT, "valueDecimal": value}]
    if release == "R4":
        weights.append({"url": ORDINAL_VALUE, "valueDecimal": value})
    return {
        "valueCoding": {
            "extension": weights,
            "system": answer_system(definition, item.code),
            "code": str(value),
            **_told(definition, base, "display", _option(key, str(value))),
        }
    }


def _option(key: str, otherwise: str) -> Find:
    return lambda texts: texts.options.get(key, otherwise)


def _label(text: Any, code: str) -> str:
    return text.label if text else code


def _help(definition: Instrument, base: Texts, code: str, find: Find) -> dict[str, Any]:
    """A help text as a line of its own below the question."""
    told = _told(definition, base, "text", find)
    if not told:
        return {}
    category = {"coding": [{"system": DISPLAY_CATEGORIES, "code": "instructions"}]}
    extension = [{"url": DISPLAY_CATEGORY, "valueCodeableConcept": category}]
    return {"item": [{"extension": extension, "linkId": f"{code}-help", **told, "type": "display"}]}


def _enable(logic: Logic, definition: Instrument) -> dict[str, Any]:
    """When an item is asked: FHIR's own rules for one level of all or any, an expression for what is nested deeper."""
    parts = logic.parts if isinstance(logic, Joined) else (logic,)
    atoms = [part for part in parts if isinstance(part, Atom)]
    if len(atoms) < len(parts) or not parts:
        expression = {"language": "text/fhirpath", "expression": _path(logic, definition)}
        return {"extension": [{"url": ENABLE_EXPRESSION, "valueExpression": expression}]}
    rules = [_rule(atom, definition) for atom in atoms]
    if len(rules) == 1:
        return {"enableWhen": rules}
    every = isinstance(logic, Joined) and logic.every
    return {"enableWhen": rules, "enableBehavior": "all" if every else "any"}


def _rule(atom: Atom, definition: Instrument) -> dict[str, Any]:
    if atom.sign in ("answered", "unanswered"):
        there = atom.sign == "answered"
        return {"question": atom.field, "operator": "exists", "answerBoolean": there}
    kind, value = _answer(atom, definition)
    return {"question": atom.field, "operator": atom.sign, f"answer{kind}": value}


def _answer(atom: Atom, definition: Instrument) -> tuple[str, Any]:
    """What a field is compared with, by the type of its question."""
    item = next((item for item in definition.items if item.code == atom.field), None)
    condition = next((c for c in definition.conditions if c.code == atom.field), None)
    if condition is not None and not condition.choices:
        return "Boolean", atom.value == "1"
    if item is not None and item.number is not None:
        whole = item.number.whole
        return ("Integer", int(float(atom.value))) if whole else ("Decimal", float(atom.value))
    if item is not None and not item.options:
        return "String", atom.value
    return "Coding", {"system": answer_system(definition, atom.field), "code": atom.value}


def _path(logic: Logic, definition: Instrument) -> str:
    if isinstance(logic, Joined):
        said = list(_paths(logic, definition))
        return "(" + (" and " if logic.every else " or ").join(said) + ")" if said else "false"
    place = f"%resource.item.where(linkId='{logic.field}').answer"
    if logic.sign in ("answered", "unanswered"):
        return f"{place}.{'exists' if logic.sign == 'answered' else 'empty'}()"
    kind, value = _answer(logic, definition)
    match kind:
        case "Boolean":
            return f"({place}.value {logic.sign} {str(value).lower()})"
        case "Coding":
            return f"({place}.value.code {logic.sign} '{value['code']}')"
        case "String":
            return f"({place}.value {logic.sign} '{value}')"
    return f"({place}.value {logic.sign} {value})"


def _paths(logic: Joined, definition: Instrument) -> Iterator[str]:
    for part in logic.parts:
        yield _path(part, definition)
