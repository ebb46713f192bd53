"""Setting an installation up: tables, the county's municipalities, the first plan; and checking that it is safe."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.errors import Fault, FileRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.plan_files import read_plan
from evalplat.services.plans import add_plan, list_plans
from evalplat.storage import database, migrate
from evalplat.storage.keyring import Keyring
from evalplat.storage.tables import Municipality

COUNTIES = Path(__file__).resolve().parents[1] / "counties"


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What `evalplat db check` found: revisions, and how the tables differ from the code's (in words)."""

    revision: str | None
    head: str
    differences: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether the application can use the database."""
        return self.revision == self.head and not self.differences


def make_tables(settings: Settings) -> str:
    """Make or upgrade the tables with the owner's address; gives back the revision."""
    with _owner_engine(settings) as engine:
        migrate.upgrade(engine, keyring=Keyring(settings.master_keys))
        return migrate.current_revision(engine) or ""


def find_outdated(settings: Settings) -> str:
    """The revision of a database that an upgrade would change; empty where there is none, or it is the latest."""
    if migrate.is_missing(settings):
        return ""
    with _owner_engine(settings) as engine:
        found = migrate.current_revision(engine) or ""
    return "" if found == migrate.head_revision() else found


def inspect_database(settings: Settings) -> DatabaseState:
    """Compare the database with what the code needs."""
    if migrate.is_missing(settings):
        return DatabaseState(None, migrate.head_revision(), ())
    with _owner_engine(settings) as engine:
        revision = migrate.current_revision(engine)
        differences = migrate.find_differences(engine) if revision else []
        return DatabaseState(revision, migrate.head_revision(), tuple(map(str, differences)))


def check_database(settings: Settings, *, strict: bool = True) -> None:
    """Refuse a database that is not at the latest revision or not safe to use; raises NotConfigured.

    `strict` also refuses a PostgreSQL login that could pass the row-level policies by itself.
    """
    check_tables(settings)
    engine = database.make_engine(settings)
    try:
        with database.reachable():
            database.check_engine(engine, strict=strict)
    finally:
        engine.dispose()


def check_tables(settings: Settings) -> None:
    """Refuse a database that is not at the latest revision; raises NotConfigured saying which command helps."""
    if migrate.is_missing(settings):
        raise migrate.without_tables()
    with _owner_engine(settings) as engine:
        migrate.check_revision(engine)


@contextmanager
def _owner_engine(settings: Settings) -> Iterator[Engine]:
    engine = migrate.make_owner_engine(settings)
    try:
        with database.reachable():
            yield engine
    finally:
        engine.dispose()


def load_county(session: Session, catalogue: Catalogue, actor: Actor, settings: Settings) -> int:
    """Load the municipalities that are not there yet and the default plan; gives back how many were new."""
    demand(session, actor)
    path = settings.municipalities_file or COUNTIES / "varsinais-suomi.toml"
    rows = read_municipalities(path)
    known = set(session.scalars(select(Municipality.code)))
    new = [row for row in rows if row["code"] not in known]
    if new:
        session.execute(insert(Municipality), new)
    if not list_plans(session, catalogue, actor):
        plan = read_plan(COUNTIES / "default-plan.toml")
        usable = [row for row in plan.rows if _is_known(catalogue, row.instrument)]
        if usable:
            add_plan(session, catalogue, actor, key=plan.key, titles=plan.titles, rows=usable)
    return len(new)


def _is_known(catalogue: Catalogue, key: str) -> bool:
    return any(definition.key == key for definition in catalogue.list())


def read_municipalities(path: Path) -> list[dict[str, str]]:
    """The municipalities of a county's file; raises FileRejected naming every faulty row."""
    data = _read_toml(path)
    county, faults, rows = data.get("county"), [], []
    if not isinstance(county, str) or not county.strip():
        faults.append(Fault(f"{path.name}: county", Message("Name the county, as text.")))
    for place, row in enumerate(data.get("municipalities") or [], start=1):
        values = {name: row.get(name) for name in ("code", "name", "sub_region")}
        if not all(isinstance(v, str) and 0 < len(v.strip()) <= 80 for v in values.values()):
            faults.append(
                Fault(
                    f"{path.name}: municipality {place}",
                    Message("Give code, name and sub_region as texts (codes in quotation marks)."),
                )
            )
            continue
        rows.append({**{n: str(v).strip() for n, v in values.items()}, "county": str(county)})
    if len({row["code"] for row in rows}) < len(rows):
        faults.append(Fault(path.name, Message("A municipality code stands in the file twice.")))
    if not rows and not faults:
        faults.append(Fault(path.name, Message("The file has no [[municipalities]].")))
    if faults:
        raise FileRejected(Message("The municipalities were not loaded."), faults)
    return rows


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRejected(
            Message("%(path)s cannot be read: %(why)s", path=path.name, why=str(error))
        ) from error
