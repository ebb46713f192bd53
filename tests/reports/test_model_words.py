"""The model card in words: three models side by side, and what their checks say."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from evalplat.reports.county_pdf import write_county_report
from evalplat.reports.model_card import (
    covariate_word,
    method_notes,
    model_figures,
    provenance_figures,
)
from evalplat.reports.model_words import check_figures, formula_notes, preferred_note
from evalplat.reports.models_table import models_table
from evalplat.reports.tables import comparison_csv, comparison_json, comparison_table
from evalplat.statistics.models.meta import RandomEffectsSummary
from evalplat.statistics.models.model_results import (
    CaseMixFigures,
    Coefficient,
    Diagnostics,
    FixedEffectsFigures,
    ModelCard,
    MundlakFigures,
    ProviderEffect,
    RandomInterceptFigures,
)
from evalplat.statistics.results import Provenance, ProviderComparison
from evalplat.vocabulary import Direction

Make = Callable[..., ProviderComparison]


def build_card(**changes: object) -> ModelCard:
    card = ModelCard(
        case_mix=CaseMixFigures(
            (Coefficient("intercept", 8.1, 0.9), Coefficient("baseline", 0.642, 0.021)), 0.57, 1662
        ),
        fixed_effects=FixedEffectsFigures(
            "ok", (Coefficient("baseline", 0.6, 0.02),), 11.9, 1640, 0.61, 3.21, 23, 0.00001
        ),
        random_intercept=RandomInterceptFigures("ok", (Coefficient("baseline", 0.63, None),)),
        mundlak=MundlakFigures("ok", 0.31, 0.1, 0.004, 1.4, True),
        diagnostics=Diagnostics(
            skewness=-0.2, kurtosis=0.3, outliers=0.012, floor_end=0.11, oldham=-0.05, regression=-1.3
        ),
        summary=RandomEffectsSummary(24, "DL", -6.3, 0.4, -7.1, -5.5, -9.0, -3.6, 2.1, 60.0, 1e-4, 0.4),
        preferred="random_intercept",
        cells=(("sex=other", 3),),
    )  # fmt: skip
    return replace(card, **changes)


@pytest.fixture
def carded(make_comparison: Make) -> ProviderComparison:
    """A comparison with a card, and a fixed effect for one provider; lower scores are better."""
    comparison = make_comparison()
    effect = ProviderEffect(31.0, 0.9, 29.2, 32.8, -1.5, 0.8, -3.1, 0.1, -1.9, 0.06, 0.2)
    rows = tuple(
        replace(row, fixed=effect, rank_low=3, rank_high=20, prediction_se=1.25, regression=-2.0)
        if row.provider == "Laitilan Lähde"
        else row
        for row in comparison.rows
    )
    return replace(comparison, rows=rows, card=build_card())


def test_the_card_says_every_figure_in_words(carded: ProviderComparison) -> None:
    figures = dict(model_figures(carded, "en"))
    slope = figures["Slope of baseline score in models A, B, C (standard error)"]
    assert slope == "A 0.642 (0.021); B 0.600 (0.020); C 0.630"
    assert figures["Explained by the starting situation (R², model A)"] == "57.0%"
    f = figures["Do providers differ at all? (F test, model B)"]
    assert f == "F = 3.21 with 23 and 1,640 degrees of freedom, p < 0.001"
    assert figures["Mundlak's check of the baseline"].startswith("the slopes differ: term +0.310")
    assert figures["Clients at an end of the scale"] == "lowest score at the end 11.0%"
    assert figures["Shape of the clients' deviations"].startswith("about normal")


def test_changes_are_turned_so_that_more_is_better(carded: ProviderComparison) -> None:
    figures = dict(check_figures(carded, "en"))
    name = "Change to be expected without any service (regression to the mean)"
    assert figures[name] == "+1.3"
    assert figures["Average over providers (random effects)"] == "+6.3 (+5.5 … +7.1), I² 40.0%"
    upward = dict(check_figures(replace(carded, direction=Direction.HIGHER_BETTER), "en"))
    assert upward[name] == "−1.3"


def test_what_was_withheld_or_not_made_is_left_out_or_said(carded: ProviderComparison) -> None:
    empty = build_card(
        case_mix=CaseMixFigures((), None, None),
        fixed_effects=FixedEffectsFigures("one_provider"),
        mundlak=MundlakFigures("too_few_providers"),
        diagnostics=Diagnostics(),
        summary=None,
    )
    figures = check_figures(replace(carded, card=empty), "en")
    assert figures == [("Mundlak's check of the baseline", "not made: too few providers")]
    assert check_figures(replace(carded, card=None), "en") == []
    assert formula_notes(replace(carded, card=None), "en") == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Diagnostics(skewness=1.4, kurtosis=0.0), "clearly lopsided"),
        (Diagnostics(skewness=0.1, kurtosis=3.0), "more extreme ones"),
        (Diagnostics(skewness=0.1, kurtosis=-1.0), "about normal"),
    ],
)
def test_the_shape_of_deviations_is_said(
    carded: ProviderComparison, found: Diagnostics, said: str
) -> None:
    figures = dict(check_figures(replace(carded, card=build_card(diagnostics=found)), "en"))
    assert said in figures["Shape of the clients' deviations"]


def test_the_method_names_all_three_models_in_symbols(carded: ProviderComparison) -> None:
    text = " ".join(method_notes(carded, "en"))
    for symbols in ("y = a + b x + e", "y = a_j + b x + e", "y = a + b x + u_j + e"):
        assert symbols in text
    bent = (Coefficient("baseline", 1.0, 0.1), Coefficient("baseline_bend_1", 0.2, 0.1))
    card = build_card(case_mix=CaseMixFigures(bent, 0.5, 100))
    assert "natural cubic spline" in " ".join(formula_notes(replace(carded, card=card), "en"))
    assert covariate_word("baseline_bend_2", "en") == "bend 2 of the baseline score"


def test_without_a_constant_that_may_be_published_no_formula_is_shown(
    carded: ProviderComparison,
) -> None:
    hidden = replace(carded, coefficients=(("baseline", 0.64),))
    assert not any("expected end score =" in note.lower() for note in method_notes(hidden, "en"))


def test_where_fixed_effects_are_preferred_the_table_shows_them_and_says_so(
    carded: ProviderComparison,
) -> None:
    alone = replace(carded, card=build_card(preferred="fixed_effects"))
    table = comparison_table(alone, "en")
    assert table.headers[6] == "Estimated by itself"
    row = next(row for row in table.rows if row[0] == "Laitilan Lähde")
    assert row[6] == "+7.9 (+6.3 … +9.5)"
    other = next(row for row in table.rows if row[0] == "Turun Tie Oy")
    assert other[6] == "–"
    assert preferred_note(alone, "en") in table.notes and preferred_note(carded, "en") == ""
    assert "Cautious estimate" in comparison_table(carded, "en").headers


def test_files_for_programs_hold_the_models(carded: ProviderComparison) -> None:
    content = json.loads(comparison_json(carded))
    models = content["models"]
    assert models["preferred_model"] == "random_intercept" and "cells" not in models
    assert models["fixed_effects"]["slopes"][0] == {"name": "baseline", "estimate": 0.6, "se": 0.02}
    assert models["random_effects_summary"]["tau2"] == 2.1
    record = next(r for r in content["providers"] if r["provider"] == "Laitilan Lähde")
    assert (record["rank_low"], record["rank_high"], record["prediction_se"]) == (3, 20, 1.25)
    assert (record["fixed_deviation"], record["fixed_p_bh"]) == (-1.5, 0.2)
    assert record["regression"] == -2.0
    rows = csv.DictReader(io.StringIO(comparison_csv(carded)))
    line = next(row for row in rows if row["provider"] == "Laitilan Lähde")
    assert line["fixed_adjusted_mean"] == "31.0" and line["rank_low"] == "3"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_report_holds_the_card_in_every_language(
    carded: ProviderComparison, language: str
) -> None:
    assert write_county_report(carded, language).startswith(b"%PDF")


def test_the_three_models_stand_side_by_side_per_provider(carded: ProviderComparison) -> None:
    table = models_table(carded, "en")
    assert table is not None
    assert [row[0] for row in table.rows] == ["Laitilan Lähde"]
    assert table.rows[0][1:4] == ("+0.1", "+7.9", "+6.3 … +9.5")
    assert {len(row) for row in (*table.rows, table.headers, table.numeric)} == {5}
    assert models_table(replace(carded, rows=()), "en") is None


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("2024-01-01/2026-10-31", "1.1.2024–31.10.2026"),
        ("2024-01-01/", "1.1.2024 alkaen"),
        ("/2026-10-31", "31.10.2026 asti"),
    ],
)
def test_a_period_may_be_open_at_either_end(comparison, stored, told):
    origin = Provenance("whodas", "1", "3f", "0.1.0", period=stored)
    figures = dict(provenance_figures(replace(comparison, provenance=origin), "fi"))
    assert figures["Ajanjakso"] == told
