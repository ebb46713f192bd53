"""The picture of value for money: providers by adjusted improvement and by what their clients cost.

Right is more improvement, down is fewer euros. The dashed line is today's average price of a point: on it a provider's
improvement costs as much as everywhere; to its right it costs less.
"""

from collections.abc import Sequence
from math import hypot
from typing import TYPE_CHECKING, Any

from evalplat.language import get_translator, write_number
from evalplat.reports.labels import place_labels
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.picture import BEHIND, Picture, drawing, marker_style, measure, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BRAND, INK, MUTED, NARROW, SKY, SMALL, TINT, WIDE, Mark
from evalplat.reports.value_tables import find_price, ratio_words
from evalplat.reports.words import choose_decimals, signed, tidy
from evalplat.statistics.money.costs import PER_POINT, ValueRow
from evalplat.statistics.money.value import ValueAnalysis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROVIDER = Mark("o", 8.0, SKY, INK)
PRICE: dict[str, Any] = {"color": BRAND, "linewidth": 1.4, "linestyle": (0, (5, 3))}
AVERAGE: dict[str, Any] = {"color": MUTED, "linewidth": 1.2, "linestyle": (0, (1, 2))}


def draw_value(
    analysis: ValueAnalysis, language: str, *, title: str = "", narrow: bool = False
) -> bytes:
    """Costs against improvement as SVG; `title` names the scale, `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_value(analysis, language, title=title, narrow=narrow))


def build_value(
    analysis: ValueAnalysis, language: str, *, title: str = "", narrow: bool = False
) -> Picture:
    """Costs against improvement as a picture. Withheld providers are not drawn."""
    _ = get_translator(language)
    width = NARROW if narrow else WIDE
    rows = [row for row in analysis.costs.rows if _spot(row) is not None]
    head = wrap(_("Euros per client, adjusted (the lower, the cheaper)"), width - 16, weight="bold")
    notes = []
    if not rows:
        notes.append(_("No provider has enough clients with both measurements to be drawn."))
    hidden = len(analysis.costs.rows) - len(rows)
    if hidden:
        count = write_number(hidden, language, 0)
        notes.append(
            _("Providers not shown, because they have too few clients: %(count)s.")
            % {"count": count}
        )
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    legend = arrange(_entries(analysis, language), width - 16) if rows else []
    top = 18.0 + 17 * len(head)
    bottom = top + (260 if narrow else 340)
    legend_top = bottom + 62
    notes_top = legend_top + ROW * len(legend) + 8 if rows else top + 8
    picture = Picture(width, notes_top + 16 * len(lines), "", language)
    picture.title = _("Value for money: %(scale)s") % {
        "scale": tidy(title) or f"{analysis.costs.instrument}/{analysis.costs.scale}"
    }
    picture.description += [*_describe(analysis, rows, language), *notes]
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if rows:
        axes = picture.add_axes(60, top, width - 16, bottom)
        _plot(axes, analysis, rows, language)
        axes.set_xlabel(_("Adjusted improvement in scale points"), fontsize=SMALL, labelpad=8)
        _label(picture, axes, rows)
        draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def _spot(row: ValueRow) -> tuple[float, float] | None:
    """Where a provider lies: adjusted improvement, adjusted euros per client."""
    if row.euros is None or row.euros.adjusted is None or row.improvement is None:
        return None
    return row.improvement, row.euros.adjusted


def _entries(analysis: ValueAnalysis, language: str) -> list[Entry]:
    _ = get_translator(language)
    entries = [
        Entry(_("a provider"), PROVIDER),
        Entry(_("average of all clients"), lines=(AVERAGE,)),
    ]
    if find_price(analysis) is not None:
        entries.append(Entry(_("today's average price of a point"), lines=(PRICE,)))
    return entries


def _plot(axes: "Axes", analysis: ValueAnalysis, rows: Sequence[ValueRow], language: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    spots = [spot for row in rows if (spot := _spot(row)) is not None]
    whole = _spot(analysis.costs.total)
    both = [*spots, *([whole] if whole else [])]
    for set_limits, place in ((axes.set_xlim, 0), (axes.set_ylim, 1)):
        values = [spot[place] for spot in both]
        room = 0.12 * (max(values) - min(values)) or 0.1 * abs(values[0]) or 1.0
        set_limits(min(values) - room, max(values) + room)
    axes.grid(color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    digits = choose_decimals(analysis.improvement)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _at: signed(x, language, digits)))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _at: write_number(y, language, 0)))
    if whole:
        axes.axvline(whole[0], zorder=1, **AVERAGE)
        axes.axhline(whole[1], zorder=1, **AVERAGE)
    price = find_price(analysis)
    if price is not None:
        ends = axes.get_xlim()
        frame = axes.get_ylim()
        axes.plot(ends, [price * end for end in ends], zorder=2, **PRICE)
        axes.set_ylim(*frame)
        axes.set_xlim(*ends)
    for spot in spots:
        axes.plot(
            [spot[0]], [spot[1]], linestyle="none", zorder=3, clip_on=False,
            **marker_style(PROVIDER),
        )  # fmt: skip


def _label(picture: Picture, axes: "Axes", rows: Sequence[ValueRow]) -> None:
    """Names beside the points where there is room; the table names every provider."""
    narrow = picture.width < WIDE
    known = [(row, spot) for row in rows if (spot := _spot(row)) is not None]
    points = [axes.transData.transform(spot).tolist() for _row, spot in known]
    room = picture.width * (0.4 if narrow else 0.25)
    named = _farthest([spot for _row, spot in known], most=7) if narrow else range(len(known))
    names = [shorten(tidy(known[at][0].provider), room, SMALL) for at in named]
    wanted = [
        (points[at][0], points[at][1], measure(name, SMALL))
        for at, name in zip(named, names, strict=True)
    ]
    box = axes.get_window_extent()
    frame = (box.x0, box.y0 + 4, box.x1 + 8, box.y1)
    for name, place in zip(names, place_labels(wanted, points, frame), strict=True):
        if place is not None:
            picture.write(
                place.x, picture.height - place.y, name, fontsize=SMALL, va="center_baseline",
                bbox=BEHIND,
            )  # fmt: skip


def _farthest(spots: Sequence[tuple[float, float]], most: int) -> list[int]:
    """The places in the list of those farthest from the middle, each way counted in its own spread."""
    ways = list(zip(*spots, strict=True))
    middle = [(max(way) + min(way)) / 2 for way in ways]
    spread = [max(way) - min(way) or 1.0 for way in ways]

    def distance(at: int) -> float:
        return hypot(*((v - m) / s for v, m, s in zip(spots[at], middle, spread, strict=True)))

    return sorted(range(len(spots)), key=distance, reverse=True)[:most]


def _describe(analysis: ValueAnalysis, rows: Sequence[ValueRow], language: str) -> list[str]:
    """What the picture says, provider by provider, for those who do not see it."""
    _ = get_translator(language)
    digits = choose_decimals(analysis.improvement)
    words = [
        _(
            "Each point is a provider: to the right, more improvement; upwards, more euros per client."
        )
    ]
    template = _(
        "%(name)s: improvement %(improvement)s, euros per client %(euros)s, euros per point %(price)s."
    )
    for row in rows:
        words.append(
            template
            % {
                "name": tidy(row.provider),
                "improvement": signed(row.improvement, language, digits),
                "euros": write_number(row.euros.adjusted if row.euros else None, language, 0),
                "price": ratio_words(row.euros, PER_POINT, language),
            }
        )
    return words
