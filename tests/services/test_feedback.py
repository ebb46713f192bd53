"""Anonymous feedback: once per episode, apart from it, and read as figures of many from finished quarters only."""

import json
from datetime import date

import pytest
from builders import make_account, make_actor, make_episode, make_provider
from services.test_contact_requests import visit_of
from sqlalchemy import select

from evalplat.episodes.quarters import quarter_before, quarter_of
from evalplat.errors import AnswersRejected, InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.actors import Actor
from evalplat.services.feedback import (
    FeedbackAnswers,
    add_feedback,
    describe_feedback,
    describe_own_feedback,
    give_feedback,
    is_feedback_open,
)
from evalplat.storage.tables import Draft, Episode, FeedbackSheet
from evalplat.vocabulary import Role

TODAY, NEXT_QUARTER = date(2026, 11, 24), date(2027, 1, 1)
SYSTEM = Actor.system("test")
LIKED = {"recommendation": "9", "access": "4", "went_well": "The people."}


def give(wiring, visit, answers=None, on=TODAY):
    with wiring.transaction(visit.actor) as session:
        return give_feedback(
            session, wiring.catalogue, visit.actor, administration_id=visit.administration_id,
            answers=LIKED if answers is None else answers, language="fi-x-selko", on=on,
        )  # fmt: skip


def is_open(wiring, visit):
    with wiring.reading(visit.actor) as session:
        return is_feedback_open(session, visit.actor, administration_id=visit.administration_id)


def rows_of(wiring):
    with wiring.reading(SYSTEM) as session:
        return list(session.scalars(select(FeedbackSheet)))


def add(wiring, provider, scores, quarter=20263):
    given = [
        FeedbackAnswers(provider, quarter, {"recommendation": score, "access": 4})
        for score in scores
    ]
    with wiring.transaction(SYSTEM) as session:
        add_feedback(session, wiring.catalogue, SYSTEM, given)


def of_county(wiring, on=TODAY, year=None):
    analyst = make_actor(wiring, Role.ANALYST)
    with wiring.reading(analyst) as session:
        return describe_feedback(session, wiring.catalogue, analyst, year=year, on=on).feedback


def test_feedback_names_a_provider_and_a_quarter_and_nothing_else(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    assert is_open(wiring, visit)
    assert give(wiring, visit)
    (row,) = rows_of(wiring)
    columns = {column.name for column in FeedbackSheet.__table__.columns}
    assert columns == {
        "public_id", "provider_id", "instrument", "version", "quarter", "language", "answers",
    }  # fmt: skip
    assert (row.quarter, row.language) == (20264, "fi")
    assert json.loads(row.answers) == {"recommendation": 9, "access": 4, "went_well": "The people."}


def test_the_access_log_leads_to_no_sheet_of_feedback(wiring):
    visit = visit_of(wiring, make_episode(wiring))
    give(wiring, visit)
    (row,) = rows_of(wiring)
    with wiring.reading(SYSTEM) as session:
        lines = list_access_log(session, SYSTEM)
    (line,) = [line for line in lines if line.action == "give_feedback"]
    assert (line.object_kind, line.object_id, line.client_ids) == ("", "", ())
    assert not any(row.public_id in str(line) for line in lines)


def test_feedback_is_given_once_per_episode_and_never_half(wiring, monkeypatch):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)

    def fail(*_args, **_rest):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("evalplat.services.feedback.change_rows", fail)
        with pytest.raises(RuntimeError):
            give(wiring, visit)
    assert rows_of(wiring) == [] and is_open(wiring, visit)
    assert give(wiring, visit) is True
    assert give(wiring, visit, {"recommendation": "0"}) is False
    assert len(rows_of(wiring)) == 1 and not is_open(wiring, visit)
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(Episode.feedback_given)) is True


def test_unfinished_feedback_is_kept_nowhere_and_comes_after_the_answers(wiring):
    visit = visit_of(wiring, make_episode(wiring), sends=False)
    assert not is_open(wiring, visit)
    assert give(wiring, visit) is False
    with wiring.reading(SYSTEM) as session:
        assert session.scalars(select(Draft)).all() == []
    assert rows_of(wiring) == []


def test_every_fault_is_named_and_an_empty_form_is_not_feedback(wiring):
    visit = visit_of(wiring, make_episode(wiring))
    with pytest.raises(AnswersRejected) as found:
        give(wiring, visit, {"recommendation": "11", "access": "6", "safety": "5"})
    assert [fault.where for fault in found.value.faults] == ["recommendation", "access"]
    for empty in ({}, {"access": "", "went_well": ""}, {"access": "declined"}):
        with pytest.raises(InputRejected):
            give(wiring, visit, empty)
    assert rows_of(wiring) == [] and is_open(wiring, visit)


def test_only_finished_quarters_are_counted_in(wiring):
    provider = make_provider(wiring)
    add(wiring, provider, [10] * 12, quarter=quarter_of(TODAY))
    assert of_county(wiring).rows == ()
    (row,) = of_county(wiring, NEXT_QUARTER).rows
    assert row.sheets == 10
    assert of_county(wiring, NEXT_QUARTER, year=2025).rows == ()
    assert quarter_before(20261) == 20254


def test_few_answers_show_nothing_some_show_a_count_and_ten_a_figure(wiring):
    for name, count in (("Provider A", 4), ("Provider B", 9), ("Provider C", 20)):
        add(wiring, make_provider(wiring, name), [10, 3, 8, 9] * 5 if count == 20 else [9] * count)
    few, counted, enough = of_county(wiring).rows
    assert (few.sheets, few.status, few.figures[0].value) == (None, "few", None)
    assert (counted.sheets, counted.status, counted.figures[0].value) == (10, "counted", None)
    assert (enough.sheets, enough.status) == (20, "ok")
    nps = enough.figures[0]
    assert nps.low < nps.value < nps.high and nps.value == 20


def test_a_manager_reads_the_own_row_as_the_county_sees_it(wiring):
    own, other = make_provider(wiring), make_provider(wiring, "Provider B")
    add(wiring, own, [10, 3, 8, 9] * 5)
    add(wiring, other, [1] * 20)
    manager = Actor.of(make_account(wiring, Role.PROVIDER_MANAGER))
    with wiring.reading(manager) as session:
        found = describe_own_feedback(session, wiring.catalogue, manager, year=2026, on=TODAY)
    assert found.provider_name == "Provider A" and found.years == (2026,)
    assert found.feedback.rows == of_county(wiring).rows[:1]


def test_workers_and_case_workers_read_no_feedback(wiring):
    made = make_episode(wiring)
    for actor in (made.worker, made.case_worker):
        for read in (describe_feedback, describe_own_feedback):
            with pytest.raises(Refused), wiring.reading(actor) as session:
                read(session, wiring.catalogue, actor, year=None, on=TODAY)
