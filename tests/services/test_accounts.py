"""Accounts of staff: passwords, roles, closing and opening, and the sessions that end with them."""

import pytest
from builders import PASSWORD, SYSTEM, make_account, make_actor, make_provider, prove_own, sign_in

from evalplat.errors import InputRejected, NotFound, Refused
from evalplat.services.accounts import (
    change_password,
    change_role,
    disable_account,
    enable_account,
    faults_of_password,
    find_by_email,
    set_language,
    set_password,
)
from evalplat.services.actors import Actor
from evalplat.services.passwords import hash_secret, make_secret
from evalplat.services.signing_in.sessions import find_session, list_sessions
from evalplat.services.signing_in.sign_in import SignInRefused
from evalplat.vocabulary import Role

NEW = "quite another long one"


def is_open(wiring, begun):
    with wiring.reading(SYSTEM) as session:
        return find_session(session, begun.token, wiring.clock()) is not None


def change(wiring, actor, current, new):
    proof = prove_own(wiring, actor, current)
    with wiring.transaction(actor) as session:
        return change_password(
            session, actor, proof=proof, new=new, new_hash=hash_secret(new), at=wiring.clock()
        )


def test_changing_the_password_ends_every_session(wiring):
    account = make_account(wiring)
    actor = Actor.of(account)
    begun = [sign_in(wiring, account.email) for _ in range(2)]
    with pytest.raises(InputRejected) as caught:
        change(wiring, actor, "wrong", "short")
    assert [f.where for f in caught.value.faults] == ["current", "new"]
    with pytest.raises(InputRejected, match="easy to guess"):
        change(wiring, actor, PASSWORD, "aaaaaaaaaaaaaaaa")
    assert all(is_open(wiring, one) for one in begun)
    assert change(wiring, actor, PASSWORD, NEW) == account
    assert not any(is_open(wiring, one) for one in begun)
    with pytest.raises(SignInRefused):
        sign_in(wiring, account.email)
    assert sign_in(wiring, account.email, NEW).account == account


def test_a_password_that_was_changed_meanwhile_is_not_changed_again(wiring):
    account = make_account(wiring)
    actor = Actor.of(account)
    proof = prove_own(wiring, actor)
    change(wiring, actor, PASSWORD, NEW)
    with pytest.raises(InputRejected), wiring.transaction(actor) as session:
        change_password(
            session, actor, proof=proof, new="a third long one", new_hash=hash_secret("x"),
            at=wiring.clock(),
        )  # fmt: skip
    assert sign_in(wiring, account.email, NEW).account == account


def test_a_forgotten_password_is_replaced_by_administrators_only_and_unlocks(wiring):
    account, administrator = make_account(wiring), make_actor(wiring, Role.ADMINISTRATOR)
    begun = sign_in(wiring, account.email)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            sign_in(wiring, account.email, "wrong")
    for actor in (Actor.of(account), make_actor(wiring, Role.PROVIDER_MANAGER)):
        with pytest.raises(Refused), wiring.transaction(actor) as session:
            set_password(session, actor, email=account.email, password=make_secret(NEW))
    with wiring.transaction(administrator) as session:
        set_password(session, administrator, email=account.email, password=make_secret(NEW))
    assert not is_open(wiring, begun)
    assert sign_in(wiring, account.email, NEW).account == account


def test_a_closed_account_signs_in_no_more_until_it_is_opened_again(wiring):
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    account = make_account(wiring, Role.ANALYST)
    begun = sign_in(wiring, account.email)
    with wiring.transaction(administrator) as session:
        assert not disable_account(session, administrator, account_id=account.id).active
    assert not is_open(wiring, begun)
    with pytest.raises(SignInRefused):
        sign_in(wiring, account.email)
    with wiring.transaction(administrator) as session:
        assert enable_account(session, administrator, account_id=account.id) == account
    assert not is_open(wiring, begun)
    assert sign_in(wiring, account.email).account == account


def test_administrators_do_not_close_themselves_and_others_close_nobody(wiring):
    administrator, worker = make_actor(wiring, Role.ADMINISTRATOR), make_actor(wiring)
    assert administrator.account_id
    with pytest.raises(InputRejected), wiring.transaction(administrator) as session:
        disable_account(session, administrator, account_id=administrator.account_id)
    for act in (disable_account, enable_account):
        with pytest.raises(Refused), wiring.transaction(worker) as session:
            act(session, worker, account_id=administrator.account_id)
        with pytest.raises(NotFound), wiring.transaction(administrator) as session:
            act(session, administrator, account_id="none")


def test_another_role_ends_every_session_and_needs_the_provider_that_belongs_to_it(wiring):
    administrator, account = make_actor(wiring, Role.ADMINISTRATOR), make_account(wiring)
    begun, provider = sign_in(wiring, account.email), make_provider(wiring, "Provider B")

    def give(actor=administrator, **how):
        with wiring.transaction(actor) as session:
            return change_role(session, actor, account_id=account.id, **how)

    for how in (
        {"role": Role.ANALYST, "provider_id": provider},
        {"role": Role.PROVIDER_MANAGER},
        {"role": Role.PROVIDER_MANAGER, "provider_id": "none"},
    ):
        with pytest.raises(InputRejected):
            give(**how)
    with pytest.raises(Refused):
        give(Actor.of(account), role=Role.ADMINISTRATOR)
    assert is_open(wiring, begun)
    changed = give(role=Role.PROVIDER_MANAGER, provider_id=provider)
    assert (changed.role, changed.provider_name) == (Role.PROVIDER_MANAGER, "Provider B")
    assert not is_open(wiring, begun)
    assert sign_in(wiring, account.email).account == changed
    assert give(role=Role.ANALYST).provider_id is None


def test_a_language_is_one_of_ours(wiring):
    account = make_account(wiring)
    actor = Actor.of(account)
    with wiring.transaction(actor) as session:
        assert set_language(session, actor, language="sv").language == "sv"
        with pytest.raises(InputRejected):
            set_language(session, actor, language="xx")


def test_an_address_is_looked_up_by_administrators_only(wiring):
    account, administrator = make_account(wiring), make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        assert find_by_email(session, administrator, f" {account.email.upper()}") == account
        with pytest.raises(NotFound):
            find_by_email(session, administrator, "nobody@example.fi")
        assert list_sessions(
            session, administrator, account_id=account.id, at=wiring.clock()
        ) == ()  # fmt: skip
    own = Actor.of(account)
    with wiring.reading(own) as session, pytest.raises(Refused):
        find_by_email(session, own, account.email)


@pytest.mark.parametrize(
    "weak",
    ["password1234", "123456789012", "Salasana12345", "kuntoutus2026", "lösenord2026", "abcabcabcabc",
     "qwertyuiop12", "new@example.fi"],
)  # fmt: skip
def test_a_password_that_guessers_try_first_is_refused(weak):
    """Common ones, words of this house, the own address, and the usual ways to lengthen them."""
    (fault,) = faults_of_password(weak, "new@example.fi")
    assert fault.where == "password"
    assert "too easy to guess" in str(fault.message)


@pytest.mark.parametrize(
    "good",
    ["lumi tulee kun tuulee", "TJXKQVWZPFHG", "8402719563028417", "ääkköset öljyssä uivat",
     "lumi tulee kun tuulee ja meri nousee kun kuu vetää, " * 6],
)  # fmt: skip
def test_any_kind_of_signs_and_any_length_makes_a_good_password(good):
    assert faults_of_password(good, "new@example.fi") == []
