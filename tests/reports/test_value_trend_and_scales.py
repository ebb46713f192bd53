"""Tables and pictures of value for money, the trend and several scales: full, empty, withheld; every figure once."""

import re
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from evalplat.reports.combination_tables import (
    combination_content,
    combination_records,
    composite_table,
    frame_table,
    scales_table,
)
from evalplat.reports.records import records_csv, write_json
from evalplat.reports.scale_tiles import build_scale_tiles, draw_scale_tiles
from evalplat.reports.trend_picture import draw_trend
from evalplat.reports.trend_tables import (
    providers_trend_table,
    quarter_word,
    series_table,
    signal_word,
    trend_content,
    trend_sentences,
)
from evalplat.reports.value_picture import draw_value
from evalplat.reports.value_tables import (
    benefit_table,
    cautious_table,
    chances_table,
    choose_benefit,
    costs_table,
    value_content,
    value_records,
    write_chance,
    write_ratio,
)
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.money.value import measure_value
from evalplat.statistics.over_time.ewma import Signal
from evalplat.statistics.over_time.trend import measure_trend
from evalplat.statistics.scales.combination import ScaleFrame, combine
from evalplat.vocabulary import Direction

LANGUAGES = ("en", "fi", "sv")
OPTIONS = {"instrument": "i", "scale": "s", "direction": Direction.LOWER_BETTER}


def draw_frame(n=400, seed=1, names=("=Ahti", "Ilma $x$", "Otso", "Pieni")):
    random = np.random.default_rng(seed)
    x = random.normal(50, 10, n)
    y = x - 6 - 0.3 * (x - 50) + random.normal(0, 6, n)
    y[random.random(n) < 0.2] = np.nan
    start = date(2025, 1, 1)
    return pd.DataFrame(
        {
            "provider": random.choice(names, n, p=[0.4, 0.35, 0.24, 0.01]),
            "episode": [str(k) for k in range(n)],
            "baseline": x,
            "end": y,
            "voucher_eur": random.integers(10, 40, n) * 100.0,
            "days": random.integers(50, 200, n).astype(float),
            "opened_on": [start + timedelta(days=int(k)) for k in random.integers(0, 360, n)],
        }
    )


def value(frame, *, rule=None, **more):
    return measure_value(frame, **OPTIONS, sdc=5.0, disclosure=rule or DisclosureRule(), **more)


def trend(frame, rule=None):
    return measure_trend(frame, **OPTIONS, disclosure=rule or DisclosureRule())


def scales(frame, *, composite=True):
    other = frame.assign(baseline=frame["baseline"] / 3 + 2, end=frame["end"] / 3)
    parts = [
        ScaleFrame("i", name, Direction.LOWER_BETTER, part)
        for name, part in (("one", frame), ("two", other))
    ]
    keys = [("i", "one"), ("i", "two")] if composite else []
    return combine(parts, composite_of=keys, disclosure=DisclosureRule())


@pytest.fixture(scope="module")
def county():
    return draw_frame()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_is_as_wide_as_its_head(county, language):
    found, over_time, side_by_side = value(county), trend(county), scales(county)
    tables = [
        costs_table(found, language),
        cautious_table(found, language),
        chances_table(found, language),
        *(benefit_table(benefit, language) for benefit in found.benefits),
        series_table(over_time, over_time.county, language),
        series_table(over_time, over_time.providers[0], language),
        providers_trend_table(over_time, language),
        scales_table(side_by_side, language),
        frame_table(side_by_side, language),
        composite_table(side_by_side.composite, language),
    ]
    for table in tables:
        assert table.rows and len(table.headers) == len(table.numeric)
        assert all(len(row) == len(table.headers) for row in table.rows)
        assert not table.total or len(table.total) == len(table.headers)
        assert not re.search(r"\bnan\b", str(table).lower()) and "None" not in str(table)


def test_the_figures_on_the_page_are_those_in_the_files(county):
    found = value(county)
    row = next(row for row in value_records(found) if row["provider"] == "Otso")
    cells = next(cells for cells in costs_table(found, "en").rows if cells[0] == "Otso")
    assert cells[1:5] == tuple(
        f"{row[name]:,.0f}" for name in ("n_started", "n_pairs", "mean_eur", "adjusted_eur")
    )
    assert cells[7].startswith(f"{row['eur_per_point']:,.0f} (")
    total = value_records(found)[-1]
    assert total["provider"] == "*" and total["mean_eur"] == found.costs.total.euros.mean


def test_every_provider_s_figures_are_turned_once_for_a_file(county, monkeypatch):
    """Turned anew for each provider, a thousand of them took half a minute."""
    from evalplat.statistics import results

    analysis = value(county)
    calls = []
    turn = results._turn
    monkeypatch.setattr(results, "_turn", lambda *parts: calls.append(1) or turn(*parts))
    records = value_records(analysis)
    assert len(records) == len(analysis.costs.rows) + 1
    assert len(calls) == len(analysis.benefits) * len(analysis.costs.rows)


