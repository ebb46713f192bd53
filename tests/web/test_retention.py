"""Destroying what has been kept long enough, on the administrators' pages."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from evalplat.services.accounts import create_account
from evalplat.services.actors import Actor
from evalplat.services.passwords import make_secret
from evalplat.storage.tables import Invitation
from evalplat.vocabulary import Role

THERE = "/county/data-protection/retention"
ADMIN, SECOND = "admin@county.example", "second@county.example"
SYSTEM = Actor.system("test")


@pytest.fixture
def second(world: Any) -> str:
    """A second administrator, and an invitation that ran out long ago."""
    world.invite(world.open_episode())
    with world.wiring.transaction(SYSTEM) as session:
        create_account(
            session, SYSTEM, email=SECOND, name="Second", role=Role.ADMINISTRATOR,
            password=make_secret("a long password of a test"), language="en",
        )  # fmt: skip
        session.execute(update(Invitation).values(expires_at=world.clock() - timedelta(days=400)))
    return SECOND


def test_one_administrator_proposes_and_another_one_confirms(world: Any, second: str) -> None:
    first = world.browser(ADMIN)
    first.get(THERE)
    assert "Codes and links" in first.page and "not the law" in first.page
    sent = first.post(THERE)
    assert sent.status_code == 303
    there = sent.location.partition("?")[0]
    first.get(there)
    assert "Confirm and destroy" not in first.page
    assert first.post(f"{there}/confirm").status_code == 403
    assert first.post(THERE).status_code == 409
    other = world.browser(second)
    other.get(there)
    assert "Confirm and destroy" in other.page
    assert other.post(f"{there}/confirm").location == f"{there}?done=confirmed"
    other.get(f"{there}?done=confirmed")
    assert "It is done." in other.page
    with world.wiring.reading(SYSTEM) as session:
        assert session.scalar(select(Invitation.id)) is None
    other.get(THERE)
    assert "Nothing has been kept long enough." in other.page
    assert other.post(f"{there}/cancel").status_code == 409


def test_a_run_is_cancelled(world: Any, second: str) -> None:
    first = world.browser(ADMIN)
    first.get(THERE)
    there = first.post(THERE).location.partition("?")[0]
    first.get(there)
    assert first.post(f"{there}/cancel").status_code == 303
    first.get(there)
    assert "Cancelled" in first.page


@pytest.mark.parametrize(
    "who", ["worker@birch.example", "case@county.example", "analyst@county.example"]
)
def test_nobody_else_gets_there(world: Any, who: str) -> None:
    browser = world.browser(who)
    for path in (THERE, f"{THERE}/x"):
        assert browser.get(path).status_code == 403
    for path in (f"{THERE}/x/confirm", f"{THERE}/x/cancel"):
        assert browser.post(path).status_code == 403
    office = world.browser(ADMIN)
    assert office.get(f"{THERE}/x").status_code == 404
