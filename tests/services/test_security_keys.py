"""Security keys: a key of software that tells the truth is let in, and every lie is refused."""

import json
import random
from contextlib import suppress

import pytest
from authenticators import PRESENT, SoftKey, decode, encode
from builders import SYSTEM, VISITOR, make_account, sign_in
from cryptography.hazmat.primitives.asymmetric import ec

from evalplat.errors import Conflict, InputRejected, NotFound
from evalplat.services.actors import Actor
from evalplat.services.signing_in.second_factor import get_factors
from evalplat.services.signing_in.security_keys import (
    MOST_KEYS,
    Site,
    add_key,
    options_to_add,
    options_to_ask,
    remove_key,
    rename_key,
)
from evalplat.services.signing_in.sessions import find_session
from evalplat.services.signing_in.sign_in import (
    FactorAnswer,
    FactorKind,
    FactorRefused,
    pass_factor,
)
from evalplat.vocabulary import Role, SignInStage

SITE = Site("localhost", "http://localhost")
CHALLENGE = b"a challenge that was drawn before"


@pytest.fixture
def account(wiring):
    return make_account(wiring, Role.ANALYST)


def add(wiring, account, key, *, name="On my ring", challenge=CHALLENGE, answer=None, **lies):
    with wiring.reading(SYSTEM) as session:
        options = options_to_add(session, account, CHALLENGE, SITE)
    answer = key.add(options, **lies) if answer is None else answer
    actor = Actor.of(account)
    with wiring.transaction(actor) as session:
        return add_key(
            session, actor, name=name, answer=answer, challenge=challenge, site=SITE,
            at=wiring.clock(),
        )  # fmt: skip


def factors(wiring, account):
    actor = Actor.of(account)
    with wiring.reading(actor) as session:
        return get_factors(session, actor, account_id=account.id)


def options_of(wiring, begun):
    with wiring.reading(SYSTEM) as session:
        signed = find_session(session, begun.token, wiring.clock())
        return options_to_ask(session, signed.account, signed.challenge, SITE)


def give(wiring, begun, answer):
    with wiring.transaction(SYSTEM) as session:
        return pass_factor(
            session, token=begun.token, answer=FactorAnswer(FactorKind.KEY, answer), site=SITE,
            visitor=VISITOR, at=wiring.clock(),
        )  # fmt: skip


def test_a_key_is_added_and_signs_its_owner_in_again_and_again(wiring, account):
    key = SoftKey()
    assert len(add(wiring, account, key)) == 10
    assert add(wiring, account, SoftKey(), name="At  home") == ()
    assert [one.name for one in factors(wiring, account).keys] == ["On my ring", "At home"]
    for _ in range(3):
        begun = sign_in(wiring, account.email)
        opened = give(wiring, begun, key.ask(options_of(wiring, begun)))
        assert opened.stage is SignInStage.OPEN
    assert factors(wiring, account).keys[0].used_at == wiring.clock()
    assert factors(wiring, account).keys[1].used_at is None


def test_a_passkey_that_never_counts_is_taken_too(wiring, account):
    key = SoftKey()
    add(wiring, account, key)
    for _ in range(2):
        begun = sign_in(wiring, account.email)
        assert give(wiring, begun, key.ask(options_of(wiring, begun), count=0))


def test_an_answer_is_good_for_one_question_only(wiring, account):
    key = SoftKey()
    add(wiring, account, key)
    begun = sign_in(wiring, account.email)
    answer = key.ask(options_of(wiring, begun), count=0)
    give(wiring, begun, answer)
    again = sign_in(wiring, account.email)
    with pytest.raises(FactorRefused):
        give(wiring, again, answer)
    late = key.ask(options_of(wiring, again), count=0)
    with pytest.raises(FactorRefused):
        give(wiring, again, "{}")
    with pytest.raises(FactorRefused):
        give(wiring, again, late)  # a wrong answer has drawn another challenge


