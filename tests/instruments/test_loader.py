"""A right definition loads whole; a wrong one names file, key, value, what is allowed, and every fault at once."""

# ruff: noqa: E501  (one case stands on one line)

import pytest

from evalplat.errors import DefinitionRejected
from evalplat.instruments.loader import load_definition


def test_a_whole_definition_loads(load):
    small = load()
    assert [item.code for item in small.items] == ["Q1", "Q2"]
    total = small.scale("total")
    assert (total.minimum, total.maximum) == (0, 100)
    assert total.members == ("Q1", "Q2")
    assert (total.change.mic, total.change.mic_range) == (5, (3, 5))
    assert [option.key for option in small.item("Q1").options] == [
        "answer.none",
        "answer.some",
        "answer.much",
    ]
    texts = small.text("fi")
    assert (texts.language, texts.items["Q1"].label) == ("en", "First")
    assert texts.options["answer.much"] == "Much"
    assert texts.bands[total.band(50).key] == "Low"
    assert texts.conditions["works"].help == "Paid or not."


def test_the_digest_is_of_the_content_and_not_of_its_layout(load):
    first = load()
    assert (
        load(
            ('key = "small"\nversion = "1.0"', '# a word\nversion = "1.0"\nkey   = "small"')
        ).digest
        == first.digest
    )
    assert load(labels=("First", "Another label")).digest == first.digest
    assert load(("mic = [3, 5]", "mic = [3, 6]")).digest != first.digest
    assert len(first.digest) == 64


def test_a_definition_cannot_be_changed(load):
    small = load()
    for thing, name in ((small, "key"), (small.items[0], "code"), (small.scales[0], "key")):
        with pytest.raises(AttributeError):
            setattr(thing, name, "other")


