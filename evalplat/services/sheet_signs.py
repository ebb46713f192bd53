"""Sheets that one should look at again: which they are, what makes one look, and the note of who has looked."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.signs import count_answers, find_pattern, is_straight_line, is_too_fast
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import audit, sheet_notes, sheets
from evalplat.storage.identities import read_names
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import SheetNote
from evalplat.storage.words import add_worded
from evalplat.vocabulary import MeasurementPoint, Respondent, Sign

LOOKED_AT = timedelta(days=365)
"""How long after it was measured a sheet is looked at."""

LONGEST = 500
LEVELS_APART = 2

ORDER = {point: place for place, point in enumerate(MeasurementPoint)}


@dataclass(frozen=True, slots=True)
class Found:
    """One sign at one sheet. `detail` is what was seen, for whoever may read answers."""

    row: Any
    sign: Sign
    detail: Message


@dataclass(frozen=True, slots=True)
class SheetSign:
    """A sheet to look at, for the staff of its provider."""

    administration_id: str
    episode_id: str
    client_name: str
    instrument: Mapping[str, str]
    point: MeasurementPoint
    respondent: Respondent
    measured_on: date
    sign: Sign
    detail: Message
    note: str = ""


@dataclass(frozen=True, slots=True)
class OwnSigns:
    """What waits to be looked at, what was looked at and left as it is, and how many sheets there are at all."""

    waiting: tuple[SheetSign, ...]
    seen: tuple[SheetSign, ...]
    sheets: int


def list_own_signs(session: Session, catalogue: Catalogue, actor: Actor, *, on: date) -> OwnSigns:
    """Sheets of the last year that the provider's staff should look at, newest first. Written into the access log."""
    demand(session, actor, *PROVIDER_STAFF)
    own, keys = _gather(session, catalogue, on)
    clients = sheet_notes.list_client_ids(session, keys)
    if clients:
        audit.record(session, "list_sheet_signs", "clients", "", clients)
    return own


def _gather(session: Session, catalogue: Catalogue, on: date) -> tuple[OwnSigns, set[int]]:
    """All signs that the session reaches, and the keys of the clients they are about."""
    rows = list(sheet_notes.stream_sheets(session, first=on - LOOKED_AT, last=on))
    found = find_signs(session, catalogue, rows)
    notes = {
        (note.administration_id, note.revision, note.sign): note.note
        for note in sheet_notes.list_notes(session, {one.row.id for one in found})
    }
    names = read_names(session, [one.row.client_key for one in found])
    told = [
        _tell(catalogue, one, names, notes.get((one.row.id, one.row.revision, one.sign)))
        for one in sorted(found, key=lambda one: one.row.measured_on, reverse=True)
    ]
    own = OwnSigns(
        waiting=tuple(one for one, noted in told if not noted),
        seen=tuple(one for one, noted in told if noted),
        sheets=len(rows),
    )
    return own, {one.row.client_key for one in found}


def note_sign(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    sign: Sign,
    note: str,
    at: datetime,
) -> None:
    """Note that a sheet was looked at and is right as it is; the same note twice changes nothing.

    Raises InputRejected without words, NotFound, and Conflict where nothing makes one look at it any more.
    """
    demand(session, actor, *PROVIDER_STAFF)
    note = note.strip()
    planned = sheets.find_planned(session, [administration_id], lock=True).get(administration_id)
    if planned is None:
        raise NotFound(Message("There is no such measurement."))
    if not note or len(note) > LONGEST:
        text = Message("Write why it is right as it is, in at most 500 characters.")
        raise InputRejected(Message("The note was not saved."), [Fault("note", text)])
    own, _ = _gather(session, catalogue, local_day(at))
    if any(_is_same(one, administration_id, sign) for one in own.seen):
        return
    if not any(_is_same(one, administration_id, sign) for one in own.waiting):
        raise Conflict(
            Message("This sheet was corrected or looked at meanwhile. Open the page again.")
        )
    row = {
        **planned.owner,
        "public_id": new_public_id(),
        "sign": sign,
        "revision": planned.revision,
        "noted_at": at,
        "noted_by": actor.account_id or actor.name,
        "note": note,
    }
    add_worded(session, SheetNote, [row])
    client = planned.client_public_id
    audit.record(session, "note_sheet", "administration", administration_id, [client], at=at)


