"""Coverage over time: what a narrower period hides is hidden, and no small count is left to subtract."""

from itertools import product

import numpy as np
import pandas as pd

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.publishing.release_times import release_times
from evalplat.statistics.shares.flow import measure_flow

RULE = DisclosureRule()


def make_frame(counts: list[list[int]], seed: int = 1) -> tuple[pd.DataFrame, list[str]]:
    """Episodes of providers (rows) by times (columns); about half of them measured at the end."""
    draw = np.random.default_rng(seed)
    rows, times = [], []
    for provider, line in enumerate(counts):
        for time, count in enumerate(line):
            for _one in range(count):
                end = 1.0 if draw.random() < 0.5 else np.nan
                rows.append((f"P{provider}", 1.0, end, "completed"))
                times.append(f"2026-{time + 1:02}")
    columns = ["provider", "baseline", "end", "closing_reason"]
    return pd.DataFrame(rows, columns=columns), times


def test_many_large_counts_are_shown_rounded_with_their_totals() -> None:
    frame, times = make_frame([[20, 22, 30]] * 6)
    found = release_times(frame, times, RULE)
    assert found.started[0] == (20, 20, 30)
    assert [row.started for row in found.flow.rows] == [120, 130, 180]
    assert found.flow.total.started == 430


def test_no_time_shows_more_than_a_table_of_that_time_alone() -> None:
    for seed in range(40):
        draw = np.random.default_rng(seed)
        counts = draw.choice([0, 2, 4, 7, 12, 30], size=(6, 4)).tolist()
        frame, times = make_frame(counts, seed)
        found = release_times(frame, times, RULE)
        for row in found.flow.rows:
            part = frame[np.asarray(times) == row.provider]
            alone = release_flow(measure_flow(part), RULE).total
            assert row.started in (None, alone.started)
            for mine, other in zip(row.stages, alone.stages, strict=True):
                assert mine.count in (None, other.count)


def test_no_cell_of_one_to_four_is_shown_and_none_follows_from_the_totals() -> None:
    hidden = 0
    for first, second, third in product((2, 4, 6, 22), repeat=3):
        counts = [[first, 22], [22, second], [third, 30]]
        frame, times = make_frame(counts)
        found = release_times(frame, times, RULE)
        for line, exact in zip(found.started, counts, strict=True):
            shown = [cell for cell in line if cell is not None]
            assert all(cell >= 5 for cell in shown)
            small = [count for count in exact if count < 5]
            hidden += len(small)
            # Of a provider whose own total stands in another table nothing is shown beside one small count.
            assert not small or not shown or len(shown) + len(small) < len(exact)
    assert hidden > 0


def test_nobody_gives_no_times() -> None:
    frame, times = make_frame([[0]])
    found = release_times(frame, times, RULE)
    assert found.times == () and found.flow.rows == () and found.flow.total.started is None


def test_what_is_left_out_is_chosen_by_what_is_published_and_so_tells_nothing() -> None:
    """Counts that no page of a narrower period tells apart give the same timeline to the last cell."""
    same = 0
    for seed in range(60):
        draw = np.random.default_rng(seed)
        counts = draw.choice([0, 2, 6, 22], size=(3, 2)).tolist()
        small = [(p, t) for p in range(3) for t in range(2) if counts[p][t] == 2]
        if not small:
            continue
        other = [list(line) for line in counts]
        provider, time = small[0]
        other[provider][time] = 3
        (frame, times), (changed, moved) = make_frame(counts), make_frame(other)
        for one in (frame, changed):
            one["end"] = np.nan
        if list_pages(frame, times) == list_pages(changed, moved):
            same += 1
            assert release_times(frame, times, RULE) == release_times(changed, moved, RULE)
    assert same > 5


def list_pages(frame: pd.DataFrame, times: list[str]) -> list[object]:
    """What the pages of the whole period and of each time alone show."""
    of = np.asarray(times)
    parts = [frame, *(frame[of == name] for name in sorted(set(times)))]
    return [release_flow(measure_flow(part), RULE) for part in parts]


def test_one_hidden_time_hides_them_all_and_two_do_not() -> None:
    frame, times = make_frame([[30, 30, 2]] + [[30, 30, 0]] * 5)
    found = release_times(frame, times, RULE)
    assert found.flow.total.started == 360
    assert [row.started for row in found.flow.rows] == [None] * 3
    frame, times = make_frame([[30, 30, 2, 3]] + [[30, 30, 0, 0]] * 5)
    assert [row.started for row in release_times(frame, times, RULE).flow.rows][:2] == [180, 180]
