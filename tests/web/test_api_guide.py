"""The page of the interface for other programs: all of the document, in three languages, nothing from elsewhere."""

import re
from typing import Any

import pytest

from evalplat.web.api_guide import DOCUMENT, dress

HEADINGS = {"fi": "Rajapinta muille ohjelmille", "sv": "Gränssnitt för andra program",
            "en": "Interface for other programs"}  # fmt: skip


@pytest.mark.parametrize("language", sorted(HEADINGS))
def test_every_operation_and_every_model_of_the_document_is_shown(
    world: Any, language: str
) -> None:
    browser = world.browser()
    assert browser.get("/api-guide", headers={"Accept-Language": language}).status_code == 200
    document = world.app.extensions[DOCUMENT]
    assert document == world.app.test_client().get("/api/v1/openapi.json").get_json()
    assert f"<h1>{HEADINGS[language]}</h1>" in browser.page
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert f"<code>{method.upper()} /api/v1{path}</code>" in browser.page
            assert f'id="{one["operationId"]}"' in browser.page
    for name in document["components"]["schemas"]:
        assert f'id="model-{name}"' in browser.page
    linked = set(re.findall(r'href="#([^"]+)"', browser.page))
    assert linked - {"content"} <= set(re.findall(r' id="([^"]+)"', browser.page))
    assert not re.search(r'(?:src|href)="(?:https?:)?//', browser.page)
    assert "/api/v1/openapi.json" in browser.page


def test_what_is_dressed_up_is_escaped_first() -> None:
    assert dress("`<b>` **<i>** & x") == "<code>&lt;b&gt;</code> <strong>&lt;i&gt;</strong> &amp; x"