LIES = {
    "another site's page asked": {"origin": "http://localhost.evil.example"},
    "the page came without its port": {"origin": "http://localhost:8000"},
    "the key answered for another site": {"host": "evil.example"},
    "another challenge": {"challenge": encode(b"another")},
    "another kind of ceremony": {"kind": "webauthn.create"},
    "nobody touched it": {"flags": 0},
    "the key did not ask who holds it": {"flags": PRESENT},
    "somebody else's key signed": {"private": ec.generate_private_key(ec.SECP256R1())},
    "a copy that counts behind": {"count": 4},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_at_signing_in_is_refused(wiring, account, lie):
    key = SoftKey(count=5)
    add(wiring, account, key)
    begun = sign_in(wiring, account.email)
    with pytest.raises(FactorRefused):
        give(wiring, begun, key.ask(options_of(wiring, begun), **LIES[lie]))
    assert give(wiring, begun, key.ask(options_of(wiring, begun), count=6))


def test_somebody_else_s_key_signs_nobody_in(wiring, account):
    other, key = make_account(wiring, Role.CASE_WORKER), SoftKey()
    add(wiring, account, SoftKey())
    add(wiring, other, key)
    begun = sign_in(wiring, account.email)
    with pytest.raises(FactorRefused):
        give(wiring, begun, key.ask(options_of(wiring, begun)))


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": "https://localhost"},
        {"host": "evil.example"},
        {"challenge": encode(b"another")},
        {"kind": "webauthn.get"},
    ],
)
def test_a_lie_at_adding_a_key_adds_none(wiring, account, lies):
    with pytest.raises(InputRejected):
        add(wiring, account, SoftKey(), **lies)
    with pytest.raises(InputRejected):
        add(wiring, account, SoftKey(), challenge=b"the session's own by now")
    with pytest.raises(InputRejected):
        add(wiring, account, SoftKey(flags=PRESENT))
    assert not factors(wiring, account)


def test_a_key_is_added_once_and_ten_are_enough(wiring, account):
    key, other = SoftKey(), make_account(wiring, Role.CASE_WORKER)
    add(wiring, account, key)
    for who in (account, other):
        with pytest.raises(InputRejected, match="known here"):
            add(wiring, who, key)
    for _ in range(MOST_KEYS - 1):
        add(wiring, account, SoftKey())
    with pytest.raises(InputRejected, match="ten keys"):
        add(wiring, account, SoftKey())
    for name in ("", " ", "x" * 61):
        with pytest.raises(InputRejected, match="name"):
            add(wiring, other, SoftKey(), name=name)


def test_an_answer_of_garbage_is_refused_and_never_a_defect(wiring, account):
    """Whole answers with bytes changed, cut or replaced.

    Nothing signs a new key's own bytes (attestation "none"), so some changes make another key, which nobody has.
    """
    chance, key = random.Random(7), SoftKey()
    add(wiring, account, key)
    with wiring.reading(SYSTEM) as session:
        new, known = (
            json.loads(key.add(options_to_add(session, account, CHALLENGE, SITE))),
            json.loads(key.ask(options_to_ask(session, account, CHALLENGE, SITE))),
        )
    begun = sign_in(wiring, account.email)
    for number in range(60):
        text = new if number % 2 else known
        spoilt = json.loads(json.dumps(text))
        field = chance.choice([f for f, v in spoilt["response"].items() if v])
        raw = bytearray(decode(spoilt["response"][field]))
        match number % 3:
            case 0:
                raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            case 1:
                del raw[chance.randrange(len(raw)) :]
            case _:
                raw = bytearray(chance.randbytes(chance.randrange(200)))
        spoilt["response"][field] = encode(bytes(raw))
        with suppress(InputRejected):
            add(wiring, account, key, answer=json.dumps(spoilt))
        if number < 8:
            with pytest.raises(FactorRefused):
                give(wiring, begun, json.dumps(spoilt))
    for garbage in ("", "null", "[]", "{}", '"x"', "{" * 10_000, '{"id": 1}', "\ud800"):
        with pytest.raises(InputRejected):
            add(wiring, account, key, answer=garbage)
    known_one = key.ask(options_of(wiring, begun), count=100)
    assert give(wiring, begun, known_one).stage is SignInStage.OPEN


def test_keys_are_renamed_and_removed_by_their_owner_only(wiring, account):
    add(wiring, account, SoftKey())
    (key,) = factors(wiring, account).keys
    other = Actor.of(make_account(wiring, Role.CASE_WORKER))
    own = Actor.of(account)

    def act(actor, what, **how):
        with wiring.transaction(actor) as session:
            what(session, actor, key_id=key.id, **how)

    for actor, what, how in (
        (other, rename_key, {"name": "Mine"}),
        (other, remove_key, {"needs_one": False}),
    ):
        with pytest.raises(NotFound):
            act(actor, what, **how)
    with pytest.raises(InputRejected):
        act(own, rename_key, name=" ")
    act(own, rename_key, name="Under the desk")
    assert factors(wiring, account).keys[0].name == "Under the desk"
    with pytest.raises(Conflict):
        act(own, remove_key, needs_one=True)
    act(own, remove_key, needs_one=False)
    assert not factors(wiring, account)
    assert sign_in(wiring, account.email).stage is SignInStage.OPEN
