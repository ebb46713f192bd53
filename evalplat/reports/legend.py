"""Legends in words: marks and line samples in rows that wrap at the picture's width."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalplat.reports.picture import Picture, measure, wrap
from evalplat.reports.theme import MARKS, SMALL, Mark
from evalplat.reports.words import verdict_word
from evalplat.vocabulary import Verdict

ROW = 22.0
_SAMPLE = 26.0
_GAP = 22.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a legend explains: a mark, or one or two lines drawn in these styles."""

    words: str
    mark: Mark | None = None
    lines: tuple[dict[str, Any], ...] = ()

    @property
    def sample(self) -> float:
        """How much room the sample before the words takes."""
        return _SAMPLE + 8 if self.mark is None else 18.0


def verdict_entries(verdicts: Sequence[Verdict], language: str) -> list[Entry]:
    """The verdicts that occur, in the order of the vocabulary."""
    return [Entry(verdict_word(v, language), MARKS[v]) for v in Verdict if v in verdicts]


def arrange(entries: Sequence[Entry], width: float) -> list[list[Entry]]:
    """The entries in rows no wider than `width`; words that are wider still go on under themselves."""
    rows: list[list[Entry]] = []
    room = 0.0
    for entry in entries:
        first, *more = wrap(entry.words, width - entry.sample, SMALL)
        needed = entry.sample + measure(first, SMALL)
        if not rows or more or needed > room:
            rows.append([])
            room = width
        rows[-1].append(replace(entry, words=first))
        rows += [[Entry(line)] for line in more]
        room = 0.0 if more else room - needed - _GAP
    return rows


def draw_legend(picture: Picture, rows: Sequence[Sequence[Entry]], left: float, top: float) -> None:
    """Draw arranged entries, the first row's middle at `top`."""
    for number, row in enumerate(rows):
        x, y = left, top + number * ROW
        for entry in row:
            if entry.mark is not None:
                picture.mark(x + 6, y, entry.mark)
            else:
                for step, line in enumerate(entry.lines):
                    level = y + 3 * (2 * step - len(entry.lines) + 1)
                    picture.rule([x, x + _SAMPLE], [level, level], **line)
            picture.write(x + entry.sample, y, entry.words, fontsize=SMALL, va="center_baseline")
            x += entry.sample + measure(entry.words, SMALL) + _GAP
