"""Writing reports from the command line."""

import json
import stat
from datetime import date

import pytest
from cli.two_providers import OPENED, install
from parallel_parts import tell_little, tell_nothing

from evalplat.cli.report import report
from evalplat.cli.report_jobs import MOST_LETTERS, Job, do_jobs, name_files


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return install(
        tmp_path_factory.mktemp("report"), report, providers=("Ähtärin Apu", "Ahtarin apu")
    )


def test_every_provider_gets_private_files_of_its_own(installed, tmp_path):
    folder = tmp_path / "new"
    said = installed.run(
        "provider", "--all", "--as", "html,xlsx", "--language", "en", "-o", folder, "--json"
    )
    assert (said.exit_code, said.stderr) == (0, "")
    summary = json.loads(said.stdout)
    assert summary["failed"] == []
    assert [one["about"] for one in summary["written"]] == ["Ahtarin apu", "Ähtärin Apu"]
    names = sorted(file.name for file in folder.iterdir())
    assert names == [
        "provider-ahtarin-apu-2.en.html", "provider-ahtarin-apu-2.en.xlsx",
        "provider-ahtarin-apu.en.html", "provider-ahtarin-apu.en.xlsx",
    ]  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    page = (folder / "provider-ahtarin-apu.en.html").read_text("utf-8")
    assert "Ahtarin apu" in page and "Ähtärin" not in page


def test_a_report_that_fails_is_named_and_the_others_are_written(installed, tmp_path):
    (tmp_path / "provider-ahtarin-apu.fi.html").mkdir()
    said = installed.run("provider", "--all", "--as", "html", "-o", tmp_path)
    assert said.exit_code == 1 and said.stdout == ""
    assert "1 of 2 reports written." in said.stderr
    assert "Ahtarin apu: " in said.stderr and "Ähtärin Apu: " not in said.stderr
    assert (tmp_path / "provider-ahtarin-apu-2.fi.html").is_file()
    assert not [file.name for file in tmp_path.iterdir() if file.name.endswith(".partial")]


def test_one_provider_keeps_the_file_name_that_it_has_among_all(installed, tmp_path):
    said = installed.run("provider", "--provider", "Ähtärin Apu", "--as", "html", "-o", tmp_path)
    assert said.exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["provider-ahtarin-apu-2.fi.html"]


def test_the_county_gets_its_report_of_whole_months(installed, tmp_path):
    month = f"{OPENED:%Y-%m}"
    said = installed.run(
        "county", "--from", f"{month}-15", "--to", f"{month}-16", "--as", "pdf", "-o", tmp_path
    )
    assert (said.exit_code, said.stderr) == (0, "1 of 1 reports written.\n")
    (file,) = tmp_path.iterdir()
    assert file.name == f"county-{month}-{month}.fi.pdf"
    assert file.read_bytes().startswith(b"%PDF")


def test_a_quarter_that_is_over_is_told_by_municipality(installed, tmp_path):
    said = installed.run("municipalities", "--as", "html", "--language", "en", "-o", tmp_path)
    assert said.exit_code == 0
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("municipalities-20")
    assert "Kaarina" in file.read_text("utf-8")


def test_a_quarter_that_goes_on_is_refused(installed, tmp_path):
    from evalplat.errors import InputRejected

    today = date.today()
    quarter = f"{today.year}-{(today.month + 2) // 3}"
    with pytest.raises(InputRejected, match="cannot be made"):
        installed.run("municipalities", "--quarter", quarter, "-o", tmp_path)
    assert installed.run("municipalities", "--quarter", "2025-5", "-o", tmp_path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("provider", "-o", "x"),
        ("provider", "--all", "--provider", "A", "-o", "x"),
        ("provider", "--provider", "Nobody", "-o", "x"),
        ("provider", "--all", "--as", "docx", "-o", "x"),
        ("provider", "--all"),
        ("county", "--from", "yesterday", "-o", "x"),
    ],
)
def test_wrong_use_is_told_and_writes_nothing(installed, tmp_path, monkeypatch, wrong):
    monkeypatch.chdir(tmp_path)
    assert installed.run(*wrong).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_an_error_with_a_reason(installed, tmp_path):
    from evalplat.errors import FileRejected

    (tmp_path / "file").write_text("")
    with pytest.raises(FileRejected, match="cannot be written"):
        installed.run("county", "-o", tmp_path / "file" / "below")


def test_names_become_safe_and_different_file_names():
    names = ["Čáhci Đ/ŧ", "../../etc", "con", "Ääni", "aani", "?!", "漢字", "x" * 300]
    found = name_files(names)
    assert len(set(found.values())) == len(names)
    assert found["Čáhci Đ/ŧ"] == "cahci-d-t" and found["../../etc"] == "etc"
    for name in found.values():
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert 1 <= len(name) <= MOST_LETTERS + 3


def test_processes_write_what_one_process_writes(tmp_path):
    tells = (tell_little, tell_nothing, tell_little)

    def jobs(folder):
        folder.mkdir()
        return [
            Job(str(place), tell, ("html",), str(folder / str(place)))
            for place, tell in enumerate(tells)
        ]

    moved = []
    alone = list(do_jobs(jobs(tmp_path / "a"), workers=1, advance=lambda *_: None))
    shared = list(do_jobs(jobs(tmp_path / "b"), workers=2, advance=lambda *m: moved.append(m)))
    assert [one.reason for one in alone] == [one.reason for one in shared]
    assert [one.reason for one in alone] == ["", "RuntimeError: broken", ""]
    written = [sorted((f.name, f.read_bytes()) for f in (tmp_path / k).iterdir()) for k in "ab"]
    assert written[0] == written[1] and len(written[0]) == 2
    assert moved == [("Writing", 3, 3)]
