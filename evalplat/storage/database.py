"""The database itself: engines, settings that keep what was promised, one writer at a time on SQLite.

SQLite's own busy handler makes writers sleep and starve; a queue before it lets them pass in turn. Readers never wait.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url, text

from evalplat.config import Settings
from evalplat.errors import Fault, Message, NotConfigured, Unavailable
from evalplat.storage.guard import install_guard

APPLICATION_ROLE = "evalplat_app"
"""The PostgreSQL role that the application works as: it owns no table and cannot pass the row-level policies."""

PATIENCE_SECONDS = 20.0
NOT_SAFE = Message("The database is not safe to use as it is set up.")

AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""What says that the database itself is the trouble (gone, full, locked, no free connection), not what was asked."""


SQLITE_SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "secure_delete": 1,
}
"""How every connection to SQLite is set, as SQLite reads it back."""


class DatabaseBusy(Unavailable):
    """The database does not answer, or did not take the change in time; trying again is safe.

    `__cause__` is the database's own error, where there was one.
    """

    @classmethod
    def now(cls) -> "DatabaseBusy":
        """The error with its sentence for people."""
        return cls(
            Message("The database is busy. Nothing was saved; please try again in a moment.")
        )

    @classmethod
    def away(cls) -> "DatabaseBusy":
        """The error for a database that cannot be reached, or was lost on the way."""
        return cls(Message("The database does not answer just now. Please try again in a moment."))


class WriterQueue:
    """Lets one writer at a time to a SQLite file: threads by a lock, processes by a file lock beside the database."""

    def __init__(self, lock_path: Path | None) -> None:
        self._threads = threading.Lock()
        self._processes = FileLock(lock_path, mode=0o600, thread_local=False) if lock_path else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn; raises DatabaseBusy after 20 seconds."""
        busy = DatabaseBusy.now()
        if not self._threads.acquire(timeout=PATIENCE_SECONDS):
            raise busy
        try:
            if self._processes is None:
                yield
                return
            try:
                self._processes.acquire(timeout=PATIENCE_SECONDS, poll_interval=0.002)
            except Timeout:
                raise busy from None
            try:
                yield
            finally:
                self._processes.release()
        finally:
            self._threads.release()


class NoQueue:
    """PostgreSQL needs no queue: it locks rows."""

    def turn(self) -> Any:
        """Go on at once."""
        return nullcontext()


def make_engine(settings: Settings) -> Engine:
    """The application's engine, guarded. A new SQLite file is made readable by its owner only."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return _make_sqlite_engine(Path(url.database or ""), settings.database_url)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        connect_args={"options": "-c statement_timeout=30000 -c lock_timeout=10000"},
    )
    event.listen(engine, "connect", _take_application_role)
    event.listen(engine, "begin", _begin_postgresql)
    install_guard(engine)
    return engine


def make_queue(settings: Settings) -> WriterQueue | NoQueue:
    """The writer queue that belongs to the database."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return NoQueue()
    path = Path(url.database or "")
    return WriterQueue(path.with_name(path.name + ".writer"))


def make_private_file(path: Path) -> None:
    """An empty file that only its owner reads, where there is none yet; raises NotConfigured if it cannot be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise NotConfigured(
            Message("The database file cannot be made."),
            [Fault(str(path), Message(error.strerror or str(error)))],
        ) from error


@contextmanager
def reachable() -> Iterator[None]:
    """Say in one sentence why a database cannot be reached, for those who set it up; raises DatabaseBusy."""
    try:
        yield
    except AWAY as error:
        why = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise DatabaseBusy(Message("The database cannot be used: %(why)s", why=why)) from error


