"""What models of requests and answers are made of: two bases, and the words of the interface as types.

A model is the one description of what goes in or out: it checks requests, makes answers, and becomes the schema that
`description` publishes.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

ID = "[A-Za-z0-9_-]{16}"
"""A public id: 96 random bits."""

INSTRUMENT = r"[a-z0-9]+(?:[.\-][a-z0-9]+)*"
VERSION = r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}"
MONTH = "(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])"
LONGEST_TEXT = 4_000
NO_NUL = r"^[^\u0000]*$"
"""The form of every free text; what breaks it is refused before any model sees it."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}")


class Asked(BaseModel):
    """A part of a request: nothing unknown, nothing turned into another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Told(BaseModel):
    """A part of an answer. New fields may come within a version; none goes or changes."""

    model_config = ConfigDict(
        frozen=True, serialize_by_alias=True, json_schema_serialization_defaults_required=True
    )


def _read_day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "not a day like 2026-11-24")


def _read_whole(value: object) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise PydanticCustomError("int_type", "not a whole number")


def _read_answer(value: object) -> int | float | str | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_TEXT:
        return value
    raise PydanticCustomError("answer", "not an answer")


Day = Annotated[date, PlainValidator(_read_day, json_schema_input_type=date)]
"""A day like 2026-11-24."""


def _read_integer(value: object) -> object:
    """In JSON 7.0 is a whole number too, and some programs write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGER = BeforeValidator(_read_integer)
"""A whole number in a body; what it may be stands before this among the type's parts."""

FROM_TEXT = BeforeValidator(_read_whole)
"""A whole number as an address carries it; what it may be stands before this among the type's parts."""

Answer = Annotated[
    Any,
    PlainValidator(_read_answer),
    WithJsonSchema(
        {
            "type": ["integer", "number", "string", "boolean", "null"],
            "maxLength": LONGEST_TEXT,
            "pattern": NO_NUL,
            "description": 'A value, a number as text, "declined", or nothing where it is missing.',
        }
    ),
]
Code = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_.-]{0,59}$")]
Language = Literal["fi", "sv", "en", "fi-x-selko"]
