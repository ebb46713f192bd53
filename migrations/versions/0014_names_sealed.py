"""Seal names and addresses under a key of each client's own, wrapped by the master key; marks for exact look-ups.

What stood in the clear is sealed row by row, so the master key must be given (EVALPLAT_MASTER_KEY) as soon as there is
one client; going down opens everything again with the same key. `evalplat.storage.migrate` then has the database write
its file anew, so that the plain words are nowhere in it. Erased clients come down without a name.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "evalplat_app"
PURPOSE = "client keys"
BATCH = 500
MARKED = ("email", "phone")


def upgrade() -> None:
    make_client_keys()
    make_client_marks()
    add_sealed("client_identities", "sealed_name", "sealed_code")
    add_sealed("client_contacts", "sealed_email", "sealed_phone")
    see_all()
    protect()
    seal_everybody()
    for table, column in (
        ("client_identities", "name"),
        ("client_identities", "folded_name"),
        ("client_contacts", "email"),
        ("client_contacts", "phone"),
    ):
        op.drop_column(table, column)


def downgrade() -> None:
    op.add_column(
        "client_identities", sa.Column("name", sa.String(200), server_default="", nullable=False)
    )
    op.add_column(
        "client_identities",
        sa.Column("folded_name", sa.String(400), server_default="", nullable=False),
    )
    op.add_column(
        "client_contacts", sa.Column("email", sa.String(254), server_default="", nullable=False)
    )
    op.add_column(
        "client_contacts", sa.Column("phone", sa.String(40), server_default="", nullable=False)
    )
    see_all()
    open_everybody()
    for table, column in (
        ("client_identities", "sealed_name"),
        ("client_identities", "sealed_code"),
        ("client_contacts", "sealed_email"),
        ("client_contacts", "sealed_phone"),
    ):
        op.drop_column(table, column)
    op.drop_table("client_marks")
    op.drop_table("client_keys")


def make_client_keys() -> None:
    op.create_table(
        "client_keys",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("master", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (erased_at IS NOT NULL)", name=op.f("ck_client_keys_erased")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_keys_clients")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_keys")),
    )
    op.create_index(op.f("ix_client_keys_master"), "client_keys", ["master"], unique=False)


def make_client_marks() -> None:
    op.create_table(
        "client_marks",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("master", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_marks_clients")
        ),
        sa.PrimaryKeyConstraint("client_id", "kind", name=op.f("pk_client_marks")),
    )
    op.create_index(op.f("ix_client_marks_mark"), "client_marks", ["mark"], unique=False)
    op.create_index(op.f("ix_client_marks_master"), "client_marks", ["master"], unique=False)
    of_code = sa.text("kind = 'code'")
    op.create_index(
        "uq_client_marks_code",
        "client_marks",
        ["mark"],
        unique=True,
        sqlite_where=of_code,
        postgresql_where=of_code,
    )


def add_sealed(table: str, *columns: str) -> None:
    empty = sa.text("''" if op.get_bind().dialect.name == "postgresql" else "x''")
    for column in columns:
        op.add_column(
            table, sa.Column(column, sa.LargeBinary(), server_default=empty, nullable=False)
        )


def see_all() -> None:
    """The policies hold for the tables' owner too, who would otherwise see no rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")


def read(query: str) -> list[Any]:
    return list(op.get_bind().execute(sa.text(query)))