WRONG = [
    # what is written instead, where the fault is, what the fault says
    (('kind = "scored"', 'kind = "scored"\nkidn = 1'), "1.0.toml: kidn", "did you mean kind?"),
    (
        ('kind = "scored"\n', ""),
        "kind",
        "the key is missing; give one of scored, goals, external, record",
    ),
    (
        ('kind = "scored"', 'kind = "other"'),
        "kind",
        "'other' is not allowed here; give one of scored",
    ),
    (
        ('version = "1.0"', 'version = "1.1"'),
        "version",
        "the version that the file name says (1.0)",
    ),
    (('version = "1.0"', "version = 1.0"), "version", "1.0 is not allowed here"),
    (('key = "small"', 'key = "Sm all"'), "key", "'Sm all' is not allowed here"),
    (
        ('respondents = ["client"]', 'respondents = ["nobody"]'),
        "respondents[1]",
        "one or more of client, worker",
    ),
    (
        ('respondents = ["client"]', "respondents = []"),
        "respondents",
        "a list of 0 is not allowed here",
    ),
    (
        ('respondents = ["client"]', 'respondents = ["client", "client"]'),
        "respondents[2]",
        "each once",
    ),
    (('recall = "P2W"', 'recall = "two weeks"'), "recall", "'P30D'"),
    (
        ('electronic_use = "free"', 'electronic_use = "yes"'),
        "licence.electronic_use",
        "free, ask, licensed",
    ),
    (('holder = "nobody"\n', ""), "licence.holder", "the key is missing"),
    (
        ('value = 1, key = "some"', 'value = 0, key = "some"'),
        "option_sets[1].options[2].value",
        "no other option",
    ),
    (
        ('value = 1, key = "some"', 'value = true, key = "some"'),
        "option_sets[1].options[2].value",
        "true is not",
    ),
    (
        ('value = 1, key = "some"', 'value = 1.5, key = "some"'),
        "option_sets[1].options[2].value",
        "a whole number",
    ),
    (('code = "Q2"', 'code = "q1"'), "items[2].code", "a code that is not taken"),
    (('code = "Q2"', 'code = "id"'), "items[2].code", "a code that is not taken"),
    (('code = "Q2"', 'code = "works"'), "items[2].code", "a code that is not taken"),
    (('options = "answer"', 'options = "answers"'), "items[1].options", "give one of answer"),
    (('options = "answer"', 'options = "answer"\ntext = 5'), "items[1]", "exactly one of options"),
    (
        ('options = "answer"\ngroup = "one"\n\n', 'group = "one"\n\n'),
        "items[1]",
        "exactly one of options",
    ),
    (("equals = true", "equals = 1"), "items[2].applicable_when.equals", "one of true, false"),
    (("equals = true", 'equals = "true"'), "items[2].applicable_when.equals", "one of true, false"),
    (
        ('{ field = "works", equals = true }', '{ field = "play", equals = true }'),
        "applicable_when.field",
        "one of works",
    ),
    (
        ('{ field = "works", equals = true }', '{ field = "works" }'),
        "applicable_when",
        "exactly one of equals",
    ),
    (
        ('{ field = "works", equals = true }', '{ field = "works", less = 1 }'),
        "applicable_when.less",
        "another operator",
    ),
    (
        ('{ field = "works", equals = true }', "{ }"),
        "applicable_when",
        "exactly one of field, all, any and not",
    ),
    (
        ('{ field = "works", equals = true }', "{ all = [] }"),
        "applicable_when.all",
        "at least one condition",
    ),
    (('{ field = "works", equals = true }', "true"), "applicable_when", "a table"),
    (
        ('{ field = "works", equals = true }', '{ field = "Q1", in = [1, 7] }'),
        "applicable_when.in",
        "one of 0, 1, 2",
    ),
    (
        ('{ field = "works", equals = true }', '{ field = "Q2", equals = 1 }'),
        "items",
        "round in a circle",
    ),
    (("to = [0, 1, 1]", "to = [0, 1]"), "maps[1].to", "as many numbers as from has (3)"),
    (("to = [0, 1, 1]", "to = [0, 1, nan]"), "maps[1].to", "a list of numbers"),
    (("to = [0, 1, 1]", "to = [0, 1, inf]"), "maps[1].to", "a list of numbers"),
    (("from = [0, 1, 2]", "from = [0, 1, 1]"), "maps[1].from", "each value once"),
    (
        ("from = [0, 1, 2]\nto = [0, 1, 1]", "from = [0, 1]\nto = [0, 1]"),
        "scales.total.space",
        "no entry for 2",
    ),
    (
        ("from = [0, 1, 2]\nto = [0, 1, 1]", "reverse = [0, 3]"),
        "scales.total.space",
        "item's own ends [0, 2]",
    ),
    (
        ("from = [0, 1, 2]\nto = [0, 1, 1]", "reverse = [2, 0]"),
        "maps[1].reverse",
        "the lower first",
    ),
    (('map = "collapsed"', 'map = "other"'), "spaces[1].apply[1].map", "give one of collapsed"),
    (
        ('items = ["Q2"]', 'items = ["Q3"]'),
        "spaces[1].apply[1].items[1]",
        "'Q3' is not allowed here",
    ),
    (
        ('at_most = 50 }, { key = "high" }', 'at_most = 50 }, { key = "high", at_most = 100 }'),
        "bands[2]",
        "has no end",
    ),
    (
        ('{ key = "low", at_most = 50 }', '{ key = "low" }'),
        "bands[1]",
        "ends with one of at_most and below",
    ),
    (("at_most = 50", "at_most = 500"), "scales.total.bands", "outside the scale's range 0 to 100"),
    (('method = "sum"', 'method = "total"'), "scales[1].method", "weighted_sum"),
    (('method = "sum"', 'method = "gas_t"'), "scales[1].method", "gas_t without items"),
    (('method = "sum"', 'method = "given"'), "scales[1].method", "given without items"),
    (('method = "sum"', 'method = "weighted_sum"'), "scales[1].weights", "the key is missing"),
    (('method = "sum"', 'method = "count_in"'), "scales[1].count_values", "the key is missing"),
    (('direction = "higher_better"\n', ""), "scales[1].direction", "the key is missing"),
    (
        ('domain = "wellbeing"', 'domain = "health"'),
        "scales[1].domain",
        "give one of social_functioning",
    ),
    (
        ('items = ["Q1", "Q2"]', 'items = ["Q1", "Q9"]'),
        "scales[1].items[2]",
        "'Q9' is not allowed here",
    ),
    (('items = ["Q1", "Q2"]', ""), "scales[1]", "say what is scored"),
    (
        ('items = ["Q1", "Q2"]', 'items = ["Q1", "Q2"]\ngroups = ["one"]'),
        "scales[1].items",
        "one of items, groups and scales",
    ),
    (('items = ["Q1", "Q2"]', 'scales = ["total"]'), "scales", "variant says either without"),
    (('variant = "two"', 'variant = "one"'), "scales[1].variants", "needs a name of its own"),
    (
        ('without = ["Q2"]', 'without = ["Q1", "Q2"]'),
        "scales[1].variants[1].without",
        "leaves at least one member",
    ),
    (('without = ["Q2"]', ""), "scales[1].variants[1]", "a variant says either"),
    (
        ("expect_range = [0, 3]", "expect_range = [0, 4]"),
        "scales.total.expect_range",
        "the members give [0, 3]",
    ),
    (
        ("expect_range = [0, 2]", "expect_range = [0, 3]"),
        "scales.total.variants.one.expect_range",
        "the members give [0, 2]",
    ),
    (("expect_range = [0, 3]\n", ""), "scales[1].rescale", "expect_range beside it"),
    (("expect_range = [0, 2]\n", ""), "scales.total.variants.one", "expect_range is missing"),
    (
        ("rescale = [0, 100]", "rescale = [0, 100]\nlinear = { multiply = 4 }"),
        "scales[1]",
        "one of rescale, linear and lookup",
    ),
    (
        ("rescale = [0, 100]", "linear = { multiply = 0 }"),
        "scales[1].linear.multiply",
        "other than 0",
    ),
    (
        ('fill = "mean", scope = "group", ', ""),
        "scales.total.missing.fill",
        "would count them as 0",
    ),
    (('fill = "mean"', 'fill = "zero"'), "scales[1].missing.fill", "none, mean, prorate"),
    (('fill = "mean"', 'fill = "prorate"'), "scales.total.missing.scope", "only with fill mean"),
    (
        ('fill = "mean"', 'fill = "mean", fill_space = "raw"'),
        "scales.total.missing.fill_space",
        "fill in mapped space",
    ),
    (
        ("per_group = 1", "per_group = { two = 1 }"),
        "scales[1].missing.per_group.two",
        "no such key",
    ),
    (("allowed = 1", "allowed = -1"), "scales[1].missing.allowed", "from 0 to 500"),
    (("sd = 10", "sd = 0"), "scales[1].change.sd", "above 0"),
    (("sd = 10", "sd = 1000"), "scales.total.change.sd", "wider than the whole scale"),
    (
        ("reliability = 0.9", "reliability = 1.9"),
        "scales[1].change.reliability",
        "1.9 is not allowed here; give a number above 0 and at most 0.999",
    ),
    (("reliability = 0.9", "reliability = 1"), "scales[1].change.reliability", "at most 0.999"),
    (('source = "', 'source = "\\u001b[31m'), "source", "without control characters"),
    (
        ('reliability_type = "test_retest"\n', ""),
        "scales[1].change.reliability_type",
        "the key is missing",
    ),
    (("mic = [3, 5]", "mic = [5, 3]"), "scales[1].change.mic", "the lower first"),
    (('languages = ["en"]', 'languages = ["en", "fi"]'), "1.0.fi.toml", "there is no such file"),
    (
        ('languages = ["en"]', 'languages = ["fi"]'),
        "languages",
        "1.0.en.toml is there but 'en' is not declared",
    ),
]


