"""Reminders: planning them, taking one to send it, and what became of it.

planned → sending → sent | failed | cancelled. Whoever takes a reminder holds the client's address first, and then reads
everything again, so that two processes never send the same message. One that was being sent when the process died stays
`sending`: nobody sends it again, and a person looks after it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.config import MessageSettings
from evalplat.delivery.outgoing import Outgoing
from evalplat.episodes.local_time import local_day
from evalplat.episodes.reminding import Form, Plan, Rule, list_open, plan_next
from evalplat.errors import Conflict
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.contacts import sign_stop
from evalplat.services.invitations import VALID_FOR, Codes, invite
from evalplat.services.reminder_texts import Way, write_message
from evalplat.storage import audit, contacts, reminders
from evalplat.storage.contacts import Contact
from evalplat.storage.reminders import OpenForm
from evalplat.storage.tables import Reminder
from evalplat.vocabulary import LANGUAGES, Channel, ReminderState

DOOR, LINK, STOP = "/c", "/c/l/", "/c/stop/"
"""Where the client's pages answer, below the public address."""


@dataclass(frozen=True, slots=True)
class DueReminder:
    """The next message to one client. `client` is a key within the database.

    The address stands as it is since `known_at`.
    """

    client: int
    channel: Channel
    plan: Plan
    known_at: datetime


def rule_of(settings: MessageSettings) -> Rule:
    """How often clients are reminded here."""
    return Rule(settings.every, settings.most)


def find_due(
    session: Session,
    catalogue: Catalogue,
    rule: Rule,
    on: date,
    *,
    until: date | None = None,
    client: int | None = None,
) -> list[DueReminder]:
    """Each client's next message between `on` and `until` (the same day unless given), by day and client."""
    until = until or on
    by_client: dict[int, list[OpenForm]] = {}
    for found in reminders.list_open_forms(session, on, until, client=client):
        if _is_for_clients(catalogue, found):
            by_client.setdefault(found.client, []).append(found)
    earlier = reminders.list_earlier(session, by_client)
    due = []
    for key, forms in by_client.items():
        start = max(on, forms[0].paused_until or on)
        plan = plan_next([one.form for one in forms], earlier.get(key, []), rule, start)
        if plan is not None and plan.day <= until:
            due.append(DueReminder(key, forms[0].channel, plan, forms[0].known_at))
    return sorted(due, key=lambda one: (one.plan.day, one.client))


def _is_for_clients(catalogue: Catalogue, found: OpenForm) -> bool:
    return catalogue.get(found.instrument, found.version).kind == "scored"


def list_due_clients(
    session: Session, catalogue: Catalogue, actor: Actor, *, rule: Rule, on: date
) -> list[DueReminder]:
    """Who is to be reminded on a day; system jobs."""
    demand(session, actor)
    return find_due(session, catalogue, rule, on)


def plan_reminder(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client: int,
    rule: Rule,
    channels: Collection[Channel],
    at: datetime,
) -> str | None:
    """Plan today's message to one client, if there is still one to plan; system jobs. Gives back its id."""
    demand(session, actor)
    day = local_day(at)
    if contacts.lock(session, client) is None:
        return None
    found = find_due(session, catalogue, rule, day, client=client)
    if not found or found[0].channel not in channels:
        return None
    plan = found[0].plan
    return reminders.add_reminder(
        session, client, plan.about, found[0].channel, plan.forms, day, at
    )


def list_planned(
    session: Session, actor: Actor, *, channels: Collection[Channel], at: datetime
) -> list[str]:
    """Today's planned reminders of these channels; those left over from days before are cancelled. System jobs."""
    demand(session, actor)
    today = local_day(at)
    waiting = reminders.list_waiting(session, today)
    for old in waiting:
        if old.local_day < today:
            reminders.move(session, old, ReminderState.CANCELLED, "not_on_its_day", at)
    return [w.public_id for w in waiting if w.local_day == today and w.channel in channels]


