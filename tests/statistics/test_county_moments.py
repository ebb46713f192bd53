"""Nobody can work out a small cell from what a county hands over."""

import itertools

import numpy as np
import pytest
from county_examples import RULE, add_up, make_clients

from evalplat.errors import Message
from evalplat.statistics.comparison_of_sums import Flow
from evalplat.statistics.counties.county_moments import control_disclosure
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import PairSums

COVARIATES = ("age", "sex", "language")


def control(frame, covariates=COVARIATES):
    return control_disclosure(*add_up(frame), covariates, RULE)


def read_cells(found, column):
    place = found.sums.columns.index(column)
    return found.sums.sums[:, place] + found.sums.n * found.sums.reference[place]


@pytest.mark.parametrize("seed", range(30))
def test_no_cell_of_one_to_four_clients_is_handed_over_or_can_be_subtracted(seed):
    random = np.random.default_rng(seed)
    sizes = random.choice([3, 7, 9, 12, 20, 35, 60, 90], random.integers(1, 7))
    shares = random.dirichlet([2, 2, 0.3])
    frame = make_clients("p", sizes, seed, shares=shares, missing=random.choice([0, 0.1, 0.4]))
    frame.loc[random.random(len(frame)) < random.choice([0, 0.05, 0.3]), "age"] = np.nan
    found, (sums, flow) = control(frame), add_up(frame)
    pairs = dict(zip(sums.providers, sums.n, strict=True))
    assert all(pairs[name] >= 10 for name in found.sums.providers)
    levels = [name for name in found.sums.columns if "=" in name]
    for name in levels:
        cells = np.rint(read_cells(found, name))
        for counts in (cells, found.sums.n - cells):
            assert not ((counts > 0) & (counts < 5)).any(), name
        assert cells.sum() >= 10
    products = found.sums.move(np.zeros(len(found.sums.columns))).products
    for one, two in itertools.combinations(levels, 2):
        if one.partition("=")[0] != two.partition("=")[0]:
            common = products[found.sums.columns.index(one), found.sums.columns.index(two)]
            assert round(common) == 0 or common > 4.5
    check_flow(found, pairs, flow)


def check_flow(found, pairs, flow):
    """Every way to give the withheld providers numbers that fit the reasons: each small one could be any of 1 to 4."""
    missing = {name: count - int(pairs[name]) for name, count in flow.n_started.items()}
    shown = found.flow.n_started
    for name, count in shown.items():
        assert count is None or missing[name] == 0 or missing[name] >= 5
    counts = [item.count for item in found.flow.exclusions]
    assert all(count is None or count >= 5 for count in counts)
    unknown = [name for name in missing if shown.get(name) is None and missing[name]]
    if None in counts or not any(0 < missing[name] < 5 for name in unknown):
        return
    left = sum(counts) - sum(missing[name] for name, count in shown.items() if count is not None)
    # At least two are unknown, and together so many that each of them may lack any number up to four.
    assert len(unknown) >= 2 and left >= 10


def test_products_are_only_those_of_all_providers_together():
    found = control(make_clients("p", (60, 70), 1, shares=(0.5, 0.5, 0)))
    assert not isinstance(found.sums, PairSums)
    assert found.sums.products.shape == (len(found.sums.columns),) * 2


def test_few_clients_of_a_provider_with_a_level_count_with_its_most_common_one():
    frame = make_clients("p", (90, 80, 120), 1, shares=(0.6, 0.4, 0))
    small = frame.index[(frame["provider"] == "p01") & (frame["sex"] == "male")][3:]
    frame.loc[small, "sex"] = "female"
    frame.loc[frame.index[::40], "sex"] = "other"
    found = control(frame, ("age", "sex"))
    moved = frame.assign(sex=frame["sex"].replace("other", "female"))
    moved.loc[moved["provider"] == "p01", "sex"] = "female"
    expected = control(moved, ("age", "sex"))
    assert found.moved == ("sex",) and expected.moved == () and found.left_out == ()
    assert found.categories == expected.categories == {"sex": (("female",), ("male",))}
    for one, other in (
        (found.sums.sums, expected.sums.sums),
        (found.sums.products, expected.sums.products),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9)


