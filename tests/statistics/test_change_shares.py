"""Shares of reliable change: counted client by client, compared, shrunken, and released."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from evalplat.errors import InputRejected
from evalplat.statistics.change import classify_change
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_shares import release_change_shares
from evalplat.statistics.shares.beta_binomial import shrink_shares
from evalplat.statistics.shares.change_methods import ChangeMethod, ChangeParameters
from evalplat.statistics.shares.change_shares import (
    EXCLUSIVE,
    FURTHER,
    measure_change_shares,
    measure_net,
)
from evalplat.statistics.shares.proportions import measure_share
from evalplat.vocabulary import Direction, Verdict

DOWN = Direction.LOWER_BETTER
KNOWN = ChangeParameters(sd=9, reliability=0.88, mean=20, mic=4.7, cut_off=15)
RULE = DisclosureRule()


def draw(sizes, seed=2, gain=6.0, lost=0.1):
    random = np.random.default_rng(seed)
    provider = [f"P{k:02d}" for k, size in enumerate(sizes) for _ in range(size)]
    baseline = random.normal(22, 8, len(provider)).round()
    end = (baseline - random.normal(gain, 8, len(provider))).round()
    end[random.random(len(provider)) < lost] = np.nan
    return pd.DataFrame({"provider": provider, "baseline": baseline, "end": end})


def measure(frame, parameters=KNOWN, method=ChangeMethod.JT):
    return measure_change_shares(frame, direction=DOWN, parameters=parameters, method=method)


def test_categories_are_counted_client_by_client():
    frame = draw((30, 44, 12, 1))
    shares = measure(frame)
    for row in (*shares.rows, shares.total):
        own = frame if row.provider == "*" else frame[frame["provider"] == row.provider]
        pairs = own.dropna()
        changes = [
            classify_change(x, y, direction=DOWN, sd=9, reliability=0.88, cut_off=15, mic=4.7)
            for x, y in zip(pairs["baseline"], pairs["end"], strict=True)
        ]
        kinds = [change.status for change in changes]
        clinical = int((pairs["baseline"] >= 15).sum())
        n = len(pairs)
        expected = {
            "improved": (kinds.count("improved") + kinds.count("recovered"), n),
            "unchanged": (kinds.count("unchanged"), n),
            "deteriorated": (kinds.count("deteriorated") + kinds.count("harmed"), n),
            "recovered": (kinds.count("recovered"), clinical),
            "harmed": (kinds.count("harmed"), n - clinical),
            "important": (sum(change.important for change in changes), n),
        }
        assert {share.key: (share.count, share.of) for share in row.shares} == expected
        assert row.n_pairs == n
        assert sum(row.share(key).count for key in EXCLUSIVE) == n


def test_each_share_is_compared_with_all_other_providers_together():
    shares = measure(draw((60, 50, 40)))
    for key in EXCLUSIVE:
        total = shares.total.share(key)
        assert total.difference is None and total.shrunken is None
        for row in shares.rows:
            share = row.share(key)
            rest, others = total.of - share.of, total.count - share.count
            low, high = confint_proportions_2indep(
                share.count, share.of, others, rest, compare="diff", method="newcomb"
            )
            assert share.difference.value == pytest.approx(share.share - others / rest)
            assert (share.difference.low, share.difference.high) == pytest.approx((low, high))


def test_shares_are_shrunken_towards_the_common_one():
    shares = measure(draw((60, 8, 40, 25, 30)))
    counts = [(row.share("improved").count, row.share("improved").of) for row in shares.rows]
    x, n = np.array(counts, dtype=float).T
    expected = shrink_shares(x, n)
    found = [row.share("improved").shrunken for row in shares.rows]
    np.testing.assert_allclose(found, expected.share)
    assert dict(shares.fits)["improved"] == expected.fit


@given(
    st.integers(1, 300).flatmap(
        lambda n: st.tuples(st.integers(0, n), st.integers(0, n), st.just(n))
    )
)
def test_the_net_share_lies_in_its_interval_and_turns(counts):
    better, worse, n = counts
    if better + worse > n:
        return
    net, turned = measure_net(better, worse, n), measure_net(worse, better, n)
    assert -1 <= net.low <= net.value <= net.high <= 1
    assert (net.value, net.low, net.high) == pytest.approx(
        (-turned.value, -turned.high, -turned.low)
    )


@pytest.mark.parametrize(("n", "shares"), [(15, (0.4, 0.5, 0.1)), (60, (0.5, 0.45, 0.05))])
def test_the_net_interval_covers_the_true_share(n, shares):
    random = np.random.default_rng(3)
    drawn = random.multinomial(n, shares, 3000)
    nets = [measure_net(int(a), int(c), n) for a, _b, c in drawn]
    true = shares[0] - shares[2]
    assert 0.93 <= np.mean([net.low <= true <= net.high for net in nets]) <= 0.985


def test_an_unknown_parameter_makes_shares_unknown_and_not_nought():
    frame = draw((30, 30))
    shares = measure(frame, ChangeParameters(mic=3))
    assert (shares.status, shares.missing) == ("not_assessable", ("sd", "reliability"))
    assert {share.status for share in shares.rows[0].shares} == {"unknown"}
    assert shares.rows[0].n_pairs and shares.rows[0].net is None
    released = release_change_shares(shares, RULE)
    assert {share.status for share in released.total.shares} == {"unknown"}
    assert released.total.n_pairs % 5 == 0


def test_without_cut_off_or_importance_only_these_are_unknown():
    shares = measure(draw((30, 30)), ChangeParameters(sdc=8.6))
    unknown = {share.key for share in shares.total.shares if share.status == "unknown"}
    assert unknown == set(FURTHER)


def test_jt_and_gln_stand_side_by_side():
    frame = draw((80, 70))
    jt, gln = measure(frame), measure(frame, method=ChangeMethod.GLN)
    assert (jt.total.n_pairs, jt.status) == (gln.total.n_pairs, gln.status)
    assert jt.total.share("improved").count != gln.total.share("improved").count


@pytest.mark.parametrize(
    ("frame", "status"),
    [
        (draw(()), "no_pairs"),
        (draw((4,), lost=1.0), "no_pairs"),
        (draw((1,), lost=0.0), "ok"),
        (draw((40,), lost=0.0), "ok"),
        (draw((20, 20), gain=100.0, lost=0.0), "ok"),
        (draw((20, 20), gain=-100.0, lost=0.0), "ok"),
        (draw((20, 0, 3), lost=0.0), "ok"),
    ],
    ids=["empty", "all lost", "one", "one provider", "all improve", "all worsen", "small"],
)
def test_data_with_little_in_them_have_a_status(frame, status):
    shares = measure(frame)
    assert shares.status == status
    released = release_change_shares(shares, RULE)
    assert released.released and len(released.rows) == len(shares.rows)
    for row in (*shares.rows, *released.rows):
        for share in row.shares:
            assert (share.share is None) == (not share.of)


def test_a_missing_column_is_named():
    with pytest.raises(InputRejected):
        measure(pd.DataFrame({"provider": ["A"]}))


@pytest.fixture
def released():
    return release_change_shares(measure(draw((60, 44, 80, 26, 41, 35, 7, 3, 50, 12))), RULE)


def test_what_is_released_is_rounded_and_nothing_small_is_shown(released):
    assert release_change_shares(released, RULE) is released
    for row in (*released.rows, released.total):
        for share in row.shares:
            if share.count is None:
                assert (share.of, share.share, share.low, share.difference, share.shrunken) == (
                    (None,) * 5
                )
                assert share.status in ("few", "nearly_all", "withheld")
            else:
                assert share.count % 5 == share.of % 5 == 0
                assert share.count >= 5 and share.of >= 10
                whole = measure_share(share.count, share.of)
                assert (share.share, share.low, share.high) == (whole.share, whole.low, whole.high)


def test_only_published_counts_enter_what_is_published():
    """Two tables of exact counts that are published alike give the same result, to the last digit."""
    sizes = (40, 40, 40, 40, 40, 40)

    def make(improved):
        rows = []
        for k, (size, better) in enumerate(zip(sizes, improved, strict=True)):
            change = np.r_[np.full(better, -20.0), np.zeros(size - better - 8), np.full(8, 20.0)]
            rows.append(pd.DataFrame({"provider": f"P{k}", "baseline": 30.0, "end": 30 + change}))
        return release_change_shares(measure(pd.concat(rows), ChangeParameters(sdc=8.6)), RULE)

    assert make((15, 16, 20, 21, 15, 16)) == make((16, 15, 21, 20, 16, 15))


def test_a_share_far_off_is_judged_and_keeps_its_verdict_when_released():
    frame = pd.concat(
        [draw((60,) * 20, lost=0.0), draw((60,), gain=15.0, lost=0.0).assign(provider="best")]
    )
    shares = measure(frame)
    released = release_change_shares(shares, RULE)
    for result in (shares, released):
        verdicts = {row.provider: row.share("improved").verdict for row in result.rows}
        assert [name for name, verdict in verdicts.items() if verdict is Verdict.ABOVE] == ["best"]
        assert result.total.share("improved").verdict is None
        assert result.rows[0].share("unchanged").verdict is None
    assert "21" not in str(shares.warnings)


def test_providers_of_under_ten_pairs_show_no_share(released):
    small = [row for row in released.rows if row.provider in ("P06", "P07")]
    assert all(share.status == "withheld" for row in small for share in row.shares)
    assert small[1].n_pairs is None


def test_of_two_nested_counts_that_are_both_the_smallest_one_is_withheld():
    ends = np.r_[np.full(6, 10.0), np.full(24, 20.0), np.full(6, 30.0)]
    frame = pd.concat(
        pd.DataFrame({"provider": f"P{k}", "baseline": 20.0, "end": ends}) for k in range(8)
    )
    row = release_change_shares(measure(frame), RULE).rows[0]
    assert (row.share("improved").count, row.share("deteriorated").count) == (5, 5)
    assert [row.share(key).status for key in ("recovered", "important")] == ["withheld"] * 2