def write(statement: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(sa.text(statement), rows[start : start + BATCH])


def seal(key: bytes, place: str, text: str) -> bytes:
    if not text:
        return b""
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(key).encrypt(nonce, text.encode("utf-8", "surrogatepass"), place.encode())
    return nonce + sealed


def unseal(key: bytes | None, place: str, sealed: bytes) -> str:
    if not key or not sealed:
        return ""
    found = AESGCM(key).decrypt(bytes(sealed[:12]), bytes(sealed[12:]), place.encode())
    return found.decode("utf-8", "surrogatepass")


def seal_everybody() -> None:
    keyring = context.config.attributes["keyring"]
    now = datetime.now(UTC)
    moment = now if op.get_bind().dialect.name == "postgresql" else now.replace(tzinfo=None)
    keys = {}
    rows = []
    for client, public_id in read("SELECT id, public_id FROM clients ORDER BY id"):
        keys[client] = secrets.token_bytes(32)
        rows.append(
            {
                "client": client,
                "wrapped": keyring.seal(PURPOSE, f"client_keys.{public_id}", keys[client]),
                "master": keyring.current,
                "at": moment,
            }
        )
    insert = sa.text(
        "INSERT INTO client_keys (client_id, wrapped, master, created_at)"
        " VALUES (:client, :wrapped, :master, :at)"
    ).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True)))
    for start in range(0, len(rows), BATCH):
        op.get_bind().execute(insert, rows[start : start + BATCH])
    names = read("SELECT client_id, name FROM client_identities")
    write(
        "UPDATE client_identities SET sealed_name = :name WHERE client_id = :client",
        [
            {"client": c, "name": seal(keys[c], f"client_identities.name.{c}", name)}
            for c, name in names
        ],
    )
    contacts = read("SELECT client_id, email, phone FROM client_contacts")
    write(
        "UPDATE client_contacts SET sealed_email = :email, sealed_phone = :phone"
        " WHERE client_id = :client",
        [
            {
                "client": c,
                "email": seal(keys[c], f"client_contacts.email.{c}", email),
                "phone": seal(keys[c], f"client_contacts.phone.{c}", phone),
            }
            for c, email, phone in contacts
        ],
    )
    marks = [
        {
            "client": c,
            "kind": kind,
            "mark": keyring.index(f"client mark {kind}", value.casefold()),
            "master": keyring.current,
        }
        for c, *values in contacts
        for kind, value in zip(MARKED, values, strict=True)
        if value
    ]
    write(
        "INSERT INTO client_marks (client_id, kind, mark, master)"
        " VALUES (:client, :kind, :mark, :master)",
        marks,
    )


def open_everybody() -> None:
    keyring = context.config.attributes["keyring"]
    keys = {
        client: wrapped and keyring.open(PURPOSE, f"client_keys.{public_id}", bytes(wrapped))
        for client, public_id, wrapped in read(
            "SELECT k.client_id, c.public_id, k.wrapped FROM client_keys k"
            " JOIN clients c ON c.id = k.client_id"
        )
    }
    names = [
        (c, unseal(keys.get(c), f"client_identities.name.{c}", sealed))
        for c, sealed in read("SELECT client_id, sealed_name FROM client_identities")
    ]
    write(
        "UPDATE client_identities SET name = :name, folded_name = :folded WHERE client_id = :client",
        [{"client": c, "name": name, "folded": name.casefold()} for c, name in names],
    )
    write(
        "UPDATE client_contacts SET email = :email, phone = :phone WHERE client_id = :client",
        [
            {
                "client": c,
                "email": unseal(keys.get(c), f"client_contacts.email.{c}", email),
                "phone": unseal(keys.get(c), f"client_contacts.phone.{c}", phone),
            }
            for c, email, phone in read(
                "SELECT client_id, sealed_email, sealed_phone FROM client_contacts"
            )
        ],
    )


def protect() -> None:
    """PostgreSQL's row-level policies, which say the rules of `evalplat.storage.access` again."""
    if op.get_bind().dialect.name != "postgresql":
        return

    def own(name: str) -> str:
        return f"(SELECT nullif(current_setting('evalplat.{name}', true), '')::bigint)"

    scope = "(SELECT current_setting('evalplat.scope', true))"
    case_worker = (
        f"client_id IN (SELECT c.id FROM clients c WHERE c.case_worker_id = {own('owner')})"
    )
    known = f"client_id IN (SELECT p.client_id FROM client_providers p WHERE p.provider_id = {own('owner')})"
    for table, rights, client in (
        ("client_keys", "SELECT, INSERT, UPDATE", f"client_id = {own('client')}"),
        ("client_marks", "SELECT, INSERT, UPDATE, DELETE", "false"),
    ):
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} USING ({scope} = 'all' OR"
            f" ({scope} = 'provider' AND {known}) OR"
            f" ({scope} = 'case_worker' AND {case_worker}) OR ({scope} = 'client' AND {client}))"
        )
