"""Vouchers become episodes; episodes plan what is measured, show what is due, and close."""

from datetime import date, timedelta

import pytest
from builders import (
    OPENED,
    SYSTEM,
    make_account,
    make_actor,
    make_episode,
    make_provider,
    make_sheet,
    make_voucher,
)
from sqlalchemy import event, func, select

from evalplat.episodes.due import due_state
from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.actors import Actor
from evalplat.services.episodes import (
    VoucherRejected,
    close_episode,
    get_episode,
    list_worklist,
    open_episode,
    open_episodes,
)
from evalplat.services.requests import ClientDetails, EpisodeRequest, VoucherRequest
from evalplat.services.views import VoucherState
from evalplat.services.voucher_look_up import find_voucher
from evalplat.services.vouchers import grant_voucher, grant_vouchers
from evalplat.storage.tables import Administration, AuditEntry, Client, Episode
from evalplat.vocabulary import AdministrationStatus, DueState, MeasurementPoint, Role

POINT = MeasurementPoint


def open_(wiring, worker, number, opened_on=OPENED, **rest):
    with wiring.transaction(worker) as session:
        return open_episode(
            session,
            wiring.catalogue,
            worker,
            voucher_number=number,
            opened_on=opened_on,
            at=wiring.clock(),
            **rest,
        )


def test_a_voucher_is_seen_without_its_client_before_the_episode_is_opened(wiring):
    worker = make_actor(wiring)
    number = make_voucher(wiring, number="vs-2026/1")
    with wiring.reading(worker) as session:
        view = find_voucher(session, worker, " VS - 2026 / 1 ", on=OPENED)
        assert find_voucher(session, worker, "VS-2026/2", on=OPENED) is None
    assert view is not None
    assert (view.number, view.state) == (number.upper(), VoucherState.AVAILABLE)
    assert (view.voucher.hours, view.voucher.client_id, view.episode_id) == (40, None, None)
    with wiring.reading(SYSTEM) as session:
        looked = select(AuditEntry.object_id).where(AuditEntry.action == "look_up_voucher")
        assert session.scalars(looked).all() == [view.voucher.id, ""]


def test_a_voucher_that_is_somebody_elses_is_missing_like_one_that_does_not_exist(wiring):
    worker, other = make_actor(wiring), make_actor(wiring, provider="Provider B")
    used = make_episode(wiring, provider="Provider B").episode.voucher.number
    meant = make_voucher(wiring, provider_id=other.provider_id)
    elsewhere = make_voucher(wiring, county="satakunta")
    said = set()
    for number in (used, meant, elsewhere, "XX-1"):
        with wiring.reading(worker) as session:
            assert find_voucher(session, worker, number, on=OPENED) is None
        with pytest.raises(VoucherRejected) as caught:
            open_(wiring, worker, number)
        said.add(str(caught.value).replace(number, "N"))
    assert len(said) == 1 and "if it is right, ask the client’s case worker" in said.pop()
    with wiring.reading(other) as session:
        assert find_voucher(session, other, used, on=OPENED).episode_id is not None
        assert find_voucher(session, other, meant, on=OPENED).voucher is not None


def test_a_voucher_out_of_time_tells_its_days_and_nothing_more(wiring):
    worker = make_actor(wiring)
    number = make_voucher(wiring, valid_until=OPENED)
    with wiring.reading(worker) as session:
        late = find_voucher(session, worker, number, on=OPENED + timedelta(days=1))
        in_time = find_voucher(session, worker, number, on=OPENED)
    assert (late.state, late.valid_until, late.voucher) == (VoucherState.EXPIRED, OPENED, None)
    assert in_time.voucher.value_cents == 250_000


