"""With which definition each version's answers are scored, so that a version that was edited is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE, ROLE = "used_definitions", "evalplat_app"
MOST_USED = """
    INSERT INTO used_definitions (instrument, version, digest)
    SELECT instrument, version, digest FROM (
        SELECT instrument, version, digest,
            row_number() OVER (PARTITION BY instrument, version ORDER BY n DESC, digest) AS place
        FROM (
            SELECT a.instrument, a.version, s.definition_digest AS digest, count(*) AS n
            FROM scores s JOIN administrations a ON a.id = s.administration_id
            GROUP BY a.instrument, a.version, s.definition_digest
        ) AS counted
    ) AS ordered WHERE place = 1
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("instrument", "version", name=op.f("pk_used_definitions")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The policies hold for the tables' owner too, who would otherwise see no scores.
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")
        op.execute(f"GRANT SELECT, INSERT ON {TABLE} TO {ROLE}")
    op.execute(MOST_USED)
    keep_append_only()


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


def downgrade() -> None:
    op.drop_table(TABLE)
