"""Reading the asked half of a definition: option sets, items, condition fields, and what decides what applies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from evalplat.errors import Message
from evalplat.instruments.definition import (
    All,
    Any,
    Comparison,
    Condition,
    Item,
    Not,
    NumberRange,
    Operator,
    Option,
    Test,
    list_fields,
)
from evalplat.instruments.keys import CODE, NAME, Keys, is_number, is_whole, show

MAX_DEPTH = 8
OPERATORS: tuple[Operator, ...] = ("equals", "in", "less", "at_least", "answered")
RESERVED = {"id", "case", "goal", "level", "weight", "declined"}


@dataclass
class Asked:
    """What the asked half holds.

    ranged: option sets written as a range, whose middle options are their numbers. broken: items with a fault, of which
    nothing more is checked.
    """

    items: dict[str, Item] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)
    ranged: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


def read_asked(keys: Keys) -> Asked:
    """Option sets, condition fields and items of a definition, checked against each other."""
    asked = Asked()
    sets = _read_option_sets(keys, asked)
    for entry in keys.tables("conditions", most=50):
        _read_condition(entry, asked, sets)
    entries = keys.tables("items")
    for entry in entries:
        _read_item(entry, asked, sets)
    # A test may look at a later item, so tests are read when every item is known.
    for entry in entries:
        code = entry.data.get("code")
        if isinstance(code, str) and code in asked.items and "applicable_when" in entry.data:
            test = read_test(entry, "applicable_when", asked)
            asked.items[code] = replace(asked.items[code], applicable_when=test)
    _refuse_circles(keys, asked.items)
    return asked


def _read_option_sets(keys: Keys, asked: Asked) -> dict[str, tuple[Option, ...]]:
    sets: dict[str, tuple[Option, ...]] = {}
    for entry in keys.tables("option_sets", most=50):
        key = entry.word("key", NAME, "difficulty", required=True)
        if key in sets:
            entry.wrong("key", "a key that no other option set has")
        span = entry.span("range")
        listed = entry.tables("options", most=100)
        if ("range" in entry.data) == ("options" in entry.data):
            entry.faults.add(
                entry.path,
                Message("give either options or a range such as [0, 10], and not both"),
            )
        entry.close()
        if span:
            low, high = span
            if low != int(low) or high != int(high) or high - low > 100:
                entry.wrong("range", "whole numbers at most 100 apart")
                continue
            values = range(int(low), int(high) + 1)
            sets[key] = tuple(Option(value, f"{key}.{value}") for value in values)
            asked.ranged.add(key)
        else:
            sets[key] = _read_options(listed, key)
    return sets


def _read_options(entries: list[Keys], set_key: str) -> tuple[Option, ...]:
    options: dict[int, Option] = {}
    names: set[str] = set()
    for entry in entries:
        name = entry.word("key", NAME, "none", required=True)
        value = entry.whole("value", -1_000_000, 1_000_000, required=True)
        entry.close()
        if value in options and is_whole(entry.data.get("value")):
            entry.wrong("value", "a value that no other option of the set has")
        if name and name in names:
            entry.wrong("key", "a key that no other option of the set has")
        names.add(name)
        options[value] = Option(value, f"{set_key}.{name}")
    return tuple(options.values())


def _claim(entry: Keys, asked: Asked, code: str) -> None:
    """A code may stand once, in whatever case, and may not be a column name of the files."""
    taken = {known.casefold() for known in (*asked.items, *asked.conditions)} | RESERVED
    if code and code.casefold() in taken:
        entry.wrong(
            "code", f"a code that is not taken, and not one of {', '.join(sorted(RESERVED))}"
        )


def _read_condition(entry: Keys, asked: Asked, sets: Mapping[str, tuple[Option, ...]]) -> None:
    code = entry.word("code", NAME, "works_or_studies", required=True)
    choices = entry.words("choices", NAME, "alone")
    entry.close()
    _claim(entry, asked, code)
    if choices and code in sets:
        entry.wrong("code", "a code that is not also the key of an option set")
    if code:
        asked.conditions[code] = Condition(code, choices)


def _read_item(entry: Keys, asked: Asked, sets: Mapping[str, tuple[Option, ...]]) -> None:
    before = len(entry.faults)
    code = entry.word("code", CODE, "D1.1", required=True)
    _claim(entry, asked, code)
    group = entry.word("group", NAME, "mobility")
    icf = entry.words("icf", CODE, "d450")
    required = entry.flag("required")
    set_key = entry.choice("options", sets) if entry.has("options") else ""
    number = _read_number(entry)
    max_length = entry.whole("text", 1, 20_000) if entry.has("text") else 0
    entry.has("applicable_when")
    entry.close()
    if sum(kind in entry.data for kind in ("options", "number", "text")) != 1:
        entry.faults.add(
            entry.path,
            Message(
                "an item has exactly one of options (the key of an option set), number (its range) "
                "and text (its greatest length)"
            ),
        )
    if len(entry.faults) > before or (set_key and not sets.get(set_key)):
        asked.broken.add(code)
    if code:
        asked.items[code] = Item(
            code, sets.get(set_key, ()), number, max_length, group, icf, None, required
        )


def _read_number(entry: Keys) -> NumberRange | None:
    keys = entry.table("number")
    if keys is None:
        return None
    span = keys.span("range", required=True)
    whole = keys.flag("whole")
    keys.close()
    return NumberRange(*span, whole) if span else None


def read_test(parent: Keys, key: str, asked: Asked) -> Test | None:
    """A structured condition: a comparison of one field, or all, any, not of others."""
    keys = parent.table(key, required=True)
    return None if keys is None else _read_test(keys, asked, 1)


def _read_test(keys: Keys, asked: Asked, depth: int) -> Test | None:
    forms = [name for name in ("all", "any", "not", "field") if keys.has(name)]
    if len(forms) != 1 or depth > MAX_DEPTH:
        keys.faults.add(
            keys.path,
            Message(
                "a condition has exactly one of field, all, any and not, at most %(depth)d deep",
                depth=MAX_DEPTH,
            ),
        )
        return None
    form = forms[0]
    if form == "field":
        return _read_comparison(keys, asked)
    if form == "not":
        inner = keys.table("not")
        keys.close()
        part = _read_test(inner, asked, depth + 1) if inner else None
        return Not(part) if part else None
    entries = keys.tables(form, most=50)
    if not entries and isinstance(keys.data[form], list):
        keys.wrong(form, "a list of at least one condition")
    keys.close()
    read = [_read_test(entry, asked, depth + 1) for entry in entries]
    parts = tuple(part for part in read if part)
    return All(parts) if form == "all" else Any(parts)


def _read_comparison(keys: Keys, asked: Asked) -> Comparison | None:
    name = keys.choice("field", [*asked.conditions, *asked.items])
    operators = [operator for operator in OPERATORS if keys.has(operator)]
    keys.close()
    if len(operators) != 1:
        keys.faults.add(
            keys.path,
            Message(
                "a comparison has exactly one of %(operators)s", operators=", ".join(OPERATORS)
            ),
        )
        return None
    if not name:
        return None
    operator, literal = operators[0], keys.data[operators[0]]
    allowed = _allowed_literals(asked, name)
    if operator == "answered":
        good, wanted = isinstance(literal, bool), "true or false"
    elif operator == "in":
        good = isinstance(literal, list) and 0 < len(literal) <= 100
        good = good and all(_is_literal(value, allowed) for value in literal)
        wanted = f"a list of {_describe(allowed)}"
        literal = tuple(literal) if good else ()
    elif operator == "equals":
        good, wanted = _is_literal(literal, allowed), _describe(allowed)
    else:
        numeric = allowed is None or all(is_number(value) for value in allowed)
        good = is_number(literal) and numeric
        wanted = "a number" if numeric else f"another operator: {show(name)} is not a number"
    if not good:
        keys.wrong(operator, wanted)
        return None
    return Comparison(name, operator, literal)


def _allowed_literals(asked: Asked, name: str) -> tuple[object, ...] | None:
    """What a field can be equal to; None stands for any number."""
    if name in asked.conditions:
        return asked.conditions[name].choices or (True, False)
    item = asked.items[name]
    if item.kind == "number":
        return None
    return item.values


def _is_literal(value: object, allowed: tuple[object, ...] | None) -> bool:
    if allowed is None:
        return is_number(value)
    return any(type(value) is type(known) and value == known for known in allowed)


def _describe(allowed: tuple[object, ...] | None) -> str:
    if allowed is None:
        return "a number"
    return "one of " + ", ".join(
        str(value).lower() if isinstance(value, bool) else str(value) for value in allowed
    )


def _refuse_circles(keys: Keys, items: Mapping[str, Item]) -> None:
    """An item may not decide, directly or through others, whether it applies itself."""
    settled = {code for code, item in items.items() if item.applicable_when is None}
    waiting = [code for code in items if code not in settled]
    while True:
        ready = [
            code
            for code in waiting
            if (test := items[code].applicable_when) is not None
            and all(name in settled or name not in items for name in list_fields(test))
        ]
        if not ready:
            break
        settled.update(ready)
        waiting = [code for code in waiting if code not in settled]
    if waiting:
        keys.faults.add(
            "items",
            Message(
                "the applicable_when of %(codes)s go round in a circle; let one of them depend on another field",
                codes=", ".join(waiting[:20]),
            ),
        )
