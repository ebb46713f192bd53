"""The server's side of home visits: what a device is given, what comes back, and what the browser is told to keep."""

import base64
import json
from typing import Any

import pytest
from web.conftest import SYSTEM, Browser

from evalplat.services.goals import agree_goals, list_goals
from evalplat.services.requests import GoalRequest
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.unsent import COOKIE

WORKER, OTHER, MANAGER = "worker@birch.example", "worker@maple.example", "manager@birch.example"
HERE = "/desk/visits"
SALT = base64.b64encode(b"salt of a device").decode()
ANSWERS = {f"S{n}": str(n % 5) for n in range(1, 13)} | {"works_or_studies": "1"}


class Device:
    """A signed-in browser that asks as the pages' scripts do."""

    def __init__(self, world: Any, email: str = WORKER) -> None:
        self.browser: Browser = world.browser(email)
        self.session = self.browser.get(f"{HERE}/session").get_json()

    def post(self, path: str, body: object, token: str | None = None) -> Any:
        headers = {"X-CSRF-Token": self.session["token"] if token is None else token}
        return self.browser.client.post(f"{HERE}{path}", json=body, headers=headers)

    def prepare(self, *ids: str, **rest: str) -> Any:
        return self.post("/sheets", {"administrations": list(ids), **rest}).get_json()

    def sheet(self, prepared: dict[str, Any], **changes: object) -> dict[str, Any]:
        """A prepared sheet as the device sends it, filled in."""
        names = ("definition", "key", "base_revision", "mode", "respondent", "language")
        return {
            **{name: prepared[name] for name in names}, "measured_on": "2026-11-23", "answers": ANSWERS,
            "answered_with": "worker", "present": "sister", "reason": "", **changes,
        }  # fmt: skip

    def send(self, prepared: dict[str, Any], **changes: object) -> Any:
        return self.post(f"/sheets/{prepared['administration']}", self.sheet(prepared, **changes))


@pytest.fixture
def device(world: Any) -> Device:
    return Device(world)


@pytest.fixture
def prepared(world: Any, device: Device) -> dict[str, Any]:
    world.episode = world.open_episode()
    (sheet,) = device.prepare(world.administration(world.episode, "whodas-2.0-12"))["sheets"]
    return sheet


def test_a_prepared_sheet_comes_with_its_definition_in_every_wording_and_each_definition_once(
    world: Any, device: Device
) -> None:
    ids = [
        world.administration(world.open_episode(voucher), "whodas-2.0-12")
        for voucher in ("V-1", "V-2")
    ]
    found = device.prepare(*ids)
    assert [sheet["client"] for sheet in found["sheets"]] == ["Aino Esimerkki", "Bo Exempel"]
    assert len({sheet["key"] for sheet in found["sheets"]}) == 2
    (definition,) = found["definitions"]
    assert {"fi", "sv", "en"} <= set(definition["wordings"])
    steps = {step["code"]: step for step in definition["wordings"]["sv"]["steps"]}
    assert set(ANSWERS) == set(steps)
    assert steps["S12"]["when"] == {
        "field": "works_or_studies", "operator": "equals", "value": True
    }  # fmt: skip


def test_by_initials_no_name_leaves_the_server(world: Any, device: Device) -> None:
    episode = world.open_episode()
    found = device.prepare(world.administration(episode, "3x10d"), names="initials")
    assert found["sheets"][0]["client"] == "A. E."
    assert "Aino" not in str(found)


def test_a_foreign_and_a_missing_sheet_are_answered_alike(world: Any, device: Device) -> None:
    foreign = world.administration(world.open_episode("V-3", provider=1), "whodas-2.0-12")
    replies = []
    for wanted in (foreign, "no-such-sheet"):
        given = device.post("/sheets", {"administrations": [wanted]})
        sent = device.post(f"/sheets/{wanted}", device.sheet(SKETCH))
        replies.append([(r.status_code, r.get_json()) for r in (given, sent)])
    assert replies[0] == replies[1]
    assert replies[0][0][0] == replies[0][1][0] == 404


