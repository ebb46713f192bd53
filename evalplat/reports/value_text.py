"""Tables under one another for the terminal."""

from collections.abc import Sequence

from evalplat.reports.tables import Table
from evalplat.reports.text import draw_table


def draw_tables(
    tables: Sequence[Table], warnings: Sequence[str] = (), *, status: str = "ok", width: int
) -> str:
    """Each table with its caption above and its notes below, then warnings and a status that is not ok."""
    parts = []
    for table in tables:
        rows = (*table.rows, table.total) if table.total else table.rows
        drawn = draw_table(
            table.headers, rows, table.numeric, width=width, last_is_total=bool(table.total)
        )
        parts.append("\n".join([table.caption, "", drawn, *table.notes]))
    parts.extend(warnings)
    if status != "ok":
        parts.append(f"Status: {status}")
    return "\n\n".join(parts) + "\n"
