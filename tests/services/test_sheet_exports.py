"""Exporting sheets: who gets what, everything that is stored, and the access log, on both databases."""

import csv
import json
from collections import Counter
from datetime import date
from io import BytesIO, StringIO

import pytest
from builders import SYSTEM, make_actor, make_episode, make_goals, make_sheet
from databases import at_another_time
from sqlalchemy import select

from evalplat.errors import InputRejected, NotFound, Refused
from evalplat.services.answers import correct_answers
from evalplat.services.client_standing import object_to_comparison, restrict_client
from evalplat.services.not_obtained import close_administration
from evalplat.services.providers import list_providers
from evalplat.services.sheet_exports import (
    FileRequest,
    SheetsRequest,
    export_sheets,
    list_exportable,
)
from evalplat.storage import sheet_exports as storage
from evalplat.storage.actors import Actor
from evalplat.storage.tables import AuditEntry
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role

POINT = MeasurementPoint
BEFORE = "baseline_whodas_2_0_12_client"
NAMES = ("Anna Alfa", "Berta Beeta")


def make_two(wiring):
    """Two providers, each with an episode of same-looking sheets: all four points, goals and a correction."""
    both = []
    for provider, name in zip(("Provider A", "Provider B"), NAMES, strict=True):
        made = make_episode(wiring, provider=provider, name=name)
        for point in POINT:
            make_sheet(wiring, made, point=point)
        make_goals(wiring, made, f"Goes out alone with {name}")
        planned = made.administration("whodas-2.0-12", POINT.END)
        with wiring.transaction(made.worker) as session:
            correct_answers(
                session, wiring.catalogue, made.worker, administration_id=planned.id,
                raw={**{f"S{n}": 4 for n in range(1, 13)}, "works_or_studies": 1},
                base_revision=1, idempotency_key=f"correction of {name}", reason="a slip",
                at=wiring.clock(),
            )  # fmt: skip
        both.append(made)
    for role in (Role.PROVIDER_MANAGER, Role.ANALYST, Role.ADMINISTRATOR):
        make_actor(wiring, role)
    make_actor(wiring, Role.CASE_WORKER, email="other.case@example.fi")
    return both


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "two_exports", make_two)
    return templates.copy(kind, tmp_path, "two_exports")


@pytest.fixture
def two(kind, templates):
    return templates.fill(kind, "two_exports", make_two)


def export(wiring, actor, *, kind="csv", form="wide", most=0, **request):
    stream = BytesIO()
    with wiring.reading(actor) as session:
        receipt = export_sheets(
            session, wiring.catalogue, actor, SheetsRequest(**request),
            FileRequest(kind, form, "en"), stream, at=wiring.clock(), most_sheets=most,
        )  # fmt: skip
    return receipt, stream.getvalue()


def rows_of(content):
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def export_rows(wiring, actor, **request):
    return rows_of(export(wiring, actor, **request)[1])


def test_a_manager_gets_every_sheet_of_the_own_provider_and_none_of_another(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    receipt, content = export(wiring, manager)
    (row,) = rows_of(content)
    assert (receipt.episodes, receipt.sheets, receipt.rows) == (1, 5, 1)
    assert (row["provider"], row["voucher"]) == ("Provider A", two[0].episode.voucher.number)
    assert row["episode"] == two[0].episode.id and row["client"] == two[0].episode.client_id
    assert (row[f"{BEFORE}_S1"], row["end_whodas_2_0_12_client_S1"]) == ("2", "4")
    assert row["end_whodas_2_0_12_client_revision"] == "2"
    assert (
        row["follow_up_whodas_2_0_12_client_S1"] == row["midpoint_whodas_2_0_12_client_S1"] == "2"
    )
    assert row["baseline_3x10d_client_state"] == "waiting"
    assert row["goal1_title"] == "Goes out alone with Anna Alfa"
    assert row["baseline_gas_together_goal1"] == "-1"
    assert two[1].episode.voucher.number.encode() not in content
    assert b"Berta" not in content


def test_the_long_form_has_a_row_for_every_answer_and_score(wiring, two):
    rows = export_rows(wiring, make_actor(wiring, Role.PROVIDER_MANAGER), form="long")
    of_end = [r for r in rows if r["point"] == "end" and r["instrument"] == "whodas-2.0-12"]
    assert [r["code"] for r in of_end if r["part"] == "item"] == [f"S{n}" for n in range(1, 13)]
    assert {r["value"] for r in of_end if r["part"] == "item"} == {"4"}
    assert {len(r["answer"]) > 10 for r in of_end if r["part"] == "item"} == {True}
    assert {r["status"] for r in of_end if r["part"] == "score"} == {"ok"}
    assert len({r["sheet"] for r in rows}) == 5


def test_all_revisions_stand_beside_the_latest_one(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    (row,) = export_rows(wiring, manager, all_revisions=True)
    assert row["end_whodas_2_0_12_client_S1"] == "4"
    assert row["end_whodas_2_0_12_client_r1_S1"] == "2"
    long = export_rows(wiring, manager, all_revisions=True, form="long")
    end = {
        (r["revision"], r["latest"], r["value"])
        for r in long
        if (r["point"], r["code"]) == ("end", "S1")
    }
    assert end == {("1", "0", "2"), ("2", "1", "4")}


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.PROVIDER_MANAGER, "own provider"),
        (Role.CASE_WORKER, "own clients"),
        (Role.ANALYST, "scores"),
        (Role.PROVIDER_WORKER, "nothing"),
        (Role.ADMINISTRATOR, "nothing"),
    ],
    ids=str,
)
def test_who_gets_what(wiring, two, role, sees):
    actor = make_actor(wiring, role)
    for form in ("wide", "long"):
        if sees == "nothing":
            with pytest.raises(Refused):
                export(wiring, actor, form=form)
        else:
            _check_what_is_seen(wiring, two, actor, sees, form)


