"""Making, upgrading and checking the database's tables."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url

from evalplat.config import Settings
from evalplat.errors import Fault, Message, NotConfigured
from evalplat.storage.database import make_private_file
from evalplat.storage.keyring import Keyring
from evalplat.storage.tables import metadata

NOT_YET = Message("The database cannot be used yet.")
SEALED = {
    "0014": ("client_identities", "client_contacts"),
    "0017": (
        *("sheets", "goals", "goal_ratings", "plan_goals", "client_plans", "contact_requests"),
        *("alert_notes", "episode_events", "client_acts", "fact_revisions", "rights_requests"),
    ),
    "0022": ("feedback_sheets",),
}
"""Tables in which a revision seals what stood in the clear before, or forgets an order."""

PACKAGE = Path(__file__).resolve().parents[1]


def migrations_folder() -> Path:
    """Where the migrations are: beside the package in a checkout, inside it in an installed copy."""
    for folder in (PACKAGE.parent / "migrations", PACKAGE / "shipped" / "migrations"):
        if (folder / "env.py").exists():
            return folder
    raise NotConfigured(
        Message("The migrations are missing from this installation: install it again.")
    )


def make_owner_engine(settings: Settings) -> Engine:
    """An engine that may change tables; nothing but the migrations uses it, which find the master keys with it."""
    url = make_url(settings.owner_url)
    if url.get_backend_name() == "sqlite":
        make_private_file(Path(url.database or ""))
    keyring = Keyring(settings.master_keys)
    engine = create_engine(url, hide_parameters=True, execution_options={"keyring": keyring})
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def upgrade(engine: Engine, revision: str = "head", *, keyring: Keyring | None = None) -> None:
    """Bring the tables to a revision. An SQLite database with data is backed up beside itself first, and checked.

    The master keys seal what is there already: those of the engine, unless others are given. Raises NotConfigured where
    they are needed and missing.
    """
    found = current_revision(engine)
    if engine.dialect.name == "sqlite" and found and found != head_revision():
        back_up_sqlite(Path(engine.url.database or ""), f"before-upgrade-from-{found}")
    command.upgrade(_config(engine, keyring), revision)
    reached = current_revision(engine) or ""
    tables = [
        table
        for at, names in SEALED.items()
        if (found or reached) < at <= reached
        for table in names
    ]
    if tables:
        write_anew(engine, tables)


def write_anew(engine: Engine, tables: Sequence[str]) -> None:
    """Have the database write these tables (SQLite: its whole file) anew, so that no earlier row is left in it."""
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(tables)}")
        return
    with closing(sqlite3.connect(Path(engine.url.database or ""), isolation_level=None)) as alone:
        alone.execute("PRAGMA busy_timeout=5000")
        alone.execute("VACUUM")
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to a revision; `base` takes everything away."""
    command.downgrade(_config(engine), revision)


def head_revision() -> str:
    """The latest revision; there is exactly one."""
    return ScriptDirectory(str(migrations_folder())).get_current_head() or ""


def is_known(revision: str) -> bool:
    """Whether this program has the revision among its migrations."""
    scripts = ScriptDirectory(str(migrations_folder())).walk_revisions()
    return revision in {script.revision for script in scripts}


def current_revision(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def find_differences(engine: Engine) -> list[Any]:
    """What separates the tables of the database from those of the code; empty when nothing does."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def check_revision(engine: Engine) -> None:
    """Refuse a database that is not at the latest revision; raises NotConfigured saying which command helps."""
    found, wanted = current_revision(engine), head_revision()
    if found == wanted:
        return
    if found is None:
        raise without_tables()
    help_ = Message(
        "It is at revision %(found)s and this program needs %(wanted)s: run `evalplat db upgrade`.",
        found=found,
        wanted=wanted,
    )
    raise NotConfigured(NOT_YET, [Fault("", help_)])


def without_tables() -> NotConfigured:
    """The error for a database that was never made."""
    help_ = Message("There are no tables yet: run `evalplat db create`.")
    return NotConfigured(NOT_YET, [Fault("", help_)])


def is_missing(settings: Settings) -> bool:
    """Whether the embedded database's file is not there yet; looking never makes it."""
    url = make_url(settings.owner_url)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def back_up_sqlite(path: Path, label: str) -> Path:
    """A consistent copy beside the database, complete and checked before it gets its name."""
    target = path.with_name(f"{path.name}.{label}")
    partial = target.with_name(target.name + ".partial")
    os.close(os.open(partial, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(partial)) as copy:
        source.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        copy.execute("PRAGMA journal_mode=DELETE")
    if verdict != "ok":
        raise NotConfigured(
            Message(
                "The database could not be backed up, so it was not changed: %(why)s", why=verdict
            )
        )
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    partial.replace(target)
    return target


def _config(engine: Engine, keyring: Keyring | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = engine
    config.attributes["keyring"] = (
        keyring or engine.get_execution_options().get("keyring") or Keyring(())
    )
    return config
