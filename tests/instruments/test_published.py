"""A published version that was edited is told from a new one, in any folder of instruments."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from evalplat.cli.main import cli
from evalplat.errors import DefinitionRejected
from evalplat.instruments.catalogue import instruments_folder, load_catalogue
from evalplat.instruments.published import FILE, find_edited, read_published, write_published


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A county's own folder with two of the shipped instruments."""
    for key in ("who-5", "gas"):
        shutil.copytree(instruments_folder() / key, tmp_path / key)
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["instruments", *map(str, arguments)])
    return result.exit_code, result.output + str(result.exception or "")


def edit(folder: Path) -> None:
    path = folder / "who-5" / "1.0.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("P2W", "P3W"), encoding="utf-8")


def test_a_version_is_published_once_and_then_it_may_not_be_edited(folder: Path) -> None:
    assert "not published yet" in run("check", folder)[1]
    code, said = run("publish", folder)
    assert (code, "who-5 1.0 is published" in said) == (0, True)
    assert run("publish", folder) == (0, "2 were published before\n")
    code, said = run("check", folder)
    assert (code, "not published" in said) == (0, False)
    edit(folder)
    code, said = run("check", folder)
    assert code == 1 and "A published version was edited" in said and "gas/1.0.toml: ok" in said
    before = (folder / FILE).read_bytes()
    code, said = run("publish", folder)
    assert code == 1 and "is a new version" in said
    assert (folder / FILE).read_bytes() == before


def test_comments_and_words_may_change_and_structure_may_not(folder: Path) -> None:
    run("publish", folder)
    published = read_published(folder)
    structure, words = folder / "who-5" / "1.0.toml", folder / "who-5" / "1.0.fi.toml"
    structure.write_text("# a remark\n" + structure.read_text(encoding="utf-8"), encoding="utf-8")
    words.write_text(words.read_text(encoding="utf-8") + "\n# mended\n", encoding="utf-8")
    assert [find_edited(one, published) for one in load_catalogue(folder).list()] == [None, None]
    edit(folder)
    faults = [find_edited(one, published) for one in load_catalogue(folder).list()]
    assert [fault.where for fault in faults if fault] == ["who-5 1.0"]


def test_a_folder_without_the_file_has_published_nothing(folder: Path) -> None:
    assert read_published(folder) == {}


@pytest.mark.parametrize("text", ["x = ", "who-5 = 1", '["who-5"]\n"1.0" = 1'])
def test_a_broken_file_is_named(folder: Path, text: str) -> None:
    (folder / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionRejected, match=FILE):
        read_published(folder)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    digests = {("b", "1.10"): "c" * 64, ("b", "1.9"): "a" * 64, ("a-b", "1.0"): "b" * 64}
    write_published(tmp_path, digests)
    assert read_published(tmp_path) == digests
