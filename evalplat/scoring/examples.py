"""Worked examples beside a definition: answers and the scores they must give. No instrument without proof."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evalplat.errors import DefinitionRejected, EvalplatError, Fault, Message
from evalplat.instruments.definition import Instrument
from evalplat.instruments.keys import show
from evalplat.scoring.answers import check_answers
from evalplat.scoring.goals import GoalRating, score_goals
from evalplat.scoring.numbers import parse_number
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import score

TOLERANCE = 5e-6
MAX_BYTES = 512 * 1024
EXPECT = "expect."


@dataclass
class Example:
    """One worked example. expected: scale to score, None for a scale that has none. row: where it begins."""

    name: str
    row: int
    raw: dict[str, object] = field(default_factory=dict)
    ratings: list[GoalRating] = field(default_factory=list)
    expected: dict[str, float | None] = field(default_factory=dict)

    def score(self, definition: Instrument) -> tuple[ScaleScore, ...]:
        """What the engine gives for it."""
        if definition.kind == "goals":
            return score_goals(definition, self.ratings)
        return score(definition, check_answers(definition, self.raw))


def examples_path(definition_path: Path) -> Path:
    """Where the worked examples of a definition are: `<version>.cases.csv` beside `<version>.toml`."""
    return definition_path.with_name(f"{definition_path.stem}.cases.csv")


def load_examples(definition: Instrument, path: Path) -> tuple[Example, ...]:
    """The worked examples of a file.

    Columns: case, the definition's fields (for goals: goal, level, weight; the rows of one case belong together), and
    expect.<scale> for each scale, empty where there must be no score. Raises DefinitionRejected with every fault.
    """
    faults: list[Fault] = []
    examples: dict[str, Example] = {}
    for row, cells in _read_rows(path):
        where = f"{path.name}: row {row}"
        name = cells.get("case", "").strip()
        if not name:
            faults.append(Fault(where, Message("the column case needs a name for the example")))
            continue
        first = name not in examples
        example = examples.setdefault(name, Example(name, row))
        if not first and definition.kind != "goals":
            faults.append(Fault(where, Message("the case %(name)s stands twice", name=show(name))))
            continue
        faults.extend(_fill(example, cells, definition, where, first))
    if faults:
        raise _rejected(path, faults)
    return tuple(examples.values())


def _fill(
    example: Example, cells: Mapping[str, str], definition: Instrument, where: str, first: bool
) -> list[Fault]:
    faults: list[Fault] = []
    if first:
        for scale in definition.scales:
            text = cells.get(f"{EXPECT}{scale.key}", "")
            try:
                example.expected[scale.key] = parse_number(text) if text else None
            except ValueError:
                problem = Message("%(value)s is not a number", value=show(text))
                faults.append(Fault(f"{where}, {EXPECT}{scale.key}", problem))
    if definition.kind == "goals":
        try:
            level, weight = cells.get("level", ""), cells.get("weight", "")
            rating = GoalRating(
                cells.get("goal", ""),
                int(level) if level else None,
                parse_number(weight) if weight else 1,
            )
            example.ratings.append(rating)
        except ValueError:
            faults.append(Fault(where, Message("the level and the weight must be numbers")))
    else:
        fields = [c for c in cells if c not in ("case", "note") and not c.startswith(EXPECT)]
        example.raw = {code: cells[code] for code in fields}
    return faults


def _read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _rejected(path, [Fault(path.name, Message("the file is too large"))])
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(text.splitlines(), strict=True)
        rows = [[cell.strip() for cell in row] for row in reader]
    except FileNotFoundError:
        problem = Message("there are no worked examples; write this file and try again")
        raise _rejected(path, [Fault(path.name, problem)]) from None
    except (OSError, ValueError, csv.Error) as error:
        problem = Message("the file cannot be read as CSV: %(reason)s", reason=str(error)[:200])
        raise _rejected(path, [Fault(path.name, problem)]) from error
    header = rows[0] if rows else []
    faults = [
        Fault(
            f"{path.name}: row {number}",
            Message(
                "%(found)d cells where the header has %(wanted)d",
                found=len(row),
                wanted=len(header),
            ),
        )
        for number, row in enumerate(rows, start=1)
        if row and len(row) != len(header)
    ]
    if len(set(header)) != len(header) or "case" not in header:
        faults.append(
            Fault(f"{path.name}: row 1", Message("name each column once, one of them case"))
        )
    if faults:
        raise _rejected(path, faults)
    return [
        (number, dict(zip(header, row, strict=True)))
        for number, row in enumerate(rows[1:], start=2)
        if any(row)
    ]


def check_examples(definition: Instrument, path: Path) -> int:
    """Score every worked example and compare; gives how many there are.

    Every scale needs at least one example with a score. Raises DefinitionRejected with every difference.
    """
    if definition.kind not in ("scored", "goals"):
        return 0
    examples = load_examples(definition, path)
    faults: list[Fault] = []
    proven: set[str] = set()
    for example in examples:
        where = f"{path.name}: {example.name}"
        try:
            scores = example.score(definition)
        except EvalplatError as error:
            inner = error.faults or [Fault("", error.message)]
            faults.extend(
                Fault(f"{where}: {f.where}" if f.where else where, f.message) for f in inner
            )
            continue
        for result in scores:
            expected = example.expected.get(result.scale)
            proven.update([result.scale] if expected is not None else [])
            if _differs(result.value, expected):
                faults.append(
                    Fault(f"{where}: {EXPECT}{result.scale}", _difference(result, expected))
                )
    for scale in definition.scales:
        if scale.key not in proven:
            problem = Message("no example proves a score of this scale; add one")
            faults.append(Fault(f"{path.name}: {EXPECT}{scale.key}", problem))
    if faults:
        raise _rejected(path, faults)
    return len(examples)


def _differs(value: float | None, expected: float | None) -> bool:
    if value is None or expected is None:
        return value is not expected
    return abs(value - expected) > TOLERANCE


def _difference(result: ScaleScore, expected: float | None) -> Message:
    return Message(
        "%(expected)s is expected, the definition gives %(found)s; correct the one that is wrong",
        expected="no score" if expected is None else f"{expected:.10g}",
        found=f"no score ({result.reason})" if result.value is None else f"{result.value:.10g}",
    )


def _rejected(path: Path, faults: list[Fault]) -> DefinitionRejected:
    return DefinitionRejected(
        Message("The worked examples %(file)s do not hold.", file=str(path)), tuple(faults)
    )
