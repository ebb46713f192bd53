"""Correcting what is known about a client: kept beside the earlier value, with author and reason, counted anew."""

import pytest
from builders import SYSTEM, make_actor, make_episode, make_sheet
from services.test_moments import assert_equal_to_the_rows, read_cells
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.caseload import list_caseload, set_client_language
from evalplat.services.client_corrections import correct_client, get_facts
from evalplat.services.requests import ClientDetails
from evalplat.storage.identities import forget
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Client, ClientIdentity, Episode, FactRevision
from evalplat.vocabulary import MeasurementPoint, Role

RIGHT = {
    "name": "Testi Asiakas", "birth_year": 1980, "sex": "female", "language": "fi",
    "living_situation": "alone", "employment": "unemployed",
}  # fmt: skip


def facts(wiring, made):
    with wiring.reading(made.case_worker) as session:
        return get_facts(session, made.case_worker, client_id=made.episode.client_id)


def correct(wiring, made, *, actor=None, municipality="853", base=None, services=(), **changes):
    actor = actor or made.case_worker
    reason = changes.pop("reason", "It was mistyped.")
    base = facts(wiring, made).revision if base is None else base
    with wiring.transaction(actor) as session:
        return correct_client(
            session, wiring.catalogue, actor, client_id=made.episode.client_id,
            details=ClientDetails(**{**RIGHT, **changes}), municipality=municipality,
            in_services=services, reason=reason, base_revision=base, at=wiring.clock(),
        )  # fmt: skip


def test_each_fact_is_corrected_and_its_earlier_value_kept(wiring):
    made = make_episode(wiring)
    changes = {
        "name": "Testi  Oikea", "birth_year": 1979, "sex": "other", "language": "sv",
        "living_situation": "shared", "employment": "studying",
    }  # fmt: skip
    assert correct(wiring, made, municipality="734", **changes) == 7
    found = facts(wiring, made)
    assert found.facts == {
        **{k: str(v) for k, v in changes.items()}, "name": "Testi Oikea", "municipality": "734"
    }  # fmt: skip
    kept = {one.fact: (one.earlier, one.later) for one in found.revisions}
    assert kept["name"] == ("Testi Asiakas", "Testi Oikea")
    assert kept["birth_year"] == ("1980", "1979")
    assert kept["municipality"] == ("853", "734")
    assert {one.reason for one in found.revisions} == {"It was mistyped."}
    with wiring.reading(made.case_worker) as session:
        row = session.scalars(select(FactRevision)).first()
        assert row.corrected_by == made.case_worker.account_id
        page = list_caseload(
            session, wiring.catalogue, made.case_worker, on=wiring.clock().date(), search="oikea"
        )
        assert [line.name for line in page.clients] == ["Testi Oikea"]


def test_the_service_keeps_what_was_true_at_its_opening_unless_that_was_wrong_too(wiring):
    made = make_episode(wiring)
    correct(wiring, made, living_situation="shared")
    assert facts(wiring, made).services[0].facts["living_situation"] == "alone"
    assert correct(wiring, made, living_situation="shared", services=[made.episode.id]) == 1
    found = facts(wiring, made)
    assert found.services[0].facts["living_situation"] == "shared"
    assert [(one.revision, one.episode_id) for one in found.revisions] == [
        (2, made.episode.id),
        (1, ""),
    ]


def test_comparisons_count_the_client_anew(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.END)
    correct(
        wiring, made, birth_year=1950, sex="male", language="sv", employment="retired",
        municipality="734", services=[made.episode.id],
    )  # fmt: skip
    columns = " ".join(cell[1] for cell in read_cells(wiring).values())
    assert "sex=male" in columns and "employment=retired" in columns
    assert_equal_to_the_rows(wiring)


def test_the_language_of_the_clients_door_is_counted_anew_too(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.END)
    with wiring.transaction(made.case_worker) as session:
        set_client_language(
            session, wiring.catalogue, made.case_worker, client_id=made.episode.client_id,
            language="sv", plain=True, at=wiring.clock(),
        )  # fmt: skip
    assert_equal_to_the_rows(wiring)
    (kept,) = facts(wiring, made).revisions
    assert (kept.fact, kept.earlier, kept.later) == ("language", "fi", "sv")


def test_a_fact_that_is_changed_past_the_service_is_noticed_by_the_slow_recount(wiring):
    """The negative control: the sums do remember what a client was counted as."""
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.END)
    with wiring.transaction(SYSTEM) as session:
        key = session.scalar(select(Client.id))
        change_rows(session, Client, [{"id": key, "sex": "male"}])
    with pytest.raises(AssertionError):
        assert_equal_to_the_rows(wiring)


def test_faults_come_all_at_once_and_nothing_is_changed(wiring):
    made = make_episode(wiring)
    with pytest.raises(InputRejected) as caught:
        correct(
            wiring, made, name="", birth_year=1850, sex="x", language="x", municipality="x",
            living_situation="x", employment="x", reason="",
        )  # fmt: skip
    assert {fault.where for fault in caught.value.faults} == {
        "name", "birth_year", "sex", "language", "municipality", "living_situation", "employment",
        "reason",
    }  # fmt: skip
    with pytest.raises(InputRejected):
        correct(wiring, made)  # nothing differs
    assert facts(wiring, made).revisions == ()


def test_two_corrections_at_once_do_not_write_over_each_other(wiring):
    made = make_episode(wiring)
    correct(wiring, made, birth_year=1981)
    with pytest.raises(Conflict):
        correct(wiring, made, birth_year=1982, base=0)


def test_only_the_own_case_worker_corrects(wiring):
    made = make_episode(wiring)
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    with pytest.raises(NotFound):
        correct(wiring, made, actor=colleague, birth_year=1981)
    with pytest.raises(Refused):
        correct(wiring, made, actor=made.worker, birth_year=1981)


def test_a_service_of_somebody_else_is_not_touched(wiring):
    made, other = make_episode(wiring), make_episode(wiring, provider="Provider B")
    correct(wiring, made, living_situation="shared", services=[other.episode.id])
    with wiring.reading(SYSTEM) as session:
        kept = set(session.scalars(select(Episode.living_situation)))
    assert kept == {"alone"}


@pytest.mark.parametrize(
    "change", ["UPDATE fact_revisions SET later = 'x'", "DELETE FROM client_acts"]
)
def test_what_was_corrected_and_done_is_append_only(wiring, change):
    made = make_episode(wiring)
    correct(wiring, made, birth_year=1981)
    from services.test_client_standing import act, restrict_client

    act(wiring, made, restrict_client)
    with pytest.raises(DatabaseError), wiring.transaction(SYSTEM) as session:
        session.execute(text(change))


def test_a_corrected_name_is_sealed_and_so_is_the_earlier_one(wiring):
    made = make_episode(wiring, name="Aino Kanarialintu")
    correct(wiring, made, name="Aino Peippo")
    with wiring.reading(SYSTEM) as session:
        row = session.scalars(select(FactRevision)).one()
        for value in (row.earlier, row.later):
            assert "Aino" not in value and bytes.fromhex(value)
        kept = session.scalar(select(ClientIdentity.sealed_name))
        assert b"Aino" not in kept
    (told,) = facts(wiring, made).revisions
    assert (told.earlier, told.later) == ("Aino Kanarialintu", "Aino Peippo")
    with wiring.transaction(SYSTEM) as session:
        forget(session, session.scalar(select(Client.id)), wiring.clock())
    (told,) = facts(wiring, made).revisions
    assert (told.earlier, told.later) == ("", "")
