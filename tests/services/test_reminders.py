"""Reminders: planned once, sent once, about everything that is due, and never against the client's will.

What does not depend on the database's locks and rules is tested on one of them.
"""

import threading
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_sheet, make_voucher, open_code
from databases import at_another_time
from servers import mail_server, sms_gateway
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from evalplat.config import MessageSettings
from evalplat.delivery.senders import make_senders
from evalplat.errors import Conflict, NotConfigured, NotFound, Refused
from evalplat.language import get_translator, say
from evalplat.services.actors import Actor
from evalplat.services.closing import close_episodes
from evalplat.services.contacts import (
    ContactDetails,
    get_contact,
    save_contact,
    sign_stop,
    stop_reminders,
)
from evalplat.services.invitations import Codes, open_invitation
from evalplat.services.not_obtained import close_administration
from evalplat.services.reminder_texts import SUBJECT
from evalplat.services.reminder_views import (
    list_coming,
    list_missing,
    list_reminders,
    resolve_reminder,
    show_overview,
)
from evalplat.services.reminders import plan_reminder, rule_of, take_reminder
from evalplat.services.requests import ClientDetails, ClosingRequest
from evalplat.services.sending import Post, check_key, send_reminders
from evalplat.storage.tables import AuditEntry, Client, Reminder, ReminderEvent
from evalplat.vocabulary import Channel, MeasurementPoint, ReminderState, Role

KEY = "k" * 40
ROBOT = Actor.system("reminders")
STATE = ReminderState
NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = NOON.date()
OPENED = date(2026, 11, 20)
FORBIDDEN = ("Testi", "Asiakas", "asiakas", "kunt", "sosiaali", "social", "rehab", "WHODAS", "3X10D",
             "Provider A", "klient")  # fmt: skip


def set_up(port=0, sms_url="", **rest):
    return MessageSettings(
        smtp_url=f"smtp://127.0.0.1:{port}?starttls=no" if port else "",
        mail_from="no-reply@county.example",
        sms_url=sms_url,
        public_url="https://county.example",
        **rest,
    )


def run(wiring, settings, senders=None):
    return send_reminders(
        Post(
            begin=lambda: wiring.transaction(ROBOT),
            catalogue=wiring.catalogue,
            actor=ROBOT,
            senders=make_senders(settings) if senders is None else senders,
            settings=settings,
            secret_key=KEY,
            clock=wiring.clock,
        )
    )


def reach(wiring, made, **details):
    """Let the client be reached by e-mail unless told otherwise."""
    given = {"email": "aino@client.example", "channel": "email", **details}
    with wiring.transaction(made.worker) as session:
        base = get_contact(session, made.worker, episode_id=made.episode.id).mark
        return save_contact(
            session, made.worker, episode_id=made.episode.id,
            details=ContactDetails(base=base, **given), at=wiring.clock(),
        )  # fmt: skip


def due_client(wiring, **rest):
    """A client whose baseline forms are due today: two that they fill in alone."""
    made = make_episode(wiring, opened_on=OPENED, **rest)
    reach(wiring, made)
    return made


def rows(wiring):
    with wiring.reading(SYSTEM) as session:
        return list(session.scalars(select(Reminder).order_by(Reminder.id)))


def events(wiring):
    with wiring.reading(SYSTEM) as session:
        found = session.execute(
            select(ReminderEvent.state, ReminderEvent.detail).order_by(ReminderEvent.id)
        )
        return [tuple(row) for row in found]


def later(wiring, days=0, **rest):
    return at_another_time(wiring, wiring.clock() + timedelta(days=days, **rest))


def missing(wiring, settings, on=None):
    actor = SYSTEM
    with wiring.reading(actor) as session:
        return list_missing(
            session, wiring.catalogue, actor, rule=rule_of(settings), last_hour=20,
            at=wiring.clock(), on=on,
        )  # fmt: skip


