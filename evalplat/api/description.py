"""The OpenAPI document, made from the operations and their models: what is checked is what is described."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from evalplat.api.operations import PATHS, Operation, aliases_of
from evalplat.api.parts import Asked, Told
from evalplat.api.problems import MEDIA_TYPE
from evalplat.vocabulary import TokenScope

PREFIX = "#/components/schemas/"
BASE = "/api/v1"

ALWAYS = (400, 401, 403, 429, 503)
"""Problems that every operation may answer with."""

REFUSALS: Mapping[int, str] = {
    400: "The request does not fit this description; every fault is listed",
    401: "No token, or one that opens nothing",
    403: "The token or the role does not allow this",
    404: "There is no such thing, or it is somebody else's: the two are never told apart",
    409: "What is stored has changed, or the key was used for another sheet",
    413: "The body is larger than 64 KiB",
    415: "The body is not uncompressed JSON in UTF-8",
    422: "The request fits this description, but not the instrument or what is stored; every fault is listed",
    429: "The token has asked too often in this minute, or too many requests without a valid one came "
    "from the same network; Retry-After says when to go on",
    503: "The database does not answer just now; Retry-After says when to try again",
}
SCOPES: Mapping[TokenScope, str] = {
    TokenScope.DUE_READ: "read which forms are due, and the forms",
    TokenScope.SHEETS_WRITE: "send answer sheets",
    TokenScope.SCORES_READ: "read scores and courses",
    TokenScope.COMPARISON_READ: "read the comparison of providers",
}
ABOUT = """\
Other programs read what is due, send answer sheets and read scores here, in the name of an account.

**Tokens.** An account makes its own on its own page, or an administrator with `evalplat account token create`. Send
it as `Authorization: Bearer evp_…`. Its scopes are never wider than the account's role; it ends on its day, when it is
revoked, and with the account, its role or its provider. Cookies are not looked at, and there is no CORS.

**What is reached** is what the account reaches on its pages: a provider its own clients, a case worker their own, the
county's analyst and administrator released results only. Looking at a colleague's client for a written reason is for
people: it is not possible here, and neither is reading about a client whose data is restricted. Every read of
identified data is logged with the token's id. Names are not told.

**Problems** are `application/problem+json` (RFC 9457) with every fault at once, a stable `type`, and a reference
number that stands in the server's log. Their words follow Accept-Language (fi, sv, en). 400 means that the request
does not fit this description, 422 that the values do not fit the instrument or what is stored.

**Lists** are read page by page: `next` is the `cursor` of the next page, and null at the end. Days are days in Finland,
moments are UTC, both as ISO 8601. Bodies are UTF-8 JSON of at most 64 KiB, 8 levels deep, without equal names.
"""


class FaultTold(Told):
    """One fault: where it is, and what to do."""

    where: str = Field(serialization_alias="in", description="body, query, header or path")
    name: str = Field(description="A JSON pointer in the body, or the parameter's name.")
    detail: str


class Problem(Told):
    """What went wrong (RFC 9457). `type` is stable; words are in the reader's language."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str
    title: str
    status: int
    detail: str
    reference: str = Field(description="What support finds in the log.")
    errors: tuple[FaultTold, ...] | None = Field(
        None, description="Every fault, where there are any."
    )
    current_revision: int | None = Field(None, description="At 409: the revision that is stored.")


def describe(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The whole document."""
    found = list(operations)
    schemas, refs = _make_schemas(found)
    paths: dict[str, Any] = {}
    for one in found:
        paths.setdefault(one.path, {})[one.method.lower()] = _describe(one, schemas, refs)
    sent = {model.__name__ for one in found for model in (one.query, one.headers) if model}
    return {
        "openapi": "3.1.0",
        "info": {"title": "evalplat", "version": version, "description": ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in sent},
            "responses": {_name(status): _refuse(status) for status in REFUSALS},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Scopes: "
                    + "; ".join(f"`{scope}` ({text})" for scope, text in SCOPES.items()),
                }
            },
        },
    }


def _make_schemas(operations: list[Operation]) -> tuple[dict[str, Any], dict[Any, str]]:
    """Every model's schema, and under which name it stands."""
    wanted: dict[tuple[type[Asked] | type[Told], JsonSchemaMode], None] = {}
    for one in operations:
        for model in (one.query, one.headers, one.body):
            if model is not None:
                wanted[model, "validation"] = None
        wanted[one.answer, "serialization"] = None
    wanted[Problem, "serialization"] = None
    found, document = models_json_schema(list(wanted), ref_template=PREFIX + "{model}")
    refs = {model: found[model, mode]["$ref"].removeprefix(PREFIX) for model, mode in wanted}
    return {name: _tidy(schema) for name, schema in document["$defs"].items()}, refs


def _tidy(schema: Any) -> Any:
    """Without the titles that models make of field names, and with one-line descriptions."""
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: value for name, value in schema.items() if not _is_title(name, value)}
    return {name: _tidy(value) for name, value in kept.items()}


def _is_title(name: str, value: Any) -> bool:
    return name == "title" and isinstance(value, str)


def _describe(
    one: Operation, schemas: Mapping[str, Any], refs: Mapping[Any, str]
) -> dict[str, Any]:
    answer = {"schema": {"$ref": PREFIX + refs[one.answer]}}
    described: dict[str, Any] = {
        "operationId": _id_of(one),
        "summary": one.summary,
        "description": "",
        "tags": [one.tag],
        "security": [{"token": [one.scope.value] if one.scope else []}],
        "parameters": [
            *(_path_parameter(name) for name in one.names),
            *_parameters(one.query, "query", schemas, refs),
            *_parameters(one.headers, "header", schemas, refs),
        ],
        "responses": {
            **{
                str(status): {"description": text, "content": {"application/json": answer}}
                for status, text in one.statuses
            },
            **{
                str(status): {"$ref": f"#/components/responses/{_name(status)}"}
                for status in sorted({*ALWAYS, *one.refusals})
            },
        },
    }
    if one.body is not None:
        content = {"application/json": {"schema": {"$ref": PREFIX + refs[one.body]}}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _id_of(one: Operation) -> str:
    words = re.sub(r"[{}/]+", " ", one.path).split()
    return "_".join([one.method.lower(), *words])


def _path_parameter(name: str) -> dict[str, Any]:
    form = {"type": "string", "pattern": f"^{PATHS[name]}$", "maxLength": 60}
    return {"name": name, "in": "path", "required": True, "schema": form}


def _parameters(
    model: type[Asked] | None, where: str, schemas: Mapping[str, Any], refs: Mapping[Any, str]
) -> list[dict[str, Any]]:
    """A model's fields as parameters, each with its own schema."""
    if model is None:
        return []
    schema = schemas[refs[model]]
    needed = schema.get("required", [])
    made = []
    for alias in aliases_of(model).values():
        form = dict(schema["properties"][alias])
        text = form.pop("description", "")
        if form.get("default", "") is None:  # absent is how a parameter is null
            del form["default"]
            form = next(part for part in form["anyOf"] if part.get("type") != "null")
        made.append(
            {
                "name": alias,
                "in": where,
                "required": alias in needed,
                "description": text,
                "schema": form,
            }
        )
    return made


def _name(status: int) -> str:
    return f"Problem{status}"


def _refuse(status: int) -> dict[str, Any]:
    return {
        "description": REFUSALS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": PREFIX + "Problem"}}},
    }
