"""Hashing takes long on purpose: it happens before the transaction that stores a hash, so that no writer waits."""

from typing import NoReturn

import pytest
from builders import make_account, make_actor, make_episode

from evalplat.services import passwords
from evalplat.services.accounts import create_account, set_password
from evalplat.services.invitations import AT_HAND, Codes, draw_secret, invite
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role


class Waiting(Exception):
    """Somebody hashed while others could not write."""


def refuse(*_: object) -> NoReturn:
    raise Waiting


def test_no_secret_is_hashed_while_others_wait_to_write(wiring, monkeypatch):
    made, administrator = make_episode(wiring), make_actor(wiring, Role.ADMINISTRATOR)
    account, planned = make_account(wiring), made.administration("whodas-2.0-12")
    password, secret, codes = make_secret("a new and long one"), draw_secret(), Codes().fill()
    monkeypatch.setattr(passwords, "_HASHER", type("Slow", (), {"hash": refuse, "verify": refuse}))
    with wiring.transaction(administrator) as session:
        create_account(
            session, administrator, email="n@example.fi", name="N", role=Role.ANALYST,
            password=password,
        )  # fmt: skip
        set_password(session, administrator, email=account.email, password=password)
    with wiring.transaction(made.worker) as session:
        for one in (secret, *(codes.take() for _ in range(AT_HAND))):
            invite(
                session, made.worker, administration_id=planned.id, secret=one, at=wiring.clock()
            )
    with pytest.raises(Waiting):
        codes.take()


def test_a_new_secret_shows_neither_itself_nor_its_hash():
    made = make_secret("a new and long one")
    assert "a new and long one" not in repr(made) and made.hashed not in repr(made)
