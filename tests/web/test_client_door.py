"""The client door: nothing is lost, nothing happens twice, nothing is shown too early."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


def begin(world: Any, invitation: Any) -> Any:
    browser = world.browser()
    browser.get("/c")
    assert browser.post("/c", {"code": invitation.code}).status_code == 303
    return browser


def answer_everything(browser: Any, answer: str = "1") -> list[str]:
    """Answer from where the visit stands to the check page; returns the addresses of the questions."""
    browser.get("/c/welcome")
    there = browser.page.split('class="button" href="')[1].split('"')[0]
    asked = []
    while there != "/c/check":
        assert browser.get(there).status_code == 200
        asked.append(there)
        there = browser.post(there, {"answer": answer}).location
    return asked


def test_a_client_answers_checks_and_sends(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    asked = answer_everything(browser)
    assert len(asked) == 13
    assert asked[-2:] == ["/c/q/works_or_studies", "/c/q/S12"]
    browser.get("/c/check")
    assert browser.page.count("<dt>") == 13
    response = browser.post("/c/check", {"helped": "worker"})
    assert response.location == "/c/thanks"
    assert browser.get("/c/thanks").status_code == 200
    sheet = world.sheet(episode)
    assert sheet.raw["S1"] == 1
    assert sheet.answered_with == "worker"


def test_every_question_may_be_left_unanswered_as_the_first_page_promises(
    world: Any, episode: Any
) -> None:
    browser = begin(world, world.invite(episode))
    answer_everything(browser, "declined")
    assert browser.post("/c/check").location == "/c/thanks"
    sheet = world.sheet(episode)
    assert set(sheet.raw.values()) == {"declined"}
    assert {score.value for score in sheet.scores} == {None}


def test_a_question_that_does_not_apply_is_not_asked(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    asked = answer_everything(browser, "0")
    assert asked[-1] == "/c/q/works_or_studies"
    browser.get("/c/q/S12")
    assert browser.client.get("/c/q/S12").location == "/c/check"


def test_a_code_is_taken_with_spaces_and_in_small_letters(world: Any, episode: Any) -> None:
    invitation = world.invite(episode)
    browser = world.browser()
    browser.get("/c")
    typed = invitation.code.lower().replace("-", "  ")
    assert browser.post("/c", {"code": typed}).status_code == 303


def test_wrong_revoked_and_expired_codes_give_one_and_the_same_page(
    world: Any, episode: Any
) -> None:
    """So does a code whose sheet somebody else filled in, and a used one that has expired."""
    old, new = world.invite(episode), world.invite(episode)
    other = world.open_episode("V-2")
    idle = world.invite(other)
    world.answer(other, 1)
    answered = begin(world, new)
    answer_everything(answered)
    answered.get("/c/check")
    answered.post("/c/check")
    pages = []
    for code in ("ABCD-EFGH-JKMN", old.code, idle.code, new.code):
        if code == new.code:
            world.clock.at += timedelta(days=31)
        browser = world.browser()
        browser.get("/c")
        assert browser.post("/c", {"code": code}).status_code == 422
        typed = f'value="{code}"'
        assert typed in browser.page
        pages.append(browser.page.replace(typed, "").replace(browser.token, ""))
    assert len(pages) == 4 and len(set(pages)) == 1


def test_a_used_code_or_link_opens_the_receipt_and_none_of_the_answers(
    world: Any, episode: Any
) -> None:
    world.answer(episode, 3)
    invitation = world.invite(episode, end=True)
    world.clock.at += timedelta(days=1)
    first = begin(world, invitation)
    first.client.set_cookie("language", "en")
    answer_everything(first)
    first.get("/c/check")
    first.post("/c/check")
    first.get("/c/thanks")
    assert "<svg" in first.page and "How things have changed" in first.page
    for way, sent in (("/c", {"code": invitation.code}), (f"/c/l/{invitation.token}", {})):
        browser = world.browser()
        browser.client.set_cookie("language", "en")
        browser.get(way)
        assert browser.post(way, sent).location == "/c/welcome"
        for page in ("/c/welcome", "/c/q/S1", "/c/check"):
            assert browser.get(page).location == "/c/thanks"
        browser.get("/c/thanks")
        assert "Your answers have been sent" in browser.page
        assert "<svg" not in browser.page and "How things have changed" not in browser.page
        receipt = browser.page
        for page in ("/c/contact", "/c/feedback", "/c/looked", "/c/rights"):
            assert f'href="{page}"' in receipt
            assert browser.get(page).status_code == 200
        browser.get("/c/thanks")
        assert "How things have changed" not in browser.page, "the next page is no fuller"
        assert browser.post("/c/check").location == "/c/thanks"


def test_lesson_2_opening_a_link_shows_no_name_and_changes_nothing_however_often(
    world: Any, episode: Any
) -> None:
    invitation = world.invite(episode)
    browser = world.browser()
    pages = set()
    for token in [invitation.token] * 20 + ["made-up-token"]:
        assert browser.get(f"/c/l/{token}").status_code == 200
        pages.add(browser.page.replace(browser.token, "").replace(token, ""))
    assert len(pages) == 1
    assert "Aino" not in pages.pop()
    response = browser.post(f"/c/l/{invitation.token}")
    assert response.location == "/c/welcome"
    assert invitation.token not in str(response.headers)


def test_the_answers_are_there_again_with_the_same_code_in_another_browser(
    world: Any, episode: Any
) -> None:
    invitation = world.invite(episode)
    browser = begin(world, invitation)
    browser.get("/c/q/S1")
    browser.post("/c/q/S1", {"answer": "2"})
    browser.get("/c/q/S2")
    browser.post("/c/q/S2", {"answer": "3"})
    other = begin(world, invitation)
    other.get("/c/welcome")
    assert 'href="/c/q/S3"' in other.page
    other.get("/c/q/S1")
    assert 'value="2" checked' in other.page
    assert "Tallennettu 12.00" in other.page


def test_two_browsers_at_once_lose_nothing_and_send_once(world: Any, episode: Any) -> None:
    invitation = world.invite(episode)
    one, two = begin(world, invitation), begin(world, invitation)
    answer_everything(one)
    two.get("/c/q/S1")
    two.post("/c/q/S1", {"answer": "4"})
    one.get("/c/check")
    assert one.post("/c/check").location == "/c/thanks"
    assert two.post("/c/q/S2", {"answer": "0"}).location == "/c/thanks"
    assert two.post("/c/check").location == "/c/thanks"
    assert world.sheet(episode).raw["S1"] == 4
    assert world.sheet(episode).revision == 1


def test_sending_twice_gives_the_same_receipt(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    answer_everything(browser)
    browser.get("/c/check")
    token = browser.token
    for _ in range(3):
        assert browser.post("/c/check", {"csrf_token": token}).location == "/c/thanks"
    assert world.sheet(episode).revision == 1


def test_nothing_chosen_asks_for_an_answer_or_the_wish_not_to(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/q/S1")
    assert browser.post("/c/q/S1").status_code == 422
    assert "error-summary" in browser.page
    assert browser.post("/c/q/S1", {"answer": "declined"}).location == "/c/q/S2"


@pytest.mark.parametrize("answer", ["7", "-1", "drop table", "1.5", "1" * 500])
def test_an_answer_that_is_none_is_refused_and_nothing_is_kept(
    world: Any, episode: Any, answer: str
) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/q/S1")
    assert browser.post("/c/q/S1", {"answer": answer}).status_code == 422
    browser.get("/c/q/S1")
    assert "checked" not in browser.page


def test_back_keeps_what_was_chosen(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/q/S2")
    assert browser.post("/c/q/S2", {"answer": "3", "action": "back"}).location == "/c/q/S1"
    browser.get("/c/q/S2")
    assert 'value="3" checked' in browser.page
    browser.get("/c/q/S1")
    assert browser.post("/c/q/S1", {"action": "back"}).location == "/c/welcome"


def test_a_stale_token_shows_the_question_again_with_the_answer(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    response = browser.post("/c/q/S1", {"answer": "2", "csrf_token": "stale"})
    assert response.status_code == 200
    assert 'value="2" checked' in browser.page
    browser.get("/c/q/S1")
    assert "checked" not in browser.page
    browser.post("/c/q/S1", {"answer": "2", "csrf_token": "stale"})
    assert browser.post("/c/q/S1", {"answer": "2"}).location == "/c/q/S2"


def test_switching_the_language_keeps_the_page_and_the_choice(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/q/S1")
    browser.post("/c/q/S1", {"answer": "2", "switch_language": "sv"})
    assert '<html lang="sv"' in browser.page
    assert 'value="2" checked' in browser.page
    browser.get("/c/q/S2")
    assert '<html lang="sv"' in browser.page
    browser.get("/c/q/S1")
    assert "checked" not in browser.page


def test_a_page_that_is_not_there_leads_back_into_the_visit(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    response = browser.get("/c/q/NONE")
    assert response.status_code == 404
    assert browser.page.count('href="/c/welcome"') == 2
    assert 'href="/"' not in browser.page
    stranger = world.browser()
    stranger.get("/c/none")
    assert 'href="/"' in stranger.page and "/c/welcome" not in stranger.page


def test_unanswered_questions_cannot_be_sent(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/check")
    assert browser.post("/c/check").status_code == 422
    assert world.sheet(episode) is None


def test_changing_an_answer_from_the_check_page_leads_back_to_it(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    answer_everything(browser)
    browser.get("/c/q/S5?from=check")
    response = browser.post("/c/q/S5", {"answer": "4", "from": "check"})
    assert response.location == "/c/check"


def test_stopping_closes_the_door_of_this_browser_and_keeps_the_answers(
    world: Any, episode: Any
) -> None:
    invitation = world.invite(episode)
    browser = begin(world, invitation)
    browser.get("/c/q/S1")
    browser.post("/c/q/S1", {"answer": "2"})
    browser.get("/c/q/S2")
    assert browser.post("/c/later").status_code == 200
    assert browser.get("/c/q/S1").status_code == 303
    begin(world, invitation).get("/c/welcome")


def test_a_visit_is_forgotten_after_two_hours_without_an_answer(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    browser.client.set_cookie("visit", "forged.value.here")
    response = browser.get("/c/q/S1")
    assert response.location == "/c?ended=1"


def test_an_expired_invitation_ends_a_visit(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    world.clock.at += timedelta(days=32)
    assert browser.get("/c/q/S1").status_code == 303


def test_the_numbers_of_a_long_scale_stand_side_by_side(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode, "3x10d"))
    browser.get("/c/welcome")
    there = browser.page.split('class="button" href="')[1].split('"')[0]
    browser.get(there)
    assert browser.page.count('type="radio"') == 12
    assert "options steps" in browser.page


def test_a_page_of_questions_weighs_less_than_sixty_kilobytes(world: Any, episode: Any) -> None:
    browser = begin(world, world.invite(episode))
    pages = ["/c/welcome", "/c/q/S1", "/c/check"]
    static = Path(world.app.static_folder)
    files = sum((static / n).stat().st_size for n in ("theme.css", "client.css", "mark.svg"))
    for page in pages:
        response = browser.client.get(page)
        assert len(response.data) + len(str(response.headers)) + files < 60_000


def test_after_the_second_measurement_the_client_sees_the_own_change_and_no_answers(
    world: Any, episode: Any
) -> None:
    world.answer(episode, 3)
    world.clock.at += timedelta(days=165)
    browser = begin(world, world.invite(episode, end=True))
    browser.client.set_cookie("language", "en")
    answer_everything(browser, "1")
    browser.get("/c/check")
    browser.post("/c/check")
    browser.get("/c/thanks")
    assert "Things have become better" in browser.page
    assert (
        "The lowest possible score is 0, the highest 48. A lower score is better." in browser.page
    )
    assert ">36.0</td>" in browser.page and ">12.0</td>" in browser.page
    assert browser.page.count("<svg") == 1
    assert "Standing" not in browser.page
    assert len(browser.page.encode()) < 50_000


def test_the_start_page_speaks_the_clients_own_language_unless_another_was_chosen(
    world: Any, episode: Any
) -> None:
    own = world.browser()
    own.get("/c", headers={"Accept-Language": "sv"})
    own.post("/c", {"code": world.invite(episode).code}, headers={"Accept-Language": "sv"})
    own.get("/c/welcome", headers={"Accept-Language": "sv"})
    assert '<html lang="fi"' in own.page
    chosen = world.browser()
    chosen.get("/c")
    chosen.post("/c", {"switch_language": "sv"})
    chosen.post("/c", {"code": world.invite(episode).code})
    chosen.get("/c/welcome")
    assert '<html lang="sv"' in chosen.page


def test_switching_the_language_before_choosing_leads_to_a_page_that_back_finds_again(
    world: Any, episode: Any
) -> None:
    browser = begin(world, world.invite(episode))
    browser.get("/c/q/S1")
    switched = browser.post("/c/q/S1", {"switch_language": "sv", "from": "check"})
    assert (switched.status_code, switched.location) == (303, "/c/q/S1?from=check")
    browser.get(switched.location)
    assert '<html lang="sv"' in browser.page and 'name="from" value="check"' in browser.page
    browser.post("/c/q/S1", {"answer": "3"})
    browser.get("/c/q/S1")
    switched = browser.post("/c/q/S1", {"answer": "3", "switch_language": "fi"})
    assert switched.status_code == 303, "what is chosen is stored already"
    assert browser.post("/c/q/S1", {"answer": "4", "switch_language": "sv"}).status_code == 200
