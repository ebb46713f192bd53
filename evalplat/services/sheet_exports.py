"""Handing out answer sheets as a file: who may, what of them, and that it stands in the access log.

A provider's manager gets the own provider's sheets, a case worker those of own clients, the county's analyst scores of
pseudonymous rows; an administrator none. No file holds a name, nor anything of a client whose data is restricted; the
county's also nothing of clients who do not want to be counted. Rows are read some episodes at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound, Refused
from evalplat.exchange.export.columns import Column
from evalplat.exchange.export.csv_file import write_csv
from evalplat.exchange.export.long_form import make_long
from evalplat.exchange.export.outline import Outline, list_blocks
from evalplat.exchange.export.records import EVERYTHING, SCORES_ONLY, Contents, EpisodeRecord
from evalplat.exchange.export.spss_file import write_spss
from evalplat.exchange.export.wide_form import make_wide
from evalplat.exchange.export.workbook_file import write_workbook
from evalplat.exchange.fhir.bundle import write_bundle
from evalplat.exchange.fhir.codes import Release
from evalplat.exchange.import_columns import versions_of
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.services.actors import Actor, demand
from evalplat.services.exported_records import read_records
from evalplat.storage import audit, sheet_exports, vouchers
from evalplat.storage.tables import Provider
from evalplat.vocabulary import Role

FORMS = ("wide", "long")
KINDS = ("csv", "xlsx", "sav", "fhir")
EXPORTERS = (Role.PROVIDER_MANAGER, Role.CASE_WORKER, Role.ANALYST)
CLIENTS_IN_A_LINE = 500
AT_A_TIME = 200

Advance = Callable[[int, int], None]
"""How many episodes are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class SheetsRequest:
    """Which sheets, and what of them.

    instruments: keys, empty for all. A period means the day on which an episode was opened, so that no follow-up is cut
    off. providers: public ids, for system jobs and the county; empty for all. texts: what people wrote themselves.
    """

    instruments: tuple[str, ...] = ()
    period_from: date | None = None
    period_until: date | None = None
    providers: tuple[str, ...] = ()
    all_revisions: bool = False
    texts: bool = True


@dataclass(frozen=True, slots=True)
class FileRequest:
    """How the file is written. form: of `FORMS`, without meaning for FHIR; kind: of `KINDS`.

    separator: of `csv_file.SEPARATORS`, or empty. release: of FHIR.
    """

    kind: str = "csv"
    form: str = "wide"
    language: str = "fi"
    separator: str = ""
    release: Release = "R4"


@dataclass(frozen=True, slots=True)
class ExportReceipt:
    """What was written. `columns` are what a codebook beside the file tells."""

    episodes: int
    sheets: int
    rows: int
    columns: tuple[Column, ...]


def contents_for(actor: Actor, *, texts: bool = True) -> Contents:
    """What of a sheet an actor may take along."""
    if actor.role is Role.ANALYST:
        return SCORES_ONLY
    return EVERYTHING if texts else Contents(texts=False)


def list_exportable(catalogue: Catalogue, actor: Actor) -> tuple[Instrument, ...]:
    """The latest version of what an actor may export: never anonymous feedback, and no goals for the county.

    A record has no sheets: it is exported from the client's plan.
    """
    return tuple(
        d
        for d in catalogue.latest()
        if not (d.anonymous or d.is_open or d.kind == "record")
        and (actor.role is not Role.ANALYST or d.kind != "goals")
    )


def export_sheets(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    request: SheetsRequest,
    wanted: FileRequest,
    stream: IO[bytes],
    *,
    at: datetime,
    most_sheets: int = 0,
    advance: Advance = lambda _done, _count: None,
) -> ExportReceipt:
    """Write sheets into a stream, which must not be handed out before the session has ended: then the log is written.

    most_sheets: how many at most, 0 for any number. Raises InputRejected (an instrument or period that cannot be, more
    sheets than that, none at all), NotFound (provider) and Refused.
    """
    _require(session, actor)
    if wanted.kind == "fhir" and not contents_for(actor).answers:
        raise Refused(Message("Scores without answers are not exported as FHIR."))
    keys = _choose_instruments(catalogue, actor, request)
    _check_providers(session, request)
    contents = contents_for(actor, texts=request.texts)
    rows = sheet_exports.list_episodes(
        session, instruments=keys, period_from=request.period_from,
        period_until=request.period_until, providers=request.providers,
        with_vouchers=contents.vouchers, counted_only=actor.role is Role.ANALYST,
    )  # fmt: skip
    outline = _plan(session, catalogue, keys, rows, contents, request)
    _check_size(outline, most_sheets)
    episodes = _stream(session, outline, rows, request, advance)
    columns, count = _write(outline, episodes, wanted, stream)
    _log(session, rows, wanted, at)
    return ExportReceipt(outline.episodes, outline.sheets, count, columns)


