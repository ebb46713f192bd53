"""The case worker grants a voucher, and a provider opens an episode with it."""

from datetime import timedelta
from typing import Any

CASE_WORKER, WORKER = "case@county.example", "worker@birch.example"
THERE = "/county/vouchers/grant"
VOUCHER = {
    "number": "ps 2026/77", "name": "Dora Demo", "birth_year": "1990", "sex": "female",
    "language": "sv", "living_situation": "alone", "employment": "unemployed",
    "value": "1 200,50", "hours": "30", "valid_from": "1.11.2026", "valid_until": "31.10.2027",
    "municipality": "853", "service": "", "provider_id": "",
}  # fmt: skip


def test_a_voucher_is_granted_and_used(world: Any) -> None:
    browser = world.browser(CASE_WORKER)
    browser.get(THERE)
    response = browser.post(THERE, VOUCHER)
    assert response.status_code == 303
    assert "Dora" not in response.location
    browser.get(response.location)
    assert "PS2026/77 is granted" in browser.page
    worker = world.browser(WORKER)
    worker.get("/desk/open")
    worker.post("/desk/open", {"number": "PS2026/77"})
    assert "1,200.50 €" in worker.page


def test_every_fault_of_a_voucher_is_listed_and_the_input_kept(world: Any) -> None:
    browser = world.browser(CASE_WORKER)
    browser.get(THERE)
    wrong = {
        "birth_year": "90",
        "value": "a lot",
        "hours": "-3",
        "valid_until": "soon",
        "number": "",
    }
    assert browser.post(THERE, VOUCHER | wrong).status_code == 422
    summary = browser.page.split("error-summary")[1].split("</div>")[0]
    assert [f"#{name}" in summary for name in wrong] == [True] * 5
    assert 'value="Dora Demo"' in browser.page
    wrong = {"name": "x" * 300, "municipality": "999", "sex": "x", "valid_until": "2026-01-01"}
    assert browser.post(THERE, VOUCHER | wrong).status_code == 422
    summary = browser.page.split("error-summary")[1].split("</div>")[0]
    assert [f"#{name}" in summary for name in ("name", "municipality", "sex")] == [True] * 3


def test_a_number_is_granted_once(world: Any) -> None:
    browser = world.browser(CASE_WORKER)
    browser.get(THERE)
    token = browser.token
    assert browser.post(THERE, VOUCHER | {"csrf_token": token}).status_code == 303
    for other in ({"name": "Dora Else"}, {"birth_year": "1991"}, {"hours": "31"}):
        assert browser.post(THERE, VOUCHER | other | {"csrf_token": token}).status_code == 422


def test_a_form_sent_twice_grants_one_voucher_and_says_that_it_is_granted(world: Any) -> None:
    browser = world.browser(CASE_WORKER)
    browser.get(THERE)
    sent = VOUCHER | {"csrf_token": browser.token}
    places = [browser.post(THERE, sent).location for _ in range(2)]
    assert places[0] == places[1]
    browser.get("/cases")
    assert browser.page.count(">Dora Demo<") == 1
    world.clock.at += timedelta(hours=1)
    later = world.browser(CASE_WORKER)
    later.get(THERE)
    assert later.post(THERE, VOUCHER).status_code == 422


def test_days_with_a_wrong_year_are_asked_about_at_their_own_fields(world: Any) -> None:
    browser = world.browser(CASE_WORKER)
    browser.get(THERE)
    days = {"valid_from": "1.11.1926", "valid_until": "31.10.2099"}
    assert browser.post(THERE, VOUCHER | days).status_code == 422
    summary = browser.page.split("error-summary")[1].split("</div>")[0]
    assert summary.count("is more than ten years away; check the year.") == 2
    assert "year of birth" not in summary
    assert browser.post(THERE, VOUCHER | {"valid_until": "31.10.2099"}).status_code == 422


def test_the_number_of_a_voucher_is_typed_at_once(world: Any) -> None:
    browser = world.browser(WORKER)
    browser.get("/desk/open")
    assert browser.page.count(" autofocus") == 1 and 'spellcheck="false" autofocus' in browser.page
    browser.post("/desk/open", {"number": ""})
    assert (
        browser.page.count(" autofocus") == 1
        and 'role="alert" tabindex="-1" autofocus' in browser.page
    )
