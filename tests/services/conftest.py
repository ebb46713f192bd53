"""The databases that this room's tests run on."""

from databases import catalogue, database, postgresql, sqlite_template, wiring

__all__ = ["catalogue", "database", "postgresql", "sqlite_template", "wiring"]
