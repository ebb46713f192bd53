"""Who has looked: told to the client by day, role and organisation; no names, and nothing of another provider."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from builders import make_account, make_episode
from databases import at_another_time
from services.test_contact_requests import visit_of

import evalplat
from evalplat.errors import Refused
from evalplat.services.actors import Actor
from evalplat.services.answers import get_sheet
from evalplat.services.courses import client_course
from evalplat.services.looker_words import ACTIONS
from evalplat.services.lookers import list_lookers
from evalplat.vocabulary import Role


def looks(wiring, visit, **rest):
    with wiring.reading(visit.actor) as session:
        return list_lookers(session, visit.actor, **rest)


def read_course(wiring, made, actor, purpose=""):
    with wiring.reading(actor, purpose) as session:
        client_course(session, wiring.catalogue, actor, episode_id=made.episode.id)


def test_reads_of_one_day_are_one_line_with_role_and_organisation(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    for _ in range(3):
        read_course(wiring, made, made.worker)
    read_course(wiring, made, made.case_worker)
    found = {
        (look.who, look.provider, look.action): look.times for look in looks(wiring, visit).rows
    }
    assert found["provider_worker", "Provider A", "read_course"] == 3
    assert found["case_worker", "", "read_course"] == 1
    assert found["client", "", "submit_answers"] == 1
    assert found["client", "", "open_invitation"] == 1
    assert all(look.day.isoformat() == "2026-11-24" for look in looks(wiring, visit).rows)


def test_no_name_of_anybody_is_told(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    read_course(wiring, made, made.worker)
    text = str(looks(wiring, visit))
    assert made.worker.name not in text and "Testi Asiakas" not in text
    assert made.worker.account_id not in text


def test_another_client_and_another_provider_are_not_told_of(wiring):
    made, other = make_episode(wiring), make_episode(wiring, provider="Provider B")
    visit, stranger = visit_of(wiring, made), visit_of(wiring, other)
    read_course(wiring, made, made.worker)
    mine, theirs = looks(wiring, visit).rows, looks(wiring, stranger).rows
    assert {look.provider for look in mine} == {"Provider A", ""}
    assert {look.provider for look in theirs} == {"Provider B", ""}
    assert not any(look.action == "read_course" for look in theirs)


def test_a_case_workers_written_reason_can_be_read(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    other = make_account(wiring, Role.CASE_WORKER, email="another@example.fi")
    actor = Actor.of(other, purpose="Stands in for a colleague who is ill")
    with wiring.reading(actor) as session:
        get_sheet(session, actor, administration_id=visit.administration_id)
    (line,) = [look for look in looks(wiring, visit).rows if look.reason]
    assert (line.who, line.action) == ("case_worker", "read_answers")
    assert line.reason == "Stands in for a colleague who is ill"


def test_the_list_is_paged_newest_first_and_never_repeats_a_line(wiring):
    made = make_episode(wiring)
    visit = visit_of(wiring, made)
    for days in range(5):
        read_course(
            at_another_time(wiring, wiring.clock() + timedelta(days=days)), made, made.worker
        )
    last = at_another_time(wiring, wiring.clock() + timedelta(days=5))
    whole = looks(last, visit, page_size=100).rows
    pages, number = [], 1
    while True:
        page = looks(wiring, visit, page=number, page_size=3)
        pages.extend(page.rows)
        number += 1
        if not page.has_more:
            break
    days = [look.day for look in whole]
    assert days == sorted(days, reverse=True)
    assert pages == list(whole)
    assert looks(wiring, visit, page=99).rows == ()


def test_staff_do_not_read_it_by_this_door(wiring):
    made = make_episode(wiring)
    with pytest.raises(Refused), wiring.reading(made.worker) as session:
        list_lookers(session, made.worker)


def test_every_act_on_clients_has_plain_words():
    """An act that is recorded with a client's id and has no words would be told as `handled your details`."""
    known = set(ACTIONS) | NOT_OF_A_CLIENT
    services = Path(evalplat.__file__).parent / "services"
    found = set()
    for file in services.glob("*.py"):
        found |= set(RECORDED.findall(file.read_text(encoding="utf-8")))
    assert found, "the pattern finds nothing any more"
    assert found - known == set()
    assert set(ACTIONS) - found == BY_ARGUMENT


RECORDED = re.compile(r'audit\.record\(\s*\w+,\s*"(\w+)"')
BY_ARGUMENT = {
    "submit_answers", "rate_goals", "correct_answers", "close_administration", "reopen_administration",
}  # fmt: skip
NOT_OF_A_CLIENT = {
    "seal_again", "add_feedback", "answer_accessibility_note", "read_accessibility_notes",
    "send_accessibility_note", "add_plan", "add_provider", "analyse_effects", "analyse_lasting", "analyse_lost",
    "analyse_trend", "analyse_value", "change_password",
    "change_password_refused", "change_role", "disable_account", "enable_account", "combine_scales", "compare_own",
    "compare_providers", "create_account", "create_token", "describe_agreement", "describe_feedback",
    "describe_outcomes", "describe_overview", "describe_provider", "change_municipalities", "read_texts",
    "read_own_texts",
    "publish_text", "hide_text", "edit_text",
    "describe_quality", "write_comment",
    "end_sessions", "export_moments", "give_feedback",
    "open_invitation_refused", "prove_password_refused", "rebuild_moments", "revoke_invitation",
    "revoke_token", "set_password", "sign_in",
    "sign_in_refused", "report_retention", "propose_retention", "confirm_retention", "cancel_retention",
    "destroy_records", "load_wording", "make_report",
    "start_instrument", "change_instrument", "delete_instrument", "publish_instrument",
}  # fmt: skip
"""Acts whose line names no client."""
