"""What an export of sheets reads: episodes in order, and of some at a time the measurements, answers and scores.

Statements that name answers are never sent for those who read scores only.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks, read_rows
from evalplat.storage.tables import (
    Administration,
    Client,
    Episode,
    Goal,
    GoalRating,
    Provider,
    Score,
    Sheet,
    Voucher,
)
from evalplat.storage.words import hold_for, open_row

_WANTED: BindParameter[int] = bindparam("wanted", expanding=True)
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)

_MEASUREMENTS = (
    select(
        Administration.id,
        Administration.public_id,
        Administration.episode_id,
        Administration.instrument,
        Administration.version,
        Administration.point,
        Administration.respondent,
        Administration.status,
        Administration.closing_reason,
        Administration.revision,
        Administration.measured_on,
        Administration.answered_mode,
        Administration.assistance,
        Administration.wording,
        Administration.shown_wording,
    )
    .where(Administration.episode_id.in_(_WANTED), Administration.instrument.in_(_KEYS))
    .order_by(Administration.episode_id, Administration.due_from, Administration.id)
    .execution_options(evalplat_tables=(Administration,))
)
_SHEETS = (
    select(
        Sheet.administration_id,
        Sheet.revision,
        Sheet.answers,
        Sheet.measured_on,
        Sheet.respondent,
        Sheet.mode,
        Sheet.client_id,
        Sheet.sealed_words,
        Sheet.language,
        Sheet.shown_wording,
    )
    .where(Sheet.administration_id.in_(_WANTED))
    .order_by(Sheet.administration_id, Sheet.revision)
    .execution_options(evalplat_tables=(Sheet,))
)
_SCORES = (
    select(
        Score.administration_id,
        Score.revision,
        Score.scale,
        Score.value,
        Score.status,
        Score.reason,
        Score.items_used,
        Score.items_missing,
        Score.items_not_applicable,
        Score.variant,
    )
    .where(Score.administration_id.in_(_WANTED))
    .order_by(Score.administration_id, Score.revision)
    .execution_options(evalplat_tables=(Score,))
)
_GOALS = (
    select(
        Goal.episode_id,
        Goal.id,
        Goal.public_id,
        Goal.client_id,
        Goal.sealed_words,
        Goal.baseline_level,
        Goal.importance,
        Goal.difficulty,
        Goal.agreed_on,
        Goal.target_date,
        Goal.replaces_id,
    )
    .where(Goal.episode_id.in_(_WANTED))
    .order_by(Goal.episode_id, Goal.id)
    .execution_options(evalplat_tables=(Goal,))
)
_RATINGS = (
    select(
        GoalRating.administration_id,
        GoalRating.revision,
        GoalRating.goal_id,
        GoalRating.level,
        GoalRating.client_level,
        GoalRating.worker_level,
        GoalRating.client_id,
        GoalRating.sealed_words,
    )
    .where(GoalRating.administration_id.in_(_WANTED))
    .order_by(GoalRating.administration_id, GoalRating.revision, GoalRating.goal_id)
    .execution_options(evalplat_tables=(GoalRating,))
)
_GOAL_COUNTS = (
    select(Goal.episode_id, func.count())
    .where(Goal.episode_id.in_(_WANTED))
    .group_by(Goal.episode_id)
    .execution_options(evalplat_tables=(Goal,))
)


def list_episodes(
    session: Session,
    *,
    instruments: Sequence[str],
    period_from: date | None,
    period_until: date | None,
    providers: Collection[str],
    with_vouchers: bool,
    counted_only: bool,
) -> list[Any]:
    """Episodes opened in a period that plan one of the instruments, by provider's name, day and key.

    Clients whose data is restricted are left out; with `counted_only` those too who do not want to be compared.

    Columns: id, public_id, client_id, provider, opened_on, closed_on, closing_reason, voucher (empty without vouchers).
    """
    query: Any = select(
        Episode.id,
        Episode.public_id,
        Client.public_id.label("client_id"),
        Provider.name.label("provider"),
        Episode.opened_on,
        Episode.closed_on,
        Episode.closing_reason,
    ).select_from(Administration)
    query = (
        query.join(Episode, Episode.id == Administration.episode_id)
        .join(Client, Client.id == Episode.client_id)
        .join(Provider, Provider.id == Episode.provider_id)
    )
    if with_vouchers:
        query = query.add_columns(Voucher.number.label("voucher")).join(
            Voucher, Voucher.id == Episode.voucher_id
        )
    query = query.where(Administration.instrument.in_(instruments), Client.restricted_at.is_(None))
    if counted_only:
        query = query.where(Client.counted)
    if period_from is not None:
        query = query.where(Episode.opened_on >= period_from)
    if period_until is not None:
        query = query.where(Episode.opened_on <= period_until)
    if providers:
        query = query.where(Provider.public_id.in_(providers))
    order = (Provider.name, Episode.opened_on, Episode.id)
    return list(session.execute(query.distinct().order_by(*order)))


def list_measurements(
    session: Session, episodes: Collection[int], instruments: Sequence[str]
) -> Iterator[Any]:
    """What is planned for these episodes, in order of time."""
    for chunk in chunks(episodes):
        yield from read_rows(session, _MEASUREMENTS, {"wanted": chunk, "keys": list(instruments)})


def list_sheets(session: Session, administrations: Collection[int]) -> Iterator[Any]:
    """Every revision of these administrations' sheets, the first one first."""
    return _worded(session, Sheet, _SHEETS, administrations)


def list_scores(session: Session, administrations: Collection[int]) -> Iterator[Any]:
    """The scores of every revision."""
    return _read(session, _SCORES, administrations)


def list_goals(session: Session, episodes: Collection[int]) -> Iterator[Any]:
    """The goals of these episodes, in the order they were agreed."""
    return _worded(session, Goal, _GOALS, episodes)


def count_goals(session: Session, episodes: Collection[int]) -> int:
    """How many goals the episode with most of them has."""
    return max((count for _, count in _read(session, _GOAL_COUNTS, episodes)), default=0)


def list_ratings(session: Session, administrations: Collection[int]) -> Iterator[Any]:
    """The ratings of every revision."""
    return _worded(session, GoalRating, _RATINGS, administrations)


def _worded(session: Session, model: Any, statement: Any, wanted: Collection[int]) -> Iterator[Any]:
    """Rows with their words, opened, beside their columns."""
    for chunk in chunks(wanted):
        rows = read_rows(session, statement, {"wanted": chunk}).all()
        hold_for(session, rows)
        for row in rows:
            yield SimpleNamespace(**row._mapping, **open_row(session, model, row._mapping))


def _read(session: Session, statement: Any, wanted: Collection[int]) -> Iterator[Any]:
    for chunk in chunks(wanted):
        yield from read_rows(session, statement, {"wanted": chunk})
