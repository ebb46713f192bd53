"""The lost and lasting change, from stored episodes to released analyses."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import SYSTEM, WHODAS_12, make_account, make_actor, make_provider
from sqlalchemy import select

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.answers import Submission, submit_many
from evalplat.services.attrition import analyse_lost
from evalplat.services.comparisons import ComparisonQuery
from evalplat.services.episodes import open_episodes
from evalplat.services.requests import ClientDetails, EpisodeRequest, VoucherRequest
from evalplat.services.sustained import analyse_lasting
from evalplat.services.vouchers import grant_vouchers
from evalplat.statistics.over_time.sustained_results import Window
from evalplat.storage.tables import Administration, Episode
from evalplat.vocabulary import MeasurementPoint, Role

QUERY = ComparisonQuery("whodas-2.0-12", "sum_simple", adjust=("baseline", "age", "mode"))
PER_PROVIDER = 24
OPENED = date(2025, 9, 10)
RECENT = date(2026, 11, 1)


def make_county(wiring):
    """Two providers with 24 old episodes each, of which 8 were lost, and 5 episodes too young to be measured again."""
    case_worker = make_account(wiring, Role.CASE_WORKER)
    providers = [make_provider(wiring, name) for name in ("Provider A", "Provider B")]
    vouchers, requests = [], []
    for n in range(2 * PER_PROVIDER + 5):
        number = f"C-{n:04d}"
        client = ClientDetails(f"Testi {n}", 1950 + n % 40, "female" if n % 2 else "male")
        vouchers.append(
            VoucherRequest(
                number, client, 100, 1, date(2025, 1, 1), date(2027, 12, 31), "853",
                case_worker_id=case_worker.id,
            )
        )  # fmt: skip
        old = n < 2 * PER_PROVIDER
        place = min(n // PER_PROVIDER, 1)
        requests.append(
            EpisodeRequest(number, OPENED if old else RECENT, provider_id=providers[place])
        )
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
            for point, raw, day in draw_sheets(n):
                sheets.append(
                    Submission(planned[episode, point], raw, f"key {len(sheets):05d}", day)
                )
        submit_many(session, wiring.catalogue, SYSTEM, sheets, wiring.clock())
    return ids


def draw_sheets(n):
    old = n < 2 * PER_PROVIDER
    start = OPENED if old else RECENT
    raw = {**WHODAS_12, **{f"S{k}": 3 for k in range(1, 13)}, "S1": n % 5, "S2": n % 3}
    yield MeasurementPoint.BASELINE, raw, start
    place = n % PER_PROVIDER
    if not old or place % 3 == 2:
        return
    better = {f"S{k}": 1 + n % 2 for k in range(3, 13)}
    end = start + timedelta(days=170)
    yield MeasurementPoint.END, {**raw, **better}, end
    if place % 3 == 1 or place < 9:
        worse = {**raw, **better, "S3": (n // 3) % 4, "S4": 3}
        yield MeasurementPoint.FOLLOW_UP, worse, end + timedelta(days=200 if place == 1 else 90)


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "county_with_lost", make_county)
    return templates.copy(kind, tmp_path, "county_with_lost")


def ask(wiring, service, query=QUERY, actor=None, **more):
    who = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(who) as session:
        return service(session, wiring.catalogue, who, query, at=wiring.clock(), **more)


def test_the_lost_are_counted_without_those_who_are_still_being_served(wiring):
    found = ask(wiring, analyse_lost)
    assert found.released and found.status == "ok"
    assert [row.provider for row in found.rows] == ["Provider A", "Provider B"]
    assert [(row.n_followed, row.n_lost) for row in found.rows] == [(15, 10), (15, 10)]
    assert found.set_aside_days == 170
    reasons = {str(one.reason): one.count for one in found.exclusions}
    assert reasons == {"Opened in the last 170 days, too recent for the later measurement": 5}
    assert found.overall.manski.low < found.overall.weighting.value < 0
    assert found.provenance.data_cutoff == "2026-11-24"


def test_circumstances_of_a_measurement_explain_no_loss(wiring):
    found = ask(wiring, analyse_lost)
    assert found.adjusted_for == ("baseline", "age")
    assert any("mode was left out" in str(warning) for warning in found.warnings)


def test_lasting_change_counts_follow_ups_in_the_window(wiring):
    found = ask(wiring, analyse_lasting)
    assert found.released and found.window == Window(60, 150)
    assert found.overall.n_follow_up == 20
    wide = ask(wiring, analyse_lasting, window=Window(0, 400))
    assert wide.n_late is None and wide.overall.n_follow_up == 20
    assert found.change_status == "ok"


def test_every_fault_of_a_query_is_named(wiring):
    query = replace(QUERY, scale="nothing", adjust=("shoe size",))
    for service in (analyse_lost, analyse_lasting):
        with pytest.raises(InputRejected) as caught:
            ask(wiring, service, query)
        assert {fault.where for fault in caught.value.faults} == {"scale", "adjust"}
    with pytest.raises(InputRejected):
        ask(wiring, analyse_lasting, window=Window(9, 3))


def test_only_the_county_reads_and_what_was_read_is_on_record(wiring):
    worker = make_actor(wiring, Role.PROVIDER_WORKER, provider="Provider C")
    analyst = make_actor(wiring, Role.ANALYST)
    for service in (analyse_lost, analyse_lasting):
        with pytest.raises(Refused):
            ask(wiring, service, actor=worker)
        with wiring.transaction(analyst) as session:
            service(session, wiring.catalogue, analyst, QUERY, at=wiring.clock())
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        read = {entry.action for entry in list_access_log(session, administrator)}
    assert {"analyse_lost", "analyse_lasting"} <= read


def test_a_period_without_episodes_is_a_status(wiring):
    query = replace(QUERY, period_from=date(2030, 1, 1))
    assert ask(wiring, analyse_lost, query).status == "nobody"
    assert ask(wiring, analyse_lasting, query).status == "no_data"
