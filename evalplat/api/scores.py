"""Scores out: of one administration, and over an episode as the client's course."""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from evalplat.api.operations import Call, operation
from evalplat.api.parts import Told
from evalplat.errors import Message
from evalplat.language import pick_words, say
from evalplat.scoring.results import ScaleScore
from evalplat.services.courses import ScaleCourse, client_course
from evalplat.services.sent_sheets import get_stored_scores
from evalplat.vocabulary import Direction, MeasurementPoint, Respondent, ScoreStatus, TokenScope

FOR_GROUPS = "Empty for an instrument that is for groups only: it is counted, and no score of one person is told."


class Score(Told):
    """The score of one scale, unrounded. `value` is null where it cannot be assessed; `reason` says why."""

    scale: str
    value: float | None
    status: ScoreStatus
    reason: str
    items_used: int
    items_missing: int
    items_not_applicable: int
    variant: str


class AdministrationScores(Told):
    """The scores of the latest revision; revision 0 and none before the first sheet."""

    administration_id: str
    revision: int
    measured_on: date | None
    scores: tuple[Score, ...] = Field(description=FOR_GROUPS)


class CoursePoint(Told):
    """One measurement of one scale."""

    point: MeasurementPoint
    measured_on: date
    value: float | None
    status: ScoreStatus
    version: str
    answered_by: Respondent


class CourseScale(Told):
    """One scale over an episode. `change` is last minus first in the scale's own direction."""

    instrument: str
    scale: str
    title: str
    respondent: Respondent
    direction: Direction | None
    minimum: float | None
    maximum: float | None
    decimals: int
    points: tuple[CoursePoint, ...]
    change: float | None
    change_status: str = Field(
        description="improved, unchanged, deteriorated (by the reliable change index) or not_assessable"
    )
    change_reason: str = Field(description="Why it is not assessed, in words; else empty.")


class Course(Told):
    """A client's episode in measurements. Names and the words of goals are not told."""

    episode_id: str
    opened_on: date
    closed_on: date | None
    scales: tuple[CourseScale, ...]


def make_scores(scores: Iterable[ScaleScore]) -> tuple[Score, ...]:
    """Scores as the interface tells them, by the name of their scale, so that a receipt is always the same."""
    return tuple(
        Score(
            scale=score.scale,
            value=score.value,
            status=score.status,
            reason=score.reason,
            items_used=score.items_used,
            items_missing=score.items_missing,
            items_not_applicable=score.items_not_applicable,
            variant=score.variant,
        )
        for score in sorted(scores, key=lambda one: one.scale)
    )


@operation(
    "GET", "/administrations/{administration_id}/scores", scope=TokenScope.SCORES_READ,
    tag="Results", answer=AdministrationScores, refusals=(404,),
    summary="Read the scores of an administration",
)  # fmt: skip
def show_scores(call: Call, administration_id: str) -> AdministrationScores:
    """The scores of the latest revision of the sheet, with what each rests on."""
    with call.wiring.reading(call.actor) as session:
        found = get_stored_scores(
            session, call.wiring.catalogue, call.actor, administration_id=administration_id
        )
    return AdministrationScores(
        administration_id=found.administration_id,
        revision=found.revision,
        measured_on=found.measured_on,
        scores=make_scores(found.scores),
    )


@operation(
    "GET", "/episodes/{episode_id}/course", scope=TokenScope.SCORES_READ, tag="Results",
    answer=Course, refusals=(404,), summary="Read a client's course",
)  # fmt: skip
def show_course(call: Call, episode_id: str) -> Course:
    """Every scale of one episode with its score at each point, and whether the change is more than chance."""
    with call.wiring.reading(call.actor) as session:
        found = client_course(session, call.wiring.catalogue, call.actor, episode_id=episode_id)
    return Course(
        episode_id=found.episode_id,
        opened_on=found.opened_on,
        closed_on=found.closed_on,
        scales=tuple(_make_scale(scale, call.language) for scale in found.scales),
    )


def _make_scale(scale: ScaleCourse, language: str) -> CourseScale:
    return CourseScale(
        instrument=scale.instrument,
        scale=scale.scale,
        title=pick_words(scale.scale_titles, language) or scale.scale,
        respondent=scale.respondent,
        direction=scale.direction,
        minimum=scale.minimum,
        maximum=scale.maximum,
        decimals=scale.decimals,
        points=tuple(
            CoursePoint(
                point=point.point,
                measured_on=point.measured_on,
                value=point.value,
                status=point.status,
                version=point.version,
                answered_by=point.answered_by,
            )
            for point in scale.points
        ),
        change=scale.change,
        change_status=scale.change_status,
        change_reason=say(Message(scale.change_reason), language) if scale.change_reason else "",
    )