def test_several_due_forms_make_one_message_with_a_link_and_a_code_for_each(wiring):
    made = due_client(wiring)
    with mail_server() as box:
        done = run(wiring, set_up(box.port))
        again = run(wiring, set_up(box.port))
    assert (done.sent, again.sent) == (1, 0)
    text = box.text()
    links = [line.split()[-1] for line in text.splitlines() if "/c/l/" in line]
    codes = [line.split()[-1] for line in text.splitlines() if line.startswith(code_word())]
    assert len(links) == len(codes) == 2
    opened = set()
    for link, code in zip(links, codes, strict=True):
        token = link.rpartition("/")[2]
        with wiring.transaction(SYSTEM) as session:
            visit = open_invitation(session, token=token, at=wiring.clock())
        assert open_code(wiring, code).invitation_id == visit.invitation_id
        opened.add(visit.administration_id)
    (row,) = rows(wiring)
    assert set(row.administration_ids) == opened
    assert opened == {made.administration(key).id for key in ("whodas-2.0-12", "3x10d")}
    assert (row.state, row.attempt, row.sent_at) == (STATE.SENT, 1, wiring.clock())
    assert events(wiring) == [(STATE.PLANNED, ""), (STATE.SENDING, ""), (STATE.SENT, "")]


def code_word():
    return get_translator("fi")("Code: %(code)s").partition("%")[0]


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("language", ["fi", "sv", "en", "ru"])
def test_a_message_says_neither_who_the_reader_is_nor_whose_client(wiring, language):
    due_client(wiring, language=language)
    with mail_server() as box:
        run(wiring, set_up(box.port))
    mail = box.mails[0]
    told = str(mail) + box.text()
    assert not [word for word in FORBIDDEN if word in told]
    assert mail["Subject"] == say(SUBJECT, language if language != "ru" else "fi")
    assert mail["Content-Language"] == (language if language != "ru" else "fi")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_an_sms_goes_through_the_gateway_and_is_short(wiring):
    made = make_episode(wiring, opened_on=OPENED)
    reach(wiring, made, email="", phone="040 123 4567", channel="sms")
    make_sheet(wiring, made, measured_on=OPENED)
    with sms_gateway() as gateway:
        assert run(wiring, set_up(sms_url=gateway.url)).sent == 1
    (_headers, body) = gateway.taken[0]
    assert body["to"] == "+358401234567"
    assert len(body["text"]) <= 306  # two parts
    assert not [word for word in FORBIDDEN if word in body["text"]]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_reminders_come_when_the_window_opens_and_then_every_week_three_times_at_most(wiring):
    due_client(wiring)
    days = []
    with mail_server() as box:
        for number in range(30):
            there = later(wiring, number)
            if run(there, set_up(box.port)).sent:
                days.append(number)
    assert days == [0, 7, 14]
    assert [row.attempt for row in rows(wiring)] == [1, 2, 3]


def test_lesson_6_reminders_respect_completion_closing_opt_out_pause_and_death(wiring):
    answered, declined, stopped, paused, dead, quiet = (due_client(wiring) for _ in range(6))
    decline(wiring, answered, "3x10d")
    make_sheet(wiring, answered, measured_on=OPENED)
    decline(wiring, declined, "3x10d")
    decline(wiring, declined, "whodas-2.0-12")
    reach(wiring, stopped, wants_none=True)
    reach(wiring, paused, paused_until=TODAY + timedelta(days=3))
    reach(wiring, quiet, channel="none")
    with wiring.transaction(dead.worker) as session:
        closing = ClosingRequest(dead.episode.id, TODAY, "died")
        close_episodes(session, dead.worker, [closing], wiring.clock())
    with mail_server() as box:
        assert run(wiring, set_up(box.port)).sent == 0
        assert run(later(wiring, 3), set_up(box.port)).sent == 1
    assert [row.client_id for row in rows(wiring)] == [client_of(wiring, paused)]


def decline(wiring, made, instrument):
    with wiring.transaction(made.worker) as session:
        close_administration(
            session, made.worker, administration_id=made.administration(instrument).id,
            reason="declined", at=wiring.clock(),
        )  # fmt: skip


def client_of(wiring, made):
    with wiring.reading(SYSTEM) as session:
        return session.scalar(select(Client.id).where(Client.public_id == made.episode.client_id))


def plan_all(wiring, made, settings):
    with wiring.transaction(ROBOT) as session:
        return plan_reminder(
            session, wiring.catalogue, ROBOT, client=client_of(wiring, made),
            rule=rule_of(settings), channels={Channel.EMAIL, Channel.SMS}, at=wiring.clock(),
        )  # fmt: skip


