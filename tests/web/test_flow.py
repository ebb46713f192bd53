"""The order in which an instrument is asked."""

import pytest

from evalplat.instruments.catalogue import Catalogue
from evalplat.web.flow import find_step, first_open, list_all_steps, list_steps, read_answer


def codes(
    catalogue: Catalogue, answers: dict[str, object], key: str = "whodas-2.0-12"
) -> list[str]:
    return [step.code for step in list_steps(catalogue.get(key), answers, "fi")]


def test_a_condition_is_asked_just_before_the_first_item_that_hangs_on_it(
    catalogue: Catalogue,
) -> None:
    assert codes(catalogue, {})[-3:] == ["S11", "works_or_studies", "S12"]


@pytest.mark.parametrize(
    ("answer", "count"), [(True, 13), (False, 12), (None, 13), ("declined", 13)]
)
def test_an_item_is_left_out_once_its_condition_is_known_not_to_hold(
    catalogue: Catalogue, answer: object, count: int
) -> None:
    assert len(codes(catalogue, {"works_or_studies": answer})) == count


def test_every_instrument_can_be_asked_in_every_language(catalogue: Catalogue) -> None:
    for instrument in catalogue.list():
        for language in ("fi", "sv", "en"):
            steps = list_steps(instrument, {}, language)
            asked = {step.code for step in steps}
            assert asked == {i.code for i in instrument.items} | {
                c.code for c in instrument.conditions
            }
            assert all(step.label and step.label != step.code for step in steps)
            assert asked == {step.code for step in list_all_steps(instrument, language)}


def test_the_first_open_question_is_where_the_client_goes_on(catalogue: Catalogue) -> None:
    steps = list_steps(catalogue.get("whodas-2.0-12"), {}, "sv")
    assert first_open(steps, {"S1": 1, "S2": "declined"}).code == "S3"
    assert first_open(steps, {step.code: 1 for step in steps}) is None


def test_many_numbers_stand_side_by_side_with_words_for_their_ends(catalogue: Catalogue) -> None:
    step = list_steps(catalogue.get("3x10d"), {}, "en")[0]
    assert step.kind == "steps"
    assert [option.label for option in step.options] == [str(n) for n in range(11)]
    assert step.ends[0].startswith("0")
    assert step.ends[1].startswith("10")


def test_a_yes_is_stored_as_yes_and_shown_in_the_reader_s_language(catalogue: Catalogue) -> None:
    for language, word in (("fi", "Kyllä"), ("sv", "Ja"), ("en", "Yes")):
        steps = list_steps(catalogue.get("whodas-2.0-12"), {}, language)
        step = find_step(steps, "works_or_studies")
        assert step is not None
        assert read_answer(step, "1") is True
        assert step.show(True) == word
