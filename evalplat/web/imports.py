"""Importing sheets from a spreadsheet: a template, a dry run, a file with its faults marked, a receipt.

Between the dry run and storing, the content waits in the page itself, compressed, signed and bound to the account: the
server keeps no file that anybody could forget, and every worker process can go on with it.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, cast

from flask import Blueprint, current_app, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from evalplat.errors import Conflict, Fault, FileRejected, Message, NotFound
from evalplat.exchange.faults import CellFault
from evalplat.exchange.import_files import FORMS, TemplateRow, write_annotated, write_template
from evalplat.exchange.import_table import (
    ImportTable,
    looks_like_header,
    pack_table,
    read_import_table,
    unpack_table,
)
from evalplat.exchange.limits import UPLOAD
from evalplat.exchange.tables import open_stream
from evalplat.services.imports import (
    ImportCheck,
    ImportReceipt,
    PreviewRow,
    check_import,
    list_importable,
    list_open_measurements,
    run_import,
)
from evalplat.web.access import PROVIDER_STAFF, keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.files import give_file
from evalplat.web.flow import DECLINED, list_all_steps
from evalplat.web.languages import reader, say

bp = Blueprint("imports", __name__, url_prefix="/desk/import")

LARGEST_REQUEST = UPLOAD.workbook_bytes + 256 * 1024
LONGEST_HELD = 3 * 1024 * 1024
HELD_FOR = 2 * 3600
SHOWN_FAULTS = 100
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
WHOLE_ROW = re.compile(r"row (\d+)")
MERGED_CELLS = re.compile(r"[A-Z]+\d+:[A-Z]+\d+")
NO_FILE = Message("Choose a file, then check it.")
CHOOSE_AGAIN = Message(
    "Choose the file again: the earlier check no longer holds. Nothing was stored."
)
DECLINED_ANSWER = Message("Did not want to answer")
TOO_MUCH = Message("The file holds too much for one go. Split it into several files.")


@bp.url_value_preprocessor
def allow_files(_endpoint: str | None, _values: dict[str, object] | None) -> None:
    """These pages take files, which are larger than any form of ours."""
    request.max_content_length = LARGEST_REQUEST
    request.max_form_memory_size = LONGEST_HELD + 256 * 1024


@bp.route("", methods=["GET", "POST"])
@staff(*PROVIDER_STAFF)
@keeps_input
def begin() -> Page:
    """Choose a file; what comes back says what storing it would do."""
    if not is_sent():
        return _ask()
    try:
        table = _read_upload()
        instrument = _chosen_instrument()
        held = _seal(table, instrument)
    except FileRejected as rejected:
        return _ask(rejected)
    return _show(table, instrument, held)


@bp.post("/store")
@staff(*PROVIDER_STAFF)
@keeps_input
def store() -> Page:
    """Store what was checked, all of it or nothing."""
    held = request.form.get("held", "")
    try:
        table, instrument = _unseal(held)
    except FileRejected as rejected:
        return _ask(rejected)
    if not is_sent():
        return _show(table, instrument, held)
    wiring, who, at = current_wiring(), actor(), now()
    try:
        receipt = wiring.run(
            who,
            lambda database: run_import(
                database, wiring.catalogue, who, table, instrument=instrument, at=at
            ),
        )
    except (FileRejected, Conflict):
        # Something was stored in the meantime: the check says what stands in the way now.
        return _show(table, instrument, held)
    return send_to("imports.show_receipt", stored=_seal_receipt(receipt, table.name))


@bp.get("/done")
@staff(*PROVIDER_STAFF)
def show_receipt() -> str:
    """What was stored."""
    try:
        whose, *rest = _signer("receipt").loads(request.args.get("stored", ""))
        new, same, corrected, name = rest
    except (BadData, ValueError):
        raise NotFound(Message("There is no such receipt.")) from None
    if whose != actor().account_id:
        raise NotFound(Message("There is no such receipt."))
    receipt = ImportReceipt(int(new), int(same), int(corrected))
    return render_template("desk/import_done.html", receipt=receipt, name=str(name))


@bp.post("/faults")
@staff(*PROVIDER_STAFF)
def write_faults() -> Response:
    """The file that was sent, with what is wrong in a last column."""
    table, instrument = _unseal(request.form.get("held", ""))
    check = _check(table, instrument)
    form = "csv" if Path(table.name).suffix.lower() not in (".xlsx", ".xlsm") else "xlsx"
    content = write_annotated(table, check.faults, reader(), form)
    return _file(content, "faults", form)


@bp.get("/template/<instrument>.<form>")
@staff(*PROVIDER_STAFF)
def write_blank(instrument: str, form: str) -> Response:
    """A template with the own measurements that wait for answers."""
    wiring, who = current_wiring(), actor()
    definition = next((d for d in list_importable(wiring.catalogue) if d.key == instrument), None)
    if definition is None or form not in FORMS:
        raise NotFound(Message("There is no such template."))
    with wiring.reading(who) as database:
        found = list_open_measurements(database, wiring.catalogue, who, instrument=instrument)
    rows = [TemplateRow(one.voucher, one.point, one.respondent) for one in found]
    return _file(write_template(definition, rows, reader(), form), instrument, form)


def _read_upload() -> ImportTable:
    sent = request.files.get("file")
    name = Path((sent.filename or "").replace("\\", "/")).name if sent else ""
    if sent is None or not name:
        raise FileRejected(NO_FILE)
    name = "".join(sign for sign in name if sign.isprintable())[-80:]
    with open_stream(
        name,
        cast(BinaryIO, sent.stream),
        limits=UPLOAD,
        sheet=request.form.get("sheet", "").strip()[:60],
        is_header=looks_like_header,
    ) as table:
        return read_import_table(table)


def _chosen_instrument() -> str:
    wish = request.form.get("instrument", "")
    known = {definition.key for definition in list_importable(current_wiring().catalogue)}
    return wish if wish in known else ""


def _check(table: ImportTable, instrument: str) -> ImportCheck:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return check_import(database, wiring.catalogue, who, table, instrument=instrument, at=now())


def _ask(error: FileRejected | None = None) -> Page:
    catalogue = current_wiring().catalogue
    page = render_template(
        "desk/import.html",
        instruments=[(d.key, d.text(reader()).title) for d in list_importable(catalogue)],
        values={name: request.form.get(name, "") for name in ("instrument", "sheet")},
        limits=UPLOAD, forms=FORMS, error=error,
        places=_name_places(error.faults if error else ()),
    )  # fmt: skip
    return (page, 422) if error else page


def _name_places(faults: Sequence[Fault]) -> dict[str, str]:
    """Where each fault stands, in the reader's words: rows by number, columns by letter, merged cells as they are."""
    places = {}
    for fault in faults:
        if isinstance(fault, CellFault) and fault.column:
            told = Message("Row %(row)s, column %(column)s", row=fault.row, column=fault.letter)
            places[fault.where] = say(told)
        elif row := WHOLE_ROW.fullmatch(fault.where):
            places[fault.where] = say(Message("Row %(row)s", row=row[1]))
        elif MERGED_CELLS.fullmatch(fault.where):
            places[fault.where] = say(Message("Cells %(cells)s", cells=fault.where))
    return places


