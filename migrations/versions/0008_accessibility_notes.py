"""What people write about obstacles on the pages: sent in by anybody, read by administrators."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"


def upgrade() -> None:
    op.create_table(
        "accessibility_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accessibility_notes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_accessibility_notes_public_id")),
    )
    op.create_index(
        op.f("ix_accessibility_notes_received_at"), "accessibility_notes", ["received_at"]
    )
    protect()


def protect() -> None:
    """PostgreSQL: anybody may put a row in; administrators and jobs of the installation read and answer."""
    if op.get_bind().dialect.name != "postgresql":
        return
    table = "accessibility_notes"
    reads = (
        "(SELECT current_setting('evalplat.reads_log', true)) = 'true' OR"
        " (SELECT current_setting('evalplat.scope', true)) = 'all'"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_write ON {table} FOR INSERT WITH CHECK (true)")
    for act in ("SELECT", "UPDATE", "DELETE"):
        op.execute(f"CREATE POLICY {table}_{act.lower()} ON {table} FOR {act} USING ({reads})")
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    op.drop_table("accessibility_notes")
