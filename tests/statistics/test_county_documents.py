"""A county's document says what it was written with, and nothing that was changed is taken."""

import copy
import json

import numpy as np
import pytest
from county_examples import hand_over, make_clients

from evalplat.errors import FileRejected
from evalplat.statistics.counties.county_documents import SCHEMA, find_digest, read_document


@pytest.fixture(scope="module")
def document():
    return hand_over("Varsinais-Suomi", make_clients("a", (60, 80), 1, shares=(0.6, 0.4, 0.0)))


def test_a_document_read_back_is_what_was_written(document):
    text = json.dumps(document, ensure_ascii=False, indent=2)
    found = read_document(text)
    assert (found.county, found.period) == ("Varsinais-Suomi", "2025-01/2025-12")
    (scale,) = found.scales
    written = document["scales"][0]
    assert scale.county_sums.sums.sums.tolist() == [row["sums"] for row in written["providers"]]
    products = scale.county_sums.sums.products
    assert np.array_equal(products, products.T)
    assert products[np.triu_indices(len(products))].tolist() == written["products"]
    assert scale.county_sums.flow.n_started == {"a00": 60, "a01": 80}
    assert found.digest == document["digest"] == find_digest(json.loads(text))


def test_no_name_episode_or_single_value_of_a_client_stands_in_a_document(document):
    text = json.dumps(document)
    assert document["schema"] == SCHEMA and "episode" not in text
    assert set(document["scales"][0]["providers"][0]) == {"name", "n", "started", "sums"}


def places(value, path=()):
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for key, item in enumerate(value[:2]):
            yield from places(item, (*path, key))
    else:
        yield path


def change(document, path, value):
    changed = copy.deepcopy(document)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return changed


def test_any_change_is_found_out_by_the_digest(document):
    for path in places(document):
        changed = change(document, path, "x")
        with pytest.raises(FileRejected):
            read_document(json.dumps(changed))


@pytest.mark.parametrize("value", [None, "x", -1, [], {}, True, 1e308, 10**400, "x" * 2000])
def test_absurd_values_are_refused_even_under_a_right_digest_and_never_break_down(document, value):
    for path in places(document):
        if path[0] in ("schema", "digest"):
            continue
        changed = change(document, path, value)
        changed["digest"] = find_digest(changed)
        try:
            read_document(json.dumps(changed))
        except FileRejected as error:
            assert "complete" in str(error)


@pytest.mark.parametrize("key", ["county", "scales", "period"])
def test_a_document_that_lacks_a_part_is_refused(document, key):
    changed = {name: value for name, value in document.items() if name != key}
    changed["digest"] = find_digest(changed)
    with pytest.raises(FileRejected, match="complete"):
        read_document(json.dumps(changed), "a.json")


def test_sums_that_no_clients_can_have_are_refused(document):
    changed = copy.deepcopy(document)
    changed["scales"][0]["products"][0] = 1.0
    changed["digest"] = find_digest(changed)
    with pytest.raises(FileRejected, match="complete"):
        read_document(json.dumps(changed))


@pytest.mark.parametrize("reason", ["%(a)999999999s", "%s", "100 %", "%(b)s"])
def test_a_reason_that_could_not_be_shown_is_refused(document, reason):
    changed = copy.deepcopy(document)
    changed["scales"][0]["exclusions"] = [{"reason": reason, "values": {"a": "x"}, "count": 9}]
    changed["digest"] = find_digest(changed)
    with pytest.raises(FileRejected, match="complete"):
        read_document(json.dumps(changed))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[1, 2]", "document of"),
        ('{"schema": "other"}', "document of"),
        ('{"schema": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        (f'{{"schema": "{SCHEMA}"}}', "digest"),
        (f'{{"schema": "{SCHEMA}", "a": 1e999}}', "complete"),
    ],
)
def test_what_is_no_document_says_so_and_names_the_file(text, said):
    with pytest.raises(FileRejected) as raised:
        read_document(text, "b.json")
    assert said in str(raised.value) and raised.value.faults[0].where == "b.json"
