"""A comparison over a period: from the sums that are kept per month, against the same from rows; and ten times as many.

60,000 episodes at 50 providers over 36 months, written straight into the tables of an SQLite database and counted by
`rebuild_moments`; a year of them is compared, adjusted for baseline, age, sex and employment, first from the sums and
then from rows. The second line asks the same of 600,000 episodes, of which only the sums are made (random pairs, as
many in each cell as ten times the episodes give). Its ratio says how much of the time for 60,000 the time for 600,000
is: from 0.77 on, it is at most 1.3 times as long.
"""

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, create_engine, delete, insert, select, update

from benchmarks.ratio import Ratio, best_of
from evalplat.config import Settings, sqlite_url
from evalplat.episodes.moments import NUMBERS, CellSums
from evalplat.instruments.catalogue import load_catalogue
from evalplat.services.actors import Actor
from evalplat.services.comparisons import ComparisonQuery, compare_providers
from evalplat.services.installation import load_county, make_tables
from evalplat.services.recounting import rebuild_moments
from evalplat.services.requests import CLIENT_LANGUAGES, EMPLOYMENTS, LIVING_SITUATIONS, SEXES
from evalplat.storage.moments import COUNTS_KEY
from evalplat.storage.tables import (
    Account,
    Administration,
    Client,
    ClientProvider,
    Episode,
    EpisodeCounts,
    MomentsState,
    Municipality,
    PairMoments,
    Plan,
    Provider,
    Score,
    Sheet,
    Voucher,
)
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint, Role
from evalplat.wiring import Wiring, build_wiring

EPISODES, PROVIDERS, MONTHS, TIMES = 60_000, 50, 36, 10
FIRST = date(2024, 1, 1)
AT = datetime(2027, 11, 24, 10, 0, tzinfo=UTC)
INSTRUMENT, SCALE = "whodas-2.0-12", "sum_simple"
LIMIT = 0.3
SYSTEM = Actor.system("benchmark")
YEAR = ComparisonQuery(
    INSTRUMENT,
    SCALE,
    period_from=date(2025, 1, 1),
    period_until=date(2025, 12, 31),
    adjust=("baseline", "age", "sex", "employment"),
)
ENDS = ComparisonQuery(
    INSTRUMENT,
    SCALE,
    period_from=date(2025, 1, 16),
    period_until=date(2025, 12, 15),
    adjust=YEAR.adjust,
)


