"""Restriction and objection: what stops, who is told, and that every figure of the county leaves the client out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO

import pytest
from builders import (
    SYSTEM,
    make_actor,
    make_episode,
    make_goals,
    make_invitation,
    make_sheet,
    make_voucher,
)
from services.test_moments import assert_equal_to_the_rows, read_cells, read_counts
from sqlalchemy import select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import get_sheet
from evalplat.services.caseload import get_client, list_caseload, set_client_language
from evalplat.services.client_standing import (
    count_left_out,
    get_standing,
    lift_restriction,
    object_to_comparison,
    restrict_client,
    withdraw_objection,
)
from evalplat.services.contacts import ContactDetails, save_contact
from evalplat.services.courses import client_course
from evalplat.services.due_administrations import list_due_administrations
from evalplat.services.due_list import list_due_points
from evalplat.services.episodes import get_episode, list_worklist, open_episode
from evalplat.services.frames import load_frame
from evalplat.services.imports import list_open_measurements
from evalplat.services.invitations import InvitationRefused, open_invitation
from evalplat.services.recounting import rebuild_moments
from evalplat.services.reminders import list_due_clients, plan_reminder
from evalplat.services.requests import ComparisonQuery
from evalplat.services.sheet_exports import FileRequest, SheetsRequest, export_sheets
from evalplat.storage.agreement import Source, stream_answers, stream_ratings
from evalplat.storage.outcomes import list_goal_levels
from evalplat.storage.reminders import list_rows
from evalplat.storage.restriction import NeedsReason, Restricted
from evalplat.storage.tables import Client
from evalplat.vocabulary import Channel, MeasurementPoint, ReminderState, Respondent, Role

WHODAS = "whodas-2.0-12"
END = MeasurementPoint.END
REASON = "The client says that an answer is wrong."


def act(wiring, made, what, reason=REASON, actor=None):
    actor = actor or made.case_worker
    with wiring.transaction(actor) as session:
        what(
            session, wiring.catalogue, actor, client_id=made.episode.client_id, reason=reason,
            at=wiring.clock(),
        )  # fmt: skip


def make_pair(wiring, **rest):
    made = make_episode(wiring, **rest)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=END)
    return made


def figures(wiring):
    """Everything that the county's analyses are made of, client by client where there are rows."""
    definition = wiring.catalogue.get(WHODAS)
    source = Source(WHODAS, definition.version, Respondent.CLIENT, "sum_simple")
    with wiring.reading(SYSTEM) as session:
        frame = load_frame(session, definition, ComparisonQuery(WHODAS, "sum_simple"))
        return {
            "frame": sorted(frame["episode"]),
            "goals": len(list_goal_levels(session)),
            "ratings": len(list(stream_ratings(session, [source], END))),
            "answers": len(list(stream_answers(session, source, END))),
            "cells": sum(counts[0] for counts, *_ in read_cells(wiring).values()),
            "counts": sum(read_counts(wiring).values()),
        }


@pytest.mark.parametrize("out", [restrict_client, object_to_comparison])
def test_a_client_who_is_left_out_stands_in_no_figure_and_comes_back_into_each(wiring, out):
    back = {restrict_client: lift_restriction, object_to_comparison: withdraw_objection}[out]
    stays, goes = make_pair(wiring), make_pair(wiring, sex="male", birth_year=1950)
    make_goals(wiring, goes)
    before, cells = figures(wiring), read_cells(wiring)
    act(wiring, goes, out)
    without = figures(wiring)
    assert len(without["frame"]) == len(before["frame"]) - 1
    assert without["goals"] == 0 and before["goals"] == 1
    for name in ("ratings", "answers", "cells", "counts"):
        assert without[name] * 2 == before[name], name
    assert_equal_to_the_rows(wiring)
    act(wiring, goes, back)
    assert figures(wiring) == before
    assert {key: cell[0] for key, cell in read_cells(wiring).items()} == {
        key: cell[0] for key, cell in cells.items()
    }
    assert_equal_to_the_rows(wiring)
    assert stays.episode.id != goes.episode.id


