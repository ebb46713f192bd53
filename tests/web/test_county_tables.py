"""Tables of a page are short: rows and columns without a figure go, with a line that says so; nothing else changes."""

from evalplat.reports.tables import Table
from evalplat.web.county_tables import keep_known, shorten

HEADERS = ("Provider", "Clients", "Change", "Euros", "Position")


def make_table(*rows: tuple[str, ...], total: tuple[str, ...] = ()) -> Table:
    return Table(
        caption="Change", headers=HEADERS, numeric=(False, True, True, True, False),
        rows=rows, total=total, notes=("Counts are rounded.",),
    )  # fmt: skip


def test_a_full_table_stays_as_it_is() -> None:
    table = make_table(("A", "10", "+1", "5", "within"), total=("All", "10", "+1", "5", ""))
    assert shorten(table, "en") == table


def test_rows_and_columns_without_figures_go_and_are_named() -> None:
    table = make_table(
        ("A", "10", "+1", "–", "within"),
        ("B", "–", "not shown", "–", "not shown: few clients"),
        ("C", "under 5", "–", "–", ""),
        total=("All", "20", "+1", "7", ""),
    )
    short = shorten(table, "en")
    assert short.headers == ("Provider", "Clients", "Change", "Position")
    assert short.rows == (("A", "10", "+1", "within"), ("C", "under 5", "–", ""))
    assert short.total == ("All", "20", "+1", "")
    assert short.numeric == (False, True, True, False)
    assert short.notes[0].endswith("could be made out: B.")
    assert short.notes[1:] == table.notes


def test_where_most_are_left_out_they_are_counted() -> None:
    empty = [(name, "–", "–", "–", "") for name in ("B", "C")]
    short = shorten(make_table(("A", "10", "+1", "5", "within"), *empty), "en")
    assert [row[0] for row in short.rows] == ["A"]
    assert short.notes[0].startswith("2 providers are left out")


def test_rows_that_are_no_providers_go_without_a_word() -> None:
    table = make_table(("One way", "10", "+1", "5", ""), ("Another", "–", "–", "–", "why"))
    assert keep_known(table).rows == table.rows[:1]
    assert keep_known(table).notes == table.notes


def test_where_no_row_has_a_figure_the_total_stays_and_nobody_is_listed() -> None:
    table = make_table(
        ("A", "–", "–", "–", ""), ("B", "–", "–", "–", ""), total=("All", "20", "+1", "–", "")
    )
    short = shorten(table, "en")
    assert short.rows == ()
    assert short.total == ("All", "20", "+1", "")
    assert short.notes[0] == "No provider has enough clients to be shown by itself."


def test_a_table_without_any_figure_keeps_its_columns() -> None:
    hidden = ("All", "not shown", "not shown", "–", "")
    assert shorten(make_table(total=hidden), "en").total == hidden
    assert shorten(make_table(), "en").headers == HEADERS


def test_a_note_that_stands_above_on_the_page_is_not_repeated() -> None:
    said: set[str] = set()
    table = make_table(("A", "10", "+1", "5", "within"))
    assert shorten(table, "en", said).notes == table.notes
    assert shorten(table, "en", said).notes == ()
