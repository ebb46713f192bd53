"""Which planned measurement each row of a file belongs to, whether its answers fit, and what is stored there."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.exchange.import_rows import BrokenRow, ImportRow, RowReader
from evalplat.exchange.import_words import POINTS, RESPONDENTS, list_allowed
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import Answer, Fact, to_raw
from evalplat.services.answers import find_date_faults
from evalplat.services.requests import Submission
from evalplat.services.storing import digest_body
from evalplat.services.voucher_look_up import tidy_number
from evalplat.storage import imports, sheets
from evalplat.storage.imports import Place, StoredSheet
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Mode, Respondent

NO_EPISODE = {
    "voucher": Message("there is no episode of yours with this voucher; check its number"),
    "episode": Message("there is no such episode of yours; give the number of the voucher"),
    "client": Message("there is no such client of yours; give the number of the voucher"),
}
"""What is said of what is missing and of what is somebody else's: the two are never told apart."""


class RowState(StrEnum):
    """What storing a row would do. `CORRECTED`: it was stored before, and corrected since."""

    NEW = "new"
    SAME = "same"
    CORRECTED = "corrected"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Matched:
    """A row whose answers fit a planned measurement."""

    row: ImportRow
    planned: Planned
    raw: Mapping[str, Answer | Fact]
    answered: int
    asked: int
    state: RowState
    submission: Submission


class _Misfit(Exception):
    """A row belongs to no measurement: the field that says so, and what is wrong."""

    def __init__(self, where: str, message: Message) -> None:
        super().__init__(str(message))
        self.where = where
        self.message = message


@dataclass(slots=True)
class Matching:
    """What a file's rows are matched with. `conflicts` counts rows whose measurement has other answers stored."""

    reader: RowReader
    catalogue: Catalogue
    at: datetime
    places: dict[str, dict[str, list[Place]]]
    planned: Mapping[str, Planned]
    stored: Mapping[int, Sequence[StoredSheet]]
    baselines: dict[tuple[int, str, Respondent], date]
    seen: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0

    def match(self, rows: Sequence[ImportRow]) -> Iterator[Matched]:
        """The rows that can be stored or are stored already; the others are noted with what is wrong."""
        for broken in self.reader.broken:
            if not self._places_of(broken):
                self._refuse(broken, broken.who_field, NO_EPISODE[broken.who_field])
        found = []
        for row in rows:
            try:
                found.append((row, self._find_place(row)))
            except _Misfit as misfit:
                self._refuse(row, misfit.where, misfit.message)
                latest = self.catalogue.get(row.instrument)
                self.reader.read_answers(row.number, row.cells, latest)
        for row, place in found:
            planned = self.planned[place.administration]
            if planned.point is MeasurementPoint.BASELINE:
                self.baselines.setdefault(
                    (planned.episode_id, planned.instrument, planned.respondent), row.measured_on
                )
        for row, place in found:
            matched = self._check(row, place, self.planned[place.administration])
            if matched is not None:
                yield matched

    def _places_of(self, row: ImportRow | BrokenRow) -> list[Place]:
        name = tidy_number(row.who) if row.who_field == "voucher" else row.who
        return self.places[row.who_field].get(name, [])

    def _find_place(self, row: ImportRow) -> Place:
        places = self._places_of(row)
        if not places:
            raise _Misfit(row.who_field, NO_EPISODE[row.who_field])
        measured = [p for p in places if p.instrument == row.instrument]
        if not measured:
            known = ", ".join(dict.fromkeys(p.instrument for p in places))
            told = Message("this episode does not plan it; it plans %(known)s", known=known)
            raise _Misfit("instrument", told)
        here = [p for p in measured if p.point is row.point]
        if not here:
            points = list_allowed(POINTS, list(dict.fromkeys(p.point for p in measured)))
            told = Message(
                "this episode does not plan %(instrument)s at this point; it does at %(points)s",
                instrument=row.instrument,
                points=points,
            )
            raise _Misfit("point", told)
        if len({p.episode for p in here}) > 1:
            told = Message("this client has several episodes; give the number of the voucher")
            raise _Misfit(row.who_field, told)
        place = _choose_respondent(here, row.respondent)
        if place is None:
            told = Message(
                "say whose answers these are: %(known)s",
                known=list_allowed(RESPONDENTS, [p.respondent for p in here]),
            )
            raise _Misfit("respondent", told)
        earlier = self.seen.setdefault(place.administration, row.number)
        if earlier != row.number:
            told = Message("row %(row)d is for the same measurement; keep one of them", row=earlier)
            raise _Misfit(row.who_field, told)
        return place

    def _check(self, row: ImportRow, place: Place, planned: Planned) -> Matched | None:
        definition = self.catalogue.get(planned.instrument, planned.version)
        known = self.reader.faults.count
        sheet = self.reader.read_answers(row.number, row.cells, definition)
        respondent = row.respondent or planned.respondent
        mode = row.mode or _usual_mode(planned, respondent, definition)
        self._check_how(row, definition, respondent, mode)
        baseline = self.baselines.get((planned.episode_id, planned.instrument, planned.respondent))
        later = planned.point is not MeasurementPoint.BASELINE
        for fault in find_date_faults(
            planned, row.measured_on, baseline if later else None, self.at
        ):
            self._refuse(row, "measured_on", fault.message)
        if planned.status in (AdministrationStatus.CLOSED, AdministrationStatus.NOT_APPLICABLE):
            told = Message("this measurement is closed, and takes no answers any more")
            self._refuse(row, row.who_field, told)
        if sheet is None or self.reader.faults.count > known:
            return None
        raw = to_raw(sheet)
        state = self._compare(row, planned, raw)
        if state is None:
            return None
        language = row.language or _usual_language(place, definition)
        return Matched(
            row=row,
            planned=planned,
            raw=raw,
            answered=sum(answer is not None for answer in sheet.answers.values()),
            asked=len(sheet.answers),
            state=state,
            submission=Submission(
                administration_id=planned.public_id,
                raw=raw,
                idempotency_key=_make_key(planned, row, raw),
                measured_on=row.measured_on,
                language=language,
                mode=mode,
                respondent=respondent,
                present=row.present,
            ),
        )

    def _check_how(
        self, row: ImportRow, definition: Instrument, respondent: Respondent, mode: Mode
    ) -> None:
        for where, value, allowed in (
            ("respondent", respondent, definition.respondents),
            ("mode", mode, definition.modes),
        ):
            if value not in allowed:
                told = Message(
                    "%(value)s does not fit %(instrument)s; give one of %(allowed)s",
                    value=value,
                    instrument=definition.key,
                    allowed=", ".join(allowed),
                )
                self._refuse(row, where, told)
        if respondent is Respondent.PROXY and mode is Mode.SELF:
            told = Message("somebody else answered, so the client did not fill it in")
            self._refuse(row, "mode", told)

    def _compare(
        self, row: ImportRow, planned: Planned, raw: Mapping[str, Answer | Fact]
    ) -> RowState | None:
        """How the row stands to what is stored; None after noting that other answers are."""
        stored = self.stored.get(planned.id, ())
        if not stored:
            return RowState.NEW
        places = self.reader.plan.answers.get(row.instrument, {})
        differing = [_find_difference(row, raw, sheet, places) for sheet in stored]
        if not differing[-1]:
            return RowState.SAME
        if "" in differing:
            return RowState.CORRECTED
        self.conflicts += 1
        told = Message(
            "other answers are stored (measured on %(day)s). They are not written over: correct them on the sheet’s "
            "own page, or delete the row",
            day=stored[-1].measured_on.isoformat(),
        )
        place = places.get(differing[-1], self.reader.plan.fields.get(differing[-1]))
        self.reader.fault_at(row.number, row.cells, place, told)
        return None

    def _refuse(self, row: ImportRow | BrokenRow, where: str, message: Message) -> None:
        place = self.reader.plan.fields.get(where)
        self.reader.fault_at(row.number, row.cells, place, message)


