"""Each row of a sheet, a score, a goal and a rating carries a seal, and a sheet how many scores and ratings it has.

Rows that are there already are sealed as they stand; what was done to them before cannot be known. That needs the
installation's master key. Going down, seals and counts are dropped.
"""

import sqlalchemy as sa
from alembic import context, op

from evalplat.storage.chain import Signer
from evalplat.storage.seals import PURPOSE, row_content

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

AT_ONCE = 2000
KEYS = {
    "sheets": ("administration_id", "revision"),
    "scores": ("administration_id", "revision", "scale"),
    "goals": ("id",),
    "goal_ratings": ("administration_id", "revision", "goal_id"),
}
COUNTS = {"score_rows": "scores", "rating_rows": "goal_ratings"}


def upgrade() -> None:
    see_all()
    for name in COUNTS:
        op.add_column("sheets", sa.Column(name, sa.Integer(), nullable=True))
    for table in KEYS:
        op.add_column(table, sa.Column("seal", sa.LargeBinary(), nullable=True))
    for table in KEYS:
        open_table(table)
    for name, table in COUNTS.items():
        op.execute(
            f"UPDATE sheets SET {name} = (SELECT count(*) FROM {table} r WHERE"
            " r.administration_id = sheets.administration_id AND r.revision = sheets.revision)"
        )
    for table, keys in KEYS.items():
        seal(table, keys)
    for table in KEYS:
        close_table(table)


def seal(table: str, keys: tuple[str, ...]) -> None:
    """Seal the rows as they are stored, a few thousand at a time."""
    connection = op.get_bind()
    signer = Signer(context.config.attributes["keyring"], PURPOSE)
    columns = [
        sa.cast(sa.column(c["name"]), sa.Text()).label(c["name"])
        if isinstance(c["type"], sa.JSON)
        else sa.column(c["name"])
        for c in sa.inspect(connection).get_columns(table)
    ]
    order = [sa.column(key) for key in keys]
    query = sa.select(*columns).select_from(sa.table(table)).order_by(*order).limit(AT_ONCE)
    where = " AND ".join(f"{key} = :key_{key}" for key in keys)
    write = sa.text(f"UPDATE {table} SET seal = :new_seal WHERE {where}")
    last = None
    while True:
        after = query if last is None else query.where(sa.tuple_(*order) > sa.tuple_(*last))
        rows = [dict(row._mapping) for row in connection.execute(after)]
        if not rows:
            return
        connection.execute(
            write,
            [
                {
                    "new_seal": signer.sign(row_content(table, row)),
                    **{f"key_{key}": row[key] for key in keys},
                }
                for row in rows
            ],
        )
        last = [rows[-1][key] for key in keys]


def see_all() -> None:
    """The policies hold for the tables' owner too, who would otherwise see no rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")


def open_table(table: str) -> None:
    """Let the tables' owner write into the rows that are there, until this migration is done."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {table}_no_update")
        return
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change")


def close_table(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_change")


def downgrade() -> None:
    for table in KEYS:
        op.drop_column(table, "seal")
    for name in COUNTS:
        op.drop_column("sheets", name)
