"""The files of the county's analyses: each address gives the one result of its query in another form.

An analysis says how its result is loaded and which forms there are; the addresses, their access rule and the answer
that a browser keeps as a file are the same for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import Blueprint
from werkzeug.wrappers import Response

from evalplat.reports.picture import Picture, drawing
from evalplat.reports.png import write_png
from evalplat.reports.svg import write_svg
from evalplat.reports.tables import Table, table_csv
from evalplat.reports.told_book import write_tables
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.files import give_file, same_query
from evalplat.web.languages import reader

Result = TypeVar("Result")
Content = str | bytes

TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "svg": "image/svg+xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MARK = "\ufeff"
"""What tells spreadsheet programs that a CSV file is UTF-8."""


@dataclass(frozen=True, slots=True)
class ResultFile(Generic[Result]):
    """One form of a result. kind: its name on the page; place: its address below the analysis, and how files end.

    table: of which table it is, for the workbook that holds all tables of an analysis.
    """

    kind: str
    place: str
    write: Callable[[Result], Content]
    table: Callable[[Result, str], Table] | None = None


def table_file(kind: str, place: str, make: Callable[[Result, str], Table]) -> ResultFile[Result]:
    """A table of the page, as the reader's spreadsheet program opens it."""
    return ResultFile(kind, place, lambda found: MARK + table_csv(make(found, reader())), make)


def _workbook(
    files: Sequence[ResultFile[Result]], name: Callable[[Result], str]
) -> ResultFile[Result]:
    """All tables of an analysis in one workbook, each on a sheet of its own."""

    def write(found: Result) -> bytes:
        language = reader()
        tables = [file.table(found, language) for file in files if file.table]
        return write_tables(name(found), tables, language)

    folder = files[0].place.rpartition("/")[0]
    return ResultFile("xlsx", f"{folder}/tables.xlsx".lstrip("/"), write)


def picture_files(
    kind: str, place: str, build: Callable[[Result, str], Picture]
) -> tuple[ResultFile[Result], ResultFile[Result]]:
    """A picture by itself, as SVG and as PNG (its kind ends with `_png`)."""

    def draw(found: Result, write: Callable[[Picture], bytes]) -> bytes:
        with drawing():
            return write(build(found, reader()))

    return (
        ResultFile(kind, f"{place}.svg", lambda found: draw(found, write_svg)),
        ResultFile(f"{kind}_png", f"{place}.png", lambda found: draw(found, write_png)),
    )


def offer_files(
    bp: Blueprint,
    load: Callable[[], Result],
    name: Callable[[Result], str],
    files: Sequence[ResultFile[Result]],
) -> Callable[[], dict[str, str]]:
    """Make the addresses of an analysis's files; gives what tells a page their addresses for its own query, by kind.

    A workbook of all its tables is one of them. load: the result that the request's address asks for. name: how its
    files begin.
    """
    files = (*files, _workbook(files, name))
    for file in files:
        view = staff(*COUNTY_READERS)(_make_view(load, name, file))
        bp.add_url_rule(f"/{file.place}", f"write_{file.kind}", view, methods=["GET"])
    return lambda: {file.kind: same_query(f"{bp.name}.write_{file.kind}") for file in files}


def _make_view(
    load: Callable[[], Result], name: Callable[[Result], str], file: ResultFile[Result]
) -> Callable[[], Response]:
    kind = TYPES[file.place.rpartition(".")[2]]

    def write() -> Response:
        found = load()
        return give_file(file.write(found), kind, name(found), file.place)

    return write
