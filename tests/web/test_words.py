"""Every stored word has a name on the page, and no page carries code or style of its own."""

import re
from pathlib import Path

import pytest

from evalplat.errors import Fault
from evalplat.services.requests import (
    CLIENT_LANGUAGES,
    CLOSING_REASONS,
    COVARIATES,
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    NOT_OBTAINED_REASONS,
    SEXES,
)
from evalplat.statistics.change import ChangeStatus
from evalplat.web import words
from evalplat.web.courses import OWN_CHANGES
from evalplat.web.fields import kept_key, read_date, read_whole
from evalplat.web.vouchers import read_euros

TEMPLATES = sorted((Path(words.__file__).parent / "templates").rglob("*.html"))


def test_every_stored_word_has_a_name() -> None:
    for kind, folder in words.BY_TYPE.items():
        assert set(folder) == set(kind)  # type: ignore[call-overload]
    for name, known in (
        ("closing", CLOSING_REASONS),
        ("not_obtained", NOT_OBTAINED_REASONS),
        ("covariate", COVARIATES),
        ("sex", SEXES),
        ("language", CLIENT_LANGUAGES),
        ("living_situation", LIVING_SITUATIONS),
        ("employment", EMPLOYMENTS),
        ("change", tuple(ChangeStatus)),
    ):
        assert set(words.BY_NAME[name]) == set(known)
    assert set(OWN_CHANGES) == set(ChangeStatus)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_script_no_style_and_a_token_in_every_form_that_posts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # Modules from our own files, never words of a page: what the content security policy allows.
    text = re.sub(
        r'<script type="module" src="\{\{ (?:file|style)\([^<>]*\) \}\}"></script>', "", text
    )
    assert not re.search(r"<script|\son\w+=|\sstyle=|<style|https?://|javascript:", text)
    posting = re.findall(r'<form[^>]*method="post".*?</form>', text, flags=re.S)
    assert all("csrf" in form for form in posting)


@pytest.mark.parametrize("text", ["24.11.2026", "2026-11-24", " 24.11.2026 ", "2026-11-24"])
def test_a_date_is_read_as_people_here_write_it(text: str) -> None:
    faults: list[Fault] = []
    found = read_date(text, "day", faults)
    assert (str(found), faults) == ("2026-11-24", [])


@pytest.mark.parametrize(
    "text", ["", "31.2.2026", "24/11/2026", "tomorrow", "2026-13-01", "1.1.26"]
)
def test_what_is_no_date_is_a_fault_at_its_field(text: str) -> None:
    faults: list[Fault] = []
    assert read_date(text, "day", faults) is None
    assert [fault.where for fault in faults] == ["day"]


@pytest.mark.parametrize(
    ("text", "number"), [("2", 2), ("−2", -2), ("+1", 1), ("3", None), ("1.0", None), ("²", None)]
)
def test_a_level_is_a_whole_number_between_its_ends(text: str, number: int | None) -> None:
    assert read_whole(text, "level", [], low=-2, high=2) == number


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1200", 120_000), ("1 200,5", 120_050), ("1200.05 €", 120_005), ("-1", None), ("", None)],
)
def test_euros_are_read_with_comma_point_and_spaces(text: str, cents: int | None) -> None:
    assert read_euros(text, "value", []) == cents


def test_a_form_s_key_is_kept_only_when_it_is_one_of_ours() -> None:
    assert kept_key("a-key-of-sixteen-signs") == "a-key-of-sixteen-signs"
    for odd in ("", "short", "x" * 100, "with spaces in it, many", "<script>alert(1)"):
        assert kept_key(odd) != odd
