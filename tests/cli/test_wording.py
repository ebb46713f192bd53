"""Loading an owner's wording from the command line."""

import csv
import io

import pytest
from click.testing import CliRunner

from evalplat.cli.db import db
from evalplat.cli.instruments import instruments
from evalplat.errors import InputRejected


@pytest.fixture
def run(tmp_path):
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path}/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_INSTRUMENTS": None,
        "EVALPLAT_OWN_INSTRUMENTS": None,
    }

    def run(group, *arguments):
        return CliRunner().invoke(
            group, [str(a) for a in arguments], env=environ, catch_exceptions=False
        )

    return run


def test_a_template_is_filled_in_loaded_listed_and_ended(run, tmp_path):
    run(db, "create")
    rows = list(csv.DictReader(io.StringIO(
        run(instruments, "wording", "template", "who-5", "1.0", "fi").output
    )))  # fmt: skip
    assert [row["place"] for row in rows[:5]] == [
        "title",
        "introduction",
        "recall",
        "item.W1",
        "help.W1",
    ]
    file = tmp_path / "words.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows({**row, "official": f"Made up {n}"} for n, row in enumerate(rows))
    load = ("wording", "load", "who-5", "1.0", "fi", file, "--holder", "WHO", "--permit", "7")
    assert "is shown in WHO's wording (fi)" in run(instruments, *load).output
    listed = run(instruments, "wording", "list").output
    assert "in use\tWHO (7)" in listed and "Made up" not in listed
    assert "our own labels again" in run(instruments, "wording", "end", "who-5", "1.0", "fi").output
    assert "\tin use" not in run(instruments, "wording", "list").output
    with pytest.raises(InputRejected):
        run(instruments, "wording", "end", "who-5", "1.0", "fi")


def test_wrong_use_is_told_before_anything_is_opened(run):
    for key, language in (
        ("kykyviisari", "fi"),
        ("client-feedback", "fi"),
        ("who-5", "ru"),
        ("no", "fi"),
    ):
        assert run(instruments, "wording", "template", key, "1.0", language).exit_code == 2
