"""What the county's analyst decided about the words in anonymous feedback: shown, hidden, or shown edited. Append-only.

A decision names the sheet by its random key and no day of it. It goes when a confirmed run destroys the sheet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "evalplat_app"
TABLE = "feedback_decisions"
CONFIRMED = (
    "SELECT 1 FROM retention_items i JOIN retention_runs r ON r.id = i.run_id"
    " WHERE r.state = 'confirmed' AND i.kind = 'feedback'"
    " AND i.row_key = CAST(OLD.sheet_key AS TEXT)"
)


def upgrade() -> None:
    act = sa.Enum(
        *("publish", "hide", "edit"),
        name="text_act",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        TABLE,
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("sheet_key", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", act, nullable=False),
        sa.Column("edited", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_feedback_decisions_version")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_feedback_decisions_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_decisions")),
        sa.UniqueConstraint(
            "sheet_key",
            "item",
            "version",
            name=op.f("uq_feedback_decisions_sheet_key_item_version"),
        ),
    )
    keep_append_only()
    protect()


def keep_append_only() -> None:
    refused = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE} {refused}")
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE}"
            f" WHEN NOT EXISTS ({CONFIRMED}) {refused}"
        )
        return
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_unconfirmed('feedback', 'sheet_key')"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE} "
        "FOR EACH STATEMENT EXECUTE FUNCTION evalplat_refuse_change()"
    )


def protect() -> None:
    """PostgreSQL: nobody but a job or a service that crosses with a logged reason."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"
    op.execute(f"GRANT SELECT, INSERT, DELETE ON {TABLE} TO {ROLE}")
    op.execute(f"GRANT USAGE ON SEQUENCE {TABLE}_id_seq TO {ROLE}")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {TABLE}_owner ON {TABLE} USING ({scope} = 'all')")


def downgrade() -> None:
    op.drop_table(TABLE)
