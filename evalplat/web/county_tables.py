"""Tables made short for a page: what holds no figure is taken out, and said in a line below. Files keep every cell."""

from dataclasses import replace

from evalplat.language import get_translator
from evalplat.reports.outcome_words import status_word
from evalplat.reports.tables import Table
from evalplat.reports.words import DASH


def shorten(table: Table, language: str, said: set[str] | None = None) -> Table:
    """The table without rows and columns that hold no figure; its first note names the rows left out.

    said: the notes that stand above on the page, which are not repeated; this table's are added.
    """
    blank = {"", DASH, status_word("withheld", language)}
    notes = tuple(note for note in table.notes if said is None or note not in said)
    if said is not None:
        said.update(table.notes)
    short = _without_empty_rows(replace(table, notes=notes), blank, language)
    return _without_empty_columns(short, blank)


def keep_known(table: Table) -> Table:
    """The table of ways or kinds without those rows that hold no figure; of providers it must be said: `shorten`."""
    return replace(
        table, rows=tuple(row for row in table.rows if _has_figure(table, row, {"", DASH}))
    )


def _without_empty_rows(table: Table, blank: set[str], language: str) -> Table:
    _ = get_translator(language)
    kept = tuple(row for row in table.rows if _has_figure(table, row, blank))
    empty = [row[0] for row in table.rows if row not in kept]
    if not empty:
        return table
    if len(empty) == len(table.rows):
        note = _("No provider has enough clients to be shown by itself.")
    elif len(empty) > len(table.rows) - len(empty):
        note = _(
            "%(count)s providers are left out, because their few clients, or another provider's, could be made out."
        ) % {"count": len(empty)}
    else:
        note = _(
            "Left out, because the few clients of these providers, or of another, could be made out: %(names)s."
        ) % {"names": ", ".join(empty)}
    return replace(table, rows=kept, notes=(note, *table.notes))


def _has_figure(table: Table, row: tuple[str, ...], blank: set[str]) -> bool:
    return any(
        number and cell not in blank for cell, number in zip(row, table.numeric, strict=True)
    )


def _without_empty_columns(table: Table, blank: set[str]) -> Table:
    shown = table.rows or (table.total,)
    kept = [
        place
        for place, number in enumerate(table.numeric)
        if any(row[place] not in blank for row in shown if row)
        or not (number or (place and table.rows))
    ]
    if not any(table.numeric[place] for place in kept):
        return table
    return replace(
        table,
        headers=tuple(table.headers[place] for place in kept),
        numeric=tuple(table.numeric[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
        total=tuple(table.total[place] for place in kept if table.total),
    )
