"""The sums over pairs are at every moment what the rows give, whatever came in and in whatever order."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from builders import SYSTEM, WHODAS_12, make_actor, make_episode, make_sheet
from sqlalchemy import select, update

from evalplat.episodes.moments import ENDS, NUMBERS, CellSums, read_columns, sum_cells
from evalplat.errors import Conflict, EvalplatError, InputRejected, Refused
from evalplat.services.answers import Submission, correct_answers, submit_answers, submit_many
from evalplat.services.client_corrections import correct_client, get_facts
from evalplat.services.client_standing import (
    lift_restriction,
    object_to_comparison,
    restrict_client,
    withdraw_objection,
)
from evalplat.services.frames import load_frame
from evalplat.services.moments import PAIRS, classify
from evalplat.services.recounting import needs_rebuilding, rebuild_moments
from evalplat.services.requests import COVARIATES, ClientDetails, ComparisonQuery
from evalplat.storage.moments import CELL_COUNTS, CELL_KEY
from evalplat.storage.tables import Administration, EpisodeCounts, PairMoments
from evalplat.vocabulary import MeasurementPoint, Mode, Role

INSTRUMENT = "whodas-2.0-12"
POINTS = (MeasurementPoint.BASELINE, MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)
STEPS = 90


def read_cells(wiring):
    """Every cell that holds something: key -> (counts, columns, triangle)."""
    with wiring.reading(SYSTEM) as session:
        return {
            tuple(getattr(row, name) for name in CELL_KEY): (
                tuple(getattr(row, name) for name in CELL_COUNTS),
                row.columns,
                CellSums.unpack(row.columns, row.triangle).triangle,
            )
            for row in session.scalars(select(PairMoments))
            if any(getattr(row, name) for name in CELL_COUNTS)
        }


def read_counts(wiring):
    with wiring.reading(SYSTEM) as session:
        return {
            (c.provider_id, c.instrument, c.from_point, c.to_point, c.month, c.version): c.n
            for c in session.scalars(select(EpisodeCounts))
        }


def assert_equal_to_the_rows(wiring):
    """Counted again, nothing changes; and the rows of an analysis give the same, added up by themselves."""
    kept, counts = read_cells(wiring), read_counts(wiring)
    with wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
    built = read_cells(wiring)
    assert read_counts(wiring) == counts
    assert kept.keys() == built.keys()
    for key, (numbers, columns, triangle) in kept.items():
        assert (numbers, columns) == built[key][:2], key
        np.testing.assert_allclose(triangle, built[key][2], rtol=1e-9, atol=1e-9)
    versions = {key[1] for key in wiring.catalogue.instruments if key[0] == INSTRUMENT}
    for version in versions:
        for both in PAIRS:
            assert_equal_to_the_frame(wiring, version, both, built, counts)


def assert_equal_to_the_frame(wiring, version, both, cells, counts):
    """The obviously correct way: one row per episode, all of them added up."""
    definition = wiring.catalogue.get(INSTRUMENT, version)
    scale = definition.scale("sum_simple")
    with wiring.reading(SYSTEM) as session:
        frame = load_frame(session, definition, ComparisonQuery(INSTRUMENT, scale.key), points=both)
    assert len(frame) == sum(
        n for key, n in counts.items() if key[1] == INSTRUMENT and key[2:4] == both
    )
    pairs = frame[frame["left_out"].isna()].rename(columns=dict(zip(both, "xy", strict=True)))
    own = {
        key: c
        for key, c in cells.items()
        if key[2:6] == (version, scale.key, *both) and key[1] == INSTRUMENT
    }
    numbers = [pairs.x - 24, pairs.y - 24, pairs.age - 50, pairs.voucher_eur - 2000]
    levels = {
        f"{name}={level}": pairs[name] == level
        for name in COVARIATES[2:]
        for level in sorted(set(pairs[name]))
    }
    levels |= dict(
        zip(ENDS, (pairs.x <= 0, pairs.x >= 48, pairs.y <= 0, pairs.y >= 48), strict=True)
    )
    matrix = np.column_stack([np.ones(len(pairs)), *numbers, *levels.values()]).astype(float)
    packed = [(0, *CellSums(read_columns(c[1]), c[2]).pack()) for c in own.values()]
    n, sums, products = sum_cells(packed, 1, (*NUMBERS, *levels))
    assert n == len(pairs) == sum(c[0][0] for c in own.values())
    np.testing.assert_allclose(sums[0], matrix[:, 1:].sum(axis=0), rtol=1e-9, atol=1e-9)
    expected = matrix[:, 1:].T @ matrix[:, 1:]
    np.testing.assert_allclose(products[0], expected, rtol=1e-9, atol=1e-9)
    changes = [classify(scale, x, y) for x, y in zip(pairs.x, pairs.y, strict=True)]
    for name in ("improved", "unchanged", "deteriorated"):
        place = CELL_COUNTS.index(name)
        assert sum(c[0][place] for c in own.values()) == changes.count(name)


class Walk:
    """Openings, sheets and corrections by different people in an order that chance gives."""

    def __init__(self, wiring, seed):
        self.wiring, self.rng = wiring, random.Random(seed)
        self.case_worker = make_actor(wiring, Role.CASE_WORKER)
        self.made, self.revisions, self.keys = [], {}, 0

    def step(self):
        chance = self.rng.random()
        if not self.made or chance < 0.25:
            self._open()
        elif chance < 0.3:
            self._renew()
        elif chance < 0.4:
            self._use_a_right()
        else:
            try:
                self._answer()
            except EvalplatError:
                return  # an end before its baseline, for example; nothing was stored

    def _open(self):
        rng = self.rng
        self.made.append(
            make_episode(
                self.wiring,
                provider=rng.choice(["Provider A", "Provider B"]),
                opened_on=date(2026, 1, 5) + timedelta(days=rng.randint(0, 70)),
                birth_year=rng.randint(1940, 2000),
                sex=rng.choice(["female", "male", "other"]),
                living_situation=rng.choice(["alone", "shared"]),
            )
        )

    def _renew(self):
        """A measurement that was planned with the first version is made with the next."""
        planned = self.rng.choice(self.made).administration(INSTRUMENT, self.rng.choice(POINTS))
        if planned.id not in self.revisions:
            with self.wiring.transaction(SYSTEM) as session:
                session.execute(
                    update(Administration)
                    .where(Administration.public_id == planned.id)
                    .values(version="1.1")
                )

    def _use_a_right(self):
        """A client is left out, or comes back, or a fact about them was wrong."""
        rng, wiring, who = self.rng, self.wiring, self.case_worker
        client_id = rng.choice(self.made).episode.client_id
        common = {"client_id": client_id, "reason": "a test of rights", "at": wiring.clock()}
        with wiring.transaction(who) as session:
            act = rng.choice(
                [restrict_client, lift_restriction, object_to_comparison, withdraw_objection, None]
            )
            try:
                if act is not None:
                    act(session, wiring.catalogue, who, **common)
                    return
                known = get_facts(session, who, client_id=client_id)
                right = dict(known.facts) | {
                    "birth_year": rng.randint(1940, 2000),
                    "sex": rng.choice(["female", "male"]),
                    "language": rng.choice(["fi", "sv"]),
                    "living_situation": rng.choice(["alone", "with_family"]),
                }
                municipality = right.pop("municipality")
                correct_client(
                    session, wiring.catalogue, who, **common, base_revision=known.revision,
                    details=ClientDetails(**right), municipality=municipality,
                    in_services={s.episode_id for s in known.services if rng.random() < 0.5},
                )  # fmt: skip
            except (Conflict, InputRejected):
                return  # restricted already, or nothing differs

    def _answer(self):
        rng, wiring = self.rng, self.wiring
        made, point = rng.choice(self.made), rng.choice(POINTS)
        planned = made.administration(INSTRUMENT, point)
        lowest, highest = rng.choice([(0, 4), (0, 0), (4, 4)])
        raw = {f"S{n}": rng.randint(lowest, highest) for n in range(1, 13)}
        raw["works_or_studies"] = 1
        if rng.random() < 0.25:
            raw = {"S1": 1}  # not assessable
        revision = self.revisions.get(planned.id, 0)
        self.keys += 1
        day = made.episode.opened_on + timedelta(days=rng.randint(0, 200))
        who = rng.choice([made.worker, self.case_worker])
        common = {
            "administration_id": planned.id, "raw": raw, "base_revision": revision,
            "idempotency_key": f"key of step {self.keys}", "measured_on": day, "at": wiring.clock(),
        }  # fmt: skip
        with wiring.transaction(who) as session:
            if revision:
                correct_answers(session, wiring.catalogue, who, reason="a test", **common)
            else:
                submit_answers(
                    session, wiring.catalogue, who, mode=rng.choice([Mode.SELF, Mode.INTERVIEW]),
                    answered_with=rng.choice(["", "worker"]), language=rng.choice(["fi", "sv"]),
                    **common,
                )  # fmt: skip
        self.revisions[planned.id] = revision + 1


@pytest.mark.parametrize("seed", [1, 2])
def test_any_course_of_openings_sheets_and_corrections_keeps_the_sums(wiring, seed):
    first = wiring.catalogue.get(INSTRUMENT)
    known = {**wiring.catalogue.instruments, (INSTRUMENT, "1.1"): replace(first, version="1.1")}
    wiring = replace(wiring, catalogue=replace(wiring.catalogue, instruments=known))
    walk = Walk(wiring, seed)
    for _ in range(STEPS):
        walk.step()
    assert sum(walk.revisions.values()) > len(walk.revisions) > 10
    assert_equal_to_the_rows(wiring)


def test_a_cell_that_lost_its_last_pair_holds_nothing(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.END)
    assert len(read_cells(wiring)) == 3
    make_sheet(
        wiring, made, point=MeasurementPoint.END, raw={"S1": 1}, key="an empty end", base_revision=1
    )
    for counts, _columns, triangle in read_cells(wiring).values():
        assert counts[CELL_COUNTS.index("end_not_assessable")] == sum(counts) == 1
        assert not triangle.any()
    assert_equal_to_the_rows(wiring)


def test_two_writers_of_one_cell_lose_nothing(wiring):
    """Eight people send the later sheets of one month at once, and somebody counts everything again meanwhile."""
    many = [make_episode(wiring, birth_year=1950 + n) for n in range(8)]
    for made in many:
        make_sheet(wiring, made)

    def send(made):
        make_sheet(wiring, made, point=MeasurementPoint.END)

    def count_again():
        with wiring.transaction(SYSTEM) as session:
            rebuild_moments(session, wiring.catalogue, SYSTEM)

    with ThreadPoolExecutor(9) as pool:
        work = [pool.submit(send, made) for made in many[:4]]
        work.append(pool.submit(count_again))
        work += [pool.submit(send, made) for made in many[4:]]
        for one in work:
            one.result()
    cells = [c for key, c in read_cells(wiring).items() if key[3] == "sum_simple"]
    assert [c[0][0] for c in cells] == [8]
    assert_equal_to_the_rows(wiring)


def test_sums_of_several_providers_written_in_any_order_do_not_wait_for_each_other(wiring):
    """Two system jobs that touch the same two providers the other way round: no deadlock."""
    names = ("Provider A", "Provider B")
    both = [[make_episode(wiring, provider=name) for name in names] for _ in range(2)]
    sheets = [
        [
            Submission(
                made.administration().id, WHODAS_12, f"key of {job} at {place}", date(2026, 3, 9)
            )
            for place, made in enumerate(order)
        ]
        for job, order in enumerate([both[0], both[1][::-1]])
    ]

    def send(job):
        with wiring.transaction(SYSTEM) as session:
            submit_many(session, wiring.catalogue, SYSTEM, job, wiring.clock())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, sheets))
    assert_equal_to_the_rows(wiring)


def test_counting_again_is_for_system_jobs_and_needed_once(wiring):
    analyst = make_actor(wiring, Role.ANALYST)
    with wiring.reading(analyst) as session, pytest.raises(Refused):
        rebuild_moments(session, wiring.catalogue, analyst)
    with wiring.reading(SYSTEM) as session:
        assert not needs_rebuilding(session, SYSTEM)
