"""The funnel: every provider's improvement against how many clients it rests on, with the range chance explains."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evalplat.language import Translate, get_translator
from evalplat.reports.labels import place_labels
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend, verdict_entries
from evalplat.reports.picture import Picture, drawing, marker_style, measure, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BRAND, INK, MARKS, MUTED, NARROW, PAPER, SMALL, TINT, WIDE
from evalplat.reports.words import (
    choose_decimals,
    count_verdicts,
    hidden_note,
    scale_title,
    shown,
    signed,
    tidy,
    turned_note,
    verdict_word,
)
from evalplat.statistics.results import Improvement, ProviderComparison
from evalplat.vocabulary import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGET_LINE: dict[str, Any] = {"color": BRAND, "linewidth": 1.8}
_SOLID: dict[float, dict[str, Any]] = {
    95: {"color": MUTED, "linewidth": 1.1},
    99.8: {"color": INK, "linewidth": 1.8},
}
_DASHED: dict[float, dict[str, Any]] = {
    95: {"color": MUTED, "linewidth": 0.7, "linestyle": (0, (2, 3))},
    99.8: {"color": INK, "linewidth": 0.7, "linestyle": (0, (5, 3))},
}


def draw_funnel(
    comparison: ProviderComparison, language: str, *, title: str = "", narrow: bool = False
) -> bytes:
    """The funnel plot as SVG; `title` names the scale, `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_funnel(comparison, language, title=title, narrow=narrow))


def build_funnel(
    comparison: ProviderComparison, language: str, *, title: str = "", narrow: bool = False
) -> Picture:
    """The funnel plot as a picture, for a page or a paper. Withheld providers are counted, never drawn."""
    _ = get_translator(language)
    rows = shown(comparison)
    width = NARROW if narrow else WIDE
    notes = _notes(comparison, len(rows), language)
    legend = arrange(_entries(comparison, rows, language), width - 16)
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    head = wrap(_heading(comparison, _), width - 16, weight="bold")
    top, plot = 18.0 + 17 * len(head), 250.0 if narrow else 340.0
    bottom = top + plot
    legend_top = bottom + 62
    notes_top = legend_top + ROW * len(legend) + 8 if rows else top + 12
    height = notes_top + 16 * len(lines)
    picture = Picture(width, height, _("Funnel plot"), language)
    picture.title = _("Funnel plot: %(scale)s") % {"scale": tidy(title) or scale_title(comparison)}
    picture.description += _describe(comparison, rows, notes, language)
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    if rows:
        axes = picture.add_axes(52, top, width - 12, bottom)
        _plot(axes, comparison, rows, language)
        axes.set_xlabel(_("Clients with both measurements"), fontsize=SMALL, labelpad=8)
        _label(picture, axes, rows, most=4 if narrow else 12)
        draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def _heading(comparison: ProviderComparison, _: Translate) -> str:
    if comparison.adjusted_for:
        return _("Improvement adjusted for case-mix, in scale points (higher is better)")
    return _("Improvement, not adjusted, in scale points (higher is better)")


def _entries(
    comparison: ProviderComparison, rows: Sequence[Improvement], language: str
) -> list[Entry]:
    _ = get_translator(language)
    entries = verdict_entries([row.verdict for row in rows], language)
    if comparison.target is not None:
        entries.append(Entry(_("average of all clients"), lines=(TARGET_LINE,)))
    if comparison.limits:
        entries.append(
            Entry(
                _("expected range: thin line 95%, thick line 99.8%"), lines=tuple(_SOLID.values())
            )
        )
    if _has_naive_limits(comparison):
        entries.append(
            Entry(
                _("the range of chance alone: dotted 95%, dashed 99.8%"),
                lines=tuple(_DASHED.values()),
            )
        )
    return entries


def _has_naive_limits(comparison: ProviderComparison) -> bool:
    """Whether chance alone gives other limits than those drawn."""
    return any(limit.naive998 != limit.overdispersed998 for limit in comparison.limits)


def _notes(comparison: ProviderComparison, drawn: int, language: str) -> list[str]:
    _ = get_translator(language)
    notes = []
    if not drawn:
        notes.append(_("No provider has enough clients with both measurements to be drawn."))
    elif not comparison.limits:
        notes.append(_("Limits are not drawn, because the variation could not be estimated."))
    notes.append(turned_note(comparison, language))
    notes.append(hidden_note(comparison, drawn, language))
    return [note for note in notes if note]


def _plot(
    axes: "Axes", comparison: ProviderComparison, rows: Sequence[Improvement], language: str
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    target = comparison.target_improvement
    most = max(
        [float(row.n or 0) for row in rows] + [limit.n for limit in comparison.limits] or [0]
    )
    low, high = _range(comparison, rows)
    axes.set_xlim(0, (most or 10) * 1.06)
    axes.set_ylim(low, high)
    axes.grid(axis="y", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    decimals = 0 if high - low >= 8 else choose_decimals(comparison)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=decimals == 0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _at: signed(y, language, decimals)))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.spines["bottom"].set_visible(True)
    if target is not None:
        axes.axhline(target, zorder=2, **TARGET_LINE)
    _plot_limits(axes, comparison)
    for row in sorted(rows, key=_is_beyond):
        n, improvement = _spot(row)
        axes.plot(
            [n], [improvement], linestyle="none", zorder=3, clip_on=False,
            **marker_style(MARKS[row.verdict]),
        )  # fmt: skip


def _spot(row: Improvement) -> tuple[float, float]:
    """Where a provider's point lies, in the axes' own units."""
    return float(row.n or 0), row.improvement or 0.0


def _plot_limits(axes: "Axes", comparison: ProviderComparison) -> None:
    limits = comparison.limits
    counts = [limit.n for limit in limits]
    curves = [
        (_SOLID[95], [limit.overdispersed95 for limit in limits]),
        (_SOLID[99.8], [limit.overdispersed998 for limit in limits]),
    ]
    if _has_naive_limits(comparison):
        curves += [
            (_DASHED[95], [limit.naive95 for limit in limits]),
            (_DASHED[99.8], [limit.naive998 for limit in limits]),
        ]
    for style, spans in curves:
        for side in (0, 1):
            axes.plot(counts, [span[side] for span in spans], zorder=2, **style)


def _range(comparison: ProviderComparison, rows: Sequence[Improvement]) -> tuple[float, float]:
    """What the vertical axis covers: every point, and the funnel where half of the providers are."""
    target = comparison.target_improvement
    values = [row.improvement for row in rows if row.improvement is not None]
    middle = target if target is not None else (sum(values) / len(values) if values else 0.0)
    reach = [abs(value - middle) for value in values]
    counts = sorted(float(row.n or 0) for row in rows)
    if counts and comparison.limits:
        half = counts[len(counts) // 2]
        near = min(comparison.limits, key=lambda limit: abs(limit.n - half))
        reach.append((near.overdispersed998[1] - near.overdispersed998[0]) / 2)
    most = max(reach, default=0.0) or 1.0
    return middle - 1.15 * most, middle + 1.15 * most


def _is_beyond(row: Improvement) -> bool:
    return row.verdict in (Verdict.ABOVE, Verdict.BELOW)


def _label(picture: Picture, axes: "Axes", rows: Sequence[Improvement], most: int) -> None:
    """Names beside the points beyond expected variation, the furthest out first; the table names every provider."""
    middle = sum(axes.get_ylim()) / 2
    spots = [axes.transData.transform(_spot(row)).tolist() for row in rows]
    beyond = sorted(
        (number for number, row in enumerate(rows) if _is_beyond(row)),
        key=lambda number: -abs(_spot(rows[number])[1] - middle),
    )[:most]
    room = picture.width * (0.45 if picture.width < WIDE else 0.3)
    names = [shorten(tidy(rows[number].provider), room, SMALL) for number in beyond]
    wanted = [
        (*spots[number], measure(name, SMALL)) for number, name in zip(beyond, names, strict=True)
    ]
    box = axes.get_window_extent()
    frame = (box.x0, box.y0 + 4, box.x1 + 8, box.y1)
    for name, place in zip(names, place_labels(wanted, spots, frame), strict=True):
        if place is not None:
            picture.write(
                place.x, picture.height - place.y, name, fontsize=SMALL, va="center_baseline",
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip


def _describe(
    comparison: ProviderComparison,
    rows: Sequence[Improvement],
    notes: Sequence[str],
    language: str,
) -> list[str]:
    """What the picture says, for those who do not see it."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    words = [
        _("Each point is a provider: to the right, more clients; upwards, more improvement."),
    ]
    if comparison.target is not None:
        average = signed(comparison.target_improvement, language, decimals)
        words.append(_("The average of all clients is %(average)s points.") % {"average": average})
    for verdict, count in count_verdicts(rows).items():
        if count:
            word = verdict_word(verdict, language)
            words.append(_("Providers %(verdict)s: %(count)s.") % {"verdict": word, "count": count})
    beyond = [tidy(row.provider) for row in rows if _is_beyond(row)]
    if beyond:
        words.append(_("Beyond the expected range: %(names)s.") % {"names": ", ".join(beyond)})
    return [*words, *notes, _("The table gives the numbers.")]
