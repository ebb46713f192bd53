"""A client answers on a phone, from the voucher and the worker's code to the score that the worker sees."""

from datetime import timedelta
from itertools import islice

import pytest
from journeys.installation import Site, today
from journeys.steps import (
    answer,
    checked_answer,
    choose,
    enter_code,
    expect_heading,
    expect_message,
    follow,
    go_by,
    grant_voucher,
    listed_answers,
    make_code,
    number_of_question,
    open_from_voucher,
    press,
    questions_of,
    read_table,
    switch_to,
    text_of,
    word,
    worded,
)
from journeys.windows import Windows, look
from playwright.sync_api import Page, expect

from evalplat.language import write_number
from evalplat.vocabulary import Role

pytestmark = pytest.mark.browser

ANSWERS: dict[str, object] = {
    "S1": 0, "S2": 1, "S3": 2, "S4": 3, "S5": 4, "S6": 1, "S7": 2, "S8": 0, "S9": 3, "S10": 1,
    "S11": 4, "works_or_studies": True, "S12": 2,
}  # fmt: skip
FIRST_HALF = dict(islice(ANSWERS.items(), 6))
SECOND_HALF = dict(islice(ANSWERS.items(), 6, None))
CHANGED = {**ANSWERS, "S3": 4}


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_client_answers_in_two_sittings_and_the_worker_sees_the_score(
    windows: Windows, site: Site, scripts: bool
) -> None:
    case_worker = windows.open_for(site.sign_in_of(Role.CASE_WORKER).email)
    number = f"STORY-{scripts}".upper()
    year = timedelta(days=365)
    grant_voucher(case_worker, number, "Sol Berättelse", "sv", valid_until=today() + year)
    worker = windows.open_for(site.sign_in_of(Role.PROVIDER_WORKER).email)
    episode = open_from_voucher(worker, number)
    code = make_code(worker, site.instrument())

    phone = windows.open_phone(scripts=scripts)
    answer_the_first_half(phone, site, code)
    phone.context.close()
    phone = windows.open_phone(scripts=scripts)
    answer_the_rest(phone, site, code)
    change_an_answer_and_send(phone, site)

    expect_receipt_without_answers(windows.open_phone(), site, code)
    almost = f"{code[:4]}-0000-0000"
    assert refusal(windows.open_phone(), almost) == refusal(windows.open_phone(), "ABCD-EFGH-JKMN")
    worker.goto(f"{episode}/course")
    look(worker)
    assert baseline_scores(worker, site) == {
        scale: write_number(score.value, "fi", site.instrument().scale(scale).decimals)
        for scale, score in site.scores(CHANGED).items()
    }


def answer_the_first_half(phone: Page, site: Site, code: str) -> None:
    """The code in small letters with spaces; Swedish chosen before it is sent; six answers."""
    typed = code.lower().replace("-", " ")
    phone.goto("/")
    follow(phone, "Enter the code")
    phone.get_by_label(word(phone, "Code"), exact=True).fill(typed)
    switch_to(phone, "sv")
    expect(phone.get_by_label("Kod", exact=True)).to_have_value(typed)
    press(phone, "Continue")
    expect_heading(phone, site.instrument().text("sv").title)
    follow(phone, "Begin")
    answer(phone, site.instrument(), FIRST_HALF)
    expect_heading(phone, site.instrument().text("sv").items["S7"].label)


def answer_the_rest(phone: Page, site: Site, code: str) -> None:
    """Another phone, without any memory: the client's own language, the same question, the earlier answers."""
    enter_code(phone, code)
    expect(phone.locator("html")).to_have_attribute("lang", "sv")
    follow(phone, "Go on where you were")
    expect(phone.get_by_text(number_of_question(phone, 7, 13))).to_be_visible()
    switch_to(phone, "en")
    switch_to(phone, "sv")
    questions = questions_of(phone, site.instrument())
    expect_heading(phone, questions["S7"].label)
    press(phone, "Back")
    expect_heading(phone, questions["S6"].label)
    assert checked_answer(phone) == questions["S6"].show(FIRST_HALF["S6"])
    press(phone, "Continue")
    answer(phone, site.instrument(), SECOND_HALF)


def change_an_answer_and_send(phone: Page, site: Site) -> None:
    """Every change link leads to its question with the kept answer, and back to the list."""
    questions = questions_of(phone, site.instrument())
    expect_message(phone, "Check your answers")
    assert listed_answers(phone) == worded(phone, site.instrument(), ANSWERS)
    for code in ("works_or_studies", "S3"):
        label = questions[code].label
        go_by(phone, phone.get_by_role("link", name=f"{word(phone, 'Change')} {label}"))
        expect_heading(phone, label)
        assert checked_answer(phone) == questions[code].show(ANSWERS[code])
        choose(phone, questions[code].show(CHANGED[code]))
        press(phone, "Continue")
        expect_message(phone, "Check your answers")
    assert listed_answers(phone) == worded(phone, site.instrument(), CHANGED)
    press(phone, "Send my answers")
    expect_message(phone, "Thank you. Your answers have been sent.")


def expect_receipt_without_answers(page: Page, site: Site, code: str) -> None:
    """The used code tells another phone that the answers have come in, and nothing of them."""
    enter_code(page, code)
    expect_message(page, "Thank you. Your answers have been sent.")
    text = text_of(page)
    for question, value in CHANGED.items():
        asked = questions_of(page, site.instrument())[question]
        assert asked.label not in text
        assert isinstance(value, bool) or asked.show(value) not in text


def refusal(page: Page, code: str) -> str:
    """What the client door says to a code that opens nothing; the typed code stays in its field."""
    enter_code(page, code)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label(word(page, "Code"), exact=True)).to_have_value(code)
    return text_of(page)


def baseline_scores(page: Page, site: Site) -> dict[str, str]:
    """The baseline scores on the page of a client's course, by scale."""
    texts, found = site.instrument().text("fi"), {}
    for scale in site.instrument().scales:
        title = f"{texts.title}: {texts.scales[scale.key]}"
        section = page.locator("section.scale").filter(
            has=page.get_by_role("heading", name=title, exact=True)
        )
        point, _day, value, _basis = read_table(section.locator("table"))[1]
        assert point == word(page, "Baseline")
        found[scale.key] = value
    return found
