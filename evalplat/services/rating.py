"""Rating goals: the levels attained at one administration, stored like an answer sheet and scored as T."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.goals import GoalRating, score_goals
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.requests import GoalRatings
from evalplat.services.storing import (
    AnswersConflict,
    Prepared,
    digest_body,
    receipts_of,
    set_aside,
    store,
    view_of,
)
from evalplat.services.views import Receipt
from evalplat.storage import goals, sheets
from evalplat.storage.sheets import Planned
from evalplat.storage.tables import Goal
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Respondent, Role

LOWEST, HIGHEST = -2, 2
LONGEST_COMMENT = 2000
LONGEST_REASON = 500


def rate_many(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[GoalRatings],
    at: datetime,
) -> list[Receipt]:
    """Rate the goals of many administrations in one go; all or none."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    planned = sheets.find_planned(session, {r.administration_id for r in requests}, lock=True)
    for request in requests:
        if request.administration_id not in planned:
            raise NotFound(Message("There is no such administration."))
    keys = {r.idempotency_key for r in requests if planned[r.administration_id].revision}
    known = sheets.find_sheets_by_key(session, keys)
    new, repeated = [], []
    for request in requests:
        found = planned[request.administration_id]
        sheet = known.get(request.idempotency_key)
        if sheet is not None:
            if sheet.administration_id != found.id or sheet.body_digest != _digest(request):
                raise _conflict(session, actor, found, request, at)
            repeated.append((found, sheet))
            continue
        if found.status in (AdministrationStatus.CLOSED, AdministrationStatus.NOT_APPLICABLE):
            raise Conflict(Message("This measurement is closed, and takes no answers any more."))
        if found.revision != request.base_revision:
            raise _conflict(session, actor, found, request, at)
        new.append(request)
    if len({request.administration_id for request in new}) < len(new):
        raise Conflict(Message("The same administration stands in the list twice."))
    prepared = _prepare(session, catalogue, planned, new, len(requests) > 1, at)
    stored = store(session, catalogue, actor, prepared, at, action="rate_goals")
    done = {sheet.idempotency_key: r for sheet, r in zip(prepared, stored, strict=True)}
    done.update(receipts_of(session, repeated))
    return [done[request.idempotency_key] for request in requests]


def prepare_ratings(
    definition: Instrument,
    planned: Planned,
    goals_: Sequence[Goal],
    levels: Mapping[str, int],
    *,
    measured_on: date,
    rater: Respondent,
    comments: Mapping[str, str],
    idempotency_key: str,
    body_digest: str,
    client_levels: Mapping[str, int] | None = None,
    worker_levels: Mapping[str, int] | None = None,
    reason: str = "",
) -> Prepared:
    """Checked levels of an episode's goals as a sheet; a goal without a level makes the score partial."""
    scores = score_goals(
        definition,
        [
            GoalRating(
                goal.public_id, levels.get(goal.public_id), goal.importance * goal.difficulty
            )
            for goal in goals_
        ],
    )
    return Prepared(
        planned=planned,
        definition=definition,
        answers=json.dumps(dict(levels)),
        body_digest=body_digest,
        idempotency_key=idempotency_key,
        measured_on=measured_on,
        language="",
        mode=planned.mode,
        respondent=rater,
        answered_with="",
        reason=reason,
        scores=scores,
        ratings=tuple(
            {
                "goal_id": goal.id,
                "level": levels[goal.public_id],
                "rated_on": measured_on,
                "rater": rater,
                "comment": comments.get(goal.public_id, "").strip(),
                "client_level": (client_levels or {}).get(goal.public_id),
                "worker_level": (worker_levels or {}).get(goal.public_id),
            }
            for goal in goals_
            if goal.public_id in levels
        ),
    )


def _digest(request: GoalRatings) -> str:
    apart = [sorted(levels.items()) for levels in (request.client_levels, request.worker_levels)]
    return digest_body(
        request.ratings,
        request.measured_on,
        request.rater,
        sorted(request.comments.items()),
        *(apart if any(apart) else ()),
        *([request.reason] if request.reason else ()),
    )