@pytest.mark.parametrize(
    ("change", "where", "words"), WRONG, ids=[f"{w[1]}: {w[2]}" for w in WRONG]
)
def test_a_wrong_definition_says_where_and_what(refuse, change, where, words):
    faults = refuse(change)
    assert any(where in fault and words in fault for fault in faults), faults
    assert all(len(fault) < 600 and "\n" not in fault for fault in faults)


WRONG_LABELS = [
    (('Q2 = "Second"\n', ""), "1.0.en.toml: items.Q2", "the key is missing"),
    (('Q2 = "Second"', 'Q2 = " "'), "1.0.en.toml: items.Q2", "a text of 1 to"),
    (('Q2 = "Second"', 'Q3 = "Third"'), "1.0.en.toml: items.Q3", "there is no such key"),
    (('much = "Much"\n', ""), "1.0.en.toml: options.answer.much", "the key is missing"),
    (('high = "High"', ""), "1.0.en.toml: bands.height.high", "the key is missing"),
    (('total = "Total"', ""), "1.0.en.toml: scales.total", "the key is missing"),
    (('one = "The only group"', ""), "1.0.en.toml: groups.one", "the key is missing"),
    (('works = "Do you work?"', ""), "1.0.en.toml: conditions.works", "the key is missing"),
    (('recall = "in two weeks"', ""), "1.0.en.toml: recall", "the key is missing"),
    (
        ('status = "descriptive"', 'status = "fine"'),
        "1.0.en.toml: status",
        "descriptive, official, plain",
    ),
    (('title = "Small"', "title = 5"), "1.0.en.toml: title", "5 is not allowed here"),
    (('title = "Small"', "title = "), "1.0.en.toml", "not valid TOML"),
]


