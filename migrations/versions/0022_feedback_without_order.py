"""Anonymous feedback keeps no order in which it came: a reader of the database could join it to the access log by it.

SQLite numbers the rows of a table as they come: this one is kept by its random key instead. PostgreSQL notes with each
row which transaction wrote it, and so which episode and which line of the log: whenever feedback comes, all of that
provider's quarter is written anew in the order of the random keys. The database itself does it, and nobody else may.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CONFIRMED = (
    "SELECT 1 FROM retention_items i JOIN retention_runs r ON r.id = i.run_id"
    " WHERE r.state = 'confirmed' AND i.kind = 'feedback'"
    " AND i.row_key = CAST(OLD.public_id AS TEXT)"
)

MIX = """
CREATE FUNCTION evalplat_mix_feedback() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET evalplat.scope = 'all' AS $$
DECLARE together feedback_sheets[];
BEGIN
  IF pg_trigger_depth() > 1 THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('evalplat_mix_feedback'));
  SELECT array_agg(f ORDER BY f.public_id) INTO together FROM feedback_sheets f
    WHERE EXISTS (SELECT 1 FROM new_rows n
                  WHERE n.provider_id = f.provider_id AND n.quarter = f.quarter);
  DELETE FROM feedback_sheets f WHERE f.public_id IN (SELECT t.public_id FROM unnest(together) t);
  INSERT INTO feedback_sheets SELECT t.* FROM unnest(together) t ORDER BY t.public_id;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    if not on_postgresql():
        make_anew(with_order=False)
        return
    op.execute(MIX)
    op.execute("REVOKE EXECUTE ON FUNCTION evalplat_mix_feedback() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER feedback_sheets_mix AFTER INSERT ON feedback_sheets"
        " REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION evalplat_mix_feedback()"
    )
    let_go("WHEN (pg_trigger_depth() = 0) ")
    mix_what_is_there()


def downgrade() -> None:
    if not on_postgresql():
        make_anew(with_order=True)
        return
    op.execute("DROP TRIGGER feedback_sheets_mix ON feedback_sheets")
    op.execute("DROP FUNCTION evalplat_mix_feedback()")
    let_go("")


def let_go(when: str) -> None:
    """No row is deleted but by a confirmed run, or by the mixing, which is a trigger itself."""
    op.execute("DROP TRIGGER feedback_sheets_no_delete ON feedback_sheets")
    op.execute(
        f"CREATE TRIGGER feedback_sheets_no_delete BEFORE DELETE ON feedback_sheets FOR EACH ROW {when}"
        "EXECUTE FUNCTION evalplat_refuse_unconfirmed('feedback', 'public_id')"
    )


def mix_what_is_there() -> None:
    op.execute("SELECT set_config('evalplat.scope', 'all', true)")
    op.execute("ALTER TABLE feedback_sheets DISABLE TRIGGER USER")
    op.execute("CREATE TEMPORARY TABLE mixed ON COMMIT DROP AS SELECT * FROM feedback_sheets")
    op.execute("DELETE FROM feedback_sheets")
    op.execute("INSERT INTO feedback_sheets SELECT * FROM mixed ORDER BY public_id")
    op.execute("DROP TABLE mixed")
    op.execute("ALTER TABLE feedback_sheets ENABLE TRIGGER USER")


def make_anew(*, with_order: bool) -> None:
    """SQLite: the table again with the rows that are there; its triggers and its index come again too."""
    op.execute("DROP INDEX ix_feedback_sheets_provider_id")
    op.execute("ALTER TABLE feedback_sheets RENAME TO feedback_before")
    op.create_table(
        "feedback_sheets",
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "quarter BETWEEN 20001 AND 99994", name=op.f("ck_feedback_sheets_quarter")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_feedback_sheets_providers")
        ),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_feedback_sheets")),
        sqlite_with_rowid=with_order,
    )
    op.execute(
        "INSERT INTO feedback_sheets (public_id, provider_id, instrument, version, quarter, language, answers)"
        " SELECT public_id, provider_id, instrument, version, quarter, language, answers"
        " FROM feedback_before ORDER BY public_id"
    )
    op.execute("DROP TABLE feedback_before")
    op.create_index(
        "ix_feedback_sheets_provider_id",
        "feedback_sheets",
        ["provider_id", "instrument", "quarter"],
        unique=False,
    )
    refused = "BEGIN SELECT RAISE(ABORT, 'feedback_sheets is append-only'); END"
    op.execute(
        f"CREATE TRIGGER feedback_sheets_no_update BEFORE UPDATE ON feedback_sheets {refused}"
    )
    op.execute(
        "CREATE TRIGGER feedback_sheets_no_delete BEFORE DELETE ON feedback_sheets"
        f" WHEN NOT EXISTS ({CONFIRMED}) {refused}"
    )


def on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
