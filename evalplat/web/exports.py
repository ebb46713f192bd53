"""Exporting sheets: a page of choices (what to take, in which form), and the file at an address of its own.

A provider's manager takes the own provider's sheets, a case worker those of own clients, the county's analyst scores.
"""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import EvalplatError, Fault, FileRejected, InputRejected, Message
from evalplat.exchange.export.codebook import Codes, make_codebook
from evalplat.exchange.export.csv_file import write_csv
from evalplat.instruments.definition import Instrument
from evalplat.services.sheet_exports import (
    FORMS,
    KINDS,
    ExportReceipt,
    FileRequest,
    SheetsRequest,
    export_sheets,
    list_exportable,
)
from evalplat.vocabulary import LANGUAGES, Role
from evalplat.web.access import staff
from evalplat.web.context import Page, actor, current_wiring, now
from evalplat.web.fields import read_date
from evalplat.web.files import give_file
from evalplat.web.languages import reader, today

bp = Blueprint("exports", __name__)

MOST_SHEETS = 5_000
MOST_IN = {("long", "xlsx"): 1_000}
"""How many sheets a page hands out, so that nobody waits for minutes; the command line has no limit."""

KINDS_OF_FILE = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
    "json": "application/fhir+json",
}
ZIPPED = ("csv", "sav")
"""Kinds that have no room for a codebook: both go into one ZIP."""

NOT_MADE = Message("The file was not made.")
NO_INSTRUMENT = Message("Choose at least one instrument.")


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen, as the page shows it again."""

    instruments: tuple[str, ...]
    period_from: str
    period_until: str
    form: str
    kind: str
    language: str
    all_revisions: bool
    without_texts: bool


@bp.get("/desk/export")
@staff(Role.PROVIDER_MANAGER, Role.CASE_WORKER)
def show_choices() -> Page:
    """What may be taken, and what the file holds."""
    return _show()


@bp.get("/desk/export/file")
@staff(Role.PROVIDER_MANAGER, Role.CASE_WORKER)
def write_file() -> Page:
    """The file, or the page again with what is to be mended."""
    return _give()


@bp.get("/county/export")
@staff(Role.ANALYST)
def show_county_choices() -> Page:
    """The same for the county: scores of pseudonymous rows."""
    return _show()


@bp.get("/county/export/file")
@staff(Role.ANALYST)
def write_county_file() -> Page:
    """The county's file, or the page again."""
    return _give()


def _show(error: EvalplatError | None = None) -> Page:
    of_county = _of_county()
    page = render_template(
        "desk/export.html",
        choices=_read(),
        instruments=[(d.key, d.text(reader()).title) for d in _exportable()],
        target="exports.write_county_file" if of_county else "exports.write_file",
        of_county=of_county,
        languages=LANGUAGES,
        most=MOST_SHEETS,
        error=error,
    )
    return (page, 422) if error else page


def _of_county() -> bool:
    return actor().role is Role.ANALYST


def _exportable() -> tuple[Instrument, ...]:
    return list_exportable(current_wiring().catalogue, actor())


def _read() -> Choices:
    """The choices in the address; without any, everything in the wide form as a workbook."""
    asked = request.args
    chosen = "chosen" in asked
    known = [definition.key for definition in _exportable()]
    return Choices(
        instruments=tuple(key for key in known if key in asked.getlist("instrument"))
        if chosen
        else tuple(known),
        period_from=asked.get("from", "").strip()[:20],
        period_until=asked.get("until", "").strip()[:20],
        form=_one_of("form", FORMS),
        kind=_one_of("kind", ("xlsx", *(k for k in KINDS if k != "fhir" or not _of_county()))),
        language=_one_of("labels", (reader(), *LANGUAGES)),
        all_revisions="all_revisions" in asked,
        without_texts="without_texts" in asked,
    )


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    wish = request.args.get(name, "")
    return wish if wish in allowed else allowed[0]


def _give() -> Page:
    choices = _read()
    stream = BytesIO()
    try:
        wanted = _check(choices)
        receipt = _write(choices, wanted, stream)
    except (InputRejected, FileRejected) as rejected:
        return _show(rejected)
    if choices.kind == "fhir":
        return _file(stream.getvalue(), "sheets-fhir", "json")
    name = f"sheets-{choices.form}"
    if choices.kind in ZIPPED:
        return _file(_zip(stream, name, receipt, choices), name, "zip")
    return _file(stream.getvalue(), name, choices.kind)


def _check(choices: Choices) -> SheetsRequest:
    """The request; raises InputRejected with every fault of the form."""
    faults: list[Fault] = []
    start = read_date(choices.period_from, "from", faults, optional=True)
    until = read_date(choices.period_until, "until", faults, optional=True)
    if not choices.instruments:
        faults.append(Fault("instrument", NO_INSTRUMENT))
    if faults:
        raise InputRejected(NOT_MADE, faults)
    return SheetsRequest(
        instruments=choices.instruments,
        period_from=start,
        period_until=until,
        all_revisions=choices.all_revisions,
        texts=not choices.without_texts,
    )


def _write(choices: Choices, wanted: SheetsRequest, stream: IO[bytes]) -> ExportReceipt:
    """Write the file; when this returns, the access log was written too."""
    wiring, who = current_wiring(), actor()
    how = FileRequest(choices.kind, choices.form, choices.language)
    most = MOST_IN.get((choices.form, choices.kind), MOST_SHEETS)
    with wiring.reading(who) as database:
        return export_sheets(
            database, wiring.catalogue, who, wanted, how, stream, at=now(), most_sheets=most
        )


def _zip(stream: BytesIO, name: str, receipt: ExportReceipt, choices: Choices) -> bytes:
    """The file with its codebook beside it."""
    codebook, both = BytesIO(), BytesIO()
    codes: Codes = "numbers" if choices.kind == "sav" else "words"
    write_csv(make_codebook(receipt.columns, choices.language, codes), codebook, choices.language)
    dated = f"{name}-{today().isoformat()}"
    with zipfile.ZipFile(both, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{dated}.{choices.kind}", stream.getvalue())
        archive.writestr(f"{dated}-codebook.csv", codebook.getvalue())
    return both.getvalue()


def _file(content: bytes, name: str, ending: str) -> Response:
    return give_file(content, KINDS_OF_FILE[ending], name, ending)