def test_what_comes_in_while_a_client_objects_is_counted_once_they_agree_again(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    act(wiring, made, object_to_comparison)
    make_sheet(wiring, made, point=END)
    second = make_voucher_for(wiring, made)
    assert read_cells(wiring) == {} and read_counts(wiring) == {}
    assert_equal_to_the_rows(wiring)
    act(wiring, made, withdraw_objection)
    assert sum(read_counts(wiring).values()) > 0
    assert_equal_to_the_rows(wiring)
    assert second


def make_voucher_for(wiring, made):
    """Another service of the same client."""
    number = make_voucher(wiring, client=client_of(made), case_worker=made.case_worker)
    with wiring.transaction(made.worker) as session:
        return open_episode(
            session, wiring.catalogue, made.worker, voucher_number=number,
            opened_on=made.episode.opened_on + timedelta(days=30), at=wiring.clock(),
        )  # fmt: skip


def client_of(made):
    from evalplat.services.requests import ClientDetails

    return ClientDetails(client_id=made.episode.client_id)


@pytest.mark.parametrize("out", [restrict_client, object_to_comparison])
def test_an_export_leaves_out_who_may_not_be_in_it(wiring, out):
    """Restricted: in nobody's file. Objecting: in the files of those who serve the client, not in the analyst's."""
    goes, _stays = make_pair(wiring), make_pair(wiring)
    act(wiring, goes, out)
    for role, expected in (
        (Role.ANALYST, 1),
        (Role.PROVIDER_MANAGER, 1 if out is restrict_client else 2),
        (Role.CASE_WORKER, 1 if out is restrict_client else 2),
    ):
        actor = make_actor(wiring, role)
        with wiring.reading(actor) as session:
            receipt = export_sheets(
                session, wiring.catalogue, actor, SheetsRequest(), FileRequest(), BytesIO(),
                at=wiring.clock(),
            )  # fmt: skip
        assert receipt.episodes == expected, role


def test_two_reasons_to_be_left_out_are_kept_apart(wiring):
    made = make_pair(wiring)
    act(wiring, made, restrict_client)
    act(wiring, made, object_to_comparison)
    act(wiring, made, lift_restriction)
    assert figures(wiring)["frame"] == []
    act(wiring, made, withdraw_objection)
    assert len(figures(wiring)["frame"]) == 1
    assert_equal_to_the_rows(wiring)


def test_a_recount_leaves_out_who_is_left_out(wiring):
    made = make_pair(wiring)
    act(wiring, made, object_to_comparison)
    with wiring.transaction(SYSTEM) as session:
        rebuild_moments(session, wiring.catalogue, SYSTEM)
    assert read_cells(wiring) == {} and read_counts(wiring) == {}


def test_a_recount_notices_sums_that_still_hold_a_client_who_left(wiring):
    """The negative control: without taking the client out of the sums, the slow way disagrees."""
    made = make_pair(wiring)
    with wiring.transaction(SYSTEM) as session:
        client = session.scalar(select(Client.id).where(Client.public_id == made.episode.client_id))
        from evalplat.storage.rights import set_standing

        set_standing(session, client, counted=False)
    with pytest.raises(AssertionError):
        assert_equal_to_the_rows(wiring)


def test_leaving_out_and_a_sheet_at_the_same_time_keep_the_sums(wiring):
    for _ in range(4):
        made = make_episode(wiring)
        make_sheet(wiring, made)
        with ThreadPoolExecutor(2) as pool:
            sheet = pool.submit(make_sheet, wiring, made, point=END)
            out = pool.submit(act, wiring, made, object_to_comparison)
            sheet.result(), out.result()
    assert_equal_to_the_rows(wiring)


def test_restriction_closes_codes_cancels_reminders_and_asks_nothing_more(wiring):
    made = make_episode(wiring, opened_on=wiring.clock().date())
    invitation = make_invitation(wiring, made)
    with wiring.transaction(made.worker) as session:
        details = ContactDetails(email="a@example.com", channel=Channel.EMAIL)
        save_contact(
            session, made.worker, episode_id=made.episode.id, details=details, at=wiring.clock()
        )
    rule, today = rule_and_day(wiring)
    with wiring.transaction(SYSTEM) as session:
        (due,) = list_due_clients(session, wiring.catalogue, SYSTEM, rule=rule, on=today)
        plan_reminder(
            session, wiring.catalogue, SYSTEM, client=due.client, rule=rule,
            channels={Channel.EMAIL}, at=wiring.clock(),
        )  # fmt: skip
    with wiring.reading(made.worker) as session:
        assert list_worklist(session, made.worker, on=today).total > 0
    act(wiring, made, restrict_client)
    with pytest.raises(InvitationRefused), wiring.transaction(SYSTEM) as session:
        open_invitation(session, code=invitation.code, at=wiring.clock())
    with wiring.reading(SYSTEM) as session:
        ((reminder, *_),) = list_rows(session)
        assert reminder.state is ReminderState.CANCELLED
        assert list_due_clients(session, wiring.catalogue, SYSTEM, rule=rule, on=today) == []
    with wiring.reading(made.worker) as session:
        assert list_worklist(session, made.worker, on=today).total == 0
        assert list_due_administrations(session, made.worker, on=today).rows == ()
        opened = list_open_measurements(session, wiring.catalogue, made.worker, instrument=WHODAS)
        assert opened == ()
        assert list_due_points(session, made.worker, on=today, until=today) == ()
    with wiring.reading(made.case_worker) as session:
        (line,) = list_caseload(session, wiring.catalogue, made.case_worker, on=today).clients
        assert line.restricted and line.due == ()


def rule_and_day(wiring):
    from evalplat.episodes.local_time import local_day
    from evalplat.services.reminders import rule_of

    return rule_of(wiring.settings.messages), local_day(wiring.clock())


def test_nothing_is_done_about_a_restricted_client(wiring):
    made = make_episode(wiring)
    act(wiring, made, restrict_client)
    for attempt in (
        lambda: make_sheet(wiring, made),
        lambda: make_goals(wiring, made),
        lambda: make_invitation(wiring, made),
        lambda: make_voucher_for(wiring, made),
        lambda: set_language(wiring, made),
    ):
        with pytest.raises(Restricted):
            attempt()
    with wiring.reading(SYSTEM) as session:
        assert get_sheet(session, SYSTEM, administration_id=made.administration().id) is None
    act(wiring, made, lift_restriction)
    make_sheet(wiring, made)
    make_goals(wiring, made)
    make_invitation(wiring, made, point=END)


def set_language(wiring, made):
    with wiring.transaction(made.case_worker) as session:
        set_client_language(
            session, wiring.catalogue, made.case_worker, client_id=made.episode.client_id,
            language="sv", plain=False, at=wiring.clock(),
        )  # fmt: skip


def test_staff_read_about_a_restricted_client_with_a_reason_only(wiring):
    made = make_pair(wiring)
    act(wiring, made, restrict_client)

    def read_episode(actor, session):
        get_episode(session, wiring.catalogue, actor, made.episode.id, on=wiring.clock().date())

    def read_course(actor, session):
        client_course(session, wiring.catalogue, actor, episode_id=made.episode.id)

    def read_client(actor, session):
        get_client(
            session, wiring.catalogue, actor, client_id=made.episode.client_id,
            on=wiring.clock().date(),
        )  # fmt: skip

    for actor, reads in (
        (made.worker, (read_episode, read_course)),
        (made.case_worker, (read_episode, read_course, read_client)),
    ):
        for read in reads:
            with pytest.raises(NeedsReason), wiring.reading(actor) as session:
                read(actor, session)
            with wiring.reading(actor, purpose="Clearing up the answer in question") as session:
                read(actor, session)
    other = make_episode(wiring)
    with wiring.reading(other.worker) as session:
        get_episode(session, wiring.catalogue, other.worker, other.episode.id, on=OPENED)


OPENED = make_episode.__kwdefaults__["opened_on"]


def test_the_acts_stand_with_their_reasons_and_cannot_be_done_twice(wiring):
    made = make_episode(wiring)
    act(wiring, made, restrict_client)
    with pytest.raises(Conflict):
        act(wiring, made, restrict_client)
    act(wiring, made, lift_restriction, "Cleared up with the client.")
    for again in (lift_restriction, withdraw_objection):
        with pytest.raises(Conflict):
            act(wiring, made, again)
    with wiring.reading(made.case_worker) as session:
        standing = get_standing(session, made.case_worker, client_id=made.episode.client_id)
    assert [(one.act.value, one.reason) for one in standing.acts] == [
        ("lifted", "Cleared up with the client."),
        ("restricted", REASON),
    ]
    assert standing.restricted_at is None and standing.is_own


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_no_act_without_a_reason(wiring, reason):
    made = make_episode(wiring)
    with pytest.raises(InputRejected):
        act(wiring, made, restrict_client, reason)


def test_only_the_clients_own_case_worker_acts(wiring):
    made = make_episode(wiring)
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    with pytest.raises(NotFound):
        act(wiring, made, restrict_client, actor=colleague)
    from dataclasses import replace

    with_purpose = replace(colleague, purpose="Stands in for a colleague on leave")
    with pytest.raises(NotFound):
        act(wiring, made, restrict_client, actor=with_purpose)
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.ANALYST, Role.ADMINISTRATOR):
        with pytest.raises(Refused):
            act(wiring, made, restrict_client, actor=make_actor(wiring, role))


def test_the_number_left_out_is_rounded_and_hidden_below_five(wiring):
    analyst = make_actor(wiring, Role.ANALYST)

    def told():
        with wiring.reading(analyst) as session:
            return count_left_out(session, analyst)

    assert told() is None
    made = [make_episode(wiring) for _ in range(6)]
    for one in made[:4]:
        act(wiring, one, object_to_comparison)
    assert told() is None
    for one in made[4:]:
        act(wiring, one, restrict_client)
    assert told() == 5
    with pytest.raises(Refused), wiring.reading(made[0].worker) as session:
        count_left_out(session, made[0].worker)
