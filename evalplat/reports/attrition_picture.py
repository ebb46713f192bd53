"""The picture of attrition: the average improvement of all clients by every way of counting the lost."""

from evalplat.language import get_translator
from evalplat.reports.attrition_words import choose_decimals, method_word, turn, turn_bounds
from evalplat.reports.forest import FILLED, HOLLOW, ForestRow, build_forest
from evalplat.reports.picture import Picture, drawing
from evalplat.reports.svg import write_svg
from evalplat.reports.words import span
from evalplat.statistics.missing.attrition_results import METHODS, AttritionResult


def draw_attrition(result: AttritionResult, language: str, *, narrow: bool = False) -> bytes:
    """The picture as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_attrition(result, language, narrow=narrow))


def build_attrition(result: AttritionResult, language: str, *, narrow: bool = False) -> Picture:
    """The ways of counting the lost under one another; a hollow mark where the lost count as unchanged."""
    _ = get_translator(language)
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    rows = []
    for method in METHODS:
        value, low, high = turn(result.overall.estimate(method), sign)
        if value is not None:
            mark = HOLLOW if method == "carried_forward" else FILLED
            rows.append(ForestRow(method_word(method, language), value, low, high, mark))
    low, high = turn_bounds(result.overall.manski, sign)
    notes = []
    if not rows:
        notes.append(_("Too few clients were measured twice to draw anything."))
    elif low is not None:
        notes.append(
            _("With the lost at the worst and at the best possible score: %(range)s (not drawn).")
            % {"range": span(low, high, language, digits)}
        )
    return build_forest(
        rows,
        language,
        title=_("Average improvement by how the lost count"),
        heading=_("Average improvement of all clients, in scale points (higher is better)"),
        notes=notes,
        decimals=digits,
        narrow=narrow,
    )
