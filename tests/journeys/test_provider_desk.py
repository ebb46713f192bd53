"""A worker's day: worklist, a sheet from paper with the keyboard alone, goals and their rating, course, closing."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from journeys.installation import LIFE, WHODAS, Site, administration_of, today
from journeys.steps import (
    expect_heading,
    expect_message,
    follow,
    go_by,
    open_from_voucher,
    press,
    questions_of,
    read_table,
    row_of,
    tab_to,
    text_of,
    word,
)
from journeys.windows import Windows, look
from playwright.sync_api import APIResponse, Locator, Page, expect

from evalplat.language import write_number
from evalplat.services.views import EpisodeView
from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

CLIENT = "Runo Pöytälaatikko"
FIRST: dict[str, object] = {
    "works_or_studies": 1,
    **{f"S{number}": (number * 3) % 5 for number in range(1, 13)},
}
LAST: dict[str, object] = {**FIRST, "S2": 0, "S3": 1, "S6": 0}
FAULTY = {"works_or_studies": "ehkä", "S2": "9", "S5": "abc"}
MEASUREMENTS = 11
CLOSED = (
    "The episode is closed. The end and follow-up measurements can still be answered within their "
    "time windows."
)
CHANGES_EACH_TIME = {"date", "set-cookie"}


def test_a_worker_carries_an_episode_from_the_worklist_to_its_end(
    windows: Windows, site: Site
) -> None:
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    open_an_episode_that_is_under_way(page, site)
    find_it_in_the_worklist(page)
    episode = page.url
    enter_a_sheet_with_the_keyboard(page, site)
    agree_goals(page, episode)
    mark_as_not_obtained(page, site, episode)
    measure_again_at_the_end(page, site, episode)
    rate_the_goals(page, site, episode)
    read_the_course(page, site, episode)
    close_it(page, episode)


def open_an_episode_that_is_under_way(page: Page, site: Site) -> None:
    number = site.grant("DESK-1", CLIENT)
    open_from_voucher(
        page,
        number,
        opened_on=today() - timedelta(days=175),
        planned_end=today() + timedelta(days=5),
    )
    expect_heading(page, CLIENT)
    look(page)


def find_it_in_the_worklist(page: Page) -> None:
    """Each list shows its own state only and as many as it says; a search keeps the name out of the address."""
    follow(page, "Worklist")
    look(page)
    page.get_by_label(word(page, "Client’s name, phone number or e-mail address")).fill(
        CLIENT[:9].lower()
    )
    press(page, "Search")
    shown = 0
    for state in ("Overdue", "Due now", "Coming"):
        tab = page.get_by_role("button", name=re.compile(f"^{word(page, state)} "))
        go_by(page, tab)
        expect(tab).to_have_attribute("aria-current", "true")
        rows = read_table(page.locator("main table"))[1:]
        assert {row[5] for row in rows} == {word(page, state)}
        assert {row[0] for row in rows} == {CLIENT}
        assert len(rows) == int(tab.locator(".count").inner_text()) > 0
        shown += len(rows)
    assert shown == MEASUREMENTS
    assert "runo" not in page.url.lower()
    follow(page, CLIENT)
    expect_heading(page, CLIENT)


def link_in(page: Page, site: Site, instrument: str, point: str, message: str) -> Locator:
    """A link of one measurement's row on the episode's page; it is read out with what it is about."""
    name = re.compile(f"^{word(page, message)}")
    return row_of(page, site.instrument(instrument), point).get_by_role("link", name=name)


def type_sheet(page: Page, answers: Mapping[str, object]) -> None:
    """Type answers down the sheet as from paper: a number and Tab, and Enter at the end."""
    tab_to(page, "#a-works_or_studies")
    for place, (code, value) in enumerate(answers.items()):
        if place:
            page.keyboard.press("Tab")
        expect(page.locator(f"#a-{code}")).to_be_focused()
        page.keyboard.type(str(value))
    page.keyboard.press("Enter")


def enter_a_sheet_with_the_keyboard(page: Page, site: Site) -> None:
    """Three faults are said at once, what was typed stays, and each fault leads to its field."""
    title = site.instrument().text("fi").title
    link_in(page, site, WHODAS, "Baseline", "Enter answers").press("Enter")
    expect_heading(page, title)
    type_sheet(page, {**FIRST, **FAULTY})
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(alert.get_by_role("link")).to_have_count(len(FAULTY))
    look(page)
    for code, value in {**FIRST, **FAULTY}.items():
        expect(page.locator(f"#a-{code}")).to_have_value(str(value))
    assert site.sheet(administration_id_in(page.url)) is None

    for place, code in enumerate(FAULTY):
        link = alert.get_by_role("link").nth(place)
        expect(link).to_contain_text(FAULTY[code])
        link.press("Enter")
        expect(page.locator(f"#a-{code}")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type(str(FIRST[code]))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(word(page, "The sheet is stored."))
    look(page)
    scores = {row[0]: row[1] for row in read_table(page.locator("main table").first)[1:]}
    assert scores == worded_scores(site, FIRST)


def administration_id_in(address: str) -> str:
    return address.partition("/administrations/")[2].partition("/")[0]


def worded_scores(site: Site, answers: Mapping[str, object]) -> dict[str, str]:
    """What the scoring room makes of answers, by the scale's Finnish name, as a Finnish page writes it."""
    whodas = site.instrument()
    return {
        whodas.text("fi").scales[scale]: write_number(
            score.value, "fi", whodas.scale(scale).decimals
        )
        for scale, score in site.scores(answers).items()
    }


