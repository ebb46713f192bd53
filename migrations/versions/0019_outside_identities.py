"""Who accounts are at a provider of identities, and invitations to link them."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLES, ROLE = ("outside_identities", "identity_invitations"), "evalplat_app"


def upgrade() -> None:
    op.create_table(
        "outside_identities",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_outside_identities_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_outside_identities_issuer_subject")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outside_identities_public_id")),
    )
    op.create_index(op.f("ix_outside_identities_account_id"), "outside_identities", ["account_id"])
    op.create_table(
        "identity_invitations",
        sa.Column("account_id", KEY, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_identity_invitations_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_identity_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_invitations_digest")),
    )
    protect()


def protect() -> None:
    """PostgreSQL: a client's session reaches nothing that staff sign in with."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {ROLE}")
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
    for table in TABLES:
        op.drop_table(table)
