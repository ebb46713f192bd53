"""FHIR: every resource is valid in R4 and R5, answers and weights are in their places, goals have LOINC's levels."""

import json
from dataclasses import replace
from io import BytesIO
from random import Random

import pytest
from export_records import (
    CATALOGUE,
    draw_episode,
    make_episode_record,
    make_goal,
    make_ratings,
    make_record,
    outline_of,
)
from fhir.resources import get_fhir_model_class as get_r5
from fhir.resources.R4B import get_fhir_model_class as get_r4

from evalplat.exchange.export.records import SCORES_ONLY, Contents
from evalplat.exchange.fhir.bundle import write_bundle
from evalplat.exchange.fhir.codes import ITEM_WEIGHT, ORDINAL_VALUE, RELEASES, TRANSLATION
from evalplat.exchange.fhir.questionnaires import make_questionnaire
from evalplat.instruments.definition import All, Any, Comparison, Not
from evalplat.vocabulary import MeasurementPoint, Respondent

WHODAS = CATALOGUE.get("whodas-2.0-12")
MODELS = {"R4": get_r4, "R5": get_r5}


def validate(resource, release):
    """The validator of the standard's own structure; raises where something is not as it should be."""
    return MODELS[release](resource["resourceType"]).model_validate_json(json.dumps(resource))


def bundle_of(episode, release="R4", contents=None):
    stream = BytesIO()
    write_bundle(outline_of(episode, contents=contents), [episode], stream, "fi", release)
    return json.loads(stream.getvalue())


def resources_of(bundle, kind):
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("definition", CATALOGUE.list(), ids=lambda d: d.key)
def test_every_instrument_is_a_valid_questionnaire_in_every_language(definition, release):
    for language in definition.texts:
        made = make_questionnaire(definition, language, release)
        validate(made, release)
        codes = {i.code for i in definition.items} | {c.code for c in definition.conditions}
        assert {item["linkId"] for item in made.get("item", [])} == codes


def test_a_validator_that_sees_nothing_would_be_noticed():
    made = make_questionnaire(WHODAS, "en", "R4")
    for wrong in (
        {**made, "url": 5},
        {**made, "item": [{"text": "no link"}]},
        {**made, "surprise": 1},
        {k: v for k, v in made.items() if k != "status"},
    ):
        with pytest.raises(ValueError):
            validate(wrong, "R4")


def test_link_id_weight_and_translations_stand_where_programs_look_for_them():
    items = {item["linkId"]: item for item in make_questionnaire(WHODAS, "en", "R4")["item"]}
    option = items["S1"]["answerOption"][2]["valueCoding"]
    assert option["code"] == "2" and option["display"] == "Fairly hard"
    assert [(e["url"], e["valueDecimal"]) for e in option["extension"]] == [
        (ITEM_WEIGHT, 2),
        (ORDINAL_VALUE, 2),
    ]
    told = {
        e["extension"][0]["valueCode"]: e["extension"][1]["valueString"]
        for e in items["S1"]["_text"]["extension"]
        if e["url"] == TRANSLATION
    }
    assert told["fi"] == "Seisominen noin puoli tuntia" and set(told) >= {"fi", "sv"}
    assert items["S12"]["enableWhen"] == [
        {"question": "works_or_studies", "operator": "=", "answerBoolean": True}
    ]
    newer = {item["linkId"]: item for item in make_questionnaire(WHODAS, "en", "R5")["item"]}
    assert (items["S1"]["type"], newer["S1"]["type"]) == ("choice", "coding")


def test_conditions_of_any_depth_are_rules_or_an_expression():
    one, other = Comparison("S1", "at_least", 3), Comparison("works_or_studies", "equals", True)
    tests = {
        "any": (Any((one, other)), 3),
        "all": (All((Not(one), other)), 3),
        "": (All((Any((one, other)), Comparison("S2", "answered", True))), 0),
    }
    for behaviour, (test, count) in tests.items():
        last = replace(WHODAS.items[-1], applicable_when=test)
        definition = replace(WHODAS, items=(*WHODAS.items[:-1], last))
        made = make_questionnaire(definition, "en", "R4")
        validate(made, "R4")
        item = next(i for i in made["item"] if i["linkId"] == "S12")
        assert len(item.get("enableWhen", ())) == count
        assert item.get("enableBehavior", "") == behaviour
        assert ("extension" in item) == (not count)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_episodes_there_are_their_bundle_is_valid(seed, release):
    episode = draw_episode(Random(seed))
    bundle = bundle_of(episode, release)
    validate(bundle, release)
    for entry in bundle["entry"]:
        validate(entry["resource"], release)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    named = {r["reference"] for r in find_references(bundle)}
    assert named <= set(urls)


