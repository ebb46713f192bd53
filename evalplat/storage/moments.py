"""What the sums over pairs are made from, and the sums themselves, as rows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select
from sqlalchemy.orm import Session

from evalplat.storage.access import connection_of, scope_of
from evalplat.storage.conditions import shared_condition
from evalplat.storage.rows import chunks, put_rows, read_rows
from evalplat.storage.tables import (
    Administration,
    Client,
    Episode,
    EpisodeCounts,
    MomentsState,
    Municipality,
    PairMoments,
    Provider,
    Score,
)
from evalplat.vocabulary import MeasurementPoint

LAYOUT = 1
"""The way in which the sums are kept; another one is counted again before it is read."""

COUNTS_KEY = ("provider_id", "instrument", "from_point", "to_point", "month", "version")
CELL_KEY = ("provider_id", "instrument", "version", "scale", "from_point", "to_point", "month")
REASONS = (
    "other_version",
    "baseline_not_assessable",
    "end_not_assessable",
    "end_before_baseline",
)
CHANGES = ("improved", "unchanged", "deteriorated")
CELL_COUNTS = ("n", *REASONS, *CHANGES)
CELL_SUMS = ("reference", "columns", "triangle")

_MEASURED = (
    select(
        Administration.episode_id,
        Administration.instrument,
        Administration.respondent,
        Administration.point,
        Administration.version,
        Administration.measured_on,
        Administration.answered_mode,
        Administration.assistance,
        Administration.wording,
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
_ONE_MEASURED = _MEASURED.where(
    Administration.episode_id == bindparam("episode"),
    Administration.instrument == bindparam("instrument"),
)
_MANY_MEASURED = _MEASURED.where(
    Administration.episode_id.in_(bindparam("episodes", expanding=True)),
    Administration.instrument.in_(bindparam("instruments", expanding=True)),
)
_CLIENTS = (
    select(
        Episode.id,
        Episode.opened_on,
        Episode.value_cents,
        Client.birth_year,
        Client.sex,
        Client.language,
        Municipality.sub_region,
        Episode.living_situation,
        Episode.employment,
    )
    .join(Client, Client.id == Episode.client_id)
    .join(Municipality, Municipality.code == Episode.municipality)
    .execution_options(evalplat_tables=(Episode, Client))
)
_ONE_CLIENT = _CLIENTS.where(Episode.id == bindparam("episode"))
_MANY_CLIENTS = _CLIENTS.where(Episode.id.in_(bindparam("episodes", expanding=True)))
_LEFT_OUT = (
    select(Episode.id)
    .join(Client, Client.id == Episode.client_id)
    .where(Episode.id.in_(bindparam("episodes", expanding=True)), ~Client.counted)
    .execution_options(evalplat_tables=(Episode, Client))
)
_CELLS = select(
    *(getattr(PairMoments, name) for name in (*CELL_KEY, *CELL_COUNTS, *CELL_SUMS))
).execution_options(evalplat_tables=(PairMoments,))
_ONE_MONTH = _CELLS.where(
    PairMoments.provider_id == bindparam("one_provider"),
    PairMoments.instrument == bindparam("instrument"),
    PairMoments.to_point == bindparam("to_point"),
    PairMoments.month == bindparam("month"),
)
_MANY_MONTHS = _CELLS.where(
    PairMoments.provider_id == bindparam("one_provider"),
    PairMoments.instrument.in_(bindparam("instruments", expanding=True)),
    PairMoments.month.in_(bindparam("months", expanding=True)),
)


def list_measured(
    session: Session, episodes: Collection[int], instruments: Collection[str]
) -> Iterator[Any]:
    """Scores of the latest revisions, one row per scale.

    (episode, instrument, respondent, point, version, measured on, mode, assistance, wording, scale, value).
    """
    if len(episodes) == len(instruments) == 1:
        wanted = {"episode": next(iter(episodes)), "instrument": next(iter(instruments))}
        yield from read_rows(session, _ONE_MEASURED, wanted)
        return
    for chunk in chunks(sorted(episodes)):
        values = {"episodes": chunk, "instruments": list(instruments)}
        yield from read_rows(session, _MANY_MEASURED, values)


def list_clients(session: Session, episodes: Collection[int]) -> Iterator[Any]:
    """What the clients of episodes brought along at the opening, one row per episode.

    (episode, opened on, value in cents, birth year, sex, language, sub-region, living situation, employment).
    """
    if len(episodes) == 1:
        yield from read_rows(session, _ONE_CLIENT, {"episode": next(iter(episodes))})
        return
    for chunk in chunks(sorted(episodes)):
        yield from read_rows(session, _MANY_CLIENTS, {"episodes": chunk})


def list_opened(session: Session) -> list[Any]:
    """(episode, provider, opened on) of every episode whose client is counted, in order of opening."""
    query = (
        select(Episode.id, Episode.provider_id, Episode.opened_on)
        .join(Client, Client.id == Episode.client_id)
        .where(Client.counted)
    )
    return list(session.execute(query.order_by(Episode.opened_on, Episode.id)).all())


def list_of_client(session: Session, client: int) -> list[Any]:
    """(episode, provider, opened on) of one client's episodes, locked until the transaction ends."""
    query = (
        select(Episode.id, Episode.provider_id, Episode.opened_on)
        .where(Episode.client_id == client)
        .order_by(Episode.id)
        .with_for_update()
    )
    return list(session.execute(query).all())


def list_left_out(session: Session, episodes: Collection[int]) -> set[int]:
    """Those of these episodes whose clients are not counted, as it stands now."""
    found: set[int] = set()
    for chunk in chunks(sorted(episodes)):
        found.update(row.id for row in read_rows(session, _LEFT_OUT, {"episodes": chunk}))
    return found


