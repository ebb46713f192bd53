"""Episodes as a table: who started, what was measured when, and how."""

from datetime import date, timedelta

import pytest
from builders import OPENED, SYSTEM, WHODAS_12, make_actor, make_episode, make_provider, make_sheet

from evalplat.services.circumstances import find_assistance, find_wording
from evalplat.services.frames import load_frame
from evalplat.services.requests import COVARIATES, ComparisonQuery
from evalplat.vocabulary import MeasurementPoint, Mode, Role

QUERY = ComparisonQuery("whodas-2.0-12", "sum_simple")
COURSE = (MeasurementPoint.BASELINE, MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)


def load(wiring, query=QUERY, actor=None, **rest):
    actor = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(actor) as session:
        definition = wiring.catalogue.get(query.instrument, query.version)
        return load_frame(session, definition, query, **rest)


def test_every_started_episode_is_a_row_with_its_scores_days_and_facts(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(
        wiring, made, point=MeasurementPoint.END, mode=Mode.INTERVIEW, answered_with="worker",
        language="sv", raw={**WHODAS_12, "S1": 0},
    )  # fmt: skip
    make_episode(wiring)
    frame = load(wiring)
    assert frame["left_out"].map(str).tolist() == ["None", "The first measurement was not made"]
    whole, nothing = frame.iloc[0], frame.iloc[1]
    assert (whole.baseline, whole.end) == (24, 22)
    assert (whole.baseline_on, whole.end_on) == (
        OPENED + timedelta(days=7),
        OPENED + timedelta(days=180),
    )
    assert (whole.provider, whole.voucher_eur, whole.hours) == ("Provider A", 2500, 40)
    assert (whole.age, whole.sex, whole.sub_region) == (46, "female", "Turku")
    assert (whole["mode"], whole.assistance, whole.wording) == ("interview", "worker", "sv")
    assert (nothing["mode"], nothing.baseline_on) == ("", None)
    assert (whole.opened_on, whole.closed_on, whole.closing_reason) == (OPENED, None, "")
    assert set(COVARIATES) <= set(frame.columns)


def test_a_frame_of_more_points_leaves_out_by_the_first_and_the_last(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.FOLLOW_UP)
    row = load(wiring, points=COURSE).iloc[0]
    assert row.left_out is None
    assert (row.baseline, row.follow_up) == (24, 24)
    assert row.end != row.end
    assert load(wiring).iloc[0].left_out is not None
    assert load(wiring, points=COURSE[2:]).iloc[0].follow_up == 24


def test_a_frame_keeps_to_the_providers_and_the_period_asked_for(wiring):
    for provider in ("Provider A", "Provider B"):
        make_episode(wiring, provider=provider)
        make_episode(wiring, provider=provider, opened_on=OPENED + timedelta(days=40))
    chosen = ComparisonQuery(
        QUERY.instrument, QUERY.scale, providers=(make_provider(wiring, "Provider B"),)
    )
    assert load(wiring, chosen)["provider"].tolist() == ["Provider B"] * 2
    late = ComparisonQuery(QUERY.instrument, QUERY.scale, period_from=date(2026, 4, 1))
    assert load(wiring, late)["provider"].tolist() == ["Provider A", "Provider B"]
    assert load(wiring, chosen, actor=SYSTEM).equals(load(wiring, chosen))


@pytest.mark.parametrize(
    ("written", "kept"), [("", "none"), ("worker", "worker"), ("her daughter Liisa", "other")]
)
def test_who_helped_is_kept_without_naming_anybody(written, kept):
    assert find_assistance(written) == kept


def test_a_wording_is_one_of_few(wiring):
    assert [find_wording(code) for code in ("fi", "sv-FI", "se", "")] == ["fi", "sv", "other", ""]
