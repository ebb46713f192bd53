"""PostgreSQL: row-level policies that say the rules of `evalplat.storage.access` again, and the role they hold for.

The application works as `evalplat_app`, which owns nothing and may not pass the policies. Each transaction says who
asks with `set_config`; where nothing is said, nothing is seen. SQLite has no roles, so nothing happens there.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE = "evalplat_app"
SHARED = ("providers", "municipalities", "accounts", "plans", "plan_lines")
APPEND_ONLY = ("sheets", "set_aside_sheets", "goals", "goal_ratings", "scores", "audit_entries")
BY_EPISODE = ("administrations", "scores", "goals", "goal_ratings")
BY_ADMINISTRATION = ("invitations", "sheets", "set_aside_sheets", "drafts")
HIDDEN_FROM_COUNTY = (*BY_ADMINISTRATION, "goals", "goal_ratings", "client_identities")


def setting(name: str) -> str:
    return f"(SELECT current_setting('evalplat.{name}', true))"


def key(name: str) -> str:
    return f"(SELECT nullif(current_setting('evalplat.{name}', true), '')::bigint)"


SCOPE = setting("scope")
OWN_CLIENTS = f"(SELECT c.id FROM clients c WHERE c.case_worker_id = {key('owner')})"
CLIENTS_OF_PROVIDER = (
    f"(SELECT p.client_id FROM client_providers p WHERE p.provider_id = {key('owner')})"
)
VOUCHERS_OF_PROVIDER = f"(SELECT e.voucher_id FROM episodes e WHERE e.provider_id = {key('owner')})"


def rules() -> dict[str, tuple[str, str, str]]:
    """For each owned table: what a provider, a case worker and a client reach."""
    by_provider, by_client = f"provider_id = {key('owner')}", f"client_id IN {OWN_CLIENTS}"
    found = {
        "clients": (
            f"id IN {CLIENTS_OF_PROVIDER}",
            f"case_worker_id = {key('owner')}",
            f"id = {key('client')}",
        ),
        "client_identities": (f"client_id IN {CLIENTS_OF_PROVIDER}", by_client, "false"),
        "client_providers": (by_provider, "false", "false"),
        "vouchers": (f"id IN {VOUCHERS_OF_PROVIDER}", by_client, "false"),
        "episodes": (by_provider, by_client, f"id = {key('episode')}"),
        "pair_moments": (by_provider, "true", f"provider_id = {key('provider')}"),
    }
    for table in BY_EPISODE:
        found[table] = (by_provider, by_client, f"episode_id = {key('episode')}")
    for table in BY_ADMINISTRATION:
        found[table] = (by_provider, by_client, f"administration_id = {key('owner')}")
    return found


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}') THEN "
        f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE; END IF; END $$"
    )
    op.execute(
        f"DO $$ BEGIN EXECUTE format('GRANT {ROLE} TO %I', current_user);"
        f" EXECUTE format('GRANT USAGE ON SCHEMA %I TO {ROLE}', current_schema());"
        f" EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {ROLE}', current_schema()); END $$"
    )
    op.execute(f"GRANT SELECT ON alembic_version TO {ROLE}")
    for table in SHARED:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {ROLE}")
    for table, (provider, case_worker, client) in rules().items():
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
        protect(table)
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} USING ({SCOPE} = 'all' OR"
            f" ({SCOPE} = 'provider' AND {provider}) OR"
            f" ({SCOPE} = 'case_worker' AND {case_worker}) OR"
            f" ({SCOPE} = 'client' AND {client}))"
        )
        if table not in HIDDEN_FROM_COUNTY:
            op.execute(
                f"CREATE POLICY {table}_county ON {table} FOR SELECT USING ({SCOPE} = 'county')"
            )
    op.execute(f"GRANT SELECT, INSERT ON audit_entries TO {ROLE}")
    protect("audit_entries")
    op.execute("CREATE POLICY audit_entries_write ON audit_entries FOR INSERT WITH CHECK (true)")
    op.execute(
        "CREATE POLICY audit_entries_read ON audit_entries FOR SELECT"
        f" USING ({setting('reads_log')} = 'true')"
    )


def protect(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*rules(), "audit_entries"):
        op.execute(
            f"DO $$ DECLARE p record; BEGIN FOR p IN SELECT policyname FROM pg_policies WHERE"
            f" tablename = '{table}' AND schemaname = current_schema() LOOP"
            f" EXECUTE format('DROP POLICY %I ON {table}', p.policyname); END LOOP; END $$"
        )
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in (*SHARED, *rules(), "audit_entries", "alembic_version"):
        op.execute(f"REVOKE ALL ON {table} FROM {ROLE}")
