"""Released feedback in the reader's words: a table of providers, and one provider's figures line by line."""

from collections.abc import Mapping

from evalplat.language import get_translator, write_number
from evalplat.reports.tables import Table
from evalplat.reports.words import DASH, signed, span, tidy
from evalplat.statistics.shares.feedback import Feedback, FeedbackFigure, FeedbackRow

Titles = Mapping[str, str]


def feedback_table(feedback: Feedback, titles: Titles, language: str) -> Table:
    """Providers by name with how many gave feedback, the NPS and the means. titles: of the scales, in order."""
    _ = get_translator(language)
    _nps, *others = feedback.total.figures
    headers = (
        _("Provider"),
        _("Gave feedback"),
        _("Would recommend (−100 … 100)"),
        *(titles.get(figure.scale, figure.scale) for figure in others),
        _("Wrote in own words"),
    )
    label = _("All together") if feedback.whole else _("Those with figures, together")
    shows_total = any(figure.value is not None for figure in feedback.total.figures)
    return Table(
        caption=_("Feedback of clients"),
        headers=headers,
        numeric=tuple(place > 0 for place in range(len(headers))),
        rows=tuple(_cells(row, tidy(row.provider), language) for row in feedback.rows),
        total=_cells(feedback.total, label, language) if shows_total else (),
        notes=feedback_notes(language),
    )


def own_figures(row: FeedbackRow, titles: Titles, language: str) -> list[tuple[str, str]]:
    """One provider's figures as lines of label and value; without those that nobody may see."""
    _ = get_translator(language)
    lines = [(_("Gave feedback"), write_number(row.sheets, language, 0))]
    for figure in row.figures:
        if figure.value is None:
            continue
        title = titles.get(figure.scale, figure.scale)
        if figure.is_nps:
            lines.append((_("Would recommend (−100 … 100)"), _write(figure, language)))
            lines.append((_("Interval (95%)"), span(figure.low, figure.high, language, 0)))
        else:
            lines.append((title, _("%(value)s of 5") % {"value": _write(figure, language)}))
    if row.texts is not None:
        lines.append((_("Wrote in own words"), write_number(row.texts, language, 0)))
    return lines


def feedback_notes(language: str) -> tuple[str, ...]:
    """How the figures are to be read, and what is not shown."""
    _ = get_translator(language)
    return (
        _(
            "Would recommend: the share of those who answered 9 or 10 of 10, less the share of those who answered 0 to "
            "6, in percentage points, with its 95% interval. The figures of the other questions are means from 1 "
            "(disagree) to 5 (agree)."
        ),
        _(
            "Counts are rounded to fives, and figures more coarsely where fewer answered. Nothing is shown of fewer "
            "than 5 answers, and no figure of fewer than 10. Feedback of a quarter is counted in when it is over."
        ),
        _(
            "Those who gave feedback chose to do so, and others may see the service otherwise. No adjustment for the "
            "clients’ situation is made, so the figures do not rank providers."
        ),
    )


def _cells(row: FeedbackRow, name: str, language: str) -> tuple[str, ...]:
    _ = get_translator(language)
    nps, *others = row.figures
    count = _("under 5") if row.sheets is None else write_number(row.sheets, language, 0)
    return (
        name,
        count,
        _with_interval(nps, language),
        *(_write(figure, language) for figure in others),
        DASH if row.texts is None else write_number(row.texts, language, 0),
    )


def _with_interval(figure: FeedbackFigure, language: str) -> str:
    """A figure with its 95 % interval, which stands in one column with it: the table is wide."""
    if figure.value is None or figure.low is None:
        return _write(figure, language)
    return f"{_write(figure, language)} ({span(figure.low, figure.high, language, 0)})"


def _write(figure: FeedbackFigure, language: str) -> str:
    if figure.is_nps:
        return signed(figure.value, language, 0)
    return write_number(figure.value, language, 1)
