"""Structured conditions on one sheet, in three values: true, false, and unknown while an answer is missing."""

from collections.abc import Callable, Mapping

from evalplat.instruments.definition import Any, Comparison, Instrument, Not, Test, list_fields

Value = bool | int | float | str
Look = Callable[[str], tuple[Value | None, bool]]
"""Gives a field's value (None: empty) and whether the field applies at all."""


def evaluate(test: Test, look: Look) -> bool | None:
    """Whether a condition holds. A field that does not apply is equal to nothing, and is not answered."""
    if isinstance(test, Not):
        result = evaluate(test.part, look)
        return None if result is None else not result
    if isinstance(test, Comparison):
        value, applies = look(test.field)
        return _compare(test, value, applies)
    results = [evaluate(part, look) for part in test.parts]
    decisive = isinstance(test, Any)
    if decisive in results:
        return decisive
    return None if None in results else not decisive


def _compare(test: Comparison, value: Value | None, applies: bool) -> bool | None:
    if test.operator == "answered":
        return (value is not None and applies) == test.value
    if not applies:
        return False
    if value is None:
        return None
    if test.operator == "equals":
        return value == test.value
    if isinstance(test.value, tuple):
        return value in test.value
    if isinstance(value, str) or isinstance(test.value, str):
        return None
    return value < test.value if test.operator == "less" else value >= test.value


def order_by_dependence(definition: Instrument) -> tuple[tuple[int, Test], ...]:
    """Positions and tests of the items that may not apply, each after the items that its test looks at."""
    tests: Mapping[str, Test] = {
        item.code: item.applicable_when for item in definition.items if item.applicable_when
    }
    ordered: dict[str, None] = {}

    def place(code: str) -> None:
        for name in list_fields(tests[code]):
            if name in tests and name not in ordered:
                place(name)
        ordered.setdefault(code, None)

    for code in tests:
        place(code)
    position = {item.code: index for index, item in enumerate(definition.items)}
    return tuple((position[code], tests[code]) for code in ordered)
