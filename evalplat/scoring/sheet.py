"""One sheet while it is scored: values by position, and what is missing, not applicable or not known to apply."""

from collections.abc import Mapping

from evalplat.instruments.definition import Instrument, Test
from evalplat.scoring.applicability import Value, evaluate, order_by_dependence
from evalplat.scoring.results import ScaleScore

Number = int | float
Facts = Mapping[str, bool | str | None]


class Layout:
    """Where an instrument's items stand, which of them count, and which may not apply. Made once per instrument."""

    def __init__(self, definition: Instrument) -> None:
        self.codes = tuple(item.code for item in definition.items)
        self.position = {code: index for index, code in enumerate(self.codes)}
        self.groups = tuple(item.group for item in definition.items)
        self.facts = tuple(condition.code for condition in definition.conditions)
        self.applicability: list[tuple[Test, list[int]]] = []
        for index, test in order_by_dependence(definition):
            # Neighbours under the same condition are looked at once.
            if self.applicability and self.applicability[-1][0] == test:
                self.applicability[-1][1].append(index)
            else:
                self.applicability.append((test, [index]))
        counted = {
            self.position[code]
            for scale in definition.scales
            if scale.over == "items"
            for variant in scale.variants
            for code in variant.members
        }
        self.counted = tuple(sorted(counted))


class Sheet:
    """The working state of one sheet.

    missing: applicable items without an answer. absent: items that do not apply; their stale answers are dropped.
    unsure: items of which it is not known whether they apply. blank: the missing ones, and the unsure without answer.
    certain: nothing is missing or unsure.
    """

    __slots__ = (
        "absent",
        "blank",
        "certain",
        "facts",
        "layout",
        "missing",
        "scores",
        "unsure",
        "values",
    )

    def __init__(self, layout: Layout, values: list[Number | None], facts: Facts) -> None:
        self.layout = layout
        self.values = values
        self.facts = facts
        self.absent: set[int] = set()
        self.unsure: set[int] = set()
        self.scores: dict[str, ScaleScore] = {}
        for test, indices in layout.applicability:
            applies = evaluate(test, self.look)
            if applies is False:
                self.absent.update(indices)
                for index in indices:
                    values[index] = None
            elif applies is None:
                self.unsure.update(indices)
        self.blank: set[int] = set()
        if None in values:
            self.blank = {i for i in layout.counted if values[i] is None} - self.absent
        self.missing = self.blank - self.unsure if self.unsure else self.blank
        self.certain = not self.blank and not self.unsure

    def look(self, field: str) -> tuple[Value | None, bool]:
        """A field's value, and whether it applies."""
        index = self.layout.position.get(field)
        if index is None:
            return self.facts.get(field), True
        return self.values[index], index not in self.absent
