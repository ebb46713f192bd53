"""A county whose answers chance gives: four providers, one of them with a single episode, half a year of openings."""

import random
from datetime import date, timedelta

from builders import SYSTEM, make_account, make_provider
from sqlalchemy import select

from evalplat.services.answers import Submission, submit_many
from evalplat.services.episodes import open_episodes
from evalplat.services.requests import (
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    ClientDetails,
    EpisodeRequest,
    VoucherRequest,
)
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import MeasurementPoint, Mode, Role

INSTRUMENT, SCALE = "whodas-2.0-12", "sum_simple"
NAMES = ("Provider A", "Provider B", "Provider C", "Provider D")
PER_PROVIDER = 45
POINTS = (MeasurementPoint.BASELINE, MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)


def make_county(wiring):
    """Four providers, one of them with a single episode; half a year of openings; some measurements missing."""
    rng = random.Random(7)
    case_worker = make_account(wiring, Role.CASE_WORKER)
    make_account(wiring, Role.ANALYST)
    providers = [make_provider(wiring, name) for name in NAMES]
    vouchers, requests = [], []
    for n in range(3 * PER_PROVIDER + 1):
        client = ClientDetails(
            f"Testi {n}", rng.randint(1940, 2000), rng.choice(["female", "male"]),
            rng.choice(["fi", "sv"]), rng.choice(LIVING_SITUATIONS[:3]), rng.choice(EMPLOYMENTS[:3]),
        )  # fmt: skip
        vouchers.append(
            VoucherRequest(
                f"K-{n:04d}", client, rng.randint(100_000, 400_000), 20,
                date(2025, 10, 1), date(2026, 12, 31), rng.choice(["853", "734", "577"]),
                case_worker_id=case_worker.id,
            )
        )  # fmt: skip
        day = date(2025, 10, 1) + timedelta(days=rng.randint(0, 180))
        requests.append(EpisodeRequest(f"K-{n:04d}", day, provider_id=providers[n // PER_PROVIDER]))
    with wiring.transaction(SYSTEM) as session:
        grant_vouchers(session, SYSTEM, vouchers, wiring.clock())
        ids = open_episodes(session, wiring.catalogue, SYSTEM, requests, wiring.clock())
        rows = session.execute(
            select(Episode.public_id, Administration.point, Administration.public_id)
            .join(Administration, Administration.episode_id == Episode.id)
            .where(Administration.instrument == INSTRUMENT)
        )
        planned = {(episode, point): key for episode, point, key in rows}
        sheets = []
        for episode, request in zip(ids, requests, strict=True):
            level = rng.randint(1, 4)
            for point, wait in zip(POINTS, (5, 150, 240), strict=True):
                if rng.random() < (0.05, 0.15, 0.6)[POINTS.index(point)]:
                    continue
                low = max(0, level - (0, 1, 1)[POINTS.index(point)])
                raw = {f"S{k}": rng.randint(low, 4) for k in range(1, 13)}
                if rng.random() < 0.05:
                    raw = {"S1": 1}
                sheets.append(
                    Submission(
                        planned[episode, point], {**raw, "works_or_studies": 1},
                        f"key {len(sheets):05d}", request.opened_on + timedelta(days=wait),
                        mode=rng.choice([Mode.SELF, Mode.INTERVIEW]), language=rng.choice(["fi", "sv"]),
                        answered_with=rng.choice(["", "worker", "a friend"]),
                    )
                )  # fmt: skip
        submit_many(session, wiring.catalogue, SYSTEM, sheets, wiring.clock())
