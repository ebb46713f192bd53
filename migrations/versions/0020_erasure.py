"""Erasing clients and destroying what was kept long enough, each proposed by one person and confirmed by another.

Three append-only tables let a row go, and only while it stands among the items of a run that was confirmed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"
DESTROYED = {
    "set_aside_sheets": ("set_aside", "id"),
    "reminder_events": ("reminders", "reminder_id"),
    "feedback_sheets": ("feedback", "public_id"),
}
"""The append-only tables whose rows a run may destroy: the kind of record, and the column that names it."""

CONFIRMED = (
    "SELECT 1 FROM retention_items i JOIN retention_runs r ON r.id = i.run_id"
    " WHERE r.state = 'confirmed' AND i.kind = {kind} AND i.row_key = {key}"
)


def word(column: str, name: str, *words: str) -> sa.Column:
    """A column that the database keeps to its words."""
    kept = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)
    return sa.Column(column, kept, nullable=False)


def upgrade() -> None:
    make_erasures()
    make_runs()
    protect()
    for table, (kind, column) in DESTROYED.items():
        let_go(table, kind, column)


def make_erasures() -> None:
    table = "erasures"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        word("state", "erasure_state", "proposed", "done", "declined", "refused"),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_erasures_decided")
        ),
        sa.CheckConstraint(
            "state <> 'done' OR decided_by <> proposed_by", name=op.f("ck_erasures_second_person")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_erasures_clients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("public_id", name=op.f("uq_erasures_public_id")),
    )
    op.create_index(op.f("ix_erasures_client_id"), table, ["client_id"])
    op.create_index("ix_erasures_state", table, ["state", "proposed_at"])
    waiting = sa.text("state = 'proposed'")
    op.create_index(
        "uq_erasures_waiting", table, ["client_id"], unique=True,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip


def make_runs() -> None:
    op.create_table(
        "retention_runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        word("state", "run_state", "proposed", "confirmed", "done", "cancelled"),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_retention_runs_decided")
        ),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'done') OR decided_by <> proposed_by",
            name=op.f("ck_retention_runs_second_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
        sa.UniqueConstraint("public_id", name=op.f("uq_retention_runs_public_id")),
    )
    op.create_table(
        "retention_items",
        sa.Column("run_id", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("row_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["retention_runs.id"], name=op.f("fk_retention_items_retention_runs")
        ),
        sa.PrimaryKeyConstraint("run_id", "kind", "row_key", name=op.f("pk_retention_items")),
    )


def protect() -> None:
    """PostgreSQL's row-level policies, which say the rules of `evalplat.storage.access` again."""
    if not on_postgresql():
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    owner = "(SELECT nullif(current_setting('evalplat.owner', true), '')::bigint)"
    own = f"client_id IN (SELECT c.id FROM clients c WHERE c.case_worker_id = {owner})"
    reads = f"(SELECT current_setting('evalplat.reads_log', true)) = 'true' OR {scope} = 'all'"
    rules = {
        "erasures": f"{scope} = 'all' OR ({scope} = 'case_worker' AND {own})",
        "retention_runs": reads,
        "retention_items": reads,
    }
    for table, rule in rules.items():
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_owner ON {table} USING ({rule})")
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )
    told = CONFIRMED.format(kind="TG_ARGV[0]", key="to_jsonb(OLD) ->> TG_ARGV[1]")
    op.execute(
        "CREATE FUNCTION evalplat_refuse_unconfirmed() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF EXISTS ({told}) THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )


def let_go(table: str, kind: str, column: str) -> None:
    """A row may be deleted while a confirmed run names it; changing it stays refused."""
    if not on_postgresql():
        told = CONFIRMED.format(kind=f"'{kind}'", key=f"CAST(OLD.{column} AS TEXT)")
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT EXISTS ({told}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_unconfirmed('{kind}', '{column}')"
    )
    op.execute(f"GRANT DELETE ON {table} TO {ROLE}")


def downgrade() -> None:
    """Who was erased stays so; what was decided about it goes."""
    for table in DESTROYED:
        if not on_postgresql():
            op.execute(f"DROP TRIGGER {table}_no_delete")
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
            continue
        op.execute(f"DROP TRIGGER {table}_no_delete ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
        )
        op.execute(f"REVOKE DELETE ON {table} FROM {ROLE}")
    for table in ("retention_items", "retention_runs", "erasures"):
        op.drop_table(table)
    if on_postgresql():
        op.execute("DROP FUNCTION evalplat_refuse_unconfirmed()")


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
