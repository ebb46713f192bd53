"""Runs the migrations. `evalplat.storage.migrate` hands the engine over; Alembic's own command line is not used.

SQLite changes a table by copying it (batch mode). With foreign keys on, dropping the old copy would empty the tables
that point to it without a word, so they are switched off outside the transaction and checked before the commit. A
copied table also loses its triggers: a migration that changes an append-only table must make them again.
"""

from alembic import context

from evalplat.storage.tables import metadata

engine = context.config.attributes["engine"]
on_sqlite = engine.dialect.name == "sqlite"

with engine.connect() as connection:
    if on_sqlite:
        connection.connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=on_sqlite,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()
        if on_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise RuntimeError(f"the migration broke {len(broken)} references")
    if on_sqlite:
        connection.connection.execute("PRAGMA foreign_keys=ON")
