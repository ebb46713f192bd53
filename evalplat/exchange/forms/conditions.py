"""When an item is asked, as other programs write it: REDCap's branching logic, XLSForm's relevance, FHIR's enableWhen.

Every condition is first brought into one shape: comparisons joined by all and any, without a "not" before them. A
choice is compared with its values only, because the others know no order of what can be ticked.
"""

from dataclasses import dataclass
from typing import Literal

from evalplat.instruments.definition import All, Comparison, Instrument, Not, Test

Sign = Literal["=", "!=", "<", ">=", "answered", "unanswered"]
OPPOSITE: dict[Sign, Sign] = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", "answered": "unanswered", "unanswered": "answered",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Atom:
    """One comparison of a field; `value` as a form sends it."""

    field: str
    sign: Sign
    value: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts of which all, or any, must hold."""

    every: bool
    parts: tuple["Logic", ...]


Logic = Atom | Joined


def simplify(test: Test, definition: Instrument, *, negative: bool = False) -> Logic:
    """A condition in the one shape; `negative` gives its opposite."""
    if isinstance(test, Not):
        return simplify(test.part, definition, negative=not negative)
    if isinstance(test, Comparison):
        return _simplify_comparison(test, definition, negative)
    every = isinstance(test, All) != negative
    parts = (simplify(part, definition, negative=negative) for part in test.parts)
    return _join(every, tuple(parts))


def _simplify_comparison(test: Comparison, definition: Instrument, negative: bool) -> Logic:
    field = test.field
    if test.operator == "answered":
        return Atom(field, "answered" if bool(test.value) != negative else "unanswered")
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    item = next((item for item in definition.items if item.code == field), None)
    sign: Sign = "="
    if test.operator in ("less", "at_least"):
        limit = float(values[0])
        if item is None or not item.options:
            sign = "<" if test.operator == "less" else ">="
        else:
            below = test.operator == "less"
            values = tuple(v for v in item.values if (v < limit) == below)
    if negative:
        sign = OPPOSITE[sign]
    atoms = tuple(Atom(field, sign, write_value(value)) for value in values)
    return _join(negative, atoms)


def _join(every: bool, parts: tuple[Logic, ...]) -> Logic:
    """Parts joined; what is joined in the same way inside becomes part of it."""
    flat: list[Logic] = []
    for part in parts:
        flat += part.parts if isinstance(part, Joined) and part.every == every else [part]
    return flat[0] if len(flat) == 1 else Joined(every, tuple(flat))


def write_value(value: object) -> str:
    """A value as a form sends it: 1 and 0 for yes and no."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:g}" if isinstance(value, float) else str(value)


def write_logic(logic: Logic, mark: str, unequal: str, declined: str) -> str:
    """A condition as REDCap and XLSForm write it.

    mark: how a field is named, with %s in it. unequal: the sign for unequal. declined: the value of who does not want
    to answer, which counts as no answer.
    """
    if isinstance(logic, Joined):
        said = [write_logic(part, mark, unequal, declined) for part in logic.parts]
        return "(" + (" and " if logic.every else " or ").join(said) + ")" if said else "1 = 0"
    name = mark % logic.field
    match logic.sign:
        case "answered":
            return f"({name} {unequal} '' and {name} {unequal} '{declined}')"
        case "unanswered":
            return f"({name} = '' or {name} = '{declined}')"
        case "<" | ">=":
            return f"{name} {logic.sign} {logic.value}"
        case "!=":
            return f"{name} {unequal} '{logic.value}'"
    return f"{name} = '{logic.value}'"
