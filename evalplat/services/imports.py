"""Importing answer sheets from a spreadsheet: a dry run that lists every fault, then all rows or none."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, FileRejected, Message, NotFound
from evalplat.exchange.faults import CellFault, FaultList
from evalplat.exchange.import_rows import SHEETS, RowReader
from evalplat.exchange.import_table import MOST_FAULTS, ImportTable
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.answers import submit_many
from evalplat.services.import_matching import Matched, RowState, begin_matching
from evalplat.services.storing import AnswersConflict
from evalplat.storage import audit, imports, vouchers
from evalplat.storage.tables import Provider
from evalplat.vocabulary import MeasurementPoint, Respondent

STORED_AT_ONCE = 1_000
SHOWN_EVERY = 200
PREVIEWED = 10
MOST_OPEN = 5_000
LEAST_FOR_A_DOUBT = 5
"""From so many sheets on, it is odd that not one answer is an instrument's lowest."""

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row as it is understood."""

    number: int
    voucher: str
    instrument: str
    version: str
    point: MeasurementPoint
    measured_on: date
    respondent: Respondent
    answered: int
    asked: int
    state: RowState
    raw: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ImportCheck:
    """What storing a file would do: rows by what would become of them, every fault, and the first rows as understood.

    `waiting` are rows that nobody has filled in yet. `conflicts` are rows whose measurement has other answers stored;
    they are faults too. `fault_count` counts all faults where `faults` lists the first ones only.
    """

    name: str
    rows: int
    new: int
    same: int
    corrected: int
    conflicts: int
    waiting: int
    faults: tuple[Fault, ...]
    fault_count: int
    notes: tuple[Message, ...]
    preview: tuple[PreviewRow, ...]

    @property
    def faulty(self) -> int:
        """How many rows have a fault."""
        return self.rows - self.new - self.same - self.corrected - self.waiting

    @property
    def usable(self) -> bool:
        """Whether the file can be stored as it is."""
        return self.fault_count == 0


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """What was stored: new sheets now, those that had been there before, and those of them corrected since."""

    new: int
    same: int
    corrected: int


@dataclass(frozen=True, slots=True)
class OpenMeasurement:
    """A measurement that waits for answers, as a template names it."""

    voucher: str
    point: MeasurementPoint
    respondent: Respondent


def check_import(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    table: ImportTable,
    *,
    instrument: str = "",
    provider_id: str | None = None,
    at: datetime,
    advance: Advance = lambda _count: None,
) -> ImportCheck:
    """A dry run: every fault of the file, and what storing it would do. Nothing is written but the access log.

    `instrument` is that of rows which do not name one; `provider_id` says whose episodes are meant, for system jobs.
    """
    demand(session, actor, *PROVIDER_STAFF)
    check, _matched = _look_through(
        session, catalogue, actor, table, instrument, provider_id, at, advance
    )
    return check


def run_import(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    table: ImportTable,
    *,
    instrument: str = "",
    provider_id: str | None = None,
    at: datetime,
    advance: Advance = lambda _count: None,
) -> ImportReceipt:
    """Store every row of a file, or none, in the session's one transaction. The same file again changes nothing.

    Raises FileRejected with every fault. Other answers that are stored already are a fault, never written over.
    """
    demand(session, actor, *PROVIDER_STAFF)
    check, matched = _look_through(
        session,
        catalogue,
        actor,
        table,
        instrument,
        provider_id,
        at,
        lambda _count: None,
        lock=True,
    )
    if not check.usable:
        raise FileRejected(
            Message(
                "%(file)s has %(count)d faults; nothing was written.",
                file=table.name,
                count=check.fault_count,
            ),
            check.faults,
        )
    new = [one for one in matched if one.state is RowState.NEW]
    done = 0
    for part in _cut(new):
        try:
            submit_many(session, catalogue, actor, [one.submission for one in part], at)
        except AnswersConflict as error:
            # A plain conflict takes the whole import back; this one would keep what was stored so far.
            raise Conflict(error.message) from error
        done += len(part)
        advance(done)
    audit.record(session, "import_sheets", "import", _digest(table), at=at)
    return ImportReceipt(check.new, check.same, check.corrected)


def list_open_measurements(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    instrument: str,
    provider_id: str | None = None,
) -> tuple[OpenMeasurement, ...]:
    """The own measurements of an instrument that wait for answers, for a template; raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF)
    catalogue.get(instrument)
    provider = _find_provider(session, actor, provider_id)
    found = imports.list_open_places(session, provider, instrument, MOST_OPEN)
    if found:
        clients = {place.client for place in found}
        audit.record(session, "read_open_measurements", "instrument", instrument, clients)
    return tuple(OpenMeasurement(p.voucher, p.point, p.respondent) for p in found)


def list_importable(catalogue: Catalogue) -> tuple[Instrument, ...]:
    """The instruments whose sheets can be imported: scored here or by their owners, and part of a client's plan."""
    return tuple(
        d for d in catalogue.latest() if d.kind in SHEETS and not d.anonymous and not d.is_open
    )


