"""Coverage over time as bars: who started, and of them who was measured first and last, month by month."""

from evalplat.language import get_translator, write_number
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.outcome_words import stage_word
from evalplat.reports.overview_tables import time_word
from evalplat.reports.picture import Picture, drawing, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import (
    BLUE,
    BRAND,
    LINE,
    MUTED,
    NARROW,
    ORANGE,
    SMALL,
    TINT,
    WIDE,
    Mark,
)
from evalplat.statistics.publishing.times import Timeline
from evalplat.statistics.shares.flow import FlowRow

KEYS = ("baseline", "end")
COLORS = {"started": "#8796A2", "baseline": BLUE, "end": ORANGE}


def draw_times(timeline: Timeline, language: str, *, narrow: bool = False) -> bytes:
    """The bars as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_times(timeline, language, narrow=narrow))


def build_times(timeline: Timeline, language: str, *, narrow: bool = False) -> Picture:
    """Three bars for each time; none where the figure is not shown."""
    _ = get_translator(language)
    width = NARROW if narrow else WIDE
    head = wrap(_("Coverage by when the service began"), width - 16, weight="bold")
    words = {"started": _("Started")} | {key: stage_word(key, language) for key in KEYS}
    rows = timeline.flow.rows
    entries = [
        Entry(words[key], Mark("s", 11.0, color, color))
        for key, color in COLORS.items()
        if any(_counts(row)[key] for row in rows)
    ]
    legend = arrange(entries, width - 16)
    notes = []
    if any(count is None for row in rows for count in _counts(row).values()):
        notes.append(_("Where a bar is missing, its figure is not shown: few clients."))
    lines = [line for note in notes for line in wrap(note, width - 16, SMALL)]
    legend_top = 16.0 + 17 * len(head)
    top = legend_top + ROW * len(legend) + 8
    bottom = top + (150 if narrow else 200)
    foot = bottom + 46
    picture = Picture(width, foot + 16 * len(lines) - (0 if lines else 8), "", language)
    picture.title = _("Coverage by when the service began")
    picture.description += [_describe(row, words, language) for row in rows]
    picture.description += notes
    picture.write_lines(8, 18, head, leading=17, fontweight="bold")
    draw_legend(picture, legend, 8, legend_top)
    _plot(picture, rows, (40.0, top, width - 10, bottom))
    picture.write_lines(8, foot, lines, fontsize=SMALL, color=MUTED)
    return picture


def _counts(row: FlowRow) -> dict[str, int | None]:
    return {"started": row.started} | {key: row.stage(key).count for key in KEYS}


def _describe(row: FlowRow, words: dict[str, str], language: str) -> str:
    _ = get_translator(language)
    told = ", ".join(
        f"{words[key]} " + (_("not shown") if count is None else write_number(count, language, 0))
        for key, count in _counts(row).items()
    )
    return f"{time_word(row.provider, language)}: {told}."


def _plot(
    picture: Picture, rows: tuple[FlowRow, ...], edges: tuple[float, float, float, float]
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes = picture.add_axes(*edges)
    axes.set_xlim(-0.5, max(len(rows), 1) - 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=TINT, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(True)
    axes.spines["bottom"].set_color(LINE)
    room = 6 if picture.width < WIDE else 13
    step = max(1, -(-len(rows) // room))
    places = list(range(len(rows)))[::step]
    axes.set_xticks(places, [time_word(rows[at].provider, picture.language) for at in places])
    axes.tick_params(axis="x", labelcolor=BRAND)
    for number, (key, color) in enumerate(COLORS.items()):
        known = [(at, count) for at, row in enumerate(rows) if (count := _counts(row)[key])]
        axes.bar(
            [at + (number - 1) * 0.27 for at, _count in known],
            [count for _at, count in known],
            width=0.25,
            color=color,
        )
    axes.set_ylim(bottom=0)
    if not any(_counts(row)["started"] for row in rows):
        axes.set_ylim(0, 10)
