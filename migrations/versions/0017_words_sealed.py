"""Seal free texts about clients under each client's own key: goals, plans, notes, requests, reasons, who was present.

They stand together in one column of their row. Texts are sealed row by row, so the master key must be given as soon as
there are some; going down opens them again. What was written about clients who are erased goes. Append-only tables are
changed under their triggers, which stand again afterwards; `evalplat.storage.migrate` then has the file written anew.
"""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BATCH = 500
STORED = "%Y-%m-%d %H:%M:%S.%f"
TEXT, LIST = sa.Text(), sa.JSON()
BY_ID = ("public_id",)
LEVELS = ["", "", "", "", ""]

TABLES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "sheets": (
        ("administration_id", "revision"),
        {"answered_with": sa.String(200), "reason": TEXT, "present": sa.String(200)},
    ),
    "goals": (
        BY_ID,
        {
            "title": sa.String(300),
            "own_words": TEXT,
            "indicator": TEXT,
            "levels": LIST,
            "plan_goal": TEXT,
        },
    ),
    "goal_ratings": (("administration_id", "revision", "goal_id"), {"comment": TEXT}),
    "plan_goals": (BY_ID, {"title": sa.String(300), "own_words": TEXT, "indicator": TEXT}),
    "client_plans": (
        ("client_id", "revision"),
        {"situational_factors": LIST, "services": LIST, "methods": LIST, "summary": TEXT},
    ),
    "contact_requests": (BY_ID, {"message": TEXT, "answer": TEXT}),
    "alert_notes": (BY_ID, {"done": TEXT}),
    "episode_events": (("episode_id", "act", "done_at"), {"note": TEXT}),
    "client_acts": (("client_id", "act", "done_at"), {"reason": TEXT}),
    "fact_revisions": (("client_id", "revision", "fact", "episode"), {"reason": TEXT}),
    "rights_requests": (BY_ID, {"message": TEXT, "answer": TEXT}),
}
"""For each table what names a row, and its texts."""

APPEND_ONLY = (
    *("sheets", "goals", "goal_ratings", "plan_goals", "client_plans", "alert_notes"),
    *("episode_events", "client_acts", "fact_revisions"),
)


def upgrade() -> None:
    see_all()
    keys = read_keys()
    empty = sa.text("''" if on_postgresql() else "x''")
    for table, (place, texts) in TABLES.items():
        op.add_column(
            table, sa.Column("sealed_words", sa.LargeBinary(), server_default=empty, nullable=False)
        )
        with_trigger(table, False)
        rows = []
        for row in read_rows(table, place, texts):
            said = {name: row[name] for name in texts if row[name] not in ("", [], LEVELS)}
            key = keys.get(row["client_id"])
            if said and key:
                plain = json.dumps(said, ensure_ascii=False, sort_keys=True)
                sealed = seal(key, place_of(table, place, row), plain)
                rows.append({**name_row(place, row), "sealed_words": sealed})
        write(table, place, ["sealed_words"], rows)
        with_trigger(table, True)
        for name in texts:
            op.drop_column(table, name)


def downgrade() -> None:
    see_all()
    keys = read_keys()
    for table, (place, texts) in TABLES.items():
        for name, kind in texts.items():
            nothing = sa.text("'[]'" if kind is LIST else "''")
            op.add_column(table, sa.Column(name, kind, server_default=nothing, nullable=False))
        with_trigger(table, False)
        rows = []
        for row in read_rows(table, place, {"sealed_words": None}):
            key = keys.get(row["client_id"])
            plain = unseal(key, place_of(table, place, row), row["sealed_words"])
            said = json.loads(plain) if plain else {}
            nothing_of = {name: [] if kind is LIST else "" for name, kind in texts.items()}
            if table == "goals":
                nothing_of["levels"] = LEVELS
            found = {name: said.get(name, nothing) for name, nothing in nothing_of.items()}
            lists = {name: json.dumps(v) for name, v in found.items() if isinstance(v, list)}
            rows.append({**name_row(place, row), **found, **lists})
        write(table, place, list(texts), rows)
        with_trigger(table, True)
        op.drop_column(table, "sealed_words")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def see_all() -> None:
    """The policies hold for the tables' owner too, who would otherwise see no rows."""
    if on_postgresql():
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")


def read_keys() -> dict[int, bytes | None]:
    keyring = context.config.attributes["keyring"]
    query = (
        "SELECT k.client_id, c.public_id, k.wrapped FROM client_keys k"
        " JOIN clients c ON c.id = k.client_id"
    )
    return {
        client: wrapped and keyring.open("client keys", f"client_keys.{public_id}", bytes(wrapped))
        for client, public_id, wrapped in op.get_bind().execute(sa.text(query))
    }


def read_rows(
    table: str, place: tuple[str, ...], texts: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    names = list(dict.fromkeys(("client_id", *place, *texts)))
    for row in op.get_bind().execute(sa.text(f"SELECT {', '.join(names)} FROM {table}")).all():
        found = dict(zip(names, row, strict=True))
        for name, kind in texts.items():
            if kind is LIST and isinstance(found[name], str):
                found[name] = json.loads(found[name])
        yield found


def name_row(place: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    return {f"at_{name}": row[name] for name in place}


def write(table: str, place: tuple[str, ...], names: list[str], rows: list[dict[str, Any]]) -> None:
    json_type = "CAST(:{0} AS json)" if on_postgresql() else ":{0}"
    lists = {n for n, kind in TABLES[table][1].items() if kind is LIST}
    changes = ", ".join(f"{n} = {(json_type if n in lists else ':{0}').format(n)}" for n in names)
    which = " AND ".join(f"{name} = :at_{name}" for name in place)
    statement = sa.text(f"UPDATE {table} SET {changes} WHERE {which}")
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(statement, rows[start : start + BATCH])


def place_of(table: str, place: tuple[str, ...], row: dict[str, Any]) -> str:
    return ".".join([table, "words", *(as_text(name, row[name]) for name in place)])


def as_text(name: str, value: Any) -> str:
    if name == "done_at":
        if isinstance(value, str):
            value = datetime.strptime(value, STORED).replace(tzinfo=UTC)
        return str(value.astimezone(UTC).isoformat())
    return str(value)


def seal(key: bytes, place: str, text: str) -> bytes:
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), place.encode())
    return nonce + sealed


def unseal(key: bytes | None, place: str, sealed: bytes) -> str:
    if not key or not sealed:
        return ""
    found = AESGCM(key).decrypt(bytes(sealed[:12]), bytes(sealed[12:]), place.encode())
    return found.decode("utf-8", "surrogatepass")


def with_trigger(table: str, on: bool) -> None:
    if table not in APPEND_ONLY:
        return
    if on_postgresql():
        op.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER {table}_no_change")
    elif on:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    else:
        op.execute(f"DROP TRIGGER {table}_no_update")