def find_signs(session: Session, catalogue: Catalogue, rows: Sequence[Any]) -> list[Found]:
    """Every sign at these sheets, which are those of one provider or of all; in no order."""
    found: list[Found] = []
    patterns: dict[tuple[object, ...], list[Any]] = {}
    for row in rows:
        definition = catalogue.get(row.instrument, row.version)
        if definition.kind != "scored":
            continue
        answers = json.loads(row.answers)
        found.extend(_look(definition, row, answers))
        pattern = find_pattern(definition, answers)
        if pattern is not None and row.submitted_by not in ("client", "system"):
            key = (row.provider, row.submitted_by, row.instrument, row.version, pattern)
            patterns.setdefault(key, []).append(row)
    found.extend(_find_same(patterns.values()))
    found.extend(_find_out_of_order(rows))
    found.extend(_find_apart(session, catalogue, rows))
    found.extend(_find_goals_apart(session, catalogue, rows))
    return found


def _look(definition: Instrument, row: Any, answers: Mapping[str, object]) -> Iterable[Found]:
    if is_straight_line(definition, answers):
        yield Found(
            row, Sign.STRAIGHT_LINE, Message("The same answer was given to every question.")
        )
    count = count_answers(definition, answers)
    if is_too_fast(count, row.begun_at, row.submitted_at):
        seconds = max(1, round((row.submitted_at - row.begun_at).total_seconds()))
        text = Message("%(count)d answers in %(seconds)d seconds.", count=count, seconds=seconds)
        yield Found(row, Sign.TOO_FAST, text)


def _find_same(groups: Iterable[Sequence[Any]]) -> Iterable[Found]:
    for rows in groups:
        clients = {row.client_key for row in rows}
        if len(clients) < 2:
            continue
        text = Message(
            "One worker entered the very same answers for %(count)d clients.", count=len(clients)
        )
        yield from (Found(row, Sign.SAME_ANSWERS, text) for row in rows)


def _find_out_of_order(rows: Iterable[Any]) -> Iterable[Found]:
    """A later point that was measured before an earlier one, or on the same day."""
    courses: dict[tuple[object, ...], list[Any]] = {}
    for row in rows:
        courses.setdefault((row.episode_key, row.instrument, row.respondent), []).append(row)
    for course in courses.values():
        course.sort(key=lambda row: ORDER[row.point])
        for earlier, later in pairwise(course):
            if earlier.point is later.point or later.measured_on > earlier.measured_on:
                continue
            text = (
                Message("It was measured on the same day as the point before it.")
                if later.measured_on == earlier.measured_on
                else Message("It was measured before the point that comes before it.")
            )
            yield Found(later, Sign.OUT_OF_ORDER, text)


def _find_apart(session: Session, catalogue: Catalogue, rows: Iterable[Any]) -> Iterable[Found]:
    """Client and worker whose scores at one point lie further apart than chance explains."""
    from evalplat.statistics.change import find_sdc

    places: dict[tuple[object, ...], dict[Respondent, Any]] = {}
    for row in rows:
        key = (row.episode_key, row.instrument, row.version, row.point)
        places.setdefault(key, {})[row.respondent] = row
    pairs = [
        (both[Respondent.CLIENT], both[Respondent.WORKER])
        for both in places.values()
        if Respondent.CLIENT in both and Respondent.WORKER in both
    ]
    values = sheet_notes.list_values(session, {row.id for pair in pairs for row in pair})
    for client, worker in pairs:
        definition = catalogue.get(client.instrument, client.version)
        for scale in definition.scales:
            known = scale.change
            sdc = find_sdc(known.sd, known.reliability) or known.sdc
            one, other = (values.get(row.id, {}).get(scale.key) for row in (client, worker))
            if sdc is None or one is None or other is None or abs(one - other) <= sdc:
                continue
            yield Found(
                worker,
                Sign.RATED_APART,
                Message("Client and worker see it further apart than chance explains."),
            )
            break


def _find_goals_apart(
    session: Session, catalogue: Catalogue, rows: Iterable[Any]
) -> Iterable[Found]:
    of_goals = {
        row.id: row for row in rows if catalogue.get(row.instrument, row.version).kind == "goals"
    }
    for key in sheet_notes.list_apart(session, of_goals, levels=LEVELS_APART):
        text = Message("Client and worker put a goal two levels apart or more.")
        yield Found(of_goals[key], Sign.RATED_APART, text)


def _is_same(one: SheetSign, administration_id: str, sign: Sign) -> bool:
    return one.administration_id == administration_id and one.sign is sign


def _tell(
    catalogue: Catalogue, one: Found, names: Mapping[int, str], note: str | None
) -> tuple[SheetSign, bool]:
    row = one.row
    definition = catalogue.get(row.instrument, row.version)
    told = SheetSign(
        administration_id=row.administration,
        episode_id=row.episode,
        client_name=names.get(row.client_key, ""),
        instrument={code: text.title for code, text in definition.texts.items()},
        point=row.point,
        respondent=row.respondent,
        measured_on=row.measured_on,
        sign=one.sign,
        detail=one.detail,
        note=note or "",
    )
    return told, note is not None
