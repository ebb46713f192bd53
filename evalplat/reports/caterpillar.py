"""The caterpillar: every provider's cautious (shrunken) estimate with its interval, one line each.

Providers stand in order of their estimates only where the differences are certain enough to be ranked
(rankability at least 0.5); otherwise in order of name, and the picture says so.
"""

from collections.abc import Sequence

from evalplat.language import get_translator
from evalplat.reports.funnel import TARGET_LINE
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend, verdict_entries
from evalplat.reports.picture import BEHIND, Picture, drawing, marker_style, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import INK, MARKS, MUTED, NARROW, SMALL, TINT, WIDE
from evalplat.reports.words import (
    choose_decimals,
    hidden_note,
    is_rankable,
    order_note,
    scale_title,
    shown,
    signed,
    span,
    tidy,
    turned_note,
)
from evalplat.statistics.results import Improvement, ProviderComparison

_NAMES = 200.0
_FIGURES = 64.0


def draw_caterpillar(
    comparison: ProviderComparison, language: str, *, title: str = "", narrow: bool = False
) -> bytes:
    """The caterpillar plot as SVG; `title` names the scale, `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_caterpillar(comparison, language, title=title, narrow=narrow))


def build_caterpillar(
    comparison: ProviderComparison,
    language: str,
    *,
    title: str = "",
    narrow: bool = False,
    part: Sequence[Improvement] | None = None,
) -> Picture:
    """The caterpillar plot as a picture, for a page or a paper. Withheld providers are counted, never drawn.

    part: only these of the `ordered` providers, on the axis of all, for papers that need several pages.
    """
    _ = get_translator(language)
    everyone = ordered(comparison)
    rows = everyone if part is None else part
    width = NARROW if narrow else WIDE
    step = 38.0 if narrow else 23.0
    heading = _("Cautious estimate of improvement, in scale points (higher is better)")
    head = wrap(heading, width - 16, weight="bold")
    notes = _notes(comparison, len(everyone), language)
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    legend = arrange(_entries(comparison, rows, language), width - 16)
    top = 14.0 + 17 * len(head)
    bottom = top + step * len(rows) + 12
    legend_top = bottom + 42
    notes_top = legend_top + ROW * len(legend) + 8 if rows else top + 12
    picture = Picture(width, notes_top + 16 * len(lines), "", language)
    picture.title = _("Providers' cautious estimates: %(scale)s") % {
        "scale": tidy(title) or scale_title(comparison)
    }
    picture.description += _describe(comparison, rows, notes, language)
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if rows:
        left = 16.0 if narrow else 8 + _NAMES + 12
        _plot(picture, comparison, rows, (left, top, width - 12 - _FIGURES, bottom), step)
        draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def ordered(comparison: ProviderComparison) -> list[Improvement]:
    """The providers to draw: best estimate first where ranking is fair, else in the comparison's own order."""
    rows = [row for row in shown(comparison) if row.shrunken is not None]
    if is_rankable(comparison):
        rows.sort(key=lambda row: (-(row.shrunken or 0.0), row.provider))
    return rows


def _entries(
    comparison: ProviderComparison, rows: Sequence[Improvement], language: str
) -> list[Entry]:
    _ = get_translator(language)
    entries = verdict_entries([row.verdict for row in rows], language)
    if rows:
        entries.append(Entry(_("interval (95%)"), lines=({"color": INK, "linewidth": 1.4},)))
    if comparison.target is not None:
        entries.append(Entry(_("average of all clients"), lines=(TARGET_LINE,)))
    return entries


def _notes(comparison: ProviderComparison, drawn: int, language: str) -> list[str]:
    _ = get_translator(language)
    if not drawn:
        notes = [_("No provider has enough clients with both measurements to be drawn.")]
    else:
        notes = [
            _(
                "A cautious estimate draws a provider with few clients towards the average of all,"
                " because its own figure is mostly chance."
            ),
            order_note(comparison, language),
        ]
    notes += [turned_note(comparison, language), hidden_note(comparison, drawn, language)]
    return [note for note in notes if note]


def _plot(
    picture: Picture,
    comparison: ProviderComparison,
    rows: Sequence[Improvement],
    edges: tuple[float, float, float, float],
    step: float,
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    left, top, right, bottom = edges
    narrow = picture.width < WIDE
    decimals = choose_decimals(comparison)
    axes = picture.add_axes(left, top, right, bottom)
    axes.set_yticks([])
    axes.set_ylim(bottom, top)  # rows are placed in pixels from the top
    low, high = _range(comparison)
    axes.set_xlim(low, high)
    coarse = 0 if high - low >= 8 else decimals
    axes.xaxis.set_major_locator(MaxNLocator(4 if narrow else 7, integer=coarse == 0))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _at: signed(x, picture.language, coarse))
    )
    axes.grid(axis="x", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    if comparison.target_improvement is not None:
        axes.axvline(comparison.target_improvement, zorder=1, **TARGET_LINE)
    for number, row in enumerate(rows):
        y = top + step * (number + 0.5) + 4
        level = y + 9 if narrow else y
        if row.shrunken_low is not None and row.shrunken_high is not None:
            axes.plot(
                [row.shrunken_low, row.shrunken_high], [level, level], color=INK, linewidth=1.4,
                clip_on=False,
            )  # fmt: skip
        axes.plot(
            [row.shrunken or 0.0], [level], linestyle="none", zorder=3, clip_on=False,
            **marker_style(MARKS[row.verdict]),
        )  # fmt: skip
        size = right - 8 if narrow else _NAMES
        name = shorten(tidy(row.provider), size, SMALL)
        picture.write(
            8, y - 8 if narrow else y, name, fontsize=SMALL, va="center_baseline", bbox=BEHIND
        )
        picture.write(
            picture.width - 12, level, signed(row.shrunken, picture.language, decimals),
            fontsize=SMALL, va="center_baseline", ha="right",
        )  # fmt: skip
        if not narrow and number:
            edge = y - step / 2
            picture.rule([8, picture.width - 12], [edge, edge], color=TINT, linewidth=1, zorder=-1)


def _range(comparison: ProviderComparison) -> tuple[float, float]:
    values = [
        value
        for row in ordered(comparison)
        for value in (row.shrunken, row.shrunken_low, row.shrunken_high)
        if value is not None
    ]
    if comparison.target_improvement is not None:
        values.append(comparison.target_improvement)
    low, high = min(values, default=-1.0), max(values, default=1.0)
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _describe(
    comparison: ProviderComparison,
    rows: Sequence[Improvement],
    notes: Sequence[str],
    language: str,
) -> list[str]:
    """What the picture says, provider by provider, for those who do not see it."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    words = []
    if comparison.target is not None:
        average = signed(comparison.target_improvement, language, decimals)
        words.append(_("The average of all clients is %(average)s points.") % {"average": average})
    for row in rows:
        interval = span(row.shrunken_low, row.shrunken_high, language, decimals)
        estimate = signed(row.shrunken, language, decimals)
        words.append(f"{tidy(row.provider)}: {estimate} ({interval}).")
    return [*words, *notes]
