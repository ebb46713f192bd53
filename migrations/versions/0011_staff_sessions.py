"""Sessions of staff, kept on the server so that any of them can be ended.

Until now a number with the account told which cookies still held; it goes. Going down ends every session.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE, ROLE = "staff_sessions", "evalplat_app"
ROLES = ("provider_worker", "provider_manager", "case_worker", "analyst", "administrator")


def word(column: str, *words: str) -> sa.Column:
    """A column that the database keeps to its words."""
    kept = sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=24)
    return sa.Column(column, kept, nullable=False)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        word("role", *ROLES),
        word("stage", "factor", "enrolment", "open"),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("proved_at", MOMENT, nullable=False),
        sa.Column("browser", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_staff_sessions_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_staff_sessions_digest")),
        sa.UniqueConstraint("public_id", name=op.f("uq_staff_sessions_public_id")),
    )
    op.create_index(op.f("ix_staff_sessions_account_id"), TABLE, ["account_id"], unique=False)
    op.create_index(op.f("ix_staff_sessions_began_at"), TABLE, ["began_at"], unique=False)
    op.drop_column("accounts", "session_epoch")
    protect()


def protect() -> None:
    """PostgreSQL: a client's session reaches nothing that staff sign in with."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {TABLE}_staff ON {TABLE} USING"
        f" ({scope} IN ('all', 'provider', 'case_worker', 'county'))"
    )
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    op.add_column(
        "accounts", sa.Column("session_epoch", sa.Integer(), server_default="1", nullable=False)
    )
    op.drop_table(TABLE)
