"""What clients ask for about their data, what was restricted or corrected, and who is left out of comparisons.

Going down drops what these tables hold; whoever was left out is counted again, so the sums are to be counted anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"
APPEND_ONLY = ("client_acts", "fact_revisions")
TABLES = (*APPEND_ONLY, "rights_requests")
COLUMNS = ("restricted_at", "objected_at", "counted")


def word(column: str, name: str, *words: str) -> sa.Column:
    """A column that the database keeps to its words."""
    kept = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)
    return sa.Column(column, kept, nullable=False)


def of_client(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f(f"fk_{table}_clients"))


def make_client_acts() -> None:
    op.create_table(
        "client_acts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        word("act", "act", "restricted", "lifted", "objected", "withdrawn"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("done_by", sa.String(length=40), nullable=False),
        of_client("client_acts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_acts")),
    )
    op.create_index(op.f("ix_client_acts_client_id"), "client_acts", ["client_id"])


def make_fact_revisions() -> None:
    op.create_table(
        "fact_revisions",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fact", sa.String(length=24), nullable=False),
        sa.Column("episode", sa.String(length=32), nullable=False),
        sa.Column("earlier", sa.Text(), nullable=False),
        sa.Column("later", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("corrected_at", MOMENT, nullable=False),
        sa.Column("corrected_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_fact_revisions_revision")),
        of_client("fact_revisions"),
        sa.PrimaryKeyConstraint(
            "client_id", "revision", "fact", "episode", name=op.f("pk_fact_revisions")
        ),
    )


def make_rights_requests() -> None:
    table = "rights_requests"
    op.create_table(
        table,
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("administration_id", KEY, nullable=True),
        word("kind", "rights_kind", "copy", "correction", "restriction", "objection", "erasure"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("promised_by", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('', 'done', 'refused')", name=op.f("ck_rights_requests_outcome")
        ),
        sa.CheckConstraint(
            "(outcome = '') = (answered_at IS NULL)", name=op.f("ck_rights_requests_answered")
        ),
        of_client(table),
        sa.ForeignKeyConstraint(
            ["administration_id"],
            ["administrations.id"],
            name=op.f("fk_rights_requests_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_requests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_rights_requests_public_id")),
    )
    op.create_index(op.f("ix_rights_requests_client_id"), table, ["client_id"])
    op.create_index(op.f("ix_rights_requests_administration_id"), table, ["administration_id"])
    op.create_index("ix_rights_requests_open", table, ["answered_at", "promised_by"])


def upgrade() -> None:
    op.add_column("clients", sa.Column("restricted_at", MOMENT, nullable=True))
    op.create_index(op.f("ix_clients_restricted_at"), "clients", ["restricted_at"])
    op.add_column("clients", sa.Column("objected_at", MOMENT, nullable=True))
    op.add_column(
        "clients", sa.Column("counted", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    make_client_acts()
    make_fact_revisions()
    make_rights_requests()
    keep_append_only()
    protect()


def keep_append_only() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        if sqlite:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION evalplat_refuse_change()"
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
    asked = f"administration_id = {own('owner')} AND client_id = {own('client')}"
    for table in TABLES:
        client = asked if table == "rights_requests" else "false"
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} USING ({scope} = 'all' OR"
            f" ({scope} = 'case_worker' AND {case_worker}) OR ({scope} = 'client' AND {client}))"
        )
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    """Whoever was left out comes back, so the sums of before are not those of all: they are counted again."""
    reach_everything()
    left_out = op.get_bind().execute(sa.text("SELECT count(*) FROM clients WHERE NOT counted"))
    if left_out.scalar():
        op.execute("DELETE FROM moments_state")
    for table in TABLES:
        op.drop_table(table)
    op.drop_index(op.f("ix_clients_restricted_at"), table_name="clients")
    for column in reversed(COLUMNS):
        op.drop_column("clients", column)


def reach_everything() -> None:
    """Where the owner of the tables is bound by the policies too, let it see every row."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")
