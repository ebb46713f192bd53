"""The comparison from stored rows, the moments kept beside them, and one client's course."""

from datetime import date

import pytest
from builders import (
    SYSTEM,
    WHODAS_12,
    make_account,
    make_actor,
    make_everything,
    make_provider,
)
from sqlalchemy import delete, select, update

from evalplat.errors import InputRejected, NotFound, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.actors import Actor
from evalplat.services.answers import Submission, submit_many
from evalplat.services.closing import close_episodes
from evalplat.services.comparisons import (
    COVARIATES,
    ComparisonQuery,
    compare_providers,
    list_comparable_scales,
)
from evalplat.services.courses import client_course, find_alternatives
from evalplat.services.episodes import open_episodes
from evalplat.services.own_results import compare_own
from evalplat.services.requests import ClientDetails, ClosingRequest, EpisodeRequest, VoucherRequest
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.tables import Administration, ClientProvider, Episode
from evalplat.vocabulary import MeasurementPoint, Role

QUERY = ComparisonQuery("whodas-2.0-12", "sum_simple", adjust=("baseline",))
PER_PROVIDER = 14


def make_county(wiring):
    """Two providers with 14 episodes each: pairs in 12, one without an end, one without anything."""
    case_worker = make_account(wiring, Role.CASE_WORKER)
    providers = [make_provider(wiring, name) for name in ("Provider A", "Provider B")]
    vouchers, requests = [], []
    for n in range(2 * PER_PROVIDER):
        number = f"C-{n:04d}"
        client = ClientDetails(f"Testi {n}", 1950 + n, "female" if n % 2 else "male")
        vouchers.append(
            VoucherRequest(
                number, client, 100, 1, date(2026, 1, 1), date(2026, 12, 31), "853",
                case_worker_id=case_worker.id,
            )
        )  # fmt: skip
        day = date(2026, 1 + n % 3, 1)
        requests.append(EpisodeRequest(number, day, provider_id=providers[n // PER_PROVIDER]))
    with wiring.transaction(SYSTEM) as session:
        grant_vouchers(session, SYSTEM, vouchers, wiring.clock())
        ids = open_episodes(session, wiring.catalogue, SYSTEM, requests, wiring.clock())
        rows = session.execute(
            select(Episode.public_id, Administration.point, Administration.public_id)
            .join(Administration, Administration.episode_id == Episode.id)
            .where(Administration.instrument == QUERY.instrument)
        )
        planned = {(episode, point): key for episode, point, key in rows}
        sheets = []
        for n, episode in enumerate(ids):
            place = n % PER_PROVIDER
            better = 1 + n // PER_PROVIDER
            for point, value, day in (
                (MeasurementPoint.BASELINE, 3, date(2026, 3, 5)),
                (MeasurementPoint.END, 3 - better, date(2026, 9, 1)),
            ):
                if place == 13 or (place == 12 and point is MeasurementPoint.END):
                    continue
                raw = {**WHODAS_12, **{f"S{k}": value for k in range(1, 13)}, "S1": place % 5}
                if point is MeasurementPoint.BASELINE:
                    raw["S2"] = n % 4
                sheets.append(
                    Submission(planned[episode, point], raw, f"key {len(sheets):05d}", day)
                )
        submit_many(session, wiring.catalogue, SYSTEM, sheets, wiring.clock())
    return ids


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "compared_county", make_county)
    return templates.copy(kind, tmp_path, "compared_county")


def compare(wiring, query=QUERY, actor=None):
    actor = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(actor) as session:
        return compare_providers(session, wiring.catalogue, actor, query, at=wiring.clock())


def test_providers_are_compared_by_name_and_released_under_the_rule(wiring):
    found = compare(wiring)
    assert [row.provider for row in found.rows] == ["Provider A", "Provider B"]
    assert [row.n for row in found.rows] == [10, 10]
    assert found.released
    assert found.rows[1].adjusted_gain < found.rows[0].adjusted_gain < 0
    assert found.provenance.digest == wiring.catalogue.get(QUERY.instrument).digest
    assert found.provenance.data_cutoff == "2026-11-24"
    reasons = {str(exclusion.reason) for exclusion in found.exclusions}
    assert reasons == {"The first measurement was not made", "The later measurement was not made"}


def test_every_covariate_that_is_offered_can_be_adjusted_for(wiring):
    query = ComparisonQuery(QUERY.instrument, QUERY.scale, adjust=COVARIATES)
    assert {"age", "sex"} <= set(compare(wiring, query).adjusted_for)


def test_a_period_is_by_the_day_of_opening_both_ends_included(wiring):
    query = ComparisonQuery(
        QUERY.instrument, QUERY.scale, period_from=date(2026, 2, 1), period_until=date(2026, 2, 1)
    )
    found = compare(wiring, query)
    assert found.provenance.period == "2026-02-01/2026-02-01"
    assert found.n_started in (None, 10)


def test_every_fault_of_a_query_is_named(wiring):
    query = ComparisonQuery(
        "whodas-2.0-12",
        "nothing",
        period_from=date(2026, 2, 1),
        period_until=date(2026, 1, 1),
        from_point=MeasurementPoint.END,
        adjust=("baseline", "income"),
    )
    with pytest.raises(InputRejected) as caught:
        compare(wiring, query)
    assert [f.where for f in caught.value.faults] == ["period_until", "to_point", "adjust", "scale"]
    for instrument, scale in (("gas", "t"), ("none", "x"), ("client-feedback", "recommendation")):
        with pytest.raises(InputRejected):
            compare(wiring, ComparisonQuery(instrument, scale))


def test_only_the_countys_readers_compare(wiring):
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.CASE_WORKER):
        with pytest.raises(Refused):
            compare(wiring, actor=make_actor(wiring, role))


def test_scales_to_compare_say_whether_there_is_a_pair(wiring):
    actor = make_actor(wiring, Role.ANALYST)
    with wiring.reading(actor) as session:
        found = list_comparable_scales(session, wiring.catalogue, actor)
    pairs = {(scale.instrument, scale.scale): scale.has_pairs for scale in found}
    assert pairs["whodas-2.0-12", "total"]
    assert not pairs["3x10d", "health"]
    assert ("gas", "t") not in pairs
    assert all(scale.scale_titles["fi"] for scale in found)


def test_a_course_judges_change_by_what_is_known_of_the_scale(wiring):
    made = make_everything(wiring)
    with wiring.reading(made.worker) as session:
        course = client_course(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    scales = {(scale.instrument, scale.scale): scale for scale in course.scales}
    simple = scales["whodas-2.0-12", "sum_simple"]
    assert [point.point for point in simple.points] == ["baseline", "end"]
    assert (simple.change, simple.change_status) == (0, "unchanged")
    assert scales["gas", "t"].change_status == "not_assessable"
    assert course.client_name == "Testi"
    assert [goal.goal.title for goal in course.goals] == ["Goes out alone"]
    other = make_actor(wiring, Role.PROVIDER_WORKER, provider="Provider B")
    with wiring.reading(other) as session, pytest.raises(NotFound):
        client_course(session, wiring.catalogue, other, episode_id=made.episode.id)


def test_of_scales_that_score_the_same_answers_the_one_that_can_be_judged_stands_for_them(wiring):
    found = {d.key: find_alternatives(d) for d in wiring.catalogue.latest()}
    assert found["whodas-2.0-12"] == {"total": "sum_simple", "total_simple": "sum_simple"}
    assert found["whodas-2.0-36"]["total_simple"] == "total"
    assert found["3x10d"] == {}
    made = make_everything(wiring)
    with wiring.reading(made.worker) as session:
        course = client_course(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    assert {
        s.scale: s.alternative_of for s in course.scales if s.instrument == "whodas-2.0-12"
    } == {
        "total": "sum_simple",
        "total_simple": "sum_simple",
        "sum_simple": "",
    }


def test_one_measurement_is_no_change(wiring):
    made = make_everything(wiring)
    with wiring.transaction(SYSTEM) as session:
        session.execute(
            update(Administration)
            .where(Administration.public_id == made.administration(point=MeasurementPoint.END).id)
            .values(revision=0)
        )
    with wiring.reading(made.worker) as session:
        course = client_course(session, wiring.catalogue, made.worker, episode_id=made.episode.id)
    simple = next(scale for scale in course.scales if scale.scale == "sum_simple")
    assert simple.change is None
    assert simple.change_reason == "There is only one measurement so far."


def test_the_access_log_tells_administrators_who_did_what(wiring):
    analyst = make_actor(wiring, Role.ANALYST)
    compare(wiring, actor=analyst)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        newest = list_access_log(session, administrator)[0]
    assert (newest.action, newest.object_id) == ("compare_providers", "whodas-2.0-12/sum_simple")
    assert newest.account_id == analyst.account_id
    with wiring.reading(analyst) as session, pytest.raises(Refused):
        list_access_log(session, analyst)


def test_many_episodes_are_closed_at_once(wiring, kind, templates):
    ids = templates.fill(kind, "compared_county", make_county)
    requests = [ClosingRequest(key, date(2026, 9, 30)) for key in ids]
    with wiring.transaction(SYSTEM) as session:
        close_episodes(session, SYSTEM, requests, wiring.clock())
        assert set(session.scalars(select(Episode.closed_on))) == {date(2026, 9, 30)}
        session.execute(delete(ClientProvider).where(ClientProvider.client_id == -1))


def test_the_scales_stand_in_the_order_of_the_usual_plan(wiring):
    actor = Actor.system("test")
    with wiring.reading(actor) as session:
        found = list_comparable_scales(session, wiring.catalogue, actor)
    assert list(dict.fromkeys(one.instrument for one in found))[:3] == [
        "whodas-2.0-12",
        "3x10d",
        "worker-observation",
    ]
    known = {one.scale: one.knows_change for one in found if one.instrument == "whodas-2.0-12"}
    assert known == {"total": False, "total_simple": False, "sum_simple": True}


def test_a_provider_sees_its_own_row_of_the_county_s_result_and_no_other(wiring):
    names = {"Provider A", "Provider B"}
    county = compare(wiring)
    for name in names:
        who = make_actor(wiring, Role.PROVIDER_MANAGER, provider=name)
        with wiring.reading(who) as session:
            own_name, own = compare_own(session, wiring.catalogue, who, QUERY, at=wiring.clock())
        assert own_name == name
        assert own.rows == tuple(row for row in county.rows if row.provider == name)
        assert (own.target, own.n_pairs) == (county.target, county.n_pairs)
        others = names - {name}
        assert not [other for other in others if other in str(own)]


def test_own_results_are_of_providers_only_and_say_no_more_for_a_chosen_set(wiring):
    with pytest.raises(Refused), wiring.reading(SYSTEM) as session:
        analyst = make_actor(wiring, Role.ANALYST)
        compare_own(session, wiring.catalogue, analyst, QUERY, at=wiring.clock())
