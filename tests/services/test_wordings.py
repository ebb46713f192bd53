"""Official wordings: loaded whole or not at all, shown while the permit is valid, noted on what was asked in them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import SYSTEM, make_actor, make_episode, make_sheet
from databases import at_another_time

from evalplat.errors import InputRejected, Refused
from evalplat.exchange.export.records import EVERYTHING, SCORES_ONLY
from evalplat.instruments.catalogue import load_catalogue
from evalplat.instruments.official import list_places
from evalplat.services.answers import correct_answers, list_revisions
from evalplat.services.exported_records import read_records
from evalplat.services.wordings import (
    WordingRequest,
    end_wording,
    list_wordings,
    load_wording,
    name_wording,
    tell_wording,
    worded,
)
from evalplat.storage import sheet_exports
from evalplat.vocabulary import MeasurementPoint, Role

KEY, VERSION, TODAY = "whodas-2.0-12", "1.0", date(2026, 11, 24)
DEFINITION = load_catalogue().get(KEY, VERSION)
WORDS = tuple((place, f"Made up: {place}") for place, _ours in list_places(DEFINITION, "fi"))
REQUEST = WordingRequest(KEY, VERSION, "fi", WORDS, "WHO", "permit 7", TODAY + timedelta(30))


def load(wiring, request=REQUEST, actor=SYSTEM):
    with wiring.transaction(actor) as session:
        return load_wording(session, wiring.catalogue, actor, request, at=wiring.clock())


def show(wiring, on=TODAY, language="fi", key=KEY):
    with wiring.reading(SYSTEM) as session:
        return worded(session, wiring.catalogue, key, VERSION, on=on).text(language)


def test_the_owner_s_words_are_shown_while_the_permit_is_valid(wiring):
    loaded = load(wiring)
    found = show(wiring)
    assert (found.status, found.wording) == ("official", loaded.id)
    assert found.items["S1"].label == "Made up: item.S1"
    assert found.conditions["works_or_studies"].label.startswith("Made up")
    assert show(wiring, TODAY + timedelta(30)).status == "official"
    for other in (show(wiring, TODAY + timedelta(31)), show(wiring, TODAY - timedelta(1))):
        assert (other.status, other.wording) == ("descriptive", "")
    assert show(wiring, language="sv").status == "descriptive"


def test_scoring_and_the_fingerprint_stay_what_they_were(wiring):
    load(wiring)
    with wiring.reading(SYSTEM) as session:
        found = worded(session, wiring.catalogue, KEY, VERSION, on=TODAY)
        again = worded(session, wiring.catalogue, KEY, VERSION, on=TODAY)
    assert found.digest == DEFINITION.digest and found.scales == DEFINITION.scales
    assert found is again
    assert wiring.catalogue.get(KEY).text("fi").status == "descriptive"


def test_the_latest_wording_counts_and_an_ended_one_gives_way_to_our_labels(wiring):
    load(wiring)
    newer = tuple((place, f"Newer: {place}") for place, _text in WORDS)
    load(wiring, replace(REQUEST, words=newer, valid_until=None))
    assert show(wiring, TODAY + timedelta(400)).items["S1"].label == "Newer: item.S1"
    with wiring.transaction(SYSTEM) as session:
        end_wording(
            session, wiring.catalogue, SYSTEM, instrument=KEY, version=VERSION, language="fi",
            at=wiring.clock(),
        )  # fmt: skip
    assert show(wiring).status == "descriptive"
    with wiring.reading(SYSTEM) as session:
        states = [one.in_force for one in list_wordings(session, SYSTEM, on=TODAY)]
    assert states == [False, False, False]


def test_every_fault_is_told_and_nothing_is_loaded(wiring):
    faulty = [("item.S1", "words"), ("item.S1", "twice"), ("item.S99", "no such"), *WORDS[8:]]
    request = WordingRequest(KEY, VERSION, "fi", faulty, "", " ", TODAY - timedelta(1))
    with pytest.raises(InputRejected) as caught:
        load(wiring, request)
    places = {fault.where for fault in caught.value.faults}
    assert {"item.S1", "item.S99", "holder", "permit", "valid_until", "item.S2"} <= places
    with pytest.raises(InputRejected, match="no official wording"):
        load(wiring, replace(REQUEST, instrument="worker-observation", words=()))
    with pytest.raises(InputRejected, match="fi"):
        load(wiring, replace(REQUEST, language="ru"))
    assert show(wiring).status == "descriptive"


def test_only_the_county_s_administrator_may_load(wiring):
    with pytest.raises(Refused):
        load(wiring, actor=make_actor(wiring, Role.PROVIDER_MANAGER))


def test_a_sheet_keeps_the_wording_it_was_shown_in_also_when_it_is_corrected(wiring):
    loaded = load(wiring)
    made = make_episode(wiring)
    make_sheet(wiring, made, shown_wording=loaded.id)
    planned = made.administration(KEY)
    raw = {**{f"S{n}": 1 for n in range(1, 13)}, "works_or_studies": 1}
    with wiring.transaction(made.worker) as session:
        correct_answers(
            session, wiring.catalogue, made.worker, administration_id=planned.id, raw=raw,
            idempotency_key="a correction", base_revision=1, reason="Read wrong.", at=wiring.clock(),
        )  # fmt: skip
    with wiring.reading(made.worker) as session:
        found = list_revisions(session, made.worker, administration_id=planned.id)
        assert [sheet.shown_wording for sheet in found] == [loaded.id, loaded.id]
        assert name_wording(session, loaded.id) == "WHO (permit 7)"
        assert name_wording(session, "") == ""


def test_exports_and_reports_say_whose_words_were_asked(wiring):
    loaded = load(wiring)
    made = make_episode(wiring)
    make_sheet(wiring, made, shown_wording=loaded.id)
    with wiring.reading(SYSTEM) as session:
        assert tell_wording(session, DEFINITION) == "official"
    make_sheet(wiring, made, point=MeasurementPoint.END)
    with wiring.reading(SYSTEM) as session:
        assert tell_wording(session, DEFINITION) == "mixed"
        assert tell_wording(session, wiring.catalogue.get("worker-observation")) == ""
        rows = sheet_exports.list_episodes(
            session, instruments=[KEY], period_from=None, period_until=None, providers=(),
            with_vouchers=True, counted_only=False,
        )  # fmt: skip
        for contents in (EVERYTHING, SCORES_ONLY):
            (episode,) = read_records(
                session, rows, [KEY], contents, all_revisions=False, with_goals=False
            )
            said = {sheet.point: sheet.labels for sheet in episode.sheets if sheet.revision}
            assert said == {MeasurementPoint.BASELINE: "official", MeasurementPoint.END: "own"}


def test_a_wording_counts_from_the_day_it_was_loaded_in_finland(wiring):
    late = at_another_time(wiring, datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    load(late)
    assert show(wiring, TODAY).status == "descriptive"
    assert show(wiring, TODAY + timedelta(1)).status == "official"
