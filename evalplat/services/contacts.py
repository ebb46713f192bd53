"""How a client may be reached, and whether they want reminders: kept by staff, stopped by the client."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import audit, contacts, reminders
from evalplat.storage.access import scope_of
from evalplat.storage.contacts import Addressee, Contact
from evalplat.vocabulary import Channel, Role

LONGEST_PAUSE = timedelta(days=366)
NOT_SAVED = Message("The contact details were not saved.")
UNKNOWN_STOP = Message(
    "This address does not work. Ask the person who asked you to answer to stop the messages."
)


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """An address as it was typed. `paused_until` is the first day on which messages may go out again.

    `base` is the mark of what was shown while this was typed, so that nothing newer is written over.
    """

    email: str = ""
    phone: str = ""
    channel: str = Channel.NONE
    paused_until: date | None = None
    wants_none: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class ContactView:
    """How a client may be reached. `opted_out_at`: since when they want no reminders; `mark` tells versions apart."""

    client_id: str
    client_name: str | None
    email: str
    phone: str
    channel: Channel
    opted_out_at: datetime | None
    paused_until: date | None
    mark: str

    @property
    def opted_out_on(self) -> date | None:
        """The day in Finland on which the client stopped reminders."""
        return local_day(self.opted_out_at) if self.opted_out_at else None

    def gets_reminders(self, on: date) -> bool:
        """Whether messages go out on this day, when something is due."""
        paused = self.paused_until is not None and on < self.paused_until
        return self.channel is not Channel.NONE and self.opted_out_at is None and not paused


def get_contact(session: Session, actor: Actor, *, episode_id: str) -> ContactView:
    """How the client of an episode may be reached; raises NotFound. The look is written into the access log."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = _find(session, episode_id)
    audit.record(
        session, "read_contact", "client", found.client_public_id, [found.client_public_id]
    )
    return _view(found, found.contact)


