"""Keep beside an administration how its latest sheet was filled in, and beside an episode what its voucher is worth.

Both are read by comparisons, whose readers see neither sheets nor clients' links. Adding and dropping a plain column
needs no copy of the table on either database; the values come from sheets and vouchers, so that going down loses
nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW = (("answered_mode", 24), ("assistance", 12), ("wording", 12))
LATEST = (
    "(SELECT {what} FROM sheets s WHERE s.administration_id = administrations.id"
    " AND s.revision = administrations.revision)"
)
ASSISTANCE = "CASE s.answered_with WHEN '' THEN 'none' WHEN 'worker' THEN 'worker' ELSE 'other' END"
WORDING = (
    "CASE WHEN s.language = '' THEN ''"
    " WHEN s.language IN ('fi', 'sv', 'en') THEN s.language"
    " WHEN substr(s.language, 1, 3) IN ('fi-', 'sv-', 'en-') THEN substr(s.language, 1, 2)"
    " ELSE 'other' END"
)


def upgrade() -> None:
    for name, length in NEW:
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("administrations", column)
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("episodes", sa.Column("value_cents", key, nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        # The policies hold for the tables' owner too, who would otherwise see no rows.
        op.execute("SELECT set_config('evalplat.scope', 'all', true)")
    changes = ", ".join(
        f"{name} = {LATEST.format(what=what)}"
        for name, what in (
            ("answered_mode", "s.mode"),
            ("assistance", ASSISTANCE),
            ("wording", WORDING),
        )
    )
    op.execute(f"UPDATE administrations SET {changes} WHERE revision > 0")
    op.execute(
        "UPDATE episodes SET value_cents ="
        " (SELECT v.value_cents FROM vouchers v WHERE v.id = episodes.voucher_id)"
    )


def downgrade() -> None:
    op.drop_column("episodes", "value_cents")
    for name, _length in reversed(NEW):
        op.drop_column("administrations", name)
