"""The description of the interface for other programs as a page: the same document that programs read, in tables."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template
from markupsafe import Markup, escape

from evalplat.web.access import public

bp = Blueprint("api_guide", __name__)
DOCUMENT = "openapi"
"""Where the application keeps the document among its extensions."""


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body or an answer: where it goes, of which type, what it means."""

    name: str
    where: str
    type: Markup
    required: bool
    text: Markup


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    paragraphs: tuple[Markup, ...]
    scopes: tuple[str, ...]
    fields: tuple[Field, ...]
    body: str
    answer: str
    statuses: tuple[tuple[str, str], ...]


@bp.get("/api-guide")
@public
def show_guide() -> str:
    """How a program asks, every operation, and every model; it shows nothing about a person."""
    document: Mapping[str, Any] = current_app.extensions[DOCUMENT]
    parts = document["components"]
    return render_template(
        "api_guide.html",
        base=document["servers"][0]["url"],
        about=paragraphs(document["info"]["description"]),
        operations=[
            _read_operation(path, method, one, parts["responses"])
            for path, methods in document["paths"].items()
            for method, one in methods.items()
        ],
        models=[
            (
                name,
                paragraphs(schema.get("description", "")),
                _read_fields(schema),
                words_of(schema),
            )
            for name, schema in sorted(parts["schemas"].items())
        ],
    )


def paragraphs(text: str) -> tuple[Markup, ...]:
    """A text with `code` and **stress** as paragraphs."""
    return tuple(dress(" ".join(part.split())) for part in text.strip().split("\n\n") if part)


def dress(text: str) -> Markup:
    """A line with its code and its stress marked; everything else as it is written."""
    line = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", line))


def words_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a model that is one of some words."""
    return tuple(str(word) for word in schema.get("enum", ()))


def type_of(schema: Mapping[str, Any]) -> Markup:
    """A schema in a few words, with a link where it is a model."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#model-{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" | ").join(dict.fromkeys(type_of(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return Markup(" | ").join(
            Markup("<code>{}</code>").format(word or '""') for word in schema["enum"]
        )
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return escape(" | ".join(kind))
    if kind == "array":
        return Markup("{} …").format(type_of(schema.get("items", {})))
    if "format" in schema:
        return escape(schema["format"])
    low, high = schema.get("minimum"), schema.get("maximum")
    return escape(f"{kind} {low}–{high}" if low is not None and high is not None else kind)


def _read_operation(
    path: str, method: str, one: Mapping[str, Any], refusals: Mapping[str, Any]
) -> Operation:
    statuses = []
    answer = body = ""
    for status, told in one["responses"].items():
        shared = told.get("$ref", "").rpartition("/")[2]
        statuses.append((status, (refusals[shared] if shared else told)["description"]))
        if not shared:
            answer = _name_of(told["content"])
    if "requestBody" in one:
        body = _name_of(one["requestBody"]["content"])
    return Operation(
        id=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        paragraphs=paragraphs(one["description"]),
        scopes=tuple(one["security"][0]["token"]),
        fields=tuple(
            Field(
                name=part["name"],
                where=part["in"],
                type=type_of(part["schema"]),
                required=part["required"],
                text=dress(part.get("description", "")),
            )
            for part in one["parameters"]
        ),
        body=body,
        answer=answer,
        statuses=tuple(sorted(statuses)),
    )


def _name_of(content: Mapping[str, Any]) -> str:
    reference: str = content["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


def _read_fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    needed = schema.get("required", ())
    return tuple(
        Field(name, "", type_of(part), name in needed, dress(part.get("description", "")))
        for name, part in schema.get("properties", {}).items()
    )
