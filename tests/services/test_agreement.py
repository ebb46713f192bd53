"""Agreement of raters and reliability of scales from stored sheets: released, and without anybody's answers."""

from dataclasses import asdict
from datetime import date, timedelta

import numpy as np
import pytest
from builders import SYSTEM, make_account, make_actor, make_provider
from sqlalchemy import event, select

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.agreement import describe_agreement, list_with_counterparts
from evalplat.services.answers import Submission, submit_many
from evalplat.services.closing import close_episodes
from evalplat.services.episodes import open_episodes
from evalplat.services.plans import add_plan
from evalplat.services.requests import (
    ClientDetails,
    ClosingRequest,
    ComparisonQuery,
    EpisodeRequest,
    PlanRow,
    VoucherRequest,
)
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role

BASELINE, END, FOLLOW_UP = (
    MeasurementPoint.BASELINE,
    MeasurementPoint.END,
    MeasurementPoint.FOLLOW_UP,
)
CLIENTS = 36
CLOSED = date(2026, 8, 31)
PLAN = (
    PlanRow("whodas-2.0-12", BASELINE),
    PlanRow("whodas-2.0-12", BASELINE, Respondent.PROXY, Mode.PROXY),
    PlanRow("3x10d", BASELINE),
    PlanRow("worker-observation", BASELINE, Respondent.WORKER, Mode.OBSERVATION),
    PlanRow("who-5", END),
    PlanRow("who-5", FOLLOW_UP, offset_days=14),
)
THREE_TIMES_TEN = (
    *("health", "overcoming", "housing", "coping", "family"),
    *("friends", "finances", "strengths", "self_esteem", "life"),
)
OBSERVED = ("social_functioning", "everyday_functioning", "life_management", "participation")


def draw(random, instrument, level):
    def answers(count, low, high, noise=0.7):
        values = low + (high - low) * level + random.normal(0, noise, count)
        return [int(value) for value in np.clip(np.rint(values), low, high)]

    if instrument == "whodas-2.0-12":
        items = {f"S{n}": value for n, value in enumerate(answers(12, 0, 4), start=1)}
        return {**items, "works_or_studies": 1}
    if instrument == "3x10d":
        return dict(zip(THREE_TIMES_TEN, answers(10, 0, 10, 1.5), strict=True))
    if instrument == "who-5":
        return {f"W{n}": value for n, value in enumerate(answers(5, 0, 5), start=1)}
    return dict(zip(OBSERVED, answers(4, 0, 4), strict=True))


def make_county(wiring):
    """36 clients, rated by themselves, a proxy and a worker; the last two by themselves alone."""
    case_worker = make_account(wiring, Role.CASE_WORKER)
    provider = make_provider(wiring, "Provider A")
    numbers = [f"A-{n:03d}" for n in range(CLIENTS)]
    vouchers = [
        VoucherRequest(
            number, ClientDetails(f"Testi {number}", 1970), 100, 1, date(2026, 1, 1), date(2026, 12, 31), "853",
            case_worker_id=case_worker.id,
        )
        for number in numbers
    ]  # fmt: skip
    requests = [
        EpisodeRequest(
            number, date(2026, 1 + place % 2, 15), plan_key="rated", provider_id=provider
        )
        for place, number in enumerate(numbers)
    ]
    random = np.random.default_rng(20)
    with wiring.transaction(SYSTEM) as session:
        add_plan(session, wiring.catalogue, SYSTEM, key="rated", titles={"en": "Rated"}, rows=PLAN)
        grant_vouchers(session, SYSTEM, vouchers, wiring.clock())
        ids = open_episodes(session, wiring.catalogue, SYSTEM, requests, wiring.clock())
        closing = [ClosingRequest(episode, CLOSED) for episode in ids]
        close_episodes(session, SYSTEM, closing, wiring.clock())
        rows = session.execute(
            select(
                Episode.public_id,
                Administration.instrument,
                Administration.point,
                Administration.respondent,
                Administration.mode,
                Administration.public_id,
            )
            .join(Administration, Administration.episode_id == Episode.id)
            .order_by(Administration.id)
        ).all()
        level = {episode: random.uniform(0.1, 0.9) for episode in ids}
        days = {BASELINE: date(2026, 3, 1), END: CLOSED, FOLLOW_UP: CLOSED + timedelta(days=14)}
        sheets = [
            Submission(
                planned,
                draw(random, instrument, level[episode]),
                f"key {planned}",
                days[point],
                respondent=respondent,
                mode=mode,
            )
            for episode, instrument, point, respondent, mode, planned in rows
            if respondent is Respondent.CLIENT or episode not in ids[-2:]
        ]
        submit_many(session, wiring.catalogue, SYSTEM, sheets, wiring.clock())
    return ids


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "rated_county", make_county)
    return templates.copy(kind, tmp_path, "rated_county")


def describe(wiring, instrument, scale, actor=None, point=BASELINE, **rest):
    actor = actor or make_actor(wiring, Role.ANALYST)
    query = ComparisonQuery(instrument, scale, **rest)
    with wiring.reading(actor) as session:
        return describe_agreement(
            session, wiring.catalogue, actor, query, point=point, at=wiring.clock()
        )


def test_two_respondents_of_one_instrument_are_compared_in_its_own_points(wiring):
    (row,) = describe(wiring, "whodas-2.0-12", "sum_simple").agreements
    assert (row.first[2], row.second[2]) == ("client", "proxy")
    assert not row.standardised
    assert (row.found.n, row.found.released) == (35, True)
    assert row.found.icc.value > 0.6
    assert row.found.icc.low < row.found.icc.value
    assert (row.n_first_only, row.n_second_only) == (None, None)


