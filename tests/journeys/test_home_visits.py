"""Home visits without network: prepared with it, filled in without it, sent later, and nothing lost or shown."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from journeys.installation import LIFE, WHODAS, Site, administration_of, today
from journeys.steps import expect_message, press, sign_in, word
from journeys.visit_steps import (
    PHRASE,
    all_that_lies_on,
    expect_unsent,
    fill_in,
    finish,
    hire,
    open_device,
    open_sheet,
    prepare,
    row_of,
    unlock,
)
from journeys.windows import Windows, look
from playwright.sync_api import Route, expect

from evalplat.demo.staff import SYSTEM, SignIn
from evalplat.instruments.definition import All, Comparison, Not, Test
from evalplat.instruments.definition import Any as AnyOf
from evalplat.services.answers import submit_answers
from evalplat.services.goals import agree_goals, list_goals, rate_goals
from evalplat.services.requests import GoalRequest
from evalplat.services.views import EpisodeView
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.visit_sheets import plain

pytestmark = pytest.mark.browser

HEALTH = {f"S{number}": str(number % 5) for number in range(1, 13)} | {"works_or_studies": "1"}
TITLE = "WHODAS"
DIFFER = "The two phrases differ."
_numbers = count(1)


@pytest.fixture(scope="module")
def worker(site: Site) -> SignIn:
    return hire(site, "visitor@rehab.example")


@pytest.fixture(scope="module")
def linguist(site: Site) -> SignIn:
    return hire(site, "linguist@rehab.example")


@pytest.fixture(scope="module")
def leaver(site: Site) -> SignIn:
    return hire(site, "leaver@rehab.example")


@pytest.fixture(scope="module")
def colleague(site: Site) -> SignIn:
    return hire(site, "colleague@rehab.example")


@pytest.fixture
def begin(site: Site) -> Callable[[str], EpisodeView]:
    return lambda name: site.open_episode(f"VISIT-{next(_numbers)}", name)


def store_elsewhere(site: Site, administration_id: str) -> None:
    """Somebody else stores the client's answers meanwhile: every one is 1."""
    raw = {f"S{number}": 1 for number in range(1, 13)} | {"works_or_studies": True}
    with site.wiring.transaction(SYSTEM) as session:
        submit_answers(
            session, site.wiring.catalogue, SYSTEM, administration_id=administration_id, raw=raw,
            idempotency_key=f"elsewhere {administration_id}", measured_on=today(),
            at=site.wiring.clock(),
        )  # fmt: skip