def find_references(part):
    if isinstance(part, dict):
        if "reference" in part:
            yield part
        for value in part.values():
            yield from find_references(value)
    elif isinstance(part, list):
        for value in part:
            yield from find_references(value)


def test_answers_declined_skipped_and_not_shown_are_told_apart():
    raw = {**{f"S{n}": 2 for n in range(3, 12)}, "S1": "declined", "works_or_studies": False}
    bundle = bundle_of(make_episode_record(make_record(WHODAS, raw)))
    (response,) = resources_of(bundle, "QuestionnaireResponse")
    items = {item["linkId"]: item for item in response["item"]}
    assert items["S3"]["answer"][0]["valueCoding"]["code"] == "2"
    assert items["works_or_studies"]["answer"] == [{"valueBoolean": False}]
    assert items["S1"]["extension"][0]["valueCode"] == "asked-declined"
    assert items["S2"]["extension"][0]["valueCode"] == "unknown"
    assert "S12" not in items
    assert response["questionnaire"] == "urn:evalplat:instrument:whodas-2.0-12|1.0"
    scores = resources_of(bundle, "Observation")
    assert {o["code"]["coding"][0]["code"] for o in scores} == {s.key for s in WHODAS.scales}
    assert all(o["derivedFrom"][0]["reference"].endswith(response["id"]) for o in scores)


def test_a_goal_has_its_five_levels_and_each_rating_is_one_of_them():
    goals = (make_goal(1), make_goal(2, "Nukkuu", replaced=True))
    sheet = make_ratings(
        list(goals), [2, -2], point=MeasurementPoint.END, answered_by=Respondent.WORKER
    )
    bundle = bundle_of(make_episode_record(sheet, goals=goals))
    first, second = resources_of(bundle, "Goal")
    assert first["target"][0]["measure"]["coding"][0]["code"] == "107332-9"
    levels = [
        e["extension"] for e in first["extension"] if e["url"].endswith("goal-attainment-scaling")
    ]
    assert {parts[0]["valueCoding"]["code"]: parts[1]["valueString"] for parts in levels} == {
        "LA34484-8": "ei koskaan",
        "LA34483-0": "kerran kuussa",
        "LA34481-4": "kerran viikossa",
        "LA34480-6": "kaksi kertaa",
        "LA34479-8": "joka päivä",
    }
    assert (first["lifecycleStatus"], second["lifecycleStatus"]) == ("active", "cancelled")
    rated = [o for o in resources_of(bundle, "Observation") if "focus" in o]
    assert [o["valueCodeableConcept"]["coding"][0]["code"] for o in rated] == [
        "LA34479-8",
        "LA34484-8",
    ]
    assert {o["code"]["coding"][0]["code"] for o in rated} == {"107333-7"}
    assert (
        resources_of(bundle, "Questionnaire") == resources_of(bundle, "QuestionnaireResponse") == []
    )


def test_words_stay_where_they_are_not_wanted_and_names_are_nowhere():
    goals = (make_goal(1),)
    episode = make_episode_record(make_ratings(list(goals), [1]), goals=goals)
    without = json.dumps(bundle_of(episode, contents=Contents(texts=False)), ensure_ascii=False)
    assert "kaupassa" not in without and "hyvin meni" not in without and "joka päivä" not in without
    with_words = json.dumps(bundle_of(episode), ensure_ascii=False)
    assert (
        "kaupassa" in with_words
        and '"Patient"' in with_words
        and 'resourceType": "Patient' not in with_words
    )


def test_scores_alone_make_no_bundle():
    with pytest.raises(ValueError, match="without answers"):
        bundle_of(make_episode_record(make_record(WHODAS, {})), contents=SCORES_ONLY)