def test_a_worker_s_observation_meets_self_rated_scales_of_its_domain_in_sds(wiring):
    rows = describe(wiring, "3x10d", "coping").agreements
    assert [(row.second[:2], row.standardised) for row in rows] == [
        (("worker-observation", "everyday_functioning"), True)
    ]
    found = rows[0].found
    assert found.correlation.value > 0.4
    assert (found.limits.bias, found.intraclass, found.concordance) == (0, (), None)
    back = describe(wiring, "worker-observation", "everyday_functioning").agreements
    assert {row.second[1] for row in back if row.second[0] == "3x10d"} == {
        "housing",
        "coping",
        "finances",
    }


def test_a_scale_that_nobody_else_rates_says_which_ones_have_a_counterpart(wiring):
    found = describe(wiring, "3x10d", "life")
    assert found.agreements == ()
    assert ("3x10d", "coping") in found.with_counterparts
    assert ("3x10d", "life") not in found.with_counterparts
    assert found.with_counterparts == list_with_counterparts(wiring.catalogue)


def test_reliability_is_that_of_every_scale_of_the_instrument(wiring):
    found = describe(wiring, "whodas-2.0-12", "sum_simple")
    assert [row.scale for row in found.reliability] == ["total", "total_simple", "sum_simple"]
    row = found.reliability[2]
    assert (row.variant, row.found.n_complete) == ("12_items", 35)
    assert 0.8 < row.found.alpha.low < row.found.alpha.value < row.found.omega + 0.05
    assert row.published_sdc == 8.6
    singles = describe(wiring, "3x10d", "life").reliability
    assert {row.found.status for row in singles} == {"one_item"}


def test_another_point_has_its_own_sheets(wiring):
    found = describe(wiring, "who-5", "total", point=END)
    assert found.reliability[0].found.n_complete == 35
    nothing = describe(wiring, "who-5", "total").reliability[0]
    assert (nothing.found.n_sheets, nothing.found.status) == (None, "withheld")


def test_two_measurements_close_together_after_the_service_are_test_and_retest(wiring):
    found = describe(wiring, "who-5", "total").retest
    assert (found.n, found.status) == (35, "ok")
    assert found.sdc == pytest.approx(1.959963984540054 * 2**0.5 * found.sem)
    assert describe(wiring, "whodas-2.0-12", "sum_simple").retest.status == "no_pairs"


def test_a_period_is_by_the_day_of_opening(wiring):
    period = {"period_from": date(2026, 2, 1), "period_until": date(2026, 2, 28)}
    (row,) = describe(wiring, "whodas-2.0-12", "total", **period).agreements
    assert row.found.n == 15
    assert row.found.icc.low is None
    assert describe(wiring, "whodas-2.0-12", "total", **period).reliability[0].found.n_sheets == 20
    assert describe(wiring, "who-5", "total", **period).retest.n == 20
    empty = describe(wiring, "who-5", "total", period_from=date(2026, 6, 1))
    assert (empty.retest.n, empty.reliability[0].found.status) == (0, "withheld")


def test_only_the_countys_readers_see_it_and_each_look_is_logged_once(wiring):
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.CASE_WORKER):
        with pytest.raises(Refused):
            describe(wiring, "who-5", "total", actor=make_actor(wiring, role))
    describe(wiring, "who-5", "total")
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        log = list_access_log(session, administrator)
    looks = [entry for entry in log if entry.action == "describe_agreement"]
    assert [(entry.object_kind, entry.object_id) for entry in looks] == [
        ("agreement", "who-5/total")
    ]
    crossings = [entry.object_id for entry in log if entry.action == "cross_owner_read"]
    assert "reliability of a scale, from answers without names" in crossings


def test_every_fault_of_the_query_is_named(wiring):
    with pytest.raises(InputRejected) as caught:
        describe(
            wiring, "who-5", "nothing",
            period_from=date(2026, 2, 1), period_until=date(2026, 1, 1),
        )  # fmt: skip
    assert [fault.where for fault in caught.value.faults] == ["period_until", "scale"]


def test_the_analyst_s_own_session_still_sees_no_answers_afterwards(wiring):
    from evalplat.storage.tables import Sheet

    analyst = make_actor(wiring, Role.ANALYST)
    with wiring.reading(analyst) as session:
        describe_agreement(
            session, wiring.catalogue, analyst, ComparisonQuery("who-5", "total"), at=wiring.clock()
        )
        assert session.execute(select(Sheet.answers)).all() == []


def test_the_number_of_statements_does_not_grow_with_the_clients(wiring):
    sent: list[str] = []
    analyst = make_actor(wiring, Role.ANALYST)
    query = ComparisonQuery("whodas-2.0-12", "total")
    with wiring.reading(analyst) as session:
        event.listen(wiring.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
        describe_agreement(session, wiring.catalogue, analyst, query, at=wiring.clock())
        assert sum("set_config" not in statement for statement in sent) <= 3


def test_nothing_exact_is_handed_out(wiring):
    found = describe(wiring, "whodas-2.0-12", "total")
    shown = [asdict(row.found) for row in (*found.agreements, *found.reliability)]
    assert all(one["released"] for one in shown)
    counts = [value for one in shown for name, value in one.items() if name.startswith("n")]
    assert all(value is None or value % 5 == 0 for value in counts)
