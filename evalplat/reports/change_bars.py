"""Stacked bars of reliable change: how many improved, showed no certain change or got worse, provider by provider."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.language import get_translator
from evalplat.reports.outcome_words import category_word, percent, status_word
from evalplat.reports.picture import Picture, drawing, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BLUE, INK, LINE, MUTED, NARROW, ORANGE, PAPER, SMALL, TINT, WIDE
from evalplat.reports.words import tidy
from evalplat.statistics.shares.change_shares import ChangeShareRow, ChangeShares

IMPROVED, WORSE, SAME, UNTOLD = BLUE, ORANGE, LINE, TINT
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
    legend = 8.0 + 17 * len(head)
    top = legend + (58 if narrow else 26)
    foot = top + step * len(bars) + 16
    picture = Picture(width, foot + 16 * len(lines), _("Clients by reliable change"), language)
    picture.description += [*(f"{bar.name}: {bar.words}." for bar in bars), *notes]
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if bars:
        _draw_legend(picture, legend + 8, language, narrow=narrow)
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
    notes = []
    if hidden:
        notes.append(
            _("Providers not shown, because they have too few clients: %(count)s.")
            % {"count": hidden}
        )
    return notes


def _draw_legend(picture: Picture, y: float, language: str, *, narrow: bool) -> None:
    _ = get_translator(language)
    entries = [
        (IMPROVED, category_word("improved", language)),
        (SAME, category_word("unchanged", language)),
        (WORSE, category_word("deteriorated", language)),
        (UNTOLD, _("not told apart, few clients")),
    ]
    step = (picture.width - 16) / (2 if narrow else 4)
    for place, (color, words) in enumerate(entries):
        column, line = (place % 2, place // 2) if narrow else (place, 0)
        x, level = 8 + step * column, y + 22 * line
        _fill(picture, x, level - 9, x + 12, level + 3, color)
        picture.write(x + 18, level + 1, shorten(words, step - 24, SMALL), fontsize=SMALL)


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
    """A part of a bar, with a thin gap to the next so that parts are told apart without colour."""
    picture.fill(left, top, right, bottom, color)
    picture.rule([right, right], [top, bottom], color=PAPER, linewidth=1.2)