def _look_through(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    table: ImportTable,
    instrument: str,
    provider_id: str | None,
    at: datetime,
    advance: Advance,
    *,
    lock: bool = False,
) -> tuple[ImportCheck, list[Matched]]:
    provider = _find_provider(session, actor, provider_id)
    faults = FaultList(MOST_FAULTS)
    faults.extend(table.faults)
    faults.count += table.fault_count - len(table.faults)
    reader = RowReader(table, catalogue, instrument, faults)
    rows = list(reader.rows())
    matching = begin_matching(session, catalogue, reader, rows, provider, at, lock=lock)
    matched = []
    for count, one in enumerate(matching.match(rows), start=1):
        matched.append(one)
        if not count % SHOWN_EVERY:
            advance(count)
    if not matched and not faults:
        faults.add("", Message("no row is filled in: each needs a day and answers"))
    states = Counter(one.state for one in matched)
    check = ImportCheck(
        name=table.name,
        rows=len(table.rows),
        new=states[RowState.NEW],
        same=states[RowState.SAME],
        corrected=states[RowState.CORRECTED],
        conflicts=matching.conflicts,
        waiting=reader.waiting,
        faults=tuple(sorted(faults.shown, key=_place)),
        fault_count=faults.count,
        notes=tuple(_list_notes(session, catalogue, table, reader, matched)),
        preview=tuple(_preview(one) for one in matched[:PREVIEWED]),
    )
    clients = {one.planned.client_public_id for one in matched}
    audit.record(session, "check_import", "import", _digest(table), clients, at=at)
    return check, matched


def _find_provider(session: Session, actor: Actor, provider_id: str | None) -> int:
    """The key of the provider whose episodes are meant: the actor's own, or the one a system job names."""
    wanted = actor.provider_id or provider_id or ""
    found = vouchers.find_keys(session, Provider.public_id, Provider.id, [wanted])
    if wanted not in found or (provider_id is not None and provider_id != wanted):
        raise NotFound(Message("There is no such provider."))
    key: int = found[wanted]
    return key


def _place(fault: Fault) -> tuple[int, int]:
    """The order in which faults are read: those of the whole file first, then by row and column."""
    return (fault.row, fault.column) if isinstance(fault, CellFault) else (0, 0)


def _cut(matched: Sequence[Matched]) -> Iterator[Sequence[Matched]]:
    """Parts to be stored one after the other, baselines first: what is later is checked against them."""
    points = list(MeasurementPoint)
    ordered = sorted(matched, key=lambda one: points.index(one.planned.point))
    first = [one for one in ordered if one.planned.point is MeasurementPoint.BASELINE]
    for part in (first, ordered[len(first) :]):
        for start in range(0, len(part), STORED_AT_ONCE):
            yield part[start : start + STORED_AT_ONCE]


def _preview(one: Matched) -> PreviewRow:
    return PreviewRow(
        number=one.row.number,
        voucher=one.row.who,
        instrument=one.planned.instrument,
        version=one.planned.version,
        point=one.planned.point,
        measured_on=one.row.measured_on,
        respondent=one.submission.respondent,
        answered=one.answered,
        asked=one.asked,
        state=one.state,
        raw=one.raw,
    )


def _list_notes(
    session: Session,
    catalogue: Catalogue,
    table: ImportTable,
    reader: RowReader,
    matched: Sequence[Matched],
) -> Iterator[Message]:
    """What is no fault, and should be known before the file is stored."""
    yield from table.notes
    if reader.plan.unread:
        names = ", ".join(name[:40] for name in reader.plan.unread[:10])
        yield Message("These columns are not read: %(names)s.", names=names)
    yield from _find_doubts(catalogue, matched)
    new = {one.planned.id: one.row.number for one in matched if one.state is RowState.NEW}
    begun = sorted(new[key] for key in imports.find_drafted(session, new))
    if begun:
        yield Message(
            "Answers were begun elsewhere for these rows and not sent; storing the file takes their place: %(rows)s.",
            rows=", ".join(map(str, begun[:20])),
        )
    open_fields = [f for f in ("respondent", "mode", "language") if f not in reader.plan.fields]
    if matched and open_fields:
        yield Message(
            "Where the file does not say who answered, how, or in which language, what was planned and the client’s "
            "language are taken."
        )


def _find_doubts(catalogue: Catalogue, matched: Sequence[Matched]) -> Iterator[Message]:
    """Instruments of which no answer at all is the lowest: perhaps they were copied as a printed form counts them."""
    sheets: Counter[tuple[str, str]] = Counter()
    lowest_seen: set[tuple[str, str]] = set()
    for one in matched:
        key = (one.planned.instrument, one.planned.version)
        sheets[key] += 1
        if key in lowest_seen:
            continue
        items = {i.code: i for i in catalogue.get(*key).items if len(i.options) > 1}
        if any(
            code in items and value == min(items[code].values) for code, value in one.raw.items()
        ):
            lowest_seen.add(key)
    for key, count in sheets.items():
        scored = [item for item in catalogue.get(*key).items if item.options]
        if count >= LEAST_FOR_A_DOUBT and key not in lowest_seen and scored:
            yield Message(
                "Not one answer to %(instrument)s is %(lowest)d. Its answers go from %(lowest)d to %(highest)d: check "
                "that they were not copied from a form that counts otherwise.",
                instrument=key[0],
                lowest=min(min(item.values) for item in scored),
                highest=max(max(item.values) for item in scored),
            )


def _digest(table: ImportTable) -> str:
    """What tells one content from another in the access log, without holding any of it."""
    content = json.dumps([table.columns, table.rows], ensure_ascii=False)
    return sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
