"""Instruments for groups only: counted and exported, and no score of one person is told by any page or program."""

import pytest
from builders import SYSTEM, make_episode, make_sheet

from evalplat.services.alerts import list_alerts
from evalplat.services.comparisons import list_comparable_scales
from evalplat.services.courses import client_course
from evalplat.services.plans import add_plan
from evalplat.services.requests import PlanRow
from evalplat.services.sent_sheets import get_stored_scores
from evalplat.storage import sheets
from evalplat.vocabulary import MeasurementPoint

POINT = MeasurementPoint
ESIS = {f"E{n}": 2 for n in range(1, 11)}
UCLA = {f"L{n}": 1 for n in range(1, 4)}


@pytest.fixture
def made(wiring):
    rows = [
        PlanRow(key, point) for key in ("esis", "ucla-3") for point in (POINT.BASELINE, POINT.END)
    ]
    with wiring.transaction(SYSTEM) as session:
        add_plan(
            session, wiring.catalogue, SYSTEM, key="groups", titles={"en": "Groups"}, rows=rows
        )
    made = make_episode(wiring, plan="groups")
    for point in (POINT.BASELINE, POINT.END):
        make_sheet(wiring, made, instrument="esis", point=point, raw=ESIS)
        make_sheet(wiring, made, instrument="ucla-3", point=point, raw=UCLA)
    return made


def test_the_course_names_what_is_for_groups_and_does_not_tell_it(wiring, made):
    with wiring.reading(made.worker) as session:
        course = client_course(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    assert {scale.instrument for scale in course.scales} == {"ucla-3"}
    assert [titles["en"] for titles in course.for_groups] == [
        "Experiences of social inclusion (ESIS)"
    ]


def test_no_alert_is_raised_on_it(wiring, made):
    with wiring.reading(made.worker) as session:
        alerts = list_alerts(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    assert {alert.instrument for alert in alerts} == {"ucla-3"}


def test_another_program_is_told_no_score_of_one_person(wiring, made):
    told = {}
    for key in ("esis", "ucla-3"):
        planned = made.administration(key)
        with wiring.reading(made.worker) as session:
            told[key] = get_stored_scores(
                session, wiring.catalogue, made.worker, administration_id=planned.id
            )
    assert told["esis"].revision == 1 and told["esis"].scores == ()
    assert [score.value for score in told["ucla-3"].scores] == [3]


def test_it_is_scored_and_counted_all_the_same(wiring, made):
    planned = made.administration("esis")
    with wiring.reading(made.worker) as session:
        found = sheets.find_planned(session, [planned.id])[planned.id]
        ((score,),) = sheets.list_scores(session, [found.id]).values()
        assert score.value == 25
    with wiring.reading(SYSTEM) as session:
        scales = list_comparable_scales(session, wiring.catalogue, SYSTEM)
    assert ("esis", True) in {(scale.instrument, scale.has_pairs) for scale in scales}