def agree_goals(page: Page, episode: str) -> None:
    """A goal without a name is refused and kept; a poor one is saved with what is worth a second look."""
    page.goto(episode)
    follow(page, "Agree a goal")
    middle = page.get_by_label(re.compile(f"^0 {word(page, 'The goal as expected')}"))
    middle.fill("Käy kaupassa kerran viikossa")
    press(page, "Save the goal")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(middle).to_have_value("Käy kaupassa kerran viikossa")
    look(page)
    name = page.get_by_label(word(page, "Name of the goal"))
    name.fill("Kaupassa käynti")
    press(page, "Save the goal")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    press(page, "Save it as it is")
    expect(page.get_by_role("status")).to_have_text(word(page, "The goal is saved."))
    expect(page.get_by_text(word(page, "Worth a second look"))).to_be_visible()
    look(page)

    name.fill("Aamun alku")
    page.get_by_label(word(page, "In the client’s own words")).fill(
        "Pääsen ylös ennen puoltapäivää"
    )
    for level, text in {5: "7", 4: "6", 3: "5", 2: "3", 1: "1"}.items():
        page.locator(f"#level{level}").fill(f"Ylhäällä ennen kymmentä {text} aamuna viikossa")
    press(page, "Save the goal")
    expect(page.get_by_role("heading", name="Aamun alku")).to_be_visible()
    expect(page.get_by_text(word(page, "Worth a second look"))).to_have_count(1)


def mark_as_not_obtained(page: Page, site: Site, episode: str) -> None:
    """The midpoint that nobody measured: a reason is asked for, and it can be taken back."""
    page.goto(episode)
    go_by(page, link_in(page, site, WHODAS, "Midpoint", "Not obtained"))
    press(page, "Mark as not obtained")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.locator("input[name=reason]").first.check()
    press(page, "Mark as not obtained")
    done = word(page, "The measurement is marked as not obtained.")
    expect(page.get_by_role("status")).to_have_text(done)
    reopen = re.compile(f"^{word(page, 'Reopen')}")
    go_by(page, row_of(page, site.instrument(), "Midpoint").get_by_role("button", name=reopen))
    expect(page.get_by_role("status")).to_have_text(word(page, "The measurement is open again."))
    expect(link_in(page, site, WHODAS, "Midpoint", "Enter answers")).to_be_visible()


