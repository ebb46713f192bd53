"""Small multiples: one tile a scale, every provider's standardised improvement with its interval on one axis.

Providers stand in order of name in every tile, never in order of results: what is good on one scale may not be on the
next.
"""

from collections.abc import Mapping, Sequence

from evalplat.language import get_translator
from evalplat.reports.combination_tables import title_of_scale
from evalplat.reports.funnel import TARGET_LINE
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend, verdict_entries
from evalplat.reports.picture import Picture, drawing, marker_style, measure, shorten, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import INK, MARKS, MUTED, NARROW, SMALL, TINT, WIDE
from evalplat.reports.words import signed, span, tidy
from evalplat.statistics.scales.combination import Combination, Standardised, StandardisedScale

_NAMES, _NARROW_NAMES = 150.0, 116.0
_STEP, _TITLE = 21.0, 14.0
_MOST = 3


def draw_scale_tiles(
    combination: Combination,
    language: str,
    *,
    titles: Mapping[str, str] | None = None,
    narrow: bool = False,
) -> bytes:
    """The tiles as SVG; `titles` by `instrument/scale`, `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_scale_tiles(combination, language, titles=titles, narrow=narrow))


def build_scale_tiles(
    combination: Combination,
    language: str,
    *,
    titles: Mapping[str, str] | None = None,
    narrow: bool = False,
) -> Picture:
    """The tiles as a picture, three scales beside each other. Providers withheld on every scale are not drawn."""
    _ = get_translator(language)
    width = NARROW if narrow else WIDE
    scales = [one for one in combination.scales if any(_is_shown(row) for row in one.rows)]
    shown = {row.provider for one in scales for row in one.rows if _is_shown(row)}
    providers = [provider for provider in combination.providers if provider in shown]
    heading = _("Improvement in the county's baseline SDs (higher is better)")
    head = wrap(heading, width - 16, weight="bold")
    notes = (
        [] if scales else [_("No provider has enough clients with both measurements to be drawn.")]
    )
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    legend = arrange(_entries(scales, language), width - 16)
    across = 1 if narrow else max(1, min(_MOST, len(scales)))
    bands = [scales[start : start + across] for start in range(0, len(scales), across)]
    top = 14.0 + 17 * len(head)
    heads = [_title_lines(part, titles, width, across) for part in bands]
    heights = [_TITLE * max(map(len, lines)) + 16 + _STEP * len(providers) + 44 for lines in heads]
    legend_top = top + sum(heights) + 8
    notes_top = legend_top + ROW * len(legend) + 8 if scales else top + 12
    picture = Picture(width, notes_top + 16 * len(lines), "", language)
    picture.title = _("Improvement on several scales")
    picture.description += _describe(scales, titles, language) or notes
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    edges = _range(scales)
    for part, words, height in zip(bands, heads, heights, strict=True):
        _draw_band(picture, part, words, providers, top, across, edges)
        top += height
    draw_legend(picture, legend, 8, legend_top)
    picture.write_lines(8, notes_top, lines, fontsize=SMALL, color=MUTED)
    return picture


def _is_shown(row: Standardised) -> bool:
    return not row.withheld and row.improvement is not None


def _entries(scales: Sequence[StandardisedScale], language: str) -> list[Entry]:
    _ = get_translator(language)
    if not scales:
        return []
    verdicts = [row.verdict for one in scales for row in one.rows if _is_shown(row)]
    return [
        *verdict_entries(verdicts, language),
        Entry(_("interval (95%)"), lines=({"color": INK, "linewidth": 1.4},)),
        Entry(_("average of all clients"), lines=(TARGET_LINE,)),
    ]


def _names(width: float) -> float:
    """How much room the providers' names take at the left."""
    return _NARROW_NAMES if width < WIDE else _NAMES


