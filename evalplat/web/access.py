"""Who may open which page: one rule per route, kept in one register.

A view declares its rule with `@public`, `@client`, `@staff(Role…)`, `@signing_in` or `@enrolling`. A route without a
rule stops `create_app`, so a forgotten rule can never be an open door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from evalplat.vocabulary import Role

View = TypeVar("View", bound=Callable[..., Any])

PROVIDER_STAFF = (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER)
CARE_STAFF = (*PROVIDER_STAFF, Role.CASE_WORKER)
"""Who works with a client: the provider, and the case worker before, beside and after the service."""

COUNTY_READERS = (Role.ANALYST, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Rule:
    """`door` is public, client, staff, or a stage on the way to being signed in; `roles` says which staff."""

    door: str
    roles: frozenset[Role] = frozenset()

    def __str__(self) -> str:
        return self.door + ("" if not self.roles else ": " + ", ".join(sorted(self.roles)))


PUBLIC = Rule("public")
CLIENT = Rule("client")
SIGNING_IN = Rule("signing in")
ENROLLING = Rule("staff or enrolling")
FILES = ("static", "bootstrap.static")
"""Endpoints that serve the style sheets; they belong to libraries and cannot carry a decorator."""


def public(view: View) -> View:
    """Anyone may open it, and it shows nothing about a person."""
    view.access_rule = PUBLIC  # type: ignore[attr-defined]
    return view


def client(view: View) -> View:
    """Only somebody who started a visit with a code or a link."""
    view.access_rule = CLIENT  # type: ignore[attr-defined]
    return view


def signing_in(view: View) -> View:
    """Only somebody whose password was right and whose second factor is awaited."""
    view.access_rule = SIGNING_IN  # type: ignore[attr-defined]
    return view


def enrolling(view: View) -> View:
    """Any signed-in account, and somebody who has to set a second factor up before anything else."""
    view.access_rule = ENROLLING  # type: ignore[attr-defined]
    return view


def fresh(view: View) -> View:
    """Of a signed-in account only where the password was given lately: it is asked for again before."""
    view.needs_proof = True  # type: ignore[attr-defined]
    return view


def staff(*roles: Role) -> Callable[[View], View]:
    """Only a signed-in account with one of these roles."""
    if not roles:
        raise ValueError("name the roles that may open the page")

    def declare(view: View) -> View:
        view.access_rule = Rule("staff", frozenset(roles))  # type: ignore[attr-defined]
        return view

    return declare


def keeps_input(view: View) -> View:
    """The view shows its form again, filled in, when the form's token is stale or the language is switched."""
    view.keeps_input = True  # type: ignore[attr-defined]
    return view


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule an endpoint declared; None where it declared none."""
    if endpoint in FILES:
        return PUBLIC
    return getattr(app.view_functions[endpoint], "access_rule", None)


def list_routes(app: Flask) -> Iterator[tuple[str, str, str, Rule | None]]:
    """(path template, methods, endpoint, rule) of every route, ordered by path."""
    for route in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, sorted(r.methods or ()))):
        methods = " ".join(sorted((route.methods or set()) - {"HEAD", "OPTIONS"}))
        yield route.rule, methods, route.endpoint, rule_of(app, route.endpoint)


def require_rules(app: Flask) -> None:
    """Stop an application in which a route has no rule."""
    missing = [
        f"{path} ({endpoint})" for path, _, endpoint, rule in list_routes(app) if rule is None
    ]
    if missing:
        raise RuntimeError("These routes declare no access rule: " + ", ".join(missing))
