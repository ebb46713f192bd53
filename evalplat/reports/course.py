"""One client's course on one scale: the scores at their dates, the scale's whole range, and what may be chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from evalplat.language import get_translator, write_date, write_number
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.picture import Picture, drawing, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BLUE, LINE, MUTED, NARROW, PAPER, SMALL
from evalplat.reports.words import direction_word, point_word, tidy
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 560.0
_BAND = "#D8E9F3"
BAND_LINE = {"color": _BAND, "linewidth": 12.0}


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """A score at one measurement point. `value` is None where it was not measured or could not be scored."""

    point: str
    measured_on: date | None
    value: float | None


@dataclass(frozen=True, slots=True)
class CourseSeries:
    """One client's scores on one scale, in order of time.

    minimum, maximum: the scale's possible range, None where it has no end. reliable_change: how many points two
    scores must differ (1.96 × standard error of a difference) before the change is more than measurement error;
    None where it is not known.
    """

    title: str
    points: tuple[CoursePoint, ...]
    direction: Direction | None = None
    minimum: float | None = None
    maximum: float | None = None
    reliable_change: float | None = None
    decimals: int = 1


def draw_course(series: CourseSeries, language: str, *, narrow: bool = False) -> bytes:
    """A client's course as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_course(series, language, narrow=narrow))


def build_course(series: CourseSeries, language: str, *, narrow: bool = False) -> Picture:
    """A client's course as a picture, for a page or a paper."""
    _ = get_translator(language)
    width = NARROW if narrow else _WIDTH
    title = tidy(series.title)
    head = wrap(title, width - 16, weight="bold", most=3)
    direction = direction_word(series.direction, language)
    if direction:
        head.append(direction[0].upper() + direction[1:])
    notes = [line for note in _notes(series, language) for line in wrap(note, width - 16, SMALL)]
    legend = arrange(_entries(series, language), width - 16)
    top = 22.0 + 17 * len(head)
    bottom = top + 200
    legend_top = bottom + 58
    notes_top = legend_top + ROW * len(legend) + (8 if legend else 0)
    picture = Picture(width, notes_top + 16 * len(notes), title, language)
    picture.description += _describe(series, language)
    picture.write_lines(8, 18, head[: len(head) - bool(direction)], leading=17, fontweight="bold")
    if direction:
        picture.write(8, 18 + 17 * (len(head) - 1), head[-1], fontsize=SMALL, color=MUTED)
    axes = picture.add_axes(48, top, width - 16, bottom)
    _plot(axes, series, language, width - 64)
    draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, notes, fontsize=SMALL, color=MUTED)
    return picture


def _measured(series: CourseSeries) -> list[CoursePoint]:
    return [point for point in series.points if point.value is not None]


def _entries(series: CourseSeries, language: str) -> list[Entry]:
    _ = get_translator(language)
    if not _has_band(series):
        return []
    words = _("within ±%(points)s points of the first score a change may be measurement error")
    points = write_number(series.reliable_change, language, series.decimals)
    return [Entry(words % {"points": points}, lines=(BAND_LINE,))]


def _has_band(series: CourseSeries) -> bool:
    return (
        bool(series.reliable_change) and bool(series.points) and series.points[0].value is not None
    )


def _notes(series: CourseSeries, language: str) -> list[str]:
    _ = get_translator(language)
    measured = _measured(series)
    if not measured:
        return [_("There is no score on this scale yet.")]
    if len(measured) < 2:
        return [_("One score only: a change shows after the next measurement.")]
    if series.reliable_change is None:
        return [
            _("It is not known how large a change on this scale must be to be more than chance.")
        ]
    return []


def _places(points: Sequence[CoursePoint], width: float) -> list[float]:
    """Where the points stand from 0 to 1: by their dates, or evenly where a date is missing or two are close."""
    even = [(i + 0.5) / len(points) for i in range(len(points))]
    dates = [point.measured_on for point in points]
    known = [day.toordinal() for day in dates if day is not None]
    if len(points) < 2 or len(known) < len(points) or known != sorted(known):
        return even
    whole = known[-1] - known[0]
    margin = 46 / width
    places = [margin + (1 - 2 * margin) * (day - known[0]) / (whole or 1) for day in known]
    closest = min(b - a for a, b in pairwise(places))
    return places if closest * width >= 84 else even