def begin_matching(
    session: Session,
    catalogue: Catalogue,
    reader: RowReader,
    rows: Sequence[ImportRow],
    provider: int,
    at: datetime,
    *,
    lock: bool = False,
) -> Matching:
    """Look up everything that the rows name, once for all of them; `lock` holds the episodes until the end."""
    named: list[ImportRow | BrokenRow] = [*rows, *reader.broken]
    places: dict[str, dict[str, list[Place]]] = {}
    for name in ("voucher", "episode", "client"):
        asked = {row.who for row in named if row.who_field == name}
        wanted = {tidy_number(who) for who in asked} if name == "voucher" else asked
        places[name] = {}
        for place in imports.list_places(session, provider, name, wanted):
            places[name].setdefault(getattr(place, name), []).append(place)
    keys = {(row.instrument, row.point) for row in rows}
    wanted = {
        place.administration
        for named in places.values()
        for found in named.values()
        for place in found
        if (place.instrument, place.point) in keys
    }
    planned = sheets.find_planned(session, wanted, lock=lock)
    stored = imports.list_stored_sheets(session, {p.id for p in planned.values() if p.revision})
    episodes = {p.episode_id for p in planned.values()}
    baselines = sheets.list_measured_before(session, episodes, MeasurementPoint.BASELINE)
    return Matching(reader, catalogue, at, places, planned, stored, dict(baselines))


def _choose_respondent(places: Sequence[Place], said: Respondent | None) -> Place | None:
    """The measurement meant: the only one, or the one that the respondent said is planned for."""
    exact = [place for place in places if place.respondent is said]
    if exact or len(places) == 1:
        return (exact or places)[0]
    client = [place for place in places if place.respondent is Respondent.CLIENT]
    return client[0] if said is Respondent.PROXY and client else None


def _usual_mode(planned: Planned, respondent: Respondent, definition: Instrument) -> Mode:
    if respondent is Respondent.PROXY and Mode.PROXY in definition.modes:
        return Mode.PROXY
    return planned.mode


def _usual_language(place: Place, definition: Instrument) -> str:
    return place.client_language if place.client_language in definition.languages else "fi"


def _find_difference(
    row: ImportRow,
    raw: Mapping[str, Answer | Fact],
    stored: StoredSheet,
    places: Mapping[str, int],
) -> str:
    """The first code or field in which a stored sheet says something else; what the file leaves open does not count."""
    kept = json.loads(stored.answers)
    for code in places:
        if raw.get(code) != kept.get(code):
            return code
    if row.measured_on != stored.measured_on:
        return "measured_on"
    said = ("respondent", "mode", "language", "present")
    return next(
        (
            name
            for name in said
            if getattr(row, name) and getattr(row, name) != getattr(stored, name)
        ),
        "",
    )


def _make_key(planned: Planned, row: ImportRow, raw: Mapping[str, Answer | Fact]) -> str:
    """One and the same for the same answers to the same measurement, whatever file they come in."""
    said = (row.measured_on, row.respondent or "", row.mode or "", row.language, row.present)
    body = f"{planned.public_id} {digest_body(raw, *said)}"
    return f"import-{sha256(body.encode()).hexdigest()[:48]}"
