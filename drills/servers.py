"""Databases and servers for drills: an SQLite file or a PostgreSQL of its own, and `evalplat serve` on it."""

import contextlib
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import make_url

from drills.postgres import Postgres
from drills.processes import kill_family, ledger, tell
from evalplat.config import Settings, sqlite_url
from evalplat.services.installation import make_tables

KEY = "k7Qz2mB9xW4cR8tY1uP5aS3dF6gH0jL-"
MASTER_KEY = "vN3eTq8Zr5Xb1Ym6Lc9Kd2Wf7Hs4Pg0J-"
KINDS = ("sqlite", "postgresql")
HERE = "127.0.0.1"


@dataclass
class Place:
    """Where a drill has its databases; `program` is PostgreSQL's own server, None for SQLite."""

    kind: str
    folder: Path
    program: Postgres | None = None

    @property
    def postgres(self) -> Postgres:
        """PostgreSQL's own server, where the place has one."""
        assert self.program is not None
        return self.program

    def make(self, name: str, *, tables: bool = True, template: str = "") -> Settings:
        """A new database, with tables unless a restore fills it; a copy of `template` where one is named."""
        if self.kind == "sqlite":
            path = self.folder / name / "e.sqlite3"
            if template:
                path.parent.mkdir()
                shutil.copyfile(self.folder / template / "e.sqlite3", path)
                path.chmod(0o600)
            url = sqlite_url(path)
        else:
            self.postgres.run(
                f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
                f"CREATE DATABASE {name} {f'TEMPLATE {template}' if template else ''}",
            )
            plain = make_url(self.postgres.uri)
            url = plain.set(drivername="postgresql+psycopg", database=name).render_as_string(False)
        settings = Settings(
            url, url, backups_folder=self.folder / "backups", master_keys=(MASTER_KEY,)
        )
        if tables and not template:
            make_tables(settings)
        return settings

    def for_the_web(self, settings: Settings) -> Settings:
        """The same database as the server may use it: on PostgreSQL with a login that owns nothing."""
        if self.kind == "sqlite":
            return settings
        known = self.postgres.run("SELECT 1 FROM pg_roles WHERE rolname = 'web'")
        if not known:
            self.postgres.run("CREATE ROLE web LOGIN IN ROLE evalplat_app")
        url = make_url(settings.database_url).set(username="web")
        return replace(settings, database_url=url.render_as_string(False))


@contextmanager
def place_of(kind: str, within: Path | None = None) -> Iterator[Place]:
    """A folder, and for PostgreSQL a server within it, gone when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="evalplat-drill-", dir=within))
    ledger().note_folder(folder)
    folder.chmod(0o755)
    private = folder / "runtime"
    private.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(private))
    program = Postgres(folder / "pg") if kind == "postgresql" else None
    try:
        yield Place(kind, folder, program)
    finally:
        if program is not None:
            program.stop()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of this machine that nobody listens on.

    Not one of those that connections are given for their own end: a client that tries again and again while the server
    is away would sooner or later be connected with itself.
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HERE, port))
            return port


def require_silence(port: int) -> None:
    """A server that was forgotten must not be tested in place of the new one; raises AssertionError."""
    assert not is_heard(port), f"somebody listens on port {port} already"


def is_heard(port: int) -> bool:
    """Whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((HERE, port)) == 0


@dataclass
class Server:
    """`evalplat serve` on a database; started again and again on the same port."""

    settings: Settings
    log: Path
    port: int = field(default_factory=free_port)
    workers: int = 1
    threads: int = 8
    environ: Mapping[str, str] = field(default_factory=dict)
    wrapper: Sequence[str] = ()
    program: Sequence[str] = ("-m", "evalplat.cli.main")
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        """The first process of the server's group."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> float:
        """Start it and wait until it is ready; returns the seconds that took."""
        self.begin()
        return wait_for(self.port, "/readyz", 200, 90, self.process)

    def begin(self) -> None:
        """Start it, in a group of its own, on a port that was proved free first."""
        require_silence(self.port)
        environ = {
            **os.environ,
            "EVALPLAT_DATABASE_URL": self.settings.database_url,
            "EVALPLAT_DATABASE_OWNER_URL": self.settings.owner_url,
            "EVALPLAT_SECRET_KEY": KEY,
            "EVALPLAT_MASTER_KEY": MASTER_KEY,
            "OMP_NUM_THREADS": "1",
            **self.environ,
        }
        command = [
            *self.wrapper, sys.executable, *self.program, "serve",
            "--port", str(self.port), "--workers", str(self.workers), "--threads", str(self.threads),
        ]  # fmt: skip
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                command, env=environ, stdout=stream, stderr=stream, start_new_session=True
            )
        ledger().note(self.process)

    def kill(self) -> None:
        """kill −9 for the whole group. A thread that waits for the disk keeps the port a moment longer."""
        assert self.process is not None
        kill_family(self.process)
        end = time.monotonic() + 30
        while is_heard(self.port) and time.monotonic() < end:
            time.sleep(0.01)

    def stop(self, seconds: float = 60) -> int:
        """SIGTERM, as a supervisor does; returns the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            tell(self.process, signal.SIGTERM, bool(self.wrapper))
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextmanager
def serving(
    settings: Settings, log: Path, *, workers: int = 1, threads: int = 8,
    environ: Mapping[str, str] | None = None, wrapper: Sequence[str] = (),
    program: Sequence[str] = ("-m", "evalplat.cli.main"),
) -> Iterator[Server]:  # fmt: skip
    """A server on the database, from the moment it is ready; told to stop when the block ends."""
    server = Server(
        settings, log, workers=workers, threads=threads, environ=environ or {}, wrapper=wrapper,
        program=program,
    )  # fmt: skip
    try:
        server.start()
        yield server
    except BaseException:
        if server.process is not None and server.process.poll() is None:
            server.kill()
        raise
    else:
        server.stop()


def ask(port: int, path: str, patience: float = 40) -> tuple[int, dict[str, str]]:
    """The status and headers of an answer; status 0 where there is none."""
    connection = http.client.HTTPConnection(HERE, port, timeout=patience)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status, dict(response.headers)
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


def wait_for(
    port: int, path: str, status: int, seconds: float, server: "subprocess.Popen[bytes] | None"
) -> float:
    """How many seconds it took until the page had the status; raises AssertionError when it did not."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if server is not None and server.poll() is not None:
            raise AssertionError("the server stopped by itself")
        if ask(port, path)[0] == status:
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"{path} was not answered with {status} within {seconds} s")
