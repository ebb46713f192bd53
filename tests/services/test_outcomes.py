"""Coverage, shares of change and goals from stored rows, released, for the county's readers alone."""

from dataclasses import replace
from datetime import date

import pytest
from builders import SYSTEM, WHODAS_12, make_account, make_actor, make_provider
from sqlalchemy import select

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.agreeing import agree_many
from evalplat.services.answers import Submission, submit_many
from evalplat.services.comparisons import ComparisonQuery
from evalplat.services.episodes import open_episodes
from evalplat.services.goals import list_goals
from evalplat.services.outcomes import describe_outcomes
from evalplat.services.rating import rate_many
from evalplat.services.requests import (
    ClientDetails,
    EpisodeRequest,
    GoalAgreement,
    GoalRatings,
    GoalRequest,
    VoucherRequest,
)
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.outcomes import list_goal_levels
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import MeasurementPoint, Respondent, Role

QUERY = ComparisonQuery("whodas-2.0-12", "sum_simple")
EACH = 20
NAMES = ("Provider A", "Provider B")
LEVELS = ("never", "once a month", "once a week", "twice a week", "every day")


def make_county(wiring):
    """Two providers with 20 episodes: WHODAS at both ends in 15 of each, 8 of them improved; a goal, rated in 15."""
    case_worker = make_account(wiring, Role.CASE_WORKER)
    providers = [make_provider(wiring, name) for name in NAMES]
    vouchers, requests = [], []
    for n in range(2 * EACH):
        number = f"C-{n:04d}"
        vouchers.append(
            VoucherRequest(
                number, ClientDetails(f"Testi {n}", 1950 + n, "female"), 100, 1,
                date(2026, 1, 1), date(2026, 12, 31), "853", case_worker_id=case_worker.id,
            )
        )  # fmt: skip
        requests.append(
            EpisodeRequest(number, date(2026, 1 + n % 2, 1), provider_id=providers[n // EACH])
        )
    with wiring.transaction(SYSTEM) as session:
        grant_vouchers(session, SYSTEM, vouchers, wiring.clock())
        ids = open_episodes(session, wiring.catalogue, SYSTEM, requests, wiring.clock())
        goals = [GoalRequest("Goes out", LEVELS, -1, importance=3, agreed_on=date(2026, 3, 5))]
        agree_many(
            session,
            wiring.catalogue,
            SYSTEM,
            [GoalAgreement(key, tuple(goals)) for key in ids],
            wiring.clock(),
        )
        rows = session.execute(
            select(
                Episode.public_id,
                Administration.instrument,
                Administration.point,
                Administration.public_id,
            ).join(Administration, Administration.episode_id == Episode.id)
        )
        planned = {(episode, instrument, point): key for episode, instrument, point, key in rows}
        sheets = []
        for n, episode in enumerate(ids):
            place = n % EACH
            for point, answer, day in (
                (MeasurementPoint.BASELINE, 3, date(2026, 3, 5)),
                (MeasurementPoint.END, 1 if place < 8 else 3, date(2026, 9, 1)),
            ):
                if place >= 15 and point is MeasurementPoint.END:
                    continue
                raw = {**WHODAS_12, **{f"S{k}": answer for k in range(1, 13)}}
                sheets.append(
                    Submission(
                        planned[episode, QUERY.instrument, point],
                        raw,
                        f"key {len(sheets):05d}",
                        day,
                    )
                )
        submit_many(session, wiring.catalogue, SYSTEM, sheets, wiring.clock())
    _rate(wiring, ids, planned)


def _rate(wiring, ids, planned):
    with wiring.transaction(SYSTEM) as session:
        ratings = []
        for n, episode in enumerate(ids):
            place = n % EACH
            if place >= 15:
                continue
            goal = list_goals(session, wiring.catalogue, SYSTEM, episode_id=episode)[0].id
            ratings.append(
                GoalRatings(
                    administration_id=planned[episode, "gas", MeasurementPoint.END],
                    ratings={goal: 1 if place < 9 else -1},
                    measured_on=date(2026, 9, 1),
                    idempotency_key=f"rating {n:05d}",
                    rater=Respondent.TOGETHER,
                    comments={},
                    base_revision=0,
                )
            )
        rate_many(session, wiring.catalogue, SYSTEM, ratings, wiring.clock())


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "county_with_outcomes", make_county)
    return templates.copy(kind, tmp_path, "county_with_outcomes")


def describe(wiring, query=QUERY, actor=None):
    actor = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(actor) as session:
        return describe_outcomes(session, wiring.catalogue, actor, query, at=wiring.clock())


def test_coverage_shares_and_goals_are_counted_and_released(wiring):
    found = describe(wiring)
    assert [row.provider for row in found.flow.rows] == list(NAMES)
    for row in (*found.flow.rows, found.flow.total):
        assert row.started == 20 * (2 if row.provider == "*" else 1)
        assert (row.stage("pairs").count, row.stage("pairs").of) == (
            row.started * 3 // 4,
            row.started,
        )
        why = "withheld" if row.provider == "*" else "nearly_all"
        assert row.stage("baseline").status == why, (
            "why a total is withheld would tell of its parts"
        )
        assert row.stage("follow_up").status == "unknown"
    (usual,) = found.shares  # the definition has no reliability for a second method
    assert (usual.method, usual.status) == ("JT", "ok")
    total = usual.total.share("improved")
    assert (total.count, total.of) == (15, 30)
    assert (usual.sdc, usual.mic) == (8.6, 4.7) and usual.warnings
    goals = found.goals.total
    assert (goals.n_clients, goals.goals.count, goals.goals.of) == (30, 20, 30)
    assert all(part.released for part in (found.flow, usual, found.goals))
    assert found.provenance.digest == wiring.catalogue.get(QUERY.instrument).digest


def test_a_scale_without_change_parameters_is_not_assessable(wiring):
    found = describe(wiring, ComparisonQuery("whodas-2.0-12", "total"))
    assert found.shares[0].status == "not_assessable"
    assert len(found.shares) == 1
    assert found.goals.total.n_clients == 30


def test_a_period_chooses_episodes_and_goals_alike(wiring):
    query = replace(QUERY, period_from=date(2026, 2, 1))
    found = describe(wiring, query)
    assert found.flow.total.started == 20
    assert (found.goals.total.status, found.goals.unrated) == ("withheld", 5)  # 7 and 8 clients
    nothing = describe(wiring, replace(QUERY, period_from=date(2026, 12, 1)))
    assert (nothing.flow.rows, nothing.shares[0].status) == ((), "no_pairs")
    assert nothing.goals.total.n_clients is None


def test_every_read_is_in_the_log(wiring):
    describe(wiring)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        actions = [entry.action for entry in list_access_log(session, administrator)]
    assert "describe_outcomes" in actions and "cross_owner_read" in actions


def test_only_the_countys_readers_see_outcomes(wiring):
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.CASE_WORKER):
        with pytest.raises(Refused):
            describe(wiring, actor=make_actor(wiring, role))


def test_every_fault_of_a_query_is_named(wiring):
    with pytest.raises(InputRejected):
        describe(wiring, ComparisonQuery("gas", "t"))
    with pytest.raises(InputRejected):
        describe(wiring, replace(QUERY, providers=("nobody",)))


def test_goals_are_read_as_levels_and_weights_alone(wiring):
    with wiring.reading(SYSTEM) as session:
        levels = list_goal_levels(session)
    assert len(levels) == 40
    assert {one.level for one in levels} == {1, -1, None}
    assert {one.weight for one in levels} == {3}
    assert [one.provider for one in levels] == sorted(one.provider for one in levels)
