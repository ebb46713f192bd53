"""A wording of a language, such as plain Finnish, says the same questions in other words and changes nothing else."""

import shutil
from pathlib import Path

import pytest

from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.instruments.loader import load_definition
from evalplat.instruments.questions import list_in_order
from evalplat.language import PLAIN_FINNISH, base_language, pick_words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(instruments_folder() / "whodas-2.0-12", tmp_path / "whodas-2.0-12"))


def plain_of(folder: Path) -> Path:
    return folder / f"1.0.{PLAIN_FINNISH}.toml"


def test_a_wording_changes_neither_the_digest_nor_the_languages(folder: Path) -> None:
    with_it = load_definition(folder / "1.0.toml")
    plain_of(folder).unlink()
    without = load_definition(folder / "1.0.toml")
    assert with_it.digest == without.digest
    assert with_it.languages == without.languages == ("fi", "sv", "en")
    assert with_it.text(PLAIN_FINNISH).status == "plain"
    assert without.text(PLAIN_FINNISH).language == "fi"


def test_what_a_wording_leaves_out_stands_in_its_language_and_is_marked(folder: Path) -> None:
    plain = plain_of(folder)
    text = plain.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(('"S3"', "recall"))]
    plain.write_text("\n".join(kept), encoding="utf-8")
    instrument = load_definition(folder / "1.0.toml")
    steps = {step.code: step for step in list_in_order(instrument, PLAIN_FINNISH)}
    assert steps["S3"].label == instrument.texts["fi"].items["S3"].label
    assert steps["S3"].language == "fi"
    assert steps["S2"].language == PLAIN_FINNISH
    assert instrument.texts[PLAIN_FINNISH].recall == instrument.texts["fi"].recall
    assert instrument.texts[PLAIN_FINNISH].borrowed == {"S3"}


def test_a_question_is_borrowed_whole_when_an_answer_or_its_explanation_is(folder: Path) -> None:
    plain = plain_of(folder)
    text = plain.read_text(encoding="utf-8")
    start = text.index("[help]")
    without_help = text[:start] + text[text.index("[scales]") :]
    kept = [line for line in without_help.splitlines() if not line.startswith("severe")]
    plain.write_text("\n".join(kept), encoding="utf-8")
    borrowed = load_definition(folder / "1.0.toml").texts[PLAIN_FINNISH].borrowed
    assert borrowed == {f"S{n}" for n in range(1, 13)} | {"works_or_studies"}


def test_a_wording_with_an_unknown_key_or_of_no_declared_language_is_refused(folder: Path) -> None:
    plain = plain_of(folder)
    plain.write_text('[items]\n"S99" = "Ei ole"\n', encoding="utf-8")
    with pytest.raises(DefinitionRejected) as refused:
        load_definition(folder / "1.0.toml")
    assert plain.name in str(refused.value.faults)
    plain.rename(folder / "1.0.de-x-leicht.toml")
    with pytest.raises(DefinitionRejected) as refused:
        load_definition(folder / "1.0.toml")
    assert "de-x-leicht" in str(refused.value.faults)


def test_plain_words_differ_from_the_usual_ones() -> None:
    for instrument in load_catalogue().latest():
        if PLAIN_FINNISH in instrument.texts:
            plain, usual = instrument.texts[PLAIN_FINNISH], instrument.texts["fi"]
            assert (plain.title, plain.introduction) != (usual.title, usual.introduction)


def test_a_text_kept_by_language_is_found_in_the_language_that_a_wording_is_of() -> None:
    assert base_language(PLAIN_FINNISH) == "fi"
    assert pick_words({"fi": "a", "en": "b"}, PLAIN_FINNISH) == "a"
    assert pick_words({"en": "b"}, PLAIN_FINNISH) == "b"
    assert pick_words({}, PLAIN_FINNISH) == ""
