"""What an export holds before its rows are read: which instruments, which measurements, how many goals at most."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from evalplat.exchange.export.records import EVERYTHING, Contents, EpisodeRecord, SheetRecord
from evalplat.instruments.definition import Instrument
from evalplat.vocabulary import MeasurementPoint, Respondent

Place = tuple[str, str, MeasurementPoint, Respondent, int]
"""Episode, instrument, point, planned respondent, and how many revisions there are."""

_POINTS = {point: place for place, point in enumerate(MeasurementPoint)}
_RESPONDENTS = {respondent: place for place, respondent in enumerate(Respondent)}


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one measurement in the wide form.

    turn: 1, or 2 and on where one point was measured so many times by the same respondent. revision: 0 for the latest
    one, else which earlier one.
    """

    point: MeasurementPoint
    instrument: str
    respondent: Respondent
    turn: int = 1
    revision: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """How its columns' names begin."""
        more = [str(self.turn)] if self.turn > 1 else []
        more += [f"r{self.revision}"] if self.revision else []
        return (self.point.value, self.instrument, self.respondent.value, *more)


@dataclass(frozen=True, slots=True)
class Outline:
    """instruments: every version by key, oldest first. blocks: in the order of columns. goals: most of an episode."""

    instruments: Mapping[str, tuple[Instrument, ...]]
    blocks: tuple[Block, ...]
    goals: int = 0
    contents: Contents = EVERYTHING
    episodes: int = 0
    sheets: int = 0

    def definition(self, sheet: SheetRecord) -> Instrument:
        """The definition that a sheet was answered with."""
        for definition in self.instruments[sheet.instrument]:
            if definition.version == sheet.version:
                return definition
        raise ValueError(f"{sheet.instrument} has no version {sheet.version}")


def list_blocks(places: Iterable[Place], *, all_revisions: bool) -> tuple[Block, ...]:
    """A block for every measurement that some episode has, so that none is left out and none written over."""
    turns: Counter[tuple[object, ...]] = Counter()
    found: set[Block] = set()
    for episode, instrument, point, respondent, revisions in places:
        same = (episode, instrument, point, respondent)
        turns[same] += 1
        found.add(Block(point, instrument, respondent, turns[same]))
        if all_revisions:
            found.update(
                Block(point, instrument, respondent, turns[same], revision)
                for revision in range(1, revisions)
            )
    return tuple(sorted(found, key=_order))


def _order(block: Block) -> tuple[object, ...]:
    return (
        _POINTS[block.point], block.instrument, _RESPONDENTS[block.respondent], block.turn,
        block.revision,
    )  # fmt: skip


def list_places(episode: EpisodeRecord) -> Iterator[Place]:
    """An episode's measurements as `list_blocks` takes them."""
    for sheet in episode.sheets:
        if sheet.latest:
            yield episode.id, sheet.instrument, sheet.point, sheet.respondent, sheet.revision


def place_sheets(episode: EpisodeRecord) -> Iterator[tuple[Block, SheetRecord]]:
    """The block of every sheet of an episode."""
    turns: Counter[tuple[object, ...]] = Counter()
    turn_of: dict[str, int] = {}
    for sheet in episode.sheets:
        if sheet.id not in turn_of:
            same = (sheet.instrument, sheet.point, sheet.respondent)
            turns[same] += 1
            turn_of[sheet.id] = turns[same]
        revision = 0 if sheet.latest else sheet.revision
        yield (
            Block(sheet.point, sheet.instrument, sheet.respondent, turn_of[sheet.id], revision),
            sheet,
        )
