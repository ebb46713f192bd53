"""Everything a person reads exists in Finnish, Swedish and English."""

import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "evalplat" / "translations"
TRANSLATED = ("fi", "sv")
PLACE = re.compile(r"%\((\w+)\)[sd]|%%")
METHODS = [("web/templates/**.html", "jinja2"), ("**.py", "python")]


@cache
def list_messages() -> frozenset[str]:
    """Every message id of the package; of a plural the singular. Read once, it takes seconds."""
    keywords = dict(DEFAULT_KEYWORDS) | {"Message": None}
    found = extract_from_dir(ROOT / "evalplat", METHODS, keywords=keywords)
    return frozenset(
        ids if isinstance(ids, str) else ids[0] for _file, _line, ids, _notes, _context in found
    )


def read_catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        return read_po(stream, locale=language)


def entries(catalogue: Catalog) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    """(message ids, translations, uncertain) of every message, singular first."""
    for message in catalogue:
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
            words = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            yield ids, words, message.fuzzy


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language: str) -> None:
    done = {ids[0] for ids, words, _fuzzy in entries(read_catalogue(language)) if all(words)}
    assert sorted(list_messages() - done) == []


def list_said(path: Path) -> Iterator[str]:
    """The texts that a module says in the reader's language, wherever in its code they stand."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("_", "gettext", "ngettext", "Message") and node.args[0].value:
                yield str(node.args[0].value)


def test_no_text_is_where_extraction_does_not_look() -> None:
    """Inside an f-string a text is never extracted, and would be read in English."""
    said = {text for path in (ROOT / "evalplat").rglob("*.py") for text in list_said(path)}
    assert len(said) > 1000
    assert sorted(said - list_messages()) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over_or_uncertain(language: str) -> None:
    catalogue = read_catalogue(language)
    known = list_messages()
    assert [ids[0] for ids, _words, _fuzzy in entries(catalogue) if ids[0] not in known] == []
    assert [ids[0] for ids, _words, fuzzy in entries(catalogue) if fuzzy] == []
    assert list(catalogue.obsolete) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_the_same_places_as_its_message(language: str) -> None:
    wrong = []
    for ids, words, _fuzzy in entries(read_catalogue(language)):
        allowed = {frozenset(PLACE.findall(text)) for text in ids}
        wrong += [text for text in words if frozenset(PLACE.findall(text)) not in allowed]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(language))
    compiled.seek(0)
    with (FOLDER / language / "LC_MESSAGES" / "messages.mo").open("rb") as stream:
        stored = read_mo(stream)
    assert list(entries(stored)) == list(entries(read_mo(compiled)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_says_which_plural_belongs_to_which_number(language: str) -> None:
    assert read_catalogue(language).num_plurals == 2
