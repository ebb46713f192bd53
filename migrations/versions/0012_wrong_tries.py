"""Counters of wrong passwords and codes by network, known by a keyed hash and forgotten when they are over."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE, ROLE = "wrong_tries", "evalplat_app"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_wrong_tries")),
    )
    op.create_index(op.f("ix_wrong_tries_until"), TABLE, ["until"], unique=False)
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {TABLE}_door ON {TABLE} USING ({scope} = 'all')")


def downgrade() -> None:
    op.drop_table(TABLE)
