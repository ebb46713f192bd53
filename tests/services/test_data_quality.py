"""The quality of data: each sign found where it is, noted once, foreign to others, and small counts told to nobody."""

from datetime import date, timedelta

import pytest
from builders import WHODAS_12, make_actor, make_episode, make_sheet, make_voucher

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import correct_answers
from evalplat.services.data_quality import describe_quality, list_unused_vouchers
from evalplat.services.sheet_signs import list_own_signs, note_sign
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_quality import release_item, release_part
from evalplat.vocabulary import MeasurementPoint, Role, Sign

ON = date(2026, 11, 24)
POINT = MeasurementPoint
LINE = {name: 2 if name.startswith("S") else value for name, value in WHODAS_12.items()}
OWN = {**LINE, "S1": 1, "S2": 3, "S3": 4}


def look(wiring, actor):
    with wiring.reading(actor) as session:
        return list_own_signs(session, wiring.catalogue, actor, on=ON)


def note(wiring, actor, one, words="The client was asked again."):
    with wiring.transaction(actor) as session:
        note_sign(
            session, wiring.catalogue, actor, administration_id=one.administration_id,
            sign=one.sign, note=words, at=wiring.clock(),
        )  # fmt: skip


def count(wiring, actor, **rest):
    with wiring.reading(actor) as session:
        return describe_quality(
            session, wiring.catalogue, actor, quarter=rest.get("quarter"), at=wiring.clock()
        )


def test_an_ordinary_sheet_has_no_sign(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made, raw=OWN)
    found = look(wiring, made.worker)
    assert (found.waiting, found.seen, found.sheets) == ((), (), 1)


def test_one_answer_throughout_is_listed_until_it_is_noted_and_comes_back_with_a_correction(wiring):
    made = make_episode(wiring, name="Anna Alfa")
    make_sheet(wiring, made, raw=LINE)
    (one,) = look(wiring, made.worker).waiting
    assert (one.client_name, one.sign) == ("Anna Alfa", Sign.STRAIGHT_LINE)
    for words in ("  ", "x" * 501):
        with pytest.raises(InputRejected):
            note(wiring, made.worker, one, words)
    for _ in range(2):
        note(wiring, made.worker, one)
    found = look(wiring, made.worker)
    assert found.waiting == () and [s.note for s in found.seen] == ["The client was asked again."]

    def correct(raw, base):
        with wiring.transaction(made.worker) as session:
            correct_answers(
                session, wiring.catalogue, made.worker, administration_id=one.administration_id,
                raw=raw, idempotency_key=f"a correction {base}", base_revision=base,
                reason="mistyped", at=wiring.clock(),
            )  # fmt: skip

    correct({**LINE, "S12": 1, "S11": 3}, 1)
    assert look(wiring, made.worker).waiting == () == look(wiring, made.worker).seen
    with pytest.raises(Conflict):
        note(wiring, made.worker, one)
    correct(LINE, 2)
    assert len(look(wiring, made.worker).waiting) == 1


def test_fast_answers_are_told_with_their_seconds_and_slow_ones_are_not(wiring):
    made = make_episode(wiring)
    at = wiring.clock()
    make_sheet(wiring, made, raw=OWN, begun_at=at - timedelta(seconds=10))
    (one,) = look(wiring, made.worker).waiting
    assert one.sign is Sign.TOO_FAST
    assert one.detail.values["seconds"] == 10
    other = make_episode(wiring, provider="Provider B")
    make_sheet(wiring, other, raw=OWN, begun_at=at - timedelta(minutes=5))
    assert look(wiring, other.worker).waiting == ()


def test_the_very_same_sheet_for_two_clients_by_one_worker_is_listed_for_both(wiring):
    first, second = make_episode(wiring, name="A"), make_episode(wiring, name="B")
    make_sheet(wiring, first, raw=OWN)
    make_sheet(wiring, first, raw=OWN, point=POINT.MIDPOINT)
    assert look(wiring, first.worker).waiting == (), "one client may answer the same again"
    make_sheet(wiring, second, raw=OWN)
    found = look(wiring, first.worker).waiting
    assert {one.sign for one in found} == {Sign.SAME_ANSWERS} and len(found) == 3
    elsewhere = make_episode(wiring, provider="Provider B")
    make_sheet(wiring, elsewhere, raw=OWN)
    assert look(wiring, elsewhere.worker).waiting == ()


