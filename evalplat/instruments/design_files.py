"""A design as the files that the loader reads, and an instrument as a design: a new version begins with the old one."""

import csv
import io
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import version_order
from evalplat.instruments.definition import Instrument, Item, Scale
from evalplat.instruments.designs import NUMBER, Design
from evalplat.instruments.keys import VERSION
from evalplat.instruments.loader import load_definition
from evalplat.vocabulary import LANGUAGES

WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
DECIMAL = re.compile(r"[+-]?[0-9]{1,9}[.,][0-9]{1,9}")


def stem_of(design: Mapping[str, Any]) -> str:
    """The version, as the names of the files have it; 1.0 while the version is none."""
    version = str(design["version"])
    return version if VERSION.fullmatch(version) else "1.0"


def write_files(design: Mapping[str, Any]) -> dict[str, str]:
    """The definition, one file for each language, and the worked examples, by file name."""
    stem = stem_of(design)
    files = {f"{stem}.toml": tomli_w.dumps(_structure(design))}
    for language in design["languages"]:
        if language in LANGUAGES:
            files[f"{stem}.{language}.toml"] = tomli_w.dumps(_words(design, language))
    files[f"{stem}.cases.csv"] = _cases(design)
    return files


def put_files(files: Mapping[str, str], folder: Path) -> Path:
    """Write the files into a folder; gives the path of the definition."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return next(folder / name for name in files if VERSION.fullmatch(name.removesuffix(".toml")))


def load_files(files: Mapping[str, str]) -> Instrument:
    """The instrument of such files, by the same loader as every other; raises DefinitionRejected."""
    with tempfile.TemporaryDirectory() as made:
        return load_definition(put_files(files, Path(made)))


def _number(text: str) -> int | float | str:
    """A number as it was meant; a text that is none stays one, so that the loader says so."""
    text = text.strip().replace("−", "-")
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text.replace(",", ".")) if DECIMAL.fullmatch(text) else text


def _structure(design: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": design["key"],
        "version": design["version"],
        "kind": "scored",
        "use": "individual",
        "respondents": design["respondents"],
        "modes": design["modes"],
        "languages": design["languages"],
    }
    data |= {name: design[name] for name in ("recall", "note") if design[name]}
    data["licence"] = {name: design[name] for name in ("holder", "terms", "electronic_use")}
    used = {item["answers"] for item in design["items"]}
    data["option_sets"] = [
        {
            "key": one["key"],
            "options": [{"key": o["key"], "value": _number(o["value"])} for o in one["options"]],
        }
        for one in design["sets"]
        if one["key"] in used
    ]
    data["items"] = [_item(item) for item in design["items"]]
    turned, spaces = _turn(_reversals(design))
    data |= turned
    data["scales"] = [
        _scale(scale, space) for scale, space in zip(design["scales"], spaces, strict=True)
    ]
    return data


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    if item["answers"] != NUMBER:
        return {"code": item["code"], "options": item["answers"]}
    ends = [_number(item["low"]), _number(item["high"])]
    whole = all(isinstance(end, int) for end in ends)
    return {"code": item["code"], "number": {"range": ends, "whole": whole}}


def _ends(design: Mapping[str, Any], item: Mapping[str, Any]) -> tuple[Any, Any] | None:
    """The lowest and highest answer of an item; None while they are no numbers."""
    listed = {one["key"]: [_number(o["value"]) for o in one["options"]] for one in design["sets"]}
    ends = (
        [_number(item["low"]), _number(item["high"])]
        if item["answers"] == NUMBER
        else listed.get(item["answers"], [])
    )
    numbers = [end for end in ends if not isinstance(end, str)]
    return (min(numbers), max(numbers)) if ends and len(numbers) == len(ends) else None


Turned = dict[tuple[Any, Any], list[str]]
"""Reversed questions by their lowest and highest answer."""


def _reversals(design: Mapping[str, Any]) -> list[Turned]:
    """For each scale, what it reverses."""
    found = []
    for scale in design["scales"]:
        chosen: Turned = {}
        for item in design["items"]:
            ends = _ends(design, item)
            if item["code"] in scale["reversed"] and item["code"] in scale["items"] and ends:
                chosen.setdefault(ends, []).append(item["code"])
        found.append(chosen)
    return found


def _turn(reversals: list[Turned]) -> tuple[dict[str, Any], list[str]]:
    """The maps and spaces of the reversals, each once, and the name of each scale's space."""
    pairs = sorted({ends for chosen in reversals for ends in chosen})
    maps = {ends: f"reversed_{number}" for number, ends in enumerate(pairs, start=1)}
    spaces: list[list[dict[str, Any]]] = []
    names = []
    for chosen in reversals:
        apply = [{"map": maps[ends], "items": codes} for ends, codes in chosen.items()]
        if apply and apply not in spaces:
            spaces.append(apply)
        names.append(f"turned_{spaces.index(apply) + 1}" if apply else "")
    if not maps:
        return {}, names
    data = {
        "maps": [{"key": name, "reverse": list(ends)} for ends, name in maps.items()],
        "spaces": [{"key": f"turned_{n}", "apply": one} for n, one in enumerate(spaces, start=1)],
    }
    return data, names


