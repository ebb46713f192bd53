"""Feedback on accessibility: taken from anybody, read and answered by administrators only, never without an end."""

from datetime import timedelta

import pytest
from builders import SYSTEM, make_actor
from databases import at_another_time
from sqlalchemy import func, insert, select, text

from evalplat.errors import Conflict, InputRejected, NotFound, Refused, Unavailable
from evalplat.services.accessibility_notes import (
    MOST_A_DAY,
    answer_note,
    count_waiting_notes,
    list_notes,
    send_note,
)
from evalplat.storage.guard import AccessBreach
from evalplat.storage.tables import AccessibilityNote
from evalplat.vocabulary import Role


def send(wiring, message="The button cannot be seen.", **rest):
    with wiring.transaction(SYSTEM) as session:
        send_note(session, SYSTEM, message=message, at=wiring.clock(), **rest)


def listed(wiring, role=Role.ADMINISTRATOR):
    actor = make_actor(wiring, role)
    with wiring.reading(actor) as session:
        return list_notes(session, actor, at=wiring.clock())


def test_what_is_sent_is_read_by_an_administrator_and_answered_once(wiring):
    send(wiring, place="  the   questions ", email=" Aino@Example.com ", language="fi-x-selko")
    send(wiring, "A second one.")
    (first, second) = listed(wiring)
    assert (first.place, first.email, first.language) == (
        "the questions",
        "Aino@example.com",
        "fi-x-selko",
    )
    admin = make_actor(wiring, Role.ADMINISTRATOR)

    def answer(words, note_id=first.id):
        with wiring.transaction(admin) as session:
            answer_note(session, admin, note_id=note_id, answer=words, at=wiring.clock())

    with pytest.raises(InputRejected):
        answer("  ")
    answer("Mended.")
    answer("Mended.")  # once more the same: nothing happens
    with pytest.raises(Conflict):
        answer("Other words.")
    with pytest.raises(NotFound):
        answer("Mended.", "no-such-note")
    after = listed(wiring)
    assert [note.id for note in after] == [second.id, first.id]
    assert after[1].answer == "Mended."
    with wiring.reading(admin) as session:
        assert count_waiting_notes(session, admin) == 1


def test_faults_come_all_at_once_and_nothing_is_kept(wiring):
    with pytest.raises(InputRejected) as caught:
        send(wiring, " ", place="x" * 201, email="not an address")
    assert [fault.where for fault in caught.value.faults] == ["message", "place", "email"]
    assert listed(wiring) == ()


def test_the_same_words_are_kept_once_and_a_flood_is_refused(wiring):
    for _ in range(3):
        send(wiring)
    assert len(listed(wiring)) == 1
    with wiring.transaction(SYSTEM) as session:
        rows = [
            {"public_id": f"flood-{n}", "received_at": wiring.clock(), "language": "fi",
             "message": f"{n}", "place": "", "email": "", "answered_by": "", "answer": ""}
            for n in range(MOST_A_DAY)
        ]  # fmt: skip
        session.execute(insert(AccessibilityNote), rows)
    with pytest.raises(Unavailable):
        send(wiring, "One too many.")
    send(at_another_time(wiring, wiring.clock() + timedelta(days=2)), "The next day but one.")


def test_after_two_weeks_an_unanswered_note_is_overdue(wiring):
    send(wiring)
    assert not listed(wiring)[0].overdue
    later = at_another_time(wiring, wiring.clock() + timedelta(days=15))
    assert listed(later)[0].overdue


def test_nobody_else_reads_them(wiring):
    send(wiring)
    for role in (Role.PROVIDER_WORKER, Role.CASE_WORKER, Role.ANALYST):
        with pytest.raises(Refused):
            listed(wiring, role)
        with wiring.reading(make_actor(wiring, role)) as session, pytest.raises(AccessBreach):
            session.scalar(select(func.count()).select_from(AccessibilityNote))


def test_row_level_policies_hide_them_too(wiring, database):
    if database.on_sqlite:
        return
    import psycopg

    send(wiring)
    url = database.database_url.replace("postgresql+psycopg://", "postgresql://")
    count = "SELECT count(*) FROM accessibility_notes"
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE evalplat_app")
        assert connection.execute(count).fetchone() == (0,)
        connection.execute("SELECT set_config('evalplat.scope', 'county', true)")
        assert connection.execute(count).fetchone() == (0,)
        connection.execute("SELECT set_config('evalplat.reads_log', 'true', true)")
        assert connection.execute(count).fetchone() == (1,)
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(text(count)) == 1