@pytest.mark.parametrize(
    ("change", "where", "words"),
    WRONG_LABELS,
    ids=[w[1] + str(n) for n, w in enumerate(WRONG_LABELS)],
)
def test_a_declared_language_is_complete(refuse, change, where, words):
    faults = refuse(labels=change)
    assert any(where in fault and words in fault for fault in faults), faults


def test_every_fault_of_a_definition_and_its_languages_is_named_at_once(refuse):
    faults = refuse(
        ('use = "individual"', 'use = "nobody"'),
        ('value = 1, key = "some"', 'value = "1", key = "some"'),
        ("sd = 10", "sd = -1"),
        ("expect_range = [0, 2]", "expect_range = [0, 9]"),
        labels=('title = "Small"', 'titel = "Small"'),
    )
    for where in ("use:", "options[2].value:", "change.sd:", "en.toml: title:", "en.toml: titel:"):
        assert any(where in fault for fault in faults), (where, faults)


def test_scales_in_a_circle_are_refused(refuse):
    circle = """
[[scales]]
key = "first"
method = "mean"
direction = "none"
scales = ["second"]
[[scales]]
key = "second"
method = "mean"
direction = "none"
scales = ["third"]
[[scales]]
key = "third"
method = "mean"
direction = "none"
scales = ["first"]
"""
    faults = refuse(more=circle)
    assert any("first → second → third → first" in fault for fault in faults), faults
    itself = circle.split("[[scales]]")[1].replace('["second"]', '["first"]')
    assert any("first → first" in fault for fault in refuse(more="[[scales]]" + itself))


def test_a_lookup_holds_every_value_that_can_be_reached(refuse):
    lookup = """
[[scales]]
key = "metric"
method = "sum"
direction = "none"
items = ["Q1"]
lookup = { from = [0, 2], to = [0, 10] }
"""
    assert any("the values 1 can be reached" in fault for fault in refuse(more=lookup))


