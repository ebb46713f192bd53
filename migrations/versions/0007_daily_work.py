"""Tables for the daily work: contacts and reminders, requests, appointments, alerts seen to, clients' plans, feedback.

Besides them columns that say more about what is there: the day a plan's line counts from, who was present when a sheet
was filled in, both levels where client and worker rate a goal apart, the plan a voucher asks for. Nothing that is there
changes; going down drops what these tables hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLE = "evalplat_app"
OF_CLIENT = ("client_contacts", "client_plans", "plan_goals")
OF_STAFF = ("reminders", "reminder_events", "alert_notes")
TABLES = (*OF_CLIENT, *OF_STAFF, "contact_requests", "appointments", "feedback_sheets")
APPEND_ONLY = ("reminder_events", "alert_notes", "client_plans", "plan_goals", "feedback_sheets")
COLUMNS = (
    ("administrations", "anchor"),
    ("clients", "plain_language"),
    ("episodes", "feedback_given"),
    ("goal_ratings", "client_level"),
    ("goal_ratings", "worker_level"),
    ("plan_lines", "anchor"),
    ("sheets", "present"),
    ("vouchers", "plan_key"),
)


def word(column: str, name: str, *words: str) -> sa.Column:
    """A column that the database keeps to its words."""
    kept = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=24)
    return sa.Column(column, kept, nullable=False)


def make_feedback_sheets() -> None:
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
    )
    op.create_index(
        "ix_feedback_sheets_provider_id",
        "feedback_sheets",
        ["provider_id", "instrument", "quarter"],
        unique=False,
    )


def make_client_contacts() -> None:
    op.create_table(
        "client_contacts",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        word("channel", "channel", "none", "email", "sms"),
        sa.Column("opted_out_at", MOMENT, nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_contacts_clients")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_contacts")),
    )


def make_client_plans() -> None:
    op.create_table(
        "client_plans",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("situational_factors", sa.JSON(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=False),
        sa.Column("methods", sa.JSON(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_plans_clients")
        ),
        sa.PrimaryKeyConstraint("client_id", "revision", name=op.f("pk_client_plans")),
    )


def make_plan_goals() -> None:
    op.create_table(
        "plan_goals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("own_words", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("planned_by", sa.String(length=40), nullable=False),
        sa.Column("replaces_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_plan_goals_clients")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["plan_goals.id"], name=op.f("fk_plan_goals_plan_goals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_goals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_goals_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_plan_goals_replaces_id")),
    )
    op.create_index(op.f("ix_plan_goals_client_id"), "plan_goals", ["client_id"], unique=False)


def make_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        word("form", "form", "individual", "group"),
        word("place", "place", "on_site", "home", "digital", "elsewhere"),
        word("outcome", "outcome", "held", "no_show", "cancelled"),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(length=40), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("struck_at", MOMENT, nullable=True),
        sa.Column("struck_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_appointments_minutes")),
        sa.ForeignKeyConstraint(
            ["episode_id", "provider_id", "client_id"],
            ["episodes.id", "episodes.provider_id", "episodes.client_id"],
            name=op.f("fk_appointments_episodes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_appointments_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appointments_public_id")),
    )
    op.create_index(
        "ix_appointments_episode_id", "appointments", ["episode_id", "held_on"], unique=False
    )


def make_reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        word("point", "point", "baseline", "midpoint", "end", "follow_up"),
        word("channel", "channel", "none", "email", "sms"),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("administration_ids", sa.JSON(), nullable=False),
        word("state", "reminder_state", "planned", "sending", "sent", "failed", "cancelled"),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("attempt >= 1", name=op.f("ck_reminders_attempt")),
        sa.ForeignKeyConstraint(
            ["episode_id", "provider_id", "client_id"],
            ["episodes.id", "episodes.provider_id", "episodes.client_id"],
            name=op.f("fk_reminders_episodes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "client_id",
            "episode_id",
            "point",
            "channel",
            "attempt",
            name=op.f("uq_reminders_client_id_episode_id_point_channel_attempt"),
        ),
        sa.UniqueConstraint(
            "client_id",
            "local_day",
            "channel",
            name=op.f("uq_reminders_client_id_local_day_channel"),
        ),
        sa.UniqueConstraint(
            "id",
            "episode_id",
            "provider_id",
            "client_id",
            name=op.f("uq_reminders_id_episode_id_provider_id_client_id"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_reminders_public_id")),
    )
    op.create_index("ix_reminders_episode_id", "reminders", ["episode_id"], unique=False)
    op.create_index("ix_reminders_state", "reminders", ["state", "local_day"], unique=False)


def make_alert_notes() -> None:
    op.create_table(
        "alert_notes",
        sa.Column("administration_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("scale", sa.String(length=60), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("seen_by", sa.String(length=40), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_alert_notes_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notes")),
        sa.UniqueConstraint("public_id", name=op.f("uq_alert_notes_public_id")),
    )
    op.create_index("ix_alert_notes_episode_id", "alert_notes", ["episode_id"], unique=False)


def make_contact_requests() -> None:
    op.create_table(
        "contact_requests",
        sa.Column("administration_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("promised_by", sa.Date(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_contact_requests_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_requests")),
        sa.UniqueConstraint(
            "administration_id", name=op.f("uq_contact_requests_administration_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_contact_requests_public_id")),
    )
    op.create_index(
        "ix_contact_requests_open",
        "contact_requests",
        ["provider_id", "answered_at", "promised_by"],
        unique=False,
    )


def make_reminder_events() -> None:
    op.create_table(
        "reminder_events",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("reminder_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        word("state", "reminder_state", "planned", "sending", "sent", "failed", "cancelled"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reminder_id", "episode_id", "provider_id", "client_id"],
            [
                "reminders.id",
                "reminders.episode_id",
                "reminders.provider_id",
                "reminders.client_id",
            ],
            name=op.f("fk_reminder_events_reminders"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_events")),
    )
    op.create_index(
        "ix_reminder_events_reminder_id", "reminder_events", ["reminder_id"], unique=False
    )


def upgrade() -> None:
    make_feedback_sheets()
    make_client_contacts()
    make_client_plans()
    make_plan_goals()
    make_appointments()
    make_reminders()
    make_alert_notes()
    make_contact_requests()
    make_reminder_events()
    op.add_column(
        "administrations",
        sa.Column("anchor", sa.String(length=16), server_default="point", nullable=False),
    )
    op.add_column(
        "clients",
        sa.Column("plain_language", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "episodes",
        sa.Column("feedback_given", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("goal_ratings", sa.Column("client_level", sa.Integer(), nullable=True))
    op.add_column("goal_ratings", sa.Column("worker_level", sa.Integer(), nullable=True))
    op.add_column(
        "plan_lines",
        sa.Column("anchor", sa.String(length=16), server_default="point", nullable=False),
    )
    op.add_column(
        "sheets", sa.Column("present", sa.String(length=200), server_default="", nullable=False)
    )
    op.add_column(
        "vouchers", sa.Column("plan_key", sa.String(length=60), server_default="", nullable=False)
    )
    keep_append_only()
    protect()


def keep_append_only() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        if sqlite:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION evalplat_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION evalplat_refuse_change()"
        )


def protect() -> None:
    """PostgreSQL's row-level policies, which say the rules of `evalplat.storage.access` again."""
    if op.get_bind().dialect.name != "postgresql":
        return

    def own(name: str) -> str:
        return f"(SELECT nullif(current_setting('evalplat.{name}', true), '')::bigint)"

    scope = "(SELECT current_setting('evalplat.scope', true))"
    case_worker = (
        f"client_id IN (SELECT c.id FROM clients c WHERE c.case_worker_id = {own('owner')})"
    )
    known = f"client_id IN (SELECT p.client_id FROM client_providers p WHERE p.provider_id = {own('owner')})"
    by_provider = f"provider_id = {own('owner')}"
    rules = dict.fromkeys(OF_CLIENT, (known, case_worker, "false"))
    rules |= dict.fromkeys(OF_STAFF, (by_provider, case_worker, "false"))
    rules["contact_requests"] = (by_provider, case_worker, f"administration_id = {own('owner')}")
    rules["appointments"] = (by_provider, case_worker, f"episode_id = {own('episode')}")
    rules["feedback_sheets"] = ("false", "false", "false")
    for table, (provider, worker, client) in rules.items():
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} USING ({scope} = 'all' OR"
            f" ({scope} = 'provider' AND {provider}) OR"
            f" ({scope} = 'case_worker' AND {worker}) OR ({scope} = 'client' AND {client}))"
        )
    op.execute(
        "CREATE POLICY feedback_sheets_client ON feedback_sheets FOR INSERT WITH CHECK"
        f" ({scope} = 'client' AND provider_id = {own('provider')})"
    )
    op.execute(
        f"CREATE POLICY appointments_county ON appointments FOR SELECT USING ({scope} = 'county')"
    )
    op.execute(
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO "
        f"{ROLE}', current_schema()); END $$"
    )


def downgrade() -> None:
    for table in (*(t for t in TABLES if t != "reminders"), "reminders"):
        op.drop_table(table)
    for table, column in reversed(COLUMNS):
        op.drop_column(table, column)
