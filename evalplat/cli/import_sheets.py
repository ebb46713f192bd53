"""`evalplat import`: answer sheets from a provider's spreadsheet, checked as a whole, stored as a whole."""

import json
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalplat.cli.output import refuse_overwriting, write_result
from evalplat.cli.progress import Advance, show_progress
from evalplat.cli.provider import find_provider
from evalplat.errors import Fault, FileRejected

if TYPE_CHECKING:
    from evalplat.exchange.import_table import ImportTable
    from evalplat.services.imports import ImportCheck
    from evalplat.wiring import Wiring


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--provider", required=True, help="Whose episodes: a name or id of `provider list`.")
@click.option("--instrument", default="", help="What was filled in, where no column says it.")
@click.option("--sheet", default="", help="Sheet of a workbook; the first visible one without it.")
@click.option("--dry-run", is_flag=True, help="Only say what storing the file would do.")
@click.option(
    "--annotate",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the file with its faults in a last column here (.csv or .xlsx).",
)
@click.option("--json", "as_json", is_flag=True, help="Write the result for a program.")
def import_sheets(
    file: Path,
    provider: str,
    instrument: str,
    sheet: str,
    dry_run: bool,
    annotate: Path | None,
    as_json: bool,
) -> None:
    """Store answer sheets from a CSV or XLSX file, all of them or none.

    One row is one sheet: voucher, instrument, point (baseline, midpoint, end, follow_up), measured_on, then one column
    for each item code and condition field; respondent, mode, language and present may be there too. Names of columns
    and words in cells may be Finnish, Swedish or English. Goals are not imported.

    A file with a fault is not stored; every fault is then listed with row, column and value. The same file again
    changes nothing. Other answers that are stored are a fault, never written over.
    """
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    refuse_overwriting(file, annotate)
    if annotate is not None and annotate.suffix.lower() not in (".csv", ".xlsx"):
        raise click.UsageError("The name after --annotate must end in .csv or .xlsx.")
    settings = load_settings(os.environ)
    check_tables(settings)
    with closing(build_wiring(settings)) as wiring, show_progress("Reading", "rows") as advance:
        provider_id = find_provider(wiring, provider)
        if instrument:
            _require_instrument(wiring, instrument)
        table = _read(file, sheet, advance)
        check = _check(wiring, table, instrument, provider_id, advance)
        if annotate is not None:
            _annotate(table, check, annotate)
        stored = False
        if check.usable and not dry_run:
            check = _store(wiring, table, instrument, provider_id, check, advance)
            stored = True
    if as_json:
        click.echo(json.dumps(_record(check, stored), ensure_ascii=False, indent=1))
    else:
        _tell(check, stored)
    if not check.usable:
        sys.exit(1)


def _require_instrument(wiring: "Wiring", key: str) -> None:
    from evalplat.services.imports import list_importable

    known = [definition.key for definition in list_importable(wiring.catalogue)]
    if key not in known:
        raise click.UsageError(f"--instrument takes one of {', '.join(known)}.")


def _read(file: Path, sheet: str, advance: Advance) -> "ImportTable":
    from evalplat.exchange.import_table import looks_like_header, read_import_table
    from evalplat.exchange.limits import IMPORT
    from evalplat.exchange.tables import open_table

    with open_table(file, limits=IMPORT, sheet=sheet, is_header=looks_like_header) as table:
        return read_import_table(table, lambda count: advance("Reading", count, None))


def _check(
    wiring: "Wiring", table: "ImportTable", instrument: str, provider_id: str, advance: Advance
) -> "ImportCheck":
    from evalplat.services.actors import Actor
    from evalplat.services.imports import check_import

    actor, count = Actor.system("import from the command line"), len(table.rows)
    with wiring.reading(actor) as session:
        return check_import(
            session, wiring.catalogue, actor, table, instrument=instrument,
            provider_id=provider_id, at=wiring.clock(),
            advance=lambda done: advance("Checking", done, count),
        )  # fmt: skip


def _store(
    wiring: "Wiring",
    table: "ImportTable",
    instrument: str,
    provider_id: str,
    check: "ImportCheck",
    advance: Advance,
) -> "ImportCheck":
    """Store the file; what somebody else stored since the check is counted as stored before."""
    from dataclasses import replace

    from evalplat.services.actors import Actor
    from evalplat.services.imports import run_import

    actor = Actor.system("import from the command line")
    receipt = wiring.run(
        actor,
        lambda session: run_import(
            session, wiring.catalogue, actor, table, instrument=instrument,
            provider_id=provider_id, at=wiring.clock(),
            advance=lambda done: advance("Storing", done, check.new),
        ),
    )  # fmt: skip
    return replace(check, new=receipt.new, same=receipt.same, corrected=receipt.corrected)


def _annotate(table: "ImportTable", check: "ImportCheck", target: Path) -> None:
    from evalplat.exchange.import_files import write_annotated

    form = target.suffix.lower().removeprefix(".")
    write_result(write_annotated(table, check.faults, "en", form), target)


def _tell(check: "ImportCheck", stored: bool) -> None:
    for note in check.notes:
        click.echo(f"Note: {note}", err=True)
    if not check.usable:
        rejected = FileRejected(_headline(check), check.faults)
        click.echo(str(rejected), err=True)
        if check.fault_count > len(check.faults):
            click.echo(f"  and {check.fault_count - len(check.faults)} more faults", err=True)
        return
    counts = [f"{check.same} stored before"]
    counts += [f"{check.corrected} corrected since"] if check.corrected else []
    counts += [f"{check.waiting} rows not filled in"] if check.waiting else []
    verb = "Stored" if stored else "Would store"
    sheets = "sheet" if check.new == 1 else "sheets"
    click.echo(f"{verb} {check.new} {sheets} of {check.name} ({', '.join(counts)}).")


def _headline(check: "ImportCheck") -> Any:
    from evalplat.errors import Message

    return Message(
        "%(file)s has %(count)d faults; nothing was written.",
        file=check.name,
        count=check.fault_count,
    )


def _record(check: "ImportCheck", stored: bool) -> dict[str, Any]:
    return {
        "file": check.name,
        "stored": stored,
        "rows": check.rows,
        "new": check.new,
        "stored_before": check.same,
        "corrected_since": check.corrected,
        "conflicts": check.conflicts,
        "not_filled_in": check.waiting,
        "fault_count": check.fault_count,
        "faults": [_fault_record(fault) for fault in check.faults],
        "notes": [str(note) for note in check.notes],
    }


def _fault_record(fault: Fault) -> dict[str, Any]:
    from evalplat.exchange.faults import CellFault

    if not isinstance(fault, CellFault):
        return {"where": fault.where, "message": str(fault.message)}
    return {
        "row": fault.row,
        "column": fault.name,
        "letter": fault.letter,
        "value": fault.value,
        "message": str(fault.message),
    }