def save_contact(
    session: Session, actor: Actor, *, episode_id: str, details: ContactDetails, at: datetime
) -> ContactView:
    """Store how the client may be reached; the same again changes nothing.

    Raises InputRejected with every fault: no e-mail address, no phone number, a channel without its address, a pause
    that is over or longer than a year, or an address that somebody changed meanwhile.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = _find(session, episode_id)
    stored = contacts.lock(session, found.client_id)
    faults: list[Fault] = []
    new = _check(details, stored, at, faults)
    if not faults and stored is not None and _is_same(stored, new):
        return _view(found, stored)
    if _mark(stored) != details.base:
        text = Message(
            "Somebody changed this meanwhile. Look at what is stored now, and save again."
        )
        faults.append(Fault("base", text))
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    values = {name: value for name, value in new.items() if name not in ("email", "phone")}
    values["changed_at"] = at
    contacts.put(session, found.client_id, new["email"], new["phone"], values)
    if not ContactView("", None, **new, mark="").gets_reminders(local_day(at)):
        reminders.cancel_planned(session, found.client_id, "changed", at)
    audit.record(
        session, "change_contact", "client", found.client_public_id, [found.client_public_id], at=at
    )
    session.expire_all()
    return _view(found, contacts.lock(session, found.client_id, wait=False))


def sign_stop(secret_key: str, reminder_id: str) -> str:
    """The token of the address under which a client stops reminders: signed, and about a message, not a person."""
    return _signer(secret_key).dumps(reminder_id)


def stop_reminders(session: Session, *, token: str, secret_key: str, at: datetime) -> None:
    """The client wants no more reminders; doing it again changes nothing.

    For a session opened by `Actor.system("client door")`. Raises NotFound for every token that is not ours.
    """
    demand(session, scope_of(session).actor)
    try:
        reminder_id = str(_signer(secret_key).loads(token[:300]))
    except BadSignature:
        raise NotFound(UNKNOWN_STOP) from None
    client = reminders.find_client(session, reminder_id)
    if client is None:
        raise NotFound(UNKNOWN_STOP)
    stored = contacts.lock(session, client.id)
    if stored is not None and stored.opted_out_at is None:
        contacts.opt_out(session, client.id, at)
        reminders.cancel_planned(session, client.id, "opted_out", at)
        audit.record(
            session, "stop_reminders", "client", client.public_id, [client.public_id], at=at
        )


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="stop reminders")


def _find(session: Session, episode_id: str) -> Addressee:
    found = contacts.find_by_episode(session, episode_id)
    if found is None:
        raise NotFound(Message("There is no such episode."))
    return found


def _mark(stored: Contact | None) -> str:
    return stored.changed_at.isoformat() if stored else ""


def _is_same(stored: Contact, new: dict[str, Any]) -> bool:
    return (bool(stored.opted_out_at) == bool(new["opted_out_at"])) and all(
        getattr(stored, name) == value for name, value in new.items() if name != "opted_out_at"
    )


def _view(found: Addressee, stored: Contact | None) -> ContactView:
    return ContactView(
        client_id=found.client_public_id,
        client_name=found.client_name,
        email=stored.email if stored else "",
        phone=stored.phone if stored else "",
        channel=stored.channel if stored else Channel.NONE,
        opted_out_at=stored.opted_out_at if stored else None,
        paused_until=stored.paused_until if stored else None,
        mark=_mark(stored),
    )


def _check(
    details: ContactDetails, stored: Contact | None, at: datetime, faults: list[Fault]
) -> dict[str, Any]:
    """The columns to store. An address may be kept although the channel does not need it."""
    email = _read(details.email, "email", read_email, faults)
    phone = _read(details.phone, "phone", read_phone, faults)
    channel = Channel.NONE
    if details.channel in set(Channel):
        channel = Channel(details.channel)
    else:
        faults.append(Fault("channel", Message("Choose how reminders are sent.")))
    if channel is Channel.EMAIL and not details.email.strip():
        faults.append(Fault("email", Message("Give the address that e-mails are sent to.")))
    if channel is Channel.SMS and not details.phone.strip():
        faults.append(Fault("phone", Message("Give the number that text messages are sent to.")))
    elif channel is Channel.SMS and phone and not _takes_sms(phone):
        faults.append(Fault("phone", Message("A text message needs the number of a mobile phone.")))
    pause, today = details.paused_until, local_day(at)
    known = stored is not None and stored.paused_until == pause
    if pause is not None and not known and not today < pause <= today + LONGEST_PAUSE:
        faults.append(
            Fault("paused_until", Message("A pause ends on a later day, within a year at most."))
        )
    return {
        "email": email,
        "phone": phone,
        "channel": channel,
        "paused_until": pause,
        "opted_out_at": ((stored.opted_out_at if stored else None) or at)
        if details.wants_none
        else None,
    }


def _read(typed: str, where: str, read: Callable[[str], str], faults: list[Fault]) -> str:
    typed = typed.strip()
    if not typed:
        return ""
    try:
        return read(typed)
    except InputRejected as rejected:
        faults.append(Fault(where, rejected.message))
        return ""


def read_email(typed: str) -> str:
    """An e-mail address as it is stored; raises InputRejected."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(typed[:400], check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InputRejected(
            Message("%(value)s is not an e-mail address (like name@example.fi).", value=typed[:60])
        ) from None
    return found.normalized


def read_phone(typed: str) -> str:
    """A phone number as it is stored, with its country; Finland where it names none. Raises InputRejected."""
    import phonenumbers as numbers

    try:
        found = numbers.parse(typed[:60], "FI")
    except numbers.NumberParseException:
        found = None
    if found is None or not numbers.is_valid_number(found):
        raise InputRejected(
            Message(
                "%(value)s is not a phone number. Write it like 040 123 4567, or with the country first: "
                "+46 70 123 45 67.",
                value=typed[:40],
            )
        )
    return str(numbers.format_number(found, numbers.PhoneNumberFormat.E164))


def _takes_sms(phone: str) -> bool:
    import phonenumbers as numbers

    kind = numbers.number_type(numbers.parse(phone, None))
    return kind not in (
        numbers.PhoneNumberType.FIXED_LINE,
        numbers.PhoneNumberType.TOLL_FREE,
        numbers.PhoneNumberType.PREMIUM_RATE,
        numbers.PhoneNumberType.SHARED_COST,
    )
