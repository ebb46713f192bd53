"""A second factor for staff: apps with sealed secrets, recovery codes, security keys, and what counts wrong tries.

Going down forgets them all: accounts are then opened by their password again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES, ROLE = ("authenticator_apps", "recovery_codes", "security_keys"), "evalplat_app"
COLUMNS = ("factor_tries", "factor_locked_until")


def of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_accounts")
    )


def upgrade() -> None:
    op.create_table(
        "authenticator_apps",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        of_account("authenticator_apps"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator_apps")),
    )
    op.create_index(op.f("ix_authenticator_apps_account_id"), "authenticator_apps", ["account_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        of_account("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint(
            "account_id", "digest", name=op.f("uq_recovery_codes_account_id_digest")
        ),
    )
    op.create_table(
        "security_keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        of_account("security_keys"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_keys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_security_keys_credential_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_security_keys_public_id")),
    )
    op.create_index(op.f("ix_security_keys_account_id"), "security_keys", ["account_id"])
    op.add_column(
        "accounts", sa.Column("factor_tries", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("accounts", sa.Column("factor_locked_until", MOMENT, nullable=True))
    op.create_index(
        "ix_audit_entries_of_account",
        "audit_entries",
        ["object_id", "id"],
        sqlite_where=sa.text("object_kind = 'account'"),
        postgresql_where=sa.text("object_kind = 'account'"),
    )
    protect()


def protect() -> None:
    """PostgreSQL: a client's session reaches nothing that staff sign in with."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_staff ON {table} USING"
            f" ({scope} IN ('all', 'provider', 'case_worker', 'county'))"
        )
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_of_account", table_name="audit_entries")
    for column in COLUMNS:
        op.drop_column("accounts", column)
    for table in TABLES:
        op.drop_table(table)
