"""JSON as it is meant: one value a name, no number that is none, no text that is none, not too deep.

The standard reader takes the last of two equal names, NaN, and half a surrogate pair. What two programs may read in two
ways is refused here, before anybody decides by it.
"""

import json
import re
from typing import Any, NoReturn

from evalplat.errors import Message

DEEPEST = 8
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class BadJson(Exception):
    """The text is no JSON that can be used; carries the message."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


NOT_JSON = Message("The body is not JSON in UTF-8.")


def check_json(body: bytes) -> None:
    """Refuse a text that is not strict JSON in UTF-8; raises BadJson."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson(NOT_JSON) from None
    _check_depth(text)
    try:
        json.loads(
            text,
            object_pairs_hook=_read_object,
            parse_constant=_refuse_number,
            parse_float=_read_number,
            parse_int=_read_whole,
        )
    except (ValueError, RecursionError):
        raise BadJson(NOT_JSON) from None
    if _holds_odd_text(text):
        raise BadJson(
            Message("A text of the body has a NUL or half of a character in it. Leave it out.")
        )


def _check_depth(text: str) -> None:
    """Count open brackets outside of texts, so that the reader itself is never driven too deep."""
    depth = 0
    for sign in _TEXT.sub("", text):
        if sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise BadJson(Message("The body is nested more than %(most)s deep.", most=DEEPEST))
        elif sign in "]}":
            depth -= 1


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson(Message("%(name)s stands in the body twice.", name=ascii(twice)[:80]))
    return found


def _refuse_number(word: str) -> NoReturn:
    raise BadJson(Message("%(value)s is no number in JSON.", value=word))


def _read_number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadJson(Message("A number of the body is too large."))
    return value


def _read_whole(text: str) -> int:
    if len(text) > 300:
        raise BadJson(Message("A number of the body is too large."))
    return int(text)


def _holds_odd_text(text: str) -> bool:
    """Whether a text, once its escapes are read, has a NUL or a lone surrogate."""
    if "\\u" not in text:
        return False
    return any(
        "\0" in part or any("\ud800" <= sign <= "\udfff" for sign in part)
        for part in (json.loads(found, strict=True) for found in _TEXT.findall(text))
    )
