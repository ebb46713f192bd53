"""Costs, trend and several scales, from stored episodes to released analyses."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import SYSTEM, WHODAS_12, make_account, make_actor, make_provider
from sqlalchemy import select

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.answers import Submission, submit_many
from evalplat.services.closing import close_episodes
from evalplat.services.combinations import combine_scales, suggest_scales
from evalplat.services.comparisons import ComparisonQuery, compare_providers
from evalplat.services.episodes import open_episodes
from evalplat.services.requests import ClientDetails, ClosingRequest, EpisodeRequest, VoucherRequest
from evalplat.services.trends import analyse_trend
from evalplat.services.value import analyse_value
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import MeasurementPoint, Role

QUERY = ComparisonQuery("whodas-2.0-12", "sum_simple", adjust=("baseline",))
PER_PROVIDER = 40


def make_county(wiring):
    """Two providers with 40 episodes each over four quarters, every fourth lost; the second costs twice as much."""
    case_worker = make_account(wiring, Role.CASE_WORKER)
    providers = [make_provider(wiring, name) for name in ("Provider A", "Provider B")]
    vouchers, requests = [], []
    for n in range(2 * PER_PROVIDER):
        number = f"C-{n:04d}"
        dear = n >= PER_PROVIDER
        client = ClientDetails(f"Testi {n}", 1950 + n % 40, "female" if n % 2 else "male")
        vouchers.append(
            VoucherRequest(
                number, client, (2 if dear else 1) * 100_000 + 1_000 * (n % 7), 1, date(2025, 1, 1),
                date(2027, 12, 31), "853", case_worker_id=case_worker.id,
            )
        )  # fmt: skip
        opened = date(2025, 1 + 3 * (n % 4), 10)
        requests.append(EpisodeRequest(number, opened, provider_id=providers[int(dear)]))
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
        for n, (episode, request) in enumerate(zip(ids, requests, strict=True)):
            raw = {**WHODAS_12, **{f"S{k}": 3 for k in range(1, 13)}, "S1": n % 5, "S2": n % 3}
            sheets.append((episode, MeasurementPoint.BASELINE, raw, request.opened_on))
            if n // 4 % 4 != 3:
                better = {f"S{k}": 1 + (n // 2) % 2 for k in range(3, 13)}
                day = request.opened_on + timedelta(days=150)
                sheets.append((episode, MeasurementPoint.END, {**raw, **better}, day))
        submit_many(
            session,
            wiring.catalogue,
            SYSTEM,
            [
                Submission(planned[episode, point], raw, f"key {k:05d}", day)
                for k, (episode, point, raw, day) in enumerate(sheets)
            ],
            wiring.clock(),
        )
        close_episodes(
            session,
            SYSTEM,
            [
                ClosingRequest(episode, request.opened_on + timedelta(days=180))
                for episode, request in zip(ids, requests, strict=True)
            ],
            wiring.clock(),
        )
    return ids


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "county_with_costs", make_county)
    return templates.copy(kind, tmp_path, "county_with_costs")


def ask(wiring, service, query=QUERY, actor=None, **more):
    who = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(who) as session:
        return service(session, wiring.catalogue, who, query, at=wiring.clock(), **more)


def test_costs_are_those_of_all_who_started_and_released(wiring):
    found = ask(wiring, analyse_value)
    assert found.released and found.costs.status == "ok"
    cheap, dear = found.costs.rows
    assert (cheap.n_started, cheap.n_pairs) == (40, 30)
    assert cheap.euros.mean == pytest.approx(1030, abs=10)
    assert dear.euros.mean == pytest.approx(2030, abs=10)
    assert dear.days.mean == pytest.approx(180, abs=5)
    assert found.costs.sdc == 8.6
    ratios = [row.euros.ratios["per_point"] for row in (cheap, dear)]
    assert [ratio.status for ratio in ratios] == ["ok", "ok"]
    assert ratios[1].ratio > 1.5 * ratios[0].ratio
    assert found.costs.provenance.data_cutoff == "2026-11-24"


def test_the_improvements_beneath_are_those_of_the_comparison(wiring):
    found = ask(wiring, analyse_value)
    plain = ask(wiring, compare_providers)
    for ours, theirs in zip(found.improvement.rows, plain.rows, strict=True):
        assert (ours.provider, ours.n, ours.gain) == (theirs.provider, theirs.n, theirs.gain)


def test_a_point_is_worth_one_of_a_few_round_prices(wiring):
    found = ask(wiring, analyse_value, worth=200.0)
    assert [benefit.worth for benefit in found.benefits] == [200.0]
    for worth in (201.0, -5.0, float("nan")):
        with pytest.raises(InputRejected) as caught:
            ask(wiring, analyse_value, worth=worth)
        assert [fault.where for fault in caught.value.faults] == ["worth"]


def test_quarters_are_those_of_the_opening(wiring):
    found = ask(wiring, analyse_trend)
    assert found.quarters == tuple(date(2025, month, 1) for month in (1, 4, 7, 10))
    assert found.released and found.status == "ok"
    assert [point.n_started for point in found.county.points] == [20] * 4
    assert [point.n_pairs for point in found.county.points] == [15] * 4
    one = replace(QUERY, period_from=date(2025, 4, 1), period_until=date(2025, 6, 30))
    assert ask(wiring, analyse_trend, one).quarters == (date(2025, 4, 1),)


def test_scales_stand_side_by_side_and_goals_are_never_among_them(wiring):
    keys = [("whodas-2.0-12", "sum_simple"), ("who-5", "total")]
    found = ask(wiring, combine_scales, scales=keys, composite=True)
    assert [one.key for one in found.scales] == ["whodas-2.0-12/sum_simple", "who-5/total"]
    assert found.scales[0].average > 0 and found.scales[1].comparison.status != "ok"
    assert found.composite.status == "few_in_common"
    with pytest.raises(InputRejected):
        ask(wiring, combine_scales, scales=[("gas", "t")])
    with pytest.raises(InputRejected):
        ask(wiring, combine_scales, scales=[("3x10d", f"x{k}") for k in range(20)])


def test_without_a_choice_each_instrument_with_pairs_gives_its_first_scale(wiring):
    who = make_actor(wiring, Role.ANALYST)
    with wiring.reading(who) as session:
        found = suggest_scales(session, wiring.catalogue, who)
    assert [instrument for instrument, _scale in found] == ["whodas-2.0-12"]
    assert [one.key for one in ask(wiring, combine_scales).scales] == ["/".join(found[0])]


def test_only_the_county_reads_and_what_was_read_is_on_record(wiring):
    worker = make_actor(wiring, Role.PROVIDER_WORKER, provider="Provider C")
    analyst = make_actor(wiring, Role.ANALYST)
    services = (analyse_value, analyse_trend, combine_scales)
    for service in services:
        with pytest.raises(Refused):
            ask(wiring, service, actor=worker)
        with wiring.transaction(analyst) as session:
            service(session, wiring.catalogue, analyst, QUERY, at=wiring.clock())
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        read = {entry.action for entry in list_access_log(session, administrator)}
    assert {service.__name__ for service in services} <= read


def test_every_fault_of_a_query_is_named(wiring):
    query = replace(QUERY, scale="nothing", adjust=("shoe size",))
    for service in (analyse_value, analyse_trend):
        with pytest.raises(InputRejected) as caught:
            ask(wiring, service, query)
        assert {fault.where for fault in caught.value.faults} == {"scale", "adjust"}