def _make_sqlite_engine(path: Path, url: str) -> Engine:
    if not path.name or path.name == ":memory:":
        raise NotConfigured(
            Message("The embedded database needs a file."),
            [
                Fault(
                    "EVALPLAT_DATABASE_URL",
                    Message("Name one, as in sqlite:///var/evalplat.sqlite3."),
                )
            ],
        )
    make_private_file(path)
    engine = create_engine(url, hide_parameters=True, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    install_guard(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions of its own
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=5000",
        "trusted_schema=OFF",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("evalplat_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _take_application_role(connection: Any, _record: Any) -> None:
    from psycopg import ProgrammingError

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION_ROLE,))
        if cursor.fetchone():
            try:
                cursor.execute(f"SET ROLE {APPLICATION_ROLE}")
            except ProgrammingError as error:
                raise _not_a_member(connection.info.user) from error
    connection.commit()


def _not_a_member(user: str) -> NotConfigured:
    help_ = Message(
        "The database role %(role)s is not a member of %(application)s: run GRANT %(application)s TO %(role)s; "
        "as the database's administrator.",
        role=user,
        application=APPLICATION_ROLE,
    )
    return NotConfigured(NOT_SAFE, [Fault("EVALPLAT_DATABASE_URL", help_)])


def _begin_postgresql(connection: Connection) -> None:
    """Let the driver say with its BEGIN whether this transaction may write: a word of its own takes a way there."""
    driver: Any = connection.connection.dbapi_connection
    driver.read_only = not connection.get_execution_options().get("evalplat_write")


def check_engine(engine: Engine, *, strict: bool = True) -> None:
    """Refuse a database that may lose what it acknowledged, or whose role may pass the row-level policies.

    `strict` also refuses a PostgreSQL login that is a superuser or owns the tables, although the application works as
    another role: right for a real installation, too much for a database that only tests use. Raises NotConfigured.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            faults = _faults_of_sqlite(connection, Path(engine.url.database or ""))
        else:
            faults = _faults_of_postgresql(connection, strict)
    if faults:
        raise NotConfigured(NOT_SAFE, faults)


def check_durability(connection: Connection) -> list[Fault]:
    """What would let this connection lose or tear what it acknowledged; empty when nothing does."""
    if connection.dialect.name != "sqlite":
        found = connection.execute(text("SHOW synchronous_commit")).scalar_one()
        wrong = Message("is %(found)s and must be on.", found=found)
        return [] if found in ("on", "remote_apply") else [Fault("synchronous_commit", wrong)]
    raw: Any = connection.connection.cursor()
    faults = []
    for pragma, wanted in SQLITE_SETTINGS.items():
        found = raw.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != wanted:
            faults.append(
                Fault(
                    pragma,
                    Message("is %(found)s and must be %(wanted)s.", found=found, wanted=wanted),
                )
            )
    raw.close()
    return faults


def _faults_of_sqlite(connection: Connection, path: Path) -> list[Fault]:
    faults = check_durability(connection)
    if path.stat().st_mode & 0o077:
        faults.append(
            Fault(
                str(path),
                Message(
                    "Others on this machine can read the database file: take their rights away (chmod 600)."
                ),
            )
        )
    return faults


def _faults_of_postgresql(connection: Connection, strict: bool) -> list[Fault]:
    faults = check_durability(connection)
    users = "current_user, session_user" if strict else "current_user"
    unsafe = connection.execute(
        text(
            "SELECT rolname FROM pg_roles r WHERE rolname = ANY (ARRAY[" + users + "]::text[]) AND"
            " (rolsuper OR rolbypassrls OR EXISTS (SELECT 1 FROM pg_tables t WHERE t.tableowner = r.rolname"
            " AND t.schemaname = current_schema()))"
        )
    ).scalars()
    for role in unsafe:
        faults.append(
            Fault(
                "EVALPLAT_DATABASE_URL",
                Message(
                    "The database role %(role)s could pass the row-level policies. Sign in as a role that is neither "
                    "superuser nor owner of the tables and is a member of %(application)s; keep the owner's address in "
                    "EVALPLAT_DATABASE_OWNER_URL for `evalplat db upgrade`.",
                    role=role,
                    application=APPLICATION_ROLE,
                ),
            )
        )
    return faults
