"""A picture: a matplotlib figure measured in CSS pixels, with a title and a description for those who cannot see it.

matplotlib keeps its settings in one global place and the web server has threads, so everything that touches a figure
happens inside `drawing()`: one lock, matplotlib's own defaults (a user's matplotlibrc does not change a county's
report) and our few settings on top, put back afterwards.
"""

import threading
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from evalplat.reports.theme import FONT_SIZE, INK, LINE, MUTED, PAPER, SMALL, Mark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ft2font import FT2Font

_LOCK = threading.RLock()

BEHIND: dict[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
"""Paper behind a text that lines run past."""

_SETTINGS: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": FONT_SIZE,
    "axes.edgecolor": LINE,
    "axes.labelcolor": INK,
    "axes.linewidth": 1.0,
    "axes.unicode_minus": True,
    "lines.solid_capstyle": "butt",
    "path.simplify": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "evalplat",
    # Names come from people: a dollar sign in one must not start a formula.
    "text.parse_math": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "ytick.color": MUTED,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Hold matplotlib for this thread, with the settings of our figures; put everything back afterwards."""
    from matplotlib import style

    with _LOCK, style.context(["default", _SETTINGS]):
        yield


@dataclass
class Picture:
    """A figure of `width` × `height` CSS pixels; places are counted from the upper left corner, as on a page."""

    width: float
    height: float
    title: str
    language: str
    description: list[str] = field(default_factory=list)
    figure: "Figure" = field(init=False)

    def __post_init__(self) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72, facecolor=PAPER)

    def add_axes(self, left: float, top: float, right: float, bottom: float) -> "Axes":
        """Axes between these edges, without spines and tick marks."""
        axes = self.figure.add_axes(
            (
                left / self.width,
                1 - bottom / self.height,
                (right - left) / self.width,
                (bottom - top) / self.height,
            )
        )
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.patch.set_visible(False)
        axes.tick_params(length=0, pad=6)
        return axes

    def write(self, x: float, y: float, text: str, **style: Any) -> None:
        """Text at a place; its baseline lies on `y` unless `va` says otherwise."""
        style.setdefault("va", "baseline")
        self.figure.text(x / self.width, 1 - y / self.height, printable(text), **style)

    def rule(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """A line through places."""
        from matplotlib.lines import Line2D

        self.figure.add_artist(
            Line2D([x / self.width for x in xs], [1 - y / self.height for y in ys], **style)
        )

    def fill(self, left: float, top: float, right: float, bottom: float, color: str) -> None:
        """A rectangle without an edge, behind everything."""
        from matplotlib.patches import Rectangle

        self.figure.add_artist(
            Rectangle(
                (left / self.width, 1 - bottom / self.height),
                (right - left) / self.width,
                (bottom - top) / self.height,
                facecolor=color,
                edgecolor="none",
                transform=self.figure.transFigure,
                zorder=0,
            )
        )

    def write_lines(
        self, x: float, y: float, lines: Sequence[str], *, leading: float = 16.0, **style: Any
    ) -> None:
        """Lines of text below one another, the first baseline on `y`."""
        for number, line in enumerate(lines):
            self.write(x, y + leading * number, line, **style)

    def mark(self, x: float, y: float, mark: Mark) -> None:
        """One marker at a place, for legends."""
        self.rule([x], [y], linestyle="none", **marker_style(mark))


def marker_style(mark: Mark) -> dict[str, Any]:
    """How matplotlib is told to draw a mark."""
    return {
        "marker": mark.marker,
        "markersize": mark.size,
        "markerfacecolor": mark.fill,
        "markeredgecolor": mark.edge,
        "markeredgewidth": 1.0,
    }


def printable(text: str) -> str:
    """The text with a box in place of every letter that the embedded font does not have."""
    letters = _letters()
    return "".join(c if c == "\n" or ord(c) in letters else "□" for c in text)


def measure(text: str, size: float = FONT_SIZE, weight: str = "normal") -> float:
    """How wide a line of text is, in CSS pixels: the sum of its letters' widths."""
    return size * sum(_advance(letter, weight) for letter in printable(text))


def shorten(text: str, width: float, size: float = FONT_SIZE, weight: str = "normal") -> str:
    """The text cut with an ellipsis so that it is no wider than `width`."""
    if measure(text, size, weight) <= width:
        return text
    fits = bisect(
        range(1, len(text) + 1), width, key=lambda n: measure(f"{text[:n]}…", size, weight)
    )
    return f"{text[:fits].rstrip(' ,;-–')}…"


def wrap(
    text: str,
    width: float,
    size: float = FONT_SIZE,
    *,
    weight: str = "normal",
    most: int | None = None,
) -> list[str]:
    """The text in lines no wider than `width`; with `most`, the last line kept ends in an ellipsis."""
    lines: list[str] = []
    for word in text.replace(" %", "\u00a0%").split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [shorten(line, width, size, weight) for line in lines]


@cache
def _letters() -> frozenset[int]:
    return frozenset(_font("normal").get_charmap())


@cache
def _advance(letter: str, weight: str) -> float:
    """A letter's width at size 1."""
    from matplotlib.ft2font import LoadFlags

    font = _font(weight)
    font.set_size(100, 72)
    glyph = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 100


def _font(weight: str) -> "FT2Font":
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
