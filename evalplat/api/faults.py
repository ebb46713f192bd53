"""What a model finds wrong, in sentences of our own and with the place of each fault."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from evalplat.api.problems import Place
from evalplat.errors import Message

_SAYS: Mapping[str, Callable[[Mapping[str, Any]], Message]] = {
    "missing": lambda _c: Message("This is missing."),
    "extra_forbidden": lambda _c: Message("This is not known here. Leave it out."),
    "day": lambda _c: Message("Give a day like 2026-11-24."),
    "answer": lambda _c: Message(
        "An answer is a number, a text of at most 4,000 characters, true, false or null."
    ),
    "int_type": lambda _c: Message("Give a whole number."),
    "bool_type": lambda _c: Message("Give true or false."),
    "string_type": lambda _c: Message("Give a text."),
    "dict_type": lambda _c: Message("Give an object with names and values."),
    "model_type": lambda _c: Message("Give an object with names and values."),
    "greater_than_equal": lambda c: Message("Give at least %(least)s.", least=c["ge"]),
    "less_than_equal": lambda c: Message("Give at most %(most)s.", most=c["le"]),
    "string_too_short": lambda c: Message(
        "Give at least %(least)s characters.", least=c["min_length"]
    ),
    "string_too_long": lambda c: Message("Give at most %(most)s characters.", most=c["max_length"]),
    "too_short": lambda c: Message("Give at least %(least)s.", least=c["min_length"]),
    "too_long": lambda c: Message("Give at most %(most)s.", most=c["max_length"]),
    "enum": lambda c: Message("Give one of %(known)s.", known=_list(c["expected"])),
    "literal_error": lambda c: Message("Give one of %(known)s.", known=_list(c["expected"])),
    "string_pattern_mismatch": lambda c: Message(
        "This has another form than %(pattern)s.", pattern=c["pattern"]
    ),
}


def places_of(error: ValidationError, where: str) -> list[Place]:
    """The faults of a body, a query or headers, one for each place."""
    found: dict[str, Place] = {}
    for fault in error.errors(include_url=False, include_input=False):
        parts = [str(part) for part in fault["loc"] if part != "[key]"]
        name = _point(parts) if where == "body" else (parts[0] if parts else "")
        says = _SAYS.get(fault["type"])
        text = says(fault.get("ctx", {})) if says else Message("This is not what is described.")
        found.setdefault(name, Place(where, name, text))
    return list(found.values())


def _point(parts: list[str]) -> str:
    """A JSON pointer; long names are cut."""
    cut = (part[:60].replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in cut)


def _list(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")
