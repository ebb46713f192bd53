"""Effect sizes as table, file, picture and sentences: turned, named apart, and saying why where there is nothing."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from evalplat.reports.effect_picture import build_effects, draw_effects
from evalplat.reports.effect_tables import (
    conclude_effects,
    effects_csv,
    effects_table,
    explain_effects,
    turn_figure,
    write_p,
)
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import summarise_effects
from evalplat.statistics.publishing.release_effects import leave_out_unpublishable, release_effects
from evalplat.vocabulary import Direction

RULE = DisclosureRule()
NAMES = ("=Ahti", "Ilma", "Otso", "Sampsa", "Tapio")


def publish(sizes=(40, 60, 80), direction=Direction.LOWER_BETTER):
    random = np.random.default_rng(5)
    group = np.repeat(np.arange(len(sizes)), sizes)
    baseline = random.integers(10, 40, len(group)).astype(float)
    frame = pd.DataFrame(
        {
            "provider": [NAMES[k] for k in group],
            "episode": np.arange(len(group)),
            "instrument": "i",
            "scale": "s",
            "baseline": baseline,
            "end": np.round(baseline - 4 + random.normal(0, 6, len(group))),
        }
    )
    comparison = compare(
        frame, instrument="i", scale="s", direction=direction, adjust=("baseline",), disclosure=RULE
    )
    exact = summarise_effects(leave_out_unpublishable(frame, RULE), {}, rank_intervals=True)
    return release_effects(exact, comparison, RULE)


def test_a_lower_score_that_is_better_is_shown_as_an_improvement():
    found = publish()
    row = found.rows[0]
    assert row.d_av < 0 < turn_figure(row, "d_av", -1)[0]
    _value, low, high = turn_figure(row, "d_av", -1)
    assert (low, high) == (-row.d_av_high, -row.d_av_low)
    table = effects_table(found, "en")
    assert all(cell.startswith("+") for cell in table.rows[0][2:8])
    higher = effects_table(publish(direction=Direction.HIGHER_BETTER), "en")
    assert all(cell.startswith("−") for cell in higher.rows[0][2:8])


def test_effect_sizes_and_srm_are_named_apart_and_nothing_is_called_the_effect_of_a_provider():
    found = publish()
    table = effects_table(found, "en")
    assert {"Effect size d_av", "Corrected: g_av", "SRM (d_z)"} <= set(table.headers)
    texts = [
        *(*table.headers, *table.notes, *conclude_effects(found, "en")),
        *(part for pair in explain_effects("en") for part in pair),
    ]
    said = " ".join(texts).lower()
    assert "effect of the provider" not in said and "effect of the service" not in said
    assert "no comparison with people who got no service" in said


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_file_and_page_show_the_same_cells(language):
    found = publish((7, 40, 60))
    table = effects_table(found, language)
    rows = list(csv.reader(io.StringIO(effects_csv(found, language)), delimiter=";"))
    assert rows[0] == list(table.headers)
    assert rows[1][0] == "'=Ahti" and rows[1][2:] == ["–"] * 7
    assert rows[2][2:] == [cell.replace("\n", " ") for cell in table.rows[1][2:]]
    assert rows[-1][1:] == [cell.replace("\n", " ") for cell in table.total[1:]]


def test_programs_read_names_status_and_direction():
    found = publish((7, 40, 60))
    rows = list(csv.DictReader(io.StringIO(effects_csv(found))))
    assert [row["provider"] for row in rows] == ["'=Ahti", "Ilma", "Otso", "*"]
    assert [row["status"] for row in rows] == ["withheld", "ok", "ok", "ok"]
    assert float(rows[1]["d_regional"]) == found.rows[1].d_regional
    assert rows[0]["d_av"] == "" and {row["direction"] for row in rows} == {"lower_better"}
    assert "n_improved" not in rows[0]


@pytest.mark.parametrize("narrow", [False, True])
def test_the_picture_has_the_providers_in_order_and_all_together_last(narrow):
    found = publish((7, 40, 60))
    words = build_effects(found, "en", narrow=narrow).description
    assert [w.partition(":")[0] for w in words if "…" in w] == ["Ilma", "Otso", "All together"]
    assert any("too few clients: 1" in sentence for sentence in words)
    assert draw_effects(found, "fi", narrow=narrow).startswith(b"<")


def test_where_there_is_nothing_it_is_said():
    nothing = publish((5, 4))
    assert conclude_effects(nothing, "en") == [
        "There are too few clients with both measurements to estimate anything."
    ]
    assert "too few clients" in " ".join(build_effects(nothing, "en").description)
    alone = publish((40,))
    assert any("no common yardstick" in note for note in effects_table(alone, "en").notes)
    assert len(conclude_effects(alone, "en")) == 1


def test_a_p_value_is_never_nought():
    assert write_p(1e-9, "en") == "< 0.001"
    assert write_p(0.0123, "fi") == "0,012"
    assert write_p(None, "fi") == "–"
