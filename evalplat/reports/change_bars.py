"""Stacked bars of reliable change: how many improved, showed no certain change or got worse, provider by provider."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.language import get_translator
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.outcome_words import category_word, percent, status_word
from evalplat.reports.picture import Picture, drawing, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BLUE, INK, MUTED, NARROW, ORANGE, PAPER, SMALL, WIDE, Mark
from evalplat.reports.words import tidy
from evalplat.statistics.shares.change_shares import ChangeShareRow, ChangeShares

GREY = "#8796A2"
IMPROVED, WORSE, SAME, UNTOLD = BLUE, ORANGE, GREY, PAPER
_NAMES = 190.0
_STEP, _BAR = 30.0, 16.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One provider's bar: its parts from left to right as (share, colour), and what stands beside it."""

    name: str
    parts: tuple[tuple[float, str], ...]
    text: str
    words: str


def draw_change_bars(shares: ChangeShares, language: str, *, narrow: bool = False) -> bytes:
    """The bars as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_change_bars(shares, language, narrow=narrow))


def build_change_bars(shares: ChangeShares, language: str, *, narrow: bool = False) -> Picture:
    """The bars of all providers whose share of improved clients is shown, and of all together."""
    _ = get_translator(language)
    bars = _list_bars(shares, language)
    width = NARROW if narrow else WIDE
    head = wrap(_("Clients by reliable change"), width - 16, weight="bold")
    notes = _list_notes(shares, bars, language)
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    step = _STEP + (16 if narrow else 0)
    legend = arrange(_entries(bars, language), width - 16)
    legend_top = 16.0 + 17 * len(head)
    top = legend_top + ROW * len(legend) - 6
    foot = top + step * len(bars) + 16
    picture = Picture(width, foot + 16 * len(lines), _("Clients by reliable change"), language)
    picture.description += [*(f"{bar.name}: {bar.words}." for bar in bars), *notes]
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    draw_legend(picture, legend, 8, legend_top)
    for place, bar in enumerate(bars):
        _draw_bar(picture, top + step * place, bar, narrow=narrow)
    picture.write_lines(8, foot, lines, fontsize=SMALL, color=MUTED)
    return picture


def _list_bars(shares: ChangeShares, language: str) -> list[Bar]:
    _ = get_translator(language)
    rows = [(tidy(row.provider), row) for row in shares.rows]
    found = [_make_bar(name, row, language) for name, row in rows]
    found.append(_make_bar(_("All together"), shares.total, language))
    bars = [bar for bar in found if bar is not None]
    return bars if len(bars) > 1 or not shares.rows else bars[:1]


def _make_bar(name: str, row: ChangeShareRow, language: str) -> Bar | None:
    better, same, worse = (row.share(key) for key in ("improved", "unchanged", "deteriorated"))
    if better.share is None:
        return None
    parts = [(better.share, IMPROVED)]
    if same.share is not None and worse.share is not None:
        # Each is rounded by itself; the bar shows them in proportion.
        total = better.share + same.share + worse.share
        parts = [
            (better.share / total, IMPROVED),
            (same.share / total, SAME),
            (worse.share / total, WORSE),
        ]
    else:
        parts.append((1 - better.share, UNTOLD))
    words = ", ".join(
        f"{category_word(share.key, language).lower()} "
        + (
            percent(share.share, language)
            if share.share is not None
            else status_word(share.status, language)
        )
        for share in (better, same, worse)
    )
    return Bar(name, tuple(parts), percent(better.share, language), words)


def _list_notes(shares: ChangeShares, bars: Sequence[Bar], language: str) -> list[str]:
    _ = get_translator(language)
    if not bars:
        return [_("Too few clients were measured twice to draw anything.")]
    shown = sum(row.share("improved").share is not None for row in shares.rows)
    hidden = len(shares.rows) - shown
    notes = [_("At the right end: the share that improved.")]
    if hidden:
        notes.append(
            _("Providers not shown, because they have too few clients: %(count)s.")
            % {"count": hidden}
        )
    return notes


def _entries(bars: Sequence[Bar], language: str) -> list[Entry]:
    """What the colours mean that occur."""
    _ = get_translator(language)
    words = {
        IMPROVED: category_word("improved", language),
        SAME: category_word("unchanged", language),
        WORSE: category_word("deteriorated", language),
        UNTOLD: _("not told apart, few clients"),
    }
    drawn = {color for bar in bars for _share, color in bar.parts}
    return [
        Entry(text, Mark("s", 11.0, color, GREY if color == UNTOLD else color))
        for color, text in words.items()
        if color in drawn
    ]


def _draw_bar(picture: Picture, y: float, bar: Bar, *, narrow: bool) -> None:
    left, right = (8.0, picture.width - 60) if narrow else (_NAMES, picture.width - 60)
    top = y + (20 if narrow else (_STEP - _BAR) / 2)
    name = shorten(bar.name, (right if narrow else _NAMES) - 16, SMALL)
    level = y + 14 if narrow else y + _STEP / 2 + 4
    picture.write(8, level, name, fontsize=SMALL)
    x = left
    for share, color in bar.parts:
        end = x + share * (right - left)
        _fill(picture, x, top, end, top + _BAR, color)
        x = end
    picture.write(
        picture.width - 8, top + _BAR - 4, bar.text, fontsize=SMALL, color=INK, ha="right"
    )


def _fill(
    picture: Picture, left: float, top: float, right: float, bottom: float, color: str
) -> None:
    """A part of a bar, with a thin gap to the next so that parts are told apart without colour; outlined if empty."""
    picture.fill(left, top, right, bottom, color)
    if color == UNTOLD:
        xs, ys = [left, right, right, left], [top, top, bottom, bottom]
        picture.rule(xs, ys, color=GREY, linewidth=1.0)
    else:
        picture.rule([right, right], [top, bottom], color=PAPER, linewidth=1.2)