def test_files_for_programs_hold_no_formula_and_no_number_that_is_none(county):
    found, side_by_side = value(county), scales(county)
    text = records_csv(value_records(found))
    assert "\n'=Ahti," in text and "\n=Ahti" not in text
    for content in (
        value_content(found), trend_content(trend(county)), combination_content(side_by_side)
    ):  # fmt: skip
        assert "NaN" not in write_json(content)
    assert "composite" in records_csv(combination_records(side_by_side))


@pytest.mark.parametrize(("language", "narrow"), [("en", False), ("fi", True)])
def test_pictures_describe_what_they_show(county, language, narrow):
    over_time = trend(county)
    drawn = [
        draw_value(value(county), language, title="Scale", narrow=narrow),
        draw_trend(over_time, over_time.county, language, title="Scale", narrow=narrow),
        draw_trend(over_time, over_time.providers[2], language, narrow=narrow),
        draw_scale_tiles(scales(county), language, titles={"i/one": "First"}, narrow=narrow),
    ]
    for content in drawn:
        root = ElementTree.fromstring(content)
        words = next(one for one in root.iter() if one.tag.endswith("desc")).text
        assert len(words) > 60
        assert b"style=" not in content and b"Pieni:" not in content
    assert b"=Ahti" in drawn[0] and b"First: =Ahti" in drawn[3]


def test_nothing_to_show_is_said_in_every_picture_and_table(county):
    empty = county.assign(end=np.nan)
    over_time, side_by_side = trend(empty), scales(empty)
    assert b"No provider has enough clients" in draw_value(value(empty), "en")
    assert b"No quarter has enough clients" in draw_trend(over_time, over_time.county, "en")
    assert b"No provider has enough clients" in draw_scale_tiles(side_by_side, "en")
    (sentence,) = trend_sentences(over_time, "en")
    assert "too few clients" in sentence
    assert providers_trend_table(over_time, "en").rows == ()
    assert "no composite" in composite_table(side_by_side.composite, "en").notes[0]
    assert choose_benefit(value(empty)) is not None
    assert costs_table(value(county.iloc[:0]), "en").rows == ()


def test_a_price_is_a_figure_with_limits_or_a_reason():
    assert write_ratio(Ratio(1234.5, 900.2, 2000.7, "ok"), "en") == "1,234 (900 … 2,001)"
    assert write_ratio(Ratio(0.0, 0.0, 0.0, "ok"), "en") == "0.0 (0.0 … 0.0)"
    assert write_ratio(Ratio(None, None, None, "not_estimable"), "en") == "cannot be told"
    assert write_ratio(Ratio(None, None, None, "worse"), "en") == "no improvement"
    assert write_ratio(Ratio(None, None, None, "too_few"), "en") == "–"
    assert [write_chance(p, "en") for p in (None, 0.0, 0.5, 1.0)] == ["–", "< 1%", "50%", "> 99%"]
    assert write_chance(0.5, "fi") == "50 %"


def test_series_worth_a_look_are_named(county):
    over_time = trend(county)
    first, second = trend_sentences(over_time, "en")
    assert first.startswith("Clients of ")
    worth = [one.provider for one in over_time.providers if one.signals]
    assert all(name in second for name in worth[:5])
    odd = replace(over_time.providers[0].points[0], signal=Signal.LOWER)
    marked = replace(over_time.providers[0], points=(odd, *over_time.providers[0].points[1:]))
    calm = [replace(one, points=()) for one in over_time.providers[1:]]
    told = trend_sentences(replace(over_time, providers=(marked, *calm)), "en")[-1]
    assert told == f"Worth a look: {marked.provider}."


def test_titles_of_tiles_are_written_whole(county):
    title = "3X10D-elämäntilannemittari, pitkä: Toimintakyvyn rajoitteet, pistesumma"
    for narrow in (False, True):
        picture = build_scale_tiles(scales(county), "fi", titles={"i/one": title}, narrow=narrow)
        written = " ".join(text.get_text() for text in picture.figure.texts)
        assert title.replace("-", "") in written.replace("- ", "-").replace("-", "")


def test_signals_are_a_reason_to_look_and_never_a_judgement():
    assert signal_word(Signal.NONE, "en") == ""
    for signal in (Signal.HIGHER, Signal.LOWER):
        assert signal_word(signal, "en").startswith("worth a look")
    assert quarter_word(date(2026, 10, 1), "en") == "2026 Q4"


def test_the_chosen_worth_is_the_one_nearest_to_today_s_price(county):
    found = value(county)
    price = found.costs.total.euros.ratios["per_point"].ratio
    chosen = choose_benefit(found).worth
    assert 0.4 < chosen / price < 2.5
    assert choose_benefit(value(county, worths=(7.0,))).worth == 7.0
    unpriced = value(county.assign(voucher_eur=np.nan))
    assert choose_benefit(unpriced) is None