def test_kinds_say_what_they_hold(refuse):
    assert any("has no scales" in fault for fault in refuse(('kind = "scored"', 'kind = "record"')))
    assert any("goals" in fault for fault in refuse(('kind = "scored"', 'kind = "goals"')))
    assert any("given" in fault for fault in refuse(('kind = "scored"', 'kind = "external"')))


HEAD = """
key = "other"
version = "1.0"
kind = "%s"
use = "individual"
respondents = ["client"]
modes = ["self"]
languages = ["en"]
[licence]
holder = "the owner"
terms = "ask the owner"
electronic_use = "licensed"
"""
TITLE = 'status = "descriptive"\ntitle = "Other"\nshort_title = "Other"\n'


def test_an_external_instrument_has_scales_without_items(tmp_path):
    scale = """
[[scales]]
key = "work_ability"
method = "given"
range = [0, 10]
direction = "higher_better"
domain = "participation"
change = { mic = 1, source = "the owner", population = "clients" }
"""
    (tmp_path / "1.0.toml").write_text(HEAD % "external" + scale)
    (tmp_path / "1.0.en.toml").write_text(TITLE + '[scales]\nwork_ability = "Work ability"\n')
    other = load_definition(tmp_path / "1.0.toml")
    assert (other.asks, other.scale("work_ability").maximum) == ((), 10)
    assert [(item.code, item.range) for item in other.items] == [("work_ability", (0, 10))]


def test_a_record_has_no_score(tmp_path):
    (tmp_path / "1.0.toml").write_text(
        HEAD % "record" + "[[items]]\ncode = 'goal_text'\ntext = 500\n"
    )
    (tmp_path / "1.0.en.toml").write_text(TITLE + '[items]\ngoal_text = "Goal"\n')
    assert load_definition(tmp_path / "1.0.toml").scales == ()


HOSTILE = {
    "empty": b"",
    "not UTF-8": b'key = "\xff\xfe"',
    "UTF-16": 'key = "small"'.encode("utf-16"),
    "NUL": b"\x00" * 100,
    "not TOML": b"key = = 1",
    "twice the same key": b'key = "a"\nkey = "b"',
    "lists nested deep": b"a = " + b"[" * 3000 + b"]" * 3000,
    "tables nested deep": b"a = " + b"{b=" * 900 + b"1" + b"}" * 900,
    "lists nested as deep as they parse": b"items = " + b"[" * 200 + b"]" * 200,
    "dotted keys without end": b".".join([b"a"] * 1900) + b" = 1",
    "endless line": b"a = '" + b"x" * 100_000 + b"'",
    "too large": b"# comment\n" * 100_000,
    "digits without end": b"version = " + b"9" * 3900,
    "hexadecimal without end": b"version = 0x" + b"f" * 3900,
    "a date that is none": b"version = 2026-99-99",
    "a date": b"version = 2026-01-01",
    "wrong types": b"key = []\nversion = {}\nitems = 1\nscales = 'x'\nlicence = [1]\nlanguages = 'en'\nconditions = [1]",
    "tables of wrong types": b"items = [{code = 1, options = [], icf = 5, number = 'x'}]\nscales = [{key = 1, items = 2}]",
    "many items": b"items = [\n" + b"{ code = 'Q' },\n" * 5000 + b"]",
    "control characters": b'key = "a\\u0000b\\u202e"',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_content_gets_named_faults_and_no_traceback(tmp_path, content):
    file = tmp_path / "1.0.toml"
    file.write_bytes(content)
    with pytest.raises(DefinitionRejected) as caught:
        load_definition(file)
    assert caught.value.faults
    assert all(fault.where.startswith("1.0.toml") for fault in caught.value.faults)
    assert all(len(str(fault)) < 1000 for fault in caught.value.faults)


@pytest.mark.parametrize("name", ["nothing.toml", ".", "a/b.toml"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(DefinitionRejected, match="there is no such file"):
        load_definition(tmp_path / name)
