"""The long form: one row for each answer, score or goal of each sheet, with its words beside it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from evalplat.exchange.export.cells import read_cells, read_goal_facts
from evalplat.exchange.export.columns import Cell, Sheetful
from evalplat.exchange.export.facts import (
    OF_EPISODE,
    describe_fact,
    list_facts,
    read_episode_fact,
    read_sheet_fact,
)
from evalplat.exchange.export.fields import Field, Key, list_fields, list_goal_facts
from evalplat.exchange.export.outline import Outline
from evalplat.exchange.export.records import EpisodeRecord, Missing, SheetRecord, State

SHEET_FACTS = (
    *("sheet", "instrument", "version", "point", "respondent", "revision", "latest"),
    *("measured_on", "day", "answered_by", "mode", "assistance", "wording", "labels"),
)
ROW_FACTS = ("part", "code", "aspect", "label", "value", "answer", "text", "missing")
SCORE_FACTS = ("status", "items_used", "items_missing", "items_not_applicable", "variant")


def make_long(outline: Outline, episodes: Iterable[EpisodeRecord], language: str) -> Sheetful:
    """One row per sheet and answer, score or goal. Measurements without a sheet have no rows."""
    episode_facts = list_facts(OF_EPISODE, outline.contents)
    sheet_facts = list_facts(SHEET_FACTS, outline.contents)
    names = (*episode_facts, *sheet_facts, *ROW_FACTS, *SCORE_FACTS)
    columns = tuple(describe_fact(name, language) for name in names)
    rows = _Rows(outline, language, episode_facts, sheet_facts)
    return Sheetful("long", columns, rows.stream(episodes))


class _Rows:
    """Makes the rows; what is the same for every sheet of an instrument is found once."""

    def __init__(
        self,
        outline: Outline,
        language: str,
        episode_facts: tuple[str, ...],
        sheet_facts: tuple[str, ...],
    ) -> None:
        self.outline = outline
        self.episode_facts = episode_facts
        self.sheet_facts = sheet_facts
        contents, goals = outline.contents, outline.goals
        self.fields = {
            (key, definition.version): [
                (field, _answer_words(field))
                for field in list_fields(versions, language, contents, goals)
                if definition.version in field.versions and not _stands_beside(field.key)
            ]
            for key, versions in outline.instruments.items()
            for definition in versions
        }
        self.goal_facts = [
            (field, _answer_words(field)) for field in list_goal_facts(language, contents, goals)
        ]

    def stream(self, episodes: Iterable[EpisodeRecord]) -> Iterator[list[Cell]]:
        """The rows of all episodes, in their order."""
        for episode in episodes:
            first = [read_episode_fact(episode, fact) for fact in self.episode_facts]
            goals = {goal.id: goal for goal in episode.goals}
            for sheet in episode.sheets:
                if sheet.state is not State.ANSWERED:
                    continue
                beside = [read_sheet_fact(episode, sheet, fact) for fact in self.sheet_facts]
                definition = self.outline.definition(sheet)
                cells = read_cells(sheet, definition, goals, self.outline.contents)
                head = first + beside
                yield from self._rows_of(head, sheet, cells)
                if definition.kind == "goals" and self.outline.contents.answers:
                    facts = read_goal_facts(episode, self.outline.contents)
                    for field, words in self.goal_facts:
                        if facts.get(field.key) is not None:
                            yield [*head, *_row(field, words, facts[field.key]), *([None] * 5)]

    def _rows_of(
        self, head: list[Cell], sheet: SheetRecord, cells: dict[Key, Cell]
    ) -> Iterator[list[Cell]]:
        for field, words in self.fields[sheet.instrument, sheet.version]:
            cell = cells.get(field.key)
            part, code, _ = field.key
            if part == "score":
                if field.key in cells:
                    beside = [cells[part, code, aspect] for aspect in SCORE_FACTS]
                    yield [*head, *_row(field, words, cell), *beside]
            elif cell is not None:
                yield [*head, *_row(field, words, cell), *([None] * 5)]


def _stands_beside(key: Key) -> bool:
    return key[0] == "score" and bool(key[2])


def _answer_words(field: Field) -> Callable[[Any], str | None]:
    words = {value.value: value.label for value in field.values}
    return lambda cell: words.get(cell) or None


def _row(field: Field, words: Callable[[Any], str | None], cell: Cell) -> list[Cell]:
    """Part, code, aspect, label, value, answer in words, text, and why there is none."""
    part, code, aspect = field.key
    head: list[Cell] = [part, code, aspect or None, field.label]
    if isinstance(cell, Missing):
        return [*head, None, None, None, cell.value]
    if isinstance(cell, str):
        return [*head, None, words(cell), cell, None]
    return [*head, cell, words(cell), None, None]