def take_reminder(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    reminder_id: str,
    settings: MessageSettings,
    secret_key: str,
    codes: Codes,
    at: datetime,
) -> Outgoing | None:
    """Take one planned reminder to send it: from here on it is `sending`, and nobody else takes it.

    None where somebody else has it, or where there is no reason for it any more: then it is cancelled, with why.
    """
    demand(session, actor)
    seen = reminders.find(session, reminder_id)
    contact = contacts.lock(session, seen.client_id) if seen else None
    row = reminders.find(session, reminder_id, lock=True)
    if row is None or row.state is not ReminderState.PLANNED:
        return None
    forms = _list_forms(session, catalogue, row, local_day(at))
    reason = _why_not(row, contact, forms, local_day(at))
    ways = [] if reason else _invite(session, actor, row, forms, settings, codes, at)
    if contact is None or not ways:
        reminders.move(session, row, ReminderState.CANCELLED, reason or "nothing_due", at)
        return None
    reminders.move(
        session, row, ReminderState.SENDING, "", at, administration_ids=[one.id for one, _ in ways]
    )
    return _write(session, row, contact, [way for _, way in ways], settings, secret_key, at)


def _list_forms(
    session: Session, catalogue: Catalogue, row: Reminder, day: date
) -> tuple[Form, ...]:
    found = reminders.list_open_forms(session, day, day, client=row.client_id)
    forms = [one.form for one in found if _is_for_clients(catalogue, one)]
    return list_open(forms, row.provider_id, day)


def _why_not(row: Reminder, contact: Contact | None, forms: Sequence[Form], day: date) -> str:
    """Why a planned reminder is not sent after all; '' where it is."""
    if row.local_day != day:
        return "not_on_its_day"
    if contact is None or contact.channel is not row.channel:
        return "changed"
    if contact.opted_out_at is not None:
        return "opted_out"
    if contact.paused_until is not None and day < contact.paused_until:
        return "paused"
    return "" if forms else "nothing_due"


def _invite(
    session: Session,
    actor: Actor,
    row: Reminder,
    forms: Sequence[Form],
    settings: MessageSettings,
    codes: Codes,
    at: datetime,
) -> list[tuple[Form, Way]]:
    """A link and a code for each form; what was answered this very moment is left out."""
    people, _ = reminders.list_people(session, [row.client_id], [])
    ways = []
    for form in forms:
        try:
            made = invite(
                session,
                actor,
                administration_id=form.id,
                secret=codes.take(),
                language=people[row.client_id][2],
                keep_earlier=True,
                at=at,
            )
        except Conflict:
            continue
        ways.append((form, Way(f"{settings.public_url}{LINK}{made.token}", made.code)))
    return ways


def _write(
    session: Session,
    row: Reminder,
    contact: Contact,
    ways: Sequence[Way],
    settings: MessageSettings,
    secret_key: str,
    at: datetime,
) -> Outgoing:
    people, _ = reminders.list_people(session, [row.client_id], [])
    client_id, _name, language = people[row.client_id]
    language = language if language in LANGUAGES else "fi"
    stop_url = f"{settings.public_url}{STOP}{sign_stop(secret_key, row.public_id)}"
    subject, text = write_message(
        ways,
        channel=row.channel,
        language=language,
        door=settings.public_url + DOOR,
        stop_url=stop_url,
        valid_until=local_day(at + VALID_FOR),
    )
    audit.record(session, "send_reminder", "reminder", row.public_id, [client_id], at=at)
    return Outgoing(
        channel=row.channel,
        to=contact.email if row.channel is Channel.EMAIL else contact.phone,
        subject=subject,
        text=text,
        language=language,
        reference=row.public_id,
        stop_url=stop_url,
        at=at,
    )


def note_outcome(
    session: Session,
    actor: Actor,
    *,
    reminder_id: str,
    state: ReminderState,
    detail: str = "",
    at: datetime,
) -> None:
    """What became of a reminder that was being sent; `sending` again says that nobody knows. System jobs."""
    demand(session, actor)
    row = reminders.find(session, reminder_id, lock=True)
    if row is None or row.state is not ReminderState.SENDING:
        return
    sent = {"sent_at": at} if state is ReminderState.SENT else {}
    reminders.move(session, row, state, detail, at, **sent)