def _conflict(
    session: Session, actor: Actor, planned: Planned, request: GoalRatings, at: datetime
) -> Conflict:
    latest = sheets.find_latest_sheet(session, planned.id)
    if latest is None:
        return Conflict(
            Message("These answers carry the key of another sheet. Open the page again.")
        )
    offered: dict[str, object] = {**request.ratings, "comments": dict(request.comments)}
    set_aside(
        session,
        actor,
        planned,
        key=request.idempotency_key[:100],
        digest=_digest(request),
        raw=offered,
        at=at,
    )
    scores = sheets.list_scores(session, [planned.id]).get((planned.id, latest.revision), ())
    return AnswersConflict(
        Message(
            "Other answers are stored already (revision %(revision)s). Both are kept: the stored ones are valid, and "
            "yours are set aside.",
            revision=latest.revision,
        ),
        stored=view_of(latest, planned, scores),
        offered=offered,
    )


def _prepare(
    session: Session,
    catalogue: Catalogue,
    planned: Mapping[str, Planned],
    requests: Sequence[GoalRatings],
    many: bool,
    at: datetime,
) -> list[Prepared]:
    from evalplat.services.answers import find_date_faults

    episodes = {planned[r.administration_id].episode_id for r in requests}
    known = goals.list_goals(session, episodes)
    baselines = sheets.list_measured_before(session, episodes, MeasurementPoint.BASELINE)
    faults: list[Fault] = []
    prepared = []
    for place, request in enumerate(requests, start=1):
        found = planned[request.administration_id]
        definition = catalogue.get(found.instrument, found.version)
        every = known.get(found.episode_id, [])
        replaced = {goal.replaces_id for goal in every}
        current = [goal for goal in every if goal.id not in replaced]
        baseline = baselines.get((found.episode_id, found.instrument, found.respondent))
        if found.point is MeasurementPoint.BASELINE:
            baseline = None
        wrong = [
            *find_date_faults(found, request.measured_on, baseline, at),
            *_find_faults(definition, current, request),
        ]
        prefix = f"rating {place}: " if many else ""
        faults.extend(Fault(prefix + fault.where, fault.message) for fault in wrong)
        if not faults:
            prepared.append(
                prepare_ratings(
                    definition,
                    found,
                    current,
                    request.ratings,
                    measured_on=request.measured_on,
                    rater=request.rater,
                    comments=request.comments,
                    idempotency_key=request.idempotency_key,
                    body_digest=_digest(request),
                    client_levels=request.client_levels,
                    worker_levels=request.worker_levels,
                    reason=request.reason.strip(),
                )
            )
    if faults:
        raise InputRejected(Message("The goals were not rated."), faults)
    return prepared


def _find_faults(
    definition: Instrument, current: Sequence[Goal], request: GoalRatings
) -> list[Fault]:
    if definition.kind != "goals":
        return [
            Fault(
                "administration_id",
                Message("%(instrument)s is not rated by goals.", instrument=definition.key),
            )
        ]
    faults = []
    ids = {goal.public_id for goal in current}
    if not request.ratings:
        faults.append(Fault("ratings", Message("Rate at least one goal.")))
    given = [*request.ratings.items(), *request.client_levels.items()]
    for goal_id, level in [*given, *request.worker_levels.items()]:
        if goal_id not in ids:
            faults.append(Fault(goal_id[:40], Message("There is no such goal in this episode.")))
        elif (
            not isinstance(level, int) or isinstance(level, bool) or not LOWEST <= level <= HIGHEST
        ):
            faults.append(
                Fault(
                    goal_id,
                    Message("%(value)s is not a level from -2 to +2.", value=str(level)[:20]),
                )
            )
    for goal_id, comment in request.comments.items():
        if len(comment) > LONGEST_COMMENT:
            faults.append(
                Fault(goal_id[:40], Message("Give a comment of at most 2,000 characters."))
            )
    for goal_id in dict.fromkeys([*request.client_levels, *request.worker_levels]):
        if goal_id not in request.ratings:
            text = Message("Choose the level that counts as well, beside what each of you saw.")
            faults.append(Fault(goal_id[:40], text))
    if request.base_revision and not 1 <= len(request.reason.strip()) <= LONGEST_REASON:
        text = Message("Say why the ratings are corrected, in 1 to 500 characters.")
        faults.append(Fault("reason", text))
    if not 8 <= len(request.idempotency_key) <= 100:
        faults.append(Fault("idempotency_key", Message("Give a key of 8 to 100 characters.")))
    return faults
