"""Instruments that the county designs in the browser: drafts, published versions, and which are retired."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"
DRAFTS, PUBLISHED, OFFERS = "instrument_drafts", "published_instruments", "instrument_offers"


def upgrade() -> None:
    op.create_table(
        DRAFTS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_drafts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_instrument_drafts_public_id")),
    )
    op.create_table(
        PUBLISHED,
        sa.Column("id", KEY, nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_instruments")),
        sa.UniqueConstraint(
            "instrument", "version", name=op.f("uq_published_instruments_instrument_version")
        ),
    )
    op.create_table(
        OFFERS,
        sa.Column("id", KEY, nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_offers")),
    )
    for table in (PUBLISHED, OFFERS):
        keep_append_only(table)
    protect()


def protect() -> None:
    """PostgreSQL: everybody reads what is published; administrators and jobs of the installation reach drafts."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (PUBLISHED, OFFERS):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLE}")
    reads = (
        "(SELECT current_setting('evalplat.reads_log', true)) = 'true' OR"
        " (SELECT current_setting('evalplat.scope', true)) = 'all'"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {DRAFTS} TO {ROLE}")
    op.execute(f"ALTER TABLE {DRAFTS} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {DRAFTS} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {DRAFTS}_insert ON {DRAFTS} FOR INSERT WITH CHECK ({reads})")
    for act in ("SELECT", "UPDATE", "DELETE"):
        op.execute(f"CREATE POLICY {DRAFTS}_{act.lower()} ON {DRAFTS} FOR {act} USING ({reads})")
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def keep_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION evalplat_refuse_change()"
    )


def downgrade() -> None:
    for table in (OFFERS, PUBLISHED, DRAFTS):
        op.drop_table(table)
