"""An instrument while it is being designed: everything as typed, so that nothing is lost, and rows put in and out.

A design is plain data that can be kept as JSON: numbers are texts until the loader has read them.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from evalplat.vocabulary import LANGUAGES

Design = dict[str, Any]
"""key, version, holder, terms, electronic_use, note, recall, respondents, modes, languages; title, short, intro and
recall_words by language; sets (lists of answers), items, scales, examples."""

MOST = {"set": 10, "option": 20, "item": 40, "scale": 10, "example": 10}
NUMBER = "number"
"""What stands in place of a list of answers where a number is typed."""

TEXTS = ("key", "version", "holder", "terms", "electronic_use", "note", "recall")
CHOICES = ("respondents", "modes", "languages")
BY_LANGUAGE = ("title", "short", "intro", "recall_words")

_NUMBERED = re.compile(r"[A-Za-z]*?([0-9]+)")


def empty_words() -> dict[str, str]:
    """No words yet, in every language."""
    return dict.fromkeys(LANGUAGES, "")


def begin_design(holder: str = "") -> Design:
    """A new instrument: one list of two answers, one question, one scale, one worked example."""
    return {
        **dict.fromkeys(TEXTS, ""),
        "version": "1.0",
        "holder": holder,
        "electronic_use": "free",
        "respondents": ["client"],
        "modes": ["self", "interview", "paper"],
        "languages": list(LANGUAGES),
        **{name: empty_words() for name in BY_LANGUAGE},
        "sets": [_new_set([])],
        "items": [_new_item([], "a1")],
        "scales": [{**_new_scale(), "key": "total", "items": ["Q1"]}],
        "examples": [_new_example(1)],
    }


def change_design(design: Mapping[str, Any], act: str) -> tuple[Design, str]:
    """The design after a button such as `add-item`, `add-option-2` or `remove-option-2-1`, and the row to show.

    What names no row that is there changes nothing.
    """
    made = copy.deepcopy(dict(design))
    verb, _, rest = act.partition("-")
    kind, *numbers = rest.split("-")
    if not all(number.isdecimal() and len(number) < 4 for number in numbers):
        return made, ""
    places = [int(number) for number in numbers]
    if verb == "add":
        return made, _add(made, kind, places)
    if verb == "remove":
        return made, _remove(made, kind, places)
    return made, ""


def _add(design: Design, kind: str, places: list[int]) -> str:
    if kind == "option":
        options = _options(design, places)
        if options is None or len(options) >= MOST["option"]:
            return ""
        options.append(_new_option(options))
        return f"set-{places[0]}-option-{len(options)}-value"
    rows = design.get(f"{kind}s")
    if kind not in MOST or rows is None or len(rows) >= MOST[kind]:
        return ""
    if kind == "set":
        rows.append(_new_set(rows))
    elif kind == "item":
        rows.append(_new_item(rows, rows[-1]["answers"] if rows else ""))
    elif kind == "scale":
        rows.append(_new_scale())
        for example in design["examples"]:
            example["expect"].append("")
    else:
        rows.append(_new_example(len(design["scales"])))
    return f"{kind}-{len(rows)}"


def _remove(design: Design, kind: str, places: list[int]) -> str:
    rows = _options(design, places) if kind == "option" else design.get(f"{kind}s")
    number = places[-1] if places else 0
    if kind not in MOST or rows is None or not 1 <= number <= len(rows):
        return ""
    gone = rows.pop(number - 1)
    if kind == "item":
        for scale in design["scales"]:
            for name in ("items", "reversed"):
                scale[name] = [code for code in scale[name] if code != gone["code"]]
        for example in design["examples"]:
            example["answers"].pop(gone["code"], None)
    if kind == "scale":
        for example in design["examples"]:
            del example["expect"][number - 1 : number]
    if kind == "option":
        return f"set-{places[0]}"
    return f"{kind}-{min(number, len(rows))}" if rows else f"{kind}s"


def _options(design: Design, places: list[int]) -> list[Any] | None:
    if not places or not 1 <= places[0] <= len(design["sets"]):
        return None
    options: list[Any] = design["sets"][places[0] - 1]["options"]
    return options


def _next(rows: list[Any], name: str, prefix: str) -> str:
    """The first number that no row has had: a code is not given to another question later."""
    taken = [
        int(m[1]) for row in rows if (m := _NUMBERED.fullmatch(str(row[name]))) and len(m[1]) < 6
    ]
    return f"{prefix}{max(taken, default=0) + 1}"


def _new_set(sets: list[Any]) -> dict[str, Any]:
    options: list[Any] = []
    for _ in range(2):
        options.append(_new_option(options))
    return {"key": _next(sets, "key", "a"), "options": options}


def _new_option(options: list[Any]) -> dict[str, Any]:
    values = [int(o["value"]) for o in options if re.fullmatch(r"-?[0-9]{1,6}", o["value"])]
    value = max(values) + 1 if values else 0
    return {"key": _next(options, "key", "o"), "value": str(value), "label": empty_words()}


def _new_item(items: list[Any], answers: str) -> dict[str, Any]:
    return {
        "code": _next(items, "code", "Q"), "label": empty_words(), "help": empty_words(),
        "answers": answers, "low": "", "high": "",
    }  # fmt: skip


def _new_scale() -> dict[str, Any]:
    return {
        "key": "", "label": empty_words(), "method": "sum", "direction": "higher_better", "domain": "",
        "items": [], "reversed": [], "allowed": "0", "decimals": "0",
    }  # fmt: skip


def _new_example(scales: int) -> dict[str, Any]:
    return {"answers": {}, "expect": [""] * scales}
