"""An administrator sets a county up in the browser: providers, accounts, measurement plans."""

import re
from typing import Any

import pytest

from evalplat.services.plan_files import read_plan
from evalplat.services.plans import get_plan

from .conftest import SYSTEM

ADMIN, WORKER, ANALYST, CASES = (
    "admin@county.example", "worker@birch.example", "analyst@county.example", "case@county.example",
)  # fmt: skip
PROVIDERS, NEW, EDIT = "/county/providers", "/county/accounts/new", "/county/plans/edit"


@pytest.fixture
def admin(world: Any) -> Any:
    return world.browser(ADMIN)


def provider_page(admin: Any, name: str) -> str:
    admin.get(PROVIDERS)
    found = re.search(rf'href="({PROVIDERS}/[^"]+)">{name}<', admin.page)
    assert found
    return found[1]


def test_a_provider_is_approved_once_and_its_name_is_changed(admin: Any) -> None:
    admin.get(PROVIDERS)
    assert admin.post(PROVIDERS, {"name": " Alder   Oy ", "own_service": "1"}).status_code == 303
    admin.get(f"{PROVIDERS}?added=1")
    assert "Alder Oy" in admin.page and NEW in admin.page
    assert admin.post(PROVIDERS, {"name": "Alder Oy"}).status_code == 422
    assert "named Alder Oy already" in admin.page and 'value="Alder Oy"' in admin.page
    here = provider_page(admin, "Alder Oy")
    admin.get(here)
    assert "own service" in admin.page
    assert admin.post(here, {"name": ""}).status_code == 422
    assert admin.post(here, {"name": "Alder and Ash <Oy>"}).status_code == 303
    admin.get(here)
    assert "Alder and Ash &lt;Oy&gt;" in admin.page
    assert admin.get(f"{PROVIDERS}/{'A' * 16}").status_code == 404


def test_the_end_of_an_approval_stops_new_episodes_and_vouchers_and_nothing_that_is_open(
    world: Any, admin: Any
) -> None:
    episode = world.open_episode()
    here = provider_page(admin, "Birch Oy")
    admin.get(here)
    assert admin.post(f"{here}/end").location == f"{here}?ended=1"
    worker = world.browser(WORKER)
    assert worker.get(f"/desk/episodes/{episode.id}").status_code == 200
    worker.get("/desk/open")
    form = {"number": "V-3", "opened_on": "24.11.2026", "voucher_number": "V-3", "open": "1"}
    worker.post("/desk/open", form)
    assert len(_episodes(world)) == 1
    case = world.browser(CASES)
    case.get("/county/vouchers/grant")
    assert "Birch Oy" not in case.page and "Maple Oy" in case.page
    admin.get(NEW)
    assert "Birch Oy" not in admin.page
    admin.get(here)
    assert admin.post(f"{here}/approve").location == f"{here}?approved=1"
    case.get("/county/vouchers/grant")
    assert "Birch Oy" in case.page


def _episodes(world: Any) -> list[Any]:
    from sqlalchemy import select

    from evalplat.storage.tables import Episode

    with world.wiring.reading(SYSTEM) as session:
        return list(session.scalars(select(Episode.id)))


