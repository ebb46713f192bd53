"""What the moments of pairs are made from, and the moments themselves, as rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, select
from sqlalchemy.orm import Session

from evalplat.storage.rows import chunks, put_rows, read_rows
from evalplat.storage.tables import Administration, Episode, PairMoments, Score

SUMS = ("n", "sum_x", "sum_y", "sum_xx", "sum_yy", "sum_xy")


_MEASURED = (
    select(
        Administration.episode_id,
        Administration.instrument,
        Administration.respondent,
        Administration.point,
        Administration.version,
        Administration.measured_on,
        Score.scale,
        Score.value,
    )
    .join(
        Score,
        and_(
            Score.administration_id == Administration.id,
            Score.revision == Administration.revision,
        ),
    )
    .execution_options(evalplat_tables=(Administration, Score))
)
_ONE = _MEASURED.where(
    Administration.episode_id == bindparam("episode"),
    Administration.instrument == bindparam("instrument"),
)
_MANY = _MEASURED.where(
    Administration.episode_id.in_(bindparam("episodes", expanding=True)),
    Administration.instrument.in_(bindparam("instruments", expanding=True)),
)


def list_measured(
    session: Session, episodes: Collection[int], instruments: Collection[str]
) -> Iterator[Any]:
    """Scores of the latest revisions: (episode, instrument, respondent, point, version, measured on, scale, value)."""
    if len(episodes) == len(instruments) == 1:
        wanted = {"episode": next(iter(episodes)), "instrument": next(iter(instruments))}
        yield from read_rows(session, _ONE, wanted)
        return
    for chunk in chunks(sorted(episodes)):
        yield from read_rows(session, _MANY, {"episodes": chunk, "instruments": list(instruments)})


def list_opened(session: Session) -> list[Any]:
    """(episode, provider, opened on) of every episode."""
    return list(session.execute(select(Episode.id, Episode.provider_id, Episode.opened_on)).all())


def add_moments(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to the sums, in the order of their keys so that two writers do not wait for each other."""
    table: Any = PairMoments.__table__
    keys = [column.name for column in table.primary_key.columns]
    ordered = sorted(rows, key=lambda row: tuple(str(row[name]) for name in keys))
    put_rows(session, PairMoments, ordered, add=SUMS)


def clear_moments(session: Session) -> None:
    """Take every sum away, to build them again."""
    session.execute(delete(PairMoments).execution_options(synchronize_session=False))
