"""Importing sheets from a spreadsheet: a dry run with every fault, then all or none, and never twice."""

from datetime import date
from io import BytesIO

import pytest
from builders import SYSTEM, WHODAS_12, make_actor, make_episode, make_sheet
from sqlalchemy import func, select

from evalplat.errors import FileRejected, NotFound, Refused
from evalplat.exchange.import_table import looks_like_header, read_import_table
from evalplat.exchange.limits import IMPORT
from evalplat.exchange.tables import open_stream
from evalplat.services.answers import correct_answers, get_sheet, save_draft
from evalplat.services.closing import close_episodes
from evalplat.services.imports import (
    check_import,
    list_open_measurements,
    run_import,
)
from evalplat.services.requests import ClosingRequest
from evalplat.storage.tables import AuditEntry, SetAside, Sheet
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role

CODES = [f"S{n}" for n in range(1, 13)]
HEAD = ["Palveluseteli", "Mittari", "Mittauspiste", "Mittauspäivä", "works_or_studies", *CODES]


def table_of(rows, head=HEAD, *, name="sheets.csv"):
    text = "\n".join(";".join(map(str, row)) for row in [head, *rows])
    with open_stream(
        name, BytesIO(text.encode("cp1252")), limits=IMPORT, is_header=looks_like_header
    ) as table:
        return read_import_table(table)


def whodas(voucher, point="alku", day="9.3.2026", answers="2" * 12, **rest):
    row = dict(zip(HEAD, [voucher, "WHODAS 12", point, day, "kyllä", *answers], strict=True))
    return [{**row, **rest}[name] for name in HEAD]


def number_of(made):
    return made.episode.voucher.number


def check(wiring, actor, table, **rest):
    with wiring.reading(actor) as session:
        return check_import(session, wiring.catalogue, actor, table, at=wiring.clock(), **rest)


def run(wiring, actor, table, **rest):
    with wiring.transaction(actor) as session:
        return run_import(session, wiring.catalogue, actor, table, at=wiring.clock(), **rest)


def count(wiring, model):
    with wiring.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(model))


def sheet_of(wiring, made, point=MeasurementPoint.BASELINE):
    with wiring.reading(made.worker) as session:
        return get_sheet(
            session, made.worker, administration_id=made.administration(point=point).id
        )


def told(checked):
    return [str(fault) for fault in checked.faults]


def test_a_file_is_checked_stored_and_the_second_time_changes_nothing(wiring):
    made = make_episode(wiring)
    table = table_of([
        whodas(number_of(made).lower(), answers="012340123401"),
        whodas(number_of(made), "Loppu", "1.9.2026", answers="1" * 12),
    ])  # fmt: skip
    checked = check(wiring, made.worker, table)
    assert (told(checked), checked.rows, checked.new, checked.same) == ([], 2, 2, 0)
    assert [(r.number, r.point, r.answered, r.asked) for r in checked.preview] == [
        (2, MeasurementPoint.BASELINE, 12, 12), (3, MeasurementPoint.END, 12, 12),
    ]  # fmt: skip
    assert count(wiring, Sheet) == 0
    receipt = run(wiring, made.worker, table)
    assert (receipt.new, receipt.same) == (2, 0)
    sheet = sheet_of(wiring, made)
    assert [sheet.raw[code] for code in CODES] == [int(one) for one in "012340123401"]
    assert (sheet.raw["works_or_studies"], sheet.measured_on) == (True, date(2026, 3, 9))
    assert (sheet.mode, sheet.respondent, sheet.language) == (Mode.SELF, Respondent.CLIENT, "fi")
    assert sheet.submitted_by == made.worker.account_id
    again = run(wiring, made.worker, table)
    assert (again.new, again.same) == (0, 2)
    assert check(wiring, made.worker, table).same == 2
    assert count(wiring, Sheet) == 2


def test_lesson_12_every_fault_has_row_column_value_and_what_is_allowed_and_nothing_is_stored(
    wiring,
):
    made = make_episode(wiring)
    number = number_of(made)
    table = table_of([
        whodas(number, answers="9" + "2" * 11, S5="joskus"),
        whodas(number, "loppupuoli", "31.2.2026"),
        whodas("", "loppu", "1.9.2026"),
        whodas(number, "loppu", "1.9.2026", Mittari="WHODAZ"),
        whodas(number, "loppu", "1.9.2026", Mittari="GAS"),
        whodas(number, "loppu", "1.9.2030"),
        whodas(number, "seuranta", "1.9.2026", answers=[""] * 12, works_or_studies=""),
    ])  # fmt: skip
    checked = check(wiring, made.worker, table)
    places = [(f.row, f.name, f.letter, f.value) for f in checked.faults]
    assert places == [
        (2, "S1", "F", "9"),
        (2, "S5", "J", "joskus"),
        (3, "Mittauspiste", "C", "loppupuoli"),
        (3, "Mittauspäivä", "D", "31.2.2026"),
        (4, "Palveluseteli", "A", ""),
        (5, "Mittari", "B", "WHODAZ"),
        (6, "Mittari", "B", "GAS"),
        (7, "Mittauspäivä", "D", "1.9.2030"),
        (8, "", "", ""),
    ]
    said = "\n".join(told(checked))
    assert "give one of 0, 1, 2, 3, 4" in said
    assert "baseline / alku / start; midpoint / puoliväli / halvvägs" in said
    assert "write it like 24.11.2026" in said
    assert "goals are agreed and rated on the episode’s own pages" in said
    assert checked.new == 0 and not checked.usable
    with pytest.raises(FileRejected, match="9 faults; nothing was written"):
        run(wiring, made.worker, table)
    assert count(wiring, Sheet) == 0


