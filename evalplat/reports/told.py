"""A report as it is told, before it is written: frozen words, figures, tables and pictures from top to bottom.

One story becomes paper, page and workbook, so that no two of them can disagree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evalplat.reports.picture import Picture
from evalplat.reports.tables import Table

KINDS = ("pdf", "html", "xlsx")
"""What a report can be written as."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; `quiet` for what explains rather than tells."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """Figures side by side, each with what it is."""

    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. widths: its columns' shares of a paper's width; none: names get twice the room of figures."""

    table: Table
    widths: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, drawn when the report is written: a figure of matplotlib is not frozen, what it shows is."""

    build: Callable[[], Picture]


Block = Prose | KeyFigures | Grid | Drawn


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it. level: 1, or 2 for a part of the one before. whole: on one page of paper."""

    heading: str
    blocks: tuple[Block, ...]
    level: int = 1
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report. lines: what it is about, under its title. lead: what stands before its first part. foot: its origin."""

    title: str
    lines: tuple[str, ...]
    language: str
    county: str
    foot: str
    lead: tuple[Block, ...]
    parts: tuple[Part, ...]

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Every table with the heading it stands under, in order."""
        for part in self.parts:
            for block in part.blocks:
                if isinstance(block, Grid):
                    yield part.heading, block.table


def pairs_table(caption: str, left: str, right: str, pairs: list[tuple[str, str]]) -> Table:
    """A table of names and values."""
    return Table(caption, (left, right), (False, False), tuple(pairs), (), ())
