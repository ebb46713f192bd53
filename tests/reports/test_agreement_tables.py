"""Agreement and reliability in words: what is said, what is left out, and how numbers are written."""

import csv

import numpy as np
import pytest

from evalplat.reports.agreement_tables import (
    agreement_table,
    item_table,
    reliability_table,
    without_empty_columns,
)
from evalplat.reports.agreement_words import agreement_sentences, retest_sentence
from evalplat.reports.tables import table_csv
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_agreement import release_reliability, release_row
from evalplat.statistics.raters.agreement import AgreementRow, compare_ratings, compare_standardised
from evalplat.statistics.raters.reliability import (
    ReliabilityRow,
    measure_reliability,
    measure_retest,
)

RATERS = {"client": "Client", "worker": "Worker"}
TITLES = {("other", "area"): "Other: Area", ("small", "total"): "Total"}


def row(
    n: int, *, shift: float = 0.0, standardised: bool = False, noise: float = 3
) -> AgreementRow:
    random = np.random.default_rng(3)
    truth = random.normal(50, 10, n)
    first, second = np.rint(truth + random.normal(0, noise, (2, n)))
    compare = compare_standardised if standardised else compare_ratings
    other = ("other", "area", "worker") if standardised else ("small", "total", "worker")
    exact = AgreementRow(
        ("small", "total", "client"), other, "end", compare(first, second + shift), standardised
    )
    return release_row(exact, DisclosureRule())


def scale(n: int, columns: int = 5, variant: str = "") -> ReliabilityRow:
    random = np.random.default_rng(4)
    values = np.clip(
        np.rint(2 + random.normal(0, 1, (n, 1)) + random.normal(0, 1, (n, columns))), 0, 4
    )
    found = measure_reliability(
        values, list("ABCDEFGH"[:columns]), values.sum(axis=1), minimum=0, maximum=4 * columns
    )
    return release_reliability(
        ReliabilityRow("small", "total", variant, found, published_sdc=3.0), DisclosureRule()
    )


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (4.0, "the worker gives 4.0 points more than the client."),
        (-4.0, "points less than the client."),
    ],
)
def test_who_gives_more_is_said_in_points_of_the_scale(shift, words):
    (sentence,) = agreement_sentences([row(400, shift=shift)], TITLES, RATERS, "en")
    assert sentence.startswith("The client and the worker: the two agree")
    assert words in sentence
    assert "For a single client the two may differ by" in sentence


def test_how_well_two_agree_is_not_judged_under_thirty_clients():
    (sentence,) = agreement_sentences([row(20)], TITLES, RATERS, "en")
    assert "too few clients to judge how well the two agree" in sentence
    notes = agreement_table([row(20)], TITLES, RATERS, "en").notes
    assert any("no interval is given" in note for note in notes)


def test_two_scales_of_one_area_are_said_to_go_together_and_never_to_differ():
    (sentence,) = agreement_sentences([row(400, standardised=True)], TITLES, RATERS, "en")
    assert sentence.startswith("Other: Area: the two go together well (correlation 0.9")
    table = agreement_table([row(400, standardised=True)], TITLES, RATERS, "en")
    assert table.rows[0][5] == "–"
    assert any("zero by construction" in note for note in table.notes)
    assert "Mean difference" not in without_empty_columns(table).headers


def test_counterparts_with_too_few_clients_share_one_sentence_and_no_row():
    rows = [row(400), row(3), row(7, standardised=True)]
    sentences = agreement_sentences(rows, TITLES, RATERS, "en")
    assert sentences[1:] == [
        "Too few clients were rated by both to say how well the two agree: the worker, Other: Area."
    ]
    assert [cells[0] for cells in agreement_table(rows, TITLES, RATERS, "en").rows] == [
        "Worker",
        "Other: Area",
    ]


def test_equal_scores_of_everybody_are_explained():
    same = compare_ratings(np.full(40, 3.0), np.full(40, 3.0))
    told = AgreementRow(("small", "total", "client"), ("small", "total", "worker"), "end", same)
    released = release_row(told, DisclosureRule())
    (sentence,) = agreement_sentences([released], TITLES, RATERS, "en")
    assert (
        sentence
        == "The worker: the scores of all clients are the same, so that agreement cannot be told."
    )


def test_a_scale_scored_in_two_ways_is_named_by_its_number_of_questions():
    table = reliability_table(
        [scale(200, 5, "five"), scale(200, 4, "four"), scale(200)], TITLES, "en"
    )
    assert [cells[0] for cells in table.rows] == [
        "Total (5 questions)",
        "Total (4 questions)",
        "Total",
    ]
    assert table.rows[0][10] == "3.0"


def test_one_question_has_no_alpha_and_says_so():
    table = without_empty_columns(reliability_table([scale(200, 1)], TITLES, "en"))
    assert "Alpha" not in table.headers
    assert table.rows[0][-1] == "one question: no alpha"
    assert table.notes == (
        "A scale of one question has no alpha: only test and retest could tell its reliability.",
    )


def test_few_sheets_show_no_figure():
    assert reliability_table([scale(7)], TITLES, "en").rows[0][3:10] == ("–",) * 7
    assert reliability_table([scale(3)], TITLES, "en").rows[0][-1] == "not shown: few sheets"


def test_questions_carry_their_label_and_the_reader_s_decimal_mark():
    table = item_table(scale(200), TITLES, {"A": "First question"}, "fi")
    assert table.rows[0][0] == "A First question"
    assert "," in table.rows[0][3]
    assert len(table.rows) == 5


def test_test_and_retest_is_a_sentence_or_a_reason():
    random = np.random.default_rng(5)
    truth = random.normal(50, 10, 60)
    found = measure_retest(truth + random.normal(0, 2, 60), truth + random.normal(0, 2, 60))
    assert "60 clients were measured twice within 28 days" in retest_sentence(
        found, "en", days=(1, 28)
    )
    nobody = measure_retest(np.array([]), np.array([]))
    assert "1 to 28 days" in retest_sentence(nobody, "en", days=(1, 28))
    flat = measure_retest(np.full(40, 2.0), np.full(40, 2.0))
    assert "same score at both" in retest_sentence(flat, "en", days=(1, 28))


def test_a_file_for_a_spreadsheet_has_every_column_and_no_formula():
    titles = {("small", "total"): "=1+1"}
    text = table_csv(reliability_table([scale(200)], titles, "fi"))
    header, line = csv.reader(text.splitlines(), delimiter=";")
    assert len(header) == len(line) == 12
    assert line[0] == "'=1+1"