SKETCH = {
    "definition": "whodas-2.0-12/1.0", "key": "a key of a test", "base_revision": 0, "mode": "interview",
    "respondent": "client", "language": "en",
}  # fmt: skip


def test_a_sheet_is_stored_as_it_was_filled_in_and_sending_it_again_gives_the_same_receipt(
    world: Any, device: Device, prepared: dict[str, Any]
) -> None:
    first, second = (device.send(prepared, mode="interview") for _ in range(2))
    assert (first.status_code, first.get_json()["repeated"]) == (200, False)
    assert (second.status_code, second.get_json()["repeated"]) == (200, True)
    stored = world.sheet(world.episode)
    assert (stored.revision, stored.measured_on.isoformat()) == (1, "2026-11-23")
    assert (stored.mode, stored.answered_with, stored.present) == ("interview", "worker", "sister")
    assert stored.raw["works_or_studies"] in (True, "1", 1)
    assert (stored.raw["S1"], stored.raw["S12"]) == (1, 2)


def test_every_fault_is_named_by_its_question_or_field_and_nothing_is_stored(
    world: Any, device: Device, prepared: dict[str, Any]
) -> None:
    answers = {**ANSWERS, "S1": "9", "S3": "much"}
    reply = device.send(prepared, answers=answers, measured_on="soon", mode="shouting")
    assert reply.status_code == 422
    assert {f["where"] for f in reply.get_json()["faults"]} == {"S1", "S3", "measured_on", "mode"}
    reply = device.send(prepared, answers={**answers, "S3": "declined"})
    assert [f["where"] for f in reply.get_json()["faults"]] == ["S1"]
    assert world.sheet(world.episode) is None


@pytest.mark.parametrize("body", [None, [], "text", {"answers": []}, {"definition": 7}])
def test_what_is_no_sheet_is_refused_calmly(
    world: Any, device: Device, prepared: dict[str, Any], body: object
) -> None:
    reply = device.post(f"/sheets/{prepared['administration']}", body)
    assert reply.status_code in (404, 422)
    assert reply.get_json()["message"]
    assert world.sheet(world.episode) is None


def test_a_conflict_tells_what_is_stored_keeps_both_and_a_correction_needs_a_reason(
    world: Any, device: Device, prepared: dict[str, Any]
) -> None:
    world.answer(world.episode, 4)
    reply = device.send(prepared)
    assert reply.status_code == 409
    stored = reply.get_json()["stored"]
    assert (stored["revision"], stored["answers"]["S1"]) == (1, "4")
    assert world.sheet(world.episode).raw["S1"] == 4, "nothing is overwritten"
    changes = {"key": "a key of its own", "base_revision": 1, "reason": "asked again at home"}
    for repeated in (False, True):
        corrected = device.send(prepared, **changes)
        assert (corrected.status_code, corrected.get_json()["repeated"]) == (200, repeated)
    assert world.sheet(world.episode).raw["S1"] == 1
    assert world.sheet(world.episode).revision == 2


def test_without_the_page_s_token_or_a_session_nothing_is_given_and_nothing_stored(
    world: Any, device: Device, prepared: dict[str, Any]
) -> None:
    path = f"/sheets/{prepared['administration']}"
    for address, body in (
        ("/key", {"salt": SALT}),
        ("/sheets", {}),
        (path, device.sheet(prepared)),
    ):
        assert device.post(address, body, token="").status_code == 403
        assert device.post(address, body, token="made up").status_code == 403
    device.browser.client.delete_cookie("evalplat")
    assert device.browser.client.get(f"{HERE}/session").status_code == 303
    assert device.send(prepared).status_code == 403
    assert world.sheet(world.episode) is None


def test_each_account_is_given_its_own_key_and_the_same_one_after_signing_in_again(
    world: Any,
) -> None:
    devices = [Device(world), Device(world, MANAGER), Device(world, OTHER)]
    keys = [device.post("/key", {"salt": SALT}).get_json()["key"] for device in devices]
    assert len(set(keys)) == 3
    devices[0].browser.get("/desk")
    devices[0].browser.post("/sign-out")
    assert Device(world).post("/key", {"salt": SALT}).get_json()["key"] == keys[0]
    for salt in ("", "AAAA", "not base64!", None, 5):
        assert devices[1].post("/key", {"salt": salt}).status_code == 422


