"""Keep more of every pair than five sums: with age, value and levels of attributes, and who gives no pair and why.

The new sums need the instruments' definitions to be counted, which a migration does not know; so they stay empty, and
comparisons read rows until `evalplat db rebuild-moments` (which `evalplat db upgrade` runs) has counted them. In an
empty database there is nothing to count. Going down, n and the five sums are taken out of the new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POINTS = ("baseline", "midpoint", "end", "follow_up")
ROLE = "evalplat_app"
COUNTS = (
    *("n", "other_version", "baseline_not_assessable", "end_not_assessable"),
    *("end_before_baseline", "improved", "unchanged", "deteriorated"),
)


def point(name: str) -> sa.Column:
    """A measurement point, kept to its words by the database."""
    words = sa.Enum(*POINTS, name=name, native_enum=False, create_constraint=True, length=24)
    return sa.Column(name, words, nullable=False)


def keys(*names: str) -> list[sa.Column]:
    known = {
        "provider_id": sa.Column("provider_id", KEY, nullable=False),
        "instrument": sa.Column("instrument", sa.String(length=60), nullable=False),
        "version": sa.Column("version", sa.String(length=20), nullable=False),
        "scale": sa.Column("scale", sa.String(length=60), nullable=False),
        "month": sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
    }
    return [known[name] if name in known else point(name) for name in names]


def make(table: str, columns: list[sa.Column], *key: str) -> None:
    op.create_table(
        table,
        *columns,
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f(f"fk_{table}_providers")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


COUNTS_KEY = ("provider_id", "instrument", "from_point", "to_point", "month", "version")
MOMENTS_KEY = (
    *("provider_id", "instrument", "version", "scale"),
    *("from_point", "to_point", "month"),
)


def upgrade() -> None:
    op.drop_table("pair_moments")
    make(
        "episode_counts",
        [*keys(*COUNTS_KEY), sa.Column("n", sa.Integer(), nullable=False)],
        *COUNTS_KEY,
    )
    op.create_index(
        "ix_episode_counts_instrument", "episode_counts", ["instrument", "to_point", "month"]
    )
    counts = [sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS]
    sums = [
        sa.Column("reference", sa.Float(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("triangle", sa.LargeBinary(), nullable=False),
    ]
    make("pair_moments", [*keys(*MOMENTS_KEY), *counts, *sums], *MOMENTS_KEY)
    op.create_index(
        "ix_pair_moments_scale",
        "pair_moments",
        ["instrument", "scale", "version", "to_point", "month"],
    )
    op.create_index("ix_episodes_opened_on", "episodes", ["opened_on"])
    state = op.create_table(
        "moments_state",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("layout", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moments_state")),
    )
    reach_everything()
    if op.get_bind().exec_driver_sql("SELECT count(*) FROM episodes").scalar() == 0:
        op.bulk_insert(state, [{"id": 1, "layout": 1}])
    protect("episode_counts", "pair_moments")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON moments_state TO {ROLE}")


def reach_everything() -> None:
    """The policies hold for the tables' owner too, who would otherwise see no rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")


def protect(*tables: str) -> None:
    """PostgreSQL's row-level policies, as those of the revision that brought them."""
    if op.get_bind().dialect.name != "postgresql":
        return
    scope = "(SELECT current_setting('evalplat.scope', true))"

    def own(name: str) -> str:
        key = f"(SELECT nullif(current_setting('evalplat.{name}', true), '')::bigint)"
        return f"provider_id = {key}"

    for table in tables:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} USING ({scope} = 'all' OR"
            f" ({scope} = 'provider' AND {own('owner')}) OR {scope} = 'case_worker' OR"
            f" ({scope} = 'client' AND {own('provider')}))"
        )
        op.execute(f"CREATE POLICY {table}_county ON {table} FOR SELECT USING ({scope} = 'county')")


def downgrade() -> None:
    reach_everything()
    rows = op.get_bind().execute(
        sa.text(
            f"SELECT {', '.join(MOMENTS_KEY)}, reference, n, columns, triangle FROM pair_moments"
            " WHERE n > 0"
        )
    )
    kept = [dict(row._mapping) for row in rows]
    op.drop_index("ix_episodes_opened_on", table_name="episodes")
    for table in ("pair_moments", "episode_counts", "moments_state"):
        op.drop_table(table)
    names = ("sum_x", "sum_y", "sum_xx", "sum_yy", "sum_xy")
    sums = [sa.Column(name, sa.Float(), nullable=False) for name in names]
    more = [
        sa.Column("reference", sa.Float(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
    ]
    make("pair_moments", [*keys(*MOMENTS_KEY), *more, *sums], *MOMENTS_KEY)
    protect("pair_moments")
    table = sa.table(
        "pair_moments", *(sa.column(n) for n in (*MOMENTS_KEY, "reference", "n", *names))
    )
    op.bulk_insert(table, [old_row(row, names) for row in kept])


def old_row(row: dict, names: tuple[str, ...]) -> dict:
    """n and the five sums of x (earlier) and y (later), which stand first in the triangle."""
    import json
    import struct

    width = len(json.loads(row.pop("columns"))) + 1
    packed = bytes(row.pop("triangle"))
    values = struct.unpack(f"<{len(packed) // 8}d", packed)
    x, y = width, 2 * width - 1  # where the rows of baseline and end begin
    found = (values[1], values[2], values[x], values[y], values[x + 1])
    return {**row, **dict(zip(names, found, strict=True))}
