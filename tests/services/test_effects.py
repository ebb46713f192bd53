"""Effect sizes, from stored episodes to the released table beside the comparison."""

from dataclasses import replace
from datetime import date

import pytest
from builders import make_actor
from services.test_comparisons import PER_PROVIDER, QUERY, compare, make_county

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.effects import analyse_effects
from evalplat.vocabulary import MeasurementPoint, Role


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "compared_county", make_county)
    return templates.copy(kind, tmp_path, "compared_county")


def ask(wiring, query=QUERY, actor=None):
    who = actor or make_actor(wiring, Role.ANALYST)
    with wiring.reading(who) as session:
        return analyse_effects(session, wiring.catalogue, who, query, at=wiring.clock())


def test_effects_stand_beside_the_comparison_of_the_same_query(wiring):
    found, compared = ask(wiring), compare(wiring)
    assert found.comparison == compared
    assert [row.provider for row in found.rows] == ["Provider A", "Provider B"]
    for row, other in zip(found.rows, compared.rows, strict=True):
        assert (row.n_pairs, row.n_started) == (other.n, other.n_started)
        assert row.mean_change == other.gain
        assert row.status == "ok" and row.d_av < 0 and row.d_regional < 0
    assert found.overall.mean_change == compared.target
    assert found.rows[0].n_pairs < PER_PROVIDER


def test_pairs_of_other_points_and_empty_periods_are_answered(wiring):
    later = replace(QUERY, to_point=MeasurementPoint.FOLLOW_UP)
    assert not ask(wiring, later).shows_any
    assert ask(wiring, replace(QUERY, period_from=date(2035, 1, 1))).rows == ()


def test_who_may_ask_and_that_it_is_recorded(wiring):
    for role in (Role.PROVIDER_WORKER, Role.CASE_WORKER):
        with pytest.raises(Refused):
            ask(wiring, actor=make_actor(wiring, role))
    ask(wiring)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        read = [entry.action for entry in list_access_log(session, administrator)]
    assert read.count("analyse_effects") == 1


def test_a_faulty_query_is_refused_with_its_faults(wiring):
    with pytest.raises(InputRejected):
        ask(wiring, replace(QUERY, scale="nothing"))
