"""When a sheet's first answer was kept, and the notes of those who looked at a sheet and left it. Append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"
TABLE = "sheet_notes"


def upgrade() -> None:
    sign = sa.Enum(
        *("straight_line", "too_fast", "same_answers", "out_of_order", "rated_apart"),
        name="sign",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        TABLE,
        sa.Column("administration_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("sign", sign, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("noted_by", sa.String(length=40), nullable=False),
        sa.Column("sealed_words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_sheet_notes_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_notes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sheet_notes_public_id")),
    )
    op.create_index("ix_sheet_notes_episode_id", TABLE, ["episode_id"], unique=False)
    op.add_column("sheets", sa.Column("begun_at", MOMENT, nullable=True))
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
    """PostgreSQL: the provider's staff and the client's own case worker; no client's link reaches it."""
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
        f" ({scope} = 'provider' AND provider_id = {owner}) OR ({scope} = 'case_worker' AND"
        f" client_id IN (SELECT c.id FROM clients c WHERE c.case_worker_id = {owner})))"
    )


def downgrade() -> None:
    op.drop_column("sheets", "begun_at")
    op.drop_table(TABLE)
