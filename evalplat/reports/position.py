"""One provider's own position: its improvement with its interval, and what the county lets expect at its size.

No other provider is drawn, so the picture can be given to the provider.
"""

from evalplat.language import get_translator
from evalplat.reports.funnel import TARGET_LINE
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend, verdict_entries
from evalplat.reports.picture import Picture, drawing, marker_style, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.tables import position_word
from evalplat.reports.theme import INK, MARKS, NARROW, TINT, WIDE
from evalplat.reports.words import (
    choose_decimals,
    find_provider,
    scale_title,
    signed,
    span,
    tidy,
)
from evalplat.statistics.results import Improvement, ProviderComparison

_BAND95 = "#A9CDE0"
_BAND998 = TINT


def draw_position(
    comparison: ProviderComparison,
    provider: str,
    language: str,
    *,
    title: str = "",
    narrow: bool = False,
) -> bytes:
    """One provider's position as SVG. Raises NotFound when the comparison does not hold the provider."""
    with drawing():
        return write_svg(build_position(comparison, provider, language, title=title, narrow=narrow))


def build_position(
    comparison: ProviderComparison,
    provider: str,
    language: str,
    *,
    title: str = "",
    narrow: bool = False,
) -> Picture:
    """One provider's position as a picture, for a page or a paper."""
    _ = get_translator(language)
    row = find_provider(comparison, provider)
    width = NARROW if narrow else WIDE
    head = wrap(_("Improvement, in scale points (higher is better)"), width - 16, weight="bold")
    top = 16.0 + 17 * len(head)
    bottom = top + 84
    legend = arrange(_entries(comparison, row, language), width - 16)
    picture = Picture(width, bottom + 44 + ROW * len(legend), "", language)
    picture.title = _("Own position: %(scale)s") % {"scale": tidy(title) or scale_title(comparison)}
    picture.description += _describe(comparison, row, language)
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    _plot(picture, comparison, row, (16.0, top, width - 16, bottom))
    draw_legend(picture, legend, 8, bottom + 44)
    return picture


def _is_drawn(row: Improvement) -> bool:
    return not row.withheld and row.improvement is not None


def _entries(comparison: ProviderComparison, row: Improvement, language: str) -> list[Entry]:
    _ = get_translator(language)
    entries = []
    if _is_drawn(row):
        entries += verdict_entries([row.verdict], language)
        entries.append(Entry(_("interval (95%)"), lines=({"color": INK, "linewidth": 2.2},)))
    if comparison.target is not None:
        entries.append(Entry(_("average of all clients"), lines=(TARGET_LINE,)))
    if row.limits95 and row.limits998:
        entries += [
            Entry(_("expected range (95%)"), lines=({"color": _BAND95, "linewidth": 12.0},)),
            Entry(_("expected range (99.8%)"), lines=({"color": _BAND998, "linewidth": 12.0},)),
        ]
    return entries


def _plot(
    picture: Picture,
    comparison: ProviderComparison,
    row: Improvement,
    edges: tuple[float, float, float, float],
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes = picture.add_axes(*edges)
    axes.set_yticks([])
    axes.set_ylim(0, 1)
    target = comparison.target_improvement
    values = [target, row.improvement, row.low, row.high, *(row.limits998 or ())]
    known = [value for value in values if value is not None] or [0.0]
    room = 0.08 * (max(known) - min(known)) or 1.0
    axes.set_xlim(min(known) - room, max(known) + room)
    decimals = 0 if max(known) - min(known) >= 8 else choose_decimals(comparison)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=decimals == 0))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _at: signed(x, picture.language, decimals))
    )
    axes.spines["bottom"].set_visible(True)
    for limits, color in ((row.limits998, _BAND998), (row.limits95, _BAND95)):
        if limits:
            axes.axvspan(*limits, ymin=0.12, ymax=0.88, color=color, lw=0, zorder=0.5)
    if target is not None:
        axes.axvline(target, zorder=1, **TARGET_LINE)
    if not _is_drawn(row):
        return
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [0.5, 0.5], color=INK, linewidth=2.2)
    style = marker_style(MARKS[row.verdict])
    axes.plot(
        [row.improvement or 0.0], [0.5], linestyle="none", zorder=3,
        **style | {"markersize": style["markersize"] + 3},
    )  # fmt: skip
    axes.annotate(
        signed(row.improvement, picture.language, choose_decimals(comparison)),
        (row.improvement, 0.5), (0, 11), textcoords="offset points", ha="center", fontweight="bold",
    )  # fmt: skip


def _describe(comparison: ProviderComparison, row: Improvement, language: str) -> list[str]:
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    words = [f"{position_word(row, language)[:1].upper()}{position_word(row, language)[1:]}."]
    if _is_drawn(row):
        values = {
            "value": signed(row.improvement, language, decimals),
            "interval": span(row.low, row.high, language, decimals),
        }
        words.append(_("Own improvement: %(value)s (interval %(interval)s).") % values)
    if comparison.target is not None:
        average = signed(comparison.target_improvement, language, decimals)
        words.append(_("The average of all clients is %(average)s points.") % {"average": average})
    if row.limits95:
        limits = span(*row.limits95, language, decimals)
        words.append(
            _("Expected range (95%%) at this number of clients: %(range)s.") % {"range": limits}
        )
    return words
