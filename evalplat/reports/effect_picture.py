"""The picture of effect sizes: every provider by one yardstick, in the comparison's order."""

from evalplat.language import get_translator
from evalplat.reports.effect_tables import turn_figure
from evalplat.reports.forest import FILLED, HOLLOW, ForestRow, build_forest
from evalplat.reports.picture import Picture, drawing
from evalplat.reports.svg import write_svg
from evalplat.reports.words import hidden_note, tidy
from evalplat.statistics.publishing.release_effects import ReleasedEffects


def draw_effects(found: ReleasedEffects, language: str, *, narrow: bool = False) -> bytes:
    """The picture as SVG; `narrow` is the layout for a phone."""
    with drawing():
        return write_svg(build_effects(found, language, narrow=narrow))


def build_effects(found: ReleasedEffects, language: str, *, narrow: bool = False) -> Picture:
    """Providers' effect sizes by the county’s spread with their intervals; all together last, with a hollow mark."""
    _ = get_translator(language)
    sign = found.comparison.direction.sign
    rows = []
    for row in found.rows:
        value, low, high = turn_figure(row, "d_regional", sign)
        if value is not None:
            rows.append(ForestRow(tidy(row.provider), value, low, high, FILLED))
    note = hidden_note(found.comparison, len(rows), language)
    notes = [
        _("Line: 95% interval. Not adjusted for how clients started; providers stand in order of name."),
        *([note] if note else []),
    ]  # fmt: skip
    value, low, high = turn_figure(found.overall, "d_regional", sign)
    if value is not None:
        rows.append(ForestRow(_("All together"), value, low, high, HOLLOW))
    few = _("There are too few clients with both measurements to estimate anything.")
    return build_forest(
        rows,
        language,
        title=_("Effect sizes by the county’s spread"),
        heading=_("Improvement in standard deviations of the county’s starting scores (higher is better)"),
        notes=notes if rows else [few],
        decimals=2,
        narrow=narrow,
    )  # fmt: skip
