"""`evalplat instruments adopt`: the county states the ranges of an instrument that its owner scores."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.exchange.faults import FaultList
    from evalplat.instruments.adopting import Stated


@click.command("adopt")
@click.argument("key")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--version", "version", help="The version to begin with; the latest without it.")
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False),
    help="The county's own folder of instruments, which EVALPLAT_OWN_INSTRUMENTS names.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="Where the table to fill in is written; standard output without it.",
)  # fmt: skip
def adopt(
    key: str, file: Path | None, version: str | None, into: Path | None, output: Path | None
) -> None:
    """State the ranges of an instrument whose owner scores it, so that it can be used.

    Without FILE, a table to fill in is written: a row for each scale with its lowest and highest score, its direction
    (higher, lower or none: which way is better), where that is stated, and what the scale is called. With FILE, a new
    version is written into the folder of --into. All faults are listed at once, and then nothing is written.
    """
    from evalplat.cli.output import write_result
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.errors import NotFound
    from evalplat.instruments.adopting import adopt as write_version
    from evalplat.instruments.adopting import list_template

    catalogue = open_catalogue()
    try:
        definition = catalogue.get(key, version)
    except NotFound as error:
        raise click.UsageError(str(error)) from error
    if definition.kind != "external":
        raise click.UsageError(f"{key} is scored here, so its ranges are known.")
    if file is None:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n").writerows(list_template(definition))
        write_result(stream.getvalue(), output)
        return
    if into is None:
        raise click.UsageError("Name the county's own folder of instruments with --into.")
    made = write_version(catalogue.path_of(definition), _read_stated(file), into)
    click.echo(f"{made.key} {made.version} is written into {into / made.key}")
    click.echo(f"Set EVALPLAT_OWN_INSTRUMENTS={into} and start the server again.")


def _read_stated(file: Path) -> "list[Stated]":
    """The rows of a filled-in table; raises FileRejected with every fault."""
    from evalplat.errors import FileRejected, Message
    from evalplat.exchange.faults import FaultList
    from evalplat.exchange.tables import open_table
    from evalplat.instruments.adopting import COLUMNS, Stated
    from evalplat.vocabulary import LANGUAGES

    faults = FaultList()
    found = []
    with open_table(file) as table:
        names = [name.strip().lower() for name in table.columns]
        for name in COLUMNS:
            if name not in names:
                faults.add(f"column {name}", Message("the column is missing; add it"))
        for number, cells in table.rows(faults):
            row = dict(zip(names, cells, strict=True))
            numbers = _read_numbers(number, row, names, faults)
            titles = {code: row[code] for code in LANGUAGES if row.get(code)}
            found.append(
                Stated(
                    scale=row.get("scale", ""),
                    low=numbers["low"] or 0.0,
                    high=numbers["high"] or 0.0,
                    direction=row.get("direction", "").lower(),
                    source=row.get("source", ""),
                    mic=numbers["mic"],
                    sdc=numbers["sdc"],
                    population=row.get("population", ""),
                    titles=titles,
                )
            )
    if faults:
        raise FileRejected(
            Message(
                "%(file)s has %(count)d faults; nothing was written.",
                file=file.name, count=faults.count,
            ),
            tuple(faults.shown),
        )  # fmt: skip
    return found


def _read_numbers(
    number: int, row: "dict[str, str]", names: "list[str]", faults: "FaultList"
) -> "dict[str, float | None]":
    """The numbers of one row; both ends of the range are needed."""
    from evalplat.errors import Message
    from evalplat.exchange.tables import parse_number

    found: dict[str, float | None] = {}
    for name in ("low", "high", "mic", "sdc"):
        text, told = row.get(name, ""), None
        try:
            found[name] = parse_number(text) if text else None
        except ValueError:
            found[name], told = None, Message("this is not a number")
        if not text and name in ("low", "high"):
            told = Message("state the lowest and the highest score that the owner names")
        if told is not None and name in names:
            faults.add_cell(number, names.index(name) + 1, told, name=name, value=text[:80])
    return found