def test_opening_an_episode_plans_its_administrations_from_the_plan(wiring):
    made = make_episode(wiring, planned_end=date(2026, 9, 2))
    planned = {(a.instrument_key, a.point): a for a in made.episode.administrations}
    assert {point for key, point in planned if key == "whodas-2.0-12"} == set(POINT)
    assert {point for key, point in planned if key == "gas"} == set(POINT) - {POINT.MIDPOINT}
    midpoint = planned["whodas-2.0-12", POINT.MIDPOINT]
    assert (midpoint.due_from, midpoint.due_until) == (date(2026, 5, 12), date(2026, 6, 23))
    assert midpoint.version == wiring.catalogue.get("whodas-2.0-12").version
    assert made.episode.client_name == "Testi Asiakas"
    assert made.episode.municipality_name == "Turku"
    assert made.episode.voucher.state is VoucherState.USED


def test_every_fault_of_a_voucher_is_named_at_once(wiring):
    other = make_provider(wiring, "Provider B")
    number = make_voucher(
        wiring, county="satakunta", provider_id=other, valid_until=date(2026, 2, 1)
    )
    with pytest.raises(VoucherRejected) as caught:
        open_(
            wiring,
            SYSTEM,
            number,
            provider_id=make_provider(wiring),
            plan_key="none",
            planned_end=OPENED - timedelta(days=1),
        )
    text = str(caught.value)
    for words in (
        "another county (satakunta)",
        "another provider",
        "valid until 2026-02-01",
        "no measurement plan none",
        "planned end 2026-03-01 is before",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"valid_from": date(2026, 4, 1)}, "valid from 2026-04-01"),
        ({"valid_until": date(2026, 3, 1)}, "valid until 2026-03-01"),
        ({"county": "satakunta"}, "no voucher"),
    ],
)
def test_a_voucher_out_of_time_or_county_is_refused(wiring, rest, words):
    with pytest.raises(VoucherRejected, match=words):
        open_(wiring, make_actor(wiring), make_voucher(wiring, **rest))


def test_an_unknown_or_used_voucher_is_refused(wiring):
    worker = make_actor(wiring)
    with pytest.raises(VoucherRejected, match="no voucher XX-1"):
        open_(wiring, worker, "xx-1")
    number = make_voucher(wiring)
    open_(wiring, worker, number)
    with pytest.raises(VoucherRejected, match="already pays"):
        open_(wiring, worker, number)


def test_the_last_day_of_validity_counts(wiring):
    number = make_voucher(wiring, valid_from=OPENED, valid_until=OPENED)
    assert open_(wiring, make_actor(wiring), number).opened_on == OPENED


def test_many_episodes_are_opened_all_or_none(wiring):
    good, bad = make_voucher(wiring), make_voucher(wiring, valid_until=date(2026, 2, 1))
    provider = make_provider(wiring)
    requests = [EpisodeRequest(n, OPENED, provider_id=provider) for n in (good, bad, good)]
    with pytest.raises(VoucherRejected) as caught, wiring.transaction(SYSTEM) as session:
        open_episodes(session, wiring.catalogue, SYSTEM, requests, wiring.clock())
    assert [f.where.split(":")[0] for f in caught.value.faults] == ["1", "2", "3"]
    with wiring.transaction(SYSTEM) as session:
        ids = open_episodes(session, wiring.catalogue, SYSTEM, requests[:1], wiring.clock())
        assert session.scalars(select(Episode.public_id)).all() == list(ids)


def test_a_worker_opens_for_the_own_provider_only(wiring):
    other = make_provider(wiring, "Provider B")
    with pytest.raises(VoucherRejected, match="no such provider"):
        open_(wiring, make_actor(wiring), make_voucher(wiring), provider_id=other)
    with pytest.raises(VoucherRejected, match="no such provider"):
        open_(wiring, SYSTEM, make_voucher(wiring), provider_id="no such")


def test_another_providers_episode_is_missing(wiring):
    made = make_episode(wiring)
    other = make_actor(wiring, provider="Provider B")
    for episode_id in (made.episode.id, "missing"):
        with wiring.reading(other) as session, pytest.raises(NotFound) as caught:
            get_episode(session, wiring.catalogue, other, episode_id, on=OPENED)
        assert str(caught.value) == "There is no such episode."
        with wiring.transaction(other) as session, pytest.raises(NotFound):
            close_episode(
                session,
                wiring.catalogue,
                other,
                episode_id=episode_id,
                closed_on=OPENED,
                at=wiring.clock(),
            )