def _show(table: ImportTable, instrument: str, held: str) -> Page:
    check = _check(table, instrument)
    catalogue = current_wiring().catalogue
    page = render_template(
        "desk/import_check.html",
        check=check, held=held, shown=check.faults[:SHOWN_FAULTS],
        hidden=check.fault_count - min(len(check.faults), SHOWN_FAULTS),
        title_of=lambda row: catalogue.get(row.instrument, row.version).text(reader()).title,
        example=_tell_answers(check.preview[0]) if check.preview else (),
        is_cell=lambda fault: isinstance(fault, CellFault),
    )  # fmt: skip
    return page if check.usable else (page, 422)


def _tell_answers(row: PreviewRow) -> list[tuple[str, str]]:
    """Questions and answers of a row in words, so that a code that was understood otherwise is noticed."""
    definition = current_wiring().catalogue.get(row.instrument, row.version)
    return [
        (step.label, say(DECLINED_ANSWER) if answer == DECLINED else step.show(answer) or "–")
        for step in list_all_steps(definition, reader())
        for answer in (row.raw.get(step.code),)
    ]


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=f"import {purpose}")


def _seal(table: ImportTable, instrument: str) -> str:
    """The content, compressed and signed for this account; raises FileRejected where it would not fit a form."""
    held = str(_signer("content").dumps([actor().account_id, instrument, pack_table(table)]))
    if len(held) > LONGEST_HELD:
        raise FileRejected(TOO_MUCH)
    return held


def _unseal(held: str) -> tuple[ImportTable, str]:
    try:
        whose, instrument, packed = _signer("content").loads(held, max_age=HELD_FOR)
    except (BadData, ValueError):
        raise FileRejected(CHOOSE_AGAIN) from None
    if whose != actor().account_id:
        raise FileRejected(CHOOSE_AGAIN)
    return unpack_table(packed), str(instrument)


def _seal_receipt(receipt: ImportReceipt, name: str) -> str:
    content = [actor().account_id, receipt.new, receipt.same, receipt.corrected, name]
    return str(_signer("receipt").dumps(content))


def _file(content: bytes, name: str, form: str) -> Response:
    return give_file(content, KINDS[form], name, form)
