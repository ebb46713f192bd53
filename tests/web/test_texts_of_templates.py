"""Texts of templates are formatted even where nothing is filled in, so that a bare percent sign breaks the page."""

import re
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files

import pytest

from evalplat.language import get_translator

TEXT = re.compile(r"""_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def list_texts() -> Iterator[str]:
    folders = [files("evalplat.web") / "templates"]
    while folders:
        for entry in folders.pop().iterdir():
            if entry.is_dir():
                folders.append(entry)
            elif entry.name.endswith((".html", ".txt", ".xml")):
                for found in TEXT.finditer(entry.read_text(encoding="utf-8")):
                    yield found[1] if found[1] is not None else found[2]


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_every_text_of_a_template_can_be_filled_in_in_every_language(language: str) -> None:
    texts = set(list_texts())
    assert len(texts) > 200
    _ = get_translator(language)
    for text in texts:
        assert "%(" not in _(text) % defaultdict(lambda: "1"), text
