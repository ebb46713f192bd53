"""Agreeing goals: stored as they were said, and taken as the baseline of the goal instrument."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.rating import prepare_ratings
from evalplat.services.requests import GoalAgreement, GoalRequest
from evalplat.services.storing import Prepared, digest_body, store
from evalplat.storage import audit, episodes, goals, sheets
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Episode, Goal
from evalplat.storage.words import add_worded
from evalplat.vocabulary import MeasurementPoint, Respondent, Role

MOST_GOALS = 10
LONGEST_TEXT = 2000
LONGEST_WAY = timedelta(days=3653)
"""A goal is reached within ten years, or its date is a slip of the pen."""


def agree_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    agreements: Sequence[GoalAgreement],
    at: datetime,
) -> tuple[tuple[str, ...], ...]:
    """Agree the goals of many episodes in one go; returns the goals' ids, per agreement in order.

    A goal that the same person has agreed in the same words on the same day, a form sent twice, stays one goal.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = episodes.lock_episodes(session, [agreement.episode_id for agreement in agreements])
    for agreement in agreements:
        if agreement.episode_id not in found:
            raise NotFound(Message("There is no such episode."))
        if found[agreement.episode_id][0].closed_on is not None:
            raise Conflict(Message("The episode is closed; goals are agreed while it is open."))
    if len(found) < len(agreements):
        raise Conflict(Message("The same episode stands in the list twice."))
    known = goals.list_goals(session, {episode.id for episode, _ in found.values()})
    faults: list[Fault] = []
    rows: list[dict[str, Any]] = []
    ids: list[tuple[str, ...]] = []
    for place, agreement in enumerate(agreements, start=1):
        episode = found[agreement.episode_id][0]
        prefix = f"episode {place}, " if len(agreements) > 1 else ""
        wrong = _find_faults(agreement, known.get(episode.id, []), at)
        faults.extend(Fault(prefix + fault.where, fault.message) for fault in wrong)
        if not faults:
            made = _rows(agreement, episode, known.get(episode.id, []), actor, at.date())
            before = [_find_same(row, known.get(episode.id, [])) for row in made]
            rows.extend(row for row, same in zip(made, before, strict=True) if same is None)
            ids.append(
                tuple(
                    row["public_id"] if same is None else same.public_id
                    for row, same in zip(made, before, strict=True)
                )
            )
    if faults:
        raise InputRejected(Message("The goals were not stored."), faults)
    add_worded(session, Goal, rows)
    for agreement in agreements:
        audit.record(
            session,
            "agree_goals",
            "episode",
            agreement.episode_id,
            [found[agreement.episode_id][1]],
            at=at,
        )
    changed = {row["episode_id"] for row in rows}
    _answer_baselines(
        session, catalogue, actor, [e for e, _ in found.values() if e.id in changed], at
    )
    return tuple(ids)


def _find_faults(agreement: GoalAgreement, known: Sequence[Goal], at: datetime) -> list[Fault]:
    faults = []
    replaceable = {goal.public_id for goal in known} - {
        before.public_id for goal in known for before in known if goal.replaces_id == before.id
    }
    if not agreement.goals:
        faults.append(Fault("goals", Message("Give at least one goal.")))
    replaces = [goal.replaces for goal in agreement.goals if goal.replaces]
    current = len(replaceable) - len(set(replaces) & replaceable) + len(agreement.goals)
    if current > MOST_GOALS:
        faults.append(
            Fault(
                "goals",
                Message(
                    "The client would have %(count)s goals; at most %(most)s are followed.",
                    count=current,
                    most=MOST_GOALS,
                ),
            )
        )
    for place, goal in enumerate(agreement.goals, start=1):
        for fault in _faults_of_goal(goal, at.date()):
            faults.append(Fault(f"goal {place}, {fault.where}", fault.message))
        if goal.replaces and (
            goal.replaces not in replaceable or replaces.count(goal.replaces) > 1
        ):
            faults.append(
                Fault(
                    f"goal {place}, replaces",
                    Message("The goal to replace is not in this episode, or is replaced already."),
                )
            )
    return faults