def list_planned(session: Session, episodes: Collection[int]) -> list[Any]:
    """(episode, instrument, version, respondent, point) of everything that these episodes plan."""
    found: list[Any] = []
    for chunk in chunks(sorted(episodes)):
        query = select(
            Administration.episode_id,
            Administration.instrument,
            Administration.version,
            Administration.respondent,
            Administration.point,
        ).where(Administration.episode_id.in_(chunk))
        found.extend(session.execute(query))
    return found


_LOCK = select(Provider.id).order_by(Provider.id).with_for_update(key_share=True)
_LOCK_SOME = _LOCK.where(Provider.id.in_(bindparam("wanted", expanding=True)))


def lock_sums(session: Session, providers: Collection[int] | None = None) -> None:
    """Let nobody else change the sums of these providers (or of all) until the transaction ends.

    Two writers of one cell come one after the other, and so do a writer and a new count of everything. The providers'
    rows are taken in order of their keys, so that two writers do not wait for each other. SQLite has one writer anyway.
    """
    if connection_of(session).dialect.name == "sqlite":
        return
    if providers is None:
        connection_of(session).execute(_LOCK).all()
    else:
        connection_of(session).execute(_LOCK_SOME, {"wanted": sorted(providers)}).all()


def list_cells(session: Session, keys: Collection[tuple[Any, ...]]) -> dict[tuple[Any, ...], Any]:
    """The stored cells of these keys (in the order of `CELL_KEY`), by key."""
    by_provider: dict[int, list[tuple[Any, ...]]] = {}
    for key in keys:
        by_provider.setdefault(key[0], []).append(key)
    found: dict[tuple[Any, ...], Any] = {}
    for provider, own in by_provider.items():
        instruments, months = {key[1] for key in own}, {key[6] for key in own}
        to_points = {key[5] for key in own}
        values: dict[str, Any] = {"one_provider": provider}
        if len(instruments) == len(months) == len(to_points) == 1:
            values |= {"instrument": own[0][1], "month": own[0][6], "to_point": own[0][5]}
            rows = read_rows(session, _ONE_MONTH, values)
        else:
            values |= {"instruments": list(instruments), "months": list(months)}
            rows = read_rows(session, _MANY_MONTHS, values)
        wanted = set(own)
        found.update((key, row) for row in rows if (key := tuple(row[:7])) in wanted)
    return found


def put_cells(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write cells over those that are stored, in the order of their keys."""
    put_rows(session, PairMoments, rows, replace=(*CELL_COUNTS, *CELL_SUMS))


def add_counts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to the counts of episodes; a row that nothing is left of goes. The caller holds `lock_sums`."""
    put_rows(session, EpisodeCounts, rows, add=("n",))
    lowered = [{name: row[name] for name in COUNTS_KEY} for row in rows if row["n"] < 0]
    if lowered:
        scope = scope_of(session)
        connection_of(session).execute(
            _forget_nothing(scope.kind),
            [{f"own_{name}": value for name, value in key.items()} | scope.keys for key in lowered],
        )


@cache
def _forget_nothing(kind: str) -> Any:
    """Delete a row of counts by its key, if it counts nobody and is in reach."""
    table = EpisodeCounts.__table__
    own = (table.c[name] == bindparam(f"own_{name}") for name in COUNTS_KEY)
    statement = delete(EpisodeCounts).where(*own, table.c.n == 0)
    condition = shared_condition(kind, EpisodeCounts)
    return statement if condition is None else statement.where(condition)


def clear_sums(session: Session) -> None:
    """Take every sum and count away, to build them again."""
    for model in (PairMoments, EpisodeCounts):
        session.execute(delete(model).execution_options(synchronize_session=False))


def is_counted(session: Session) -> bool:
    """Whether the sums were counted in the way this program reads them."""
    return session.scalar(select(MomentsState.layout).where(MomentsState.id == 1)) == LAYOUT


def set_counted(session: Session) -> None:
    """Say that the sums are complete."""
    put_rows(session, MomentsState, [{"id": 1, "layout": LAYOUT}], replace=("layout",))


def list_providers(session: Session, public_ids: Collection[str] = ()) -> list[Any]:
    """(key, name) of every provider, or of these, by name."""
    query = select(Provider.id, Provider.name).order_by(Provider.name)
    if public_ids:
        query = query.where(Provider.public_id.in_(public_ids))
    return list(session.execute(query).all())


def list_counts(
    session: Session,
    *,
    instrument: str,
    points: tuple[MeasurementPoint, MeasurementPoint],
    months: tuple[int, int],
) -> list[Any]:
    """(provider, version, episodes) over the months, both ends included."""
    table = EpisodeCounts
    query = (
        select(table.provider_id, table.version, func.sum(table.n))
        .where(
            table.instrument == instrument,
            table.to_point == points[1],
            table.from_point == points[0],
            table.month.between(*months),
        )
        .group_by(table.provider_id, table.version)
    )
    return list(session.execute(query).all())


def list_scale_cells(
    session: Session,
    *,
    instrument: str,
    version: str,
    scale: str,
    points: tuple[MeasurementPoint, MeasurementPoint],
    months: tuple[int, int],
) -> list[Any]:
    """(provider, the counts in order of `CELL_COUNTS`, columns, triangle) of one scale's cells over the months."""
    table = PairMoments
    query = select(
        table.provider_id,
        *(getattr(table, name) for name in CELL_COUNTS),
        table.columns,
        table.triangle,
    ).where(
        table.instrument == instrument,
        table.version == version,
        table.scale == scale,
        table.to_point == points[1],
        table.from_point == points[0],
        table.month.between(*months),
    )
    return list(session.execute(query).all())