def measure() -> list[Ratio]:
    """Both ratios; the answers from sums and from rows must agree."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "county.sqlite3"
        wiring = _prepare(path)
        plain = create_engine(sqlite_url(path))
        _fill(plain, np.random.default_rng(31))
        with wiring.transaction(SYSTEM) as session:
            cells = rebuild_moments(session, wiring.catalogue, SYSTEM)
        found, time = best_of(5, lambda: _compare(wiring, YEAR))
        _, with_ends = best_of(3, lambda: _compare(wiring, ENDS))
        _say_counted(plain, layout=0)
        slow, rows_time = best_of(1, lambda: _compare(wiring, YEAR))
        np.testing.assert_allclose(found.target, slow.target, rtol=1e-9)
        np.testing.assert_allclose(found.tau2, slow.tau2, rtol=1e-6)
        _say_counted(plain, layout=1)
        _multiply(plain, np.random.default_rng(32))
        many, many_time = best_of(5, lambda: _compare(wiring, YEAR))
        assert many.n_pairs and found.n_pairs and many.n_pairs > 9 * found.n_pairs
        plain.dispose()
        wiring.engine.dispose()
    note = (
        f"{time * 1000:,.0f} ms (limit {LIMIT * 1000:,.0f}) from {cells:,} sums; a period that begins and ends within"
        f" a month {with_ends * 1000:,.0f} ms"
    )
    more = f"{many_time / time:.2f} times the time of {EPISODES:,} (limit 1.3)"
    return [
        Ratio(f"a year of {EPISODES:,} episodes, sums / rows", time, rows_time, 5, note),
        Ratio(f"a year of {EPISODES * TIMES:,} / {EPISODES:,}", many_time, time, 1 / 1.3, more),
    ]


def _compare(wiring: Wiring, query: ComparisonQuery) -> Any:
    with wiring.reading(SYSTEM) as session:
        return compare_providers(session, wiring.catalogue, SYSTEM, query, at=AT)


def _prepare(path: Path) -> Wiring:
    settings = Settings(sqlite_url(path), sqlite_url(path), master_keys=("a key of a benchmark",))
    make_tables(settings)
    wiring = build_wiring(settings, catalogue=load_catalogue(), clock=lambda: AT)
    with wiring.transaction(SYSTEM) as session:
        load_county(session, wiring.catalogue, SYSTEM, settings)
    return wiring


def _say_counted(engine: Engine, *, layout: int) -> None:
    with engine.begin() as connection:
        connection.execute(update(MomentsState).values(layout=layout))


def _write(connection: Any, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    connection.execute(insert(model.__table__), rows)


def _fill(engine: Engine, rng: np.random.Generator) -> None:
    """Clients, vouchers, episodes, and a pair (or only a baseline) of one instrument for each."""
    with engine.begin() as connection:
        places = connection.execute(select(Municipality.code)).scalars().all()
        plan = connection.execute(select(Plan.id)).scalars().first()
        _write(connection, Account, [_account()])
        names = [f"Provider {n:02d}" for n in range(1, PROVIDERS + 1)]
        _write(
            connection,
            Provider,
            [
                {"id": n, "public_id": f"p{n}", "name": name, "own_service": False, "active": True}
                for n, name in enumerate(names, start=1)
            ],
        )
        for start in range(1, EPISODES + 1, 5_000):
            part = range(start, start + 5_000)
            facts = [_facts(n, rng, places) for n in part]
            _write(connection, Client, [f["client"] for f in facts])
            _write(connection, ClientProvider, [f["client_provider"] for f in facts])
            _write(connection, Voucher, [f["voucher"] for f in facts])
            _write(connection, Episode, [{**f["episode"], "plan_id": plan} for f in facts])
            _write(connection, Administration, [row for f in facts for row in f["administrations"]])
            _write(connection, Sheet, [row for f in facts for row in f["sheets"]])
            _write(connection, Score, [row for f in facts for row in f["scores"]])


def _account() -> dict[str, Any]:
    return {
        "id": 1, "public_id": "a1", "email": "c@example.fi", "name": "C", "role": Role.CASE_WORKER,
        "provider_id": None, "language": "fi", "password_hash": "", "tries": 0, "locked_until": None,
        "active": True,
    }  # fmt: skip


def _facts(n: int, rng: np.random.Generator, places: Sequence[str]) -> dict[str, Any]:
    """Everything of one episode; its number serves as key everywhere."""
    provider = 1 + n % PROVIDERS
    opened = FIRST + timedelta(days=int(rng.integers(0, 30 * MONTHS)))
    client = {
        "birth_year": int(rng.integers(1940, 2005)), "sex": SEXES[int(rng.choice(4, p=(0.55, 0.42, 0.01, 0.02)))],
        "language": CLIENT_LANGUAGES[int(rng.choice(6, p=(0.85, 0.06, 0.02, 0.01, 0.03, 0.03)))],
        "living_situation": LIVING_SITUATIONS[int(rng.integers(0, 7))],
        "employment": EMPLOYMENTS[int(rng.integers(0, 7))],
        "municipality": places[int(rng.integers(0, len(places)))],
    }  # fmt: skip
    value = int(rng.integers(100, 500)) * 1000
    owner = {"provider_id": provider, "client_id": n, "episode_id": n}
    found: dict[str, Any] = {
        "client": {"id": n, "public_id": f"c{n}", "case_worker_id": 1, **client},
        "client_provider": {"provider_id": provider, "client_id": n},
        "voucher": {
            "id": n, "public_id": f"v{n}", "number": f"V{n}", "client_id": n, "county": "x",
            "municipality": client["municipality"], "value_cents": value, "hours": 40, "valid_from": opened,
            "valid_until": opened, "service": "", "named_provider_id": None, "granted_at": AT,
        },
        "episode": {
            "id": n, "public_id": f"e{n}", "provider_id": provider, "client_id": n, "voucher_id": n,
            "opened_on": opened, "planned_end": opened, "closed_on": None, "closing_reason": "",
            "value_cents": value, **{k: client[k] for k in ("municipality", "living_situation", "employment")},
        },
        "administrations": [], "sheets": [], "scores": [],
    }  # fmt: skip
    first = int(rng.integers(10, 45))
    for k, point in enumerate((MeasurementPoint.BASELINE, MeasurementPoint.END)):
        made = k == 0 or rng.random() < 0.8
        own = {**owner, "administration_id": 2 * n + k}
        day = opened + timedelta(days=7 + 180 * k)
        found["administrations"].append(
            {
                "id": 2 * n + k, "public_id": f"m{2 * n + k}", **owner, "instrument": INSTRUMENT,
                "version": "1.0", "point": point, "respondent": "client", "mode": "self", "offset_days": 0,
                "before_days": 14, "after_days": 14, "due_from": day, "due_until": day,
                "status": AdministrationStatus.SUBMITTED if made else AdministrationStatus.PLANNED,
                "revision": int(made), "measured_on": day if made else None, "closing_reason": "",
                "answered_mode": "self" if made else "", "assistance": "none" if made else "",
                "wording": "fi" if made else "",
            }
        )  # fmt: skip
        if not made:
            continue
        value_at = float(np.clip(first - k * rng.integers(-2, 9 + provider % 3), 0, 48))
        found["sheets"].append(
            {
                **own, "revision": 1, "idempotency_key": f"k{2 * n + k}", "body_digest": "", "answers": "{}",
                "measured_on": day, "language": "fi", "mode": "self", "respondent": "client",
                "answered_with": "", "submitted_at": AT, "submitted_by": "", "reason": "",
            }
        )  # fmt: skip
        found["scores"].append(
            {
                **own, "revision": 1, "scale": SCALE, "value": value_at, "status": "ok", "reason": "",
                "items_used": 12, "items_missing": 0, "items_not_applicable": 0, "variant": "",
                "definition_digest": "", "scoring_version": "",
            }
        )  # fmt: skip
    return found


def _multiply(engine: Engine, rng: np.random.Generator) -> None:
    """The sums of ten times as many episodes: random pairs with every level, in place of those that were counted."""
    levels = {
        "sex": SEXES, "language": CLIENT_LANGUAGES, "living_situation": LIVING_SITUATIONS,
        "employment": EMPLOYMENTS, "sub_region": ("Loimaa", "Salo", "Turku", "Vakka-Suomi", "Åboland-Turunmaa"),
        "mode": ("interview", "paper", "self"), "assistance": ("none", "other", "worker"), "wording": ("fi", "sv"),
    }  # fmt: skip
    names = sorted(f"{name}={level}" for name, own in levels.items() for level in own)
    table: Any = PairMoments.__table__
    with engine.begin() as connection:
        rows = [
            dict(row._mapping) for row in connection.execute(select(table).where(table.c.n > 0))
        ]
        for row in rows:
            n = row["n"] * TIMES
            scores = rng.integers(-20, 20, (n, 2)) * [1, 1] - [0, row["provider_id"] % 5]
            numbers = np.column_stack(
                [np.ones(n), scores, rng.integers(-30, 30, n), rng.normal(0, 900, n)]
            )
            flags = np.zeros((n, len(names)))
            for name, own in levels.items():
                chosen = rng.integers(0, len(own), n)
                for place, level in enumerate(own):
                    flags[:, names.index(f"{name}={level}")] = chosen == place
            full = np.column_stack([numbers, flags])
            triangle = (full.T @ full)[np.triu_indices(full.shape[1])]
            columns, packed = CellSums((*NUMBERS, *names), triangle).pack()
            row.update(n=n, columns=columns, triangle=packed)
        connection.execute(delete(table))
        connection.execute(insert(table), rows)
        counts: Any = EpisodeCounts.__table__
        assert set(COUNTS_KEY) < set(counts.c.keys())
        connection.execute(update(counts).values(n=counts.c.n * TIMES))
