"""Reading an instrument in one language; a declared language is complete or refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evalplat.instruments.definition import Condition, Item, ItemText, Scale, Texts
from evalplat.instruments.keys import Keys

STATUSES = ("descriptive", "official", "plain")


@dataclass(frozen=True)
class Wanted:
    """Everything that needs a text. plain_options: options whose label may be left to their number."""

    items: tuple[Item, ...]
    conditions: tuple[Condition, ...]
    scales: tuple[Scale, ...]
    plain_options: frozenset[str]
    recall: str
    levels: tuple[int, ...] = ()


def read_texts(keys: Keys, language: str, wanted: Wanted) -> Texts:
    """The texts of one language file; a missing label is a fault, and so is one that nothing uses."""
    codes = [item.code for item in wanted.items]
    facts = [condition.code for condition in wanted.conditions]
    helps = _read_helps(keys, [*codes, *facts])
    items = _read_labels(keys, "items", codes)
    conditions = _read_labels(keys, "conditions", facts)
    texts = Texts(
        language=language,
        status=keys.choice("status", STATUSES, "descriptive", required=True),
        title=keys.text("title", required=True, most=200),
        short_title=keys.text("short_title", required=True, most=40),
        introduction=keys.text("introduction"),
        recall=keys.text("recall", required=bool(wanted.recall), most=200),
        items={code: ItemText(label, helps.get(code, "")) for code, label in items.items()},
        options=_read_options(keys, wanted),
        scales=_read_labels(keys, "scales", [scale.key for scale in wanted.scales]),
        bands=_read_bands(keys, wanted.scales),
        conditions={c: ItemText(label, helps.get(c, "")) for c, label in conditions.items()},
        groups=_read_labels(keys, "groups", _unique(i.group for i in wanted.items if i.group)),
        levels={
            int(level): label
            for level, label in _read_labels(keys, "levels", list(map(str, wanted.levels))).items()
        },
    )
    keys.close()
    return texts


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _read_labels(keys: Keys, key: str, names: list[str]) -> dict[str, str]:
    """One label for each of the names; the table is left out when there are none."""
    if not names:
        return {}
    table = keys.table(key, required=True)
    if table is None:
        return {}
    labels = {name: table.text(name, required=True, most=500) for name in names}
    table.close()
    return labels


def _read_helps(keys: Keys, names: list[str]) -> dict[str, str]:
    table = keys.table("help")
    if table is None:
        return {}
    helps = {name: table.text(name) for name in names if table.has(name)}
    table.close()
    return helps


def _read_options(keys: Keys, wanted: Wanted) -> dict[str, str]:
    """Labels of options by their key; tables `[options.<set>]`, one entry per option."""
    options: dict[str, str] = {o.key: str(o.value) for i in wanted.items for o in i.options}
    named = [f"{c.code}.{choice}" for c in wanted.conditions for choice in c.choices]
    sets: dict[str, list[str]] = {}
    for option in (*options, *named):
        set_key, name = option.split(".", 1)
        sets.setdefault(set_key, []).append(name)
    if not sets:
        return {}
    root = keys.table("options", required=True)
    if root is None:
        return {}
    for set_key, names in sets.items():
        table = root.table(set_key, required=True)
        if table is None:
            continue
        for name in names:
            option = f"{set_key}.{name}"
            if option in wanted.plain_options and not table.has(name):
                continue
            options[option] = table.text(name, required=True, most=200)
        table.close()
    root.close()
    return options


def _read_bands(keys: Keys, scales: tuple[Scale, ...]) -> dict[str, str]:
    sets: dict[str, list[str]] = {}
    for band in _unique(band.key for scale in scales for band in scale.bands):
        set_key, name = band.split(".", 1)
        sets.setdefault(set_key, []).append(name)
    if not sets:
        return {}
    root = keys.table("bands", required=True)
    if root is None:
        return {}
    found: dict[str, str] = {}
    for set_key, names in sets.items():
        table = root.table(set_key, required=True)
        if table is not None:
            found.update({f"{set_key}.{name}": table.text(name, required=True) for name in names})
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
