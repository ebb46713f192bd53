"""What all outlets publish of the same clients, put together, tells no count of one to four: the drill, in small."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from drills.attacker import OPEN, RULE, attack
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_attrition import find_rest
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.shares.flow import measure_flow

ONCE_TOLD = (15, 123, 143, 316, 370, 450)
"""Counties of which an earlier release told a count."""


@pytest.mark.parametrize("seed", [5, *ONCE_TOLD])
def test_no_count_of_one_to_four_is_the_only_possible_one(seed):
    found = attack(seed, RULE, 1, [(0,)])
    assert found.tried > 20
    assert (found.only, found.unsettled) == ((), 0)


@pytest.mark.parametrize("seed", [3, 51])
def test_nor_where_the_same_period_is_published_again_a_quarter_longer(seed):
    found = attack(seed, RULE, 2, [(0,), (0, 1)])
    assert (found.only, found.unsettled) == ((), 0)


def test_the_attack_finds_most_of_what_is_neither_withheld_nor_rounded():
    total = Counter()
    for seed in range(3):
        found = attack(seed, OPEN, 1, [(0,)])
        total.update(tried=found.tried, only=len(found.only))
    assert total["only"] > total["tried"] / 2


def test_nine_of_thirteen_are_not_told_by_the_flow_beside_a_comparison_without_estimates():
    ends = np.where(np.arange(13) < 9, 10.0, np.nan)
    frame = pd.DataFrame(
        {
            "provider": "A",
            "episode": np.arange(13).astype(str),
            "baseline": 20.0,
            "end": ends,
        }
    )
    row = release_flow(measure_flow(frame), DisclosureRule()).rows[0]
    assert (row.started, row.stage("pairs").status) == (15, "withheld")


def test_the_lost_are_what_the_rounded_count_is_more_than_the_followed():
    assert find_rest(29, 10, 15, RULE) == 20
    assert find_rest(29, None, 15, RULE) is find_rest(29, 10, None, RULE) is None
    for followed in range(5, 60):
        for lost in range(5, 60):
            rest = find_rest(followed + lost, RULE.round(followed), RULE.round(lost), RULE)
            assert rest >= 5 and abs(rest - lost) <= 4