def measure_again_at_the_end(page: Page, site: Site, episode: str) -> None:
    page.goto(episode)
    go_by(page, link_in(page, site, WHODAS, "End", "Enter answers"))
    for code, value in LAST.items():
        page.locator(f"#a-{code}").fill(str(value))
    press(page, "Save the sheet")
    expect(page.get_by_role("status")).to_have_text(word(page, "The sheet is stored."))


def rate_the_goals(page: Page, site: Site, episode: str) -> None:
    page.goto(episode)
    go_by(page, link_in(page, site, "gas", "End", "Rate the goals"))
    expect_message(page, "Rate the goals")
    press(page, "Save the ratings")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    for title, level in {"Kaupassa käynti": 0, "Aamun alku": 1}.items():
        page.get_by_role("group", name=title).locator(f"input[value='{level}']").check()
    press(page, "Save the ratings")
    expect(page.get_by_role("status")).to_have_text(word(page, "Saved."))


def read_the_course(page: Page, site: Site, episode: str) -> None:
    """Both measurements of every scale with the scores of the scoring room, and a picture that says what it shows."""
    page.goto(episode)
    follow(page, "Client’s course")
    look(page)
    texts = site.instrument().text("fi")
    first, last = worded_scores(site, FIRST), worded_scores(site, LAST)
    for scale, title in texts.scales.items():
        heading = page.get_by_role("heading", name=f"{texts.title}: {title}", exact=True)
        table = page.locator("section.scale").filter(has=heading).locator("table")
        rows = read_table(table)[1:]
        assert [row[2] for row in rows] == [first[title], last[title]], scale
    pictures = page.locator(".picture svg")
    # A scale that scores the same answers as another one says so in a quiet line and is not drawn again.
    drawn = page.locator("section.scale:not(:has(p.quiet))")
    assert pictures.count() == drawn.count() > 0
    assert page.locator("section.scale:has(p.quiet)").count() == 2
    assert all(svg.locator(":scope > title").text_content() for svg in pictures.all())
    expect(page.locator("section.goals svg")).to_have_count(1)


def close_it(page: Page, episode: str) -> None:
    page.goto(episode)
    follow(page, "Close the episode")
    look(page)
    page.get_by_label(word(page, "Why")).select_option("completed")
    press(page, "Close the episode")
    expect(page.get_by_role("status")).to_have_text(word(page, CLOSED))
    expect(page.get_by_role("link", name=word(page, "Close the episode"))).to_have_count(0)
    page.goto(f"{episode}/goals")
    closed = word(page, "The episode is closed; new goals cannot be agreed.")
    expect(page.get_by_text(closed)).to_be_visible()


# Somebody else's


@pytest.fixture(scope="module")
def episode(site: Site) -> EpisodeView:
    return site.open_episode("DESK-2", "Salla Salattu")


def addresses_of(episode_id: str, administration_id: str) -> Iterator[str]:
    yield from (
        f"/desk/episodes/{episode_id}{rest}" for rest in ("", "/course", "/goals", "/close")
    )
    for page in ("sheet", "goals"):
        yield f"/desk/episodes/{episode_id}/administrations/{administration_id}/{page}"


def test_another_providers_worker_sees_the_same_as_for_what_is_not_there(
    windows: Windows, site: Site, episode: EpisodeView
) -> None:
    own = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    other = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER, 1).email)
    administration = administration_of(episode, WHODAS)
    theirs = list(addresses_of(episode.id, administration))
    missing = list(addresses_of(episode.id[::-1], administration[::-1]))
    for address, nowhere in zip(theirs, missing, strict=True):
        assert own.context.request.get(address).status == 200
        assert_same(other.context.request.get(address), other.context.request.get(nowhere))

    other.goto("/desk")
    token = other.locator("input[name=csrf_token]").first.get_attribute("value")
    form = {"csrf_token": str(token), "title": "x", "closed_on": today().isoformat()}
    posts = [f"/desk/episodes/{episode.id}/administrations/{administration}/code", *theirs[2:]]
    for address in posts:
        nowhere = address.replace(episode.id, episode.id[::-1])
        assert_same(
            other.context.request.post(address, form=form),
            other.context.request.post(nowhere, form=form),
        )
    other.goto(theirs[0])
    look(other)
    assert "Salla" not in text_of(other)
    own.goto(theirs[0])
    expect(own.get_by_role("link", name=word(own, "Close the episode"))).to_be_visible()


