"""Answer sheets: stored once, scored, never changed."""

from datetime import date, timedelta

import pytest
from builders import SYSTEM, WHODAS_12, make_actor, make_episode, make_sheet
from sqlalchemy import func, select

from evalplat.episodes.moments import CellSums
from evalplat.errors import AnswersRejected, Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import (
    AnswersConflict,
    Submission,
    correct_answers,
    get_draft,
    get_sheet,
    list_revisions,
    save_draft,
    submit_answers,
    submit_many,
)
from evalplat.services.closing import close_episodes
from evalplat.services.requests import ClosingRequest
from evalplat.storage.tables import AuditEntry, Draft, PairMoments, Score, SetAside, Sheet
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role


def count(wiring, model):
    with wiring.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(model))


def submit(wiring, made, raw=WHODAS_12, *, key="key of a test", at=None, **rest):
    planned = made.administration(
        rest.pop("instrument", "whodas-2.0-12"), rest.pop("point", MeasurementPoint.BASELINE)
    )
    with wiring.transaction(made.worker) as session:
        return submit_answers(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=planned.id,
            raw=raw,
            idempotency_key=key,
            measured_on=rest.pop("measured_on", made.episode.opened_on),
            at=at or wiring.clock(),
            **rest,
        )


def test_a_sheet_is_stored_with_scores_provenance_and_one_line_of_the_access_log(wiring):
    made = make_episode(wiring)
    receipt = submit(wiring, made)
    assert (receipt.revision, receipt.repeated) == (1, False)
    assert {s.scale: s.value for s in receipt.scores}["sum_simple"] == 24
    with wiring.reading(made.worker) as session:
        view = get_sheet(session, made.worker, administration_id=made.administration().id)
        scores = session.execute(select(Score.definition_digest, Score.scoring_version)).all()
        assert session.scalar(select(Sheet.submitted_by)) == made.worker.account_id
    assert view is not None
    assert view.raw["S1"] == 2
    assert sorted(view.scores, key=str) == sorted(receipt.scores, key=str)
    definition = wiring.catalogue.get("whodas-2.0-12")
    assert {tuple(row) for row in scores} == {(definition.digest, "1")}
    with wiring.reading(SYSTEM) as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "submit_answers"))
        assert [line.client_ids for line in lines] == [[made.episode.client_id]]


def test_the_same_sheet_again_gives_the_same_receipt_and_writes_nothing(wiring):
    made = make_episode(wiring)
    first = submit(wiring, made)
    again = submit(wiring, made, {code: str(value) for code, value in WHODAS_12.items()})
    assert again.repeated
    assert again.submitted_at == first.submitted_at
    assert sorted(again.scores, key=str) == sorted(first.scores, key=str)
    assert count(wiring, Sheet) == 1


@pytest.mark.parametrize("key", ["key of a test", "another key"])
def test_another_sheet_under_the_same_key_or_for_the_same_place_keeps_both(wiring, key):
    made = make_episode(wiring)
    submit(wiring, made)
    other = {**WHODAS_12, "S1": 4}
    for _ in range(2):
        with pytest.raises(AnswersConflict) as caught:
            submit(wiring, made, other, key=key)
    assert caught.value.stored.raw["S1"] == 2
    assert caught.value.offered["S1"] == 4
    assert (count(wiring, Sheet), count(wiring, SetAside)) == (1, 1)


def test_a_key_that_belongs_to_another_administration_is_a_conflict(wiring):
    first, second = make_episode(wiring), make_episode(wiring, provider="Provider B")
    submit(wiring, first)
    with pytest.raises(Conflict):
        submit(wiring, second)
    assert count(wiring, Sheet) == 1


def test_every_faulty_item_is_named_and_nothing_is_stored(wiring):
    made = make_episode(wiring)
    with pytest.raises(AnswersRejected) as caught:
        submit(wiring, made, {"S1": 7, "S2": "often", "X9": 1}, measured_on=date(2030, 1, 1))
    assert [f.where for f in caught.value.faults] == ["S1", "S2", "X9", "measured_on"]
    assert count(wiring, Sheet) == count(wiring, Score) == 0


@pytest.mark.parametrize(
    ("point", "day", "word"),
    [
        (MeasurementPoint.BASELINE, date(2026, 11, 26), "future"),
        (MeasurementPoint.BASELINE, date(2025, 12, 31), "too early"),
        (MeasurementPoint.END, date(2026, 3, 1), "too early"),
        (MeasurementPoint.END, date(2026, 3, 8), "before the first measurement"),
    ],
)
def test_a_day_that_cannot_be_is_refused(wiring, point, day, word):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    later = make_episode(wiring) if point is MeasurementPoint.BASELINE else made
    with pytest.raises(InputRejected, match=word):
        submit(wiring, later, point=point, measured_on=day)


def test_who_answered_and_how_must_fit_the_instrument(wiring):
    made = make_episode(wiring)
    with pytest.raises(InputRejected) as caught:
        submit(
            wiring,
            made,
            mode=Mode.OBSERVATION,
            respondent=Respondent.WORKER,
            key="short",
            language="",
        )
    assert {f.where for f in caught.value.faults} == {
        "mode",
        "respondent",
        "idempotency_key",
        "language",
    }


def test_an_administration_that_no_longer_applies_takes_no_answers(wiring):
    made = make_episode(wiring)
    closing = ClosingRequest(made.episode.id, made.episode.opened_on + timedelta(days=10))
    with wiring.transaction(made.worker) as session:
        close_episodes(session, made.worker, [closing], wiring.clock())
    with pytest.raises(Conflict, match="closed"):
        submit(wiring, made, point=MeasurementPoint.MIDPOINT)


