"""The interface for other programs, as an application of its own beside the pages: no sessions, no forms, no cookies.

It is mounted at `/api`. Nothing that pages have (cookies, tokens of forms, error pages) reaches it, and nothing of it
reaches pages.
"""

import json
from collections.abc import Callable, Iterable
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response

from evalplat.api import (
    admission,
    comparison,
    description,
    due,
    instruments,
    me,
    problems,
    scores,
    sheets,
)
from evalplat.api.operations import FINDER, Operation, operation_of, serve

if TYPE_CHECKING:
    from evalplat.wiring import Wiring

BODY_BYTES = 64 * 1024

VIEWS: tuple[Callable[..., Any], ...] = (
    me.show_me,
    instruments.list_instruments,
    instruments.show_instrument,
    due.list_due,
    due.show_administration,
    sheets.post_sheet,
    scores.show_scores,
    scores.show_course,
    comparison.list_scales,
    comparison.show_comparison,
)
DOCUMENT = "evalplat.openapi"
DOCUMENT_RULE = "/v1/openapi.json"


def create_api(find_wiring: "Callable[[], Wiring]") -> Flask:
    """The interface on whichever wiring the pages have just now."""
    api = Flask("evalplat.api", static_folder=None, template_folder=None)
    api.config.update(MAX_CONTENT_LENGTH=BODY_BYTES)
    api.url_map.merge_slashes = False
    api.extensions[FINDER] = find_wiring
    api.extensions[DOCUMENT] = describe_operations(VIEWS)
    admission.install(api)
    problems.install(api)
    for view in VIEWS:
        declared = cast(Operation, operation_of(view))
        api.add_url_rule(
            declared.rule, view.__name__, serve(view), methods=[declared.method],
        )  # fmt: skip
    api.add_url_rule(DOCUMENT_RULE, "show_document", _show_document(api), methods=["GET"])
    return api


def describe_operations(views: Iterable[Callable[..., Any]]) -> dict[str, Any]:
    """The description of these views; their own texts explain them."""
    found = list(views)
    document = description.describe(
        (cast(Operation, operation_of(view)) for view in found), installed_version("evalplat")
    )
    for view in found:
        declared = cast(Operation, operation_of(view))
        words = document["paths"][declared.path][declared.method.lower()]
        words["description"] = _unwrap(view.__doc__ or "")
    return document


def _unwrap(text: str) -> str:
    """A docstring as paragraphs of one line each."""
    paragraphs = text.strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def list_operations(api: Flask) -> list[tuple[str, str, str]]:
    """(path, methods, rule) of every address of the interface; the rule is who may call it."""
    found = []
    for route in sorted(api.url_map.iter_rules(), key=lambda one: one.rule):
        methods = " ".join(sorted((route.methods or set()) - {"HEAD", "OPTIONS"}))
        declared = operation_of(api.view_functions[route.endpoint])
        found.append((f"/api{route.rule}", methods, str(declared or "public")))
    return found


def _show_document(api: Flask) -> Callable[[], Response]:
    def show_document() -> Response:
        """The description of this interface, for anybody: it says nothing about a person."""
        body = json.dumps(api.extensions[DOCUMENT], ensure_ascii=False, indent=1) + "\n"
        return Response(body, mimetype="application/json")

    return show_document
