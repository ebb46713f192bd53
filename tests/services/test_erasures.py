"""Erasing a client by two persons: what goes, what stays of nobody, who may, and what hinders it."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from builders import (
    SYSTEM,
    make_actor,
    make_everything,
    make_invitation,
)
from services.test_rights_requests import TODAY, ask, listed, visit
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.audit_chain import verify_access_log
from evalplat.services.backups import make_backup, restore_backup
from evalplat.services.caseload import get_client, list_caseload
from evalplat.services.client_standing import get_standing, lift_restriction
from evalplat.services.copies import make_copy
from evalplat.services.destruction_check import examine_destruction
from evalplat.services.doctor import Level, examine_contents
from evalplat.services.erasures import (
    confirm_erasure,
    count_waiting_erasures,
    decide_erasure,
    decline_erasure,
    get_erasure,
    get_erasure_standing,
    list_erasures,
)
from evalplat.services.rights_settings import USUAL, read_rights
from evalplat.storage import identities
from evalplat.storage.tables import (
    AuditEntry,
    Client,
    ClientContact,
    Draft,
    Episode,
    EpisodeCounts,
    Erasure,
    Goal,
    Invitation,
    PairMoments,
    Reminder,
    RightsRequest,
    Score,
    Sheet,
    Voucher,
)
from evalplat.vocabulary import ErasureState, MeasurementPoint, ReminderState, Role
from evalplat.wiring import build_wiring

RIGHTS = read_rights(USUAL)
ENDED = date(2026, 9, 1)


@pytest.fixture
def made(wiring):
    """A client of whom there is something in every table, whose service has ended."""
    made = make_everything(wiring)
    close(wiring)
    return made


def close(wiring, closed_on=ENDED):
    with wiring.transaction(SYSTEM) as session:
        session.execute(update(Episode).values(closed_on=closed_on))
        done = {"outcome": "done", "answered_at": wiring.clock(), "answered_by": "test"}
        session.execute(update(RightsRequest).where(RightsRequest.kind != "erasure").values(done))


def decide(wiring, actor, client_id, ground="not_needed", **rest):
    with wiring.transaction(actor) as session:
        return decide_erasure(
            session, actor, RIGHTS, client_id=client_id, ground=ground, at=wiring.clock(),
            reason="The client wants it, and nothing keeps it.", **rest,
        )  # fmt: skip


def find_faults(wiring):
    """What verifying the access log, and what was measured, finds wrong."""
    with wiring.reading(SYSTEM) as session:
        return verify_access_log(session, SYSTEM, wiring.settings).breaks


def confirm(wiring, actor, erasure_id, settings=RIGHTS):
    with wiring.transaction(actor) as session:
        confirm_erasure(
            session, wiring.catalogue, actor, settings, erasure_id=erasure_id, at=wiring.clock()
        )


def waiting(wiring, actor):
    with wiring.reading(actor) as session:
        return list_erasures(session, actor, at=wiring.clock())[0]


def erase(wiring, made, settings=RIGHTS):
    decide(wiring, made.case_worker, made.episode.client_id)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    (found,) = waiting(wiring, administrator)
    confirm(wiring, administrator, found.id, settings)
    return found.id


def sums(wiring):
    with wiring.reading(SYSTEM) as session:
        return [
            sorted(map(str, session.execute(select(*model.__table__.columns))))
            for model in (PairMoments, EpisodeCounts, Score)
        ]


def test_what_names_a_client_goes_and_what_was_measured_stays_as_it_was(wiring, made):
    invitation = make_invitation(wiring, made, point=MeasurementPoint.MIDPOINT)
    before, client_id = sums(wiring), made.episode.client_id
    erase(wiring, made)
    assert sums(wiring) == before and before[2]
    with wiring.reading(SYSTEM) as session:
        client = session.scalar(select(Client).where(Client.public_id == client_id))
        assert identities.read_names(session, [client.id]) == {client.id: ""}
        assert client.counted and client.restricted_at
        assert session.scalar(select(func.count()).select_from(Sheet)) > 0
        assert {goal.title for goal in session.scalars(select(Goal))} == {""}
        for model in (Draft, ClientContact):
            assert session.scalar(select(func.count()).select_from(model)) == 0, model
        assert None not in set(session.scalars(select(Invitation.revoked_at)))
        assert ReminderState.PLANNED not in set(session.scalars(select(Reminder.state)))
        assert all(n.startswith("ERASED-") for n in session.scalars(select(Voucher.number)))
        assert invitation.code
        acts = set(session.scalars(select(AuditEntry.action)))
        assert {"decide_erasure", "confirm_erasure", "erase_client"} <= acts
    assert find_faults(wiring) == ()


def test_the_same_person_cannot_confirm_neither_in_the_program_nor_past_it(wiring, made):
    decide(wiring, made.case_worker, made.episode.client_id)
    (found,) = waiting(wiring, made.case_worker)
    assert found.by_self
    with pytest.raises(Refused):
        confirm(wiring, made.case_worker, found.id)
    with wiring.transaction(SYSTEM) as session, pytest.raises(IntegrityError):
        session.execute(
            update(Erasure)
            .where(Erasure.public_id == found.id)
            .values(state="done", decided_by=Erasure.proposed_by, decided_at=wiring.clock())
        )
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@county.example")
    with wiring.reading(colleague) as session:
        assert count_waiting_erasures(session, colleague) == 1
        seen = get_erasure(session, colleague, erasure_id=found.id)
        assert (seen.ground, seen.by_self, seen.services) == ("not_needed", False, 1)
    confirm(wiring, colleague, found.id)
    confirm(wiring, colleague, found.id)  # again: nothing more
    with wiring.reading(SYSTEM) as session:
        erased = select(func.count()).where(AuditEntry.action == "erase_client")
        assert session.scalar(erased.select_from(AuditEntry)) == 1
        assert session.scalar(select(Erasure.state).where(Erasure.public_id == found.id)) == "done"


def test_nobody_else_sees_or_does_anything_about_an_erasure(wiring, made):
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@county.example")
    with pytest.raises(NotFound):
        decide(wiring, colleague, made.episode.client_id)
    decide(wiring, made.case_worker, made.episode.client_id)
    (found,) = waiting(wiring, colleague)
    manager = make_actor(wiring, Role.PROVIDER_MANAGER, provider="Provider B")
    for actor in (made.worker, manager, make_actor(wiring, Role.ANALYST)):
        with pytest.raises(Refused):
            waiting(wiring, actor)
        with pytest.raises(Refused):
            confirm(wiring, actor, found.id)
        with pytest.raises(Refused):
            decide(wiring, actor, made.episode.client_id)
    with wiring.reading(make_actor(wiring, Role.ANALYST)) as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 0
    with pytest.raises(NotFound):
        confirm(wiring, colleague, "no such erasure")


def test_what_is_under_way_hinders_an_erasure_when_proposed_and_when_confirmed(wiring, made):
    client_id = made.episode.client_id
    close(wiring, None)
    with pytest.raises(Conflict):
        decide(wiring, made.case_worker, client_id)
    close(wiring)
    decide(wiring, made.case_worker, client_id)
    with pytest.raises(Conflict, match="proposed already"):
        decide(wiring, made.case_worker, client_id)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    (found,) = waiting(wiring, administrator)
    close(wiring, None)
    with pytest.raises(Conflict):
        confirm(wiring, administrator, found.id)
    close(wiring)
    with wiring.transaction(administrator) as session:
        decline_erasure(
            session, administrator, erasure_id=found.id, note="Ask again.", at=wiring.clock()
        )
    with pytest.raises(Conflict):
        confirm(wiring, administrator, found.id)
    with wiring.reading(made.case_worker) as session:
        seen = get_erasure(session, made.case_worker, erasure_id=found.id)
        assert (seen.state, seen.note) == (ErasureState.DECLINED, "Ask again.")
    assert decide(wiring, administrator, client_id) is ErasureState.PROPOSED
    (again,) = waiting(wiring, made.case_worker)
    confirm(wiring, made.case_worker, again.id)
    with pytest.raises(Conflict, match="already"):
        decide(wiring, made.case_worker, client_id)


def test_a_ground_that_keeps_the_data_is_a_refusal_with_an_answer(wiring, made):
    there = visit(wiring, made, MeasurementPoint.MIDPOINT)
    client_id = made.episode.client_id
    with pytest.raises(InputRejected) as caught:
        decide(wiring, made.case_worker, client_id, "must_be_kept")
    assert "ground" in {fault.where for fault in caught.value.faults}
    ask(wiring, there, "erasure")
    with pytest.raises(InputRejected):
        decide(wiring, made.case_worker, client_id, "must_be_kept")
    with wiring.reading(made.case_worker) as session:
        assert get_erasure_standing(session, made.case_worker, client_id=client_id).asked_at
    answer = "The documents are kept until 2056."
    state = decide(wiring, made.case_worker, client_id, "must_be_kept", answer=answer)
    assert state is ErasureState.REFUSED and waiting(wiring, made.case_worker) == ()
    (seen, *_rest) = [one for one in listed(wiring, made.case_worker) if one.kind == "erasure"]
    assert (seen.outcome, seen.answer) == ("refused", answer)
    with wiring.transaction(made.case_worker) as session:
        copy = make_copy(
            session, wiring.catalogue, made.case_worker, client_id=client_id, language="en",
            at=wiring.clock(),
        )  # fmt: skip
    assert [d["ground"] for d in copy["decisions_about_erasure"]][-1] == "must_be_kept"


def test_a_request_is_answered_by_the_erasure_and_the_client_is_in_no_list(wiring, made):
    ask(wiring, visit(wiring, made, MeasurementPoint.MIDPOINT), "erasure")
    erase(wiring, made)
    with wiring.reading(SYSTEM) as session:
        asked = session.scalars(select(RightsRequest).where(RightsRequest.kind == "erasure")).all()
        assert [(one.outcome, bool(one.answered_at)) for one in asked] == [("done", True)]
    with wiring.reading(made.case_worker) as session:
        found = list_caseload(session, wiring.catalogue, made.case_worker, on=TODAY)
        assert found.total == 0
    look = "clearing up what is left of it"
    with wiring.reading(made.case_worker, look) as session:
        actor = replace(made.case_worker, purpose=look)
        page = get_client(
            session, wiring.catalogue, actor, client_id=made.episode.client_id, on=TODAY
        )
        assert (page.name, page.code) == ("", "")


def test_figures_are_left_out_where_the_county_says_so(wiring, made):
    before = sums(wiring)
    erase(wiring, made, replace(RIGHTS, counts_erased=False))
    after = sums(wiring)
    assert after[2] == before[2] and after[:2] != before[:2]


def test_an_old_backup_with_the_keys_of_today_names_nobody_who_was_erased(
    wiring, made, catalogue, tmp_path
):
    target = tmp_path / ("old.sqlite3" if wiring.settings.on_sqlite else "old.dump")
    old = make_backup(wiring.settings, target=target, at=wiring.clock(), progress=lambda *_: None)
    erase(wiring, made)
    make_backup(
        wiring.settings, target=target.with_stem("new"), at=wiring.clock(), progress=lambda *_: None
    )
    wiring.close()
    at = wiring.clock() + timedelta(seconds=1)
    restore_backup(wiring.settings, path=old.path, replace=True, at=at)
    restored = build_wiring(wiring.settings, catalogue=catalogue, clock=wiring.clock)
    with restored.reading(SYSTEM) as session:
        client = session.scalar(select(Client.id))
        assert identities.read_names(session, [client]) == {client: ""}
        assert {goal.title for goal in session.scalars(select(Goal))} == {""}
        for contact in session.scalars(select(ClientContact)):
            assert (contact.sealed_email, contact.sealed_phone) == (b"", b"")
        assert all(n.startswith("ERASED-") for n in session.scalars(select(Voucher.number)))
        assert None not in set(session.scalars(select(Invitation.revoked_at)))
        assert session.scalar(select(func.count()).select_from(Score)) > 0
    restored.close()


def test_the_doctor_names_a_key_that_outlives_its_client(wiring, made, tmp_path):
    def examined(days):
        with wiring.reading(SYSTEM) as session:
            at = wiring.clock() + timedelta(days=days)
            found = examine_destruction(session, SYSTEM, wiring.settings, at)
            inside = examine_contents(session, wiring.catalogue, SYSTEM, wiring.clock())
            unsafe = {one.where for one in inside if one.level is Level.UNSAFE}
            assert unsafe <= {"master key 00000000"}  # of a mark that the tests' rows make up
            return [one.level for one in found]

    target = tmp_path / ("old.sqlite3" if wiring.settings.on_sqlite else "old.dump")
    back_up = partial(make_backup, wiring.settings, at=wiring.clock(), progress=lambda *_: None)
    back_up(target=target)
    assert examined(3) == []
    erase(wiring, made)
    assert (examined(1), examined(3)) == ([], [Level.UNSAFE])
    back_up(target=target.with_stem("new"))
    assert examined(3) == [Level.FINE]


def test_nothing_more_is_done_about_somebody_who_was_erased(wiring, made):
    erase(wiring, made)
    client_id, actor = made.episode.client_id, made.case_worker
    with wiring.reading(actor) as session:
        assert get_standing(session, actor, client_id=client_id).erased
    with wiring.transaction(actor) as session, pytest.raises(Conflict, match="erased"):
        lift_restriction(
            session, wiring.catalogue, actor, client_id=client_id, reason="Why not?",
            at=wiring.clock(),
        )  # fmt: skip
