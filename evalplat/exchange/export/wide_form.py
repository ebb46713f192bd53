"""The wide form: one row for each episode, with columns for each measurement; episodes without answers stay in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from evalplat.exchange.export.cells import read_cells, read_goal_facts
from evalplat.exchange.export.columns import Cell, Column, Sheetful
from evalplat.exchange.export.facts import (
    OF_EPISODE,
    OF_SHEET,
    describe_fact,
    list_facts,
    read_episode_fact,
    read_sheet_fact,
)
from evalplat.exchange.export.fields import Field, list_fields, list_goal_facts
from evalplat.exchange.export.names import Wanted, give_names
from evalplat.exchange.export.outline import Block, Outline, place_sheets
from evalplat.exchange.export.records import EpisodeRecord, SheetRecord, State
from evalplat.exchange.import_words import POINTS, RESPONDENTS, first_name

STATE_FACTS = ("state", "not_obtained")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a column comes from: a block's fact or field, or without a block the episode's."""

    block: Block | None
    fact: str = ""
    field: Field | None = None

    @property
    def wanted(self) -> Wanted:
        """What its name is made of."""
        parts = self.block.parts if self.block else ()
        if self.field is None:
            return Wanted((*parts, self.fact), (*parts, "fact", self.fact))
        return Wanted(
            (*parts, self.field.tail),
            (*parts, *self.field.key, *sorted(self.field.versions)),
        )


def make_wide(outline: Outline, episodes: Iterable[EpisodeRecord], language: str) -> Sheetful:
    """One row per episode. Every measurement has columns of its own, also a second one of the same point."""
    places = _list_places(outline, language)
    names = give_names([place.wanted for place in places])
    columns = tuple(
        _describe(place, name, outline, language) for place, name in zip(places, names, strict=True)
    )
    return Sheetful("wide", columns, _stream(outline, places, episodes))


def _list_places(outline: Outline, language: str) -> list[_Place]:
    contents = outline.contents
    places = [_Place(None, fact) for fact in list_facts(OF_EPISODE, contents)]
    if contents.answers:
        places += [
            _Place(None, "", field) for field in list_goal_facts(language, contents, outline.goals)
        ]
    facts = list_facts(OF_SHEET, contents)
    fields = {
        key: list_fields(versions, language, contents, outline.goals)
        for key, versions in outline.instruments.items()
    }
    for block in outline.blocks:
        states = STATE_FACTS if not block.revision else ()
        places += [_Place(block, fact) for fact in (*states, *facts)]
        places += [_Place(block, "", field) for field in fields[block.instrument]]
    return places


def _describe(place: _Place, name: str, outline: Outline, language: str) -> Column:
    """A column as a codebook tells it: after the point, the instrument and who answers comes what it is."""
    block, field = place.block, place.field
    if block is None and field is None:
        return describe_fact(place.fact, language, name)
    where = _tell_block(block, outline, language) if block else ""
    versions: tuple[str, ...] = ()
    if block is not None:
        every = [definition.version for definition in outline.instruments[block.instrument]]
        versions = tuple(v for v in every if field is None or v in field.versions)
    if field is None:
        plain = describe_fact(place.fact, language, name)
        label = f"{where}: {plain.label}"
        return Column(
            name, label, plain.kind, plain.measure, plain.values,
            instrument=block.instrument if block else "", point=block.point if block else "",
        )  # fmt: skip
    return Column(
        name, f"{where}: {field.label}" if where else field.label, field.kind, field.measure,
        field.values, field.low, field.high, field.missing, field.decimals,
        block.instrument if block else "", versions, block.point if block else "", field.rule,
    )  # fmt: skip


def _tell_block(block: Block, outline: Outline, language: str) -> str:
    latest = outline.instruments[block.instrument][-1]
    said = [
        first_name(POINTS, block.point, language),
        latest.text(language).short_title,
        first_name(RESPONDENTS, block.respondent, language),
    ]
    if block.turn > 1:
        said.append(str(block.turn))
    if block.revision:
        said.append(f"r{block.revision}")
    return " · ".join(said)


def _stream(
    outline: Outline, places: list[_Place], episodes: Iterable[EpisodeRecord]
) -> Iterator[list[Cell]]:
    of_episode = [(n, p) for n, p in enumerate(places) if p.block is None]
    of_block: dict[Block, list[tuple[int, _Place]]] = {block: [] for block in outline.blocks}
    for number, place in enumerate(places):
        if place.block is not None:
            of_block[place.block].append((number, place))
    for episode in episodes:
        row: list[Cell] = [None] * len(places)
        facts = read_goal_facts(episode, outline.contents)
        for number, place in of_episode:
            if place.field is None:
                row[number] = read_episode_fact(episode, place.fact)
            else:
                row[number] = facts.get(place.field.key)
        goals = {goal.id: goal for goal in episode.goals}
        if len(goals) > outline.goals and outline.contents.answers:
            raise ValueError(f"episode {episode.id} has more goals than columns")
        filled: set[Block] = set()
        for block, sheet in place_sheets(episode):
            if block in filled or block not in of_block:
                raise ValueError(f"sheet {sheet.id} has no columns of its own")
            filled.add(block)
            definition = outline.definition(sheet)
            answered = sheet.state is State.ANSWERED
            cells = read_cells(sheet, definition, goals, outline.contents) if answered else {}
            for number, place in of_block[block]:
                if place.field is None:
                    row[number] = _read_fact(episode, sheet, place.fact)
                elif sheet.version in place.field.versions:
                    row[number] = cells.get(place.field.key)
        yield row


def _read_fact(episode: EpisodeRecord, sheet: SheetRecord, fact: str) -> Cell:
    if fact == "state":
        return sheet.state.value
    return read_sheet_fact(episode, sheet, fact)
