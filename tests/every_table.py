"""One row in each table of the daily work, written past the services, for tests of who reaches which table."""

from typing import Any

from evalplat.services.actors import Actor
from evalplat.storage import tables
from evalplat.storage.rows import add_rows, add_rows_with_keys
from evalplat.storage.sheets import find_planned
from evalplat.storage.words import add_worded
from evalplat.vocabulary import (
    AppointmentForm,
    AppointmentOutcome,
    AppointmentPlace,
    Channel,
    EpisodeAct,
    ErasureState,
    MeasurementPoint,
    ReminderState,
    RightsAct,
    RightsKind,
    Sign,
    TextAct,
)
from evalplat.wiring import Wiring

SYSTEM = Actor.system("test")


def fill_tables(wiring: Wiring, made: Any) -> None:
    """A row in each table that the daily work fills later than an episode's opening."""
    planned = made.administration("whodas-2.0-12", MeasurementPoint.MIDPOINT)
    at, day, mark = wiring.clock(), wiring.clock().date(), planned.id
    with wiring.transaction(SYSTEM) as session:
        owner = find_planned(session, [planned.id])[planned.id].owner
        client = owner["client_id"]
        episode = {name: key for name, key in owner.items() if name != "administration_id"}
        own = {**episode, "public_id": mark}
        add_rows(session, tables.ClientContact, [
            {"client_id": client, "sealed_email": b"", "sealed_phone": b"", "channel": Channel.NONE, "changed_at": at}
        ])  # fmt: skip
        add_rows(session, tables.OfficialWording, [
            {"public_id": mark, "instrument": "who-5", "version": "0.1", "language": "fi", "holder": "WHO",
             "permit": "none", "valid_from": day, "valid_until": day, "texts": {}, "loaded_at": at,
             "loaded_by": "test"}
        ])  # fmt: skip
        add_rows(session, tables.InstrumentDraft, [
            {"public_id": mark, "revision": 1, "content": {}, "changed_at": at, "changed_by": "test"}
        ])  # fmt: skip
        add_rows(session, tables.PublishedInstrument, [
            {"instrument": mark, "version": "1.0", "digest": "0" * 64, "published_by": "test",
             "files": {"1.0.toml": "key = 'own'"}, "published_at": at}
        ])  # fmt: skip
        add_rows(session, tables.InstrumentOffer, [
            {"instrument": mark, "version": "1.0", "retired": True, "decided_at": at, "decided_by": "test"}
        ])  # fmt: skip
        add_rows(session, tables.ClientMark, [
            {"client_id": client, "kind": "phone", "mark": mark.encode(), "master": "00000000"}
        ])  # fmt: skip
        add_worded(session, tables.ClientPlan, [
            {"client_id": client, "revision": 1, "made_at": at, "made_by": "test"}
        ])  # fmt: skip
        add_worded(session, tables.PlanGoal, [
            {"client_id": client, "public_id": mark, "title": "To go out", "planned_on": day, "planned_by": "test"}
        ])  # fmt: skip
        add_worded(session, tables.ContactRequest, [
            {**own, "administration_id": owner["administration_id"], "asked_at": at,
             "message": "", "promised_by": day, "answered_by": "", "answer": ""}
        ])  # fmt: skip
        (reminder,) = add_rows_with_keys(session, tables.Reminder, [
            {**own, "point": planned.point, "channel": Channel.EMAIL, "attempt": 1, "local_day": day,
             "administration_ids": [planned.id], "state": ReminderState.PLANNED, "planned_at": at,
             "changed_at": at}
        ])  # fmt: skip
        add_rows(session, tables.ReminderEvent, [
            {**episode, "reminder_id": reminder, "at": at, "state": ReminderState.PLANNED, "detail": ""}
        ])  # fmt: skip
        add_rows(session, tables.Appointment, [
            {**own, "held_on": day, "minutes": 60, "form": AppointmentForm.GROUP,
             "place": AppointmentPlace.HOME, "outcome": AppointmentOutcome.HELD, "recorded_at": at,
             "recorded_by": "test", "idempotency_key": mark, "struck_by": ""}
        ])  # fmt: skip
        add_worded(session, tables.AlertNote, [
            {**own, "administration_id": owner["administration_id"], "scale": "total", "revision": 1,
             "seen_at": at, "seen_by": "test", "done": "Talked it over."}
        ])  # fmt: skip
        add_worded(session, tables.SheetNote, [
            {**own, "administration_id": owner["administration_id"], "sign": Sign.TOO_FAST, "revision": 1,
             "noted_at": at, "noted_by": "test", "note": "Read aloud."}
        ])  # fmt: skip
        add_worded(session, tables.EpisodeEvent, [
            {**episode, "act": EpisodeAct.CLOSED, "closed_on": day, "closing_reason": "completed",
             "planned_end": day, "note": "", "done_at": at, "done_by": "test"}
        ])  # fmt: skip
        add_rows(session, tables.ProviderComment, [
            {"provider_id": owner["provider_id"], "year": 2026, "version": episode["episode_id"],
             "body": "We were ill.",
             "written_at": at, "written_by": "test"}
        ])  # fmt: skip
        add_rows(session, tables.FeedbackSheet, [
            {"public_id": mark, "provider_id": owner["provider_id"], "instrument": "client-feedback",
             "version": "1.0", "quarter": 20261, "language": "fi", "answers": "{}"}
        ])  # fmt: skip
        add_rows(session, tables.FeedbackDecision, [
            {"provider_id": owner["provider_id"], "sheet_key": mark, "item": "went_well", "version": 1,
             "act": TextAct.HIDE, "edited": "", "reason": "A name.", "decided_at": at, "decided_by": "test"}
        ])  # fmt: skip
        add_worded(session, tables.ClientAct, [
            {"client_id": client, "act": RightsAct.OBJECTED, "reason": "", "done_at": at,
             "done_by": "test"}
        ])  # fmt: skip
        add_worded(session, tables.FactRevision, [
            {"client_id": client, "revision": 1, "fact": "name", "episode": "", "earlier": "",
             "later": "", "reason": "", "corrected_at": at, "corrected_by": "test"}
        ])  # fmt: skip
        add_worded(session, tables.RightsRequest, [
            {"client_id": client, "administration_id": owner["administration_id"], "public_id": mark,
             "kind": RightsKind.COPY, "message": "", "asked_at": at, "recorded_by": "test",
             "promised_by": day, "outcome": "", "answered_by": "", "answer": ""}
        ])  # fmt: skip
        add_worded(session, tables.Erasure, [
            {"client_id": client, "public_id": mark, "request_id": "", "ground": "not_needed",
             "state": ErasureState.DECLINED, "reason": "", "proposed_at": at, "proposed_by": "test",
             "decided_at": at, "decided_by": "test", "note": ""}
        ])  # fmt: skip