def _plot(axes: "Axes", series: CourseSeries, language: str, width: float) -> None:
    low, high = _range(series)
    room = 0.06 * (high - low)
    axes.set_ylim(low, high + room)
    axes.set_xlim(0, 1)
    _draw_ticks(axes, series, language, low, high)
    places = _places(series.points, width)
    if _has_band(series):
        first, change = series.points[0].value or 0.0, series.reliable_change or 0.0
        axes.axhspan(
            max(first - change, low), min(first + change, high), color=_BAND, lw=0, zorder=0.5
        )
    known = [
        (x, point.value)
        for x, point in zip(places, series.points, strict=True)
        if point.value is not None
    ]
    axes.plot(
        [x for x, _value in known], [value for _x, value in known], color=BLUE, linewidth=2.2,
        marker="o", markersize=9, markerfacecolor=BLUE, markeredgecolor=PAPER, clip_on=False, zorder=3,
    )  # fmt: skip
    _label(axes, known, series, language)
    axes.set_xticks(places)
    axes.set_xticklabels(
        [
            f"{point_word(point.point, language)}\n{_when(point, language)}"
            for point in series.points
        ],
        fontsize=SMALL if width > NARROW else 10,
    )


def _label(
    axes: "Axes", known: Sequence[tuple[float, float]], series: CourseSeries, language: str
) -> None:
    """The scores beside their points, on the side where no line runs."""
    low, high = _range(series)
    for number, (x, value) in enumerate(known):
        near = [known[i][1] for i in (number - 1, number + 1) if 0 <= i < len(known)]
        below = bool(near) and min(near) > value
        side = "center"
        if near and min(near) < value < max(near):
            side = "left" if near[0] > value else "right"
        if below and value < low + 0.12 * (high - low):
            below, side = False, "left"
        axes.annotate(
            write_number(value, language, series.decimals), (x, value),
            ({"left": -2, "right": 2}.get(side, 0), -9 if below else 8),
            textcoords="offset points", ha=side, va="top" if below else "bottom",
            fontweight="bold", zorder=4, annotation_clip=False,
        )  # fmt: skip


def _when(point: CoursePoint, language: str) -> str:
    if point.value is None:
        return get_translator(language)("no score")
    return write_date(point.measured_on, language)


def _draw_ticks(axes: "Axes", series: CourseSeries, language: str, low: float, high: float) -> None:
    """The scale's ends and round values between them."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    inner = [t for t in MaxNLocator(5).tick_values(low, high) if low < t < high]
    apart = [t for t in inner if min(t - low, high - t) > 0.09 * (high - low)]
    axes.set_yticks([low, *apart, high])
    decimals = 0 if all(abs(t - round(t)) < 1e-9 for t in (low, *apart, high)) else series.decimals
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda y, _at: write_number(y, language, decimals))
    )
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)


def _range(series: CourseSeries) -> tuple[float, float]:
    """The scale's possible range; where it has no end, the range of the scores with some room."""
    values = [point.value for point in series.points if point.value is not None]
    change = series.reliable_change or 0.0
    low = series.minimum if series.minimum is not None else min(values, default=0.0) - change - 1
    high = series.maximum if series.maximum is not None else max(values, default=1.0) + change + 1
    return (low, high) if high > low else (low, low + 1)


def _describe(series: CourseSeries, language: str) -> list[str]:
    _ = get_translator(language)
    words = []
    direction = direction_word(series.direction, language)
    if series.minimum is not None and series.maximum is not None:
        ends = {
            "low": write_number(series.minimum, language, 0),
            "high": write_number(series.maximum, language, 0),
        }
        words.append(_("The scale runs from %(low)s to %(high)s.") % ends)
    if direction:
        words.append(f"{direction[0].upper()}{direction[1:]}.")
    for point in series.points:
        value = write_number(point.value, language, series.decimals)
        value = value if point.value is not None else _("no score")
        when = f" ({write_date(point.measured_on, language)})" if point.measured_on else ""
        words.append(f"{point_word(point.point, language)}{when}: {value}.")
    return (
        words
        + [f"{entry.words}." for entry in _entries(series, language)]
        + _notes(series, language)
    )
