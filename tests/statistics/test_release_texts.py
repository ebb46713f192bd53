"""From when on words of clients may be read: whole blocks of quarters, which never change once they are complete."""

from itertools import product

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_texts import block_of, find_blocks

RULE = DisclosureRule()


def test_quarters_wait_until_ten_gave_feedback_and_five_wrote():
    few = [(20261, True)] * 4 + [(20261, False)] * 6
    assert find_blocks(few, RULE) == ()
    assert find_blocks([*few, (20262, True)], RULE) == (20262,)
    assert find_blocks([(20261, True)] * 9, RULE) == ()
    assert find_blocks([], RULE) == ()


def test_the_one_who_wrote_after_a_block_waits_for_the_next():
    full = [(20261, True)] * 10
    ends = find_blocks([*full, (20262, True)], RULE)
    assert ends == (20261,)
    assert block_of(20261, ends) == 20261 and block_of(20254, ends) == 20261
    assert block_of(20262, ends) is None


def test_a_complete_block_stays_whatever_comes_later_and_is_never_small():
    for counts in product((0, 3, 6, 12), repeat=4):
        sheets, before = [], ()
        for place, count in enumerate(counts):
            quarter = 20261 + place
            sheets += [(quarter, n % 2 == 0) for n in range(count)]
            ends = find_blocks(sheets, RULE)
            assert ends[: len(before)] == before
            before = ends
        parts = [[s for s in sheets if block_of(s[0], before) == end] for end in before]
        assert all(len(part) >= 10 and sum(wrote for _q, wrote in part) >= 5 for part in parts)
