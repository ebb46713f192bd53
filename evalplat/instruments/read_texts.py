"""Reading an instrument in one language; a declared language is complete or refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from evalplat.instruments.definition import Condition, Item, ItemText, Scale, Texts
from evalplat.instruments.keys import Keys

STATUSES = ("descriptive", "official", "plain")


@dataclass(frozen=True)
class Wanted:
    """Everything that needs a text. plain_options: options whose label may be left to their number.

    complete: whether every text must be there, as in a language, or may be borrowed from it, as in a wording of it.
    """

    items: tuple[Item, ...]
    conditions: tuple[Condition, ...]
    scales: tuple[Scale, ...]
    plain_options: frozenset[str]
    recall: str
    levels: tuple[int, ...] = ()
    complete: bool = True


def read_wording(keys: Keys, wording: str, wanted: Wanted, base: Texts) -> Texts:
    """The texts of a wording of a language, such as plain Finnish; what it leaves out stands in the language's words.

    It is no part of the definition's digest: how a question is put changes neither what it asks nor how it is scored.
    """
    own = read_texts(keys, wording, replace(wanted, complete=False))
    lacking = {key for key in base.options if not own.options.get(key)}
    borrowed = {i.code for i in wanted.items if lacking & {option.key for option in i.options}}
    borrowed |= {
        c.code for c in wanted.conditions if lacking & {f"{c.code}.{name}" for name in c.choices}
    }
    asked = {**base.items, **base.conditions}
    said = {**own.items, **own.conditions}
    borrowed |= {code for code in asked if code not in said}
    borrowed |= {code for code, text in said.items() if asked[code].help and not text.help}
    return replace(
        own,
        title=own.title or base.title,
        short_title=own.short_title or base.short_title,
        introduction=own.introduction or base.introduction,
        recall=own.recall or base.recall,
        items=_fill(own.items, base.items),
        options={key: own.options.get(key) or label for key, label in base.options.items()},
        scales={**base.scales, **own.scales},
        bands={**base.bands, **own.bands},
        conditions=_fill(own.conditions, base.conditions),
        groups={**base.groups, **own.groups},
        levels={**base.levels, **own.levels},
        borrowed=frozenset(borrowed),
    )


def read_texts(keys: Keys, language: str, wanted: Wanted) -> Texts:
    """The texts of one language file; a missing label is a fault, and so is one that nothing uses."""
    codes = [item.code for item in wanted.items]
    facts = [condition.code for condition in wanted.conditions]
    helps = _read_helps(keys, [*codes, *facts])
    whole = wanted.complete
    items = _read_labels(keys, "items", codes, whole)
    conditions = _read_labels(keys, "conditions", facts, whole)
    texts = Texts(
        language=language,
        status=keys.choice("status", STATUSES, "descriptive", required=True),
        title=keys.text("title", required=whole, most=200),
        short_title=keys.text("short_title", required=whole, most=40),
        introduction=keys.text("introduction"),
        recall=keys.text("recall", required=whole and bool(wanted.recall), most=200),
        items={code: ItemText(label, helps.get(code, "")) for code, label in items.items()},
        options=_read_options(keys, wanted),
        scales=_read_labels(keys, "scales", [scale.key for scale in wanted.scales], whole),
        bands=_read_bands(keys, wanted.scales, whole),
        conditions={c: ItemText(label, helps.get(c, "")) for c, label in conditions.items()},
        groups=_read_labels(
            keys, "groups", _unique(i.group for i in wanted.items if i.group), whole
        ),
        levels={
            int(level): label
            for level, label in _read_labels(
                keys, "levels", list(map(str, wanted.levels)), whole
            ).items()
        },
    )
    keys.close()
    return texts


def _fill(own: Mapping[str, ItemText], base: Mapping[str, ItemText]) -> dict[str, ItemText]:
    """What a wording calls things, with its language's words and explanations where it has none."""
    return {
        code: ItemText(own[code].label, own[code].help or text.help) if code in own else text
        for code, text in base.items()
    }


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _read_labels(keys: Keys, key: str, names: list[str], whole: bool) -> dict[str, str]:
    """One label for each of the names; the table is left out when there are none."""
    if not names:
        return {}
    table = keys.table(key, required=whole)
    if table is None:
        return {}
    labels = {name: table.text(name, required=whole, most=500) for name in names}
    table.close()
    return {name: label for name, label in labels.items() if label or whole}


def _read_helps(keys: Keys, names: list[str]) -> dict[str, str]:
    table = keys.table("help")
    if table is None:
        return {}
    helps = {name: table.text(name) for name in names if table.has(name)}
    table.close()
    return helps


def _read_options(keys: Keys, wanted: Wanted) -> dict[str, str]:
    """Labels of options by their key; tables `[options.<set>]`, one entry per option."""
    whole = wanted.complete
    options: dict[str, str] = {
        o.key: str(o.value) if whole or o.key in wanted.plain_options else ""
        for i in wanted.items
        for o in i.options
    }
    named = [f"{c.code}.{choice}" for c in wanted.conditions for choice in c.choices]
    sets: dict[str, list[str]] = {}
    for option in (*options, *named):
        set_key, name = option.split(".", 1)
        sets.setdefault(set_key, []).append(name)
    if not sets:
        return {}
    root = keys.table("options", required=whole)
    if root is None:
        return options
    for set_key, names in sets.items():
        table = root.table(set_key, required=whole)
        if table is None:
            continue
        for name in names:
            option = f"{set_key}.{name}"
            if option in wanted.plain_options and not table.has(name):
                continue
            options[option] = table.text(name, required=whole, most=200)
        table.close()
    root.close()
    return options


def _read_bands(keys: Keys, scales: tuple[Scale, ...], whole: bool) -> dict[str, str]:
    sets: dict[str, list[str]] = {}
    for band in _unique(band.key for scale in scales for band in scale.bands):
        set_key, name = band.split(".", 1)
        sets.setdefault(set_key, []).append(name)
    if not sets:
        return {}
    root = keys.table("bands", required=whole)
    if root is None:
        return {}
    found: dict[str, str] = {}
    for set_key, names in sets.items():
        table = root.table(set_key, required=whole)
        if table is not None:
            labels = {name: table.text(name, required=whole) for name in names}
            found.update({f"{set_key}.{n}": label for n, label in labels.items() if label or whole})
            table.close()
    root.close()
    return found


def plain_options(items: Mapping[str, Item], ranged: set[str]) -> frozenset[str]:
    """The middle options of sets written as a range: their number is label enough."""
    plain: set[str] = set()
    for item in items.values():
        if item.options and item.options[0].key.split(".", 1)[0] in ranged:
            plain.update(option.key for option in item.options[1:-1])
    return frozenset(plain)
