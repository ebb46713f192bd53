"""One table for pages, papers and files."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from evalplat.reports.tables import (
    COLUMNS,
    IMPROVEMENT_COLUMNS,
    MODEL_COLUMNS,
    VERDICT_COLUMNS,
    comparison_csv,
    comparison_json,
    comparison_table,
)
from evalplat.statistics.results import ProviderComparison
from evalplat.vocabulary import Direction

Make = Callable[..., ProviderComparison]


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_holds_one_row_per_provider_and_all_together(
    comparison: ProviderComparison,
) -> None:
    table = comparison_table(comparison, "en")
    assert len(table.rows) == 24
    assert {len(row) for row in (*table.rows, table.total, table.headers, table.numeric)} == {8}
    row = next(row for row in table.rows if row[0] == "Laitilan Lähde")
    assert row[1:3] == ("270", "150")
    assert row[4] == "+0.1"
    assert row[5] == "−1.8 … +2.0"
    assert row[-1] == "below expected variation"
    assert table.total[1:5] == ("3,115", "1,665", "+6.4", "+6.4")


def test_the_table_speaks_the_readers_number_format(comparison: ProviderComparison) -> None:
    row = next(r for r in comparison_table(comparison, "fi").rows if r[0] == "Laitilan Lähde")
    assert row[4:6] == ("+0,1", "−1,8 … +2,0")


def test_withheld_cells_are_empty_and_say_why(comparison: ProviderComparison) -> None:
    row = next(r for r in comparison_table(comparison, "en").rows if r[0] == "Aurajoen Tuki Oy")
    assert set(row[1:-1]) == {"–"}
    assert row[-1] == "not shown: few clients"
    record = next(
        r for r in read(comparison_csv(comparison)) if r["provider"] == "Aurajoen Tuki Oy"
    )
    assert record["reason"] == "withheld"
    assert {
        value for key, value in record.items() if key not in ("provider", "reason", "verdict")
    } == {""}


def test_without_adjustment_the_table_has_one_improvement_column(
    comparison: ProviderComparison,
) -> None:
    table = comparison_table(replace(comparison, adjusted_for=()), "en")
    assert len(table.headers) == 7
    assert "Adjusted" not in table.headers


def test_short_scales_get_more_decimals(make_comparison: Make) -> None:
    table = comparison_table(make_comparison(sigma=0.9, tau2=0.01), "en")
    assert table.total[3] == "+6.40"


def test_the_csv_has_the_promised_columns_and_unrounded_figures(
    comparison: ProviderComparison,
) -> None:
    text = comparison_csv(comparison)
    promised = [*COLUMNS, *IMPROVEMENT_COLUMNS, *MODEL_COLUMNS, *VERDICT_COLUMNS]
    assert text.splitlines()[0].split(",") == promised
    by_name = {row["provider"]: row for row in read(text)}
    for row, turned in zip(comparison.rows, comparison.improvements, strict=True):
        record = by_name[row.provider]
        if row.withheld:
            continue
        for name in COLUMNS[1:-1]:
            assert float(record[name]) == getattr(row, name)
        assert record["verdict"] == row.verdict.value
        assert float(record["improvement"]) == turned.improvement
        assert float(record["shrunken_low"]) == turned.shrunken_low


@pytest.mark.parametrize("direction", list(Direction))
def test_improvement_is_turned_so_that_more_is_better(
    make_comparison: Make, direction: Direction
) -> None:
    for record in read(comparison_csv(make_comparison(direction=direction))):
        if record["improvement"]:
            assert float(record["improvement"]) == direction.sign * float(record["adjusted_gain"])


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+358",
        "-2",
        "@sum",
        "  =A1",
        "\t=A1",
        "\r=A1",
        "\n=A1",
        "＝A1",
        '=HYPERLINK("x")',
        "=;a",
    ],
)
@pytest.mark.parametrize("language", [None, "fi"])
def test_no_name_becomes_a_formula(make_comparison: Make, name: str, language: str | None) -> None:
    text = comparison_csv(make_comparison(names=(name,), sizes=(40,)), language)
    rows = list(
        csv.reader(io.StringIO(text, newline=""), delimiter="," if language is None else ";")
    )
    assert rows[1][0].startswith("'")
    assert name.strip().strip("'") in rows[1][0]


def test_a_plain_negative_figure_stays_a_number(make_comparison: Make) -> None:
    records = read(comparison_csv(make_comparison()))
    assert any(record["gain"].startswith("-") for record in records)


def test_the_csv_in_a_language_is_what_people_see(comparison: ProviderComparison) -> None:
    rows = list(csv.reader(io.StringIO(comparison_csv(comparison, "fi")), delimiter=";"))
    table = comparison_table(comparison, "fi")
    assert [tuple(row) for row in rows] == [table.headers, *table.rows, table.total]


def test_the_json_holds_the_model_and_every_provider(comparison: ProviderComparison) -> None:
    content = json.loads(comparison_json(comparison))
    assert content["target"] == comparison.target
    assert content["coefficients"]["baseline"] == 0.6421
    assert content["exclusions"][0] == {"reason": "No end measurement", "count": 1310}
    assert content["provenance"]["digest"] == "3f2a" * 16
    assert [row["provider"] for row in content["providers"]] == [
        row.provider for row in comparison.rows
    ]
    names = [*COLUMNS, *IMPROVEMENT_COLUMNS, *MODEL_COLUMNS]
    assert list(content["providers"][0]) == [*names, *VERDICT_COLUMNS]
    assert content["models"] is None
    assert [content[f"verdict_{name}"] for name in ("tau2", "q95", "q998")] == [2.5, 1.96, 3.09]


def test_what_is_not_a_number_is_null_in_json_and_empty_in_csv(make_comparison: Make) -> None:
    one = make_comparison(names=("A",), sizes=(40,))
    odd = replace(one, sigma=float("nan"), rows=(replace(one.rows[0], z=float("inf"), se=None),))
    content = json.loads(comparison_json(odd))
    assert content["sigma"] is None
    assert content["providers"][0]["z"] is None
    assert read(comparison_csv(odd))[0]["z"] == ""


def test_tables_of_nothing_are_empty_and_say_why(empty: ProviderComparison) -> None:
    table = comparison_table(empty, "en")
    assert table.rows == ()
    assert "nothing can be compared" in table.notes[0]
    assert comparison_csv(empty).count("\n") == 1
    assert json.loads(comparison_json(empty))["providers"] == []
