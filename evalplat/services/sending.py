"""One run of reminders: plan what is due today, send it, note what became of it; a run broken off harms nothing.

Each step is a transaction of its own, and none is open while a server is waited for.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.config import SHORTEST_KEY, MessageSettings
from evalplat.delivery.outgoing import (
    AT_THE_SERVER,
    DeliveryFailed,
    DeliveryUnknown,
    Outgoing,
    Sender,
)
from evalplat.episodes.local_time import local_day
from evalplat.episodes.reminding import is_waking
from evalplat.errors import Fault, Message, NotConfigured
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.invitations import Codes
from evalplat.services.reminders import (
    list_due_clients,
    list_planned,
    note_outcome,
    plan_reminder,
    rule_of,
    take_reminder,
)
from evalplat.vocabulary import Channel, ReminderState

ENOUGH = 3
"""After so many messages in a row that the server could not be reached for, the rest waits for the next run."""

Begin = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run did. `not_set_up` counts messages whose channel has no server here; `waiting` was left for later."""

    asleep: bool = False
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    waiting: int = 0
    not_set_up: Mapping[Channel, int] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        """Whether nobody needs to look after anything."""
        return not (self.failed or self.unknown or self.waiting or self.not_set_up)


@dataclass
class Post:
    """Everything that a run needs. `begin` opens a write transaction for `actor`; `clock` tells the time."""

    begin: Begin
    catalogue: Catalogue
    actor: Actor
    senders: Mapping[Channel, Sender]
    settings: MessageSettings
    secret_key: str
    clock: Callable[[], datetime]


def check_key(secret_key: str) -> None:
    """Refuse to send without the key that the pages check the address for stopping with; raises NotConfigured."""
    if len(secret_key) < SHORTEST_KEY:
        text = Message("Give the same key that the pages run with.")
        raise NotConfigured(
            Message("Reminders cannot be sent with these settings."),
            [Fault("EVALPLAT_SECRET_KEY", text)],
        )


def send_reminders(post: Post) -> Run:
    """Plan and send today's reminders. At night nothing is planned and nothing goes out."""
    if not _is_awake(post):
        return Run(asleep=True)
    not_set_up = _plan(post)
    with post.begin() as session:
        planned = list_planned(session, post.actor, channels=set(post.senders), at=post.clock())
    done: Counter[str] = Counter()
    troubles: Counter[str] = Counter()
    in_a_row, codes = 0, Codes()
    for place, reminder_id in enumerate(planned):
        if in_a_row >= ENOUGH or not _is_awake(post):
            done["waiting"] = len(planned) - place
            break
        codes.fill()
        with post.begin() as session:
            message = take_reminder(
                session,
                post.catalogue,
                post.actor,
                reminder_id=reminder_id,
                settings=post.settings,
                secret_key=post.secret_key,
                codes=codes,
                at=post.clock(),
            )
        if message is None:
            done["cancelled"] += 1
            continue
        trouble = _hand_over(post, message, done)
        if trouble:
            troubles[str(trouble)] += 1
        in_a_row = in_a_row + 1 if trouble and trouble.trouble in AT_THE_SERVER else 0
    return Run(
        sent=done["sent"],
        failed=done["failed"],
        unknown=done["unknown"],
        cancelled=done["cancelled"],
        waiting=done["waiting"],
        not_set_up=not_set_up,
        troubles=dict(troubles),
    )


def _is_awake(post: Post) -> bool:
    return is_waking(post.clock(), post.settings.first_hour, post.settings.last_hour)


def _plan(post: Post) -> dict[Channel, int]:
    """Plan for each client in a transaction of its own; gives back for how many there is no server."""
    rule = rule_of(post.settings)
    at = post.clock()
    with post.begin() as session:
        due = list_due_clients(session, post.catalogue, post.actor, rule=rule, on=local_day(at))
    for one in due:
        if one.channel in post.senders:
            with post.begin() as session:
                plan_reminder(
                    session,
                    post.catalogue,
                    post.actor,
                    client=one.client,
                    rule=rule,
                    channels=set(post.senders),
                    at=at,
                )
    return dict(Counter(one.channel for one in due if one.channel not in post.senders))


def _hand_over(post: Post, message: Outgoing, done: Counter[str]) -> DeliveryFailed | None:
    """Send one message and note what became of it. A crash on the way leaves it `sending`."""
    trouble: DeliveryFailed | None = None
    state, word = ReminderState.SENT, "sent"
    try:
        post.senders[message.channel].send(message)
    except DeliveryUnknown as unknown:
        trouble, state, word = unknown, ReminderState.SENDING, "unknown"
    except DeliveryFailed as failed:
        trouble, state, word = failed, ReminderState.FAILED, "failed"
    done[word] += 1
    with post.begin() as session:
        note_outcome(
            session,
            post.actor,
            reminder_id=message.reference,
            state=state,
            detail=str(trouble or ""),
            at=post.clock(),
        )
    return trouble