def close(wiring, made, closed_on, reason="completed"):
    with wiring.transaction(made.worker) as session:
        return close_episode(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            closed_on=closed_on,
            reason=reason,
            at=wiring.clock(),
        )


def test_closing_moves_end_and_follow_up_to_the_actual_closing(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    view = close(wiring, made, date(2026, 4, 1), "interrupted")
    assert (view.closed_on, view.closing_reason) == (date(2026, 4, 1), "interrupted")
    found = {a.point: a for a in view.administrations if a.instrument_key == "whodas-2.0-12"}
    assert found[POINT.END].due_from == date(2026, 3, 11)
    assert found[POINT.FOLLOW_UP].due_from == date(2026, 8, 31)
    assert found[POINT.MIDPOINT].status is AdministrationStatus.NOT_APPLICABLE
    assert found[POINT.BASELINE].status is AdministrationStatus.SUBMITTED
    with pytest.raises(Conflict, match="2026-04-01"):
        close(wiring, made, date(2026, 5, 1))


def test_a_closing_that_cannot_be_is_refused_with_every_fault(wiring):
    made = make_episode(wiring)
    with pytest.raises(InputRejected) as caught:
        close(wiring, made, date(2026, 3, 1), "bored")
    assert [f.where for f in caught.value.faults] == ["closed_on", "reason"]
    with pytest.raises(InputRejected, match="future"):
        close(wiring, made, date(2026, 11, 26))


def worklist(wiring, actor, **rest):
    with wiring.reading(actor) as session:
        return list_worklist(session, actor, on=rest.pop("on", date(2026, 9, 1)), **rest)


def test_the_worklist_agrees_with_the_one_definition_of_due(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    close(wiring, made, date(2026, 4, 1))
    make_episode(wiring, opened_on=date(2026, 2, 1))
    for on in (date(2026, 2, 10), date(2026, 4, 5), date(2026, 9, 1), date(2027, 1, 1)):
        found = worklist(wiring, made.worker, on=on, page_size=200)
        with wiring.reading(made.worker) as session:
            rows = {a.public_id: a for a in session.scalars(select(Administration))}
        expected = {
            key: due_state(a.status, a.due_from, a.due_until, on) for key, a in rows.items()
        }
        assert {row.administration_id: row.state for row in found.rows} == expected
        assert found.total == len(rows) == sum(found.counts.values())
        for state in DueState:
            part = worklist(wiring, made.worker, on=on, state=state, page_size=200)
            assert {row.administration_id for row in part.rows} == {
                key for key, value in expected.items() if value is state
            }
            assert part.total == found.counts[state]


def test_the_worklist_is_paged_and_searched_by_name(wiring):
    worker = make_episode(wiring, name="Äijä Öhman").worker
    make_episode(wiring, name="Testi 100%")
    first = worklist(wiring, worker, page_size=5)
    assert (len(first.rows), first.page, first.pages, first.total) == (5, 1, 5, 22)
    last = worklist(wiring, worker, page_size=5, page=99)
    assert (last.page, len(last.rows)) == (5, 2)
    assert worklist(wiring, worker, search="öhm äijä").total == 11
    assert worklist(wiring, worker, search="100%").total == 11
    assert worklist(wiring, worker, search="%").total == 11
    assert worklist(wiring, worker, search="nobody").rows == ()


def test_a_worklist_takes_the_same_few_statements_whatever_its_length(wiring):
    worker = make_episode(wiring).worker

    def count_statements():
        statements = []

        def listen(_conn, _cursor, statement, *_rest):
            statements.append(statement)

        event.listen(wiring.engine, "before_cursor_execute", listen)
        worklist(wiring, worker, page_size=200)
        event.remove(wiring.engine, "before_cursor_execute", listen)
        return len([s for s in statements if s.lstrip().startswith(("SELECT", "INSERT"))])

    short = count_statements()
    for _ in range(4):
        make_episode(wiring)
    assert count_statements() == short <= 10


def test_reading_a_list_writes_one_line_with_its_clients(wiring):
    one, two = make_episode(wiring), make_episode(wiring)
    worklist(wiring, one.worker)
    with wiring.reading(SYSTEM) as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_worklist"))
        (line,) = lines.all()
    assert set(line.client_ids) == {one.episode.client_id, two.episode.client_id}
    assert (line.account_id, line.role) == (one.worker.account_id, "provider_worker")


def test_every_fault_of_a_voucher_to_grant_is_named_and_nothing_is_stored(wiring):
    case_worker = make_actor(wiring, Role.CASE_WORKER)
    with pytest.raises(InputRejected) as caught, wiring.transaction(case_worker) as session:
        grant_voucher(
            session,
            case_worker,
            number="?",
            client=ClientDetails("", 1500, "f", "xx", "nowhere", "busy"),
            value_cents=-1,
            hours=-1,
            valid_from=date(2026, 2, 1),
            valid_until=date(2026, 1, 1),
            municipality="999",
            provider_id="none",
            at=wiring.clock(),
        )
    assert {f.where for f in caught.value.faults} == {
        "name", "birth_year", "sex", "language", "living_situation", "employment", "number",
        "value_cents", "hours", "valid_until", "municipality", "provider_id",
    }  # fmt: skip
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Client)) == 0


