"""A small whole definition, and a way to change one part of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evalplat.errors import DefinitionRejected
from evalplat.instruments.definition import Instrument
from evalplat.instruments.loader import load_definition

WHOLE = """
key = "small"
version = "1.0"
kind = "scored"
use = "individual"
respondents = ["client"]
modes = ["self"]
recall = "P2W"
languages = ["en"]

[licence]
holder = "nobody"
terms = "for tests"
electronic_use = "free"

[[conditions]]
code = "works"

[[option_sets]]
key = "answer"
options = [
  { value = 0, key = "none" },
  { value = 1, key = "some" },
  { value = 2, key = "much" },
]

[[items]]
code = "Q1"
options = "answer"
group = "one"

[[items]]
code = "Q2"
options = "answer"
group = "one"
applicable_when = { field = "works", equals = true }

[[maps]]
key = "collapsed"
from = [0, 1, 2]
to = [0, 1, 1]

[[spaces]]
key = "counted"
[[spaces.apply]]
map = "collapsed"
items = ["Q2"]

[[band_sets]]
key = "height"
source = "tests"
bands = [{ key = "low", at_most = 50 }, { key = "high" }]

[[scales]]
key = "total"
method = "sum"
space = "counted"
direction = "higher_better"
domain = "wellbeing"
items = ["Q1", "Q2"]
variant = "two"
expect_range = [0, 3]
rescale = [0, 100]
bands = "height"
missing = { allowed = 1, fill = "mean", scope = "group", per_group = 1 }

[[scales.variants]]
key = "one"
when = { field = "works", equals = false }
without = ["Q2"]
expect_range = [0, 2]

[scales.change]
sd = 10
reliability = 0.9
reliability_type = "test_retest"
mic = [3, 5]
source = "tests"
population = "nobody"
"""
LABELS = """
status = "descriptive"
title = "Small"
short_title = "Small"
recall = "in two weeks"
[items]
Q1 = "First"
Q2 = "Second"
[conditions]
works = "Do you work?"
[help]
works = "Paid or not."
[groups]
one = "The only group"
[options.answer]
none = "None"
some = "Some"
much = "Much"
[scales]
total = "Total"
[bands.height]
low = "Low"
high = "High"
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Instrument]:
    """Load the small definition after replacing some of its text."""

    def run(
        *changes: tuple[str, str], labels: tuple[str, str] = ("", ""), more: str = ""
    ) -> Instrument:
        text = WHOLE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / "1.0.toml").write_text(text + more, encoding="utf-8")
        assert labels[0] in LABELS
        (tmp_path / "1.0.en.toml").write_text(LABELS.replace(*labels, 1), encoding="utf-8")
        return load_definition(tmp_path / "1.0.toml")

    return run


@pytest.fixture
def refuse(load: Callable[..., Instrument]) -> Callable[..., list[str]]:
    """The faults of the changed definition, as texts."""

    def run(*changes: tuple[str, str], **more: object) -> list[str]:
        with pytest.raises(DefinitionRejected) as caught:
            load(*changes, **more)
        assert caught.value.faults
        return [str(fault) for fault in caught.value.faults]

    return run
