"""A county's document from the database: its sums after disclosure control, whole months, and a line in the log."""

import json
from datetime import date

import pytest
from builders import SYSTEM, make_actor, make_provider
from county_of_sums import INSTRUMENT, NAMES, SCALE, make_county

from evalplat.errors import InputRejected, Refused
from evalplat.services.access_log import list_access_log
from evalplat.services.comparisons import ComparisonQuery
from evalplat.services.federation import compare_documents, export_moments
from evalplat.services.frames import load_frame
from evalplat.statistics.comparison import compare
from evalplat.vocabulary import Role

FIRST, LAST = date(2025, 11, 1), date(2026, 2, 28)


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "county_of_sums", make_county)
    return templates.copy(kind, tmp_path, "county_of_sums")


def hand_over(wiring, actor=None, **rest):
    actor = actor or make_actor(wiring, Role.ANALYST)
    asked = {"scales": [(INSTRUMENT, SCALE)], "adjust": ("age", "sex"), **rest}
    with wiring.reading(actor) as session:
        return export_moments(
            session, wiring.catalogue, actor, county="home", at=wiring.clock(), **asked
        )


def test_a_comparison_of_documents_equals_the_one_of_the_countys_rows(wiring):
    document = hand_over(wiring, period_from=FIRST, period_until=LAST)
    content = json.dumps(document).encode()
    found = compare_documents(
        [("home.json", content)], (INSTRUMENT, SCALE), adjust=("baseline", "age"), disclosure=None
    )
    chosen = tuple(make_provider(wiring, name) for name in NAMES[:3])
    query = ComparisonQuery(
        INSTRUMENT, SCALE, period_from=FIRST, period_until=LAST, providers=chosen
    )
    definition = wiring.catalogue.get(INSTRUMENT)
    direction = definition.scale(SCALE).direction
    with wiring.reading(SYSTEM) as session:
        frame = load_frame(session, definition, query)
    rows = compare(
        frame, instrument=INSTRUMENT, scale=SCALE, direction=direction, adjust=("baseline", "age"),
        disclosure=None,
    )  # fmt: skip
    assert [row.provider for row in found.rows] == list(NAMES[:3])
    for one, other in zip(found.rows, rows.rows, strict=True):
        for name in ("n", "gain", "adjusted_gain", "se", "z_overdispersed", "blup", "blup_se", "p"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9), name
    for name in ("target", "sigma", "tau2", "sigma2", "reml_criterion"):
        assert getattr(found, name) == pytest.approx(getattr(rows, name), rel=1e-9), name
    assert found.provenance.digest == definition.digest
    assert found.provenance.period == "2025-11-01/2026-02-28"


def test_a_document_ends_with_the_last_month_that_is_over_and_names_no_small_provider(wiring):
    document = hand_over(wiring, scales=())
    assert (document["county"], document["period"]) == ("home", "/2026-10-31")
    assert {scale["scale"] for scale in document["scales"]} == {"total", "total_simple", SCALE}
    assert all(scale["definition"] for scale in document["scales"])
    assert NAMES[3] not in json.dumps(document)


def test_every_fault_of_an_export_is_named(wiring):
    with pytest.raises(InputRejected) as caught:
        hand_over(
            wiring,
            scales=[(INSTRUMENT, "nothing"), ("gas", "t")],
            adjust=("income",),
            period_from=date(2026, 1, 2),
            period_until=date(2026, 11, 30),
        )
    assert [fault.where for fault in caught.value.faults] == [
        "adjust", "scale", "scale", "period_from", "period_until",
    ]  # fmt: skip
    with pytest.raises(InputRejected, match="last day"):
        hand_over(wiring, period_until=date(2026, 9, 29))


def test_only_the_countys_readers_hand_over_and_it_is_logged(wiring):
    for role in (Role.PROVIDER_MANAGER, Role.CASE_WORKER):
        with pytest.raises(Refused):
            hand_over(wiring, actor=make_actor(wiring, role))
    hand_over(wiring)
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    with wiring.reading(administrator) as session:
        newest = list_access_log(session, administrator)[0]
    assert (newest.action, newest.object_id) == ("export_moments", f"{INSTRUMENT}/{SCALE}")
