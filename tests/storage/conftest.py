"""The databases that this room's tests run on."""

from databases import (
    catalogue,
    database,
    kind,
    postgresql,
    sqlite_template,
    templates,
    wiring,
)

__all__ = [
    "catalogue",
    "database",
    "kind",
    "postgresql",
    "sqlite_template",
    "templates",
    "wiring",
]
