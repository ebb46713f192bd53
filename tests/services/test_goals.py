"""Goals: agreed, rated, never rescaled; change over the same goals."""

from datetime import date

import pytest
from builders import SYSTEM, make_episode, make_goals
from sqlalchemy import func, select

from evalplat.errors import Conflict, InputRejected, NotFound
from evalplat.services.answers import AnswersConflict
from evalplat.services.courses import client_course
from evalplat.services.goals import agree_goals, list_goals, rate_goals
from evalplat.services.requests import GoalRequest
from evalplat.storage.tables import Goal, Score, Sheet
from evalplat.vocabulary import MeasurementPoint, Respondent

LEVELS = ("never", "once a month", "once a week", "twice a week", "every day")


def rate(wiring, made, ratings, *, key="key of a rating", point=MeasurementPoint.END, **rest):
    with wiring.transaction(made.worker) as session:
        return rate_goals(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=made.administration("gas", point).id,
            ratings=ratings,
            measured_on=rest.pop("measured_on", date(2026, 9, 1)),
            idempotency_key=key,
            at=wiring.clock(),
            **rest,
        )


def test_agreed_goals_are_the_baseline_of_the_goal_instrument(wiring):
    made = make_episode(wiring)
    goals = make_goals(wiring, made, "Walks", "Calls a friend")
    assert [goal.title for goal in goals] == ["Walks", "Calls a friend"]
    assert [goal.ratings[0].level for goal in goals] == [-1, -1]
    assert goals[0].warnings == ()
    with wiring.reading(SYSTEM) as session:
        value = session.scalar(select(Score.value))
    assert value == pytest.approx(50 - 20 / (0.7 * 2 + 0.3 * 4) ** 0.5)


def test_goals_added_later_join_the_baseline_as_a_new_revision(wiring):
    made = make_episode(wiring)
    make_goals(wiring, made, "Walks")
    goals = make_goals(wiring, made, "Calls a friend")
    assert [(goal.title, goal.ratings[0].level) for goal in goals] == [
        ("Walks", -1),
        ("Calls a friend", -1),
    ]
    with wiring.reading(SYSTEM) as session:
        assert session.scalars(select(Sheet.revision).order_by(Sheet.revision)).all() == [1, 2]


