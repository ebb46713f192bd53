"""Signing in, sessions and their ends: on the server, whatever the browser holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2.exceptions import VerifyMismatchError
from builders import (
    PASSWORD,
    SYSTEM,
    VISITOR,
    make_account,
    make_actor,
    make_everything,
    make_invitation,
    sign_in,
)
from databases import at_another_time
from sqlalchemy import event, func, select, text

from evalplat.errors import NotFound, Refused
from evalplat.services import passwords
from evalplat.services.accounts import disable_account
from evalplat.services.actors import Actor
from evalplat.services.invitations import open_invitation
from evalplat.services.signing_in.sessions import (
    drop_session,
    end_session,
    end_sessions,
    find_session,
    list_sessions,
    note_use,
)
from evalplat.services.signing_in.sign_in import SignInRefused, find_hash
from evalplat.services.signing_in.sign_in import sign_in as begin
from evalplat.storage.guard import AccessBreach
from evalplat.storage.tables import StaffSession
from evalplat.vocabulary import Role


def find(wiring, begun, later=timedelta()):
    at = wiring.clock() + later
    with at_another_time(wiring, at).reading(SYSTEM) as session:
        return find_session(session, begun.token, at)


def test_a_wrong_address_and_a_wrong_password_say_the_same(wiring):
    account = make_account(wiring)
    assert sign_in(wiring, account.email.upper()).account == account
    told = set()
    for email, password in (
        (account.email, "wrong"),
        ("nobody@example.fi", PASSWORD),
        ("", ""),
        (account.email, "x" * 100_000),
    ):
        with pytest.raises(SignInRefused) as caught:
            sign_in(wiring, email, password)
        told.add(str(caught.value))
    assert len(told) == 1


def test_the_tenth_wrong_password_locks_the_account_for_a_quarter_of_an_hour(wiring):
    account = make_account(wiring, Role.ANALYST)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            sign_in(wiring, account.email, "wrong")
    with pytest.raises(SignInRefused):
        sign_in(wiring, account.email, at=wiring.clock() + timedelta(minutes=14))
    begun = sign_in(wiring, account.email, at=wiring.clock() + timedelta(minutes=16))
    assert begun.account == account


def test_an_address_that_nobody_has_takes_the_same_work(wiring, monkeypatch, hashing_as_shipped):
    """One Argon2 over a real hash, and the very same statements."""
    account = make_account(wiring, email="open@example.fi")
    closed = make_account(wiring, Role.ANALYST, email="closed@example.fi")
    with wiring.transaction(SYSTEM) as session:
        disable_account(session, SYSTEM, account_id=closed.id)
    hashed = []
    verify = type(passwords._HASHER).verify

    def watch(self, stored, secret):
        hashed.append(stored)
        return verify(self, stored, secret)

    monkeypatch.setattr(type(passwords._HASHER), "verify", watch)
    statements = []
    event.listen(wiring.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    told = []
    for email in (account.email, "nobody@example.fi", closed.email):
        statements.clear()
        with pytest.raises(SignInRefused):
            sign_in(wiring, email, "wrong")
        told.append(list(statements))
    assert told[0] == told[1] == told[2]
    assert len(hashed) == 3
    with pytest.raises(VerifyMismatchError):  # not InvalidHashError, which would come at once
        passwords._HASHER.verify(passwords._NOBODYS, "wrong")
    parameters = [stored.rpartition("$")[0].rpartition("$")[0] for stored in hashed]
    assert parameters[0] == parameters[1]


def test_nobody_who_writes_waits_for_a_password_to_be_hashed(wiring, monkeypatch):
    account = make_account(wiring)
    turns = []
    verify = type(passwords._HASHER).verify

    def watch(self, stored, secret):
        with wiring.engine.connect() as connection:
            turns.append(connection.engine.pool.checkedout() - 1)
        return verify(self, stored, secret)

    monkeypatch.setattr(type(passwords._HASHER), "verify", watch)
    sign_in(wiring, account.email)
    with pytest.raises(SignInRefused):
        sign_in(wiring, account.email, "wrong")
    assert turns == [0, 0], "no connection, and so no transaction, is held while hashing"


def test_a_process_hashes_one_secret_at_a_time(monkeypatch):
    at_once, most = [], []
    verify = type(passwords._HASHER).verify

    def watch(self, stored, secret):
        at_once.append(1)
        most.append(len(at_once))
        try:
            return verify(self, stored, secret)
        finally:
            at_once.pop()

    monkeypatch.setattr(type(passwords._HASHER), "verify", watch)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: passwords.prove(None, "wrong"), range(16)))
    assert max(most) == 1 and len(most) == 16


def test_a_password_that_is_changed_between_comparing_and_signing_in_opens_nothing(wiring):
    account = make_account(wiring)
    with wiring.reading(SYSTEM) as session:
        stored = find_hash(session, email=account.email, visitor=VISITOR, at=wiring.clock())
    proof = passwords.prove(stored, PASSWORD)
    with wiring.transaction(SYSTEM) as session:
        session.execute(text("UPDATE accounts SET password_hash = 'another'"))
    with pytest.raises(SignInRefused), wiring.transaction(SYSTEM) as session:
        begin(
            session,
            email=account.email,
            proof=proof,
            visitor=VISITOR,
            demanded_of=(),
            at=wiring.clock(),
        )


def test_a_session_is_found_by_its_token_only_and_the_token_is_nowhere_stored(wiring):
    begun = sign_in(wiring, make_account(wiring).email)
    signed = find(wiring, begun)
    assert signed is not None and signed.account == begun.account and signed.is_fresh
    with wiring.reading(SYSTEM) as session:
        (row,) = session.scalars(select(StaffSession))
        for token in (row.digest, row.public_id, "", begun.token[:-1]):
            assert find_session(session, token, wiring.clock()) is None
        assert begun.token not in str(vars(row))


def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours_of_it(wiring):
    begun = sign_in(wiring, make_account(wiring).email)
    minute = timedelta(minutes=1)
    assert find(wiring, begun, 30 * minute) is not None
    assert find(wiring, begun, 31 * minute) is None
    for used in range(25, 12 * 60 + 1, 25):
        assert find(wiring, begun, used * minute) is not None
        with wiring.transaction(SYSTEM) as session:
            note_use(session, begun.token, wiring.clock() + used * minute)
    assert find(wiring, begun, 12 * 60 * minute) is not None
    assert find(wiring, begun, 12 * 60 * minute + timedelta(seconds=1)) is None


def test_use_is_noted_once_a_minute(wiring):
    begun = sign_in(wiring, make_account(wiring).email)
    found = [find(wiring, begun, timedelta(seconds=s)) for s in (0, 59, 60)]
    assert [one.is_to_note for one in found] == [False, False, True]


def test_every_sign_in_has_a_token_of_its_own_and_ends_alone(wiring):
    account = make_account(wiring)
    one, two, other = (
        sign_in(wiring, account.email),
        sign_in(wiring, account.email),
        sign_in(wiring, make_account(wiring, Role.ANALYST).email),
    )
    assert len({one.token, two.token, other.token}) == 3
    with wiring.transaction(Actor.system("sign-out")) as session:
        drop_session(session, one.token)
        drop_session(session, "unknown")
    assert find(wiring, one) is None
    assert find(wiring, two) is not None and find(wiring, other) is not None


def test_own_sessions_are_listed_and_ended_and_those_of_others_by_administrators_only(wiring):
    account, analyst = make_account(wiring), make_account(wiring, Role.ANALYST)
    own, administrator = Actor.of(account), make_actor(wiring, Role.ADMINISTRATOR)
    begun = [sign_in(wiring, account.email) for _ in range(4)]
    foreign = sign_in(wiring, analyst.email)
    ids = [find(wiring, one).id for one in begun]

    def act(actor, what, **how):
        with wiring.transaction(actor) as session:
            return what(session, actor, **{"account_id": account.id, **how})

    listed = act(own, list_sessions, at=wiring.clock())
    assert {one.id for one in listed} == set(ids)
    assert act(own, list_sessions, at=wiring.clock() + timedelta(hours=1)) == ()
    act(own, end_session, session_id=ids[0])
    assert find(wiring, begun[0]) is None
    with pytest.raises(NotFound):
        act(own, end_session, session_id=find(wiring, foreign).id)
    act(own, end_sessions, but=ids[1])
    assert [find(wiring, one) is not None for one in begun] == [False, True, False, False]
    for what, how in (
        (list_sessions, {"at": wiring.clock()}),
        (end_session, {"session_id": ids[1]}),
        (end_sessions, {}),
    ):
        with pytest.raises(Refused):
            act(Actor.of(analyst), what, **how)
    act(administrator, end_sessions)
    assert find(wiring, begun[1]) is None and find(wiring, foreign) is not None


def test_a_role_that_was_changed_past_the_services_ends_the_session_too(wiring):
    begun = sign_in(wiring, make_account(wiring, Role.ANALYST).email)
    with wiring.transaction(SYSTEM) as session:
        session.execute(text("UPDATE accounts SET role = 'case_worker' WHERE role = 'analyst'"))
    assert find(wiring, begun) is None


def test_sessions_that_are_long_over_are_forgotten(wiring):
    account = make_account(wiring)
    sign_in(wiring, account.email)
    sign_in(wiring, account.email, at=wiring.clock() + timedelta(hours=25))
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(StaffSession)) == 1


def test_no_client_s_session_reaches_what_staff_sign_in_with(wiring, database):
    made = make_everything(wiring)
    sign_in(wiring, make_account(wiring).email)
    invitation = make_invitation(wiring, made, "3x10d")
    with wiring.transaction(Actor.system("client door")) as session:
        visit = open_invitation(session, token=invitation.token, at=wiring.clock())
    with pytest.raises(AccessBreach), wiring.reading(visit.actor) as session:
        session.execute(select(StaffSession)).all()
    if not database.on_sqlite:
        with wiring.reading(visit.actor) as session:
            session.connection().info["rule"] = type(session.connection().info["rule"])("all")
            assert session.execute(text("SELECT count(*) FROM staff_sessions")).scalar() == 0
