"""A table of answer sheets or of rated goals, scored row by row into long rows."""

import difflib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from evalplat.errors import AnswersRejected, FileRejected, Message
from evalplat.exchange.faults import FaultList
from evalplat.exchange.tables import Table, safe_cell
from evalplat.instruments.definition import GoalRules, Instrument
from evalplat.instruments.keys import show
from evalplat.scoring.answers import DECLINED, BadAnswer, Checker, compile_checker
from evalplat.scoring.goals import GoalRating, find_rating_problems, goal_rules, score_goals
from evalplat.scoring.numbers import parse_number
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import compile_scorer
from evalplat.scoring.sheet import Number, Sheet

SCORE_COLUMNS = ("id", "scale", "score", "status", "items_used", "items_missing", "variant")
USUAL_FACTS: dict[str, Number | str | None] = {"": None, "0": False, "1": True}
MAX_GOAL_ROWS = 2_000_000

LongRow = tuple[str, str, float | None, str, int, int, str]
SheetRow = tuple[str, list[Number | None], dict[str, bool | str | None]]


def list_ignored_columns(definition: Instrument, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of a table that scoring does not use; free text counts as used."""
    if definition.kind == "goals":
        used = {"id", "goal", "level", "weight"}
    else:
        used = {"id", *(c.code for c in definition.conditions), *(i.code for i in definition.items)}
    return tuple(column for column in columns if column not in used)


def score_table(definition: Instrument, table: Table) -> Iterator[list[LongRow]]:
    """The long rows of each sheet (for goals: of each id, in order of first appearance).

    Sheets are streamed: memory does not grow with the table, but for sixteen bytes a sheet that find an id used twice.
    Raises FileRejected at the end with every fault by row and column; what was yielded before must then be thrown away.
    """
    if definition.kind == "goals":
        yield from _score_goal_rows(definition, table)
    else:
        yield from _score_sheet_rows(definition, table)


def _score_sheet_rows(definition: Instrument, table: Table) -> Iterator[list[LongRow]]:
    scorer = compile_scorer(definition)
    for key, values, facts in read_sheets(definition, table):
        yield _write_long(key, scorer.score_values(values, facts))


def read_sheets(definition: Instrument, table: Table) -> Iterator[SheetRow]:
    """The id, the answers by position and the condition fields of each sheet, checked, one by one.

    Raises FileRejected at the end with every fault by row and column; what was yielded before must then be thrown away.
    """
    checker = compile_checker(definition)
    plan = _SheetColumns(checker, table)
    faults, ids = FaultList(), _Ids()
    count = 0
    for number, row in table.rows(faults):
        count += 1
        known = faults.count
        key = row[plan.id]
        if not key:
            faults.add(
                f"row {number}, column id", Message("the id is missing; give each sheet one")
            )
        ids.note(number, key)
        values, facts = plan.read(number, row, faults)
        if checker.required and faults.count == known:
            _require(checker, plan, number, row, values, facts, faults)
        if faults:
            continue
        yield key, values, facts
    ids.report(faults)
    _raise(table, faults, count)


class _Nothing(dict[str, Number | None]):
    """What any text means in a column that is not there."""

    def __missing__(self, key: str) -> None:
        return None


class _SheetColumns:
    """Which column holds which field, and what each text seen so far means there."""

    def __init__(self, checker: Checker, table: Table) -> None:
        self.checker = checker
        place = {column: index for index, column in enumerate(table.columns)}
        texts = {item.code for item in checker.definition.items if item.kind == "text"}
        wanted = ["id", *(c for c in checker.items if c not in texts), *checker.conditions]
        _check_columns(table, wanted)
        self.id = place["id"]
        # A text column is read so that its faults are found, but no score looks at it.
        self.items = [
            (code, place[code], self._known_answers(code), code in texts)
            if code in place
            else (code, -1, {}, True)
            for code in checker.items
        ]
        self.quick = [
            (max(index, 0), known if index >= 0 else _Nothing())
            for _, index, known, _ in self.items
        ]
        self.facts = [
            (condition.code, place[condition.code], {} if condition.choices else USUAL_FACTS)
            for condition in checker.definition.conditions
        ]

    def _known_answers(self, code: str) -> dict[str, Number | None]:
        item = self.checker.definition.item(code)
        return {"": None, **{str(value): value for value in item.values}}

    def read(
        self, number: int, row: list[str], faults: FaultList
    ) -> tuple[list[Number | None], dict[str, bool | str | None]]:
        """Values by position (None: missing, declined or text) and condition fields; faults are noted."""
        try:
            values = [known[row[index]] for index, known in self.quick]
        except KeyError:
            values = self._read_slowly(number, row, faults)
        facts: dict[str, bool | str | None] = {}
        for code, index, usual in self.facts:
            fact = usual.get(row[index], "")
            if fact == "":
                fact = self._read(number, code, row[index], faults)
            facts[code] = fact if isinstance(fact, bool | str) and fact != DECLINED else None
        return values, facts

    def _read_slowly(self, number: int, row: list[str], faults: FaultList) -> list[Number | None]:
        values: list[Number | None] = []
        for code, index, known, free in self.items:
            if index < 0:
                values.append(None)
                continue
            text = row[index]
            if text in known:
                values.append(known[text])
                continue
            kept = self._read(number, code, text, faults)
            values.append(None if free or isinstance(kept, str) else kept)
        return values

    def _read(self, number: int, code: str, text: str, faults: FaultList) -> Number | str | None:
        try:
            return self.checker.read(code, text)
        except BadAnswer as error:
            faults.add(f"row {number}, column {code}", error.message)
            return None


def _require(
    checker: Checker,
    plan: _SheetColumns,
    number: int,
    row: list[str],
    values: list[Number | None],
    facts: dict[str, bool | str | None],
    faults: FaultList,
) -> None:
    absent = Sheet(checker.layout, list(values), facts).absent
    for code, index, _, _ in plan.items:
        position = checker.layout.position[code]
        empty = index < 0 or not row[index]
        if code in checker.required and empty and position not in absent:
            faults.add(
                f"row {number}, column {code}",
                Message("this needs an answer, or that the respondent declines to answer"),
            )


@dataclass
class _Goals:
    """The rated goals of one id."""

    row: int
    ratings: dict[str, GoalRating] = field(default_factory=dict)


def _score_goal_rows(definition: Instrument, table: Table) -> Iterator[list[LongRow]]:
    """Rows of one id may stand anywhere, so the goals (few and small) are held until the end of the table."""
    _check_columns(table, ["id", "goal", "level"])
    faults = FaultList()
    clients = _gather_goals(goal_rules(definition), table, faults)
    for client, goals in clients.items():
        if faults:
            break
        try:
            scores = score_goals(definition, list(goals.ratings.values()))
        except AnswersRejected as error:
            for fault in error.faults:
                faults.add(f"row {goals.row}, id {show(client)}", fault.message)
            continue
        yield _write_long(client, scores)
    _raise(table, faults, len(clients))


def _gather_goals(rules: GoalRules, table: Table, faults: FaultList) -> dict[str, _Goals]:
    """Rated goals by id, in order of first appearance; faults are noted."""
    place = {column: index for index, column in enumerate(table.columns)}
    clients: dict[str, _Goals] = {}
    for count, (number, row) in enumerate(table.rows(faults)):
        where = f"row {number}, column"
        if count == MAX_GOAL_ROWS:
            problem = Message(
                "at most %(most)d goals are read at a time; split the file", most=count
            )
            faults.add(f"row {number}", problem)
            break
        client, goal = row[place["id"]], row[place["goal"]]
        for name, value in (("id", client), ("goal", goal)):
            if not value:
                faults.add(
                    f"{where} {name}", Message("it is missing; each row names its id and its goal")
                )
        weight = row[place["weight"]] if "weight" in place else ""
        rating = _read_rating(rules, number, goal, row[place["level"]], weight, faults)
        for name, problem in find_rating_problems(rules, rating):
            faults.add(f"{where} {name}", problem)
        if not client or not goal:
            continue
        ratings = clients.setdefault(client, _Goals(number)).ratings
        if goal in ratings:
            problem = Message(
                "the goal %(goal)s of %(id)s stands twice; keep one row for each goal",
                goal=show(goal),
                id=show(client),
            )
            faults.add(f"{where} goal", problem)
        ratings[goal] = rating
    for client, goals in clients.items():
        if len(goals.ratings) > rules.most:
            problem = Message(
                "%(found)d goals; at most %(most)d are scored together",
                found=len(goals.ratings),
                most=rules.most,
            )
            faults.add(f"row {goals.row}, id {show(client)}", problem)
    return clients


def _read_rating(
    rules: GoalRules, number: int, goal: str, level: str, weight: str, faults: FaultList
) -> GoalRating:
    """One rated goal; an empty level is a goal that was not rated, an empty weight is 1."""
    rated: int | None = None
    heavy = 1.0
    try:
        if level and level.casefold() != DECLINED:
            value = parse_number(level)
            rated = int(value)
            if value != rated:
                raise ValueError(level)
    except ValueError:
        faults.add(
            f"row {number}, column level",
            Message(
                "the level %(level)s is not allowed; give a whole number from %(low)d to %(high)d",
                level=show(level),
                low=rules.lowest,
                high=rules.highest,
            ),
        )
    try:
        heavy = parse_number(weight) if weight else 1.0
    except ValueError:
        faults.add(
            f"row {number}, column weight",
            Message("the weight %(weight)s is not a number; give one above 0", weight=show(weight)),
        )
    return GoalRating(goal, rated, heavy)


def _write_long(key: str, scores: tuple[ScaleScore, ...]) -> list[LongRow]:
    name = safe_cell(key)
    return [
        (name, s.scale, s.value, s.status, s.items_used, s.items_missing, s.variant) for s in scores
    ]


def _check_columns(table: Table, wanted: list[str]) -> None:
    faults = FaultList()
    for name in wanted:
        if name in table.columns:
            continue
        near = difflib.get_close_matches(
            name.casefold(), [c.casefold() for c in table.columns], n=1, cutoff=0.8
        )
        same = [c for c in table.columns if near and c.casefold() == near[0] and c not in wanted]
        if same:
            faults.add(
                f"column {name}",
                Message(
                    "the column is missing; is %(found)s meant? Rename it", found=show(same[0])
                ),
            )
        else:
            faults.add(f"column {name}", Message("the column is missing; add it, empty if need be"))
    if faults:
        raise FileRejected(
            Message("%(file)s lacks columns that scoring needs.", file=table.name), faults.listed()
        )


def _raise(table: Table, faults: FaultList, count: int) -> None:
    if not count and not faults:
        raise FileRejected(Message("%(file)s has a header but no rows below it.", file=table.name))
    if faults:
        raise FileRejected(
            Message(
                "%(file)s has %(count)d faults; nothing was written.",
                file=table.name,
                count=faults.count,
            ),
            faults.listed(),
        )


class _Ids:
    """Finds an id that stands twice, in sixteen bytes a row: the 64-bit hash of the id, and the row number."""

    def __init__(self) -> None:
        self.hashes = array("q")
        self.rows = array("q")

    def note(self, number: int, key: str) -> None:
        """Remember the id of a row."""
        if key:
            self.hashes.append(hash(key))
            self.rows.append(number)

    def report(self, faults: FaultList) -> None:
        """Note a fault for every row whose id was used before."""
        if len(self.hashes) < 2:
            return
        import numpy as np

        hashes = np.frombuffer(self.hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        again = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
        rows = np.frombuffer(self.rows, dtype=np.int64)
        pairs = sorted((int(rows[order[i + 1]]), int(rows[order[i]])) for i in again)
        for number, earlier in pairs:
            faults.add(
                f"row {number}, column id",
                Message(
                    "the id of row %(row)d stands here again; each sheet needs its own", row=earlier
                ),
            )
