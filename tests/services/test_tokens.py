"""Access tokens: never wider than the role, shown once, and ended with the account, its role or their day."""

import re
from datetime import timedelta

import pytest
from builders import PASSWORD, make_account, make_actor, make_episode, prove_own, sign_in
from databases import at_another_time
from sqlalchemy import select, text, update

from evalplat.errors import InputRejected, NotFound, Refused
from evalplat.services.accounts import WrongPassword, disable_account
from evalplat.services.actors import Actor
from evalplat.services.courses import client_course
from evalplat.services.token_calls import TokenRefused, TooManyCalls, count_call, find_caller
from evalplat.services.tokens import (
    SCOPES_OF,
    TokenState,
    list_all_tokens,
    list_own_tokens,
    make_token,
    make_token_for,
    revoke_token,
)
from evalplat.storage.tables import (
    Account,
    ApiToken,
    ApiTokenUse,
    AuditEntry,
    Provider,
    StaffSession,
)
from evalplat.vocabulary import Role, TokenScope

SYSTEM = Actor.system("test")
DUE = TokenScope.DUE_READ


def make(wiring, actor, name="Records", scopes=(DUE,), days=90, password=PASSWORD):
    proof = prove_own(wiring, actor, password)
    with wiring.transaction(actor) as session:
        return make_token(
            session, actor, name=name, scopes=scopes, days=days, proof=proof, at=wiring.clock()
        )


def admit(wiring, shown, most=100):
    with wiring.reading(SYSTEM) as session:
        caller = find_caller(session, shown=shown, at=wiring.clock())
    with wiring.transaction(SYSTEM) as session:
        count_call(session, caller, most=most, at=wiring.clock())
    return caller


def test_a_token_opens_in_its_accounts_name_and_only_its_hash_is_stored(wiring):
    worker = make_actor(wiring)
    made = make(wiring, worker)
    assert re.fullmatch(r"evp_[a-z0-9]{10}_[A-Za-z0-9_-]{43}", made.secret)
    caller = admit(wiring, made.secret)
    assert caller.account.id == worker.account_id
    assert caller.actor == Actor.of(caller.account, token=made.token.id)
    assert caller.token.scopes == (DUE,)
    secret = made.secret.rpartition(made.token.prefix)[2]
    with wiring.reading(SYSTEM) as session:
        (row,) = session.scalars(select(ApiToken))
        stored = [str(getattr(row, column.name)) for column in ApiToken.__table__.columns]
        assert not any(secret.strip("_") in value for value in stored)
        logged = session.execute(select(AuditEntry.action, AuditEntry.object_id)).all()
    assert ("create_token", made.token.id) in [tuple(line) for line in logged]


@pytest.mark.parametrize("role", list(Role))
def test_no_role_makes_a_token_that_may_more_than_itself(wiring, role):
    actor = make_actor(wiring, role)
    for scope in set(TokenScope) - set(SCOPES_OF[role]):
        with pytest.raises(InputRejected) as refused:
            make(wiring, actor, scopes=(scope,))
        assert [fault.where for fault in refused.value.faults] == ["scopes"]
    assert make(wiring, actor, scopes=SCOPES_OF[role]).token.scopes == SCOPES_OF[role]


def test_every_fault_is_told_at_once_and_nothing_is_made(wiring):
    worker = make_actor(wiring)
    for name in ("", " " * 5, "x" * 61, "a\u202eb"):
        with pytest.raises(InputRejected) as refused:
            make(wiring, worker, name=name, scopes=("everything",), days=366)
        assert [fault.where for fault in refused.value.faults] == ["name", "scopes", "days"]
    with pytest.raises(InputRejected, match="at least one thing"):
        make(wiring, worker, scopes=())
    make(wiring, worker, name="Records")
    make(wiring, worker, name="R")
    with pytest.raises(InputRejected, match="in use already"):
        make(wiring, worker, name=" records ")
    with wiring.reading(worker) as session:
        assert len(list_own_tokens(session, worker, on=wiring.clock().date())) == 2