def _check_what_is_seen(wiring, two, actor, sees, form):
    content = export(wiring, actor, form=form)[1].decode("utf-8-sig")
    rows = rows_of(content.encode())
    seen = {row["episode"] for row in rows}
    both = {made.episode.id for made in two}
    assert seen == ({two[0].episode.id} if sees == "own provider" else both)
    # Words of goals are the only place where a client's name may stand, because somebody wrote it there.
    assert ("Goes out alone" in content) == (sees != "scores")
    assert (two[0].episode.voucher.number in content) == (sees != "scores")
    assert ("_S1," in content or ",S1," in content) == (sees != "scores")
    if sees == "scores":
        assert not any(name in content for name in NAMES)
        assert "gas" not in content and "2026-03-" not in content and "2026-03" in content
        for scale in ("total", "total_simple", "sum_simple"):
            assert f"score_{scale}," in content or f",{scale}," in content


def test_a_case_worker_gets_own_clients_only_and_nothing_by_a_reason(wiring, two):
    stranger = make_actor(wiring, Role.CASE_WORKER, email="other.case@example.fi")
    with pytest.raises(InputRejected, match="no sheets"):
        export(wiring, stranger)
    reason = Actor(**{**{f: getattr(stranger, f) for f in stranger.__slots__}, "purpose": "a look"})
    with pytest.raises(Refused, match="own clients"):
        export(wiring, reason)


