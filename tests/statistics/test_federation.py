"""Counties compared by their documents give the comparison of their pooled clients."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from county_examples import IDENTITY, RULE, hand_over, make_clients
from same_comparison import check_same, said_by_both

from evalplat.errors import InputRejected
from evalplat.statistics.comparison import compare
from evalplat.statistics.counties.county_documents import read_document
from evalplat.statistics.counties.federation import compare_counties, join_groups, merge_counties

EVEN = (0.55, 0.45, 0.0)
OPTIONS = {"instrument": "whodas", "scale": "total", "direction": IDENTITY.direction}


def send(county, frame, **changes):
    """What arrives at the other end."""
    return read_document(json.dumps(hand_over(county, frame, **changes)))


def merge(*documents):
    return merge_counties(documents, "whodas", "total")


@pytest.fixture(scope="module")
def three():
    """Counties in which every provider has many of each category, one of them with a provider of the first one too."""
    frames = [
        make_clients("a", (60, 80, 75), 1, shares=EVEN),
        make_clients("b", (90, 70, 110, 65), 2, shares=EVEN),
        make_clients("c", (100, 60), 3, shares=(0.3, 0.3, 0.4), missing=0.2),
    ]
    frames[2].loc[frames[2]["provider"] == "c00", "provider"] = "a01"
    return dict(zip("ABC", frames, strict=True))


@pytest.mark.parametrize("disclosure", [None, RULE])
@pytest.mark.parametrize(
    "adjust", [("baseline", "age", "sex", "language"), ("baseline",), ("sex",)]
)
def test_what_was_not_suppressed_is_the_comparison_of_all_clients_pooled(three, adjust, disclosure):
    merged = merge(*(send(name, frame) for name, frame in three.items()))
    assert (merged.left_out, merged.providers_left_out) == ((), 0)
    found = compare_counties(merged, adjust=adjust, disclosure=disclosure)
    pooled = compare(pd.concat(three.values()), adjust=adjust, disclosure=disclosure, **OPTIONS)
    check_same(said_by_both(replace(pooled, provenance=found.provenance)), found)
    assert found.status == "ok" and len(found.rows) == 8
    assert found.provenance.period == "2025-01/2025-12"
    assert found.provenance.digest == IDENTITY.definition


def test_the_order_of_the_counties_does_not_matter(three):
    documents = [send(name, frame) for name, frame in three.items()]
    one = compare_counties(merge(*documents), disclosure=None)
    two = compare_counties(merge(*documents[::-1]), disclosure=None)
    check_same(one, two)


def test_levels_that_one_county_joined_are_joined_for_all():
    many = make_clients("a", (60, 80, 75), 1, shares=(0.4, 0.3, 0.3))
    rare = make_clients("b", (90, 70, 110), 2, shares=(0.5, 0.48, 0.02))
    merged = merge(send("A", many), send("B", rare))
    columns = [name for name in merged.sums.columns if name.startswith("sex=")]
    assert columns == ["sex=female", "sex=male + other"]
    found = compare_counties(merged, adjust=("baseline", "sex"), disclosure=None)
    both = pd.concat([many, rare])
    both["sex"] = both["sex"].replace({"other": "male + other", "male": "male + other"})
    pooled = compare(both, adjust=("baseline", "sex"), disclosure=None, **OPTIONS)
    check_same(pooled.coefficients, found.coefficients)
    check_same(pooled.rows, found.rows)


def test_a_covariate_that_a_county_had_to_leave_out_is_left_out_with_a_warning():
    plenty = make_clients("a", (60, 80), 1, shares=EVEN)
    men = make_clients("b", (40, 30), 2, shares=(0.05, 0.95, 0.0))
    merged = merge(send("A", plenty), send("B", men))
    assert merged.left_out == ("sex",) and "sex" not in merged.covariates
    found = compare_counties(merged, adjust=("baseline", "sex", "age"), disclosure=None)
    assert found.adjusted_for == ("baseline", "age")
    assert "sex was left out" in str(found.warnings[0])


def test_small_providers_are_left_out_and_counted():
    merged = merge(send("A", make_clients("a", (60, 9, 80, 3), 1, shares=EVEN)))
    assert merged.providers_left_out == 2 and merged.sums.providers == ("a00", "a02")
    found = compare_counties(merged, disclosure=RULE)
    assert any("2 providers with too few clients" in str(w) for w in found.warnings)


def test_everything_that_does_not_fit_is_named(three):
    first, second, third = (send(name, frame) for name, frame in three.items())
    other = replace(third, period="2024", county="A")
    scale = replace(second.scales[0], identity=replace(IDENTITY, definition="other", scale="total"))
    with pytest.raises(InputRejected) as raised:
        merge(first, replace(second, scales=(scale,)), other)
    places = [fault.where for fault in raised.value.faults]
    assert places == ["A", "A", "B"]
    texts = " ".join(str(fault) for fault in raised.value.faults)
    assert "stands 2 times" in texts and "2024" in texts and "definition" in texts


def test_a_document_without_the_scale_or_a_covariate_is_named(three):
    first = send("A", three["A"])
    with pytest.raises(InputRejected, match="not in the document once"):
        merge_counties([first], "whodas", "other")
    with pytest.raises(InputRejected, match="no document"):
        merge_counties([], "whodas", "total")
    fewer = send("B", three["B"], covariates=("age",))
    with pytest.raises(InputRejected) as raised:
        merge(first, fewer)
    assert {str(fault.where) for fault in raised.value.faults} == {"B"}
    assert len(raised.value.faults) == 2


def test_adjusting_for_what_nobody_handed_over_is_refused(three):
    with pytest.raises(InputRejected, match="employment"):
        compare_counties(merge(send("A", three["A"])), adjust=("employment",), disclosure=None)


def test_counties_without_anybody_to_hand_over_are_a_status():
    nobody = make_clients("a", (3, 4), 1)
    found = compare_counties(merge(send("A", nobody)), disclosure=RULE)
    assert (found.status, found.rows, found.n_pairs) == ("too_few_pairs", (), None)


def test_groups_are_joined_to_the_finest_that_fit_every_county():
    first = (("a",), ("b", "c"), ("d",))
    second = (("a",), ("b",), ("c", "d"))
    assert join_groups([first, second]) == (("a",), ("b", "c", "d"))
    assert join_groups([(("x",),), (("y",),)]) == (("x",), ("y",))
    assert join_groups([]) == ()


def test_a_county_in_which_nobody_has_a_level_adds_nobody_to_it():
    with_it = make_clients("a", (90, 80), 1, shares=(0.3, 0.4, 0.3))
    without = make_clients("b", (60, 70), 2, shares=EVEN)
    merged = merge(send("B", without), send("A", with_it))
    found = compare_counties(merged, adjust=("baseline", "sex"), disclosure=None)
    pooled = compare(
        pd.concat([with_it, without]), adjust=("baseline", "sex"), disclosure=None, **OPTIONS
    )
    check_same(pooled.coefficients, found.coefficients)
    assert np.isclose(merged.sums.cases, 300)