def test_one_faulty_row_keeps_the_whole_file_out(wiring):
    made, other = make_episode(wiring), make_episode(wiring)
    table = table_of([whodas(number_of(made)), whodas(number_of(other), answers="2" * 11 + "7")])
    with pytest.raises(FileRejected):
        run(wiring, made.worker, table)
    assert count(wiring, Sheet) == 0


def test_another_providers_voucher_is_missing_and_says_the_same(wiring):
    made, foreign = make_episode(wiring), make_episode(wiring, provider="Provider B")
    for actor, rest in (
        (made.worker, {}),
        (SYSTEM, {"provider_id": made.episode.provider_id}),
    ):
        table = table_of([whodas(number_of(foreign)), whodas("VS-NO-SUCH")])
        first, second = check(wiring, actor, table, **rest).faults
        assert first.message == second.message
        assert "no episode of yours" in str(first.message)
    for field, value in (("episode", foreign.episode.id), ("client id", foreign.episode.client_id)):
        head = [field, *HEAD[1:]]
        first, second = check(
            wiring, made.worker, table_of([whodas(value), whodas("none")], head)
        ).faults
        assert first.message == second.message


def test_other_answers_that_are_stored_are_a_fault_and_never_written_over(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    table = table_of([whodas(number_of(made), answers="2" * 4 + "3" + "2" * 7)])
    checked = check(wiring, made.worker, table)
    assert (checked.conflicts, checked.new) == (1, 0)
    assert "row 2, column S5: other answers are stored" in told(checked)[0]
    with pytest.raises(FileRejected):
        run(wiring, made.worker, table)
    assert sheet_of(wiring, made).raw["S5"] == 2
    assert (count(wiring, Sheet), count(wiring, SetAside)) == (1, 0)


def test_a_sheet_that_was_typed_in_is_the_same_whatever_the_file_leaves_open(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made, mode=Mode.PAPER)
    table = table_of([whodas(number_of(made))])
    assert check(wiring, made.worker, table).same == 1
    head = [*HEAD, "tapa"]
    said = table_of([[*whodas(number_of(made)), "haastattelu"]], head)
    assert check(wiring, made.worker, said).faults[0].name == "tapa"


def test_a_row_that_was_corrected_since_is_left_as_it_was_corrected(wiring):
    made = make_episode(wiring)
    table = table_of([whodas(number_of(made))])
    run(wiring, made.worker, table)
    with wiring.transaction(made.worker) as session:
        correct_answers(
            session, wiring.catalogue, made.worker, administration_id=made.administration().id,
            raw={**WHODAS_12, "S1": 0}, idempotency_key="key of the correction", base_revision=1,
            reason="Typed in wrongly", at=wiring.clock(),
        )  # fmt: skip
    receipt = run(wiring, made.worker, table)
    assert (receipt.new, receipt.same, receipt.corrected) == (0, 0, 1)
    assert sheet_of(wiring, made).raw["S1"] == 0


def test_two_rows_for_one_measurement_are_named(wiring):
    made = make_episode(wiring)
    table = table_of([whodas(number_of(made)), whodas(number_of(made))])
    assert told(check(wiring, made.worker, table)) == [
        "row 3, column Palveluseteli: row 2 is for the same measurement; keep one of them"
    ]


def test_an_end_before_the_baseline_of_the_same_file_is_named(wiring):
    made = make_episode(wiring)
    table = table_of([
        whodas(number_of(made), "loppu", "3.3.2026"), whodas(number_of(made), day="5.3.2026"),
    ])  # fmt: skip
    assert "before the first measurement" in told(check(wiring, made.worker, table))[0]


def test_a_row_for_what_is_not_planned_or_closed_is_named(wiring):
    made = make_episode(wiring)
    with wiring.transaction(made.worker) as session:
        close_episodes(
            session, made.worker, [ClosingRequest(made.episode.id, date(2026, 3, 20))],
            wiring.clock(),
        )  # fmt: skip
    head = ["voucher", "instrument", "point", "measured_on", "W1", "W2", "W3", "W4", "W5"]
    who5 = table_of([[number_of(made), "who-5", "end", "1.9.2026", *"11111"]], head)
    assert "this episode does not plan it; it plans" in told(check(wiring, made.worker, who5))[0]
    midpoint = table_of([whodas(number_of(made), "väli", "10.3.2026")])
    assert "closed, and takes no answers" in told(check(wiring, made.worker, midpoint))[0]


def test_who_answered_how_in_which_language_and_who_was_present_are_kept(wiring):
    made = make_episode(wiring, language="sv")
    head = [*HEAD, "Vastaaja", "Kieli", "Läsnä"]
    row = [*whodas(number_of(made)), "läheinen", "ruotsi", "Äiti"]
    run(wiring, made.worker, table_of([row], head))
    sheet = sheet_of(wiring, made)
    assert (sheet.respondent, sheet.mode, sheet.language, sheet.present) == (
        Respondent.PROXY, Mode.PROXY, "sv", "Äiti",
    )  # fmt: skip
    other = make_episode(wiring, language="sv")
    run(wiring, made.worker, table_of([whodas(number_of(other))]))
    assert sheet_of(wiring, other).language == "sv"
    worker = [*whodas(number_of(make_episode(wiring))), "työntekijä", "", ""]
    said = told(check(wiring, made.worker, table_of([worker], head)))
    assert said == [
        "row 2, column Vastaaja: worker does not fit whodas-2.0-12; give one of client, proxy"
    ]


def test_labels_of_answers_are_as_good_as_their_values(wiring):
    made = make_episode(wiring)
    labels = ["Ei lainkaan vaikeaa", "vähän vaikeaa", "2 = Melko vaikeaa", "ei halua vastata", "-"]
    row = whodas(number_of(made), answers=[*labels, *"2222222"])
    run(wiring, made.worker, table_of([row]))
    raw = sheet_of(wiring, made).raw
    assert [raw.get(code) for code in CODES[:5]] == [0, 1, 2, "declined", None]
    other = whodas(number_of(make_episode(wiring)), answers=["3 = Melko vaikeaa", *"22222222222"])
    assert check(wiring, made.worker, table_of([other])).faults[0].name == "S1"


def test_what_should_be_known_before_is_said(wiring):
    made = [make_episode(wiring) for _ in range(5)]
    with wiring.transaction(made[0].worker) as session:
        save_draft(
            session, wiring.catalogue, made[0].worker, code="S1", value=1, at=wiring.clock(),
            administration_id=made[0].administration().id,
        )  # fmt: skip
    table = table_of([[*whodas(number_of(m)), "x"] for m in made], [*HEAD, "Huom"])
    notes = "\n".join(map(str, check(wiring, made[0].worker, table).notes))
    assert "not read: Huom" in notes
    assert "Not one answer to whodas-2.0-12 is 0" in notes
    assert "takes their place: 2." in notes
    assert "what was planned and the client’s language are taken" in notes


def test_the_instrument_may_be_chosen_once_for_the_whole_file(wiring):
    made = make_episode(wiring)
    head = [name for name in HEAD if name != "Mittari"]
    row = [c for n, c in zip(HEAD, whodas(number_of(made)), strict=True) if n != "Mittari"]
    table = table_of([row], head)
    assert "column instrument: the column is missing" in told(check(wiring, made.worker, table))[0]
    assert check(wiring, made.worker, table, instrument="whodas-2.0-12").new == 1


def test_only_a_providers_staff_and_named_jobs_import(wiring):
    made = make_episode(wiring)
    table = table_of([whodas(number_of(made))])
    for role in (Role.CASE_WORKER, Role.ANALYST, Role.ADMINISTRATOR):
        actor = make_actor(wiring, role)
        with pytest.raises(Refused):
            check(wiring, actor, table)
        with pytest.raises(Refused), wiring.reading(actor) as session:
            list_open_measurements(session, wiring.catalogue, actor, instrument="who-5")
    for provider in (None, "no such provider"):
        with pytest.raises(NotFound):
            check(wiring, SYSTEM, table, provider_id=provider)
    other = make_episode(wiring, provider="Provider B")
    with pytest.raises(NotFound):
        check(wiring, made.worker, table, provider_id=other.episode.provider_id)


def test_a_template_names_the_own_open_measurements_only(wiring):
    made = make_episode(wiring)
    make_episode(wiring, provider="Provider B")
    make_sheet(wiring, made)
    with wiring.reading(made.worker) as session:
        found = list_open_measurements(
            session, wiring.catalogue, made.worker, instrument="whodas-2.0-12"
        )
    assert {row.voucher for row in found} == {number_of(made)}
    assert MeasurementPoint.BASELINE not in {row.point for row in found}


def test_reads_and_imports_stand_in_the_access_log(wiring):
    made = make_episode(wiring)
    table = table_of([whodas(number_of(made))])
    check(wiring, made.worker, table)
    run(wiring, made.worker, table)
    with wiring.reading(SYSTEM) as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    found = {line.action: line.client_ids for line in lines}
    assert found["check_import"] == found["submit_answers"] == [made.episode.client_id]
    assert "import_sheets" in found


def test_a_large_file_is_stored_with_few_statements_and_takes_no_more_for_the_second_time(wiring):
    made = [make_episode(wiring) for _ in range(12)]
    table = table_of(
        [whodas(number_of(m)) for m in made]
        + [whodas(number_of(m), "loppu", "1.9.2026") for m in made]
    )
    seen = []
    receipt = run(wiring, made[0].worker, table, advance=seen.append)
    assert (receipt.new, seen) == (24, [12, 24])
