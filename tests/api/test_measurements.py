"""What another program reads and sends: due forms, sheets with one receipt, scores, courses."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from builders import make_sheet
from sqlalchemy import func, select

from evalplat.services.actors import Actor
from evalplat.storage.tables import Administration, AuditEntry, SetAside, Sheet
from evalplat.vocabulary import MeasurementPoint

from .conftest import NAMES, World, sheet

SYSTEM = Actor.system("test")
MIDPOINT = MeasurementPoint.MIDPOINT
KEY = "5f0c2a3e-0000-4000-8000-000000000001"


def count(world: World, model: Any) -> int:
    with world.wiring.reading(SYSTEM) as session:
        return int(session.scalar(select(func.count()).select_from(model)) or 0)


def test_who_am_i_tells_role_scopes_and_the_last_day(world: World) -> None:
    told = world.program("worker").get("/me").get_json()
    assert (told["role"], told["provider"]) == ("provider_worker", "Provider A")
    assert told["token"]["scopes"] == ["due:read", "sheets:write", "scores:read"]
    assert told["token"]["expires_on"] == "2027-02-22"
    assert "email" not in str(told) and "evp_" not in str(told)


def test_what_is_due_comes_by_its_last_day_without_names(world: World) -> None:
    answer = world.program("worker").get("/due")
    items = answer.get_json()["items"]
    assert items and answer.get_json()["next"] is None
    assert [one["due_until"] for one in items] == sorted(one["due_until"] for one in items)
    assert {one["state"] for one in items} <= {"overdue", "due"}
    assert {one["episode_id"] for one in items} == {world.county.here.episode.id}
    assert {one["voucher"] for one in items} == {world.county.here.episode.voucher.number}
    assert not any(name in answer.text for name in NAMES)


def test_a_list_is_read_page_by_page_and_misses_and_repeats_nothing(world: World) -> None:
    program = world.program("case worker")
    states = "state=overdue&state=due&state=coming"
    whole = [one["id"] for one in program.get(f"/due?{states}&limit=200").get_json()["items"]]
    assert len(whole) > 10 and len(set(whole)) == len(whole)
    found, cursor = [], ""
    while cursor is not None:
        page = program.get(f"/due?{states}&limit=3{cursor and f'&cursor={cursor}'}").get_json()
        assert len(page["items"]) <= 3
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert found == whole
    for cursor in ("A" * 20, "_" * 20, "-" * 20):
        answer = program.get(f"/due?cursor={cursor}")
        assert answer.status_code == 200, "any twenty letters are a place in the list"


def test_the_form_has_the_questions_of_the_planned_version(world: World) -> None:
    program = world.program("worker")
    told = program.get(f"/administrations/{world.planned()}?language=fi").get_json()
    form = told["form"]
    assert (told["revision"], told["status"]) == (0, "planned")
    assert [one["code"] for one in form["items"]] == [f"S{n}" for n in range(1, 13)]
    assert [one["value"] for one in form["items"][0]["options"]] == [0, 1, 2, 3, 4]
    assert form["facts"][0]["code"] == "works_or_studies"
    assert form["items"][11]["applies_when"]["field"] == "works_or_studies"
    title = world.wiring.catalogue.get("whodas-2.0-12").text("fi").title
    assert (form["language"], form["title"]) == ("fi", title)
    plain = program.get(f"/administrations/{world.planned()}?language=fi-x-selko").get_json()
    assert plain["form"]["language"] == "fi-x-selko"
    assert plain["form"]["digest"] == form["digest"]


def test_a_sheet_is_stored_scored_and_the_same_again_is_the_same_receipt(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}"
    first = program.post(f"{path}/sheets", sheet(), KEY)
    assert first.status_code == 201
    again = program.post(f"{path}/sheets", sheet(), KEY)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    receipt = first.get_json()
    assert receipt["revision"] == 1 and receipt["submitted_at"] == "2026-11-24T10:00:00Z"
    total = next(one for one in receipt["scores"] if one["scale"] == "total")
    assert total["value"] == 50.0
    scores = program.get(f"{path}/scores").get_json()
    assert (scores["revision"], scores["scores"]) == (1, receipt["scores"])
    assert program.get(path).get_json()["status"] == "submitted"


def test_the_same_key_with_another_sheet_is_refused_and_both_are_kept(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    program.post(path, sheet(), KEY)
    before = count(world, Sheet), count(world, SetAside)
    other = sheet(answers={**sheet()["answers"], "S1": 4})
    for key in (KEY, KEY + "b"):
        answer = program.post(path, other, key)
        assert answer.status_code == 409
        assert answer.get_json()["current_revision"] == 1
        assert answer.get_json()["type"] == "urn:evalplat:problem:conflict"
    assert (count(world, Sheet), count(world, SetAside)) == (before[0], before[1] + 1)


def test_a_correction_names_its_revision_and_its_reason(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    program.post(path, sheet(), KEY)
    right = sheet(base_revision=1, answers={**sheet()["answers"], "S1": 0})
    refused = program.post(path, right, "correction-1")
    assert refused.status_code == 422
    assert [one["name"] for one in refused.get_json()["errors"]] == ["/reason"]
    made = program.post(path, {**right, "reason": "Typed wrong"}, "correction-1")
    assert (made.status_code, made.get_json()["revision"]) == (201, 2)
    again = program.post(path, {**right, "reason": "Typed wrong"}, "correction-1")
    assert (again.status_code, again.get_json()) == (200, made.get_json())
    old = program.post(
        path, {**right, "reason": "Late", "measured_on": "2026-06-02"}, "correction-2"
    )
    assert (old.status_code, old.get_json()["current_revision"]) == (409, 2)
    first = program.post(path, sheet(reason="Why"), "correction-3")
    assert first.status_code == 422


def test_every_fault_of_a_sheet_is_told_at_once_with_its_place(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    wrong = sheet(
        measured_on="2031-01-01", respondent="worker",
        answers={"S1": 9, "S2": "many", "S3": True, "nothing": 1, "works_or_studies": "perhaps"},
    )  # fmt: skip
    before = count(world, Sheet)
    answer = program.post(path, wrong, KEY, headers={"Accept-Language": "sv"})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.headers["Content-Language"] == "sv"
    assert {one["name"] for one in answer.get_json()["errors"]} == {
        "/measured_on", "/respondent", "/answers/S1", "/answers/S2", "/answers/S3",
        "/answers/nothing", "/answers/works_or_studies",
    }  # fmt: skip
    assert count(world, Sheet) == before


def test_what_does_not_fit_the_description_is_told_at_once_too(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    wrong = {"base_revision": -1, "measured_on": "2026-02-30", "mode": "magic", "answers": {"S1": [1]},
             "extra": 1, "present": "x" * 201}  # fmt: skip
    answer = program.post(path, wrong)
    places = {(one["in"], one["name"]) for one in answer.get_json()["errors"]}
    assert answer.status_code == 400
    assert places == {
        ("header", "Idempotency-Key"), ("body", "/base_revision"), ("body", "/measured_on"),
        ("body", "/mode"), ("body", "/answers/S1"), ("body", "/extra"), ("body", "/present"),
        ("body", "/respondent"),
    }  # fmt: skip
    answer = program.get("/due?state=later&limit=0&limit=1&access_token=evp_x&cursor=x")
    assert {one["name"] for one in answer.get_json()["errors"]} == {
        "state", "limit", "access_token", "cursor",
    }  # fmt: skip


def test_two_accounts_may_use_the_same_key(world: World) -> None:
    here, there = world.county.here, world.county.there
    for caller, made in (("worker", here), ("stranger", there)):
        planned = made.administration("whodas-2.0-12", MIDPOINT).id
        path = f"/administrations/{planned}/sheets"
        assert world.program(caller).post(path, sheet(), "sheet-no-1").status_code == 201


def test_one_key_eight_times_at_once_is_one_sheet(world: World) -> None:
    path = f"/administrations/{world.planned()}/sheets"
    before = count(world, Sheet)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: world.program("worker").post(path, sheet(), KEY), range(8))
        )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [200] * 7 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert count(world, Sheet) == before + 1


def test_a_course_has_each_scale_with_its_points_and_no_words_of_a_person(world: World) -> None:
    made = world.county.here
    answer = world.program("case worker").get(
        f"/episodes/{made.episode.id}/course", headers={"Accept-Language": "en"}
    )
    total = next(one for one in answer.get_json()["scales"] if one["scale"] == "total")
    assert [point["point"] for point in total["points"]] == ["baseline", "end"]
    assert total["change"] == 0.0 and total["change_status"] == "not_assessable"
    assert total["change_reason"].startswith("How much this scale varies by chance")
    assert total["points"][0]["measured_on"] == "2026-03-09"
    assert NAMES[0] not in answer.text and "Goes out alone" not in answer.text


def test_before_the_first_sheet_there_are_no_scores(world: World) -> None:
    told = world.program("worker").get(f"/administrations/{world.planned()}/scores").get_json()
    assert (told["revision"], told["measured_on"], told["scores"]) == (0, None, [])


def test_a_closed_administration_and_a_goal_sheet_take_nothing(world: World) -> None:
    program = world.program("worker")
    goals = world.planned("gas", "end")
    assert program.post(f"/administrations/{goals}/sheets", sheet(), KEY).status_code == 422
    with world.wiring.transaction(SYSTEM) as session:
        session.query(Administration).filter_by(public_id=world.planned()).update(
            {"status": "not_applicable"}
        )
    answer = program.post(f"/administrations/{world.planned()}/sheets", sheet(), KEY)
    assert answer.status_code == 409


def test_every_read_of_a_client_is_in_the_log_with_the_tokens_id(world: World) -> None:
    program, made = world.program("worker"), world.county.here
    token = program.get("/me").get_json()["token"]["id"]
    paths = ("/due", f"/administrations/{world.planned()}",
             f"/administrations/{world.planned()}/scores", f"/episodes/{made.episode.id}/course")  # fmt: skip
    with world.wiring.reading(SYSTEM) as session:
        last = session.scalar(select(func.max(AuditEntry.id)))
    for path in paths:
        assert program.get(path).status_code == 200
    program.post(f"/administrations/{world.planned()}/sheets", sheet(), KEY)
    with world.wiring.reading(SYSTEM) as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.id > last).order_by(AuditEntry.id)
        ).all()
        assert [line.action for line in lines] == [
            "read_open_measurements", "read_open_measurements", "read_scores", "read_course",
            "submit_answers",
        ]  # fmt: skip
        assert {line.purpose for line in lines} == {f"api {token}"}
        assert {tuple(line.client_ids) for line in lines} == {(made.episode.client_id,)}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_changes_nothing_that_belongs_to_somebody(world: World, method: str) -> None:
    before = count(world, Sheet), count(world, Administration)
    program = world.program("worker")
    for path in ("/due", f"/administrations/{world.planned()}", "/instruments"):
        answer = program.open(path, method=method)
        assert answer.status_code == 200
        assert bool(answer.get_data()) is (method == "GET")
    assert (count(world, Sheet), count(world, Administration)) == before


def test_a_sheet_sent_here_counts_like_one_typed_in(world: World) -> None:
    """The same answers by a page of the other provider's worker give the same scores."""
    path = f"/administrations/{world.planned()}/sheets"
    told = world.program("worker").post(path, sheet(), KEY).get_json()
    typed = make_sheet(world.wiring, world.county.there, point=MIDPOINT)
    assert [(one["scale"], one["value"]) for one in told["scores"]] == [
        (score.scale, score.value) for score in sorted(typed.scores, key=lambda one: one.scale)
    ]
