"""Goals on the desk: looked at twice before they are agreed, revised beside the old one, seen apart, corrected."""

import re
from typing import Any

import pytest

WORKER = "worker@birch.example"
GOAL = {
    "title": "Out every day",
    "own_words": "I want to get out",
    "indicator": "times a week",
    "baseline": "-1",
    "importance": "3",
    "difficulty": "2",
    "level1": "not at all",
    "level2": "2 times a week",
    "level3": "4 times a week",
    "level4": "6 times a week",
    "level5": "7 times a week and more",
}


@pytest.fixture
def episode(world: Any) -> Any:
    return world.open_episode()


@pytest.fixture
def browser(world: Any) -> Any:
    return world.browser(WORKER)


def agree(browser: Any, episode: Any, **rest: str) -> Any:
    there = f"/desk/episodes/{episode.id}/goals"
    browser.get(there)
    response = browser.post(there, {**GOAL, **rest})
    if response.status_code == 200 and (
        seen := re.search(r'name="seen" value="(\w+)"', browser.page)
    ):
        response = browser.post(there, {**GOAL, **rest, "seen": seen[1]})
    assert response.status_code == 303, browser.page
    browser.get(there)
    return response


def rating_page(world: Any, episode: Any) -> str:
    number = world.administration(episode, "gas", end=True)
    return f"/desk/episodes/{episode.id}/administrations/{number}/goals"


def goal_id(browser: Any) -> str:
    found = re.search(r'name="level-([^"]+)"', browser.page)
    assert found is not None
    return found[1]


def test_a_goal_is_looked_at_twice_before_it_is_agreed_for_good(browser: Any, episode: Any) -> None:
    there = f"/desk/episodes/{episode.id}/goals"
    poor = {**GOAL, "baseline": "0", "level5": ""}
    browser.get(there)
    assert browser.post(there, poor).status_code == 200
    assert "Worth a second look before it is agreed" in browser.page
    assert "Save it as it is" in browser.page and 'value="Out every day"' in browser.page
    seen = re.search(r'name="seen" value="(\w+)"', browser.page)
    assert seen is not None
    other = {**poor, "seen": seen[1], "level5": "2 times a week"}
    assert browser.post(there, other).status_code == 200, "other words are looked at again"
    browser.get(there)
    assert "Revise this goal" not in browser.page, "nothing was saved"
    assert browser.post(there, {**poor, "seen": seen[1]}).status_code == 303


def test_a_revised_goal_is_a_new_one_and_the_old_one_keeps_its_ratings(
    world: Any, browser: Any, episode: Any
) -> None:
    agree(browser, episode)
    link = re.search(r'href="([^"]+replaces=[^"#]+)', browser.page)
    assert link is not None
    browser.get(link[1])
    assert "Revise the goal “Out every day”" in browser.page
    assert "I want to get out" in browser.page and "4 times a week" in browser.page
    old = link[1].split("replaces=")[1]
    agree(browser, episode, title="Out with a friend", replaces=old)
    assert "in place of “Out every day”" in browser.page
    assert browser.page.count('class="goal"') == 1
    browser.get(f"/desk/episodes/{episode.id}")
    assert "Out with a friend" in browser.page and "Out every day" not in browser.page


def test_client_and_worker_may_see_it_differently_and_both_views_are_kept(
    world: Any, browser: Any, episode: Any
) -> None:
    agree(browser, episode)
    there = rating_page(world, episode)
    browser.get(there)
    goal = goal_id(browser)
    sent = {
        "measured_on": "2026-11-24",
        "rater": "together",
        f"client-{goal}": "1",
        f"worker-{goal}": "-1",
    }
    assert browser.post(there, sent).status_code == 422
    assert browser.post(there, {**sent, f"level-{goal}": "0"}).status_code == 303
    browser.get(there)
    assert "They saw it differently. Client: +1 More than expected" in browser.page
    assert "worker: −1 Less than expected" in browser.page


def test_ratings_are_corrected_with_a_reason_and_only_by_whom_knows_the_latest(
    world: Any, browser: Any, episode: Any
) -> None:
    agree(browser, episode)
    there = rating_page(world, episode)
    browser.get(there)
    goal = goal_id(browser)
    first = {"measured_on": "2026-11-24", "rater": "client", f"level-{goal}": "2"}
    assert browser.post(there, first).status_code == 303
    browser.get(f"{there}?correct=1")
    assert "Correct the ratings" in browser.page
    assert re.search(r'value="2"\s+checked', browser.page)
    corrected = {**first, f"level-{goal}": "1", "base": "1"}
    assert browser.post(there, corrected).status_code == 422
    assert "Say why the ratings are corrected" in browser.page
    assert browser.post(there, {**corrected, "reason": "a slip"}).status_code == 303
    browser.get(there)
    assert "+1 More than expected" in browser.page and "+2" not in browser.page
    late = {**corrected, "reason": "another", f"level-{goal}": "-2"}
    assert browser.post(there, late).status_code == 409
    assert "Both are kept" in browser.page


def test_a_goal_of_the_client_s_one_plan_becomes_a_goal_of_the_service(
    world: Any, browser: Any, episode: Any
) -> None:
    case_worker = world.browser("case@county.example")
    plan = f"/cases/{episode.client_id}/plan"
    case_worker.get(plan)
    goal = {"part": "goal", "title": "Debts in order", "own_words": "I open my mail"}
    assert case_worker.post(plan, goal).status_code == 303
    there = f"/desk/episodes/{episode.id}/goals"
    browser.get(there)
    link = re.search(r'href="([^"]+plan=[^"#]+)', browser.page)
    assert link is not None and "Debts in order" in browser.page
    browser.get(link[1])
    assert 'value="Debts in order"' in browser.page and "I open my mail" in browser.page
    number = link[1].split("plan=")[1]
    agree(browser, episode, title="Debts in order", plan_goal=number)
    assert "Make a goal of it" not in browser.page
    browser.get(f"{there}?plan=nonsense")
    assert browser.page.count("Debts in order") >= 1