def test_a_goal_instrument_is_not_filled_in_as_a_sheet(wiring):
    made = make_episode(wiring)
    with pytest.raises(AnswersRejected, match="not filled in"):
        submit(wiring, made, {}, instrument="gas")


def test_another_providers_administration_is_missing(wiring):
    made, other = make_episode(wiring), make_episode(wiring, provider="Provider B")
    planned = made.administration().id
    for administration_id in (planned, "no such id"):
        with pytest.raises(NotFound) as caught, wiring.reading(other.worker) as session:
            get_sheet(session, other.worker, administration_id=administration_id)
        assert str(caught.value) == "There is no such administration."


def test_a_correction_is_a_new_revision_with_author_and_reason(wiring):
    made = make_episode(wiring)
    submit(wiring, made)
    submit(wiring, made, point=MeasurementPoint.END, key="key of the end")
    with wiring.transaction(made.worker) as session:
        receipt = correct_answers(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=made.administration().id,
            raw={**WHODAS_12, "S1": 0},
            idempotency_key="key of the correction",
            base_revision=1,
            reason="Typed in wrongly",
            at=wiring.clock(),
        )
    assert receipt.revision == 2
    with wiring.reading(made.worker) as session:
        found = list_revisions(session, made.worker, administration_id=made.administration().id)
        assert [(v.revision, v.raw["S1"], v.reason) for v in found] == [
            (1, 2, ""),
            (2, 0, "Typed in wrongly"),
        ]
        cell = session.execute(
            select(PairMoments.n, PairMoments.columns, PairMoments.triangle).where(
                PairMoments.scale == "sum_simple"
            )
        ).one()
    sums = CellSums.unpack(cell.columns, cell.triangle)
    # the middle of 0 to 48 is the reference
    assert (cell.n, sums.n, sums.triangle[1]) == (1, 1, 22 - 24)
    with pytest.raises(InputRejected, match="why"), wiring.transaction(made.worker) as session:
        correct_answers(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=made.administration().id,
            raw=WHODAS_12,
            idempotency_key="key of another one",
            base_revision=2,
            reason=" ",
            at=wiring.clock(),
        )


def test_many_sheets_are_stored_all_or_none(wiring):
    made = make_episode(wiring)
    rows = [
        Submission(made.administration(point=point).id, raw, f"key of {point}", day)
        for point, raw, day in (
            (MeasurementPoint.BASELINE, WHODAS_12, date(2026, 3, 5)),
            (MeasurementPoint.END, {**WHODAS_12, "S3": 9}, date(2026, 9, 1)),
        )
    ]
    with pytest.raises(AnswersRejected) as caught, wiring.transaction(made.worker) as session:
        submit_many(session, wiring.catalogue, made.worker, rows, wiring.clock())
    assert [f.where for f in caught.value.faults] == ["sheet 2: S3"]
    assert count(wiring, Sheet) == 0
    rows[1] = Submission(rows[1].administration_id, WHODAS_12, "key of end", date(2026, 9, 1))
    with wiring.transaction(made.worker) as session:
        receipts = submit_many(session, wiring.catalogue, made.worker, rows, wiring.clock())
        assert [r.administration_id for r in receipts] == [r.administration_id for r in rows]
    with wiring.transaction(made.worker) as session, pytest.raises(Conflict):
        submit_many(session, wiring.catalogue, made.worker, [rows[0], rows[0]], wiring.clock())
        twice = [Submission(made.administration(point=p).id, {}, "one key twice", date(2026, 9, 1))
                 for p in (MeasurementPoint.MIDPOINT, MeasurementPoint.FOLLOW_UP)]  # fmt: skip
        submit_many(session, wiring.catalogue, made.worker, twice, wiring.clock())


def test_a_draft_keeps_each_answer_and_ends_with_the_sheet(wiring):
    made = make_episode(wiring)
    planned = made.administration().id

    def save(code, value):
        with wiring.transaction(made.worker) as session:
            return save_draft(
                session,
                wiring.catalogue,
                made.worker,
                administration_id=planned,
                code=code,
                value=value,
                language="sv",
                at=wiring.clock(),
            )

    assert save("works_or_studies", "1").next_code == "S1"
    assert save("S1", "3").answers == {"works_or_studies": True, "S1": 3}
    assert save("S1", "declined").next_code == "S2"
    assert save("S1", "").answers == {"works_or_studies": True}
    save("S2", 0)
    with pytest.raises(AnswersRejected):
        save("S2", 9)
    with wiring.reading(made.worker) as session:
        draft = get_draft(session, wiring.catalogue, made.worker, administration_id=planned)
    assert (draft.answers["S2"], draft.language, draft.saved_at) == (0, "sv", wiring.clock())
    submit(wiring, made)
    assert count(wiring, Draft) == 0
    with pytest.raises(Conflict):
        save("S3", 1)


def test_an_item_that_does_not_apply_is_not_asked_next(wiring):
    made = make_episode(wiring)
    raw = {f"S{n}": 0 for n in range(1, 12)} | {"works_or_studies": 0}
    with wiring.transaction(made.worker) as session:
        for code, value in raw.items():
            draft = save_draft(
                session,
                wiring.catalogue,
                made.worker,
                administration_id=made.administration().id,
                code=code,
                value=value,
                at=wiring.clock(),
            )
    assert draft.next_code is None


def test_the_countys_readers_do_not_read_answers(wiring):
    made = make_episode(wiring)
    submit(wiring, made)
    for role in (Role.ANALYST, Role.ADMINISTRATOR):
        actor = make_actor(wiring, role)
        with wiring.reading(actor) as session, pytest.raises(Refused):
            get_sheet(session, actor, administration_id=made.administration().id)
