"""Made-up addresses of a few clients, and reminders that went out, failed or are on their way; nothing is sent."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from evalplat.config import MessageSettings
from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Outgoing, Trouble
from evalplat.demo import truth
from evalplat.demo.missed import Opened
from evalplat.demo.staff import SYSTEM
from evalplat.demo.truth import DemoProvider
from evalplat.services.contacts import ContactDetails, save_contact
from evalplat.services.sending import Post, send_reminders
from evalplat.vocabulary import Channel
from evalplat.wiring import Wiring

CLIENTS = 12
REFUSED, UNANSWERED = "client2@demo.example", "client4@demo.example"
RUNS = (9, 1)
"""So many days before the data end reminders went out."""


class _Pretender:
    """Takes every message and sends none: one address is refused, and one is never confirmed."""

    def send(self, message: Outgoing) -> None:
        """Do as a server might."""
        if message.to == REFUSED:
            raise DeliveryFailed(Trouble.ADDRESS_REFUSED, 550)
        if message.to == UNANSWERED:
            raise DeliveryUnknown(Trouble.NO_ANSWER)


def remind_clients(
    wiring: Wiring, opened: Sequence[Opened], made_up: Sequence[DemoProvider]
) -> None:
    """Addresses for some clients of the first provider whose service goes on, and two runs of reminders."""
    going_on = [
        one
        for one in reversed(opened)
        if one.drawn.provider is made_up[0] and one.drawn.closed_on is None
    ]
    first = _morning(max(RUNS) + 1)
    with wiring.transaction(SYSTEM) as session:
        for number, one in enumerate(going_on[:CLIENTS]):
            by_mail = number % 2 == 0
            details = ContactDetails(
                email=f"client{number}@demo.example",
                phone=f"+3584570000{number:02d}0",
                channel=Channel.EMAIL if by_mail else Channel.SMS,
            )
            save_contact(session, SYSTEM, episode_id=one.episode_id, details=details, at=first)
    sender = _Pretender()
    for before in RUNS:
        at = _morning(before)
        post = Post(
            begin=lambda: wiring.transaction(SYSTEM),
            catalogue=wiring.catalogue,
            actor=SYSTEM,
            senders={Channel.EMAIL: sender, Channel.SMS: sender},
            settings=MessageSettings(public_url="https://demo.example"),
            secret_key=secrets.token_urlsafe(48),
            clock=lambda at=at: at,  # type: ignore[misc]
        )
        send_reminders(post)


def _morning(days_before: int) -> datetime:
    return datetime.combine(truth.AS_OF - timedelta(days=days_before), time(9), UTC)