def test_an_account_has_twenty_valid_tokens_at_most(wiring):
    worker = make_actor(wiring)
    for number in range(20):
        made = make(wiring, worker, name=f"Program {number}")
    with pytest.raises(InputRejected, match="20 keys already"):
        make(wiring, worker)
    with wiring.transaction(worker) as session:
        revoke_token(session, worker, token_id=made.token.id, at=wiring.clock())
    make(wiring, worker)


def test_a_wrong_password_makes_none_and_the_tenth_locks_the_account(wiring):
    worker = make_actor(wiring)
    sign_in(wiring, make_account(wiring).email)
    for _ in range(10):
        with pytest.raises(WrongPassword):
            make(wiring, worker, password="a guess")
    with wiring.reading(SYSTEM) as session:
        account = session.scalar(select(Account).where(Account.public_id == worker.account_id))
        assert account.locked_until is not None
        assert session.scalars(select(StaffSession)).all() == []
        assert session.scalars(select(ApiToken)).all() == []


def test_what_is_wrong_opens_nothing_and_is_never_told_apart(wiring):
    made = make(wiring, make_actor(wiring))
    other = make(wiring, make_actor(wiring, Role.PROVIDER_MANAGER))
    head, secret = made.secret[:14], made.secret[15:]
    wrong = (
        "", "evp_", secret, f"{head}_{'A' * 43}", f"evp_{'a' * 10}_{secret}", made.secret + "\n",
        f"{other.token.prefix}_{secret}", made.secret.upper(), made.secret + "\0", "\ud800" * 43,
        made.secret.replace("evp", "EVP"), "é" * 60, f" {made.secret}",
    )  # fmt: skip
    told = set()
    for shown in wrong:
        with pytest.raises(TokenRefused) as refused:
            admit(wiring, shown)
        told.add(str(refused.value))
    assert len(told) == 1
    admit(wiring, made.secret)


def test_a_token_ends_on_its_day_and_when_it_is_revoked(wiring):
    worker = make_actor(wiring)
    made = make(wiring, worker, days=30)
    last = at_another_time(wiring, wiring.clock() + timedelta(days=30))
    assert admit(last, made.secret).token.last_used_on is None
    later = at_another_time(wiring, wiring.clock() + timedelta(days=31))
    with pytest.raises(TokenRefused):
        admit(later, made.secret)
    other = make(wiring, worker, name="Other")
    with wiring.transaction(worker) as session:
        view = revoke_token(session, worker, token_id=other.token.id, at=wiring.clock())
    assert view.state is TokenState.REVOKED
    with pytest.raises(TokenRefused):
        admit(wiring, other.secret)
    with wiring.reading(worker) as session:
        states = [t.state for t in list_own_tokens(session, worker, on=later.clock().date())]
    assert states == [TokenState.REVOKED, TokenState.EXPIRED]


@pytest.mark.parametrize("change", ["closed", "another role", "another provider"])
def test_a_token_ends_with_its_account_its_role_and_its_provider(wiring, change):
    worker = make_actor(wiring)
    made = make(wiring, worker)
    admit(wiring, made.secret)
    with wiring.transaction(SYSTEM) as session:
        if change == "closed":
            disable_account(session, SYSTEM, account_id=worker.account_id)
        else:
            other = session.scalar(select(Provider.id).where(Provider.name == "Provider B"))
            new = {"role": Role.PROVIDER_MANAGER}
            if change == "another provider":
                new = {"provider_id": other}
            session.execute(
                update(Account).where(Account.public_id == worker.account_id).values(**new)
            )
    with pytest.raises(TokenRefused):
        admit(wiring, made.secret)
    with wiring.reading(SYSTEM) as session:
        (view,) = list_all_tokens(session, SYSTEM, on=wiring.clock().date())
    assert view.state is TokenState.ENDED


