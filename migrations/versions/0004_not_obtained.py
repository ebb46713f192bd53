"""Say why a measurement was not obtained: a reason for every administration that was closed without answers.

Adding and dropping a plain column needs no copy of the table on either database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "administrations",
        sa.Column("closing_reason", sa.String(length=24), nullable=False, server_default=""),
    )
    if op.get_bind().dialect.name == "postgresql":
        # The policies hold for the tables' owner too, who would otherwise see no rows.
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")
    # A database that was taken down a revision and up again has closed ones whose reason is gone.
    op.execute("UPDATE administrations SET closing_reason = 'other' WHERE status = 'closed'")


def downgrade() -> None:
    op.drop_column("administrations", "closing_reason")
