"""The accounts of staff in the administrator's hands: sessions ended, accounts closed and opened."""

import re
from typing import Any

import pytest

WORKER, ADMIN = "worker@birch.example", "admin@county.example"
ENDS = re.compile(r'action="(/county/accounts/[^/"]+/sessions/[^/"]+/end)"')


@pytest.fixture
def admin(world: Any) -> Any:
    return world.browser(ADMIN)


def page_of(admin: Any, name: str) -> str:
    """The address of an account's page, found in the list."""
    admin.get("/county/accounts")
    found = re.search(rf'href="(/county/accounts/[^"]+)">{name}<', admin.page)
    assert found
    return found[1]


def test_an_administrator_sees_where_somebody_is_signed_in_and_ends_it(
    world: Any, admin: Any
) -> None:
    one, two = world.browser(WORKER), world.browser(WORKER)
    here = page_of(admin, "Worker")
    admin.get(here)
    ends = ENDS.findall(admin.page)
    assert len(ends) == 2
    assert admin.post(ends[0]).location == f"{here}?ended=1"
    assert sorted(b.get("/desk").status_code for b in (one, two)) == [200, 303]
    admin.post(f"{here}/end-sessions")
    assert [b.get("/desk").status_code for b in (one, two)] == [303, 303]
    admin.get(here)
    assert "Signed in nowhere." in admin.page


def test_an_account_is_closed_and_opened_again_and_never_one_s_own(world: Any, admin: Any) -> None:
    worker, here = world.browser(WORKER), page_of(admin, "Worker")
    assert admin.post(f"{here}/close").status_code == 303
    assert worker.get("/desk").status_code == 303
    assert world.browser().sign_in(WORKER).status_code == 401
    admin.get(f"{here}?closed=1")
    assert "Open the account again" in admin.page
    admin.post(f"{here}/open")
    assert world.browser().sign_in(WORKER).status_code == 303
    own = page_of(admin, "Admin")
    admin.get(own)
    assert "Close the account" not in admin.page
    assert admin.post(f"{own}/close").status_code == 422
    assert admin.get("/county").status_code == 200


def test_ending_all_of_one_s_own_sessions_keeps_this_one(world: Any, admin: Any) -> None:
    other, own = world.browser(ADMIN), page_of(admin, "Admin")
    admin.post(f"{own}/end-sessions")
    assert other.get("/county").status_code == 303
    assert admin.get("/county").status_code == 200


def test_nobody_else_has_these_pages(world: Any, admin: Any) -> None:
    here = page_of(admin, "Worker")
    for email in (WORKER, "manager@birch.example", "case@county.example", "analyst@county.example"):
        browser = world.browser(email)
        browser.get("/account")
        assert browser.get(here).status_code == 403
        for act in ("close", "open", "end-sessions"):
            assert browser.post(f"{here}/{act}").status_code == 403
    assert admin.get("/county/accounts/nobody").status_code == 404
    assert admin.post("/county/accounts/nobody/close").status_code == 404
    assert admin.post(f"{here}/sessions/nobody/end").status_code == 404
