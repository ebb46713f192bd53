"""The picture of lasting change: the three changes of all clients under one another."""

from evalplat.language import get_translator
from evalplat.reports.attrition_words import choose_decimals, turn
from evalplat.reports.forest import FILLED, HOLLOW, ForestRow, build_forest
from evalplat.reports.picture import Picture, drawing
from evalplat.reports.sustained_tables import CHANGES, change_word
from evalplat.reports.svg import write_svg
from evalplat.statistics.over_time.sustained_results import SustainedResult


def draw_sustained(result: SustainedResult, language: str, *, narrow: bool = False) -> bytes:
    """The picture as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_sustained(result, language, narrow=narrow))


def build_sustained(result: SustainedResult, language: str, *, narrow: bool = False) -> Picture:
    """Improvement to the end, to the follow-up, and between; the last with a hollow mark."""
    _ = get_translator(language)
    rows = []
    for name in CHANGES:
        value, low, high = turn(getattr(result.overall, name), result.direction.sign)
        if value is not None:
            mark = HOLLOW if name == "after_end" else FILLED
            rows.append(ForestRow(change_word(name, language), value, low, high, mark))
    few = _("Too few clients were measured at the end and at follow-up to draw anything.")
    return build_forest(
        rows,
        language,
        title=_("Improvement at the end and at follow-up"),
        heading=_("Average improvement of all clients, in scale points (higher is better)"),
        notes=[] if rows else [few],
        decimals=choose_decimals(result.sigma),
        narrow=narrow,
    )