def take(wiring, reminder_id, settings):
    with wiring.transaction(ROBOT) as session:
        return take_reminder(
            session, wiring.catalogue, ROBOT, reminder_id=reminder_id, settings=settings,
            secret_key=KEY, codes=Codes(), at=wiring.clock(),
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("why", ["answered", "opted_out", "paused", "changed", "not_on_its_day"])
def test_what_happens_after_the_planning_still_stops_a_message(wiring, why):
    settings, there = set_up(1), wiring
    made = due_client(wiring)
    planned = plan_all(wiring, made, settings)
    if why == "answered":
        make_sheet(wiring, made, measured_on=OPENED)
        decline(wiring, made, "3x10d")
    elif why == "opted_out":
        with wiring.transaction(SYSTEM) as session:
            stop_reminders(
                session, token=sign_stop(KEY, planned), secret_key=KEY, at=wiring.clock()
            )
    elif why == "paused":
        reach(wiring, made, paused_until=TODAY + timedelta(days=1))
    elif why == "changed":
        reach(wiring, made, channel="sms", phone="0401234567")
    else:
        there = later(wiring, 1)
    assert take(there, planned, settings) is None
    state, detail = events(wiring)[-1]
    assert state is STATE.CANCELLED
    assert detail == {"answered": "nothing_due", "paused": "changed"}.get(why, why)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_text_is_made_when_it_is_sent_not_when_it_is_planned(wiring):
    settings = set_up(1)
    made = due_client(wiring)
    planned = plan_all(wiring, made, settings)
    make_sheet(wiring, made, measured_on=OPENED)
    reach(wiring, made, email="new@client.example")
    message = take(wiring, planned, settings)
    assert message.to == "new@client.example"
    assert message.text.count("/c/l/") == 1
    (row,) = rows(wiring)
    assert row.administration_ids == [made.administration("3x10d").id]


def test_lesson_5_two_processes_at_once_send_one_message(wiring):
    """Each runs the whole job against the same database."""
    clients = [due_client(wiring, language=language) for language in ("fi", "sv", "en")]
    barrier, done = threading.Barrier(3), []
    with mail_server() as box, ExitStack() as stack:

        def work():
            barrier.wait()
            done.append(run(wiring, set_up(box.port)))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.close()
    assert len(done) == 3
    assert sum(one.sent for one in done) == len(box.mails) == len(clients)
    assert {row.state for row in rows(wiring)} == {STATE.SENT}
    assert len({row.client_id for row in rows(wiring)}) == len(rows(wiring)) == len(clients)


def test_a_crash_while_sending_is_never_sent_again_and_is_listed(wiring):
    made = due_client(wiring)

    class Dying:
        def send(self, _message):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(wiring, set_up(1), {Channel.EMAIL: Dying()})
    (row,) = rows(wiring)
    assert row.state is STATE.SENDING
    with mail_server() as box:
        settings = set_up(box.port)
        assert run(later(wiring, hours=1), settings).sent == 0
        assert missing(wiring, settings) == ()
        there = later(wiring, hours=1)
        assert [one.kind for one in missing(there, settings)] == ["unknown"]
        manager = make_actor(wiring, Role.PROVIDER_MANAGER)
        with there.reading(manager) as session:
            shown = show_overview(
                session,
                wiring.catalogue,
                manager,
                rule=rule_of(settings),
                last_hour=20,
                at=there.clock(),
            )
        assert [view.id for view in shown.unknown] == [row.public_id]
        resolve(there, manager, row.public_id, False)
        resolve(there, manager, row.public_id, False)
        with pytest.raises(Conflict):
            resolve(there, manager, row.public_id, True)
        assert run(later(wiring, 1), settings).sent == 1
    assert [one.attempt for one in rows(wiring)] == [1, 2]
    with wiring.reading(made.worker) as session:
        views = list_reminders(session, made.worker, episode_id=made.episode.id, at=wiring.clock())
    assert [view.state for view in views] == [STATE.SENT, STATE.FAILED]


def resolve(wiring, actor, reminder_id, went_out):
    with wiring.transaction(actor) as session:
        resolve_reminder(
            session, actor, reminder_id=reminder_id, went_out=went_out, at=wiring.clock()
        )


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("answer", ["450 later", "550 unknown <aino@client.example>"])
def test_what_a_server_refuses_has_failed_with_its_reason_and_is_tried_another_day(wiring, answer):
    made = due_client(wiring)
    with mail_server() as box:
        settings = set_up(box.port)
        box.at_address = answer
        done = run(wiring, settings)
        assert (done.sent, done.failed, done.is_well) == (0, 1, False)
        assert run(later(wiring, hours=2), settings).failed == 0
        box.at_address = None
        assert run(later(wiring, 1), settings).sent == 1
    details = [detail for _state, detail in events(wiring)]
    assert "client.example" not in "".join(details)
    with wiring.reading(made.worker) as session:
        views = list_reminders(session, made.worker, episode_id=made.episode.id, at=wiring.clock())
    assert [view.state for view in views] == [STATE.SENT, STATE.FAILED]
    assert views[1].reason is not None and views[0].reason is None


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_server_that_is_away_is_tried_three_times_and_the_rest_waits_for_the_next_run(wiring):
    for _ in range(5):
        due_client(wiring)
    with mail_server() as box:
        port = box.port
    done = run(wiring, set_up(port))
    assert (done.failed, done.waiting, done.sent) == (3, 2, 0)
    assert done.troubles == {"no_connection": 3}
    with mail_server() as box:
        assert run(later(wiring, hours=1), set_up(box.port)).sent == 2
    assert sorted(row.state for row in rows(wiring)) == ["failed"] * 3 + ["sent"] * 2


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_connection_that_breaks_after_the_text_leaves_it_unknown_and_is_not_repeated(wiring):
    due_client(wiring)
    with mail_server() as box:
        box.at_text = "hang up"
        done = run(wiring, set_up(box.port))
        assert (done.unknown, done.is_well) == (1, False)
        box.at_text = None
        assert run(later(wiring, 1), set_up(box.port)).sent == 0
        assert run(later(wiring, 7), set_up(box.port)).sent == 1
    assert [one.kind for one in missing(wiring, set_up(1))] == ["unknown"]
    assert events(wiring)[2] == (STATE.SENDING, "no_answer")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(
    ("opened", "at", "sent"),
    [
        (date(2026, 3, 20), datetime(2026, 3, 29, 4, 59, tzinfo=UTC), None),
        (date(2026, 3, 20), datetime(2026, 3, 29, 5, 0, tzinfo=UTC), date(2026, 3, 29)),
        (date(2026, 10, 20), datetime(2026, 10, 25, 5, 59, tzinfo=UTC), None),
        (date(2026, 10, 20), datetime(2026, 10, 25, 6, 0, tzinfo=UTC), date(2026, 10, 25)),
        (date(2026, 10, 20), datetime(2026, 10, 25, 18, 0, tzinfo=UTC), None),
    ],
)
def test_nothing_is_sent_at_night_and_each_reminder_once_on_days_when_clocks_are_turned(
    wiring, opened, at, sent
):
    made = make_episode(wiring, opened_on=opened)
    reach(wiring, made)
    there = at_another_time(wiring, at)
    with mail_server() as box:
        for hours in (0, 0.9):
            run(at_another_time(wiring, at + timedelta(hours=hours / 60)), set_up(box.port))
        assert len(box.mails) == (1 if sent else 0)
    assert [row.local_day for row in rows(there)] == ([sent] if sent else [])


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_should_have_gone_out_and_did_not_is_found(wiring):
    settings = set_up(1)
    made = due_client(wiring)
    assert missing(wiring, settings) == ()  # yesterday nobody knew the address
    assert [(one.kind, one.day) for one in missing(later(wiring, 1), settings)] == [
        ("not_planned", TODAY)
    ]
    assert [one.kind for one in missing(wiring, settings, on=TODAY)] == ["not_planned"]
    plan_all(wiring, made, settings)
    assert [one.kind for one in missing(later(wiring, hours=9), settings)] == ["not_sent"]
    with mail_server() as box:
        run(wiring, set_up(box.port))
    assert missing(later(wiring, hours=9), settings) == ()
    assert missing(later(wiring, 6), settings) == ()
    assert [one.kind for one in missing(later(wiring, 8), settings)] == ["not_planned"]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_channel_without_a_server_is_said_and_not_planned(wiring):
    made = due_client(wiring)
    reach(wiring, made, channel="sms", phone="0401234567")
    with mail_server() as box:
        done = run(wiring, set_up(box.port))
    assert done.not_set_up == {Channel.SMS: 1}
    assert not done.is_well
    assert rows(wiring) == []
    with pytest.raises(NotConfigured, match="EVALPLAT_SECRET_KEY"):
        check_key("short")


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_reminder_does_not_close_a_link_that_the_client_is_using(wiring):
    made = due_client(wiring)
    with mail_server() as box:
        run(wiring, set_up(box.port))
        first = box.text()
        run(later(wiring, 7), set_up(box.port))
    token = next(line for line in first.splitlines() if "/c/l/" in line).rpartition("/")[2]
    with wiring.transaction(SYSTEM) as session:
        visit = open_invitation(session, token=token, at=later(wiring, 7).clock())
    assert visit.episode_id == made.episode.id


def test_a_client_stops_the_messages_with_the_address_in_each_of_them(wiring):
    made = due_client(wiring)
    with mail_server() as box:
        run(wiring, set_up(box.port))
        token = box.mails[0]["List-Unsubscribe"].strip("<>").rpartition("/c/stop/")[2]
        assert made.episode.client_id not in token
        for _ in range(2):
            with wiring.transaction(SYSTEM) as session:
                stop_reminders(session, token=token, secret_key=KEY, at=wiring.clock())
        assert run(later(wiring, 7), set_up(box.port)).sent == 0
    with wiring.reading(made.worker) as session:
        contact = get_contact(session, made.worker, episode_id=made.episode.id)
    assert contact.opted_out_at == wiring.clock()
    for wrong in ("", "x", token[:-1], sign_stop("another key of the same length.....", "x")):
        with wiring.transaction(SYSTEM) as session, pytest.raises(NotFound):
            stop_reminders(session, token=wrong, secret_key=KEY, at=wiring.clock())
    with wiring.reading(SYSTEM) as session:
        acts = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action == "stop_reminders")
        )
        assert len(acts.all()) == 1


