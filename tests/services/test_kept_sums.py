"""A comparison from the sums that are kept equals the one from rows, for any period, adjustment and providers."""

from dataclasses import fields
from datetime import date

import pytest
from builders import SYSTEM, make_actor, make_provider
from county_of_sums import INSTRUMENT, NAMES, SCALE, make_county
from sqlalchemy import update

from evalplat.errors import InputRejected
from evalplat.services.comparisons import COVARIATES, ComparisonQuery, compare_providers
from evalplat.services.frames import load_frame
from evalplat.services.kept_sums import load_sums
from evalplat.statistics.comparison import compare
from evalplat.statistics.comparison_of_sums import compare_sums
from evalplat.statistics.models.model_results import Diagnostics
from evalplat.storage import moments
from evalplat.storage.tables import MomentsState
from evalplat.vocabulary import MeasurementPoint, Role


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "county_of_sums", make_county)
    return templates.copy(kind, tmp_path, "county_of_sums")


def ask(**rest):
    return ComparisonQuery(INSTRUMENT, SCALE, **rest)


def from_sums(session, wiring, query):
    definition = wiring.catalogue.get(INSTRUMENT)
    sums, flow = load_sums(session, definition, query)
    direction = definition.scale(SCALE).direction
    return compare_sums(
        sums, flow, instrument=INSTRUMENT, scale=SCALE, direction=direction, adjust=query.adjust,
        disclosure=None, unit=1,
    )  # fmt: skip


def from_rows(session, wiring, query):
    definition = wiring.catalogue.get(INSTRUMENT)
    scale = definition.scale(SCALE)
    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    frame = frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True)))
    return compare(
        frame, instrument=INSTRUMENT, scale=SCALE, direction=scale.direction, adjust=query.adjust,
        disclosure=None, bounds=(scale.minimum, scale.maximum),
    )  # fmt: skip


def assert_same(one, other):
    """Every figure to 1e-9, but the shape of the residuals, which only rows can tell."""
    for field in fields(one):
        if field.name not in ("exclusions", "unit", "warnings"):
            assert_close(getattr(one, field.name), getattr(other, field.name), field.name)
    assert set(one.warnings) <= set(other.warnings)
    of_ends = [w for w in other.warnings if "highest score there is" in str(w)]
    assert set(of_ends) <= set(one.warnings)
    assert {(str(e.reason), e.count) for e in one.exclusions} == {
        (str(e.reason), e.count) for e in other.exclusions
    }


def assert_close(one, other, where):
    if isinstance(one, float) and isinstance(other, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9), where
    elif isinstance(one, tuple) and isinstance(other, tuple):
        assert len(one) == len(other), where
        for a, b in zip(one, other, strict=True):
            assert_close(a, b, where)
    elif isinstance(one, Diagnostics):
        for name in ("oldham", "floor_baseline", "ceiling_baseline", "floor_end", "ceiling_end"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9), name
    elif hasattr(one, "__dataclass_fields__") and type(one) is type(other):
        for field in fields(one):
            a, b = (getattr(item, field.name) for item in (one, other))
            if field.name != "cells":  # counted another way; they only say what is withheld
                assert_close(a, b, f"{where}.{field.name}")
    else:
        assert one == other, where


QUERIES = {
    "everything": ask(),
    "every covariate": ask(adjust=COVARIATES),
    "without the baseline": ask(adjust=("sex", "mode")),
    "whole months": ask(period_from=date(2025, 11, 1), period_until=date(2026, 1, 31)),
    "days at both ends": ask(period_from=date(2025, 10, 11), period_until=date(2026, 2, 10)),
    "within one month": ask(period_from=date(2025, 11, 3), period_until=date(2025, 11, 23)),
    "from a day on": ask(period_from=date(2025, 12, 24)),
    "until a day": ask(period_until=date(2025, 12, 24), adjust=("baseline", "living_situation")),
    "the follow-up": ask(to_point=MeasurementPoint.FOLLOW_UP),
    "points without sums": ask(
        from_point=MeasurementPoint.END, to_point=MeasurementPoint.FOLLOW_UP
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_sums_and_rows_give_the_same_comparison(wiring, name):
    with wiring.reading(SYSTEM) as session:
        found = from_sums(session, wiring, QUERIES[name])
        assert_same(found, from_rows(session, wiring, QUERIES[name]))
    assert found.status == "ok"


def test_every_column_of_the_sums_stands_once(wiring):
    definition = wiring.catalogue.get(INSTRUMENT)
    with wiring.reading(SYSTEM) as session:
        sums, _ = load_sums(session, definition, QUERIES["every covariate"])
    assert len(set(sums.columns)) == len(sums.columns)


def test_a_period_without_anybody_has_no_pairs(wiring):
    nobody = ask(period_from=date(2020, 1, 1), period_until=date(2020, 12, 31))
    with wiring.reading(SYSTEM) as session:
        found = from_sums(session, wiring, nobody)
        assert (found.status, found.rows) == ("no_pairs", ())
        assert from_rows(session, wiring, nobody).status == "no_pairs"


def test_some_providers_are_compared_among_themselves(wiring):
    chosen = ask(providers=(make_provider(wiring, NAMES[0]), make_provider(wiring, NAMES[2])))
    with wiring.reading(SYSTEM) as session:
        found = from_sums(session, wiring, chosen)
        assert_same(found, from_rows(session, wiring, chosen))
    assert [row.provider for row in found.rows] == [NAMES[0], NAMES[2]]
    with pytest.raises(InputRejected, match="no such provider"):
        released(wiring, ask(providers=("nobody",)))


def released(wiring, query):
    actor = make_actor(wiring, Role.ANALYST)
    with wiring.reading(actor) as session:
        return compare_providers(session, wiring.catalogue, actor, query, at=wiring.clock())


def test_while_sums_are_not_counted_rows_are_asked(wiring, monkeypatch):
    query = ask(period_from=date(2025, 10, 11))
    before = released(wiring, query)
    with wiring.transaction(SYSTEM) as session:
        session.execute(update(MomentsState).values(layout=0))
    monkeypatch.setattr(moments, "list_scale_cells", None)
    assert_same(before, released(wiring, query))


def test_a_comparison_of_whole_months_reads_no_episode(wiring, monkeypatch):
    monkeypatch.setattr("evalplat.services.kept_sums.load_frame", None)
    found = released(wiring, QUERIES["whole months"])
    assert found.status == "ok"
    assert found.released
    assert found.unit == 1
