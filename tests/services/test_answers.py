"""Answer sheets: stored once, scored, never changed."""

from builders import make_episode, make_sheet


def test_a_sheet_is_stored_with_its_scores(wiring):
    made = make_episode(wiring)
    receipt = make_sheet(wiring, made)
    assert receipt.revision == 1
    assert {score.scale for score in receipt.scores} == {"total", "total_simple", "sum_simple"}
