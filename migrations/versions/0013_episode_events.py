"""What was done about the end of an episode: closed, opened again, corrected, with the reason. Append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLE = "evalplat_app"
TABLE = "episode_events"


def upgrade() -> None:
    act = sa.Enum(
        *("closed", "reopened", "corrected"),
        name="episode_act",
        native_enum=False,
        create_constraint=True,
        length=24,
    )
    op.create_table(
        TABLE,
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("act", act, nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closing_reason", sa.String(length=24), nullable=False),
        sa.Column("planned_end", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id", "provider_id", "client_id"],
            ["episodes.id", "episodes.provider_id", "episodes.client_id"],
            name=op.f("fk_episode_events_episodes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episode_events")),
    )
    op.create_index("ix_episode_events_episode_id", TABLE, ["episode_id"], unique=False)
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
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {TABLE}_owner ON {TABLE} USING ({scope} = 'all' OR"
        f" ({scope} = 'provider' AND provider_id = {owner}) OR ({scope} = 'case_worker' AND"
        f" client_id IN (SELECT c.id FROM clients c WHERE c.case_worker_id = {owner})))"
    )
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
