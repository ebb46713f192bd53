"""The pictures and sentences of attrition and lasting change: full, empty, withheld; every figure once."""

import re

import numpy as np
import pandas as pd
import pytest

from evalplat.reports.attrition_picture import build_attrition, draw_attrition
from evalplat.reports.attrition_tables import (
    attrition_csv,
    contrasts_table,
    methods_table,
    providers_table,
)
from evalplat.reports.attrition_words import conclude
from evalplat.reports.sustained_picture import draw_sustained
from evalplat.reports.sustained_tables import (
    conclude_sustained,
    sustained_csv,
    sustained_table,
    window_notes,
)
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import ChangeRule
from evalplat.statistics.missing.attrition import analyse_attrition
from evalplat.statistics.over_time.sustained import analyse_sustained
from evalplat.statistics.over_time.sustained_results import Window
from evalplat.vocabulary import Direction

NONE = float("nan")


def draw_frame(n=300, seed=1, lost=0.3):
    random = np.random.default_rng(seed)
    x = random.normal(50, 10, n)
    y = x - 6 - 0.3 * (x - 50) + random.normal(0, 6, n)
    f = y + 2 + random.normal(0, 4, n)
    gone = random.random(n) < (0 if not lost else 1 / (1 + np.exp(-(x - 58) / 6)))
    y[gone], f[gone | (random.random(n) < 0.3)] = NONE, NONE
    return pd.DataFrame(
        {
            "provider": random.choice(["=Ahti", "Ilma", "Otso"], n),
            "episode": range(n),
            "baseline": x,
            "end": y,
            "follow_up": f,
            "sex": random.choice(["female", "male"], n),
        }
    )


def attrition(frame, *, released=True):
    return analyse_attrition(
        frame,
        instrument="i",
        scale="s",
        direction=Direction.LOWER_BETTER,
        adjust=("sex",),
        lowest=-50,
        highest=150,
        disclosure=DisclosureRule() if released else None,
    )


def sustained(frame):
    return analyse_sustained(
        frame,
        instrument="i",
        scale="s",
        rule=ChangeRule(Direction.LOWER_BETTER, sdc=5.0),
        window=Window(),
        disclosure=DisclosureRule(),
    )


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
@pytest.mark.parametrize("narrow", [False, True])
def test_a_picture_can_be_drawn_of_every_result(language, narrow):
    for frame in (draw_frame(), draw_frame(8), draw_frame(0)):
        for picture in (
            draw_attrition(attrition(frame), language, narrow=narrow),
            draw_sustained(sustained(frame), language, narrow=narrow),
        ):
            assert picture.startswith(b"<svg") and b"style=" not in picture
            assert not re.search(rb"\bnan\b", picture.lower())


def test_the_same_result_gives_the_same_picture():
    found = attrition(draw_frame())
    assert draw_attrition(found, "en") == draw_attrition(found, "en")


def test_improvement_is_turned_in_sentences_tables_and_pictures():
    found = attrition(draw_frame())
    text = " ".join(conclude(found, "en"))
    assert found.overall.complete_cases.value < 0
    assert "improved by +" in text and "began worse off" in text
    assert "too low" in text and "points worse than similar clients" in text
    assert methods_table(found, "en").rows[0][1].startswith("+")
    assert any(": +" in line for line in build_attrition(found, "en").description)


def test_the_table_the_file_and_the_sentences_agree():
    found = attrition(draw_frame())
    table = providers_table(found, "en")
    assert len(table.headers) == len(table.numeric) == len(table.total)
    assert all(len(row) == len(table.headers) for row in table.rows)
    assert [row[0] for row in table.rows] == ["=Ahti", "Ilma", "Otso"]
    lines = attrition_csv(found, "fi").splitlines()
    assert len(lines) == 5 and lines[1].startswith("'=Ahti;")
    assert attrition_csv(found).splitlines()[1].startswith("'=Ahti,")
    assert sustained_csv(sustained(draw_frame()), "fi").splitlines()[1].startswith("'=Ahti;")


def test_facts_are_named_as_the_caller_names_them():
    found = attrition(draw_frame())
    rows = contrasts_table(found, "en", lambda name, level: f"<{name}/{level}>").rows
    assert [row[0] for row in rows] == ["<baseline/None>", "<sex/female>", "<sex/male>"]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (draw_frame(0), "No client has a first measurement"),
        (draw_frame().assign(end=NONE), "Too few clients were measured twice"),
        (draw_frame(8), "Too few clients"),
        (draw_frame(lost=0), "Too few clients were not measured again"),
    ],
)
def test_what_cannot_be_said_is_said_to_be_so(frame, words):
    assert words in conclude(attrition(frame), "en")[0]


def test_nobody_lost_is_said_plainly_on_a_file_of_one_s_own():
    assert "nothing is hidden" in conclude(attrition(draw_frame(lost=0), released=False), "en")[0]


def test_what_lasts_is_said_in_sentences():
    found = sustained(draw_frame())
    text = " ".join([*conclude_sustained(found, "en"), *window_notes(found, "en")])
    for words in ("lost some of it", "Kept at follow-up", "clearly improved", "60 to 150 days"):
        assert words in text
    assert "Too few clients" in conclude_sustained(sustained(draw_frame(6)), "en")[0]
    table = sustained_table(found, "en")
    assert all(len(row) == len(table.headers) for row in (*table.rows, table.total))
