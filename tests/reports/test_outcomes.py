"""Coverage, shares of change and goals in words, in a picture and as files; what is withheld stays so."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from evalplat.reports.change_bars import _entries, _list_bars, build_change_bars, draw_change_bars
from evalplat.reports.outcome_records import change_records, flow_records, goal_records
from evalplat.reports.outcome_tables import (
    change_table,
    flow_table,
    goal_table,
    sensitivity_table,
)
from evalplat.reports.tables import Table, table_csv
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_goals import release_goals
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.publishing.release_shares import release_change_shares
from evalplat.statistics.shares.change_methods import ChangeMethod, ChangeParameters
from evalplat.statistics.shares.change_shares import ChangeShares, measure_change_shares
from evalplat.statistics.shares.flow import Flow, measure_flow
from evalplat.statistics.shares.goal_attainment import GoalAttainment, measure_goals
from evalplat.vocabulary import Direction

SVG = "{http://www.w3.org/2000/svg}"
RULE = DisclosureRule()
KNOWN = ChangeParameters(sd=9, reliability=0.88, mean=22, mic=4.7, cut_off=15)
LANGUAGES = ("fi", "sv", "en")


@pytest.fixture(scope="module")
def episodes() -> pd.DataFrame:
    random = np.random.default_rng(3)
    names = ["=Alma", "Betula & <Co>", "$x$", "D", "E", "F", "G", "Few"]
    provider = np.repeat(names, (60, 44, 80, 36, 41, 35, 50, 3))
    first = random.normal(22, 9, len(provider)).round()
    last = (first - random.normal(6, 8, len(provider))).round()
    last[random.random(len(provider)) < 0.2] = np.nan
    return pd.DataFrame({"provider": provider, "baseline": first, "end": last})


@pytest.fixture(scope="module")
def flow(episodes: pd.DataFrame) -> Flow:
    return release_flow(measure_flow(episodes), RULE)


@pytest.fixture(scope="module")
def shares(episodes: pd.DataFrame) -> list[ChangeShares]:
    return [
        release_change_shares(
            measure_change_shares(
                episodes, direction=Direction.LOWER_BETTER, parameters=KNOWN, method=method
            ),
            RULE,
        )
        for method in (ChangeMethod.JT, ChangeMethod.GLN)
    ]


@pytest.fixture(scope="module")
def goals() -> GoalAttainment:
    random = np.random.default_rng(4)
    provider = np.repeat(["A", "B", "Few"], (90, 75, 6))
    frame = pd.DataFrame(
        {
            "provider": provider,
            "episode": np.arange(len(provider)) // 3,
            "level": np.clip(np.rint(random.normal(0, 1, len(provider))), -2, 2),
            "weight": 1.0,
        }
    )
    return release_goals(measure_goals(frame), RULE)


@pytest.fixture(scope="module")
def tables(flow: Flow, shares: list[ChangeShares], goals: GoalAttainment) -> dict[str, list[Table]]:
    return {
        language: [
            flow_table(flow, language),
            change_table(shares[0], language),
            sensitivity_table(shares, language),
            goal_table(goals, language),
        ]
        for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_has_a_cell_for_every_header(
    tables: dict[str, list[Table]], language: str
) -> None:
    for table in tables[language]:
        width = len(table.headers)
        assert {len(row) for row in (*table.rows, table.total)} == {width}
        assert len(table.numeric) == width
        assert all(cell for row in table.rows for cell in row[:2])


def test_withheld_counts_are_words_and_never_nought(tables: dict[str, list[Table]]) -> None:
    flow, change, _, goals = tables["en"]
    for table in (flow, change, goals):
        few = next(row for row in table.rows if row[0] == "Few")
        assert few[1] == "not shown"
        assert "0%" not in " ".join(few)
    assert any("under 5" in cell for row in change.rows for cell in row)


def test_the_denominator_stands_in_the_header(tables: dict[str, list[Table]]) -> None:
    assert all("of those who started" in header for header in tables["en"][0].headers[2:])


def test_names_run_as_no_formula(tables: dict[str, list[Table]]) -> None:
    text = table_csv(tables["fi"][1])
    assert "'=Alma" in text
    assert text.count("\r\n") == len(tables["fi"][1].rows) + 2


def test_not_assessable_is_said_in_words(episodes: pd.DataFrame) -> None:
    unknown = measure_change_shares(
        episodes, direction=Direction.LOWER_BETTER, parameters=ChangeParameters(sd=9)
    )
    (note,) = change_table(unknown, "en").notes
    assert "not known of the scale: reliability" in note


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("narrow", [False, True])
def test_the_bars_say_what_they_show(
    shares: list[ChangeShares], language: str, narrow: bool
) -> None:
    svg = draw_change_bars(shares[0], language, narrow=narrow)
    assert svg == draw_change_bars(shares[0], language, narrow=narrow)
    root = ElementTree.fromstring(svg)
    words = root.findtext(f"{SVG}desc") or ""
    assert "=Alma: " in words and "%" in words
    assert "Few" not in words
    assert " style=" not in svg.decode()


@pytest.mark.parametrize("narrow", [False, True])
def test_the_legend_explains_the_colours_that_occur_and_cuts_no_word(
    shares: list[ChangeShares], narrow: bool
) -> None:
    picture = build_change_bars(shares[0], "fi", narrow=narrow)
    written = [text.get_text() for text in picture.figure.texts]
    bars = _list_bars(shares[0], "fi")
    drawn = {color for bar in bars for _share, color in bar.parts}
    assert len([one for one in _entries(bars, "fi") if one.words in written]) == len(drawn)
    assert not any("…" in text for text in written)


def test_without_enough_clients_the_picture_says_so(episodes: pd.DataFrame) -> None:
    few = episodes[episodes["provider"] == "Few"]
    shares = release_change_shares(
        measure_change_shares(few, direction=Direction.LOWER_BETTER, parameters=KNOWN), RULE
    )
    root = ElementTree.fromstring(draw_change_bars(shares, "en"))
    assert "Too few clients" in (root.findtext(f"{SVG}desc") or "")


def test_records_hold_one_row_a_provider_and_one_for_all(
    flow: Flow, shares: list[ChangeShares], goals: GoalAttainment
) -> None:
    assert [len(flow_records(flow)), len(change_records(shares)), len(goal_records(goals))] == [
        9, 18, 4,
    ]  # fmt: skip
    for record in (*flow_records(flow), *change_records(shares), *goal_records(goals)):
        assert all(
            value is None or isinstance(value, str | int | float) for value in record.values()
        )
