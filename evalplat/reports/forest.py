"""A forest: a few estimates with their intervals under one another on one axis, each with its words and figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.reports.funnel import TARGET_LINE
from evalplat.reports.picture import BEHIND, Picture, marker_style, measure, wrap
from evalplat.reports.theme import BLUE, INK, MUTED, NARROW, PAPER, SMALL, TINT, WIDE, Mark
from evalplat.reports.words import signed, span

FILLED = Mark("o", 9.0, BLUE, INK)
HOLLOW = Mark("D", 7.5, PAPER, INK)

_NAMES = 270.0
_FIGURES = 128.0


@dataclass(frozen=True, slots=True)
class ForestRow:
    """One line of a forest; hollow marks what is not an estimate in the usual sense. low, high may be unknown."""

    words: str
    value: float
    low: float | None
    high: float | None
    mark: Mark = FILLED

    def figures(self, language: str, decimals: int) -> str:
        """The estimate with its interval in letters."""
        text = signed(self.value, language, decimals)
        if self.low is None or self.high is None:
            return text
        return f"{text} ({span(self.low, self.high, language, decimals)})"


def build_forest(
    rows: Sequence[ForestRow],
    language: str,
    *,
    title: str,
    heading: str,
    notes: Sequence[str],
    decimals: int,
    narrow: bool = False,
) -> Picture:
    """The rows as a picture with a line at zero; without rows only heading and notes."""
    width = NARROW if narrow else WIDE
    head = wrap(heading, width - 16, weight="bold")
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    figures = max((measure(row.figures(language, decimals), SMALL) for row in rows), default=0.0)
    room = width - 32 - figures if narrow else _NAMES - 12
    names = [wrap(row.words, room, SMALL) for row in rows]
    steps = [16.0 * len(name) + (40 if narrow else 14) for name in names]
    top = 16.0 + 17 * len(head)
    bottom = top + sum(steps) + 8
    notes_top = bottom + 46 if rows else top + 8
    picture = Picture(width, notes_top + 16 * len(lines), title, language)
    picture.description += [
        *(f"{row.words}: {row.figures(language, decimals)}." for row in rows),
        *notes,
    ]
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if rows:
        _plot(picture, rows, names, steps, (top, bottom), decimals)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def _plot(
    picture: Picture,
    rows: Sequence[ForestRow],
    names: Sequence[Sequence[str]],
    steps: Sequence[float],
    edges: tuple[float, float],
    decimals: int,
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    top, bottom = edges
    narrow = picture.width < WIDE
    figures = [row.figures(picture.language, decimals) for row in rows]
    room = max([_FIGURES, *(measure(text, SMALL) for text in figures)])
    left, right = (16.0, picture.width - 16) if narrow else (_NAMES, picture.width - 24 - room)
    axes = picture.add_axes(left, top, right, bottom)
    axes.set_yticks([])
    axes.set_ylim(bottom, top)
    low, high = _range(rows)
    axes.set_xlim(low, high)
    coarse = 0 if high - low >= 8 else decimals
    axes.xaxis.set_major_locator(
        MaxNLocator(4 if narrow else 6, integer=coarse == 0, steps=[1, 2, 5, 10])
    )
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _at: signed(x, picture.language, coarse))
    )
    axes.grid(axis="x", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    axes.axvline(0.0, zorder=1, **TARGET_LINE)
    y = top + 4
    for row, name, step, text in zip(rows, names, steps, figures, strict=True):
        level = y + 16 * len(name) + 18 if narrow else y + step / 2
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [level, level], color=INK, linewidth=1.6, clip_on=False)
        axes.plot(
            [row.value], [level], linestyle="none", zorder=3, clip_on=False,
            **marker_style(row.mark),
        )  # fmt: skip
        first = y + 12 if narrow else level - 8 * (len(name) - 1)
        picture.write_lines(8, first, name, fontsize=SMALL, va="center_baseline", bbox=BEHIND)
        picture.write(
            picture.width - 8, y + 12 if narrow else level, text,
            fontsize=SMALL, va="center_baseline", ha="right", bbox=BEHIND,
        )  # fmt: skip
        y += step


def _range(rows: Sequence[ForestRow]) -> tuple[float, float]:
    values = [0.0]
    for row in rows:
        values += [value for value in (row.value, row.low, row.high) if value is not None]
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room