def test_a_voucher_number_is_granted_once(wiring):
    make_voucher(wiring, number="VS-1")
    with pytest.raises(InputRejected, match="exists already"):
        make_voucher(wiring, number="vs - 1")


def test_a_system_job_names_the_case_worker_and_a_known_client_keeps_the_identity(wiring):
    case_worker = make_account(wiring, Role.CASE_WORKER)
    made = make_episode(wiring)
    facts = {
        "value_cents": 100,
        "hours": 1,
        "valid_from": OPENED,
        "valid_until": OPENED,
        "municipality": "853",
    }
    again = ClientDetails(client_id=made.episode.client_id)
    with pytest.raises(InputRejected, match="case worker"), wiring.transaction(SYSTEM) as session:
        grant_vouchers(session, SYSTEM, [VoucherRequest("V-1", again, **facts)], wiring.clock())
    request = VoucherRequest("V-1", again, **facts, case_worker_id=case_worker.id)
    with wiring.transaction(SYSTEM) as session:
        (view,) = grant_vouchers(session, SYSTEM, [request], wiring.clock())
    assert view.client_id == made.episode.client_id
    second = open_(wiring, made.worker, "V-1")
    assert second.client_name == made.episode.client_name


@pytest.mark.parametrize("role", [Role.CASE_WORKER, Role.ANALYST, Role.ADMINISTRATOR])
def test_only_a_providers_staff_open_episodes(wiring, role):
    with pytest.raises(Refused):
        open_(wiring, make_actor(wiring, role), make_voucher(wiring))


def test_a_session_of_somebody_else_is_refused(wiring):
    worker = make_actor(wiring)
    with wiring.reading(make_actor(wiring, Role.CASE_WORKER)) as session, pytest.raises(Refused):
        list_worklist(session, worker, on=OPENED)
    with wiring.reading(worker) as session, pytest.raises(Refused):
        list_worklist(session, Actor.system("forged"), on=OPENED)


@pytest.mark.parametrize("far", [date(2027, 6, 1), date(9999, 1, 1), date(9999, 12, 31)])
def test_an_opening_far_ahead_is_a_fault_and_never_a_defect(wiring, far):
    worker = make_actor(wiring)
    number = make_voucher(wiring, valid_until=date(9999, 12, 31))
    with pytest.raises(VoucherRejected) as raised:
        open_(wiring, worker, number, opened_on=far)
    assert [fault.where for fault in raised.value.faults] == ["opened_on"]


def test_a_name_with_signs_that_nobody_sees_is_refused(wiring):
    for name in ("Aino\u202e Esimerkki", "Aino\x1b[31m"):
        with pytest.raises(InputRejected) as raised:
            make_voucher(wiring, client=ClientDetails(name=name, birth_year=1980))
        assert [fault.where for fault in raised.value.faults] == ["name"]
