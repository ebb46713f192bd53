"""Too little data, or data without variation, is a status: never nan, infinity, a warning or a traceback."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

from evalplat.errors import InputRejected
from evalplat.statistics.cases import MissingCovariates
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import ChangeRule, summarise_effects
from evalplat.vocabulary import Direction, Verdict

NONE = float("nan")


def table(providers, baseline, end, **covariates) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "provider": providers,
            "episode": [f"E{k}" for k in range(len(providers))],
            "baseline": np.array(baseline, dtype=float),
            "end": np.array(end, dtype=float),
            **covariates,
        }
    )


def run(frame, adjust=("baseline",), disclosure=None, **rest):
    return compare(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.LOWER_BETTER,
        adjust=adjust,
        disclosure=disclosure,
        **rest,
    )


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


def check_numbers(value) -> None:
    for item in json.loads(json.dumps(value, default=str)).values():
        for entry in item if isinstance(item, list) else [item]:
            if isinstance(entry, float):
                assert math.isfinite(entry)


TWO = ["a"] * 20 + ["b"] * 20
CASES = {
    "no rows": (table([], [], []), "no_pairs"),
    "one pair": (table(["a"], [1], [2]), "too_few_pairs"),
    "two pairs": (table(["a", "b"], [1, 2], [2, 4]), "too_few_pairs"),
    "all ends missing": (table(TWO, range(40), [NONE] * 40), "no_pairs"),
    "constant scores": (table(TWO, [5] * 40, [5] * 40), "no_variation"),
    "constant change": (
        table(TWO, [0.1 * k for k in range(40)], [0.1 * k + 0.3 for k in range(40)]),
        "no_variation",
    ),
    "one provider": (table(["a"] * 40, noise(40), noise(40, 1)), "one_provider"),
    "one client each": (table([f"p{k}" for k in range(1000)], noise(1000), noise(1000, 1)), "ok"),
    "nothing differs within providers": (table(TWO, [5] * 40, [1] * 20 + [2] * 20), "ok"),
    "huge numbers": (table(TWO, 1e12 + 1e9 * noise(40), 1e12 + 1e9 * noise(40, 1)), "ok"),
    "tiny numbers": (table(TWO, 1e-30 * noise(40), 1e-30 * noise(40, 1)), "ok"),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("adjust", [("baseline",), ()])
@pytest.mark.parametrize("disclosure", [None, DisclosureRule()])
def test_a_comparison_of_poor_data_has_a_status_and_only_numbers(name, adjust, disclosure):
    frame, status = CASES[name]
    result = run(frame, adjust, disclosure)
    if disclosure is not None and (result.n_pairs or 0) < 10:
        status = "too_few_pairs"
    if name != "two pairs":
        assert result.status == status
    check_numbers(dataclasses.asdict(result))
    for row in result.rows:
        check_numbers(dataclasses.asdict(row))
    assert len(result.improvements) == frame["provider"].nunique()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("one pair", "too_few_pairs"),
        ("all ends missing", "no_pairs"),
        ("constant scores", "constant_scores"),
        ("constant change", "constant_change"),
        ("nothing differs within providers", "constant_baseline"),
        ("huge numbers", "ok"),
        ("tiny numbers", "ok"),
    ],
)
def test_effects_of_poor_data_have_a_status_and_only_numbers(name, status):
    frame = CASES[name][0].assign(instrument="i", scale="s")
    rows = summarise_effects(frame, {("i", "s"): ChangeRule(Direction.LOWER_BETTER, 5.0, 0.8)})
    assert rows[-1].status == status
    for row in rows:
        check_numbers(dataclasses.asdict(row))
        assert row.d_z != 0 or status == "ok"


def test_effects_of_an_empty_table_are_no_rows():
    frame = CASES["no rows"][0].assign(instrument="i", scale="s")
    assert summarise_effects(frame, {}) == ()


def test_one_client_each_shrinks_everybody_to_the_mean_and_says_so():
    result = run(CASES["one client each"][0])
    assert result.tau2 == 0 and {row.blup for row in result.rows} == {0.0}
    assert result.rankability == 0
    assert {row.expected_rank for row in result.rows} == {500.5}
    assert any("equals the overall mean" in str(warning) for warning in result.warnings)


def test_few_providers_are_computed_with_a_warning(make_episodes):
    result = run(make_episodes((30, 30, 30)))
    texts = " ".join(str(warning) for warning in result.warnings)
    assert result.status == "ok" and "below 20" in texts and "below 8" in texts


def test_a_provider_without_pairs_still_appears():
    frame = table([*TWO, "c", "c"], noise(42), [*noise(40, 1), NONE, NONE])
    row = run(frame).rows[-1]
    assert (row.provider, row.n_started, row.n, row.verdict) == ("c", 2, 0, Verdict.TOO_FEW)
    assert row.gain is None


@pytest.mark.parametrize(
    ("covariate", "said"),
    [
        ([3.0] * 40, "left out"),
        ([NONE] * 40, "no value at all"),
        ([None] * 40, "no value at all"),
        (["same"] * 40, "left out"),
        ([2 * k + 1 for k in range(40)], "left out"),
    ],
)
def test_a_covariate_that_says_nothing_is_left_out_with_a_warning(covariate, said):
    frame = table(TWO, range(40), noise(40), other=covariate)
    result = run(frame, ("baseline", "other"))
    assert result.status == "ok" and result.adjusted_for == ("baseline",)
    assert said in " ".join(str(warning) for warning in result.warnings)
    plain = run(frame)
    assert [row.z for row in result.rows] == pytest.approx([row.z for row in plain.rows])


def test_every_reason_of_exclusion_is_counted_once():
    frame = table(
        TWO,
        [NONE, NONE, *noise(38)],
        [NONE, 1, NONE, NONE, *noise(36)],
        age=[*range(10, 45), NONE, NONE, NONE, 50, 51],
    )
    for mode, counted in (("complete", [1, 1, 2, 3]), ("indicator", [1, 1, 2])):
        result = run(frame, ("baseline", "age"), missing_covariates=MissingCovariates(mode))
        counts = {str(item.reason): item.count for item in result.exclusions}
        assert sorted(counts.values()) == counted
        assert result.n_started - sum(counts.values()) == result.n_pairs


def test_every_fault_of_a_table_is_named_with_its_row():
    frame = table(["a", "a", "", "b"], [1, 2, 3, 4], [1, 2, 3, float("inf")])
    frame["episode"] = ["E1", "E1", "E2", "E3"]
    frame.index = [2, 3, 4, 5]
    with pytest.raises(InputRejected) as raised:
        run(frame)
    places = [fault.where for fault in raised.value.faults]
    assert places == ["row 4, provider", "row 5, end", "rows 2, 3"]


def test_a_missing_column_is_named_and_outcomes_cannot_be_adjusted_for():
    frame = table(TWO, noise(40), noise(40, 1))
    with pytest.raises(InputRejected, match="age"):
        run(frame, ("baseline", "age"))
    with pytest.raises(InputRejected, match="end"):
        run(frame, ("end",))


def test_a_text_covariate_with_a_name_per_client_is_refused():
    frame = table(
        ["a"] * 40 + ["b"] * 40, noise(80), noise(80, 1), name=[f"n{k}" for k in range(80)]
    )
    with pytest.raises(InputRejected, match="80 different texts"):
        run(frame, ("baseline", "name"))


def test_an_episode_that_stands_twice_on_one_scale_names_its_rows():
    frame = table(["a", "a", "a"], [1, 2, 3], [2, 3, 4]).assign(
        instrument="i", scale=["s", "s", "t"]
    )
    frame["episode"] = "E1"
    with pytest.raises(InputRejected) as raised:
        summarise_effects(frame, {})
    assert [fault.where for fault in raised.value.faults] == ["rows 0, 1"]
