"""Goals attained: statsmodels, the scoring engine's T, and what is released of them."""

import warnings

import numpy as np
import pandas as pd
import pytest

from evalplat.errors import InputRejected
from evalplat.scoring.goals import goal_attainment_t
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_goals import release_goals
from evalplat.statistics.shares.goal_attainment import measure_clustered_share, measure_goals
from evalplat.statistics.shares.proportions import measure_share

RULE = DisclosureRule()


def draw(clients=(30, 25, 40, 24, 28, 31, 6, 3), seed=1, shift=0.0):
    random = np.random.default_rng(seed)
    rows = []
    for k, many in enumerate(clients):
        for client in range(many):
            luck = random.normal(shift, 0.8)
            for _ in range(int(random.integers(2, 6))):
                level = int(np.clip(round(random.normal(luck, 0.8)), -2, 2))
                rows.append(
                    (f"P{k}", f"{k}-{client}", float(level), float(random.choice([1, 2, 4, 9])))
                )
    return pd.DataFrame(rows, columns=["provider", "episode", "level", "weight"])


def test_each_client_s_t_is_the_scoring_engine_s():
    frame = draw()
    attainment = measure_goals(frame)
    for row in (*attainment.rows, attainment.total):
        own = frame if row.provider == "*" else frame[frame["provider"] == row.provider]
        scores = [
            goal_attainment_t([int(x) for x in part["level"]], list(part["weight"]))
            for _episode, part in own.groupby("episode")
        ]
        assert row.n_clients == len(scores)
        assert row.mean_t == pytest.approx(np.mean(scores))
        at_50 = sum(t >= 50 - 1e-9 for t in scores)
        assert row.clients_at_50 == measure_share(at_50, len(scores))
        assert row.goals.count == (own["level"] >= 0).sum()


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_only_a_goal_s_share_in_the_client_s_weights_counts(unit):
    frame = draw()
    for row, other in zip(
        measure_goals(frame.assign(weight=frame["weight"] * unit)).rows,
        measure_goals(frame).rows,
        strict=True,
    ):
        assert [row.mean_t, row.mean_t_low] == pytest.approx([other.mean_t, other.mean_t_low])


def test_the_standard_error_is_that_of_a_clustered_glm():
    import statsmodels.api as sm

    frame = draw()
    attainment = measure_goals(frame)
    for row in (*attainment.rows, attainment.total):
        own = frame if row.provider == "*" else frame[frame["provider"] == row.provider]
        attained = (own["level"] >= 0).to_numpy(dtype=float)
        groups = pd.factorize(own["episode"])[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit = sm.GLM(attained, np.ones((len(own), 1)), family=sm.families.Binomial()).fit(
                cov_type="cluster", cov_kwds={"groups": groups}, tol=1e-12
            )
        p = row.goals.share
        assert row.goals.se / (p * (1 - p)) == pytest.approx(fit.bse[0], rel=1e-7)
        ends = 1 / (1 + np.exp(-fit.conf_int()[0]))
        assert (row.goals.low, row.goals.high) == pytest.approx(tuple(ends), rel=1e-7)
        assert row.goals.design == pytest.approx(row.goals.se**2 / (p * (1 - p) / len(own)))


def test_alike_goals_of_a_client_widen_the_interval():
    client = np.repeat(np.arange(20), 4)
    alike = np.repeat(np.arange(20) % 2 == 0, 4)
    mixed = np.arange(80) % 2 == 0
    assert measure_clustered_share(alike, client).design == pytest.approx(4 * 20 / 19)
    assert measure_clustered_share(mixed, client).design == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("attained", "who", "share"),
    [
        ([], [], None),
        ([True], [0], 1.0),
        ([True, False], [0, 0], 0.5),
        ([True, True, True], [0, 1, 2], 1.0),
        ([False, False], [0, 1], 0.0),
    ],
)
def test_few_clients_and_all_or_none_have_no_standard_error_but_an_interval(attained, who, share):
    found = measure_clustered_share(np.array(attained, dtype=bool), np.array(who, dtype=np.intp))
    assert (found.share, found.se) == (share, None)
    assert (found.low is None) == (share is None)
    if share is not None:
        assert 0 <= found.low <= share <= found.high <= 1


def test_intervals_cover_the_true_share():
    random = np.random.default_rng(14)
    inside = 0
    for _ in range(600):
        p = random.beta(3, 2, 40)
        client = np.repeat(np.arange(40), 4)
        share = measure_clustered_share(random.random(160) < p[client], client)
        inside += share.low <= 0.6 <= share.high
    assert 0.92 <= inside / 600 <= 0.97


def test_unrated_goals_are_counted_apart_and_a_provider_without_rated_goals_says_so():
    frame = draw((12,))
    frame.loc[len(frame)] = ["Q", "q", np.nan, 1.0]
    attainment = measure_goals(frame)
    assert attainment.unrated == 1
    assert [row.status for row in attainment.rows] == ["ok", "no_goals"]
    assert attainment.rows[1].mean_t is None
    empty = measure_goals(draw(()))
    assert (empty.rows, empty.total.status) == ((), "no_goals")
    assert release_goals(empty, RULE).total.n_clients is None


def test_a_mean_far_above_fifty_is_noted_as_easy_goals_and_one_near_it_is_not():
    easy = measure_goals(draw((30, 30), shift=2.0))
    assert all(row.easy for row in easy.rows)
    assert "2 of the providers" in str(easy.warnings[0])
    assert measure_goals(draw((30, 30))).warnings == ()


def test_every_wrong_level_and_weight_is_named():
    frame = pd.DataFrame(
        {
            "provider": "A",
            "episode": "1",
            "level": [3.0, 0.5, 1.0, 1.0],
            "weight": [1, 1, 0, np.nan],
        }
    )
    with pytest.raises(InputRejected) as caught:
        measure_goals(frame)
    assert [fault.where for fault in caught.value.faults] == [
        "row 0, level", "row 1, level", "row 2, weight", "row 3, weight",
    ]  # fmt: skip
    with pytest.raises(InputRejected):
        measure_goals(pd.DataFrame({"provider": ["A"]}))


def test_what_is_released_is_rounded_and_small_groups_show_nothing():
    attainment = measure_goals(draw())
    released = release_goals(attainment, RULE)
    assert release_goals(released, RULE) is released
    assert released.touched == ()
    statuses = [row.status for row in released.rows]
    assert statuses[:6] == ["ok"] * 6 and statuses[6:] == ["withheld"] * 2
    for row in (*released.rows, released.total):
        assert row.n_clients is None or row.n_clients % 5 == 0
        for share in (row.goals, row.clients_at_50):
            if share is not None and share.count is not None:
                assert share.count % 5 == share.of % 5 == 0
                assert share.low <= share.share <= share.high
        if row.status == "withheld":
            assert (row.goals.count, row.clients_at_50, row.mean_t) == (None, None, None)
        else:
            assert row.mean_t == round(row.mean_t)


def test_goals_missed_by_fewer_than_five_clients_are_not_shown():
    levels = [[1.0, 1.0, 1.0]] * 27 + [[-1.0, -1.0, -1.0]] * 3
    rows = [("A", str(k), x, 1.0) for k, goals in enumerate(levels) for x in goals]
    frame = pd.DataFrame(rows, columns=["provider", "episode", "level", "weight"])
    frame = pd.concat([frame, draw((20,) * 8)])
    row = release_goals(measure_goals(frame), RULE).rows[0]
    assert (row.n_clients, row.goals.count, row.clients_at_50) == (30, None, None)