def assert_same(one: APIResponse, other: APIResponse) -> None:
    """Two answers that nobody can tell apart, but for the address they repeat and the form's token."""
    assert one.status == other.status == 404
    assert kept_headers(one) == kept_headers(other)
    assert len(one.body()) == len(other.body())
    assert anonymous(one) == anonymous(other)


def kept_headers(response: APIResponse) -> list[tuple[str, str]]:
    headers = ((one["name"].lower(), one["value"]) for one in response.headers_array)
    return sorted(pair for pair in headers if pair[0] not in CHANGES_EACH_TIME)


def anonymous(response: APIResponse) -> str:
    page = re.sub(r'name="csrf_token" value="[^"]+"', "TOKEN", response.text())
    return re.sub(r"/desk/episodes/[^\"<]+", "ADDRESS", page)


def test_two_people_who_enter_the_same_sheet_see_both(
    windows: Windows, site: Site, episode: EpisodeView
) -> None:
    administration = administration_of(episode, WHODAS)
    address = f"/desk/episodes/{episode.id}/administrations/{administration}/sheet"
    worker = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    manager = windows.open_for(site.sign_in_of(Role.PROVIDER_MANAGER).email)
    for page in (worker, manager):
        page.goto(address)
    for page, value in ((worker, 1), (manager, 3)):
        for code in ("S1", "S4", "S12"):
            page.locator(f"#a-{code}").fill(str(value))
        press(page, "Save the sheet")
    expect(worker.get_by_role("status")).to_have_text(word(worker, "The sheet is stored."))
    expect_message(manager, "Two sheets for one measurement")
    look(manager)
    question = questions_of(manager, site.instrument())["S4"]
    rows = {row[0]: row[1:] for row in read_table(manager.locator("main table"))[1:]}
    assert rows[question.label] == [question.show(1), question.show(3)]
    stored = site.sheet(administration)
    assert stored is not None and stored.raw["S4"] == 1


def test_a_sheet_of_ten_numbers_is_typed_with_the_keyboard_and_corrected(
    windows: Windows, site: Site, episode: EpisodeView
) -> None:
    page = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    administration = administration_of(episode, LIFE)
    page.goto(f"/desk/episodes/{episode.id}/administrations/{administration}/sheet")
    look(page)
    codes = list(questions_of(page, site.instrument(LIFE)))
    tab_to(page, f"#a-{codes[0]}")
    for code in codes:
        expect(page.locator(f"#a-{code}")).to_be_focused()
        page.keyboard.type("7")
        page.keyboard.press("Tab")
    expect(page.locator("main button[type=submit]")).to_be_focused()
    page.keyboard.press("Enter")
    follow(page, "Correct the answers")
    page.locator(f"#a-{codes[1]}").fill("3")
    press(page, "Save the correction")
    expect(page.get_by_role("alert")).to_be_focused()
    look(page)
    page.get_by_label(word(page, "Why the sheet is corrected")).fill("Luettu väärin paperilta")
    press(page, "Save the correction")
    expect(page.get_by_role("status")).to_be_visible()
    stored = site.sheet(administration)
    assert stored is not None
    assert (stored.revision, stored.raw[codes[0]], stored.raw[codes[1]]) == (2, 7, 3)
    assert site.count_sheets(administration) == 2
