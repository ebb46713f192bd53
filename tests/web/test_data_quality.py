"""Pages about the quality of data: a provider's sheets to look at, unused vouchers, the county's counts."""

from datetime import timedelta
from typing import Any

WORKER, OTHER = "worker@birch.example", "worker@maple.example"
ANALYST, CASES = "analyst@county.example", "case@county.example"
PAGE = "/desk/quality"


def fields(page: str) -> dict[str, str]:
    return {
        name: page.split(f'name="{name}" value="')[1].split('"')[0]
        for name in ("administration", "sign")
    }


def test_a_sheet_is_listed_noted_and_stands_below_with_its_note(world: Any) -> None:
    episode = world.open_episode()
    world.answer(episode, 2)
    browser = world.browser(WORKER)
    browser.get("/desk/alerts")
    assert PAGE in browser.page
    browser.get(PAGE)
    assert "One answer throughout" in browser.page and episode.id in browser.page
    form = fields(browser.page)
    assert '<details class="no-print"><summary>' in browser.page
    assert browser.post(PAGE, {**form, "note": " "}).status_code == 422
    assert (
        "Write why it is right" in browser.page
        and 'no-print" open>' in browser.page
        and 'aria-invalid="true"' in browser.page
    )
    assert browser.post(PAGE, {**form, "note": "Asked <b>twice</b>"}).status_code == 303
    browser.get(PAGE)
    assert "Asked &lt;b&gt;twice" in browser.page and "Nothing about the sheets" in browser.page


def test_what_was_typed_is_kept_with_a_fault_and_an_unknown_sign_changes_nothing(
    world: Any,
) -> None:
    world.answer(world.open_episode(), 2)
    browser = world.browser(WORKER)
    browser.get(PAGE)
    form = fields(browser.page)
    long = "long " * 101
    assert browser.post(PAGE, {**form, "note": long}).status_code == 422
    assert "long long" in browser.page
    assert browser.post(PAGE, {**form, "sign": "nonsense", "note": "a"}).status_code == 200
    assert (
        browser.post(
            PAGE, {"administration": "A" * 16, "sign": "too_fast", "note": "a"}
        ).status_code
        == 404
    )
    browser.get(PAGE)
    assert "One answer throughout</span>" in browser.page
    assert "Looked at and left" not in browser.page


def test_another_provider_sees_no_sheet_and_a_foreign_one_is_not_there(world: Any) -> None:
    world.answer(world.open_episode(), 2)
    own = world.browser(WORKER)
    own.get(PAGE)
    form = fields(own.page)
    other = world.browser(OTHER)
    other.get(PAGE)
    assert "One answer throughout</span>" not in other.page
    assert other.post(PAGE, {**form, "note": "mine"}).status_code == 404


def test_a_client_who_hurries_is_seen_and_one_who_reads_is_not(world: Any) -> None:
    for voucher, seconds, seen in (("V-1", 1, True), ("V-3", 5, False)):
        episode = world.open_episode(voucher)
        visitor = world.browser()
        visitor.get("/c")
        visitor.post("/c", {"code": world.invite(episode).code})
        visitor.get("/c/welcome")
        there = visitor.page.split('class="button" href="')[1].split('"')[0]
        number = 0
        while there != "/c/check":
            world.clock.at += timedelta(seconds=seconds)
            number += 1
            there = visitor.post(there, {"answer": str(1 + number % 3)}).location
        assert visitor.post("/c/check").location == "/c/thanks"
        browser = world.browser(WORKER)
        browser.get(PAGE)
        assert (episode.id in browser.page) is seen


def test_the_county_chooses_a_quarter_and_sees_no_name(world: Any) -> None:
    world.answer(world.open_episode(), 2)
    browser = world.browser(ANALYST)
    for address in (
        "/county/quality",
        "/county/quality?quarter=20263",
        "/county/quality?quarter=x",
    ):
        browser.get(address)
        assert "Data quality" in browser.page and "3 / 2026" in browser.page
        assert "Fewer than five vouchers" in browser.page


def test_a_case_worker_sees_vouchers_that_wait_and_not_those_in_use(world: Any) -> None:
    world.open_episode()
    browser = world.browser(CASES)
    browser.get("/cases")
    assert "/cases/unused-vouchers" in browser.page
    browser.get("/cases/unused-vouchers")
    assert "V-2" in browser.page and "V-3" in browser.page and "V-1" not in browser.page
    world.open_episode("V-2")
    world.open_episode("V-3")
    browser.get("/cases/unused-vouchers")
    assert "All vouchers of your clients are in use" in browser.page
