"""One operation of the interface: its address, who may call it, what goes in and out; declared beside its view.

`@operation(…)` gives a view its rule. `serve` makes the requests of the web server into calls of views: it reads and
checks what was sent by the operation's models, and writes the answer. A view gets values, asks one service, and
returns a model.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Response, current_app, g, request
from pydantic import BaseModel, ValidationError

from evalplat.api.faults import places_of
from evalplat.api.parts import ID, INSTRUMENT, Asked, Told
from evalplat.api.problems import Misfit, Place, WrongContent, reader
from evalplat.api.strict_json import BadJson, check_json
from evalplat.errors import Message, NotFound
from evalplat.services.actors import Actor
from evalplat.services.token_calls import Caller
from evalplat.vocabulary import TokenScope

if TYPE_CHECKING:
    from evalplat.wiring import Wiring

View = TypeVar("View", bound=Callable[..., Any])
FINDER = "evalplat.find_wiring"
PATHS: Mapping[str, str] = {"administration_id": ID, "episode_id": ID, "key": INSTRUMENT}
"""The form of each part of an address that is not fixed."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a view knows of its request besides what was sent: who asks, when, in which language."""

    wiring: "Wiring"
    caller: Caller
    at: datetime
    language: str

    @property
    def actor(self) -> Actor:
        """Who the services and the access log know."""
        return self.caller.actor


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer with a status of its own."""

    answer: Told
    status: int


@dataclass(frozen=True, slots=True)
class Operation:
    """The description of one operation.

    scope: what the token must allow; None for every valid token. query, headers, body: models of what is sent.
    answer: the model of the answer; statuses: with which statuses it comes, and what each means. refusals: statuses
    of problems beyond those that every operation has.
    """

    method: str
    path: str
    scope: TokenScope | None
    summary: str
    tag: str
    answer: type[Told]
    query: type[Asked] | None = None
    headers: type[Asked] | None = None
    body: type[Asked] | None = None
    statuses: tuple[tuple[int, str], ...] = ((200, "Done"),)
    refusals: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of the address that are not fixed."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def rule(self) -> str:
        """The address as the web server's router writes it."""
        return "/v1" + self.path.replace("{", "<").replace("}", ">")

    def __str__(self) -> str:
        return "token" if self.scope is None else f"token: {self.scope}"


def operation(method: str, path: str, **rest: Any) -> Callable[[View], View]:
    """Declare a view as an operation."""

    def declare(view: View) -> View:
        view.operation = Operation(method, path, **rest)  # type: ignore[attr-defined]
        return view

    return declare


def operation_of(view: Any) -> Operation | None:
    """The operation that a view was declared as."""
    return cast("Operation | None", getattr(view, "operation", None))


def current_wiring() -> "Wiring":
    """Engine, catalogue, settings and clock of this application."""
    return cast("Wiring", current_app.extensions[FINDER]())


def now() -> datetime:
    """The instant of this request, one and the same for everything it does."""
    if "now" not in g:
        g.now = current_wiring().clock()
    return cast(datetime, g.now)


def serve(view: Any) -> Callable[..., Response]:
    """The view as the web server calls it."""
    declared = cast(Operation, operation_of(view))

    def answer(**path: str) -> Response:
        for name, value in path.items():
            if not re.fullmatch(PATHS[name], value, re.ASCII) or len(value) > 60:
                raise NotFound(Message("There is no such thing, or it is not yours to see."))
        places: list[Place] = []
        sent: dict[str, Any] = {}
        _read_query(declared, sent, places)
        if declared.headers is not None:
            found = {f: request.headers.get(a) for f, a in aliases_of(declared.headers).items()}
            known = {f: value for f, value in found.items() if value is not None}
            _check(declared.headers, known, "header", "headers", sent, places)
        if declared.body is not None:
            _read_body(declared.body, sent, places)
        if places:
            raise Misfit(places)
        call = Call(current_wiring(), g.caller, now(), reader())
        made = view(call, **path, **sent)
        outcome = made if isinstance(made, Outcome) else Outcome(made, declared.statuses[0][0])
        return write(outcome.answer, outcome.status)

    answer.__name__ = view.__name__
    answer.operation = declared  # type: ignore[attr-defined]
    return answer


def write(answer: BaseModel, status: int = 200) -> Response:
    """An answer as JSON."""
    body = answer.model_dump_json() + "\n"
    return Response(body, status, mimetype="application/json")


def aliases_of(model: type[Asked]) -> dict[str, str]:
    """The names under which a model's fields are sent, by field."""
    return {name: field.alias or name for name, field in model.model_fields.items()}


def _read_query(declared: Operation, sent: dict[str, Any], places: list[Place]) -> None:
    model = declared.query
    known = {} if model is None else {alias: name for name, alias in aliases_of(model).items()}
    values: dict[str, Any] = {}
    for alias, found in request.args.lists():
        if alias not in known:
            places.append(
                Place("query", alias[:60], Message("This is not known here. Leave it out."))
            )
        elif model is not None and _is_list(model, known[alias]):
            values[known[alias]] = found
        elif len(found) > 1:
            places.append(Place("query", alias, Message("Give this once.")))
        else:
            values[known[alias]] = found[0]
    if model is not None:
        _check(model, values, "query", "query", sent, places)


def _is_list(model: type[Asked], name: str) -> bool:
    return str(model.model_fields[name].annotation).startswith(("tuple[", "list["))


def _check(
    model: type[Asked],
    values: Mapping[str, Any],
    where: str,
    name: str,
    sent: dict[str, Any],
    places: list[Place],
) -> None:
    """Check what an address or its headers say; their texts are read by the model's own types."""
    aliases = aliases_of(model)
    try:
        text = json.dumps({aliases[field]: value for field, value in values.items()})
        sent[name] = model.model_validate_json(text)
    except ValidationError as error:
        places.extend(places_of(error, where))


def _read_body(model: type[Asked], sent: dict[str, Any], places: list[Place]) -> None:
    if request.mimetype != "application/json" or request.content_encoding not in (None, "identity"):
        raise WrongContent
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise WrongContent
    body = request.get_data(cache=False)
    try:
        check_json(body)
        sent["body"] = model.model_validate_json(body)
    except BadJson as error:
        places.append(Place("body", "", error.message))
    except ValidationError as error:
        places.extend(places_of(error, "body"))