def _require(session: Session, actor: Actor) -> None:
    demand(session, actor, *EXPORTERS)
    if actor.purpose:
        raise Refused(Message("Sheets are exported of your own clients only."))


def _choose_instruments(
    catalogue: Catalogue, actor: Actor, request: SheetsRequest
) -> tuple[str, ...]:
    known = [definition.key for definition in list_exportable(catalogue, actor)]
    faults = [
        Fault(
            "instrument",
            Message(
                "%(key)s cannot be exported; choose of %(known)s",
                key=repr(key)[:80],
                known=", ".join(known),
            ),
        )
        for key in request.instruments
        if key not in known
    ]
    start, until = request.period_from, request.period_until
    if start is not None and until is not None and until < start:
        faults.append(
            Fault(
                "period_until", Message("The period ends before it begins; correct one of the days")
            )
        )
    if faults:
        raise InputRejected(Message("The export cannot be made like this."), faults)
    return request.instruments or tuple(known)


def _check_providers(session: Session, request: SheetsRequest) -> None:
    found = vouchers.find_keys(session, Provider.public_id, Provider.id, list(request.providers))
    if set(request.providers) - found.keys():
        raise NotFound(Message("There is no such provider."))


def _plan(
    session: Session,
    catalogue: Catalogue,
    keys: Sequence[str],
    rows: Sequence[Any],
    contents: Contents,
    request: SheetsRequest,
) -> Outline:
    """What the file will hold: read once more than the rows themselves, so that every column is known beforehand."""
    ids = [row.id for row in rows]
    planned = list(sheet_exports.list_measurements(session, ids, keys))
    used = {one.instrument for one in planned}
    goals = sheet_exports.count_goals(session, ids) if contents.answers else 0
    places = ((p.episode_id, p.instrument, p.point, p.respondent, p.revision) for p in planned)
    return Outline(
        versions_of(catalogue, [key for key in keys if key in used]),
        list_blocks(places, all_revisions=request.all_revisions),
        goals if any(catalogue.get(key).kind == "goals" for key in used) else 0,
        contents,
        len(rows),
        sum(p.revision if request.all_revisions else bool(p.revision) for p in planned),
    )


def _check_size(outline: Outline, most_sheets: int) -> None:
    if not outline.sheets:
        raise InputRejected(
            Message("There are no sheets to export here. Choose another period or instrument.")
        )
    if most_sheets and outline.sheets > most_sheets:
        raise InputRejected(
            Message(
                "These are %(count)d sheets; at most %(most)d are exported at a time. Choose a shorter period or fewer "
                "instruments.",
                count=outline.sheets,
                most=most_sheets,
            )
        )


def _stream(
    session: Session,
    outline: Outline,
    rows: Sequence[Any],
    request: SheetsRequest,
    advance: Advance,
) -> Iterator[EpisodeRecord]:
    for start in range(0, len(rows), AT_A_TIME):
        part = rows[start : start + AT_A_TIME]
        yield from read_records(
            session, part, tuple(outline.instruments), outline.contents,
            all_revisions=request.all_revisions, with_goals=bool(outline.goals),
        )  # fmt: skip
        advance(start + len(part), len(rows))


def _write(
    outline: Outline, episodes: Iterator[EpisodeRecord], wanted: FileRequest, stream: IO[bytes]
) -> tuple[tuple[Column, ...], int]:
    """The columns, none for FHIR, and how many rows or resources were written."""
    if wanted.kind == "fhir":
        return (), write_bundle(outline, episodes, stream, wanted.language, wanted.release)
    make = make_long if wanted.form == "long" else make_wide
    table = make(outline, episodes, wanted.language)
    match wanted.kind:
        case "xlsx":
            return table.columns, write_workbook(table, stream, wanted.language)
        case "sav":
            return table.columns, write_spss(table, stream, wanted.language)
    return table.columns, write_csv(table, stream, wanted.language, wanted.separator)


def _log(session: Session, rows: Sequence[Any], wanted: FileRequest, at: datetime) -> None:
    """Lines of some hundred clients each, because one line is read whole whenever a client asks who has looked."""
    clients = sorted({row.client_id for row in rows})
    what = "fhir" if wanted.kind == "fhir" else f"{wanted.form} {wanted.kind}"
    for start in range(0, len(clients), CLIENTS_IN_A_LINE):
        part = clients[start : start + CLIENTS_IN_A_LINE]
        audit.record(session, "export_sheets", "export", what, part, at=at)