def test_two_sheets_filled_in_without_network_survive_a_reload_and_are_sent_once_there_is_network(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Usva Keksitty"
    episode = begin(name)
    page = open_device(windows, worker)
    page.goto("/desk/visits/prepare")
    look(page)
    prepare(page, name)
    expect_unsent(page, 0)
    look(page)

    page.context.set_offline(True)
    open_sheet(page, name, TITLE)
    fill_in(page, HEALTH)
    page.get_by_label(word(page, "Help"), exact=True).select_option("worker")
    page.get_by_label(word(page, "Who was present")).fill("sisar Salainen")
    expect_unsent(page, 1)
    look(page)
    finish(page)
    open_sheet(page, name, "3X10D")
    fill_in(page, same_answers(page, 9))
    expect_unsent(page, 2)
    finish(page)

    lying = all_that_lies_on(page)
    assert len(lying) > 20_000
    for secret in (name, "Usva", "Keksi", "Salainen", "S12", PHRASE, "whodas-2.0-12"):
        assert secret not in lying, secret

    page.reload()
    expect_unsent(page, 2)
    expect(page.locator("main")).not_to_contain_text(name)
    look(page)
    unlock(page, "another phrase altogether")
    expect(page.locator("#phrase-error")).to_be_visible()
    unlock(page, f"  {PHRASE.upper()} ")
    expect_unsent(page, 2)
    open_sheet(page, name, TITLE)
    expect(page.locator('[name="a-S7"]:checked')).to_have_value("2")
    page.locator("[data-act=back]").first.click()

    page.context.set_offline(False)
    expect_unsent(page, 0)
    expect(row_of(page, name, TITLE)).to_have_count(0)
    stored = site.sheet(administration_of(episode, WHODAS))
    assert stored is not None
    assert {code: str(int(stored.raw[code])) for code in HEALTH} == HEALTH  # type: ignore[call-overload]
    assert (stored.answered_with, stored.present) == ("worker", "sisar Salainen")
    assert site.count_sheets(administration_of(episode, LIFE)) == 1


def same_answers(page: Any, value: int) -> dict[str, str]:
    """The same answer to every question of the sheet that is open."""
    codes = page.locator("[data-code]").evaluate_all("all => all.map(one => one.dataset.code)")
    return dict.fromkeys(codes, str(value))


def test_a_question_that_does_not_apply_goes_away_and_its_answer_is_not_sent(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Ehto Kotikäynti"
    episode = begin(name)
    page = open_device(windows, worker)
    prepare(page, name, titles=(TITLE,))
    open_sheet(page, name, TITLE)
    work = page.locator("[data-code=S12]")
    fill_in(page, {**HEALTH, "S3": "declined"})
    expect(work).to_be_visible()
    fill_in(page, {"works_or_studies": "0"})
    expect(work).to_be_hidden()
    page.get_by_label(word(page, "Language of the form")).select_option("sv")
    expect(page.locator("h1")).to_have_attribute("lang", "sv")
    expect(page.locator('[name="a-S3"]:checked')).to_have_value("declined")
    finish(page)
    expect_unsent(page, 0)
    stored = site.sheet(administration_of(episode, WHODAS))
    assert stored is not None
    assert "S12" not in stored.raw or stored.raw["S12"] is None
    assert (stored.raw["S3"], stored.language) == ("declined", "sv")


def agree_on(site: Site, episode: EpisodeView, *titles: str) -> list[str]:
    """Agree goals at the start; gives back their ids."""
    levels = ("ei lainkaan", "kerran kuussa", "kerran viikossa", "usein", "joka päivä")
    goals = [GoalRequest(title, levels, -1, agreed_on=episode.opened_on) for title in titles]
    with site.wiring.transaction(SYSTEM) as session:
        made = agree_goals(
            session, site.wiring.catalogue, SYSTEM, episode_id=episode.id, goals=goals,
            at=site.wiring.clock(),
        )  # fmt: skip
    return [goal.id for goal in made]


def test_goals_are_rated_without_network_and_another_rating_is_shown_and_not_overwritten(
    windows: Windows, site: Site, worker: SignIn
) -> None:
    name = "Tavoite Kotikäynti"
    episode = site.open_episode(f"VISIT-{next(_numbers)}", name, today() - timedelta(days=178))
    one, two = agree_on(site, episode, "Salainen kauppareissu", "Toinen tavoite")
    end = administration_of(episode, "gas", MeasurementPoint.END)
    page = open_device(windows, worker)
    prepare(page, name, titles=("GAS",))
    page.context.set_offline(True)
    open_sheet(page, name, "GAS")
    expect(page.get_by_label("Who judged")).to_have_value("together")
    fill_in(page, {one: "1"})
    expect_unsent(page, 1)
    look(page)
    lying = all_that_lies_on(page)
    assert "kauppareissu" not in lying and name not in lying
    fill_in(page, {two: "-2"})
    finish(page)
    with site.wiring.transaction(SYSTEM) as session:
        rate_goals(
            session, site.wiring.catalogue, SYSTEM, administration_id=end, ratings={one: 0, two: -2},
            measured_on=today(), idempotency_key="rated elsewhere", at=site.wiring.clock(),
        )  # fmt: skip
    page.context.set_offline(False)
    expect(row_of(page, name, "GAS")).to_contain_text(word(page, "Other answers stored, unsent"))
    expect_unsent(page, 1)
    row_of(page, name, "GAS").locator("[data-act=open]").click()
    expect_message(page, "Two sheets for one measurement")
    assert page.locator("tr.differs").count() == 1
    expect(page.locator("tr.differs")).to_contain_text("+1: usein")
    look(page)
    there = page.get_by_role("link", name=word(page, "See the stored sheet"))
    assert there.get_attribute("href") == f"/desk/episodes/{episode.id}/administrations/{end}/goals"
    page.get_by_label(word(page, "Why the stored answers are corrected")).fill("Arvioitu kotona")
    page.get_by_role("button", name=word(page, "Store mine as a correction")).click()
    expect_unsent(page, 0)
    expect(page.locator("#notices")).to_contain_text(name)
    with site.wiring.reading(SYSTEM) as session:
        goals = list_goals(session, site.wiring.catalogue, SYSTEM, episode_id=episode.id)
    assert [goal.ratings[-1].level for goal in goals] == [1, -2]
    assert page.evaluate(COUNT_OF_FORMS) == 0


COUNT_OF_FORMS = """async () => {
  const [{ name }] = await indexedDB.databases();
  const database = await new Promise((r) => { indexedDB.open(name).onsuccess = (e) => r(e.target.result); });
  const count = await new Promise((r) => {
    database.transaction('definitions').objectStore('definitions').count().onsuccess = (e) => r(e.target.result);
  });
  database.close();
  return count;
}"""


def test_switching_the_language_without_network_keeps_the_sheet_that_is_open_and_what_is_unsent(
    windows: Windows, site: Site, linguist: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Kieli Kotikäynti"
    begin(name)
    page = open_device(windows, linguist)
    prepare(page, name, titles=(TITLE,))
    page.context.set_offline(True)
    open_sheet(page, name, TITLE)
    fill_in(page, {"S1": "3"})
    switch(page, "Svenska", "sv")
    expect(page.get_by_label("Hjälp", exact=True)).to_be_visible()
    assert "I en intervju" in page.locator("#mode").inner_text()
    expect(page.locator('[name="a-S1"]:checked')).to_have_value("3")
    expect_unsent(page, 1)
    look(page)
    fill_in(page, {"S2": "1"})
    page.locator("[data-act=back]").first.click()
    expect_message(page, "Home visits")
    switch(page, "Suomi", "fi")
    expect_message(page, "Home visits")
    expect(row_of(page, name, TITLE)).to_contain_text("Alku")
    expect_unsent(page, 1)
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "fi")
    page.get_by_label(word(page, "Phrase of the visit")).fill("sininen")
    switch(page, "Svenska", "sv")
    expect(page.get_by_label(word(page, "Phrase of the visit"))).to_have_value("sininen")
    page.context.set_offline(False)
    with page.expect_response("**/language"):
        switch(page, "English", "en")
    page.goto("/desk")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def switch(page: Any, name: str, language: str) -> None:
    """Choose another language at the top of the page, which has the focus afterwards."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#languages [aria-current]")).to_be_focused()


def test_faults_come_back_to_their_questions_and_keep_what_was_entered(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Virhe Kotikäynti"
    episode = begin(name)
    page = open_device(windows, worker)
    prepare(page, name, titles=(TITLE,))
    open_sheet(page, name, TITLE)
    page.get_by_role("button", name=word(page, "Ready to send"), exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    fill_in(page, HEALTH)
    page.get_by_label(word(page, "Measured on")).fill("2041-01-01")
    finish(page)
    expect_unsent(page, 1)
    row_of(page, name, TITLE).locator("[data-act=open]").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#measured_on-error")).to_be_visible()
    expect(page.locator('[name="a-S7"]:checked')).to_have_value("2")
    look(page)
    page.get_by_label(word(page, "Measured on")).fill(today().isoformat())
    finish(page)
    expect_unsent(page, 0)
    assert site.count_sheets(administration_of(episode, WHODAS)) == 1


def test_a_conflict_shows_both_sheets_and_overwrites_nothing_until_the_worker_says_so(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    names = ("Ristiriita Yksi", "Ristiriita Kaksi")
    ids = [administration_of(begin(name), WHODAS) for name in names]
    page = open_device(windows, worker)
    prepare(page, *names, titles=(TITLE,))
    page.context.set_offline(True)
    for name, administration_id in zip(names, ids, strict=True):
        open_sheet(page, name, TITLE)
        fill_in(page, HEALTH)
        finish(page)
        store_elsewhere(site, administration_id)
    page.context.set_offline(False)
    for name in names:
        expect(row_of(page, name, TITLE)).to_contain_text(
            word(page, "Other answers stored, unsent")
        )
    expect_unsent(page, 2)

    row_of(page, names[0], TITLE).locator("[data-act=open]").click()
    expect_message(page, "Two sheets for one measurement")
    expect(page.get_by_role("alert")).to_be_focused()
    differing = page.locator("tr.differs")
    assert differing.count() == sum(value != "1" for value in HEALTH.values())
    look(page)
    page.locator("[data-act=keep-stored]").click()
    expect_unsent(page, 1)

    row_of(page, names[1], TITLE).locator("[data-act=open]").click()
    page.get_by_role("button", name=word(page, "Store mine as a correction")).click()
    expect(page.locator("#reason")).to_be_focused()
    page.get_by_label(word(page, "Why the stored answers are corrected")).fill("kysyttiin kotona")
    page.get_by_role("button", name=word(page, "Store mine as a correction")).click()
    expect_unsent(page, 0)
    assert [site.count_sheets(one) for one in ids] == [1, 2]
    corrected = site.sheet(ids[1])
    assert corrected is not None
    assert (corrected.reason, corrected.raw["S2"]) == ("kysyttiin kotona", 2)


def test_a_receipt_that_is_lost_on_the_way_makes_no_second_sheet(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Kuitti Kotikäynti"
    administration_id = administration_of(begin(name), WHODAS)
    page = open_device(windows, worker)
    prepare(page, name, titles=(TITLE,))
    open_sheet(page, name, TITLE)
    fill_in(page, HEALTH)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.context.route("**/desk/visits/sheets/*", lose)
    finish(page)
    expect(page.locator("#notices")).to_contain_text(
        word(page, "The server does not answer just now.")
    )
    expect_unsent(page, 1)
    assert site.count_sheets(administration_id) == 1
    page.context.unroute("**/desk/visits/sheets/*")  # the device tries again by itself
    expect_unsent(page, 0)
    expect(page.locator(".notice.positive")).to_contain_text("it had come in before")
    assert site.count_sheets(administration_id) == 1


def test_a_session_that_ended_keeps_the_entries_and_signing_in_again_sends_them(
    windows: Windows, site: Site, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Istunto Kotikäynti"
    administration_id = administration_of(begin(name), WHODAS)
    page = open_device(windows, worker)
    prepare(page, name, titles=(TITLE,))
    open_sheet(page, name, TITLE)
    page.context.clear_cookies(name="evalplat")
    fill_in(page, HEALTH)
    finish(page)
    expect(page.locator("#notices")).to_contain_text(word(page, "You are not signed in."))
    expect_unsent(page, 1)
    page.locator("#notices a").click()
    sign_in(page, worker.email, worker.password)
    expect_unsent(page, 0)
    assert site.count_sheets(administration_id) == 1


def test_signing_out_warns_and_what_is_unsent_opens_for_the_same_worker_only(
    windows: Windows,
    site: Site,
    leaver: SignIn,
    colleague: SignIn,
    begin: Callable[[str], EpisodeView],
) -> None:
    name = "Lähtö Kotikäynti"
    administration_id = administration_of(begin(name), WHODAS)
    page = open_device(windows, leaver)
    prepare(page, name)
    page.context.set_offline(True)
    open_sheet(page, name, TITLE)
    fill_in(page, {"S1": "4"})
    page.locator("[data-act=back]").first.click()
    page.context.set_offline(False)
    expect(page.locator("#sign-out")).to_be_visible()
    page.goto("/desk")
    expect(page.locator(".who")).to_contain_text(word(page, "Unsent sheets: %(count)s", count=1))
    press(page, "Sign out")
    expect_message(page, "Sign out")
    expect(page.get_by_role("alert")).to_contain_text("1")
    look(page)
    press(page, "Sign out without sending")

    sign_in(page, colleague.email, colleague.password)
    page.goto("/desk/visits")
    expect(page.locator("#notices")).to_contain_text(
        word(page, "Unsent sheets of another worker on this device: %(count)s.", count=1)
    )
    expect_unsent(page, 0)
    expect(page.locator("#phrase")).to_have_count(0)
    assert name not in page.content()
    look(page)
    press(page, "Sign out")

    page.goto("/desk/visits")
    page.context.set_offline(True)
    page.goto("/desk/visits")
    expect(page.locator("#phrase")).to_be_hidden()
    page.context.set_offline(False)
    sign_in(page, leaver.email, leaver.password)
    page.goto("/desk/visits")
    expect_unsent(page, 1)
    expect(page.locator("tbody tr")).to_have_count(1)
    open_sheet(page, name, TITLE)
    expect(page.locator('[name="a-S1"]:checked')).to_have_value("4")
    finish(page)
    expect_unsent(page, 0)
    assert site.count_sheets(administration_id) == 1
    press(page, "Sign out")
    assert "visits" not in {cookie["name"] for cookie in page.context.cookies()}
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0


def test_the_sheets_lock_by_themselves_and_by_the_button(
    windows: Windows, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Lukko Kotikäynti"
    begin(name)
    page = open_device(windows, worker)
    page.clock.install()
    prepare(page, name, titles=(TITLE,))
    page.get_by_role("button", name=word(page, "Lock"), exact=True).click()
    expect(page.locator("main")).not_to_contain_text(name)
    page.get_by_role("button", name=word(page, "Open my sheets")).click()
    expect(page.locator("main")).to_contain_text(name)
    page.clock.fast_forward("31:00")
    expect(page.locator("main")).not_to_contain_text(name)
    page.context.set_offline(True)
    unlock(page)
    expect(page.locator("main")).to_contain_text(name)
    page.clock.fast_forward("25:00:00")
    page.reload()
    expect(page.locator("#phrase")).to_be_hidden()


def test_a_sheet_is_removed_only_after_saying_so_twice(
    windows: Windows, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Poisto Kotikäynti"
    begin(name)
    page = open_device(windows, worker)
    prepare(page, name, titles=(TITLE,))
    open_sheet(page, name, TITLE)
    fill_in(page, {"S1": "1"})
    page.locator("[data-act=back]").first.click()
    row_of(page, name, TITLE).locator("[data-act=remove]").click()
    expect_message(page, "Remove the sheet from this device?")
    look(page)
    page.get_by_role("button", name=word(page, "Keep it")).click()
    expect_unsent(page, 1)
    row_of(page, name, TITLE).locator("[data-act=remove]").click()
    page.get_by_role("button", name=word(page, "Remove it")).click()
    expect_unsent(page, 0)
    expect_message(page, "Home visits")


def test_two_windows_never_write_over_each_other_s_entries(
    windows: Windows, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    name = "Ikkuna Kotikäynti"
    begin(name)
    first = open_device(windows, worker)
    prepare(first, name, titles=(TITLE,))
    second = first.context.new_page()
    second.goto("/desk/visits")
    expect(second.locator("#notices")).to_contain_text("open in another window")
    expect(second.locator("tbody")).to_have_count(0)
    open_sheet(first, name, TITLE)
    fill_in(first, {"S1": "3"})
    first.close()
    open_sheet(second, name, TITLE)
    expect(second.locator('[name="a-S1"]:checked')).to_have_value("3")


def test_a_weak_or_mistyped_phrase_and_no_sheet_are_named_all_at_once(
    windows: Windows, worker: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    begin("Lause Kotikäynti")
    page = open_device(windows, worker)
    page.goto("/desk/visits/prepare")
    go = page.get_by_role("button", name=word(page, "Prepare for a home visit"), exact=True)
    go.click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert").locator("li")).to_have_count(2)
    page.locator("[name=sheet]").first.check()
    for phrase, again in (("aaaaaaaaaaaaaaa", ""), (PHRASE, PHRASE + "x")):
        page.locator("#phrase").fill(phrase)
        page.locator("#again").fill(again)
        go.click()
        expect(page.get_by_role("alert").locator("li")).to_have_count(1)
    look(page)


def test_switching_the_language_while_preparing_keeps_what_is_ticked_and_typed(
    windows: Windows, linguist: SignIn, begin: Callable[[str], EpisodeView]
) -> None:
    """The phrase is kept without being sent anywhere."""
    name = "Vaihto Kotikäynti"
    begin(name)
    page = open_device(windows, linguist)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or ""))
    page.goto("/desk/visits/prepare")
    page.get_by_label(word(page, "Client’s name")).fill(name)
    press(page, "Search")
    page.get_by_label(word(page, "Client’s name")).fill("Jotain muuta")
    page.locator("[name=sheet]").first.check()
    page.get_by_label(word(page, "By initials")).check()
    page.locator("#phrase").fill(PHRASE)
    page.locator("#again").fill(PHRASE + "x")
    for button, language in (("Svenska", "sv"), ("Suomi", "fi")):
        page.get_by_role("button", name=button, exact=True).click()
        expect_message(page, "Prepare a visit")
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator(".languages [aria-current]")).to_be_focused()
    expect(page.locator("[name=sheet]").first).to_be_checked()
    expect(page.get_by_label(word(page, "By initials"))).to_be_checked()
    expect(page.locator("#phrase")).to_have_value(PHRASE)
    expect(page.locator("#search")).to_have_value("Jotain muuta")
    assert not any("kumisaapas" in body for body in posted)
    page.get_by_role("button", name=word(page, "Prepare for a home visit"), exact=True).click()
    expect(page.get_by_role("alert").locator("li")).to_have_text([word(page, DIFFER)])
    page.get_by_role("button", name="Svenska", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("alert").locator("li")).to_have_text([word(page, DIFFER)])
    look(page)
    page.locator("#again").fill(PHRASE)
    page.get_by_role("button", name=word(page, "Prepare for a home visit"), exact=True).click()
    page.wait_for_url("**/desk/visits")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_conditions_hold_on_the_device_as_they_do_on_the_server(
    windows: Windows, worker: SignIn
) -> None:
    from evalplat.scoring.applicability import evaluate
    from evalplat.web.flow import _value

    random = Random(7)
    cases: list[tuple[Test, dict[str, str]]] = []
    for _ in range(300):
        answers = {
            code: random.choice(["", "0", "1", "3", "-2", "declined", "alone"]) for code in "abc"
        }
        cases.append((make_test(random, 3), answers))
    expected = [
        evaluate(test, lambda field, known=answers: (_value(known.get(field)), True))
        for test, answers in cases
    ]
    page = open_device(windows, worker)
    page.goto("/desk/visits")
    address = page.locator("script[type=module]").get_attribute("src")
    found = page.evaluate(
        "async ([address, cases]) => { const { evaluate } = await import(address);"
        " return cases.map(([test, answers]) => evaluate(test, answers)); }",
        [str(address).replace("visits.js", "conditions.js"), [[plain(t), a] for t, a in cases]],
    )
    assert found == expected


COMPARISONS = [
    ("equals", 3), ("equals", "alone"), ("in", (0, 3)), ("less", 2), ("at_least", 1),
    ("answered", True), ("answered", False),
]  # fmt: skip


def make_test(random: Random, depth: int) -> Test:
    """Any condition of the kinds that definitions have."""
    kind = random.choice(["compare", "all", "any", "not"]) if depth else "compare"
    if kind == "not":
        return Not(make_test(random, depth - 1))
    if kind != "compare":
        parts = tuple(make_test(random, depth - 1) for _ in range(random.randint(1, 3)))
        return All(parts) if kind == "all" else AnyOf(parts)
    operator, value = random.choice(COMPARISONS)
    return Comparison(random.choice("abc"), operator, value)  # type: ignore[arg-type]