def _faults_of_goal(goal: GoalRequest, today: date) -> list[Fault]:
    faults = []
    if not 1 <= len(goal.title.strip()) <= 300:
        faults.append(Fault("title", Message("Give the goal a name of 1 to 300 characters.")))
    if len(goal.levels) != 5:
        faults.append(Fault("levels", Message("A goal has five levels, from -2 to +2.")))
    texts = (goal.own_words, goal.indicator, goal.plan_goal, *goal.levels)
    if any(len(text) > LONGEST_TEXT or "\0" in text for text in texts):
        faults.append(Fault("levels", Message("Give texts of at most 2,000 characters.")))
    if not -2 <= goal.baseline_level <= 2:
        faults.append(
            Fault(
                "baseline_level",
                Message("%(value)s is not a level from -2 to +2.", value=goal.baseline_level),
            )
        )
    for where, value in (("importance", goal.importance), ("difficulty", goal.difficulty)):
        if not 1 <= value <= 3:
            faults.append(Fault(where, Message("%(value)s is not 1, 2 or 3.", value=value)))
    if goal.agreed_on is not None and goal.agreed_on > today + timedelta(days=1):
        faults.append(Fault("agreed_on", Message("%(day)s is in the future.", day=goal.agreed_on)))
    if goal.target_date is not None and abs(goal.target_date - today) > LONGEST_WAY:
        faults.append(
            Fault(
                "target_date",
                Message(
                    "%(day)s is more than ten years away; check the year.",
                    day=goal.target_date,
                ),
            )
        )
    return faults


def _rows(
    agreement: GoalAgreement, episode: Episode, known: Sequence[Goal], actor: Actor, today: date
) -> list[dict[str, Any]]:
    keys = {goal.public_id: goal.id for goal in known}
    return [
        {
            "public_id": new_public_id(),
            "provider_id": episode.provider_id,
            "client_id": episode.client_id,
            "episode_id": episode.id,
            "title": goal.title.strip(),
            "own_words": goal.own_words.strip(),
            "indicator": goal.indicator.strip(),
            "icf": list(goal.icf),
            "levels": [text.strip() for text in goal.levels],
            "baseline_level": goal.baseline_level,
            "target_date": goal.target_date,
            "importance": goal.importance,
            "difficulty": goal.difficulty,
            "agreed_on": goal.agreed_on or today,
            "agreed_with": goal.agreed_with,
            "agreed_by": actor.account_id or "system",
            "plan_goal": goal.plan_goal.strip(),
            "replaces_id": keys.get(goal.replaces or ""),
        }
        for goal in agreement.goals
    ]


def _find_same(row: Mapping[str, Any], known: Sequence[Goal]) -> Goal | None:
    """The goal that a form sent twice has stored already."""
    names = row.keys() - {"public_id"}
    return next((g for g in known if all(getattr(g, n) == row[n] for n in names)), None)


def _answer_baselines(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    agreed: Sequence[Episode],
    at: datetime,
) -> None:
    """The baseline levels of all current goals are the baseline sheet of the goal instrument."""
    instruments = {d.key for d in catalogue.list() if d.kind == "goals"}
    keys = {episode.id for episode in agreed}
    planned = sheets.find_planned(
        session,
        {
            row.public_id
            for row in goals.list_goal_administrations(session, keys, instruments)
            if row.point is MeasurementPoint.BASELINE
        },
    )
    stored = goals.list_goals(session, keys)
    prepared: list[Prepared] = []
    for found in planned.values():
        every = stored.get(found.episode_id, [])
        replaced = {goal.replaces_id for goal in every}
        current = [goal for goal in every if goal.id not in replaced]
        levels: Mapping[str, int] = {goal.public_id: goal.baseline_level for goal in current}
        agreed_on = min(goal.agreed_on for goal in current)
        prepared.append(
            prepare_ratings(
                catalogue.get(found.instrument, found.version),
                found,
                current,
                levels,
                measured_on=agreed_on,
                rater=Respondent.TOGETHER,
                comments={},
                idempotency_key=f"goals of {found.public_id} {found.revision + 1}",
                body_digest=digest_body(levels, agreed_on),
            )
        )
    store(session, catalogue, actor, prepared, at, action="rate_goals")
