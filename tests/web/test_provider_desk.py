"""The provider's desk: from a voucher to a course, with input kept and nothing seen that is somebody else's."""

import re
from datetime import timedelta
from typing import Any

import pytest

WORKER, OTHER = "worker@birch.example", "worker@maple.example"
LEVELS = {f"level{n}": f"level text {n}" for n in range(1, 6)}


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def path_of(episode: Any, rest: str = "") -> str:
    return f"/desk/episodes/{episode.id}{rest}"


def sheet_of(world: Any, episode: Any, instrument: str = "whodas-2.0-12") -> str:
    return path_of(episode, f"/administrations/{world.administration(episode, instrument)}/sheet")


def whodas(value: str = "1") -> dict[str, str]:
    return {f"a-S{n}": value for n in range(1, 13)} | {"a-works_or_studies": "1"}


def head(**rest: str) -> dict[str, str]:
    usual = {"measured_on": "2026-11-22", "mode": "paper", "respondent": "client"}
    return usual | {"key": "a-key-of-sixteen-signs"} | rest


def test_a_voucher_becomes_an_episode(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/open")
    assert browser.post("/desk/open", {"number": " v-1 "}).status_code == 200
    assert "Can be used" in browser.page
    assert "Aino" not in browser.page
    response = browser.post(
        "/desk/open", {"number": "v-1", "action": "open", "opened_on": "20.11.2026"}
    )
    assert response.status_code == 303
    browser.get(response.location)
    assert "Aino Esimerkki" in browser.page
    browser.get("/desk?state=all")
    assert browser.page.count("Aino Esimerkki</a>") == 6


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"number": ""}, "Type the number"),
        ({"number": "V-999"}, "There is no voucher V-999"),
        ({"number": "V-1", "action": "open", "opened_on": "31.2.2026"}, "31.2.2026 is not a date"),
        ({"number": "V-1", "action": "open", "opened_on": ""}, "A date is missing"),
        ({"number": "V-1", "action": "open", "opened_on": "2025-01-01"}, "is valid from"),
        (
            {
                "number": "V-1",
                "action": "open",
                "opened_on": "2026-11-20",
                "planned_end": "2026-01-01",
            },
            "is before the opening",
        ),
        ({"number": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_a_voucher_that_cannot_be_used_is_explained_and_the_input_kept(
    world: Any, sent: dict[str, str], said: str
) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/open")
    assert browser.post("/desk/open", sent).status_code == 422
    assert said in browser.page
    assert "error-summary" in browser.page


def test_a_used_voucher_opens_nothing(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/open")
    browser.post("/desk/open", {"number": "V-1"})
    assert "already pays for an episode of yours" in browser.page
    assert path_of(episode) in browser.page and "2,500" not in browser.page
    response = browser.post(
        "/desk/open", {"number": "V-1", "action": "open", "opened_on": "2026-11-20"}
    )
    assert response.status_code == 422


def test_another_providers_voucher_reads_like_one_that_is_not_there(
    world: Any, episode: Any
) -> None:
    browser, pages = world.browser(OTHER), set()
    for number in ("V-1", "V-9"):
        browser.get("/desk/open")
        assert browser.post("/desk/open", {"number": number}).status_code == 422
        pages.add(re.sub(r'value="[^"]{40,}"', "", browser.page).replace(number, "N"))
    assert len(pages) == 1 and "if it is right, ask the client’s case worker" in pages.pop()


def test_a_voucher_out_of_time_asks_for_the_day_that_the_service_began(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/open")
    assert (
        browser.post("/desk/open", {"number": "V-1", "opened_on": "2027-09-01"}).status_code == 200
    )
    assert "is valid from" in browser.page and "2,500" not in browser.page
    browser.post("/desk/open", {"number": "V-1", "opened_on": "2026-11-20"})
    assert "2,500.00 €" in browser.page


def test_the_worklist_filters_by_state_and_searches_without_a_name_in_the_address(
    world: Any, episode: Any
) -> None:
    world.open_episode("V-2")
    browser = world.browser(WORKER)
    browser.get("/desk?state=due")
    assert "Aino Esimerkki" in browser.page
    browser.get("/desk?state=done")
    assert "Aino Esimerkki" not in browser.page
    browser.post("/desk", {"search": "exempel"})
    assert "Bo Exempel" in browser.page
    assert "Aino Esimerkki" not in browser.page
    assert "search=" not in re.sub(r"<form.*?</form>", "", browser.page, flags=re.S)
    assert browser.get("/desk?state=nonsense&page=-3").status_code == 200


def count_of(page: str, tab: str) -> int:
    found = re.search(rf">{tab} <span class=\"count\">(\d+)</span>", page)
    assert found, tab
    return int(found[1])


def test_the_worklist_opens_on_what_needs_doing_and_counts_every_state(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk")
    assert browser.page.count("Aino Esimerkki</a>") == 4
    counts = {
        tab: count_of(browser.page, tab)
        for tab in ("To do", "Overdue", "Due now", "Coming", "Done", "Left out", "All")
    }
    assert counts == {
        "To do": 4, "Overdue": 0, "Due now": 4, "Coming": 2, "Done": 0, "Left out": 0, "All": 6,
    }  # fmt: skip
    browser.get("/desk?state=all")
    assert browser.page.count("Aino Esimerkki</a>") == 6
    world.clock.at += timedelta(days=60)
    later = world.browser(WORKER)
    later.get("/desk")
    assert count_of(later.page, "To do") == count_of(later.page, "Overdue") == 4


def test_a_worklist_with_nothing_to_do_says_what_is_coming(world: Any, episode: Any) -> None:
    world.clock.at -= timedelta(days=120)
    browser = world.browser(WORKER)
    browser.get("/desk")
    assert "Nothing needs doing just now." in browser.page
    assert "/desk?state=coming" in browser.page
    browser.post("/desk", {"search": "esimerkki"})
    assert browser.page.count("Aino Esimerkki</a>") == 6


def test_a_whole_sheet_is_entered_and_its_scores_are_shown(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    response = browser.post(there, head(**whodas()))
    assert response.status_code == 303
    browser.get(response.location)
    assert "The sheet is stored" in browser.page
    assert "12.0" in browser.page
    assert world.sheet(episode).mode.value == "paper"


def test_every_fault_of_a_sheet_is_listed_at_once_and_nothing_is_lost(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    sent = whodas() | {"a-S1": "9", "a-S2": "two", "a-S3": "x", "a-S4": ""}
    response = browser.post(there, head(**sent, measured_on="yesterday", mode="dance"))
    assert response.status_code == 422
    summary = browser.page.split("error-summary")[1].split("</div>")[0]
    assert [f'href="#{where}"' in summary for where in ("measured_on", "mode", "a-S1", "a-S2")] == [
        True
    ] * 4
    assert 'value="two"' in browser.page
    assert 'value="x"' in browser.page
    assert world.sheet(episode) is None


def test_a_sheet_without_a_single_answer_is_not_taken_for_a_measurement(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    for answers in ({}, {"a-works_or_studies": "1"}):
        assert browser.post(there, head(**answers)).status_code == 422
        assert "No question is answered" in browser.page
    assert world.sheet(episode) is None


def test_x_means_that_the_client_did_not_want_to_answer(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    assert browser.post(there, head(**whodas() | {"a-S3": "X"})).status_code == 303
    assert world.sheet(episode).raw["S3"] == "declined"
    browser.get(there)
    assert "Did not want to answer" in browser.page


def test_the_same_sheet_sent_twice_is_stored_once(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    token = browser.token
    for _ in range(2):
        assert browser.post(there, head(**whodas(), csrf_token=token)).status_code == 303
    assert world.sheet(episode).revision == 1


def test_another_sheet_for_the_same_measurement_is_a_conflict_and_not_an_overwriting(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    token = browser.token
    browser.post(there, head(**whodas("1"), csrf_token=token))
    sent = head(**whodas("2"), csrf_token=token, key="another-key-of-signs")
    assert browser.post(there, sent).status_code == 409
    assert "Two sheets for one measurement" in browser.page
    assert "Not hard at all" not in browser.page
    assert world.sheet(episode).raw["S1"] == 1


def test_a_correction_needs_a_reason_and_keeps_the_first_sheet(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    browser.post(there, head(**whodas()))
    browser.get(f"{there}?correct=1")
    assert 'name="base_revision" value="1"' in browser.page
    sent = head(**whodas("2"), correct="1", base_revision="1", key="a-third-key-of-signs")
    assert browser.post(there, sent).status_code == 422
    assert browser.post(there, sent | {"reason": "typing error"}).status_code == 303
    assert (world.sheet(episode).revision, world.sheet(episode).raw["S1"]) == (2, 2)


def test_switching_the_language_in_the_middle_of_a_sheet_keeps_what_was_typed(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    response = browser.post(there, head(**whodas("3"), switch_language="sv"))
    assert response.status_code == 200
    assert '<html lang="sv"' in browser.page
    assert browser.page.count('value="3"') >= 12
    assert world.sheet(episode) is None


def test_goals_are_agreed_with_warnings_that_do_not_block_and_rated_later(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = path_of(episode, "/goals")
    browser.get(there)
    assert browser.post(there, {"title": "", "baseline": "-1"}).status_code == 422
    sent = {
        "title": "Out every day",
        "baseline": "0",
        "importance": "3",
        "difficulty": "2",
        **LEVELS,
    }
    assert browser.post(there, sent).status_code == 200
    seen = re.search(r'name="seen" value="(\w+)"', browser.page)[1]
    response = browser.post(there, {**sent, "seen": seen})
    assert response.status_code == 303
    browser.get(response.location)
    assert "Out every day" in browser.page
    assert "Worth a second look" in browser.page
    rating = path_of(
        episode, f"/administrations/{world.administration(episode, 'gas', end=True)}/goals"
    )
    browser.get(rating)
    field = re.search(r'name="(level-[^"]+)"', browser.page)[1]
    assert browser.post(rating, head()).status_code == 422
    sent = head(rater="together", measured_on="2026-11-24", **{field: "1"})
    assert browser.post(rating, sent).status_code == 303


def test_two_different_ratings_of_the_same_goals_are_both_kept_and_shown(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = path_of(episode, "/goals")
    browser.get(there)
    browser.post(there, {"title": "Out every day", "baseline": "-1", **LEVELS})
    number = world.administration(episode, "gas", end=True)
    rating = path_of(episode, f"/administrations/{number}/goals")
    browser.get(rating)
    field = re.search(r'name="(level-[^"]+)"', browser.page)[1]
    assert (
        browser.post(
            rating, head(rater="together", measured_on="2026-11-24", **{field: "1"})
        ).status_code
        == 303
    )
    assert (
        browser.post(
            rating, head(rater="client", measured_on="2026-11-24", **{field: "-2"})
        ).status_code
        == 409
    )
    assert "Both are kept" in browser.page
    assert "+1 More than expected" in browser.page
    assert "Yours: <strong>−2 Much less than expected" in browser.page


def test_a_code_is_shown_once_with_its_link_and_can_be_closed(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(path_of(episode))
    address = re.search(r'action="([^"]+/code)"', browser.page)[1]
    assert browser.post(address).status_code == 200
    code = re.search(r'code-words"[^>]*>([^<]+)<', browser.page)[1]
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    assert "data:image/svg+xml" in browser.page
    browser.get(path_of(episode))
    assert code not in browser.page
    revoke = re.search(r'action="([^"]+/revoke)"', browser.page)[1]
    assert browser.post(revoke).status_code == 303
    client = world.browser()
    client.get("/c")
    assert client.post("/c", {"code": code}).status_code == 422


def test_the_course_shows_what_was_measured_in_words_pictures_and_tables(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    browser.get(path_of(episode, "/course"))
    assert "No measurements are answered yet" in browser.page
    there = sheet_of(world, episode)
    browser.get(there)
    browser.post(there, head(**whodas()))
    browser.get(path_of(episode, "/course"))
    assert "12.0" in browser.page
    goal = {"title": "Out every day", "baseline": "-1", **LEVELS}
    browser.get(path_of(episode, "/goals"))
    browser.post(path_of(episode, "/goals"), goal)
    browser.get(path_of(episode, "/course"))
    assert browser.page.count("<svg") == 1
    assert "<script" not in browser.page
    assert " style=" not in browser.page


def test_an_episode_is_closed_once(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    there = path_of(episode, "/close")
    browser.get(there)
    assert browser.post(there, {"closed_on": "1.1.2020", "reason": "completed"}).status_code == 422
    assert browser.post(there, {"closed_on": "2026-11-24", "reason": "nonsense"}).status_code == 422
    assert browser.post(there, {"closed_on": "31.2.2026"}).status_code == 422
    assert 'id="closed_on-error"' in browser.page
    assert browser.page.count("Choose why the service ended.") == 2
    assert browser.post(there, {"closed_on": "2026-11-24", "reason": "moved"}).status_code == 303
    assert browser.post(there, {"closed_on": "2026-11-24", "reason": "moved"}).status_code == 409


def test_another_provider_s_worker_gets_the_page_of_what_does_not_exist(
    world: Any, episode: Any
) -> None:
    stranger = world.browser(OTHER)
    stranger.get("/desk")
    assert "Aino" not in stranger.page
    number = world.administration(episode, "whodas-2.0-12")
    token = stranger.token
    answers = []
    for rest in ("", "/goals", "/course", "/close", f"/administrations/{number}/sheet",
                 f"/administrations/{number}/goals"):  # fmt: skip
        own = stranger.get(path_of(episode, rest))
        missing = stranger.get(f"/desk/episodes/nothing-here{rest}")
        assert own.status_code == missing.status_code == 404
        clean = re.compile(r'value="[^"]*"')
        assert clean.sub("", own.get_data(as_text=True)) == clean.sub(
            "", missing.get_data(as_text=True)
        )
        answers.append(own.get_data(as_text=True))
    for rest in (
        f"/administrations/{number}/code",
        f"/administrations/{number}/sheet",
        "/goals",
        "/close",
    ):
        response = stranger.post(
            path_of(episode, rest), {"csrf_token": token, "title": "x"} | head(**whodas())
        )
        assert response.status_code == 404
    assert not any("Aino" in answer for answer in answers)
    assert world.sheet(episode) is None


@pytest.mark.parametrize("email", ["analyst@county.example", "admin@county.example"])
def test_the_county_s_staff_do_not_enter_a_provider_s_desk(
    world: Any, episode: Any, email: str
) -> None:
    browser = world.browser(email)
    assert browser.get("/desk").status_code == 403
    assert browser.get(path_of(episode)).status_code == 403


def test_reading_pages_leaves_the_answers_as_they_are(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    for path in ("/desk", path_of(episode), sheet_of(world, episode), path_of(episode, "/goals")):
        assert browser.get(path).status_code == 200
    assert world.sheet(episode) is None


def test_a_sheet_typed_while_the_session_ended_comes_back_after_signing_in(
    world: Any, episode: Any
) -> None:
    browser = world.browser(WORKER)
    there = sheet_of(world, episode)
    browser.get(there)
    world.clock.at += timedelta(minutes=45)
    assert browser.post(there, head(**whodas("2"))).status_code == 401
    sealed = re.search(r'name="kept" value="([^"]+)"', browser.page)[1]
    form = {"email": WORKER, "password": "a long password of a test", "kept": sealed}
    assert browser.post("/sign-in", form).status_code == 200
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', browser.page))
    assert browser.post(there, fields).status_code == 200
    assert browser.page.count('value="2"') >= 12
    assert world.sheet(episode) is None
    other = world.browser()
    other.get("/sign-in")
    assert other.post("/sign-in", form | {"email": OTHER}).status_code == 303


def test_no_reason_is_chosen_before_the_worker_chooses_one(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(path_of(episode, "/close"))
    assert '<option value="" selected>Choose</option>' in browser.page
    assert browser.post(path_of(episode, "/close"), {"closed_on": "2026-11-24"}).status_code == 422


def test_the_worklist_says_what_is_done_with_goals(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk?state=all")
    assert ">Agree the goals<" in browser.page and ">Rate the goals<" in browser.page
    assert ">Enter answers<" in browser.page


def test_no_goal_is_offered_after_the_service_has_ended(world: Any, episode: Any) -> None:
    browser = world.browser(WORKER)
    browser.get(path_of(episode, "/goals"))
    browser.post(path_of(episode, "/goals"), {"title": "Out", "baseline": "-1", **LEVELS})
    browser.get(path_of(episode, ""))
    assert "Look at the goals or add one" in browser.page
    browser.post(path_of(episode, "/close"), {"closed_on": "2026-11-24", "reason": "moved"})
    browser.get(path_of(episode, ""))
    assert "Look at the goals<" in browser.page
