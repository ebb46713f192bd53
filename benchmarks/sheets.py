"""Sheets submitted one by one through services on SQLite, against the bare writing of the very same rows.

Both sides write, for each sheet of WHODAS 2.0 with 36 items: the sheet, its scores, one line of the access log, the
count of episodes for a baseline and, for an end, which completes a pair, the moments; and commit, with
synchronous=FULL. The services also check who asks, lock, validate, score, look for the pair, add it to the moments that
are stored, and keep drafts and states in order.
"""

import random
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from benchmarks.ratio import Ratio
from evalplat.config import Settings, sqlite_url
from evalplat.instruments.catalogue import load_catalogue
from evalplat.services.accounts import create_account
from evalplat.services.actors import Actor
from evalplat.services.answers import submit_answers
from evalplat.services.episodes import open_episodes
from evalplat.services.installation import load_county, make_tables
from evalplat.services.passwords import make_secret
from evalplat.services.plans import add_plan
from evalplat.services.providers import add_provider
from evalplat.services.requests import ClientDetails, EpisodeRequest, PlanRow, VoucherRequest
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.moments import CELL_COUNTS, CELL_SUMS
from evalplat.storage.tables import (
    Administration,
    AuditEntry,
    EpisodeCounts,
    PairMoments,
    Score,
    Sheet,
)
from evalplat.vocabulary import MeasurementPoint, Role
from evalplat.wiring import Wiring, build_wiring

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
OPENED = date(2026, 3, 2)
EPISODES = 300
ROUND = 50


def measure() -> list[Ratio]:
    """The ratio of the best rounds' times per sheet; the bound is a quarter of the bare rate.

    Rounds of both sides alternate, so that whatever else the machine does disturbs both alike.
    """
    with tempfile.TemporaryDirectory() as folder:
        wiring, worker, todo = _prepare(Path(folder) / "ours.sqlite3")
        bare = _make_bare(wiring, Path(folder) / "bare.sqlite3")
        ours, peer = [], []
        for start in range(0, len(todo), ROUND):
            chunk = todo[start : start + ROUND]
            ours.append(_submit(wiring, worker, chunk, start) / len(chunk))
            peer.append(_write_bare(bare, _collect(wiring, chunk)) / len(chunk))
        wiring.engine.dispose()
        bare.dispose()
    mine, theirs = min(ours), min(peer)
    note = f"{1 / mine:,.0f} sheets a second through services, {1 / theirs:,.0f} bare"
    return [Ratio("sheets through services / bare rows", mine, theirs, 0.25, note)]


def _prepare(path: Path) -> tuple[Wiring, Actor, list[tuple[str, MeasurementPoint]]]:
    settings = Settings(sqlite_url(path), sqlite_url(path), master_keys=("a key of a benchmark",))
    make_tables(settings)
    wiring = build_wiring(settings, catalogue=load_catalogue(), clock=lambda: AT)
    system, catalogue = Actor.system("benchmark"), wiring.catalogue
    points = (MeasurementPoint.BASELINE, MeasurementPoint.END)
    with wiring.transaction(system) as session:
        load_county(session, catalogue, system, settings)
        rows = [PlanRow("whodas-2.0-36", point) for point in points]
        add_plan(session, catalogue, system, key="bench", titles={"en": "Benchmark"}, rows=rows)
        provider = add_provider(session, system, name="Provider").id
        people: dict[str, Any] = {
            "password": make_secret("a long password of a bench"),
            "name": "Someone",
        }
        case_worker = create_account(
            session, system, email="c@example.fi", role=Role.CASE_WORKER, **people
        )
        worker = create_account(
            session,
            system,
            email="w@example.fi",
            role=Role.PROVIDER_WORKER,
            provider_id=provider,
            **people,
        )
        vouchers = [
            VoucherRequest(
                f"V-{n:05d}",
                ClientDetails("Testi", 1980),
                1,
                1,
                OPENED,
                OPENED,
                "853",
                case_worker_id=case_worker.id,
            )
            for n in range(EPISODES)
        ]
        grant_vouchers(session, system, vouchers, AT)
        requests = [
            EpisodeRequest(v.number, OPENED, plan_key="bench", provider_id=provider)
            for v in vouchers
        ]
        open_episodes(session, catalogue, system, requests, AT)
    with wiring.reading(system) as session:
        query = select(Administration.public_id, Administration.point).order_by(Administration.id)
        todo = [(public_id, point) for public_id, point in session.execute(query)]
    return wiring, Actor.of(worker), todo


def _submit(
    wiring: Wiring, worker: Actor, chunk: list[tuple[str, MeasurementPoint]], start: int
) -> float:
    rng = random.Random(start)
    definition = wiring.catalogue.get("whodas-2.0-36")
    codes = [item.code for item in definition.items]
    sheets = []
    for administration_id, point in chunk:
        raw: dict[str, object] = {code: rng.randint(0, 4) for code in codes}
        raw["works_or_studies"] = 1
        day = OPENED + timedelta(days=180 if point is MeasurementPoint.END else 7)
        sheets.append((administration_id, raw, day))
    began = time.perf_counter()
    for administration_id, raw, day in sheets:
        with wiring.transaction(worker) as session:
            submit_answers(
                session,
                wiring.catalogue,
                worker,
                administration_id=administration_id,
                raw=raw,
                idempotency_key=f"key of {administration_id}",
                measured_on=day,
                at=AT,
            )
    return time.perf_counter() - began


def _collect(wiring: Wiring, chunk: list[tuple[str, MeasurementPoint]]) -> list[tuple[Any, ...]]:
    """The rows that were just written for each sheet of a chunk."""
    with wiring.reading(Actor.system("benchmark")) as session:

        def rows(model: Any, *where: Any) -> list[dict[str, Any]]:
            query = select(model.__table__).where(*where)
            return [dict(row._mapping) for row in session.execute(query)]

        moments, counts = rows(PairMoments), rows(EpisodeCounts)
        found = []
        for public_id, point in chunk:
            key = session.execute(
                select(Administration.id).where(Administration.public_id == public_id)
            ).scalar_one()
            line = rows(AuditEntry, AuditEntry.object_id == public_id)[0]
            del line["id"]
            found.append(
                (
                    rows(Sheet, Sheet.administration_id == key),
                    rows(Score, Score.administration_id == key),
                    [line],
                    moments if point is MeasurementPoint.END else [],
                    counts if point is MeasurementPoint.BASELINE else [],
                )
            )
    return found


def _make_bare(wiring: Wiring, path: Path) -> Engine:
    """A copy of the prepared database with the same tables and the same settings, and nothing of ours above it."""
    with (
        closing(sqlite3.connect(str(wiring.engine.url.database))) as source,
        closing(sqlite3.connect(path)) as copy,
    ):
        source.backup(copy)
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _write_bare(engine: Engine, sheets: list[tuple[Any, ...]]) -> float:
    put_moments = _upsert(PairMoments, (*CELL_COUNTS, *CELL_SUMS))
    put_counts = _upsert(EpisodeCounts, ("n",))
    began = time.perf_counter()
    for sheet, scores, line, moments, counts in sheets:
        with engine.begin() as connection:
            connection.execute(insert(Sheet.__table__), sheet)
            connection.execute(insert(Score.__table__), scores)
            connection.execute(insert(AuditEntry.__table__), line)
            if moments:
                connection.execute(put_moments, moments)
            if counts:
                connection.execute(put_counts, counts)
    return time.perf_counter() - began


def _upsert(model: Any, names: tuple[str, ...]) -> Any:
    table: Any = model.__table__
    statement = sqlite_insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in names},
    )