def test_the_page_that_a_device_keeps_holds_no_name_and_no_token(world: Any) -> None:
    pages = []
    for email in (WORKER, MANAGER):
        browser = world.browser(email)
        world_page = browser.get(HERE)
        pages.append(world_page.get_data(as_text=True))
        assert world_page.headers["Edition"]
        assert 'name="csrf_token" value=""' in pages[-1]
        assert email.split("@")[0].title() not in pages[-1]
    assert pages[0] == pages[1]


def test_scripts_come_from_files_of_these_pages_only_and_no_other_page_runs_any(world: Any) -> None:
    browser = world.browser(WORKER)
    for path in (HERE, f"{HERE}/prepare", f"{HERE}/leave"):
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert '<script type="module" src=' in browser.page
        assert "onclick" not in browser.page
    assert "script-src" not in browser.get("/desk").headers["Content-Security-Policy"]


def test_the_service_worker_may_see_to_these_pages_and_keeps_files_that_name_nobody(
    world: Any,
) -> None:
    stranger = world.browser()
    worker = stranger.get(f"{HERE}/worker.js")
    assert worker.headers["Service-Worker-Allowed"] == HERE
    assert worker.mimetype == "text/javascript"
    shell = json.loads(worker.get_data(as_text=True).partition("SHELL = ")[2].partition(";\n")[0])
    assert shell["page"] == HERE
    assert shell["pages"] == [f"{HERE}?language={language}" for language in ("fi", "sv", "en")]
    assert shell["edition"] == world.browser(WORKER).get(HERE).headers["Edition"]
    assert len(shell["files"]) > 10
    for path in shell["files"]:
        with stranger.get(path) as response:
            assert response.status_code == 200, path
    assert stranger.get(f"{HERE}/files/of-another-edition/visits.js").status_code == 404
    manifest = stranger.get(f"{HERE}/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    assert manifest.get_json(force=True)["scope"] == HERE


def leave_on_device(browser: Browser, *entries: str) -> None:
    browser.client.set_cookie(COOKIE, ".".join(entries))


def test_every_desk_page_shows_how_many_sheets_of_one_s_own_are_unsent(world: Any) -> None:
    device = Device(world)
    account = device.session["account"]
    device.browser.get("/desk")
    assert "Unsent sheets" not in device.browser.page
    leave_on_device(device.browser, f"{account}:2:3", "somebody:7:7")
    device.browser.get("/desk")
    assert "Unsent sheets: 2" in device.browser.page


@pytest.mark.parametrize("text", ["", "...", "::", "a:b:c", "x:-1:2", "a:1", "a:9999:1", "é:1:1"])
def test_a_cookie_that_says_nothing_sensible_shows_nothing(world: Any, text: str) -> None:
    browser = world.browser(WORKER)
    browser.client.set_cookie(COOKIE, text)
    assert browser.get("/desk").status_code == 200
    assert "Unsent sheets" not in browser.page


def test_signing_out_with_unsent_sheets_asks_first_and_leaves_them_on_the_device(
    world: Any,
) -> None:
    device = Device(world)
    browser, account = device.browser, device.session["account"]
    browser.get("/desk")
    leave_on_device(browser, f"{account}:2:3")
    response = browser.post("/sign-out")
    assert (response.status_code, response.location) == (303, f"{HERE}/leave")
    browser.get(response.location)
    assert "2 sheets of yours on this device are not sent." in browser.page
    assert browser.get("/desk").status_code == 200, "still signed in"
    response = browser.post("/sign-out", {"anyway": "1"})
    assert response.headers["Clear-Site-Data"] == '"cache"'
    assert browser.get("/desk").status_code == 303


def test_signing_out_empties_the_device_only_where_nobody_else_has_sheets_on_it(world: Any) -> None:
    for others, told in (("", '"cache", "storage"'), ("somebody:0:1", '"cache"')):
        device = Device(world)
        device.browser.get("/desk")
        own = f"{device.session['account']}:0:2"
        leave_on_device(device.browser, *filter(None, (own, others)))
        response = device.browser.post("/sign-out", {"anyway": "1"})
        assert response.headers["Clear-Site-Data"] == told


def test_lesson_7_a_lent_device_that_forgets_everything_keeps_a_worker_s_unsent_sheets(
    world: Any,
) -> None:
    for kept, told in (("", '"cache", "cookies", "storage"'), ("somebody:1:1", '"cache"')):
        visitor = world.browser()
        visitor.client.set_cookie("visits", kept)
        invitation = world.invite(world.open_episode("V-1" if kept else "V-2"))
        visitor.get("/c/kiosk/code")
        assert visitor.post("/c/kiosk/code", {"code": invitation.code}).status_code == 303
        assert visitor.get("/c/kiosk").headers["Clear-Site-Data"] == told


def test_the_list_to_choose_from_names_who_is_due_and_can_be_searched(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(f"{HERE}/prepare")
    assert "No sheet is overdue or due just now" in browser.page
    world.open_episode("V-1")
    world.open_episode("V-2")
    world.open_episode("V-3", provider=1)
    browser.get(f"{HERE}/prepare")
    assert "Aino Esimerkki" in browser.page and "Bo Exempel" in browser.page
    assert "Cia Canary" not in browser.page
    browser.post(f"{HERE}/prepare", {"search": "exem"})
    assert "Bo Exempel" in browser.page and "Aino Esimerkki" not in browser.page
    browser.post(f"{HERE}/prepare", {"search": "canary"})
    assert "Nobody by that name" in browser.page


# Language


def test_the_kept_page_is_there_in_every_language_and_looking_at_it_changes_none(
    world: Any,
) -> None:
    browser = world.browser(WORKER)
    before = browser.get(HERE).get_data(as_text=True)
    for language in ("fi", "sv", "en"):
        page = browser.get(f"{HERE}?language={language}").get_data(as_text=True)
        assert f'<html lang="{language}"' in page
        assert f'data-language="{language}"' not in page and page.count("data-language=") == 2
        assert 'name="csrf_token" value=""' in page
    assert browser.get(HERE).get_data(as_text=True) == before
    assert browser.get(f"{HERE}?language=xx").get_data(as_text=True) == before


def test_what_staff_read_about_a_sheet_goes_along_in_every_language(
    world: Any, device: Device
) -> None:
    episode = world.open_episode()
    found = device.prepare(world.administration(episode, "whodas-2.0-12"))
    (sheet,), (definition,) = found["sheets"], found["definitions"]
    assert {lang: words["point"] for lang, words in sheet["read"].items()} == {
        "fi": "Alku", "sv": "Start", "en": "Baseline",
    }  # fmt: skip
    assert {len(words["modes"]) for words in definition["read"].values()} == {
        len(definition["modes"])
    }
    assert len({str(words["modes"]) for words in definition["read"].values()}) == 3


# Goals

LEVELS = ("never", "once a month", "once a week", "twice a week", "every day")


@pytest.fixture
def goals(world: Any, device: Device) -> dict[str, Any]:
    """Two agreed goals, prepared to be rated at the end."""
    world.episode = world.open_episode()
    day = world.episode.opened_on
    requests = [GoalRequest(title, LEVELS, -1, agreed_on=day) for title in ("Goes out", "Cooks")]
    with world.wiring.transaction(SYSTEM) as session:
        agree_goals(
            session, world.wiring.catalogue, SYSTEM, episode_id=world.episode.id, goals=requests,
            at=world.clock(),
        )  # fmt: skip
    return device.prepare(world.administration(world.episode, "gas", end=True))


def rated(world: Any) -> dict[str, list[int]]:
    with world.wiring.reading(SYSTEM) as session:
        found = list_goals(session, world.wiring.catalogue, SYSTEM, episode_id=world.episode.id)
    return {
        goal.title: [one.level for one in goal.ratings if one.point is MeasurementPoint.END]
        for goal in found
    }


def test_goals_come_as_a_form_of_their_own_with_the_best_level_first(goals: dict[str, Any]) -> None:
    (sheet,), (form,) = goals["sheets"], goals["definitions"]
    assert (form["goals"], sheet["definition"]) == (True, form["name"])
    assert [one[0] for one in form["respondents"]] == ["together", "client", "worker"]
    steps = form["wordings"][sheet["language"]]["steps"]
    assert [step["label"] for step in steps] == ["Goes out", "Cooks"]
    values, words = zip(*steps[0]["options"], strict=True)
    assert values == ("2", "1", "0", "-1", "-2")
    assert words[0] == "+2: every day" and words[4] == "−2: never"
    assert words[3].startswith("−1: once a month (")


def test_levels_are_stored_as_ratings_once_and_who_judged_with_them(
    world: Any, device: Device, goals: dict[str, Any]
) -> None:
    (sheet,), (form,) = goals["sheets"], goals["definitions"]
    one, two = (step["code"] for step in form["wordings"][sheet["language"]]["steps"])
    sent = {"answers": {one: "1", two: "-2"}, "respondent": "client"}
    first, second = (device.send(sheet, **sent) for _ in range(2))
    assert (first.status_code, first.get_json()["repeated"]) == (200, False)
    assert (second.status_code, second.get_json()["repeated"]) == (200, True)
    assert rated(world) == {"Goes out": [1], "Cooks": [-2]}


def test_faults_of_goals_are_named_by_goal_or_field_and_nothing_is_stored(
    world: Any, device: Device, goals: dict[str, Any]
) -> None:
    (sheet,), (form,) = goals["sheets"], goals["definitions"]
    one, two = (step["code"] for step in form["wordings"][sheet["language"]]["steps"])
    faults = [
        ({"answers": {one: "3", two: "0"}, "measured_on": "soon", "respondent": "nobody"},
         {one, "measured_on", "respondent"}),
        ({"answers": {}, "respondent": "client"}, {"ratings"}),
        ({"answers": {one: "1", "not-a-goal": "1"}, "respondent": "client"}, {"not-a-goal"}),
    ]  # fmt: skip
    for sent, where in faults:
        reply = device.send(sheet, **sent)
        assert reply.status_code == 422
        assert {fault["where"] for fault in reply.get_json()["faults"]} == where
    assert rated(world) == {"Goes out": [], "Cooks": []}


def test_other_ratings_that_are_stored_are_told_and_not_overwritten(
    world: Any, device: Device, goals: dict[str, Any]
) -> None:
    (sheet,), (form,) = goals["sheets"], goals["definitions"]
    one, _two = (step["code"] for step in form["wordings"][sheet["language"]]["steps"])
    assert device.send(sheet, answers={one: "2"}, respondent="worker").status_code == 200
    other = {"answers": {one: "-1"}, "respondent": "worker", "key": "a key of another device"}
    reply = device.send(sheet, **other)
    assert reply.status_code == 409
    stored = reply.get_json()["stored"]
    assert (stored["revision"], stored["answers"]) == (1, {one: "2"})
    assert rated(world)["Goes out"] == [2]
    told = {**other, "key": "a key of its own", "base_revision": 1, "reason": "rated at home"}
    assert device.send(sheet, **told).status_code == 200
    assert rated(world)["Goes out"] == [-1]


def test_goals_and_sheets_are_not_taken_for_each_other(
    world: Any, device: Device, goals: dict[str, Any]
) -> None:
    (sheet,) = goals["sheets"]
    assert device.send(sheet, definition="whodas-2.0-12/1.0").status_code in (409, 422)
    health = world.administration(world.episode, "whodas-2.0-12")
    told = device.sheet(sheet, answers={"S1": "1"}, respondent="worker")
    assert device.post(f"/sheets/{health}", told).status_code == 422
    assert rated(world) == {"Goes out": [], "Cooks": []}
    assert world.sheet(world.episode) is None
