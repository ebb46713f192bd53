"""The access log becomes a chain: each line sealed together with the one before it, and a head for each chain and day.

Lines that are there already are sealed as they stand, in a chain of their own named `earlier`; what was done to them
before cannot be known. That needs the installation's master key. Going down, seals and heads are dropped, no line is.
"""

import datetime as dt
import itertools

import sqlalchemy as sa
from alembic import context, op

from evalplat.episodes.local_time import local_day
from evalplat.storage.audit import seal_head, seal_lines
from evalplat.storage.chain import EARLIER, FIELDS, START

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "evalplat_app"
AT_ONCE = 2000
COLUMNS = (
    ("chain", sa.String(length=32)),
    ("chain_day", sa.Date()),
    ("position", sa.Integer()),
    ("previous", sa.LargeBinary()),
    ("mac", sa.LargeBinary()),
)
LINES = sa.table(
    "audit_entries",
    sa.column("id", KEY),
    sa.column("at", sa.DateTime(timezone=True)),
    *(sa.column(name, sa.String()) for name in FIELDS if name not in ("at", "client_ids")),
    sa.column("client_ids", sa.JSON()),
    *(sa.column(name, kind) for name, kind in COLUMNS),
)


def upgrade() -> None:
    heads = op.create_table(
        "audit_heads",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "day", name=op.f("pk_audit_heads")),
    )
    for name, kind in COLUMNS:
        op.add_column("audit_entries", sa.Column(name, kind, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON audit_heads TO {ROLE}")
    open_log()
    seal_earlier(heads)
    close_log()
    op.create_index(
        "ix_audit_entries_chain", "audit_entries", ["chain", "chain_day", "position"], unique=False
    )


def seal_earlier(heads: sa.Table) -> None:
    """Seal the lines that are there, in the order in which they were written."""
    connection, keyring = op.get_bind(), context.config.attributes["keyring"]
    place = sa.update(LINES).where(LINES.c.id == sa.bindparam("line"))
    place = place.values({name: sa.bindparam(f"new_{name}") for name, _ in COLUMNS})
    last, day, position, mac, ends = 0, dt.date.min, 0, START, {}
    while rows := read_after(connection, last):
        last = rows[-1]["id"]
        for now, lines in itertools.groupby(rows, lambda row: local_day(row["at"])):
            if (
                now > day
            ):  # a day that comes again later, by a clock set back, stays within the one before
                day, position, mac = now, 0, START
            sealed, position, mac = seal_lines(keyring, EARLIER, day, list(lines), position, mac)
            ends[day] = (position, mac)
            connection.execute(
                place,
                [{"line": r["id"], **{f"new_{n}": r[n] for n, _ in COLUMNS}} for r in sealed],
            )
    op.bulk_insert(heads, [seal_head(keyring, EARLIER, day, *end) for day, end in ends.items()])


def read_after(connection: sa.Connection, last: int) -> list[dict]:
    query = sa.select(LINES).where(LINES.c.id > last).order_by(LINES.c.id).limit(AT_ONCE)
    found = [dict(row._mapping) for row in connection.execute(query)]
    for row in found:
        row["at"] = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=dt.UTC)
    return found


def open_log() -> None:
    """Let the tables' owner write into the lines that are there, until this migration is done."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entries_no_update")
        return
    op.execute("ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_no_change")
    op.execute("ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY")


def close_log() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries "
            "BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only'); END"
        )
        return
    op.execute("ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_no_change")
    op.execute("ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_index("ix_audit_entries_chain", table_name="audit_entries")
    for name, _ in reversed(COLUMNS):
        op.drop_column("audit_entries", name)
    op.drop_table("audit_heads")
