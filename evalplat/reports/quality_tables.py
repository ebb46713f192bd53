"""The quality of data in the reader's words: a table of providers, and one of questions left without an answer."""

from collections.abc import Callable, Iterable

from evalplat.errors import Message
from evalplat.language import get_translator, say, write_number
from evalplat.reports.tables import Table
from evalplat.reports.words import tidy
from evalplat.statistics.publishing.release_quality import ItemRow, QualityRow
from evalplat.vocabulary import Sign

SIGNS = {
    Sign.STRAIGHT_LINE: Message("One answer throughout"),
    Sign.TOO_FAST: Message("Answered very fast"),
    Sign.SAME_ANSWERS: Message("Same answers for several clients"),
    Sign.OUT_OF_ORDER: Message("Days in the wrong order"),
    Sign.RATED_APART: Message("Client and worker apart"),
}
"""What each sign is called."""

MOST_ITEMS = 20

Titles = Callable[[ItemRow], tuple[str, str]]
"""The title of a question's instrument, and the question's own short label."""


def quality_table(rows: Iterable[QualityRow], language: str) -> Table:
    """Providers by name: what is overdue, how many sheets were measured, and how many of them call for a look.

    A sign that no provider has often enough to be shown has no column.
    """
    _ = get_translator(language)
    rows = list(rows)
    shown = [sign for sign in SIGNS if any(row.signs[sign] is not None for row in rows)]
    headers = (
        _("Provider"),
        _("Waiting now"),
        _("Of them overdue"),
        _("Sheets of the quarter"),
        _("Of them to look at"),
        *(say(SIGNS[sign], language) for sign in shown),
    )

    def write(count: int | None) -> str:
        return _("under 5") if count is None else write_number(count, language, 0)

    return Table(
        caption=_("Quality of data by provider"),
        headers=headers,
        numeric=tuple(place > 0 for place in range(len(headers))),
        rows=tuple(
            (
                tidy(row.provider),
                *map(write, (row.waiting, row.overdue, row.sheets, row.to_look_at)),
                *(write(row.signs[sign]) for sign in shown),
            )
            for row in rows
        ),
        total=(),
        notes=(
            _(
                "What waits and what is overdue is counted today, the rest in the quarter that was chosen. Counts are "
                "rounded to fives; “under 5” also stands where all but a few are meant."
            ),
            _(
                "That a sheet is counted here says that somebody should look, not that an answer is wrong. The "
                "provider’s staff see which sheets are meant under “Alerts”, and correct them or note why they are "
                "right."
            ),
        ),
    )


def item_table(items: Iterable[ItemRow], titles: Titles, language: str) -> Table:
    """Questions that are left without an answer most often, of all providers together."""
    _ = get_translator(language)
    chosen = sorted(items, key=lambda one: (-(one.missing or 0), one.instrument, one.item))
    return Table(
        caption=_("Questions left without an answer"),
        headers=(_("Instrument"), _("Question"), _("Asked"), _("Without an answer (%)")),
        numeric=(False, False, True, True),
        rows=tuple(
            (
                *titles(one),
                write_number(one.asked, language, 0),
                write_number(one.missing, language, 0),
            )
            for one in chosen[:MOST_ITEMS]
        ),
        total=(),
        notes=(
            _(
                "The twenty questions that are left out most often. Questions that fewer than 5 left out do not stand "
                "here. A question that many leave out may be hard to understand, or not concern them."
            ),
        ),
    )