def _title_lines(
    scales: Sequence[StandardisedScale],
    titles: Mapping[str, str] | None,
    width: float,
    across: int,
) -> list[list[str]]:
    """The scales' titles whole, in as many lines as they need; one tile alone may use the picture's width."""
    room = width - 16 if across == 1 else (width - _names(width) - 12) / across - 16
    return [
        [line for part in _parts(title_of_scale(one, titles)) for line in _wrap_whole(part, room)]
        for one in scales
    ]


def _parts(title: str) -> list[str]:
    """Instrument and scale each begin a line of their own."""
    instrument, colon, scale = title.partition(": ")
    return [f"{instrument}:", scale] if colon else [title]


def _wrap_whole(text: str, room: float) -> list[str]:
    """The text in bold lines; a compound too wide for a line goes on after its hyphen."""
    words = [
        word if measure(word, SMALL, "bold") <= room else word.replace("-", "- ")
        for word in text.split(" ")
    ]
    return wrap(" ".join(words), room, SMALL, weight="bold")


def _draw_band(
    picture: Picture,
    scales: Sequence[StandardisedScale],
    heads: Sequence[Sequence[str]],
    providers: Sequence[str],
    top: float,
    across: int,
    edges: tuple[float, float],
) -> None:
    names = _names(picture.width)
    room = (picture.width - names - 12) / across
    first = top + _TITLE * max(map(len, heads)) + 16
    for number, provider in enumerate(providers):
        y = first + _STEP * (number + 0.5)
        name = shorten(tidy(provider), names - 10, SMALL)
        picture.write(8, y, name, fontsize=SMALL, va="center_baseline")
    for place, scale in enumerate(scales):
        left = names + room * place
        title = heads[place]
        picture.write_lines(8 if across == 1 else left, first - 8 - _TITLE * (len(title) - 1), title,
                            leading=_TITLE, fontsize=SMALL, fontweight="bold")  # fmt: skip
        _draw_tile(
            picture,
            scale,
            providers,
            (left, first, left + room - 14, first + _STEP * len(providers)),
            edges,
        )


def _draw_tile(
    picture: Picture,
    scale: StandardisedScale,
    providers: Sequence[str],
    place: tuple[float, float, float, float],
    edges: tuple[float, float],
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    left, top, right, bottom = place
    axes = picture.add_axes(left, top, right, bottom)
    axes.set_yticks([])
    axes.set_ylim(bottom, top)
    axes.set_xlim(*edges)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    digits = 1 if edges[1] - edges[0] > 0.8 else 2
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _at: signed(x, picture.language, digits))
    )
    axes.grid(axis="x", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    if scale.average is not None:
        axes.axvline(scale.average, zorder=1, **TARGET_LINE)
    rows = {row.provider: row for row in scale.rows}
    for number, provider in enumerate(providers):
        row = rows.get(provider)
        if row is None or row.improvement is None or row.withheld:
            continue
        y = top + _STEP * (number + 0.5)
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [y, y], color=INK, linewidth=1.4)
        axes.plot(
            [row.improvement], [y], linestyle="none", zorder=3, **marker_style(MARKS[row.verdict])
        )


def _range(scales: Sequence[StandardisedScale]) -> tuple[float, float]:
    """One axis for every tile."""
    values = [one.average for one in scales if one.average is not None]
    for one in scales:
        for row in one.rows:
            if _is_shown(row):
                ends = (row.improvement, row.low, row.high)
                values += [value for value in ends if value is not None]
    low, high = min(values, default=-1.0), max(values, default=1.0)
    room = 0.05 * (high - low) or 0.5
    return low - room, high + room


def _describe(
    scales: Sequence[StandardisedScale], titles: Mapping[str, str] | None, language: str
) -> list[str]:
    """What the tiles say, scale by scale, for those who do not see them."""
    words = []
    for scale in scales:
        figures = [
            f"{tidy(row.provider)}: {signed(row.improvement, language, 2)}"
            f" ({span(row.low, row.high, language, 2)})"
            for row in scale.rows
            if _is_shown(row)
        ]
        words.append(f"{title_of_scale(scale, titles)}: {'; '.join(figures)}.")
    return words
