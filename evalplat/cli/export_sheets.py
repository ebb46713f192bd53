"""`evalplat export sheets`: answer sheets as CSV, XLSX or SPSS, with a codebook."""

import os
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import open_output
from evalplat.cli.progress import show_progress
from evalplat.cli.provider import find_provider
from evalplat.vocabulary import LANGUAGES

if TYPE_CHECKING:
    from evalplat.services.sheet_exports import ExportReceipt, FileRequest, SheetsRequest
    from evalplat.wiring import Wiring

DAYS = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
KINDS = ("csv", "xlsx", "sav", "fhir")
BESIDE = ("csv", "sav")
"""Kinds of file that have no room for a codebook, so that it gets a file of its own."""


@click.command("sheets")
@click.option(
    "--instrument",
    "instruments",
    multiple=True,
    metavar="KEY",
    help="An instrument; may be given several times. Without it, all of them.",
)
@click.option("--from", "start", type=DAYS, help="Only episodes opened from this day on.")
@click.option(
    "--to", "until", type=DAYS, help="Only episodes opened until this day, itself included."
)
@click.option(
    "--provider",
    "providers",
    multiple=True,
    metavar="NAME",
    help="A name or id of `provider list`; may be given several times. Without it, all.",
)
@click.option(
    "--form",
    type=click.Choice(["wide", "long"]),
    default="wide",
    show_default=True,
    help="One row per episode, or one per answer and score.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(KINDS),
    help="The kind of file; else the name after -o says it.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Language of the labels.",
)
@click.option(
    "--separator",
    type=click.Choice(["semicolon", "comma", "tab"]),
    help="Of a CSV; semicolon with a decimal comma for fi and sv, else comma.",
)
@click.option(
    "--fhir-release",
    "release",
    type=click.Choice(["R4", "R5"]),
    default="R4",
    show_default=True,
    help="Release of a FHIR bundle.",
)
@click.option("--all-revisions", is_flag=True, help="Earlier revisions of corrected sheets too.")
@click.option("--no-text", is_flag=True, help="Leave out what people wrote in their own words.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file."
)
def sheets(
    instruments: tuple[str, ...],
    start: datetime | None,
    until: datetime | None,
    providers: tuple[str, ...],
    form: str,
    kind: str | None,
    language: str,
    separator: str | None,
    release: str,
    all_revisions: bool,
    no_text: bool,
    output: Path | None,
) -> None:
    """Write answer sheets with scores and goals from the database (EVALPLAT_DATABASE_URL), with labels, without names.

    Beside FILE.csv and FILE.sav stands FILE.codebook.csv; XLSX has the codebook on its second sheet. The files are
    readable by their owner alone: they are as private as the clients' own files. Each export stands in the access log.
    """  # fmt: skip
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.services.sheet_exports import FileRequest, SheetsRequest
    from evalplat.wiring import build_wiring

    chosen = kind or _kind_of(output)
    settings = load_settings(os.environ)
    check_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        request = SheetsRequest(
            instruments=tuple(dict.fromkeys(instruments)),
            period_from=start.date() if start else None,
            period_until=until.date() if until else None,
            providers=tuple(find_provider(wiring, name) for name in providers),
            all_revisions=all_revisions,
            texts=not no_text,
        )
        wanted = FileRequest(
            chosen, form, language, separator or "", "R5" if release == "R5" else "R4"
        )
        receipt = _write(wiring, request, wanted, output)
    if output is not None and chosen in BESIDE:
        _write_codebook(receipt, wanted, output)
    click.echo(f"{receipt.sheets} sheets of {receipt.episodes} episodes.", err=True)


def _kind_of(output: Path | None) -> str:
    suffix = output.suffix.lower().removeprefix(".") if output else "csv"
    found = {"json": "fhir"}.get(suffix, suffix)
    if found not in KINDS or suffix == "fhir":
        raise click.UsageError(
            "Say with --as which kind of file it is, or end its name in .csv, .xlsx, .sav or .json (FHIR)."
        )
    return found


def _write(
    wiring: "Wiring", request: "SheetsRequest", wanted: "FileRequest", output: Path | None
) -> "ExportReceipt":
    """Write the file; it gets its place only after the access log was written."""
    import sys

    from evalplat.services.actors import Actor
    from evalplat.services.sheet_exports import export_sheets

    if output is None and wanted.kind != "csv" and sys.stdout.isatty():
        raise click.UsageError("This form is not for a terminal: name a file with -o.")
    actor = Actor.system("export of sheets from the command line")
    with (
        show_progress("Reading", "episodes") as advance,
        open_output(output, private=True) as stream,
        wiring.reading(actor) as session,
    ):
        return export_sheets(
            session, wiring.catalogue, actor, request, wanted, stream, at=wiring.clock(),
            advance=lambda done, count: advance("Writing", done, count),
        )  # fmt: skip


def _write_codebook(receipt: "ExportReceipt", wanted: "FileRequest", output: Path) -> None:
    from evalplat.exchange.export.codebook import make_codebook
    from evalplat.exchange.export.csv_file import write_csv

    codebook = make_codebook(
        receipt.columns, wanted.language, "numbers" if wanted.kind == "sav" else "words"
    )
    with open_output(output.with_suffix(".codebook.csv"), private=True) as stream:
        write_csv(codebook, stream, wanted.language, wanted.separator)