def test_only_the_own_provider_sees_its_clients_reminders(wiring):
    made = due_client(wiring)
    with mail_server() as box:
        settings = set_up(box.port)
        run(wiring, settings)
    (row,) = rows(wiring)
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    other = make_actor(wiring, Role.PROVIDER_MANAGER, provider="Provider B", email="m@b.example")
    rule = rule_of(settings)
    with wiring.reading(manager) as session:
        own = show_overview(
            session, wiring.catalogue, manager, rule=rule, last_hour=20, at=wiring.clock()
        )
    assert [view.client_name for view in own.recent] == ["Testi Asiakas"]
    assert [(one.day - TODAY).days for one in own.coming] == [7]
    with wiring.reading(other) as session:
        foreign = show_overview(
            session, wiring.catalogue, other, rule=rule, last_hour=20, at=wiring.clock()
        )
        assert (foreign.recent, foreign.coming) == ((), ())
        assert list_reminders(session, other, episode_id=made.episode.id, at=wiring.clock()) == ()
        with pytest.raises(NotFound):
            get_contact(session, other, episode_id=made.episode.id)
    with wiring.transaction(other) as session, pytest.raises(NotFound):
        resolve_reminder(
            session, other, reminder_id=row.public_id, went_out=True, at=wiring.clock()
        )
    worker = made.worker
    with wiring.reading(worker) as session, pytest.raises(Refused):
        show_overview(session, wiring.catalogue, worker, rule=rule, last_hour=20, at=wiring.clock())


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_comes_is_told_before_anything_is_planned(wiring):
    due_client(wiring)
    with wiring.reading(SYSTEM) as session:
        coming = list_coming(
            session, wiring.catalogue, SYSTEM, rule=rule_of(set_up(1)), on=TODAY, until=TODAY
        )
    assert [(one.day, one.forms, one.point) for one in coming] == [
        (TODAY, 2, MeasurementPoint.BASELINE)
    ]
    assert rows(wiring) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_two_episodes_at_two_providers_make_two_messages_on_two_days(wiring):
    first = due_client(wiring)
    number = make_voucher(wiring, client=ClientDetails(client_id=first.episode.client_id))
    second = make_episode(wiring, provider="Provider B", voucher=number, opened_on=OPENED)
    with mail_server() as box:
        for days in range(3):
            run(later(wiring, days), set_up(box.port))
    assert len(box.mails) == 2
    spoken = [set(row.administration_ids) for row in rows(wiring)]
    for made, forms in zip((first, second), spoken, strict=True):
        assert forms <= {a.id for a in made.episode.administrations}


def test_the_database_itself_refuses_a_second_message_of_a_day_or_of_an_attempt(wiring):
    made = due_client(wiring)
    plan_all(wiring, made, set_up(1))
    (row,) = rows(wiring)
    same = {column.key: getattr(row, column.key) for column in Reminder.__table__.columns}
    for changed in ({"attempt": 2}, {"local_day": TODAY + timedelta(days=1)}):
        again = {**same, "public_id": "another", "id": None, **changed}
        with pytest.raises(IntegrityError), wiring.transaction(ROBOT) as session:
            session.add(Reminder(**again))
            session.flush()
    assert len(rows(wiring)) == 1
