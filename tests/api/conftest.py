"""A county of two providers behind the interface for other programs, on both databases, with a key for every role."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from api_county import CALLERS, NAMES, County, build, build_pairs, make_key
from databases import Clock, Templates
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from evalplat.app import API, create_app
from evalplat.config import Settings
from evalplat.instruments.catalogue import Catalogue
from evalplat.vocabulary import MeasurementPoint
from evalplat.web.context import EXTENSION
from evalplat.wiring import Wiring, build_wiring

__all__ = [
    "CALLERS",
    "NAMES",
    "build",
    "make_key",
]

KEY = "0123456789abcdef" * 3


class Program:
    """Another program with one key."""

    def __init__(self, client: FlaskClient, key: str = "") -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **rest: Any) -> TestResponse:
        return self.open(path, method="GET", **rest)

    def post(self, path: str, body: Any, key: str = "", **rest: Any) -> TestResponse:
        headers = (
            {"Idempotency-Key": key, **rest.pop("headers", {})} if key else rest.pop("headers", {})
        )
        if isinstance(body, bytes):
            rest = {"content_type": "application/json", "data": body, **rest}
        else:
            rest["json"] = body
        return self.open(path, method="POST", headers=headers, **rest)

    def open(self, path: str, **rest: Any) -> TestResponse:
        headers = {**self.headers, **rest.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", headers=headers, **rest)


@dataclass
class World:
    """The served county."""

    wiring: Wiring
    app: Flask
    clock: Clock
    county: County

    def program(self, caller: str = "") -> Program:
        return Program(self.app.test_client(), self.county.keys.get(caller, caller))

    def planned(self, instrument: str = "whodas-2.0-12", point: str = "midpoint") -> str:
        """An open administration of the worker's client."""
        return self.county.here.administration(instrument, MeasurementPoint(point)).id

    def set_limit(self, most: int) -> None:
        settings = replace(self.wiring.settings, api_per_minute=most)
        self.wiring = self.app.extensions[EXTENSION] = replace(self.wiring, settings=settings)


@pytest.fixture(scope="session")
def app(catalogue: Catalogue) -> Flask:
    """One application for all tests; each gives it a database."""
    settings = Settings(database_url="sqlite://", owner_url="", secret_key=KEY)
    return create_app(Wiring(settings, None, catalogue, Clock(), None))  # type: ignore[arg-type]


class Counties:
    """Counties that were filled once and are copied and served for a test."""

    def __init__(self, kind: str, templates: Templates, folder: Path, app: Flask) -> None:
        self.kind, self.templates, self.folder, self.app = kind, templates, folder, app

    @contextmanager
    def serve(self, name: str, build: Callable[[Wiring], County]) -> Iterator[World]:
        county = self.templates.fill(self.kind, name, build)
        settings = self.templates.copy(self.kind, self.folder, name)
        settings = replace(settings, secret_key=KEY, api_per_minute=100_000, second_factor=())
        clock = Clock()
        wiring = build_wiring(settings, catalogue=self.templates.catalogue, clock=clock)
        self.app.extensions[EXTENSION] = wiring
        try:
            yield World(wiring, self.app, clock, county)
        finally:
            wiring.engine.dispose()


@pytest.fixture
def counties(kind: str, templates: Templates, tmp_path: Path, app: Flask) -> Counties:
    return Counties(kind, templates, tmp_path, app)


@pytest.fixture
def world(counties: Counties) -> Iterator[World]:
    with counties.serve("api_county", build) as served:
        yield served


@pytest.fixture
def pairs(counties: Counties) -> Iterator[World]:
    """The same county with enough pairs for two providers to be shown."""
    with counties.serve("api_pairs", build_pairs) as served:
        yield served


@pytest.fixture
def api(app: Flask) -> Flask:
    """The interface's own application."""
    found: Flask = app.extensions[API]
    return found


def sheet(**rest: Any) -> dict[str, Any]:
    """A whole sheet of WHODAS 2.0 with 12 items for the midpoint."""
    return {
        "base_revision": 0,
        "measured_on": "2026-06-01",
        "mode": "self",
        "respondent": "client",
        "answers": {**{f"S{n}": 2 for n in range(1, 13)}, "works_or_studies": True},
        **rest,
    }
