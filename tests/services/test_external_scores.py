"""Scores that an instrument's owner gives: typed or imported through the one validator, and counted like any other."""

from dataclasses import replace
from io import BytesIO

import pytest
from builders import SYSTEM, make_episode, make_sheet

from evalplat.errors import AnswersRejected, InputRejected
from evalplat.exchange.import_table import read_import_table
from evalplat.exchange.limits import IMPORT
from evalplat.exchange.tables import open_stream
from evalplat.instruments.adopting import Stated, adopt
from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.services.answers import correct_answers, list_revisions
from evalplat.services.comparisons import list_comparable_scales
from evalplat.services.courses import client_course
from evalplat.services.imports import check_import, run_import
from evalplat.services.plans import add_plan
from evalplat.services.requests import PlanRow
from evalplat.vocabulary import MeasurementPoint, ScoreStatus

POINT = MeasurementPoint
SCORES = {
    "inclusion": 55,
    "mind": 40.5,
    "everyday_life": 70,
    "skills": 60,
    "body": 30,
    "work_ability": 6,
}
PLAN = [PlanRow("kykyviisari", point) for point in (POINT.BASELINE, POINT.END)]


@pytest.fixture(scope="module")
def adopted(tmp_path_factory):
    own = tmp_path_factory.mktemp("own")
    base = instruments_folder() / "kykyviisari" / "1.0.toml"
    highest = {scale: 10 if scale == "work_ability" else 100 for scale in SCORES}
    adopt(base, [Stated(s, 0, high, "higher", "A guide") for s, high in highest.items()], own)
    return load_catalogue(None, own)


@pytest.fixture
def county(wiring, adopted):
    return replace(wiring, catalogue=adopted)


def plan(wiring):
    with wiring.transaction(SYSTEM) as session:
        add_plan(session, wiring.catalogue, SYSTEM, key="ttl", titles={"en": "TTL"}, rows=PLAN)


@pytest.fixture
def made(county):
    plan(county)
    return make_episode(county, plan="ttl")


def test_an_instrument_whose_ranges_are_not_stated_stands_in_no_plan(wiring):
    with pytest.raises(InputRejected, match="evalplat instruments adopt"):
        plan(wiring)


def test_typed_scores_are_stored_with_where_they_come_from_and_corrected_by_revision(county, made):
    receipt = make_sheet(county, made, instrument="kykyviisari", raw={**SCORES, "body": ""})
    found = {score.scale: score for score in receipt.scores}
    assert (found["mind"].value, found["mind"].variant) == (40.5, "given")
    assert (found["mind"].status, found["body"].status) == (
        ScoreStatus.OK,
        ScoreStatus.NOT_ASSESSABLE,
    )
    planned = made.administration("kykyviisari")
    with county.transaction(made.worker) as session:
        correct_answers(
            session, county.catalogue, made.worker, administration_id=planned.id, raw=SCORES,
            idempotency_key="corrected scores", base_revision=1, reason="Body was left out.",
            at=county.clock(),
        )  # fmt: skip
    with county.reading(made.worker) as session:
        first, second = list_revisions(session, made.worker, administration_id=planned.id)
    assert first.raw.get("body") is None and second.raw["body"] == 30


def test_a_score_outside_its_range_is_refused_with_every_other_fault(county, made):
    with pytest.raises(AnswersRejected) as caught:
        make_sheet(county, made, instrument="kykyviisari", raw={"mind": 101, "work_ability": -1})
    assert [fault.where for fault in caught.value.faults] == ["mind", "work_ability"]


def test_they_are_paired_compared_and_followed_as_any_scale(county, made):
    make_sheet(county, made, instrument="kykyviisari", raw=SCORES)
    make_sheet(county, made, instrument="kykyviisari", point=POINT.END, raw={**SCORES, "mind": 60})
    with county.reading(SYSTEM) as session:
        scales = list_comparable_scales(session, county.catalogue, SYSTEM)
    assert {s.scale for s in scales if s.instrument == "kykyviisari" and s.has_pairs} == set(SCORES)
    with county.reading(made.worker) as session:
        course = client_course(session, county.catalogue, made.worker, episode_id=made.episode.id)
    assert {scale.scale: scale.change for scale in course.scales}["mind"] == 19.5


def table_of(made, *rows):
    head = ["Palveluseteli", "Mittari", "Mittauspiste", "Mittauspäivä", *SCORES]
    lines = [head, *([made.episode.voucher.number, "Kykyviisari", *row] for row in rows)]
    text = "\n".join(";".join(line) for line in lines)
    with open_stream("scores.csv", BytesIO(text.encode()), limits=IMPORT) as table:
        return read_import_table(table)


def test_a_spreadsheet_with_a_column_per_scale_is_imported(county, made):
    values = ["55", "40,5", "70", "60", "30", "6"]
    table = table_of(made, ["alku", "9.3.2026", *values])
    with county.transaction(made.worker) as session:
        done = run_import(session, county.catalogue, made.worker, table, at=county.clock())
    assert done.new == 1
    planned = made.administration("kykyviisari")
    with county.reading(made.worker) as session:
        (sheet,) = list_revisions(session, made.worker, administration_id=planned.id)
    assert {score.scale: score.value for score in sheet.scores} == SCORES


def test_every_fault_of_the_spreadsheet_is_told_and_nothing_is_stored(county, made):
    values = ["155", "much", "70", "60", "30", "11"]
    table = table_of(made, ["alku", "9.3.2026", *values])
    with county.reading(made.worker) as session:
        check = check_import(session, county.catalogue, made.worker, table, at=county.clock())
    assert check.fault_count == 3 and check.new == 0