def test_a_later_point_on_the_day_of_an_earlier_one_is_listed(wiring):
    made = make_episode(wiring)
    day = made.episode.opened_on + timedelta(days=7)
    make_sheet(wiring, made, raw=OWN, measured_on=day)
    make_sheet(wiring, made, raw=OWN, point=POINT.MIDPOINT, measured_on=day)
    (one,) = look(wiring, made.worker).waiting
    assert (one.sign, one.point) == (Sign.OUT_OF_ORDER, POINT.MIDPOINT)


def test_nobody_else_sees_or_notes_a_sign(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made, raw=LINE)
    (one,) = look(wiring, made.worker).waiting
    other = make_episode(wiring, provider="Provider B")
    assert look(wiring, other.worker).waiting == ()
    with pytest.raises(NotFound):
        note(wiring, other.worker, one)
    for role in (Role.ANALYST, Role.CASE_WORKER, Role.ADMINISTRATOR):
        with pytest.raises(Refused):
            look(wiring, make_actor(wiring, role))


def test_the_county_sees_counts_of_many_and_nothing_of_few(wiring):
    analyst = make_actor(wiring, Role.ANALYST)
    opened = date(2026, 7, 6)
    for number in range(10):
        made = make_episode(wiring, opened_on=opened)
        raw = {**OWN, "S4": number % 5, "S5": number // 5} if number < 5 else LINE
        if number < 5:
            raw = {code: value for code, value in raw.items() if code != "S6"}
        make_sheet(wiring, made, raw=raw)
    few = make_episode(wiring, provider="Provider B", opened_on=opened)
    make_sheet(wiring, few, raw=LINE)
    found = count(wiring, analyst, quarter=20263)
    rows = {row.provider: row for row in found.rows}
    assert (rows["Provider A"].sheets, rows["Provider A"].signs[Sign.STRAIGHT_LINE]) == (10, 5)
    assert rows["Provider A"].signs[Sign.TOO_FAST] is None and rows["Provider A"].to_look_at == 5
    assert rows["Provider B"].sheets is None and set(rows["Provider B"].signs.values()) == {None}
    items = {(one.instrument, one.item): one for one in found.items}
    assert items["whodas-2.0-12", "S6"].missing == 50
    assert ("whodas-2.0-12", "S1") not in items
    for role in (Role.CASE_WORKER, Role.PROVIDER_MANAGER):
        with pytest.raises(Refused):
            count(wiring, make_actor(wiring, role))


def test_a_quarter_that_goes_on_is_not_told(wiring):
    found = count(wiring, make_actor(wiring, Role.ADMINISTRATOR), quarter=20264)
    assert found.quarter == 20263 and 20264 not in found.quarters


def test_a_voucher_without_a_service_is_told_its_case_worker_after_a_month(wiring):
    worker = make_actor(wiring, Role.CASE_WORKER)
    waiting = make_voucher(wiring, valid_from=ON - timedelta(days=31), valid_until=ON)
    make_voucher(wiring, valid_from=ON - timedelta(days=10), valid_until=ON + timedelta(days=90))
    make_voucher(wiring, valid_from=date(2025, 1, 1), valid_until=ON - timedelta(days=200))
    make_episode(wiring)
    with wiring.reading(worker) as session:
        found = list_unused_vouchers(session, worker, on=ON)
    assert [(one.number, one.ended) for one in found] == [(waiting, False)]
    colleague = make_actor(wiring, Role.CASE_WORKER, email="other@county.example")
    with wiring.reading(colleague) as session:
        assert list_unused_vouchers(session, colleague, on=ON) == ()
    with pytest.raises(Refused), wiring.reading(make_actor(wiring)) as session:
        list_unused_vouchers(session, make_actor(wiring), on=ON)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(4, 50, None), (5, 50, 5), (47, 50, None), (45, 50, 45), (3, 3, None), (0, 50, None)],
)
def test_a_part_is_told_only_where_it_and_the_rest_are_many(part, whole, expected):
    assert release_part(part, whole, DisclosureRule()) == expected


def test_a_share_is_counted_from_what_is_told():
    row = release_item("a", "1", "b", asked=52, missing=13, rule=DisclosureRule())
    assert (row.asked, row.missing) == (50, 30)


def test_a_sheet_is_noted_on_the_last_day_that_it_is_listed(wiring):
    today = local_day(wiring.clock())
    made = make_episode(wiring, opened_on=today - timedelta(days=370))
    make_sheet(wiring, made, raw=LINE, measured_on=today - timedelta(days=365))
    with wiring.reading(made.worker) as session:
        (one,) = list_own_signs(session, wiring.catalogue, made.worker, on=today).waiting
    note(wiring, made.worker, one)
