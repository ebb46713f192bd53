"""Everything that clients read exists in plain Finnish, and what it lacks is said in Finnish, never left empty."""

import io
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from evalplat.instruments.catalogue import load_catalogue
from evalplat.language import FOLDER, PLAIN_FINNISH, get_catalogue, get_translator
from evalplat.vocabulary import Respondent
from evalplat.web.courses import NO_SCORE_NOW, OWN_CHANGES
from evalplat.web.words import POINTS

PACKAGE = Path(__file__).parents[2] / "evalplat"
CATALOGUE = FOLDER / PLAIN_FINNISH / "LC_MESSAGES" / "messages.po"
READ_BY_CLIENTS = (
    "web/templates/client/*.html",
    "web/templates/parts.html",
    "web/templates/skeleton.html",
    "web/templates/error.html",
    "web/templates/privacy.html",
    "web/templates/accessibility.html",
    "web/notices.py",
    "web/client*.py",
    "web/kiosk.py",
    "web/flow.py",
    "web/errors.py",
    "web/guard.py",
    "services/invitations.py",
    "services/signing_in/wrong_tries.py",
    "services/drafts.py",
    "services/accessibility_notes.py",
    "services/rights_requests.py",
    "instruments/questions.py",
    "reports/paper_form.py",
    "reports/form_story.py",
)
MORE = (
    "Page %(page)s of %(pages)s",
    *(message.template for message in (*POINTS.values(), *OWN_CHANGES.values())),
    NO_SCORE_NOW.template,
    "The score is the same as before.",
    "The score is better than before.",
    "The score is weaker than before.",
)
"""What other rooms say on a client's page or paper."""
FOR_STAFF = frozenset(
    {
        "This is a preview. Nothing is kept.",
        "Back to the draft",
        "This page belongs to another role. Your own pages are in the menu.",
        "There is no such administration.",
        "There is no such invitation.",
        "The worker answers this one; the client is not invited to it.",
        "This measurement is done or closed, so nobody can be invited.",
        "Form on paper",
        "There is no such feedback.",
        "There is no such request.",
        "The request was not noted.",
        "Choose what the client asks for.",
        "Give the day: today, or one within a year.",
        "Choose what became of the request.",
        "Write what was done, or why it could not be done, in 1 to 2,000 characters.",
        "Erasing answers the request by itself, once a second person has confirmed.",
        "A colleague has answered this request meanwhile.",
        "Write what was answered or mended, in at most 4,000 characters.",
        "The answer was not saved.",
        "A colleague has answered this meanwhile.",
    }
)


def list_client_messages() -> dict[str, tuple[str, ...]]:
    """Every message of the clients' pages and papers by its singular."""
    keywords = dict(DEFAULT_KEYWORDS) | {"Message": None}
    found: dict[str, tuple[str, ...]] = {text: (text,) for text in MORE}
    for pattern in READ_BY_CLIENTS:
        for path in sorted(PACKAGE.glob(pattern)):
            method = "jinja2" if path.suffix == ".html" else "python"
            for _line, ids, _notes, _context in extract_from_file(method, path, keywords=keywords):
                text = (ids,) if isinstance(ids, str) else tuple(ids)
                if text[0] and text[0] not in FOR_STAFF:
                    found[text[0]] = text
    return found


def read_plain() -> dict[str, tuple[str, ...]]:
    """The plain Finnish of every message that has some."""
    with CATALOGUE.open("rb") as stream:
        catalogue = read_po(stream, locale="fi")
    return {
        m.id if isinstance(m.id, str) else m.id[0]: (
            (m.string,) if isinstance(m.string, str) else tuple(m.string)
        )
        for m in catalogue
        if m.id
    }


def test_every_text_of_the_clients_pages_exists_in_plain_finnish() -> None:
    done = {text for text, words in read_plain().items() if all(words)}
    assert sorted(set(list_client_messages()) - done) == []


def test_plain_finnish_says_nothing_that_no_page_asks_for() -> None:
    assert sorted(set(read_plain()) - set(list_client_messages())) == []


def test_the_compiled_plain_finnish_is_the_written_one() -> None:
    with CATALOGUE.open("rb") as stream:
        written = io.BytesIO()
        write_mo(written, read_po(stream, locale="fi"))
    written.seek(0)
    with CATALOGUE.with_suffix(".mo").open("rb") as stream:
        stored = {str(m.id): m.string for m in read_mo(stream)}
    assert stored == {str(m.id): m.string for m in read_mo(written)}


def test_plain_sentences_are_short_and_fill_the_same_places() -> None:
    for text, words in read_plain().items():
        for sentence in words:
            filled = sentence % defaultdict(lambda: "1") if "%(" in text else sentence
            assert "%(" not in filled, text
            longest = max(len(part.split()) for part in filled.replace(":", ".").split("."))
            assert longest <= 15, f"{longest} words in one sentence: {sentence}"


def test_what_plain_finnish_lacks_is_said_in_finnish() -> None:
    staff_only = "This page belongs to another role. Your own pages are in the menu."
    assert get_translator(PLAIN_FINNISH)(staff_only) == get_translator("fi")(staff_only)
    assert get_translator(PLAIN_FINNISH)("no such message") == "no such message"
    catalogue = get_catalogue(PLAIN_FINNISH)
    assert catalogue.ngettext("%(num)s thing", "%(num)s things", 2) == "%(num)s things"


@pytest.mark.parametrize(
    "instrument",
    [i for i in load_catalogue().latest() if Respondent.CLIENT in i.respondents and i.asks],
    ids=lambda instrument: instrument.key,
)
def test_every_instrument_that_clients_answer_is_whole_in_plain_finnish(instrument: object) -> None:
    texts = instrument.texts[PLAIN_FINNISH]  # type: ignore[attr-defined]
    assert texts.status == "plain"
    assert texts.borrowed == frozenset()
    assert texts.title != "" and texts.scales.keys() == instrument.text("fi").scales.keys()  # type: ignore[attr-defined]
