"""Made-up addresses of a few clients, and reminders that went out, failed, were stopped or wait; nothing is sent."""

import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from evalplat.config import MessageSettings
from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Outgoing, Trouble
from evalplat.demo import truth
from evalplat.demo.missed import Opened
from evalplat.demo.staff import SYSTEM
from evalplat.demo.truth import DemoProvider
from evalplat.services.contacts import ContactDetails, save_contact, stop_reminders
from evalplat.services.planned import PlannedAdministration, list_planned
from evalplat.services.reminders import STOP
from evalplat.services.sending import Post, send_reminders
from evalplat.vocabulary import AdministrationStatus, Channel, Mode, Respondent
from evalplat.wiring import Wiring

RUNS = (9, 1)
"""So many days before the data end reminders went out; after that nothing has sent them."""

RECENT = timedelta(days=420)
"""Services that began longer ago ask their clients nothing any more."""

PAUSE = timedelta(days=150)
PUBLIC_URL = "https://demo.example"

BY_EMAIL = ("goes_out", "refused", "unanswered", "stopped", "paused", "goes_out", "goes_out")
BY_SMS = ("goes_out", "goes_out")
AWAY = ("no_reminders",)
"""What happens to the addresses of those who have a form to answer on both days, one after another."""

LATER = 6
"""So many more clients have an address and a form whose window opens after the last run."""


class _Pretender:
    """Takes every message and sends none: one address is refused, and one message is never confirmed."""

    def __init__(self) -> None:
        self.stop_urls: dict[str, str] = {}

    def send(self, message: Outgoing) -> None:
        """Do as a server might, and keep the address under which the client stops messages."""
        self.stop_urls[message.to] = message.stop_url
        if message.to.startswith("refused"):
            raise DeliveryFailed(Trouble.ADDRESS_REFUSED, 550)
        if message.to.startswith("unanswered"):
            raise DeliveryUnknown(Trouble.NO_ANSWER)


def remind_clients(
    wiring: Wiring, opened: Sequence[Opened], made_up: Sequence[DemoProvider]
) -> None:
    """Addresses for some clients of the first provider, two runs of reminders, and what the clients did in between."""
    first, last = (truth.AS_OF - timedelta(days=before) for before in RUNS)
    unanswered = _list_unanswered(wiring, opened, made_up[0])
    waiting = [
        episode
        for episode, rows in unanswered.items()
        if any(row.due_from <= first and last <= row.due_until for row in rows)
    ]
    later = [
        episode for episode, rows in unanswered.items() if all(row.due_from > last for row in rows)
    ]
    _save_addresses(wiring, waiting, later, _morning(first))
    sender, key = _Pretender(), secrets.token_urlsafe(48)
    _run(wiring, sender, key, _morning(first))
    _stop(wiring, sender, key, _morning(first) + timedelta(hours=2))
    _run(wiring, sender, key, _morning(last))


def _list_unanswered(
    wiring: Wiring, opened: Sequence[Opened], provider: DemoProvider
) -> dict[str, list[PlannedAdministration]]:
    """What clients of a provider still have to fill in alone, by episode; those with the soonest windows first."""
    recent = truth.AS_OF - RECENT
    own = [
        one.episode_id
        for one in opened
        if one.drawn.provider is provider and one.drawn.opened_on >= recent
    ]
    with wiring.reading(SYSTEM) as session:
        rows = list_planned(session, SYSTEM, episode_ids=own)
    found: dict[str, list[PlannedAdministration]] = {}
    for row in sorted(rows, key=lambda row: (row.due_from, own.index(row.episode_id))):
        alone = row.respondent is Respondent.CLIENT and row.mode is Mode.SELF
        planned = row.status is AdministrationStatus.PLANNED and row.due_until >= truth.AS_OF
        if alone and planned and row.instrument_key != "gas":
            found.setdefault(row.episode_id, []).append(row)
    return found


def _save_addresses(
    wiring: Wiring, waiting: Sequence[str], later: Sequence[str], at: datetime
) -> None:
    fates = [(fate, Channel.EMAIL) for fate in BY_EMAIL] + [(fate, Channel.SMS) for fate in BY_SMS]
    fates += [(fate, Channel.NONE) for fate in AWAY]
    chosen = list(zip(waiting, fates, strict=False))
    chosen += [(episode, ("later", Channel.EMAIL)) for episode in later[:LATER]]
    with wiring.transaction(SYSTEM) as session:
        for number, (episode, (fate, channel)) in enumerate(chosen, start=1):
            details = ContactDetails(
                email=f"{fate.replace('_', '-')}-{number}@demo.example",
                phone=f"045 000 00{number:02d}" if channel is Channel.SMS else "",
                channel=channel,
                paused_until=truth.AS_OF + PAUSE if fate == "paused" else None,
            )
            save_contact(session, SYSTEM, episode_id=episode, details=details, at=at)


def _run(wiring: Wiring, sender: _Pretender, key: str, at: datetime) -> None:
    send_reminders(
        Post(
            begin=lambda: wiring.transaction(SYSTEM),
            catalogue=wiring.catalogue,
            actor=SYSTEM,
            senders={Channel.EMAIL: sender, Channel.SMS: sender},
            settings=MessageSettings(public_url=PUBLIC_URL),
            secret_key=key,
            clock=lambda: at,
        )
    )


def _stop(wiring: Wiring, sender: _Pretender, key: str, at: datetime) -> None:
    """One client opened the address in the message and wanted no more of them."""
    urls = [url for to, url in sender.stop_urls.items() if to.startswith("stopped")]
    with wiring.transaction(SYSTEM) as session:
        for url in urls:
            token = url.removeprefix(PUBLIC_URL + STOP)
            stop_reminders(session, token=token, secret_key=key, at=at)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)
