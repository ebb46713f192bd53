"""What people do on the pages, in the words of the page's language; a message of ours is named by its English text."""

from collections.abc import Mapping
from datetime import date

from playwright.sync_api import Locator, Page, expect

from evalplat.instruments.definition import Instrument
from evalplat.language import get_translator
from evalplat.web.flow import Step, list_all_steps

NAMES = {"fi": "Suomi", "sv": "Svenska", "en": "English", "fi-x-selko": "Selkokieli"}


def language_of(page: Page) -> str:
    """The language the page says it is in."""
    return str(page.locator("html").get_attribute("lang"))


def word(page: Page, message: str, **values: object) -> str:
    """A message in the page's language."""
    text = get_translator(language_of(page))(message)
    return text % values if values else text


def go_by(page: Page, way: Locator) -> None:
    """Click on what leads to another page, and be there: waiting for the page is quicker than asking for its parts."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        way.click()


def press(page: Page, message: str) -> None:
    """Press the button that says this."""
    go_by(page, page.get_by_role("button", name=word(page, message), exact=True))


def follow(page: Page, message: str) -> None:
    """Follow the link that says this."""
    go_by(page, page.get_by_role("link", name=word(page, message), exact=True).first)


def expect_heading(page: Page, text: str) -> None:
    """The page's first heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def expect_message(page: Page, message: str, **values: object) -> None:
    """The page's first heading is a message of ours."""
    expect_heading(page, word(page, message, **values))


def text_of(page: Page) -> str:
    """Everything the page says between its head and its foot."""
    return page.locator("main").inner_text()


def switch_to(page: Page, language: str) -> None:
    """Choose another language at the top of the page."""
    go_by(page, page.get_by_role("button", name=NAMES[language], exact=True))
    expect(page.locator("html")).to_have_attribute("lang", language)


# Staff


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in on the page that is open, or on the sign-in page."""
    if "/sign-in" not in page.url:
        page.goto("/sign-in")
    page.get_by_label(word(page, "E-mail address")).fill(email)
    page.get_by_label(word(page, "Password")).fill(password)
    press(page, "Sign in")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def grant_voucher(page: Page, number: str, name: str, language: str, valid_until: date) -> None:
    """Grant a voucher on the case worker's page."""
    page.goto("/county/vouchers/grant")
    filled = {
        "Name": name,
        "Year of birth": "1988",
        "Number of the voucher": number,
        "Value in euros": "2400,50",
        "Hours of service": "40",
        "Valid until": valid_until.isoformat(),
    }
    for label, value in filled.items():
        page.get_by_role("main").get_by_label(word(page, label), exact=True).fill(value)
    for label, chosen in {"Language": language, "Municipality": "853"}.items():
        page.get_by_role("combobox", name=word(page, label), exact=True).select_option(chosen)
    press(page, "Grant the voucher")
    expect(page.get_by_role("status")).to_contain_text(number)


def open_from_voucher(
    page: Page, number: str, opened_on: date | None = None, planned_end: date | None = None
) -> str:
    """Take a voucher into an episode; gives back the episode's address."""
    page.goto("/desk")
    follow(page, "Open an episode")
    page.get_by_label(word(page, "Number of the voucher")).fill(number)
    press(page, "Look up the voucher")
    for label, day in (("The service began", opened_on), ("Planned end", planned_end)):
        if day is not None:
            page.get_by_label(word(page, label)).fill(day.isoformat())
    press(page, "Open the episode")
    page.wait_for_url("**/desk/episodes/*")
    return page.url.partition("?")[0]


def row_of(page: Page, instrument: Instrument, point: str) -> Locator:
    """An episode page's row of one measurement."""
    section = page.locator("section.point").filter(
        has=page.get_by_role("heading", name=word(page, point), exact=True)
    )
    title = instrument.text(language_of(page)).title
    return section.locator("tbody tr").filter(has=page.get_by_role("rowheader", name=title))


def make_code(page: Page, instrument: Instrument, point: str = "Baseline") -> str:
    """Make a code for a measurement on the episode's page; gives back the code on the ticket."""
    button = word(page, "Make a code for the client")
    go_by(page, row_of(page, instrument, point).get_by_role("button", name=button))
    expect_message(page, "Your code")
    return page.locator(".code-words").inner_text()


def read_table(table: Locator) -> list[list[str]]:
    """The texts of a table's cells, row by row, head and foot included."""
    cells = "t => [...t.rows].map(r => [...r.cells].map(c => c.textContent.trim()))"
    return list(table.evaluate(cells))


# Clients


def enter_code(page: Page, code: str) -> None:
    """Type a code at the client door and go on."""
    page.goto("/c")
    page.get_by_label(word(page, "Code"), exact=True).fill(code)
    press(page, "Continue")


def number_of_question(page: Page, number: int, count: int) -> str:
    """`Question 4 of 12` in the page's language."""
    return word(page, "Question %(number)s of %(count)s", number=number, count=count)


def choose(page: Page, label: str) -> None:
    """Choose an answer by its words."""
    page.get_by_label(label, exact=True).check()


def questions_of(page: Page, instrument: Instrument) -> dict[str, Step]:
    """Every question of an instrument by code, as the page's language words it."""
    return {step.code: step for step in list_all_steps(instrument, language_of(page))}


def answer(page: Page, instrument: Instrument, answers: Mapping[str, object]) -> None:
    """Answer questions in the order of `answers`, on the page of the first of them, as a person reads them."""
    questions = questions_of(page, instrument)
    for code, value in answers.items():
        expect_heading(page, questions[code].label)
        choose(page, questions[code].show(value))
        press(page, "Continue")


def checked_answer(page: Page) -> str:
    """The words of the answer that is chosen on a question's page; empty where none is."""
    chosen = page.locator("input[type=radio]:checked")
    if not chosen.count():
        return ""
    return page.locator(f"label[for={chosen.get_attribute('id')}]").inner_text()


def listed_answers(page: Page) -> dict[str, str]:
    """The page that lists all answers: question -> answer, in words."""
    rows = page.locator("dl.answers > div").all()
    return {row.locator("dt").inner_text(): row.locator("dd").first.inner_text() for row in rows}


def worded(page: Page, instrument: Instrument, answers: Mapping[str, object]) -> dict[str, str]:
    """Answers as the page words them: question -> answer."""
    questions = questions_of(page, instrument)
    return {questions[code].label: questions[code].show(value) for code, value in answers.items()}


# The keyboard


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the focus is on what `selector` finds; every stop on the way must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        hidden = page.evaluate(FOCUS_THAT_IS_NOT_SEEN)
        assert not hidden, f"the focus cannot be seen on {page.url}: {hidden}"
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not come to {selector} on {page.url}")


FOCUS_THAT_IS_NOT_SEEN = """() => {
  const here = document.activeElement;
  if (here.matches('input[type=date]:not(:focus)')) return '';  // its calendar button: the browser's own ring
  const marked = [here, ...(here.labels || [])].map(one => getComputedStyle(one));
  const seen = here !== document.body && marked.some(
    style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
  return seen ? '' : here.outerHTML.slice(0, 200);
}"""