def test_levels_are_joined_where_too_many_clients_would_have_to_be_moved():
    frame = make_clients("p", (24, 24, 24, 24, 24), 1, shares=(1, 0, 0))
    place = np.arange(len(frame)) % 24
    frame["sex"] = np.where(place < 12, "female", np.where(place < 16, "male", "other"))
    frame.loc[place >= 20, "sex"] = "unknown"
    found = control(frame, ("sex",))
    assert found.categories["sex"] == (("female",), ("male", "other", "unknown"))
    assert found.moved == found.left_out == ()
    frame["sex"] = np.where(place < 20, "female", "male")
    assert control(frame, ("sex",)).left_out == ("sex",)


@pytest.mark.parametrize(("unknown", "kept"), [(0.3, True), (0.02, False)])
def test_a_number_that_few_lack_stands_at_a_whole_number_near_the_mean(unknown, kept):
    frame = make_clients("p", (60, 70), 1, shares=(1, 0, 0))
    frame.loc[np.random.default_rng(1).random(len(frame)) < unknown, "age"] = np.nan
    found = control(frame, ("age",))
    assert ("age=unknown" in found.numbers) is kept and (found.moved == ("age",)) is not kept
    filled = frame["age"].fillna(0 if kept else round(frame["age"].mean()))
    expected = filled.groupby(frame["provider"]).sum()
    assert read_cells(found, "age").tolist() == pytest.approx(expected.tolist())


def test_two_categories_that_few_share_are_joined_for_the_county_as_a_whole():
    frame = make_clients("p", (60, 60), 1, shares=(0.4, 0.3, 0.3))
    frame["language"] = np.where(frame.index % 2, "fi", "sv")
    frame.loc[frame["sex"] == "other", "language"] = "fi"
    frame.loc[frame.index[frame["sex"] == "other"][:2], "language"] = "sv"
    found = control(frame)
    assert len(found.categories["sex"]) == 2 and found.categories["language"] == (("fi",), ("sv",))


def test_a_covariate_that_the_sums_do_not_know_is_said_to_be_left_out():
    found = control(make_clients("p", (60, 70), 1, shares=(0.5, 0.5, 0)), ("age", "income"))
    assert found.numbers == ("baseline", "end", "age") and found.left_out == ("income",)


def test_a_number_that_is_only_yes_or_no_is_a_count_too():
    frame = make_clients("p", (60, 70), 1)
    for many, kept in ((True, True), (False, False)):
        frame["age"] = 0.0
        frame.loc[frame.index % 2 == 0, "age"] = 1.0 if many else 0.0
        frame.loc[[0, 2, 4], "age"] = 1.0
        found = control(frame, ("age",))
        assert ("age" in found.numbers) is kept
        assert ("age" in found.left_out) is not kept


def test_small_numbers_without_a_pair_are_withheld_with_another_provider_s():
    sums, flow = add_up(make_clients("p", (60, 70, 80), 1, shares=(0.5, 0.5, 0)))
    reasons = (Exclusion(Message("No end"), 20), Exclusion(Message("Late"), 3))
    missing = Flow({"p00": 63, "p01": 78, "p02": 92}, reasons)
    found = control_disclosure(sums, missing, COVARIATES, RULE).flow
    assert found.n_started == {"p00": None, "p01": 78, "p02": None}
    assert [item.count for item in found.exclusions] == [None, None]
    full = control_disclosure(sums, flow, COVARIATES, RULE).flow
    assert full.n_started == {"p00": 60, "p01": 70, "p02": 80} and full.exclusions == ()


def test_no_sums_are_handed_over_of_nobody():
    found = control(make_clients("p", (3, 9), 1))
    assert found.sums.providers == () and found.providers_left_out == 2
    assert not found.sums.products.any()