def test_an_account_is_made_with_a_password_that_is_shown_once_and_lets_its_owner_in(
    world: Any, admin: Any
) -> None:
    admin.get(NEW)
    provider = re.search(r'<option value="([^"]+)">Maple Oy', admin.page)
    assert provider
    form = {"name": "Nea Uusi", "email": "Nea@maple.example", "role": "provider_manager",
            "provider_id": provider[1], "language": "sv"}  # fmt: skip
    assert admin.post(NEW, form).status_code == 200
    found = re.search(r'id="password" value="([0-9a-f-]{19})"', admin.page)
    assert found
    visitor = world.browser()
    visitor.get("/sign-in")
    sent = {"email": "nea@maple.example", "password": found[1]}
    assert visitor.post("/sign-in", sent).status_code == 303
    admin.get("/county/accounts")
    assert "Nea Uusi" in admin.page and found[1] not in admin.page


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"role": ""}, "Choose what this person does"),
        ({"role": "king"}, "Choose what this person does"),
        ({"email": "not an address"}, "address"),
        ({"email": WORKER}, "has an account already"),
        ({"provider_id": "A" * 16}, "There is no such provider"),
        ({"provider_id": ""}, "needs a provider"),
        ({"role": "analyst"}, "needs a provider"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_with_an_account_is_named_and_the_input_kept(
    admin: Any, change: dict[str, str], word: str
) -> None:
    admin.get(NEW)
    provider = re.search(r'<option value="([^"]+)">Maple Oy', admin.page)
    assert provider
    form = {"name": "Nea Uusi", "email": "nea@maple.example", "role": "provider_worker",
            "provider_id": provider[1], "language": "fi", **change}  # fmt: skip
    assert admin.post(NEW, form).status_code == 422
    assert word in admin.page and "error-summary" in admin.page
    assert form["email"] in admin.page


def test_a_new_password_ends_the_sessions_of_its_owner_and_the_old_one(
    world: Any, admin: Any
) -> None:
    worker = world.browser(WORKER)
    admin.get("/county/accounts")
    found = re.search(r'href="(/county/accounts/[^"]+)">Worker<', admin.page)
    assert found
    admin.get(found[1])
    assert admin.post(f"{found[1]}/new-password").status_code == 200
    password = re.search(r'id="password" value="([0-9a-f-]{19})"', admin.page)
    assert password
    assert worker.get("/desk").status_code == 303
    assert world.browser().sign_in(WORKER).status_code == 401
    visitor = world.browser()
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", {"email": WORKER, "password": password[1]}).status_code == 303


def row(place: int, **rest: str) -> dict[str, str]:
    given = {"instrument": "whodas-2.0-12", "point": "baseline", "respondent": "client",
             "mode": "self", "anchor": "point", "offset_days": "7", "before_days": "14",
             "after_days": "14", **rest}  # fmt: skip
    return {f"{name}-{place}": value for name, value in given.items()}


def plan(world: Any, key: str) -> Any:
    with world.wiring.reading(SYSTEM) as session:
        return get_plan(session, world.wiring.catalogue, SYSTEM, key)


def test_a_plan_is_made_row_by_row_and_a_new_version_leaves_open_episodes_alone(
    world: Any, admin: Any, tmp_path: Any
) -> None:
    admin.get(EDIT)
    form = {"rows": "1", "key": "young", "title-fi": "Nuoret", **row(1)}
    admin.post(EDIT, {**form, "add": "1"})
    assert 'name="instrument-2"' in admin.page and "Nuoret" in admin.page
    form |= {"rows": "3", **row(2, point="end", anchor="last_session"), **row(3, instrument="")}
    assert admin.post(EDIT, form).location == "/county/plans?saved=young"
    made = plan(world, "young")
    assert (made.version, len(made.rows), made.rows[1].anchor) == (1, 2, "last_session")
    admin.get(f"{EDIT}?of=young")
    assert 'value="Nuoret"' in admin.page and 'name="key"' not in admin.page
    form = {"of": "young", "rows": "2", "title-fi": "Nuoret aikuiset", **row(1),
            **row(2, point="end", after_days="30")}  # fmt: skip
    assert admin.post(EDIT, form).status_code == 303
    made = plan(world, "young")
    assert (made.version, made.titles, made.rows[1].after_days) == (
        2,
        {"fi": "Nuoret aikuiset"},
        30,
    )
    admin.get("/county/plans")
    assert "Nuoret aikuiset" in admin.page and "version 2" in admin.page
    response = admin.get("/county/plans/young.toml")
    file = tmp_path / "young.toml"
    file.write_bytes(response.data)
    assert len(read_plan(file, world.wiring.catalogue).rows) == 2


def test_every_fault_of_a_plan_stands_at_its_field_and_nothing_is_saved(
    world: Any, admin: Any
) -> None:
    admin.get(EDIT)
    form = {
        "rows": "3",
        "key": "BAD key",
        "title-fi": "",
        **row(1),
        **row(2),
        **row(3, instrument=""),
    }
    assert admin.post(EDIT, form).status_code == 422
    for place in ('href="#key"', 'href="#title-fi"', 'href="#instrument-2"'):
        assert place in admin.page
    form |= {"key": "fine", "title-fi": "A", **row(2, point="end", after_days="many"),
             **row(3, mode="flying")}  # fmt: skip
    assert admin.post(EDIT, form).status_code == 422
    assert 'href="#after_days-2"' in admin.page and 'href="#instrument-3"' in admin.page
    assert 'value="many"' in admin.page
    assert admin.post(EDIT, {"rows": "x", "key": "fine", "title-fi": "A"}).status_code == 422
    assert admin.post(EDIT, {"of": "nothing", "rows": "1", **row(1)}).status_code == 404
    admin.get("/county/plans")
    assert "fine" not in admin.page


def test_the_analyst_reads_plans_and_changes_none(world: Any) -> None:
    analyst = world.browser(ANALYST)
    analyst.get("/county/plans")
    assert "WHODAS" in analyst.page and EDIT not in analyst.page
    assert analyst.get(EDIT).status_code == 403
    assert analyst.get("/county/plans/default.toml").status_code == 200


def test_municipalities_are_added_and_renamed_and_a_sub_region_stays_where_somebody_is_served(
    world: Any, admin: Any
) -> None:
    there = "/county/municipalities"
    admin.get(PROVIDERS)
    assert there in admin.page
    admin.get(there)
    lines = "999; Uusi <kunta>; Saaristo\r\n\r\n998\tToinen\tSaaristo"
    assert admin.post(there, {"lines": lines}).location == f"{there}?added=2&changed=0"
    admin.get(f"{there}?added=2&changed=0")
    assert "Uusi &lt;kunta&gt;" in admin.page and "2 new, 0 changed" in admin.page
    assert admin.post(there, {"lines": "999; Uusikunta; Rannikko"}).status_code == 303
    world.open_episode()
    admin.get(there)
    used = re.search(r'scope="row">([^<]+)</th><td[^>]*>853</td><td[^>]*>([^<]+)<', admin.page)
    assert used
    bad = f"853; {used[1]}; Elsewhere\n1;2\nbad code; A; B\n999; A; B\n999; A; B\n997;{'x' * 81};A"
    assert admin.post(there, {"lines": bad}).status_code == 422
    for word in (
        "stays in the sub-region",
        "semicolons",
        "is no code",
        "stands here twice",
        "at most 80",
    ):
        assert word in admin.page, word
    assert "Line 6" in admin.page and "Elsewhere" in admin.page
    assert admin.post(there, {"lines": f"853; Another name; {used[2]}"}).status_code == 303
    admin.get(there)
    assert "Another name" in admin.page and "Uusikunta" in admin.page
    case = world.browser(CASES)
    case.get("/county/vouchers/grant")
    assert "Uusikunta" in case.page
    assert admin.post(there, {"lines": " "}).status_code == 422
    assert case.get(there).status_code == 403