def _scale(scale: Mapping[str, Any], space: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "key": scale["key"], "method": scale["method"], "direction": scale["direction"],
        "items": scale["items"], "decimals": _number(scale["decimals"]),
    }  # fmt: skip
    if scale["domain"]:
        made["domain"] = scale["domain"]
    if space:
        made["space"] = space
    allowed = _number(scale["allowed"])
    if allowed not in (0, ""):
        fill = "prorate" if scale["method"] == "sum" else "none"
        made["missing"] = {"allowed": allowed, "fill": fill}
    return made


def _words(design: Mapping[str, Any], language: str) -> dict[str, Any]:
    def labels(rows: list[Any], name: str, words: str = "label") -> dict[str, str]:
        found = {row[name]: row[words][language].strip() for row in rows if row[name]}
        return {key: label for key, label in found.items() if label}

    used = {item["answers"] for item in design["items"]}
    data: dict[str, Any] = {"status": "descriptive"}
    names = {"title": "title", "short": "short_title", "intro": "introduction"}
    names |= {"recall_words": "recall"} if design["recall"] else {}
    data |= {
        key: design[name][language].strip()
        for name, key in names.items()
        if design[name][language].strip()
    }
    data["items"] = labels(design["items"], "code")
    data["help"] = labels(design["items"], "code", "help")
    data["options"] = {
        s["key"]: labels(s["options"], "key") for s in design["sets"] if s["key"] in used
    }
    data["scales"] = labels(design["scales"], "key")
    return {key: value for key, value in data.items() if value or key not in ("help", "options")}


def _cases(design: Mapping[str, Any]) -> str:
    codes = [item["code"] for item in design["items"]]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["case", *codes, *(f"expect.{scale['key']}" for scale in design["scales"])])
    for number, example in enumerate(design["examples"], start=1):
        answers = [example["answers"].get(code, "").strip() for code in codes]
        writer.writerow([number, *answers, *(text.strip() for text in example["expect"])])
    return text.getvalue()


def may_be_changed(definition: Instrument) -> bool:
    """Whether the county may make a version of its own: a form that is free, and whose sentences are nobody else's."""
    licence = definition.licence
    return licence.electronic_use == "free" and not licence.official_wording


def read_design(definition: Instrument) -> Design | None:
    """The next version of an instrument as a design; None where it may not be changed, or a design cannot hold it."""
    if not may_be_changed(definition) or definition.kind != "scored":
        return None
    if definition.for_groups or definition.anonymous or definition.conditions:
        return None
    if any(scale.over != "items" or len(scale.variants) != 1 for scale in definition.scales):
        return None
    design = _describe(definition)
    try:
        again = load_files(write_files({**design, "version": definition.version}))
    except DefinitionRejected:
        return None
    same = tuple(map(_bare, again.scales)) == tuple(map(_bare, definition.scales))
    return design if same and again.items == definition.items else None


def _bare(scale: Scale) -> Scale:
    """A scale without what is asserted about it only, and without the names of its reversals."""
    maps = {code: replace(one, key="") for code, one in scale.maps.items()}
    variants = tuple(replace(one, expect_range=None, key="") for one in scale.variants)
    return replace(scale, maps=maps, variants=variants)


def _describe(definition: Instrument) -> Design:
    texts = {code: definition.text(code) for code in LANGUAGES if code in definition.texts}

    def words(find: Any) -> dict[str, str]:
        return {code: find(texts[code]) if code in texts else "" for code in LANGUAGES}

    sets: dict[str, Any] = {}
    for item in definition.items:
        for option in item.options:
            key, name = option.key.split(".", 1)
            label = words(lambda one, key=option.key: one.options.get(key, ""))
            sets.setdefault(key, {})[name] = {
                "key": name,
                "value": str(option.value),
                "label": label,
            }
    order = version_order(definition.version)
    licence = definition.licence
    return {
        "key": definition.key,
        "version": ".".join(map(str, (*order[:-1], order[-1] + 1) if len(order) > 1 else (*order, 1))),
        "holder": licence.holder, "terms": licence.terms, "electronic_use": licence.electronic_use,
        "note": definition.note, "recall": definition.recall,
        "respondents": list(map(str, definition.respondents)), "modes": list(map(str, definition.modes)),
        "languages": list(texts),
        "title": words(lambda one: one.title), "short": words(lambda one: one.short_title),
        "intro": words(lambda one: one.introduction), "recall_words": words(lambda one: one.recall),
        "sets": [{"key": key, "options": list(options.values())} for key, options in sets.items()],
        "items": [_describe_item(item, words) for item in definition.items],
        "scales": [_describe_scale(scale, words) for scale in definition.scales],
        "examples": [{"answers": {}, "expect": [""] * len(definition.scales)}],
    }  # fmt: skip


def _describe_item(item: Item, words: Any) -> dict[str, Any]:
    number = item.number
    return {
        "code": item.code,
        "label": words(lambda one: one.items[item.code].label),
        "help": words(lambda one: one.items[item.code].help),
        "answers": item.options[0].key.split(".", 1)[0] if item.options else NUMBER,
        "low": f"{number.minimum:g}" if number else "",
        "high": f"{number.maximum:g}" if number else "",
    }


def _describe_scale(scale: Scale, words: Any) -> dict[str, Any]:
    return {
        "key": scale.key,
        "label": words(lambda one: one.scales[scale.key]),
        "method": scale.method,
        "direction": str(scale.direction or "none"),
        "domain": str(scale.domain or ""),
        "items": list(scale.members),
        "reversed": [
            code for code, one in scale.maps.items() if one.reverse and code in scale.members
        ],
        "allowed": str(scale.missing.allowed),
        "decimals": str(scale.decimals),
    }
