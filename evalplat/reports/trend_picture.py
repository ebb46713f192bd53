"""The picture of a trend: a series' quarters with their intervals, and the moving average between its limits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalplat.language import get_translator
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.picture import Picture, drawing, marker_style, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BLUE, BRAND, INK, MUTED, NARROW, PAPER, SMALL, TINT, WIDE, Mark
from evalplat.reports.trend_tables import choose_trend_decimals, quarter_word, signal_word
from evalplat.reports.words import signed, span, tidy
from evalplat.statistics.over_time.ewma import Signal
from evalplat.statistics.over_time.trend_results import Series, Trend, TrendPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUARTER = Mark("o", 6.0, PAPER, INK)
BEYOND = Mark("D", 8.0, BLUE, INK)
AVERAGE: dict[str, Any] = {"color": BRAND, "linewidth": 2.2}
TARGET: dict[str, Any] = {"color": MUTED, "linewidth": 1.2, "linestyle": (0, (1, 2))}
LIMIT: dict[str, Any] = {"color": BRAND, "linewidth": 1.0, "linestyle": (0, (4, 3))}


def draw_trend(
    trend: Trend, series: Series, language: str, *, title: str = "", narrow: bool = False
) -> bytes:
    """One series of a trend as SVG; `title` names the scale, `narrow` is the layout for a phone or for many at once."""
    with drawing():
        return write_svg(build_trend(trend, series, language, title=title, narrow=narrow))


def build_trend(
    trend: Trend, series: Series, language: str, *, title: str = "", narrow: bool = False
) -> Picture:
    """One series as a picture; without a single figure only heading and note."""
    _ = get_translator(language)
    width = NARROW if narrow else WIDE
    name = _("The county") if series is trend.county else tidy(series.provider)
    known = [point for point in series.points if point.improvement is not None]
    head = wrap(_("%(name)s: improvement by quarter (higher is better)") % {"name": name},
                width - 16, weight="bold")  # fmt: skip
    notes = [] if known else [_("No quarter has enough clients to be drawn.")]
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    explained = known and (series is trend.county or not narrow)
    legend = arrange(_entries(trend, series, language), width - 16) if explained else []
    top = 18.0 + 17 * len(head)
    bottom = top + (150 if narrow else 250)
    legend_top = bottom + 48
    notes_top = (legend_top + ROW * len(legend) + 4) if known else top + 8
    height = notes_top + 16 * len(lines) if lines or legend else bottom + 36
    picture = Picture(width, height, "", language)
    picture.title = _("Trend: %(name)s, %(scale)s") % {
        "name": name,
        "scale": tidy(title) or f"{trend.instrument}/{trend.scale}",
    }
    picture.description += _describe(trend, series, known, language)
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if known:
        _plot(picture, trend, series, (48.0, top, width - 14, bottom))
        draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def _entries(trend: Trend, series: Series, language: str) -> list[Entry]:
    _ = get_translator(language)
    entries = [
        Entry(_("a quarter, with its interval (95%)"), QUARTER),
        Entry(_("moving average"), lines=(AVERAGE,)),
        Entry(_("its limits"), lines=(LIMIT,)),
        Entry(_("average of all clients"), lines=(TARGET,)),
    ]
    # The county's legend also explains the small pictures of providers below it.
    drawn = trend.providers if series is trend.county else ()
    if any(one.signals for one in (series, *drawn)):
        entries.append(Entry(_("worth a look"), BEYOND))
    return entries


def _plot(
    picture: Picture, trend: Trend, series: Series, edges: tuple[float, float, float, float]
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes = picture.add_axes(*edges)
    points = series.points
    low, high = _range(trend, series)
    axes.set_ylim(low, high)
    axes.set_xlim(-0.5, len(points) - 0.5)
    digits = 0 if high - low >= 8 else choose_trend_decimals(trend)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=digits == 0))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _at: signed(y, picture.language, digits))
    )
    axes.grid(axis="y", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    axes.tick_params(axis="x", pad=10)
    room = 4 if picture.width < WIDE else 9
    step = max(1, -(-len(points) // room))
    places = list(range(len(points)))[::step]
    axes.set_xticks(places, [quarter_word(points[at].quarter, picture.language) for at in places])
    if trend.target is not None:
        axes.axhline(trend.target, zorder=1, **TARGET)
    for name, style in (("average", AVERAGE), ("average_low", LIMIT), ("average_high", LIMIT)):
        known = [(at, point) for at, point in enumerate(points) if point.improvement is not None]
        line = [(at, getattr(point, name)) for at, point in known]
        run = [(at, value) for at, value in line if value is not None]
        axes.plot([at for at, _value in run], [value for _at, value in run], zorder=3, **style)
    for place, point in enumerate(points):
        if point.improvement is None:
            continue
        if point.low is not None and point.high is not None:
            axes.plot([place, place], [point.low, point.high], color=MUTED, linewidth=1.2, zorder=2)
        _mark(axes, place, point.improvement, QUARTER)
        if point.signal is not Signal.NONE and point.average is not None:
            _mark(axes, place, point.average, BEYOND)


def _mark(axes: "Axes", x: float, y: float, mark: Mark) -> None:
    axes.plot([x], [y], linestyle="none", zorder=4, clip_on=False, **marker_style(mark))


def _range(trend: Trend, series: Series) -> tuple[float, float]:
    """One axis for all providers, so that pictures beside each other can be compared; the county has its own."""
    values = [] if trend.target is None else [trend.target]
    for one in [trend.county] if series is trend.county else trend.providers:
        for point in one.points:
            if point.improvement is not None:
                ends = (point.low, point.high, point.improvement, point.average)
                values += [value for value in ends if value is not None]
    low, high = min(values, default=-1.0), max(values, default=1.0)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _describe(
    trend: Trend, series: Series, known: Sequence[TrendPoint], language: str
) -> list[str]:
    """What the picture says, quarter by quarter, for those who do not see it."""
    _ = get_translator(language)
    digits = choose_trend_decimals(trend)
    words = []
    if trend.target is not None:
        words.append(
            _("The average of all clients is %(average)s points.")
            % {"average": signed(trend.target, language, digits)}
        )
    for point in known:
        figure = signed(point.improvement, language, digits)
        interval = span(point.low, point.high, language, digits)
        note = signal_word(point.signal, language)
        text = f"{quarter_word(point.quarter, language)}: {figure} ({interval})"
        words.append(f"{text}, {note}." if note else f"{text}.")
    if not known:
        words.append(_("No quarter has enough clients to be drawn."))
    return words
