"""The goals a client agreed, on the five steps from −2 to +2: where each stood at the start and what was attained."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.language import Translate, get_translator
from evalplat.reports.legend import ROW, Entry, arrange, draw_legend
from evalplat.reports.picture import Picture, drawing, measure, wrap
from evalplat.reports.svg import write_svg
from evalplat.reports.theme import BLUE, INK, LINE, MUTED, NARROW, PAPER, SKY, SMALL, TINT, Mark
from evalplat.reports.words import point_word, tidy

LEVELS = (-2, -1, 0, 1, 2)
_WIDTH = 640.0
_TEXT = 290.0
_MARKS = {
    "baseline": Mark("o", 11.0, PAPER, INK),
    "end": Mark("o", 11.0, BLUE, INK),
    "follow_up": Mark("s", 9.5, SKY, INK),
}


@dataclass(frozen=True, slots=True)
class GoalCourse:
    """One goal in the client's words, and its level −2 … +2 at each point; None where it was not rated."""

    text: str
    baseline: int | None = None
    attained: int | None = None
    follow_up: int | None = None

    @property
    def levels(self) -> tuple[tuple[str, int], ...]:
        """The rated points in order of time, with their levels."""
        rated = (("baseline", self.baseline), ("end", self.attained), ("follow_up", self.follow_up))
        return tuple((point, level) for point, level in rated if level is not None)


def draw_goals(goals: Sequence[GoalCourse], language: str, *, narrow: bool = False) -> bytes:
    """The goals' levels as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_goals(goals, language, narrow=narrow))


def build_goals(goals: Sequence[GoalCourse], language: str, *, narrow: bool = False) -> Picture:
    """The goals' levels as a picture: one row a goal, five columns, an arrow from the start to what was attained."""
    _ = get_translator(language)
    width = NARROW if narrow else _WIDTH
    room = width - 24 if narrow else _TEXT
    texts = [wrap(tidy(goal.text), room, most=3) for goal in goals]
    heights = [_height(lines, narrow) for lines in texts]
    top = 56.0
    bottom = top + sum(heights)
    used = dict.fromkeys(point for goal in goals for point, _level in goal.levels)
    entries = [
        Entry(point_word(point, language), _MARKS[point]) for point in _MARKS if point in used
    ]
    legend = arrange(entries, width - 16)
    note = "" if goals else _("No goals have been agreed yet.")
    picture = Picture(width, bottom + 24 + ROW * (len(legend) or 1), _("Goals"), language)
    picture.description += _describe(goals, language)
    left = 40.0 if narrow else _TEXT + 60
    columns = {level: left + (level + 2) * (width - left - 40) / 4 for level in LEVELS}
    _draw_head(picture, columns, top, bottom, _)
    y = top
    for goal, lines, height in zip(goals, texts, heights, strict=True):
        picture.rule([8, width - 8], [y, y], color=LINE, linewidth=0.8)
        first = y + 22 if narrow else y + height / 2 - 8 * (len(lines) - 1) + 4
        picture.write_lines(8, first, lines)
        _draw_levels(picture, goal, columns, y + height - 24 if narrow else y + height / 2)
        y += height
    picture.rule([8, width - 8], [y, y], color=LINE, linewidth=0.8)
    draw_legend(picture, legend, 8, bottom + 22)
    if note:
        picture.write(8, bottom + 26, note, color=MUTED)
    return picture


def _height(lines: Sequence[str], narrow: bool) -> float:
    return 16.0 * len(lines) + (56 if narrow else 30)


def _draw_head(
    picture: Picture, columns: dict[int, float], top: float, bottom: float, _: Translate
) -> None:
    """The five steps with their signs, and words under the ends and the middle."""
    half = (columns[2] - columns[1]) / 2
    picture.fill(columns[0] - half, 8, columns[0] + half, bottom, TINT)
    for level, x in columns.items():
        sign = "−" if level < 0 else "+" if level > 0 else ""
        picture.write(x, 28, f"{sign}{abs(level)}", ha="center", fontweight="bold")
    for level, words in ((-2, _("much less")), (0, _("as agreed")), (2, _("much more"))):
        reach = measure(words, SMALL) / 2
        x = min(max(columns[level], 8 + reach), picture.width - 8 - reach)
        picture.write(x, 46, words, color=MUTED, fontsize=SMALL, ha="center")


def _draw_levels(picture: Picture, goal: GoalCourse, columns: dict[int, float], y: float) -> None:
    """Marks on their steps joined by a line; marks on the same step stand beside one another."""
    seen: dict[int, int] = {}
    places = []
    for point, level in goal.levels:
        bounded = max(-2, min(2, level))
        places.append((point, columns[bounded] + 15 * seen.get(bounded, 0)))
        seen[bounded] = seen.get(bounded, 0) + 1
    picture.rule([columns[-2], columns[2]], [y, y], color=LINE, linewidth=1, zorder=1)
    if len(places) > 1:
        xs = [x for _point, x in places]
        picture.rule([min(xs), max(xs)], [y, y], color=INK, linewidth=2, zorder=1.5)
    for point, x in places:
        picture.mark(x, y, _MARKS[point])


def _describe(goals: Sequence[GoalCourse], language: str) -> list[str]:
    _ = get_translator(language)
    words = [_("Level 0 is the goal as agreed; −2 is much less and +2 much more than that.")]
    for goal in goals:
        levels = [
            f"{point_word(point, language)} {'−' if level < 0 else '+' if level else ''}{abs(level)}"
            for point, level in goal.levels
        ]
        told = ", ".join(levels) or _("not rated")
        words.append(f"{tidy(goal.text)}: {told}.")
    return words