def test_calls_are_counted_by_the_minute_in_the_database(wiring):
    worker = make_actor(wiring)
    made = make(wiring, worker)
    other = make(wiring, worker, name="Other")
    for _ in range(3):
        admit(wiring, made.secret, most=3)
    for _ in range(2):
        with pytest.raises(TooManyCalls) as refused:
            admit(wiring, made.secret, most=3)
    assert refused.value.wait == 60
    admit(wiring, other.secret, most=3)
    with wiring.reading(SYSTEM) as session:
        calls = session.scalars(select(ApiTokenUse.calls).order_by(ApiTokenUse.token_id)).all()
    assert calls == [5, 1], "a refused call is counted too"
    next_minute = at_another_time(wiring, wiring.clock() + timedelta(minutes=1))
    assert admit(next_minute, made.secret, most=3).token.last_used_on == wiring.clock().date()


def test_only_its_owner_and_an_administrator_see_and_revoke_a_token(wiring):
    worker, admin = make_actor(wiring), make_actor(wiring, Role.ADMINISTRATOR)
    made = make(wiring, worker)
    strangers = [
        make_actor(wiring, role) for role in (Role.PROVIDER_MANAGER, Role.CASE_WORKER, Role.ANALYST)
    ]
    on, at = wiring.clock().date(), wiring.clock()
    for actor in strangers:
        with wiring.transaction(actor) as session:
            assert list_own_tokens(session, actor, on=on) == ()
            with pytest.raises(Refused):
                list_all_tokens(session, actor, on=on)
            for token_id in (made.token.id, "nothing"):
                with pytest.raises(NotFound, match=r"^There is no such key\.$"):
                    revoke_token(session, actor, token_id=token_id, at=at)
    with wiring.transaction(admin) as session:
        (view,) = list_all_tokens(session, admin, on=on)
        assert view.account_id == worker.account_id
        revoke_token(session, admin, token_id=made.token.id, at=at)
        revoke_token(session, admin, token_id=made.token.id, at=at)
    with wiring.reading(SYSTEM) as session:
        actions = session.scalars(select(AuditEntry.action)).all()
        assert actions.count("revoke_token") == 1


def test_the_command_line_makes_one_without_a_password_and_people_do_not(wiring):
    account = make_account(wiring)
    admin = make_actor(wiring, Role.ADMINISTRATOR)
    wish = {"email": account.email, "name": "Nightly", "scopes": [DUE], "days": 1}
    with wiring.transaction(SYSTEM) as session:
        made = make_token_for(session, SYSTEM, **wish, at=wiring.clock())
    assert admit(wiring, made.secret).account.id == account.id
    with wiring.transaction(admin) as session, pytest.raises(Refused):
        make_token_for(session, admin, **wish, at=wiring.clock())
    wish["email"] = "nobody@example.fi"
    with wiring.transaction(SYSTEM) as session, pytest.raises(NotFound):
        make_token_for(session, SYSTEM, **wish, at=wiring.clock())


def test_the_access_log_names_the_token_and_no_scope_grows_by_it(wiring):
    made = make_episode(wiring)
    colleague = make_account(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    own = make(wiring, made.case_worker)
    caller = admit(wiring, own.secret)
    with wiring.reading(caller.actor) as session:
        client_course(session, wiring.catalogue, caller.actor, episode_id=made.episode.id)
    with wiring.reading(SYSTEM) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_course")).one()
        assert (line.account_id, line.purpose) == (caller.account.id, f"api {own.token.id}")
    foreign = admit(wiring, make(wiring, Actor.of(colleague)).secret).actor
    with wiring.reading(foreign) as session, pytest.raises(NotFound):
        client_course(session, wiring.catalogue, foreign, episode_id=made.episode.id)


def test_on_postgresql_the_application_changes_nothing_of_a_token_but_its_end(wiring):
    if wiring.engine.dialect.name != "postgresql":
        return
    made = make(wiring, make_actor(wiring))
    for change in ("scopes = '[]'", "expires_on = '2099-01-01'", "secret_hash = repeat('0', 64)"):
        with pytest.raises(Exception, match="permission denied"), wiring.transaction(SYSTEM) as s:
            s.execute(text(f"UPDATE api_tokens SET {change}"))
    with pytest.raises(Exception, match="permission denied"), wiring.transaction(SYSTEM) as session:
        session.execute(text("DELETE FROM api_tokens"))
    admit(wiring, made.secret)
