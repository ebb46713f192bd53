"""Scores from outside: scales without questions, whose ranges the county states where only their owner knows them."""

from dataclasses import replace

import pytest

from evalplat.errors import AnswersRejected, DefinitionRejected, InputRejected
from evalplat.exchange.export.fields import list_fields
from evalplat.exchange.export.records import EVERYTHING
from evalplat.instruments.adopting import Stated, adopt, list_template
from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.instruments.scale_words import list_rules
from evalplat.scoring.answers import check_answers
from evalplat.scoring.score import score
from evalplat.vocabulary import Direction

SHIPPED = load_catalogue()
KYKYVIISARI = instruments_folder() / "kykyviisari" / "1.0.toml"
STATED = [
    Stated(scale.key, 0, 10 if scale.key == "work_ability" else 100, "higher", "A guide, 2026")
    for scale in SHIPPED.get("kykyviisari").scales
]


def test_ranges_that_only_the_owner_knows_are_not_invented():
    kykyviisari = SHIPPED.get("kykyviisari")
    assert [scale.key for scale in kykyviisari.scales if not scale.open] == ["work_ability"]
    assert all(scale.open for scale in SHIPPED.get("pks-hyvinvointimittari").scales)
    assert not any(scale.comparable for scale in kykyviisari.scales if scale.open)
    said = [str(rule) for rule in list_rules(kykyviisari.scale("mind"))]
    assert "From 0 to 0" not in said and "not stated here yet" in said[-1]


def test_no_score_is_taken_before_every_range_is_stated():
    with pytest.raises(AnswersRejected, match="evalplat instruments adopt"):
        check_answers(SHIPPED.get("kykyviisari"), {"work_ability": 7})


def test_the_county_s_version_stands_beside_the_shipped_one(tmp_path):
    own = tmp_path / "own"
    made = adopt(KYKYVIISARI, STATED, own)
    assert made.version == "1.0.1" and not made.is_open
    catalogue = load_catalogue(None, own)
    assert [one.version for one in catalogue.list() if one.key == made.key] == ["1.0", "1.0.1"]
    assert catalogue.get("kykyviisari").version == "1.0.1"
    assert catalogue.path_of(made) == own / "kykyviisari" / "1.0.1.toml"
    assert catalogue.get("kykyviisari").scale("mind").source == "A guide, 2026"
    assert adopt(KYKYVIISARI, STATED, own).version == "1.0.2"
    with pytest.raises(DefinitionRejected, match="there already"):
        load_catalogue(own, own)


def test_a_score_is_taken_as_it_comes_and_kept_within_its_range(tmp_path):
    made = adopt(KYKYVIISARI, STATED, tmp_path)
    sheet = check_answers(made, {"mind": "62,5", "work_ability": 7, "body": ""})
    scores = {one.scale: one for one in score(made, sheet)}
    assert (scores["mind"].value, scores["mind"].variant) == (62.5, "given")
    assert (scores["body"].value, scores["body"].reason) == (None, "not_given")
    with pytest.raises(AnswersRejected) as caught:
        check_answers(made, {"mind": 100.5, "work_ability": 11, "mood": 3})
    assert {fault.where for fault in caught.value.faults} == {"mind", "work_ability", "mood"}


def test_every_gap_is_named_and_nothing_is_written(tmp_path):
    faulty = [
        replace(STATED[0], low=100, high=0, source=" "),
        replace(STATED[1], direction="up", sdc=4),
        replace(STATED[2], scale="mood"),
        *STATED[3:],
    ]
    with pytest.raises(InputRejected) as caught:
        adopt(KYKYVIISARI, faulty, tmp_path)
    assert len(caught.value.faults) == 6
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputRejected, match="scored here"):
        adopt(instruments_folder() / "who-5" / "1.0.toml", [], tmp_path)


def test_names_directions_and_change_parameters_are_taken_along(tmp_path):
    pks = instruments_folder() / "pks-hyvinvointimittari" / "1.0.toml"
    stated = [
        Stated(f"dimension_{n}", 1, 5, "lower", "A guide", None, 0.8, "Clients", {"fi": f"Osa {n}"})
        for n in range(1, 10)
    ]
    made = adopt(pks, stated, tmp_path)
    scale = made.scale("dimension_3")
    assert (scale.direction, scale.minimum, scale.maximum) == (Direction.LOWER_BETTER, 1, 5)
    assert (scale.change.sdc, scale.change.population) == (0.8, "Clients")
    assert made.text("fi").scales["dimension_3"] == "Osa 3"
    assert made.text("sv").scales["dimension_3"] == "Dimension 3"


def test_an_export_has_each_score_once(tmp_path):
    made = adopt(KYKYVIISARI, STATED, tmp_path)
    fields = [field for field in list_fields([made], "en", EVERYTHING) if not field.key[2]]
    assert [field.key[:2] for field in fields] == [("score", scale.key) for scale in made.scales]


def test_the_table_to_fill_in_has_what_is_known():
    rows = list_template(SHIPPED.get("kykyviisari"))
    assert rows[0][-3:] == ["fi", "sv", "en"]
    assert rows[1][:4] == ["inclusion", "", "", "higher"]
    assert rows[-1][:4] == ["work_ability", "0", "10", "higher"]
