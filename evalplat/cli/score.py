"""`evalplat score`: a file of answer sheets in, long rows of scores out."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from evalplat.cli.output import open_output, refuse_overwriting
from evalplat.errors import NotFound

if TYPE_CHECKING:
    from evalplat.exchange.tables import Table
    from evalplat.instruments.definition import Instrument

SHOWN_EVERY = 500


@click.command()
@click.argument("instrument")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--version", "version", help="Version of the instrument; the latest without it.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows to this file instead of the terminal.",
)
def score(instrument: str, file: Path, version: str | None, output: Path | None) -> None:
    """Score a CSV or XLSX file of answer sheets.

    INSTRUMENT is a key of `evalplat instruments list`, or the path of a definition (.toml). FILE has a column id, one
    column for each item code and condition field (`evalplat instruments show KEY` lists them); empty = missing. For
    gas: rows id, goal, level and, if goals differ in weight, weight.

    Gives rows id, scale, score, status, items_used, items_missing, variant as CSV. Nothing is written when the file has
    a fault; every fault is then listed with row, column and value.
    """
    from evalplat.exchange.sheets import SCORE_COLUMNS, list_ignored_columns, score_table
    from evalplat.exchange.tables import open_table

    definition = find_instrument(instrument, version)
    refuse_overwriting(file, output)
    with _open_text(output) as stream, open_table(file) as table, show_progress(table) as advance:
        _name_ignored(list_ignored_columns(definition, table.columns))
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(SCORE_COLUMNS)
        for number, rows in enumerate(score_table(definition, table), start=1):
            writer.writerows(rows)
            if not number % SHOWN_EVERY:
                advance(number)


def find_instrument(name: str, version: str | None) -> "Instrument":
    """The instrument of a key or of a definition file; a name that is neither is wrong use."""
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.instruments.loader import load_definition

    if name.endswith(".toml"):
        if version:
            raise click.UsageError("A definition file has one version; leave --version out.")
        return load_definition(name)
    try:
        return open_catalogue().get(name, version)
    except NotFound as error:
        raise click.UsageError(str(error)) from error


def _name_ignored(columns: tuple[str, ...]) -> None:
    if columns:
        shown = ", ".join(columns[:10]) + (" …" if len(columns) > 10 else "")
        click.echo(f"Note: columns that scoring does not use are ignored: {shown}", err=True)


@contextmanager
def _open_text(path: Path | None) -> Iterator[IO[str]]:
    """A text stream that reaches its place (a file, or stdout) only when everything was written without an error."""
    with open_output(path) as raw:
        stream = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        try:
            yield stream
        finally:
            stream.detach()


@contextmanager
def show_progress(table: "Table") -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal's stderr, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("Scoring"),
        BarColumn(),
        TextColumn("{task.fields[done]} scored"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("score", total=None, done=0)

        def advance(number: int) -> None:
            share = table.read_share()
            total = None if share is None else 1.0
            progress.update(task, total=total, completed=share or 0.0, done=f"{number:,}")

        yield advance
