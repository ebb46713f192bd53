"""An owner's official wording laid over our own labels: which places it has, and what is wrong with a filled-in one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from evalplat.errors import Fault, Message
from evalplat.instruments.definition import Instrument, ItemText, Texts

LONGEST = 2000
HEADS = ("title", "introduction", "recall")
"""Places that may stay empty: then our own words stand there."""


def list_places(definition: Instrument, language: str) -> list[tuple[str, str]]:
    """Every place that takes words, with our own label in it: heads, items, their help, options, condition fields."""
    texts = definition.text(language)
    found = [(name, getattr(texts, name)) for name in HEADS]
    for item in definition.asks:
        text = texts.items[item.code]
        found += [(f"item.{item.code}", text.label), (f"help.{item.code}", text.help)]
    found += [(f"option.{key}", label) for key, label in texts.options.items()]
    found += [(f"condition.{c}", text.label) for c, text in texts.conditions.items()]
    return found


def read_places(
    definition: Instrument, language: str, words: Sequence[tuple[str, str]]
) -> tuple[dict[str, Any], list[Fault]]:
    """The words by place, and every fault: places that are unknown, stand twice, lack words or have too many."""
    ours = dict(list_places(definition, language))
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for place, text in words:
        if place not in ours:
            faults.append(Fault(place[:80], Message("there is no such place; leave the row out")))
        elif place in found:
            faults.append(Fault(place, Message("it stands twice; keep one row")))
        elif len(text) > LONGEST:
            told = Message("the text is too long: at most %(most)d characters", most=LONGEST)
            faults.append(Fault(place, told))
        else:
            found[place] = " ".join(text.split())
    faults += [
        Fault(place, Message("the owner’s words are missing; fill them in"))
        for place, label in ours.items()
        if _is_needed(place, label) and not found.get(place)
    ]
    return {place: text for place, text in found.items() if text}, faults


def _is_needed(place: str, label: str) -> bool:
    """Every question and every option; not heads, help, our own facts, or options that are bare numbers."""
    part = place.split(".", 1)[0]
    return part == "item" or (part == "option" and not label.lstrip("-−").isdigit())


def lay_over(texts: Texts, words: Mapping[str, str], wording: str) -> Texts:
    """Our texts with the owner's words in their places. `wording` is the id of what was laid over them."""
    return replace(
        texts,
        status="official",
        wording=wording,
        borrowed=frozenset(),
        title=words.get("title") or texts.title,
        introduction=words.get("introduction") or texts.introduction,
        recall=words.get("recall") or texts.recall,
        items={
            code: ItemText(words.get(f"item.{code}", text.label), words.get(f"help.{code}", ""))
            for code, text in texts.items.items()
        },
        options={key: words.get(f"option.{key}", label) for key, label in texts.options.items()},
        conditions={
            code: ItemText(words.get(f"condition.{code}", text.label), text.help)
            for code, text in texts.conditions.items()
        },
    )
