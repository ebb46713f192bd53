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
    rare = make_clients("b", (24,) * 6, 2, shares=(1, 0, 0))
    place = np.arange(len(rare)) % 24
    rare["sex"] = np.where(place < 16, "female", np.where(place < 20, "male", "other"))
    documents = [send(name, frame, covariates=("age", "sex")) for name, frame in
                 (("A", many), ("B", rare))]  # fmt: skip
    merged = merge(*documents)
    columns = [name for name in merged.sums.columns if name.startswith("sex=")]
    assert columns == ["sex=female", "sex=male + other"]
    found = compare_counties(merged, adjust=("baseline", "sex"), disclosure=None)
    both = pd.concat([many, rare])
    both["sex"] = both["sex"].replace({"other": "male + other", "male": "male + other"})
    pooled = compare(both, adjust=("baseline", "sex"), disclosure=None, **OPTIONS)
    check_same(pooled.coefficients, found.coefficients)
    check_same(pooled.rows, found.rows)


def test_few_clients_of_one_provider_cost_no_county_a_covariate():
    plenty = make_clients("a", (60, 80), 1, shares=EVEN)
    few = make_clients("b", (60, 70, 90), 2, shares=EVEN)
    own = few["provider"] == "b01"
    few.loc[few.index[own & (few["sex"] == "male")][2:], "sex"] = "female"
    merged = merge(*(send(name, frame, covariates=("age", "sex")) for name, frame in
                     (("A", plenty), ("B", few))))  # fmt: skip
    assert (merged.left_out, merged.averaged, merged.moved) == ((), (), ("sex",))
    found = compare_counties(merged, adjust=("baseline", "sex"), disclosure=None)
    assert "fewer than five clients of a provider share a value" in str(found.warnings[0])
    few.loc[own, "sex"] = "female"
    pooled = compare(
        pd.concat([plenty, few]), adjust=("baseline", "sex"), disclosure=None, **OPTIONS
    )
    check_same(pooled.coefficients, found.coefficients)
    check_same(pooled.rows, found.rows)


def test_clients_of_a_county_that_left_a_covariate_out_count_as_the_others_average():
    plenty = make_clients("a", (60, 80), 1, shares=EVEN)
    scattered = make_clients("b", (20,) * 5, 2, shares=(1, 0, 0))
    scattered.loc[np.arange(100) % 20 < 4, "sex"] = "male"
    documents = [send(name, frame, covariates=("age", "sex")) for name, frame in
                 (("A", plenty), ("B", scattered))]  # fmt: skip
    merged = merge(*documents)
    assert (merged.left_out, merged.averaged) == ((), ("sex",)) and "sex" in merged.covariates
    found = compare_counties(merged, adjust=("baseline", "sex", "age"), disclosure=None)
    assert "sex is not told by every county" in str(found.warnings[0])
    frames = [plenty.assign(man=(plenty["sex"] == "male").astype(float)), scattered]
    frames[1] = scattered.assign(man=frames[0]["man"].mean())
    pooled = compare(
        pd.concat(frames), adjust=("baseline", "man", "age"), disclosure=None, **OPTIONS
    )
    for one, other in zip(pooled.coefficients, found.coefficients, strict=True):
        check_same(one[1], other[1])
    check_same(pooled.rows, found.rows)
    none = merge(send("B", scattered, covariates=("sex",)))
    alone = compare_counties(none, adjust=("baseline", "sex"), disclosure=None)
    assert none.left_out == ("sex",) and alone.adjusted_for == ("baseline",)
    assert "sex was left out" in str(alone.warnings[0])


def test_a_number_that_is_not_known_of_some_is_that_of_the_pooled_clients():
    frames = [make_clients(name, sizes, k, shares=(1, 0, 0))
              for k, (name, sizes) in enumerate([("a", (60, 80)), ("b", (90, 70)), ("c", (50, 60))])]  # fmt: skip
    for frame in frames[:2]:
        frame.loc[np.random.default_rng(len(frame)).random(len(frame)) < 0.25, "age"] = np.nan
    merged = merge(*(send(name, frame, covariates=("age",)) for name, frame in
                     zip("ABC", frames, strict=True)))  # fmt: skip
    assert merged.covariates == ("baseline", "age") and merged.moved == ()
    found = compare_counties(merged, adjust=("baseline", "age"), disclosure=None)
    pooled = compare(pd.concat(frames), adjust=("baseline", "age"), disclosure=None, **OPTIONS)
    assert "age=unknown" in dict(found.coefficients)
    check_same(pooled.coefficients, found.coefficients)
    check_same(pooled.rows, found.rows)
    check_same(pooled.card.missing, found.card.missing)


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
