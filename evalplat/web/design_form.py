"""The form of an instrument's design: what was typed as a design, and the names of its fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from evalplat.errors import Fault, Message
from evalplat.instruments.designs import BY_LANGUAGE, CHOICES, MOST, TEXTS, Design
from evalplat.vocabulary import LANGUAGES
from evalplat.web.languages import say

LONGEST = 4_000
FIELDS = {
    "key": Message("Short name"),
    "version": Message("Version"),
    "languages": Message("Languages"),
    "respondents": Message("Who answers"),
    "modes": Message("How"),
    "holder": Message("Owner"),
    "terms": Message("Terms of use"),
    "title": Message("Title"),
    "short": Message("Short title"),
    "intro": Message("Introduction, if any"),
    "recall_words": Message("That time in words, if it is stated"),
}
ROWS = {
    "set": Message("List %(number)s"),
    "item": Message("Question %(number)s"),
    "scale": Message("Scale %(number)s"),
    "example": Message("Example %(number)s"),
}
Sent = MultiDict[str, str]


def read_form(sent: Sent) -> Design:
    """The design as typed; what the form did not carry is empty."""
    items = [_item(sent, f"item-{n}") for n in _rows(sent, "item", "code", MOST["item"])]
    codes = [item["code"] for item in items]
    places = _rows(sent, "scale", "method", MOST["scale"])
    return {
        **{name: _text(sent, name) for name in TEXTS},
        **{name: [one[:40] for one in sent.getlist(name)][:10] for name in CHOICES},
        **{name: _words(sent, name) for name in BY_LANGUAGE},
        "sets": [_set(sent, f"set-{n}") for n in _rows(sent, "set", "key", MOST["set"])],
        "items": items,
        "scales": [_scale(sent, f"scale-{n}", codes) for n in places],
        "examples": [
            _example(sent, f"example-{n}", codes, len(places))
            for n in _rows(sent, "example", "row", MOST["example"])
        ],
    }


def name_fields(design: Mapping[str, Any]) -> dict[str, str]:
    """Where the summary of faults leads: the id of the field of each place."""
    found = {name: name for name in (*TEXTS, *CHOICES, "items", "examples")}
    found |= {f"{name}-{code}": f"{name}-{code}" for name in BY_LANGUAGE for code in LANGUAGES}
    for n, one in enumerate(design["sets"], start=1):
        found[f"set-{n}"] = f"set-{n}"
        for m in range(1, len(one["options"]) + 1):
            where = f"set-{n}-option-{m}"
            found |= {f"{where}-{part}": f"{where}-{part}" for part in ("value", *_labels())}
    for n in range(1, len(design["items"]) + 1):
        parts = ("code", "answers", "low", *_labels(), *_labels("help"))
        found |= {f"item-{n}-{part}": f"item-{n}-{part}" for part in parts}
    for n in range(1, len(design["scales"]) + 1):
        parts = ("key", "items", "allowed", "decimals", *_labels())
        found |= {f"scale-{n}-{part}": f"scale-{n}-{part}" for part in parts}
    for n in range(1, len(design["examples"]) + 1):
        answers = [f"answer-{m}" for m in range(1, len(design["items"]) + 1)]
        scores = [f"expect-{m}" for m in range(1, len(design["scales"]) + 1)]
        found |= {f"example-{n}-{part}": f"example-{n}-{part}" for part in (*answers, *scores)}
    return found


def order_faults(design: Mapping[str, Any], faults: Iterable[Fault]) -> list[Fault]:
    """The faults as their fields stand on the page."""
    places = {where: place for place, where in enumerate(name_fields(design))}
    return sorted(faults, key=lambda fault: places.get(fault.where, len(places)))


def name_faults(faults: Iterable[Fault]) -> dict[str, str]:
    """What the fields of faults are called, for the list of them on top."""
    found = {}
    for fault in faults:
        head, _, rest = fault.where.partition("-")
        number = rest.partition("-")[0]
        if head in FIELDS:
            found[fault.where] = say(FIELDS[head])
        elif head in ROWS and number:
            found[fault.where] = say(Message(ROWS[head].template, number=number))
    return found


def _labels(name: str = "label") -> list[str]:
    return [f"{name}-{code}" for code in LANGUAGES]


def _rows(sent: Sent, kind: str, mark: str, most: int) -> list[int]:
    """The numbers of the rows that the form carried; each has this one field whatever was typed."""
    return [n for n in range(1, most + 1) if f"{kind}-{n}-{mark}" in sent]


def _text(sent: Sent, name: str) -> str:
    return " ".join(sent.get(name, "")[:LONGEST].split())


def _words(sent: Sent, name: str) -> dict[str, str]:
    return {code: _text(sent, f"{name}-{code}") for code in LANGUAGES}


def _set(sent: Sent, place: str) -> dict[str, Any]:
    options = [
        {
            "key": _text(sent, f"{place}-option-{m}-key"),
            "value": _text(sent, f"{place}-option-{m}-value"),
            "label": _words(sent, f"{place}-option-{m}-label"),
        }
        for m in _rows(sent, f"{place}-option", "key", MOST["option"])
    ]
    return {"key": _text(sent, f"{place}-key"), "options": options}


def _item(sent: Sent, place: str) -> dict[str, Any]:
    texts = {name: _text(sent, f"{place}-{name}") for name in ("code", "answers", "low", "high")}
    return {**texts, "label": _words(sent, f"{place}-label"), "help": _words(sent, f"{place}-help")}


def _scale(sent: Sent, place: str, codes: list[str]) -> dict[str, Any]:
    names = ("key", "method", "direction", "domain", "allowed", "decimals")
    made: dict[str, Any] = {name: _text(sent, f"{place}-{name}") for name in names}
    made["label"] = _words(sent, f"{place}-label")
    for name in ("items", "reversed"):
        chosen = set(sent.getlist(f"{place}-{name}"))
        made[name] = [code for n, code in enumerate(codes, start=1) if str(n) in chosen]
    return made


def _example(sent: Sent, place: str, codes: list[str], scales: int) -> dict[str, Any]:
    answers = {code: _text(sent, f"{place}-answer-{m}") for m, code in enumerate(codes, start=1)}
    expect = [_text(sent, f"{place}-expect-{m}") for m in range(1, scales + 1)]
    return {"answers": {code: text for code, text in answers.items() if text}, "expect": expect}
