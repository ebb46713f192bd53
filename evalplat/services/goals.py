"""Goals: agreed with the client, rated at later points, never rescaled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.errors import Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.goals import GoalDraft, check_goal
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.agreeing import agree_many as agree_many
from evalplat.services.rating import rate_many as rate_many
from evalplat.services.requests import GoalAgreement, GoalRatings
from evalplat.services.requests import GoalRequest as GoalRequest
from evalplat.services.views import GoalRatingView, Receipt
from evalplat.services.views import GoalView as GoalView
from evalplat.storage import audit, goals
from evalplat.storage.lookers import find_client
from evalplat.storage.tables import Episode, Goal
from evalplat.vocabulary import Respondent, Role


def agree_goals(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    goals: Sequence[GoalRequest],
    at: datetime,
) -> tuple[GoalView, ...]:
    """Store goals; what is poorly worded comes back as `GoalView.warnings` and blocks nothing.

    The baseline administration of the goal instrument is answered from the baseline levels. Gives back every goal of
    the episode. Raises InputRejected with every fault (no title, not five levels, level outside -2 … +2, more than ten
    goals), Conflict when the episode is closed, NotFound.
    """
    agree_many(session, catalogue, actor, [GoalAgreement(episode_id, tuple(goals))], at)
    session.expire_all()
    return goals_of(session, catalogue, _get_episode(session, episode_id))


def find_warnings(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    goal: GoalRequest,
) -> tuple[Message, ...]:
    """What is worth a second look in a goal that is about to be agreed; it blocks nothing. Raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    episode = _get_episode(session, episode_id)
    definition = next((d for d in catalogue.latest() if d.kind == "goals"), None)
    return tuple(_warn(goal, episode, definition)) if definition else ()


def list_goals(
    session: Session, catalogue: Catalogue, actor: Actor, *, episode_id: str
) -> tuple[GoalView, ...]:
    """The goals of an episode with their ratings, in the order they were agreed."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER, client=True)
    episode = _get_episode(session, episode_id)
    client = find_client(session, episode.client_id)
    audit.record(session, "read_goals", "episode", episode_id, [client] if client else [])
    return goals_of(session, catalogue, episode)


def rate_goals(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    ratings: Mapping[str, int],
    measured_on: date,
    rater: Respondent = Respondent.TOGETHER,
    comments: Mapping[str, str] | None = None,
    idempotency_key: str,
    base_revision: int = 0,
    client_levels: Mapping[str, int] | None = None,
    worker_levels: Mapping[str, int] | None = None,
    reason: str = "",
    at: datetime,
) -> Receipt:
    """Rate the episode's goals at one administration and score them; idempotent like `submit_answers`.

    With a `base_revision` it is a correction of that revision, which stays, and needs a `reason`.
    """
    request = GoalRatings(
        administration_id=administration_id,
        ratings=ratings,
        measured_on=measured_on,
        idempotency_key=idempotency_key,
        rater=rater,
        comments=comments or {},
        base_revision=base_revision,
        client_levels=client_levels or {},
        worker_levels=worker_levels or {},
        reason=reason,
    )
    return rate_many(session, catalogue, actor, [request], at)[0]


def goals_of(session: Session, catalogue: Catalogue, episode: Episode) -> tuple[GoalView, ...]:
    """The goals of one episode as they are handed out."""
    stored = goals.list_goals(session, [episode.id]).get(episode.id, [])
    if not stored:
        return ()
    ratings: dict[int, list[GoalRatingView]] = {}
    for rating, administration_id, point in goals.list_ratings(session, episode.id):
        ratings.setdefault(rating.goal_id, []).append(
            GoalRatingView(
                administration_id,
                point,
                rating.level,
                rating.rated_on,
                rating.rater,
                rating.comment,
                rating.client_level,
                rating.worker_level,
            )
        )
    definition = next((d for d in catalogue.latest() if d.kind == "goals"), None)
    public_ids = {goal.id: goal.public_id for goal in stored}
    replaced = {goal.replaces_id for goal in stored}
    return tuple(
        _view(
            goal,
            episode,
            replaces=public_ids.get(goal.replaces_id or 0),
            replaced=goal.id in replaced,
            ratings=ratings.get(goal.id, []),
            definition=definition,
        )
        for goal in stored
    )


def _get_episode(session: Session, episode_id: str) -> Episode:
    episode = goals.find_episode(session, episode_id)
    if episode is None:
        raise NotFound(Message("There is no such episode."))
    return episode


def _view(
    goal: Goal,
    episode: Episode,
    *,
    replaces: str | None,
    replaced: bool,
    ratings: Sequence[GoalRatingView],
    definition: Instrument | None,
) -> GoalView:
    return GoalView(
        id=goal.public_id,
        episode_id=episode.public_id,
        title=goal.title,
        own_words=goal.own_words,
        indicator=goal.indicator,
        icf=tuple(goal.icf),
        levels=tuple(goal.levels),
        baseline_level=goal.baseline_level,
        target_date=goal.target_date,
        importance=goal.importance,
        difficulty=goal.difficulty,
        weight=goal.importance * goal.difficulty,
        agreed_on=goal.agreed_on,
        agreed_with=goal.agreed_with,
        replaces=replaces,
        replaced=replaced,
        ratings=tuple(ratings),
        warnings=tuple(_warn(goal, episode, definition)) if definition else (),
        plan_goal=goal.plan_goal,
    )


def _warn(goal: Goal | GoalRequest, episode: Episode, definition: Instrument) -> list[Message]:
    draft = GoalDraft(
        name=goal.title,
        levels=dict(zip(range(-2, 3), goal.levels, strict=True)),
        baseline_level=goal.baseline_level,
        own_words=goal.own_words,
        indicator=goal.indicator,
        icf=tuple(goal.icf),
        target_date=goal.target_date,
        importance=goal.importance,
        difficulty=goal.difficulty,
        plan_goal=goal.plan_goal,
    )
    return check_goal(
        definition, draft, opened_on=episode.opened_on, planned_end=episode.planned_end
    )
