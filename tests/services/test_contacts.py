"""How a client may be reached: checked, kept by those who know the client, and never written over unseen."""

from datetime import date, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode
from databases import at_another_time
from sqlalchemy import select

from evalplat.errors import InputRejected, NotFound, Refused
from evalplat.services.contacts import (
    ContactDetails,
    get_contact,
    read_email,
    read_phone,
    save_contact,
)
from evalplat.storage.tables import AuditEntry, ClientContact
from evalplat.vocabulary import Channel, Role


def save(wiring, actor, episode_id, **details):
    with wiring.transaction(actor) as session:
        return save_contact(
            session, actor, episode_id=episode_id, details=ContactDetails(**details),
            at=wiring.clock(),
        )  # fmt: skip


def look(wiring, actor, episode_id):
    with wiring.reading(actor) as session:
        return get_contact(session, actor, episode_id=episode_id)


def wheres(wiring, actor, episode_id, **details):
    with pytest.raises(InputRejected) as caught:
        save(wiring, actor, episode_id, **details)
    return [fault.where for fault in caught.value.faults]


def test_worker_and_case_worker_keep_one_and_the_same_address(wiring):
    made = make_episode(wiring)
    episode = made.episode.id
    assert look(wiring, made.worker, episode).channel is Channel.NONE
    first = save(wiring, made.worker, episode, email=" Aino@Client.Example ", channel="email")
    assert first.email == "Aino@client.example"
    second = save(
        wiring, made.case_worker, episode, email=first.email, phone="040 123 4567", channel="sms",
        base=first.mark,
    )  # fmt: skip
    assert (second.phone, second.channel) == ("+358401234567", Channel.SMS)
    assert look(wiring, made.worker, episode).phone == "+358401234567"
    with wiring.reading(SYSTEM) as session:
        acts = session.execute(
            select(AuditEntry.action, AuditEntry.client_ids).where(
                AuditEntry.action.in_(["read_contact", "change_contact"])
            )
        ).all()
    assert [action for action, _ in acts].count("change_contact") == 2
    assert all(clients == [made.episode.client_id] for _, clients in acts)


def test_another_provider_other_roles_and_another_case_worker_reach_no_address(wiring):
    made = make_episode(wiring)
    save(wiring, made.worker, made.episode.id, email="a@client.example", channel="email")
    other = make_actor(wiring, provider="Provider B")
    stranger = make_actor(wiring, Role.CASE_WORKER, email="other@case.example")
    for actor in (other, stranger):
        with pytest.raises(NotFound):
            look(wiring, actor, made.episode.id)
        with pytest.raises(NotFound):
            save(wiring, actor, made.episode.id, email="b@client.example", channel="email")
    for role in (Role.ANALYST, Role.ADMINISTRATOR):
        with pytest.raises(Refused):
            look(wiring, make_actor(wiring, role), made.episode.id)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_every_fault_is_named_at_once_and_nothing_is_stored(wiring):
    made = make_episode(wiring)
    today = wiring.clock().date()
    found = wheres(
        wiring, made.worker, made.episode.id, email="no address", phone="12", channel="pigeon",
        paused_until=today,
    )  # fmt: skip
    assert found == ["email", "phone", "channel", "paused_until"]
    assert wheres(wiring, made.worker, made.episode.id, channel="email") == ["email"]
    assert wheres(wiring, made.worker, made.episode.id, channel="sms") == ["phone"]
    landline = wheres(wiring, made.worker, made.episode.id, channel="sms", phone="02 123 4567")
    assert landline == ["phone"]
    far = today + timedelta(days=400)
    assert wheres(wiring, made.worker, made.episode.id, paused_until=far) == ["paused_until"]
    with wiring.reading(SYSTEM) as session:
        assert session.scalars(select(ClientContact)).all() == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_somebody_changed_meanwhile_is_not_written_over(wiring):
    made = make_episode(wiring)
    episode = made.episode.id
    save(wiring, made.worker, episode, email="a@client.example", channel="email")
    stale = {"email": "b@client.example", "channel": "email", "base": ""}
    assert wheres(wiring, made.worker, episode, **stale) == ["base"]
    again = save(wiring, made.worker, episode, email="a@client.example", channel="email")
    assert again.email == "a@client.example"
    later = at_another_time(wiring, wiring.clock() + timedelta(hours=1))
    new = save(later, made.worker, episode, **{**stale, "base": again.mark})
    assert (new.email, new.mark != again.mark) == ("b@client.example", True)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_day_of_opting_out_stays_and_can_be_taken_back(wiring):
    made = make_episode(wiring)
    episode = made.episode.id
    wanted = {"email": "a@client.example", "channel": "email"}
    out = save(wiring, made.worker, episode, **wanted, wants_none=True)
    assert out.opted_out_on == date(2026, 11, 24)
    later = at_another_time(wiring, wiring.clock() + timedelta(days=3))
    kept = save(
        later, made.worker, episode, **{**wanted, "email": "b@client.example"}, wants_none=True,
        base=out.mark,
    )  # fmt: skip
    assert kept.opted_out_on == date(2026, 11, 24)
    assert not kept.gets_reminders(date(2026, 11, 27))
    back = save(later, made.worker, episode, **wanted, base=kept.mark)
    assert back.opted_out_at is None and back.gets_reminders(date(2026, 11, 27))


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("040 123 4567", "+358401234567"),
        ("+358 (0)50-1234567", "+358501234567"),
        ("+46 70 123 45 67", "+46701234567"),
        ("0046701234567", "+46701234567"),
        ("112", None),
        ("040 12", None),
        ("call me", None),
    ],
)
def test_phone_numbers_are_stored_with_their_country(typed, stored):
    if stored is None:
        with pytest.raises(InputRejected, match="is not a phone number"):
            read_phone(typed)
    else:
        assert read_phone(typed) == stored


@pytest.mark.parametrize(
    "typed",
    ["a@b", "a b@c.example", "a@c.example\nBcc: d@e.example", "ä@c.example", "@c.example", "a"],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(InputRejected, match="is not an e-mail address"):
        read_email(typed)