def test_a_provider_that_is_named_changes_nothing_about_who_is_reached(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    with wiring.reading(SYSTEM) as session:
        ids = {p.name: p.id for p in list_providers(session, SYSTEM)}
    with pytest.raises(InputRejected, match="no sheets"):
        export(wiring, manager, providers=(ids["Provider B"],))
    with pytest.raises(NotFound):
        export(wiring, manager, providers=("nobody",))
    (row,) = export_rows(wiring, SYSTEM, providers=(ids["Provider B"],))
    assert row["provider"] == "Provider B"
    assert len(export_rows(wiring, SYSTEM)) == 2


def test_the_county_s_analyst_reaches_no_answer_by_any_choice(wiring, two, monkeypatch):
    """Statements that name answers or goals are not even sent."""
    for name in ("list_sheets", "list_goals", "list_ratings", "count_goals"):
        monkeypatch.setattr(storage, name, lambda *_: pytest.fail("answers were asked for"))
    analyst = make_actor(wiring, Role.ANALYST)
    for form in ("wide", "long"):
        for every in (True, False):
            export(wiring, analyst, form=form, all_revisions=every, texts=True)
    assert "gas" not in {d.key for d in list_exportable(wiring.catalogue, analyst)}
    with pytest.raises(InputRejected, match="gas"):
        export(wiring, analyst, instruments=("gas",))


def test_anonymous_feedback_is_exported_by_nobody(wiring, two):
    for actor in (SYSTEM, make_actor(wiring, Role.PROVIDER_MANAGER)):
        assert not [d for d in list_exportable(wiring.catalogue, actor) if d.anonymous]
        with pytest.raises(InputRejected, match="client-feedback"):
            export(wiring, actor, instruments=("client-feedback",))


def test_a_period_is_the_day_of_opening_so_that_no_follow_up_is_cut_off(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    opened = two[0].episode.opened_on
    (row,) = export_rows(wiring, manager, period_from=opened, period_until=opened)
    assert row["follow_up_whodas_2_0_12_client_S1"] == "2"
    with pytest.raises(InputRejected, match="no sheets"):
        export(wiring, manager, period_from=date(2026, 3, 3))


def test_every_fault_of_a_wish_is_told_at_once(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    with pytest.raises(InputRejected) as caught:
        export(
            wiring, manager, instruments=("nothing", "3x10d"),
            period_from=date(2026, 3, 3), period_until=date(2026, 3, 2),
        )  # fmt: skip
    assert [fault.where for fault in caught.value.faults] == ["instrument", "period_until"]
    with pytest.raises(InputRejected, match="at most 4"):
        export(wiring, manager, most=4)


def test_clients_who_are_restricted_or_object_are_left_out(wiring, two):
    """Whoever asks, nothing of the first; nothing of the second for those who study figures."""
    kept, left = (made.episode.id for made in two)
    analyst, case_worker = make_actor(wiring, Role.ANALYST), two[1].case_worker
    client = two[1].episode.client_id
    act = {"client_id": client, "reason": "the client asked for it", "at": wiring.clock()}
    with wiring.transaction(case_worker) as session:
        object_to_comparison(session, wiring.catalogue, case_worker, **act)
    assert {row["episode"] for row in export_rows(wiring, analyst)} == {kept}
    assert {row["episode"] for row in export_rows(wiring, case_worker)} == {kept, left}
    with wiring.transaction(case_worker) as session:
        restrict_client(session, wiring.catalogue, case_worker, **act)
    for actor in (analyst, case_worker, SYSTEM):
        assert {row["episode"] for row in export_rows(wiring, actor)} == {kept}


def test_one_instrument_alone_leaves_goals_and_the_others_out(wiring, two):
    (row,) = export_rows(
        wiring, make_actor(wiring, Role.PROVIDER_MANAGER), instruments=("whodas-2.0-12",)
    )
    assert row["follow_up_whodas_2_0_12_client_S1"] == "2"
    assert not [name for name in row if "gas" in name or "goal" in name or "3x10d" in name]


def test_each_export_stands_in_the_access_log_with_the_clients_whose_data_it_holds(wiring, two):
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    export(wiring, manager, form="long")
    export(wiring, SYSTEM)
    with wiring.reading(SYSTEM) as session:
        lines = list(
            session.scalars(
                select(AuditEntry)
                .where(AuditEntry.action == "export_sheets")
                .order_by(AuditEntry.id)
            )
        )
    assert [(line.role, line.object_id) for line in lines] == [
        ("provider_manager", "long csv"),
        ("system", "wide csv"),
    ]
    assert lines[0].client_ids == [two[0].episode.client_id]
    assert lines[1].client_ids == sorted(made.episode.client_id for made in two)


def test_why_answers_were_not_obtained_stands_in_the_wide_form(wiring, two):
    made = two[0]
    planned = made.administration("3x10d", POINT.BASELINE)
    later = at_another_time(wiring, wiring.clock())
    with later.transaction(made.worker) as session:
        close_administration(
            session, made.worker, administration_id=planned.id, reason="not_reached",
            at=later.clock(),
        )  # fmt: skip
    (row,) = export_rows(wiring, make_actor(wiring, Role.PROVIDER_MANAGER))
    assert row["baseline_3x10d_client_state"] == "not_obtained"
    assert row["baseline_3x10d_client_not_obtained"] == "not_reached"


def test_what_somebody_close_answered_is_told_from_the_client_s_own(wiring):
    made = make_episode(wiring, name="Cecilia Ceta")
    make_sheet(wiring, made, respondent=Respondent.PROXY, mode=Mode.PROXY)
    rows = export_rows(wiring, made.case_worker, instruments=("whodas-2.0-12",))
    row = next(r for r in rows if r["episode"] == made.episode.id)
    assert row[f"{BEFORE}_answered_by"] == "proxy"


def test_a_fhir_bundle_holds_the_same_sheets_and_is_not_for_scores_alone(wiring, two):
    receipt, content = export(wiring, make_actor(wiring, Role.PROVIDER_MANAGER), kind="fhir")
    resources = [entry["resource"] for entry in json.loads(content)["entry"]]
    kinds = Counter(resource["resourceType"] for resource in resources)
    assert (receipt.sheets, receipt.rows) == (5, len(resources))
    assert (kinds["QuestionnaireResponse"], kinds["Goal"]) == (4, 1)
    assert b"Berta" not in content
    with pytest.raises(Refused, match="FHIR"):
        export(wiring, make_actor(wiring, Role.ANALYST), kind="fhir")


@pytest.mark.parametrize("kind_of_file", ["xlsx", "sav"])
def test_the_other_files_are_made_for_everybody_too(wiring, two, kind_of_file):
    for role in (Role.PROVIDER_MANAGER, Role.ANALYST):
        receipt, content = export(wiring, make_actor(wiring, role), kind=kind_of_file)
        assert content[:4] == {"xlsx": b"PK\x03\x04", "sav": b"$FL2"}[kind_of_file]
        assert receipt.columns
