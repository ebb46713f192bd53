"""Alerts: on the list until somebody notes what was done, gone with a correction, foreign to all others."""

from datetime import date, timedelta

import pytest
from builders import WHODAS_12, make_actor, make_episode, make_sheet

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.alerts import list_alerts, list_open_alerts, note_alert
from evalplat.services.answers import correct_answers
from evalplat.services.episodes import close_episode
from evalplat.vocabulary import AlertState, MeasurementPoint, Role

ON = date(2026, 11, 24)
WORSE = {name: 4 if name.startswith("S") else value for name, value in WHODAS_12.items()}
POINT = MeasurementPoint


def make_worse(wiring, **rest):
    made = make_episode(wiring, **rest)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=POINT.END, raw=WORSE)
    return made


def look(wiring, made, actor=None):
    actor = actor or made.worker
    with wiring.reading(actor) as session:
        return list_alerts(session, wiring.catalogue, actor, episode_id=made.episode.id)


def list_open(wiring, actor, on=ON):
    with wiring.reading(actor) as session:
        return list_open_alerts(session, wiring.catalogue, actor, on=on)


def note(wiring, made, alert, done="We talked and agreed on a visit.", actor=None):
    actor = actor or made.worker
    with wiring.transaction(actor) as session:
        note_alert(
            session, wiring.catalogue, actor, episode_id=made.episode.id,
            administration_id=alert.administration_id, scale=alert.scale, done=done,
            at=wiring.clock(),
        )  # fmt: skip


def test_one_alert_stands_for_scales_of_the_same_answers(wiring):
    made = make_worse(wiring, name="Anna Alfa")
    found = [alert for alert in look(wiring, made) if alert.state is AlertState.ATTENTION]
    assert [(alert.instrument, alert.scale) for alert in found] == [("whodas-2.0-12", "sum_simple")]
    assert found[0].is_open and found[0].latest > found[0].first
    (listed,) = list_open(wiring, made.worker)
    assert (
        listed.client_name == "Anna Alfa"
        and listed.latest_on == made.episode.opened_on + timedelta(180)
    )


def test_one_measurement_or_a_small_change_calls_for_nothing(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    assert {alert.state for alert in look(wiring, made)} == {AlertState.UNKNOWN}
    make_sheet(wiring, made, point=POINT.END, raw={**WHODAS_12, "S1": 3})
    assert {alert.state for alert in look(wiring, made)} == {AlertState.ON_TRACK}
    assert list_open(wiring, made.worker) == ()


def test_a_note_takes_the_alert_off_the_list_and_stays_to_be_read(wiring):
    made = make_worse(wiring)
    (alert,) = list_open(wiring, made.worker)
    for _ in range(2):
        note(wiring, made, alert)
    assert list_open(wiring, made.worker) == ()
    (seen,) = [a for a in look(wiring, made) if a.state is AlertState.ATTENTION]
    assert [n.done for n in seen.notes] == ["We talked and agreed on a visit."]
    note(wiring, made, alert, "The visit was made.", actor=made.case_worker)
    (seen,) = [a for a in look(wiring, made) if a.state is AlertState.ATTENTION]
    assert len(seen.notes) == 2


def test_a_note_says_what_was_done(wiring):
    made = make_worse(wiring)
    (alert,) = list_open(wiring, made.worker)
    for done in ("  ", "x" * 2001):
        with pytest.raises(InputRejected):
            note(wiring, made, alert, done)
    assert len(list_open(wiring, made.worker)) == 1


def test_a_correction_ends_the_alert_or_opens_it_anew(wiring):
    made = make_worse(wiring)
    (alert,) = list_open(wiring, made.worker)
    note(wiring, made, alert)

    def correct(raw, base):
        with wiring.transaction(made.worker) as session:
            correct_answers(
                session, wiring.catalogue, made.worker, administration_id=alert.administration_id,
                raw=raw, idempotency_key=f"a correction {base}", base_revision=base,
                reason="mistyped", at=wiring.clock(),
            )  # fmt: skip

    correct({**WORSE, "S1": 3}, 1)
    (again,) = list_open(wiring, made.worker)
    correct(WHODAS_12, 2)
    assert list_open(wiring, made.worker) == ()
    with pytest.raises(Conflict):
        note(wiring, made, again, "too late")


def test_an_alert_of_a_closed_episode_stays_for_three_months(wiring):
    made = make_worse(wiring)
    closed_on = made.episode.opened_on + timedelta(days=181)
    with wiring.transaction(made.worker) as session:
        close_episode(
            session, wiring.catalogue, made.worker, episode_id=made.episode.id, closed_on=closed_on,
            reason="completed", at=wiring.clock(),
        )  # fmt: skip
    assert len(list_open(wiring, made.worker, closed_on + timedelta(days=90))) == 1
    assert list_open(wiring, made.worker, closed_on + timedelta(days=91)) == ()


def test_another_provider_and_the_county_see_no_alert(wiring):
    made = make_worse(wiring)
    other = make_episode(wiring, provider="Provider B")
    (alert,) = list_open(wiring, made.worker)
    assert list_open(wiring, other.worker) == ()
    for episode in (made, other):
        with pytest.raises(NotFound):
            note(wiring, episode, alert, actor=other.worker)
    with pytest.raises(NotFound):
        look(wiring, made, other.worker)
    with pytest.raises(Refused):
        look(wiring, made, make_actor(wiring, Role.ANALYST))
    assert len(list_open(wiring, made.worker)) == 1
