"""Feedback of many: the NPS and its interval against counts and drawn answers, and what may be published of it."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from evalplat.instruments.catalogue import load_catalogue
from evalplat.scoring.groups import net_promoter_score
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_feedback import release_feedback, release_row
from evalplat.statistics.shares.feedback import (
    FeedbackFigure,
    FeedbackRow,
    bound_nps,
    measure_feedback,
)

SCALES = load_catalogue().get("client-feedback").scales[:2]
KEYS = [scale.key for scale in SCALES]
RULE = DisclosureRule()


def frame_of(**providers):
    """One row per sheet; a provider is a list of (recommendation, access)."""
    rows = [
        {"provider": name, "wrote": place % 2 == 0, "recommendation": one, "access": other}
        for name, sheets in providers.items()
        for place, (one, other) in enumerate(sheets)
    ]
    columns = ["provider", "wrote", *KEYS]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(KEYS, float) | {"wrote": bool})


def bound_by_counts(promoters, detractors, n):
    """The adjusted Wald interval as it is printed, from counts."""
    p, d = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    se = ((p + d - (p - d) ** 2) / (n + 3)) ** 0.5
    return 100 * max(p - d - 1.959964 * se, -1), 100 * min(p - d + 1.959964 * se, 1)


def test_the_nps_is_that_of_the_scoring_room():
    answers = [10, 10, 9, 7, 3, 0, 6, 8]
    found = measure_feedback(frame_of(a=[(one, 3) for one in answers]), SCALES).total.figures[0]
    assert found.value == pytest.approx(net_promoter_score(answers))


@pytest.mark.parametrize(("promoters", "detractors"), [(0, 0), (10, 0), (0, 10), (4, 3), (7, 1)])
def test_the_interval_is_the_adjusted_wald_one_of_the_counts(promoters, detractors):
    n = 10
    answers = [10] * promoters + [0] * detractors + [7] * (n - promoters - detractors)
    found = measure_feedback(frame_of(a=[(one, 3) for one in answers]), SCALES).total.figures[0]
    expected = bound_by_counts(promoters, detractors, n)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-5)
    assert found.low < found.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng, truth = np.random.default_rng(20261124), (0.5, 0.3, 0.2)
    nps, covered, times = 100 * (truth[0] - truth[2]), 0, 2000
    for counts in rng.multinomial(20, truth, size=times):
        value = 100 * (counts[0] - counts[2]) / 20
        spread = ((counts[0] + counts[2]) / 20 - (value / 100) ** 2) ** 0.5
        low, high = bound_nps(value, 100 * spread, 20)
        covered += low <= nps <= high
    assert 0.93 <= covered / times <= 0.97


def test_who_left_a_question_empty_is_in_no_figure_of_it():
    found = measure_feedback(frame_of(a=[(9, 5), (9, None), (None, 1)]), SCALES).rows[0]
    assert found.sheets == 3
    assert [(figure.n, figure.value) for figure in found.figures] == [(2, 100.0), (2, 3.0)]


def test_no_feedback_at_all_has_no_figures():
    found = release_feedback(frame_of(), SCALES, RULE)
    assert found.rows == () and found.total.sheets is None


def test_a_scale_that_few_have_answered_is_withheld_and_their_number_not_told():
    sheets = [(9, 4)] * 9 + [(None, 4)] * 11
    row = release_feedback(frame_of(a=sheets), SCALES, RULE).rows[0]
    assert row.sheets == 20
    assert [figure.value for figure in row.figures] == [None, 4.0]
    assert all(figure.n is None and figure.sd is None for figure in row.figures)


def test_texts_are_counted_where_neither_side_is_small():
    few = frame_of(a=[(9, 4)] * 20)
    few["wrote"] = [place < 4 for place in range(20)]
    nearly_all = few.assign(wrote=[place < 17 for place in range(20)])
    half = few.assign(wrote=[place < 10 for place in range(20)])
    texts = [release_feedback(f, SCALES, RULE).rows[0].texts for f in (few, nearly_all, half)]
    assert texts == [None, None, 10]


def test_no_small_count_behind_a_published_nps_can_be_told():
    """A reader tries every number of promoters, detractors and others that could have given what is published."""
    behind = {}
    for n in range(10, 23):
        for promoters, detractors in product(range(n + 1), repeat=2):
            if promoters + detractors > n:
                continue
            value = 100 * (promoters - detractors) / n
            sd = 100 * max((promoters + detractors) / n - (value / 100) ** 2, 0) ** 0.5
            exact = FeedbackFigure("recommendation", n, value, sd, is_nps=True)
            row = release_row(FeedbackRow("a", n, 0, (exact,)), RULE)
            shown = row.figures[0]
            counts = (promoters, detractors, n - promoters - detractors)
            behind.setdefault((row.sheets, shown.value, shown.low, shown.high), set()).add(counts)
    for possible in behind.values():
        for place in range(3):
            counts = {one[place] for one in possible}
            assert len(counts) > 1 or min(counts) >= RULE.hide_below


def test_a_figure_never_says_what_everybody_answered():
    for answer in ((10, 5), (0, 1)):
        for n in (10, 15, 40):
            row = release_feedback(frame_of(a=[answer] * n), SCALES, RULE).rows[0]
            nps, mean = (figure.value for figure in row.figures)
            assert -100 < nps < 100 and 1 < mean < 5


def test_one_provider_cannot_be_told_from_the_total():
    rest = {"b": [(9, 4)] * 20, "c": [(7, 3)] * 25}
    one_small = release_feedback(frame_of(a=[(0, 1)] * 4, **rest), SCALES, RULE)
    assert not one_small.whole
    assert one_small.total == release_feedback(frame_of(**rest), SCALES, RULE).total
    two_small = frame_of(a=[(0, 1)] * 6, d=[(9, 5)] * 7, **rest)
    together = release_feedback(two_small, SCALES, RULE)
    assert together.whole and together.total.sheets == 60