def test_ratings_are_scored_and_repeating_them_changes_nothing(wiring):
    made = make_episode(wiring)
    goals = make_goals(wiring, made, "Walks", "Calls")
    ratings = {goals[0].id: 1, goals[1].id: 0}
    receipt = rate(wiring, made, ratings, comments={goals[0].id: "Every day now"})
    assert receipt.scores[0].value == pytest.approx(50 + 10 / (0.7 * 2 + 0.3 * 4) ** 0.5)
    assert not receipt.repeated
    again = rate(wiring, made, ratings, comments={goals[0].id: "Every day now"})
    assert again.repeated
    with pytest.raises(AnswersConflict):
        rate(wiring, made, {goals[0].id: 2})
    with wiring.reading(made.worker) as session:
        found = list_goals(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    last = found[0].ratings[-1]
    assert (last.point, last.level, last.rater) == (MeasurementPoint.END, 1, Respondent.TOGETHER)
    assert last.comment == "Every day now"


def test_change_is_over_the_goals_rated_at_both_ends(wiring):
    made = make_episode(wiring)
    goals = make_goals(wiring, made, "Walks", "Calls")
    rate(wiring, made, {goals[0].id: 1})
    with wiring.reading(made.worker) as session:
        course = client_course(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    (scale,) = course.scales
    assert [point.point for point in scale.points] == ["baseline", "end"]
    assert scale.change == pytest.approx(20)
    assert scale.change_status == "not_assessable"
    assert [goal.levels[-1][2] for goal in course.goals] == [1, -1]


def test_a_goal_that_takes_another_ones_place_is_a_new_goal(wiring):
    made = make_episode(wiring)
    (old,) = make_goals(wiring, made, "Walks")
    new = GoalRequest("Walks with a friend", LEVELS, -2, replaces=old.id)
    with wiring.transaction(made.worker) as session:
        goals = agree_goals(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            goals=[new],
            at=wiring.clock(),
        )
    assert [(g.title, g.replaced, g.replaces) for g in goals] == [
        ("Walks", True, None),
        ("Walks with a friend", False, old.id),
    ]
    with pytest.raises(InputRejected, match="no such goal"):
        rate(wiring, made, {old.id: 1}, measured_on=date(2026, 11, 24))
    with (
        pytest.raises(InputRejected, match="replaced already"),
        wiring.transaction(made.worker) as session,
    ):
        agree_goals(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            goals=[new],
            at=wiring.clock(),
        )


def test_every_fault_of_goals_and_ratings_is_named(wiring):
    made = make_episode(wiring)
    faulty = GoalRequest(
        " ",
        LEVELS[:4],
        3,
        importance=0,
        difficulty=9,
        agreed_on=date(2030, 1, 1),
        target_date=date(9999, 1, 1),
    )
    with pytest.raises(InputRejected) as caught, wiring.transaction(made.worker) as session:
        agree_goals(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            goals=[faulty] * 11,
            at=wiring.clock(),
        )
    wheres = [fault.where for fault in caught.value.faults]
    assert wheres[0] == "goals"
    assert wheres[1:8] == [
        f"goal 1, {name}"
        for name in (
            "title", "levels", "baseline_level", "importance", "difficulty", "agreed_on", "target_date",
        )
    ]  # fmt: skip
    (goal,) = make_goals(wiring, made)
    with pytest.raises(InputRejected) as caught:
        rate(wiring, made, {goal.id: 3, "none": 0}, comments={goal.id: "x" * 2001}, key="short")
    assert len(caught.value.faults) == 4
    with pytest.raises(InputRejected, match="at least one"):
        rate(wiring, made, {})
    with pytest.raises(InputRejected, match="before the first"):
        rate(wiring, made, {goal.id: 1}, measured_on=date(2026, 3, 2))


def test_a_poorly_worded_goal_is_stored_with_warnings(wiring):
    made = make_episode(wiring)
    weak = GoalRequest("Walks", ("", "a", "a", "b", "c"), 0)
    with wiring.transaction(made.worker) as session:
        (goal,) = agree_goals(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            goals=[weak],
            at=wiring.clock(),
        )
    assert len(goal.warnings) == 3


def test_another_providers_goals_are_missing(wiring):
    made, other = make_episode(wiring), make_episode(wiring, provider="Provider B")
    (goal,) = make_goals(wiring, made)
    with wiring.reading(other.worker) as session, pytest.raises(NotFound):
        list_goals(session, wiring.catalogue, other.worker, episode_id=made.episode.id)
    make_goals(wiring, other)
    with pytest.raises(InputRejected, match="no such goal"):
        rate(wiring, other, {goal.id: 1})
    with wiring.reading(other.worker) as session:
        assert session.scalar(select(func.count()).select_from(Goal)) == 1


def test_goals_are_agreed_while_the_episode_is_open(wiring):
    from evalplat.services.episodes import close_episode

    made = make_episode(wiring)
    with wiring.transaction(made.worker) as session:
        close_episode(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            closed_on=date(2026, 4, 1),
            at=wiring.clock(),
        )
    with pytest.raises(Conflict, match="closed"):
        make_goals(wiring, made)


def test_a_goal_form_sent_twice_is_one_goal(wiring):
    made = make_episode(wiring)
    first = make_goals(wiring, made, "Walks", "Calls")
    again = make_goals(wiring, made, "Calls", "Reads")
    assert [goal.title for goal in again] == ["Walks", "Calls", "Reads"]
    assert again[:2] == first
    make_goals(wiring, made, "Reads")
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Goal)) == 3
        assert session.scalars(select(Sheet.revision).order_by(Sheet.revision)).all() == [1, 2]


def test_what_client_and_worker_saw_is_kept_beside_the_level_that_counts(wiring):
    made = make_episode(wiring)
    goal, other = make_goals(wiring, made, "Walks", "Calls")
    rate(
        wiring,
        made,
        {goal.id: 0, other.id: 1},
        client_levels={goal.id: 1, other.id: 1},
        worker_levels={goal.id: -1},
    )
    with wiring.reading(made.worker) as session:
        found = list_goals(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    first, second = (view.ratings[-1] for view in found)
    assert (first.level, first.client_level, first.worker_level, first.disagrees) == (
        0,
        1,
        -1,
        True,
    )
    assert (second.client_level, second.worker_level, second.disagrees) == (1, None, False)
    with pytest.raises(InputRejected) as caught:
        rate(
            wiring, made, {goal.id: 0}, client_levels={other.id: 3}, key="another key",
            base_revision=1, reason="a slip",
        )  # fmt: skip
    assert len(caught.value.faults) == 2


def test_a_correction_of_ratings_is_a_new_revision_with_its_reason(wiring):
    made = make_episode(wiring)
    (goal,) = make_goals(wiring, made, "Walks")
    rate(wiring, made, {goal.id: 2})
    with pytest.raises(InputRejected):
        rate(wiring, made, {goal.id: 1}, key="a correction", base_revision=1)
    receipt = rate(wiring, made, {goal.id: 1}, key="a correction", base_revision=1, reason="a slip")
    assert receipt.revision == 2
    again = rate(wiring, made, {goal.id: 1}, key="a correction", base_revision=1, reason="a slip")
    assert again.repeated
    with wiring.reading(SYSTEM) as session:
        reasons = [
            (sheet.revision, sheet.reason)
            for sheet in session.scalars(select(Sheet))
            if sheet.reason
        ]
    assert reasons == [(2, "a slip")]
    with pytest.raises(AnswersConflict):
        rate(wiring, made, {goal.id: 0}, key="too late", base_revision=1, reason="another")
