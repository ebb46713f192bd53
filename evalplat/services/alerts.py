"""Alerts: clients whose latest score is reliably worse than their first, until somebody has seen to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.alerts import judge_course
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.courses import find_alternatives
from evalplat.storage import alerts, audit, sheets
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import AlertNote
from evalplat.storage.words import add_worded
from evalplat.vocabulary import AlertState, Direction, MeasurementPoint, Respondent, Role

STAYS_FOR = timedelta(days=90)
"""How long an alert of a closed episode stays on the list of the provider."""

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class AlertNoteView:
    """What was done about an alert, and when it was noted."""

    seen_at: datetime
    done: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One scale of one client: the first and the latest score of the same version, and what they call for."""

    episode_id: str
    client_name: str
    administration_id: str
    instrument: str
    scale: str
    instrument_titles: Mapping[str, str]
    scale_titles: Mapping[str, str]
    respondent: Respondent
    direction: Direction | None
    decimals: int
    state: AlertState
    first: float | None
    first_on: date | None
    latest: float | None
    latest_on: date | None
    point: MeasurementPoint
    notes: tuple[AlertNoteView, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it calls for attention and nobody has noted what was done."""
        return self.state is AlertState.ATTENTION and not self.notes


def list_alerts(
    session: Session, catalogue: Catalogue, actor: Actor, *, episode_id: str
) -> tuple[Alert, ...]:
    """How each scale of one episode stands, what calls for attention first. Empty where nothing is measured."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    names = alerts.list_names(session, [episode_id])
    if episode_id not in names:
        raise NotFound(Message("There is no such episode."))
    audit.record(session, "read_alerts", "episode", episode_id, [names[episode_id][0]])
    return _gather(session, catalogue, alerts.list_scores(session, episode_id=episode_id), names)


def list_open_alerts(
    session: Session, catalogue: Catalogue, actor: Actor, *, on: date
) -> tuple[Alert, ...]:
    """Every alert that nobody has seen to, newest measurement first: of open episodes and of lately closed ones."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    rows = alerts.list_scores(session, closed_since=on - STAYS_FOR)
    found = [alert for alert in _gather(session, catalogue, rows, {}) if alert.is_open]
    names = alerts.list_names(session, {alert.episode_id for alert in found})
    clients = {names[alert.episode_id][0] for alert in found if alert.episode_id in names}
    audit.record(session, "list_alerts", "clients", "", clients)
    named = [_with_name(alert, names) for alert in found]
    return tuple(sorted(named, key=lambda a: (a.latest_on or on, a.client_name), reverse=True))


def note_alert(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    administration_id: str,
    scale: str,
    done: str,
    at: datetime,
) -> None:
    """Note that an alert was seen and what was done; the same words twice change nothing.

    Raises InputRejected without words, NotFound, and Conflict where this measurement calls for no attention any more.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    done = done.strip()
    planned = sheets.find_planned(session, [administration_id], lock=True).get(administration_id)
    names = alerts.list_names(session, [episode_id])
    if planned is None or episode_id not in names:
        raise NotFound(Message("There is no such measurement."))
    rows = alerts.list_scores(session, episode_id=episode_id)
    for alert in _gather(session, catalogue, rows, names):
        if (alert.administration_id, alert.scale) == (administration_id, scale):
            break
    else:
        raise NotFound(Message("There is no such measurement."))
    if not done or len(done) > LONGEST:
        text = Message("Write what was done, in at most 2,000 characters.")
        raise InputRejected(Message("The note was not saved."), [Fault("done", text)])
    if any(note.done == done for note in alert.notes):
        return
    if alert.state is not AlertState.ATTENTION:
        raise Conflict(
            Message("These answers were corrected meanwhile, and call for no attention any more.")
        )
    row = {
        **planned.owner,
        "public_id": new_public_id(),
        "scale": scale,
        "revision": planned.revision,
        "seen_at": at,
        "seen_by": actor.account_id or actor.name,
        "done": done,
    }
    add_worded(session, AlertNote, [row])
    client = planned.client_public_id
    audit.record(session, "note_alert", "administration", administration_id, [client], at=at)


def _with_name(alert: Alert, names: Mapping[str, tuple[str, str]]) -> Alert:
    return replace(alert, client_name=names.get(alert.episode_id, ("", ""))[1])


def _gather(
    session: Session,
    catalogue: Catalogue,
    rows: Iterable[Any],
    names: Mapping[str, tuple[str, str]],
) -> tuple[Alert, ...]:
    """Alerts of the scales that stand for their answers, those that call for attention first."""
    courses: dict[tuple[str, str, str, Respondent], list[Any]] = {}
    for row in rows:
        key = (row.episode_id, row.instrument, row.scale, row.respondent)
        courses.setdefault(key, []).append(row)
    notes: dict[tuple[int, int, str], list[AlertNoteView]] = {}
    latest = {course[-1].id for course in courses.values()}
    for note in alerts.list_notes(session, latest):
        place = (note.administration_id, note.revision, note.scale)
        notes.setdefault(place, []).append(AlertNoteView(note.seen_at, note.done))
    found = []
    alternatives: dict[str, Mapping[str, str]] = {}
    for (episode_id, *_rest), course in courses.items():
        name = names.get(episode_id, ("", ""))[1]
        definition = catalogue.get(course[-1].instrument, course[-1].version)
        others = alternatives.get(definition.digest)
        if others is None:
            others = alternatives[definition.digest] = find_alternatives(definition)
        told = definition.kind in ("scored", "external") and not definition.for_groups
        if not told or course[-1].scale in others:
            continue
        alert = _judge(definition, course, name, notes)
        found.append(alert)
    return tuple(sorted(found, key=lambda alert: not alert.is_open))


def _judge(
    definition: Instrument,
    course: Sequence[Any],
    name: str,
    notes: Mapping[tuple[int, int, str], list[AlertNoteView]],
) -> Alert:
    from evalplat.statistics.change import find_sdc

    last = course[-1]
    scale = definition.scale(last.scale)
    earlier = [r for r in course[:-1] if r.version == last.version and r.value is not None]
    first = earlier[0] if earlier else None
    known = scale.change
    return Alert(
        episode_id=last.episode_id,
        client_name=name,
        administration_id=last.public_id,
        instrument=last.instrument,
        scale=last.scale,
        instrument_titles={code: text.title for code, text in definition.texts.items()},
        scale_titles={
            code: text.scales.get(last.scale, last.scale) for code, text in definition.texts.items()
        },
        respondent=last.respondent,
        direction=scale.direction,
        decimals=scale.decimals,
        state=judge_course(
            first.value if first else None,
            last.value,
            direction=scale.direction,
            sdc=find_sdc(known.sd, known.reliability) or known.sdc,
        ),
        first=first.value if first else None,
        first_on=first.measured_on if first else None,
        latest=last.value,
        latest_on=last.measured_on,
        point=last.point,
        notes=tuple(notes.get((last.id, last.revision, last.scale), ())),
    )
