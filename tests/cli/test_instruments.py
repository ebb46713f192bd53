"""`evalplat instruments` as a person meets it."""

import json
import shutil

import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli
from evalplat.instruments.catalogue import instruments_folder, load_catalogue

KEYS = [entry.key for entry in load_catalogue().list()]
FROM_OUTSIDE = [
    entry.key for entry in load_catalogue().list() if entry.kind in ("external", "record")
]


def run(*arguments):
    return CliRunner().invoke(cli, ["instruments", *map(str, arguments)])


def test_list_names_every_instrument():
    found = run("list", "--lang", "fi")
    assert [line.split()[0] for line in found.stdout.splitlines()] == KEYS
    assert [row["key"] for row in json.loads(run("list", "--json").stdout)] == KEYS


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_show_tells_structure_rule_change_licence_and_an_example(key, language):
    found = run("show", key, "--lang", language)
    assert found.exit_code == 0
    parts = ["licence:", "missing answers:", "change:", "Scale "] if key != "avain" else ["Items"]
    parts += [] if key in FROM_OUTSIDE else ["Example:"]
    for part in parts:
        assert part in found.stdout
    outline = json.loads(run("show", key, "--lang", language, "--json").stdout)
    assert outline["key"] == key
    assert all(scale["rules"] for scale in outline["scales"])


def test_show_says_the_rule_of_whodas_in_words():
    said = run("show", "whodas-2.0-12").stdout
    assert "0 1 2 3 4 become 0 1 1 2 2 first (collapsed): S2 S4 S8 S10 S11 S12" in said
    assert "0 to 34 becomes 0 to 100, when works_or_studies is no" in said
    assert "minimal important change 3.1 to 4.7; Finnish patients, n = 1988 (PMC7649960)" in said
    assert "filled with the mean of the answered items" in said


def test_an_unknown_key_is_wrong_use():
    found = run("show", "who-6")
    assert found.exit_code == 2
    assert "Known are" in found.stderr


def test_check_without_a_path_checks_what_is_shipped():
    found = run("check")
    assert found.exit_code == 0
    assert len(found.stdout.splitlines()) == len(KEYS)
    assert all(": ok, " in line for line in found.stdout.splitlines())


@pytest.fixture
def folder(tmp_path):
    for key in ("who-5", "gas"):
        shutil.copytree(instruments_folder() / key, tmp_path / key)
    return tmp_path


def test_check_takes_files_and_folders(folder):
    assert run("check", folder).stdout.count(": ok, ") == 2
    assert run("check", folder / "gas").stdout.count(": ok, ") == 1
    assert run("check", folder / "gas" / "1.0.toml", folder / "who-5").stdout.count(": ok, ") == 2


def test_check_names_every_fault_of_every_file(folder):
    who5, gas = folder / "who-5" / "1.0.toml", folder / "gas" / "1.0.toml"
    who5.write_text(who5.read_text().replace("[0, 25]", "[0, 26]").replace("mic = 10", "mic = -1"))
    gas.write_text(gas.read_text().replace("rho = 0.3", "rho = 0.5"))
    found = run("check", folder)
    assert found.exit_code == 1
    assert "change.mic" in found.stdout
    assert "1.0.cases.csv: three goals far above: expect.t: 77.386128 is expected" in found.stdout
    assert "2 with faults" in found.stderr


def test_check_refuses_a_wrong_folder_name_and_a_folder_without_definitions(folder):
    (folder / "gas").rename(folder / "goals")
    found = run("check", folder / "goals")
    assert (found.exit_code, "the key is gas and the folder goals" in found.stdout) == (1, True)
    (folder / "empty").mkdir()
    assert run("check", folder / "empty").exit_code == 2
    missing = run("check", folder / "none.toml")
    assert (missing.exit_code, "there is no such file" in missing.stdout) == (1, True)


def test_an_instrument_is_printed_as_a_form_in_any_of_its_wordings(tmp_path):
    target = tmp_path / "form.pdf"
    assert run("print", "who-5", "--language", "fi-x-selko", "-o", target).exit_code == 0
    assert target.read_bytes().startswith(b"%PDF-")
    refused = run("print", "who-5", "--language", "de")
    assert refused.exit_code == 2
    assert "fi, sv, en, fi-x-selko" in refused.output
    assert run("print", "gas").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "begins"), [("fhir", b"{"), ("redcap", b"Variable / Field Name"), ("xlsform", b"PK")]
)
def test_an_instrument_is_exported_for_other_programs(tmp_path, kind, begins):
    target = tmp_path / "file"
    said = CliRunner().invoke(
        cli, ["instruments", "export", "who-5", "--as", kind, "-o", str(target)]
    )
    assert said.exit_code == 0, said.output
    assert target.read_bytes().startswith(begins)


def test_what_cannot_be_exported_for_other_programs_is_told():
    for arguments in (["gas", "--as", "redcap"], ["who-5", "--as", "fhir", "--language", "xx"]):
        said = CliRunner().invoke(cli, ["instruments", "export", *arguments])
        assert said.exit_code == 2, said.output
