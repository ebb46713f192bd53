"""What a provider says of its own results: one line a version, for the county to read and to print. Append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "evalplat_app"
TABLE = "provider_comments"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("year BETWEEN 2000 AND 9999", name=op.f("ck_provider_comments_year")),
        sa.CheckConstraint("version > 0", name=op.f("ck_provider_comments_version")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_provider_comments_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_comments")),
        sa.UniqueConstraint(
            "provider_id",
            "year",
            "version",
            name=op.f("uq_provider_comments_provider_id_year_version"),
        ),
    )
    keep_append_only()
    protect()


def keep_append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {TABLE}_no_{change.lower()} BEFORE {change} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION evalplat_refuse_change()"
    )


def protect() -> None:
    """PostgreSQL: the provider's own staff, and the county's readers, who read it only."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    owner = "(SELECT nullif(current_setting('evalplat.owner', true), '')::bigint)"
    op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {ROLE}")
    op.execute(f"GRANT USAGE ON SEQUENCE {TABLE}_id_seq TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {TABLE}_owner ON {TABLE} USING ({scope} = 'all' OR"
        f" ({scope} = 'provider' AND provider_id = {owner}))"
    )
    op.execute(f"CREATE POLICY {TABLE}_county ON {TABLE} FOR SELECT USING ({scope} = 'county')")


def downgrade() -> None:
    op.drop_table(TABLE)
