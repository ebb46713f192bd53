"""A provider's comment on its own page, and on the county's page of that provider and in the reports."""

import re
from typing import Any

import pytest

MANAGER, ANALYST, ADMINISTRATOR = (
    "manager@birch.example",
    "analyst@county.example",
    "admin@county.example",
)
WORDS = "We moved in May. <b>Not bold</b>"


def make_manager(world: Any) -> None:
    from .test_access_matrix import make_staff

    make_staff(world)


def save(world: Any, words: str, year: int = 2026) -> Any:
    browser = world.browser(MANAGER)
    browser.get(f"/desk/results/comment?year={year}")
    base = re.search(r'name="base" value="(\d+)"', browser.page)
    assert base
    answer = browser.post(f"/desk/results/comment?year={year}", {"body": words, "base": base[1]})
    return browser, answer


def provider_page(world: Any, query: str = "") -> str:
    return f"/county/results/{world.provider_ids()[0]}{query}"


def test_the_manager_writes_and_the_county_reads_and_prints_it(world: Any) -> None:
    make_manager(world)
    world.open_episode()
    browser, answer = save(world, WORDS)
    assert answer.status_code == 303
    browser.get(answer.location)
    assert "The comment is saved" in browser.page
    county = world.browser(ANALYST)
    for path in (provider_page(world, "?from=2026-01-01&until=2026-12-31"), provider_page(world)):
        county.get(path)
        assert "We moved in May. &lt;b&gt;Not bold" in county.page
    county.get(provider_page(world, "?from=2025-01-01&until=2025-12-31"))
    assert "We moved in May" not in county.page and "has not commented" in county.page
    for kind in ("html", "xlsx", "pdf"):
        for about in ("county", f"provider&provider={world.provider_ids()[0]}"):
            file = county.client.get(f"/county/reports/file?about={about}&kind={kind}&labels=en")
            assert file.status_code == 200
            if kind == "html":
                assert "We moved in May. &lt;b&gt;Not bold" in file.get_data(as_text=True)
    other = county.client.get(
        f"/county/reports/file?about=provider&provider={world.provider_ids()[1]}&kind=html&labels=en"
    )
    assert "We moved in May" not in other.get_data(as_text=True)


def test_what_is_too_long_stays_in_the_form_with_its_fault(world: Any) -> None:
    make_manager(world)
    browser, answer = save(world, "x" * 2001)
    assert answer.status_code == 422
    assert "error-summary" in browser.page and "x" * 2001 in browser.page


def test_a_comment_that_was_saved_meanwhile_is_not_written_over(world: Any) -> None:
    make_manager(world)
    save(world, "First")
    browser = world.browser(MANAGER)
    browser.get("/desk/results/comment?year=2026")
    answer = browser.post("/desk/results/comment?year=2026", {"body": "Second", "base": "0"})
    assert answer.status_code == 409
    assert "Second" in browser.page and "First" in browser.page


@pytest.mark.parametrize("email", [ANALYST, ADMINISTRATOR])
def test_the_provider_s_page_opens_without_data_and_is_explained_with_faults(
    world: Any, email: str
) -> None:
    browser = world.browser(email)
    assert browser.get("/county/results").status_code == 200
    assert "Birch Oy" in browser.page
    assert browser.get(provider_page(world)).status_code == 200
    assert browser.get(provider_page(world, "?from=nonsense")).status_code == 422
    assert browser.get(provider_page(world, "?scale=nothing/total")).status_code == 422
    assert browser.get("/county/results/AAAAAAAAAAAAAAAA").status_code == 404


def test_nobody_else_sees_the_page_and_only_a_manager_comments(world: Any) -> None:
    for email in ("worker@birch.example", "case@county.example"):
        assert world.browser(email).get(provider_page(world)).status_code == 403
    for email in ("worker@birch.example", ANALYST):
        assert world.browser(email).get("/desk/results/comment").status_code == 403
