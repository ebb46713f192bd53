"""Forms on paper: the words of the screen, letters that are in the file, the same bytes."""

import io

import pytest
from pypdf import PdfReader

from evalplat.instruments.catalogue import load_catalogue
from evalplat.instruments.definition import Instrument
from evalplat.instruments.questions import list_in_order
from evalplat.language import PLAIN_FINNISH, get_translator
from evalplat.reports.paper_form import Door, FormGoal, make_form, write_form

ASKED = [i for i in load_catalogue().latest() if i.items]
DOOR = Door("https://evalplat.example/c", "7K3M-Q9RT-XZ42", "https://evalplat.example/c/l/abcdef")


def read(data: bytes) -> str:
    pages = PdfReader(io.BytesIO(data)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


@pytest.mark.parametrize("instrument", ASKED, ids=lambda i: i.key)
def test_paper_says_what_the_screen_says_in_every_wording(instrument: Instrument) -> None:
    for language in {"sv", PLAIN_FINNISH} & set(instrument.texts):
        text = read(write_form(make_form(instrument, language)))
        decline = get_translator(language)("I do not want to answer")
        for step in list_in_order(instrument, language):
            for said in (step.label, step.help, *step.ends, *(o.label for o in step.options)):
                assert "".join(said.split()) in text, (language, step.code, said)
        assert text.count("".join(decline.split())) >= sum(
            step.declinable for step in list_in_order(instrument, language)
        )


def test_a_form_is_the_same_bytes_again_with_its_letters_inside_on_a4() -> None:
    instrument = load_catalogue().get("3x10d")
    first, again = (write_form(make_form(instrument, "fi", door=DOOR)) for _time in range(2))
    assert first == again
    reader = PdfReader(io.BytesIO(first))
    for page in reader.pages:
        assert tuple(round(float(x)) for x in page.mediabox[2:]) == (595, 842)
        for font in page["/Resources"]["/Font"].values():
            kind = font.get_object()
            assert "/FontFile2" in kind["/FontDescriptor"].get_object()
    assert DOOR.code in read(first)
    assert DOOR.link not in read(first)
    assert f"Sivu1/{len(reader.pages)}" in read(first)


def test_a_question_that_hangs_on_another_says_when_it_is_to_be_answered() -> None:
    text = read(write_form(make_form(load_catalogue().get("whodas-2.0-12"), "en")))
    assert "Answerthisonlyifyouranswertoquestion12is“Yes”." in text


def test_goals_stand_with_their_levels_from_the_best_down() -> None:
    levels = ("en lähde", "kerran kuussa", "kerran viikossa", "", "joka päivä")
    goal = FormGoal("Lähden kotoa", "haluan nähdä ihmisiä", levels, -1)
    gas = load_catalogue().get("gas")
    text = read(write_form(make_form(gas, "fi", goals=[goal])))
    more = "+1" + "".join(gas.text("fi").levels[1].split())
    wanted = ["Lähdenkotoa", "+2jokapäivä", more, "0kerranviikossa", "−2enlähde"]
    places = [text.index(part) for part in wanted]
    assert places == sorted(places)
