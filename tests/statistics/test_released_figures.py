"""What is published of two made-up counties, figure by figure: it changes on purpose only, and then the changelog says.

After such a change: `python tests/statistics/test_released_figures.py` writes the figures anew; read the difference.
"""

import dataclasses
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from drills.attacked_counties import Published, draw_clients, publish
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts, pick_provider
from evalplat.statistics.shares.feedback import Feedback, FeedbackRow
from evalplat.statistics.shares.goal_attainment import measure_goals
from evalplat.vocabulary import Domain

GOLDEN = Path(__file__).with_name("golden_released.json")
COUNTIES = {"one quarter": (33, 1), "two quarters": (36, 2)}
LEFT_OUT = ("arnings", "eason", "limits/", "effects/comparison", "benefits/1", "benefits/2")
"""Sentences, the points of drawn curves, and what stands elsewhere or is made alike."""
RULE = DisclosureRule()


def draw_and_publish(name: str) -> Published:
    seed, quarters = COUNTIES[name]
    return publish(draw_clients(seed, quarters), RULE)


def flatten(value: object, where: str = "") -> dict[str, object]:
    """Every figure under the path that leads to it; what is not known, empty or a sentence is left out."""
    if dataclasses.is_dataclass(value):
        parts = [(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)]
    elif isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, tuple | list):
        parts = list(enumerate(value))
    elif value is None or value == "" or any(word in where for word in LEFT_OUT):
        return {}
    else:
        simple = value if isinstance(value, int | float | str) else str(value)
        return {where: float(f"{simple:.7g}") if isinstance(simple, float) else str(simple)}
    found: dict[str, object] = {}
    for name, part in parts:
        found |= flatten(part, f"{where}/{name}")
    return found


@pytest.mark.parametrize("name", COUNTIES)
def test_what_is_published_of_a_county_stays_what_it_is(name):
    stored = json.loads(GOLDEN.read_text())[name]
    found = flatten(draw_and_publish(name))
    assert found.keys() == stored.keys()
    for where, figure in found.items():
        if isinstance(figure, float):
            assert figure == pytest.approx(stored[where], rel=1e-5, abs=1e-6), where
        else:
            assert figure == stored[where], where


def test_a_provider_s_report_has_its_own_rows_alone():
    found = draw_and_publish("one quarter")
    names = [row.provider for row in found.comparison.rows]
    own = names[1]
    goals = measure_goals(
        pd.DataFrame(
            {
                "provider": [name for name in names for _ in range(2)],
                "episode": [str(k) for k in range(2 * len(names))],
                "level": 0.0,
                "weight": 1.0,
            }
        )
    )
    feedback = Feedback(
        tuple(FeedbackRow(name, 10, None, ()) for name in names), FeedbackRow("", 30, None, ())
    )
    scale = ScaleFacts(
        "Scale", next(iter(Domain)), found.comparison, found.flow, found.shares, found.value
    )
    facts = ReportFacts(
        county="Made up", language="en", period_from=None, period_until=None,
        made_on=date(2026, 1, 1), scales=(scale,), goals=goals, feedback=feedback,
        feedback_titles=(), feedback_year=None,
    )  # fmt: skip
    picked = pick_provider(facts, own)
    (one,) = picked.scales
    for rows in (one.comparison.rows, one.flow.rows, one.shares.rows, picked.goals.rows,
                 picked.feedback.rows):  # fmt: skip
        assert [row.provider for row in rows] == [own]
    assert one.value is one.comparison.card is None
    assert one.comparison.exclusions == one.shares.fits == picked.goals.touched == ()
    assert one.comparison.target == found.comparison.target
    text = json.dumps(flatten(picked))
    assert not any(f'"{name}"' in text for name in names if name != own)


if __name__ == "__main__":
    figures = {name: flatten(draw_and_publish(name)) for name in COUNTIES}
    GOLDEN.write_text(json.dumps(figures, indent=0, sort_keys=True) + "\n")
