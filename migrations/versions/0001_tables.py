"""Make the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def word(name: str, *values: str) -> sa.Enum:
    """A string that the database keeps to these values."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("provider_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("client_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"])
    op.create_table(
        "municipalities",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sub_region", sa.String(length=80), nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_municipalities")),
    )
    op.create_table(
        "plans",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("titles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_plans_key_version")),
    )
    op.create_table(
        "providers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("own_service", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_providers_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_providers_public_id")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            word(
                "role",
                "provider_worker",
                "provider_manager",
                "case_worker",
                "analyst",
                "administrator",
            ),
            nullable=False,
        ),
        sa.Column("provider_id", KEY, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(role IN ('provider_worker', 'provider_manager')) = (provider_id IS NOT NULL)",
            name=op.f("ck_accounts_provider_of_role"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_accounts_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_accounts_public_id")),
    )
    op.create_table(
        "pair_moments",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("scale", sa.String(length=60), nullable=False),
        sa.Column(
            "from_point",
            word("from_point", "baseline", "midpoint", "end", "follow_up"),
            nullable=False,
        ),
        sa.Column(
            "to_point", word("to_point", "baseline", "midpoint", "end", "follow_up"), nullable=False
        ),
        sa.Column("month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.Float(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sum_x", sa.Float(), nullable=False),
        sa.Column("sum_y", sa.Float(), nullable=False),
        sa.Column("sum_xx", sa.Float(), nullable=False),
        sa.Column("sum_yy", sa.Float(), nullable=False),
        sa.Column("sum_xy", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_pair_moments_providers")
        ),
        sa.PrimaryKeyConstraint(
            "provider_id",
            "instrument",
            "version",
            "scale",
            "from_point",
            "to_point",
            "month",
            name=op.f("pk_pair_moments"),
        ),
    )
    op.create_table(
        "plan_lines",
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column(
            "point", word("point", "baseline", "midpoint", "end", "follow_up"), nullable=False
        ),
        sa.Column(
            "respondent",
            word("respondent", "client", "worker", "proxy", "together"),
            nullable=False,
        ),
        sa.Column(
            "mode",
            word("mode", "self", "interview", "proxy", "observation", "paper"),
            nullable=False,
        ),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("before_days", sa.Integer(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_lines_plans")),
        sa.PrimaryKeyConstraint("plan_id", "position", name=op.f("pk_plan_lines")),
    )
    op.create_table(
        "clients",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("case_worker_id", KEY, nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=False),
        sa.Column("sex", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("living_situation", sa.String(length=24), nullable=False),
        sa.Column("employment", sa.String(length=24), nullable=False),
        sa.Column("municipality", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_worker_id"], ["accounts.id"], name=op.f("fk_clients_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipalities.code"], name=op.f("fk_clients_municipalities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("public_id", name=op.f("uq_clients_public_id")),
    )
    op.create_index(op.f("ix_clients_case_worker_id"), "clients", ["case_worker_id"])
    op.create_table(
        "client_identities",
        sa.Column("client_id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded_name", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_identities_clients")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client_identities")),
    )
    op.create_table(
        "client_providers",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_client_providers_clients")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["providers.id"], name=op.f("fk_client_providers_providers")
        ),
        sa.PrimaryKeyConstraint("provider_id", "client_id", name=op.f("pk_client_providers")),
    )
    op.create_index(op.f("ix_client_providers_client_id"), "client_providers", ["client_id"])
    op.create_table(
        "vouchers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("county", sa.String(length=40), nullable=False),
        sa.Column("municipality", sa.String(length=8), nullable=False),
        sa.Column("value_cents", KEY, nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("service", sa.String(length=200), nullable=False),
        sa.Column("named_provider_id", KEY, nullable=True),
        sa.Column("granted_at", INSTANT, nullable=False),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_vouchers_validity")),
        sa.CheckConstraint("value_cents >= 0 AND hours >= 0", name=op.f("ck_vouchers_amounts")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_vouchers_clients")),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipalities.code"], name=op.f("fk_vouchers_municipalities")
        ),
        sa.ForeignKeyConstraint(
            ["named_provider_id"], ["providers.id"], name=op.f("fk_vouchers_providers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("id", "client_id", name=op.f("uq_vouchers_id_client_id")),
        sa.UniqueConstraint("number", name=op.f("uq_vouchers_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_vouchers_public_id")),
    )
    op.create_index(op.f("ix_vouchers_client_id"), "vouchers", ["client_id"])
    op.create_table(
        "episodes",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("voucher_id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("planned_end", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closing_reason", sa.String(length=24), nullable=False),
        sa.Column("municipality", sa.String(length=8), nullable=False),
        sa.Column("living_situation", sa.String(length=24), nullable=False),
        sa.Column("employment", sa.String(length=24), nullable=False),
        sa.CheckConstraint(
            "closed_on IS NULL OR closed_on >= opened_on", name=op.f("ck_episodes_closing")
        ),
        sa.CheckConstraint("planned_end >= opened_on", name=op.f("ck_episodes_planned_end")),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipalities.code"], name=op.f("fk_episodes_municipalities")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_episodes_plans")),
        sa.ForeignKeyConstraint(
            ["provider_id", "client_id"],
            ["client_providers.provider_id", "client_providers.client_id"],
            name=op.f("fk_episodes_client_providers"),
        ),
        sa.ForeignKeyConstraint(
            ["voucher_id", "client_id"],
            ["vouchers.id", "vouchers.client_id"],
            name=op.f("fk_episodes_vouchers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_episodes")),
        sa.UniqueConstraint(
            "id", "provider_id", "client_id", name=op.f("uq_episodes_id_provider_id_client_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_episodes_public_id")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_episodes_voucher_id")),
    )
    op.create_index("ix_episodes_client_id", "episodes", ["client_id"])
    op.create_index("ix_episodes_provider_id_opened_on", "episodes", ["provider_id", "opened_on"])
    op.create_table(
        "administrations",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column(
            "point", word("point", "baseline", "midpoint", "end", "follow_up"), nullable=False
        ),
        sa.Column(
            "respondent",
            word("respondent", "client", "worker", "proxy", "together"),
            nullable=False,
        ),
        sa.Column(
            "mode",
            word("mode", "self", "interview", "proxy", "observation", "paper"),
            nullable=False,
        ),
        sa.Column("offset_days", sa.Integer(), nullable=False),
        sa.Column("before_days", sa.Integer(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("due_from", sa.Date(), nullable=False),
        sa.Column("due_until", sa.Date(), nullable=False),
        sa.Column(
            "status",
            word("administration_status", "planned", "submitted", "closed", "not_applicable"),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["episode_id", "provider_id", "client_id"],
            ["episodes.id", "episodes.provider_id", "episodes.client_id"],
            name=op.f("fk_administrations_episodes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrations")),
        sa.UniqueConstraint(
            "episode_id",
            "instrument",
            "point",
            "respondent",
            name=op.f("uq_administrations_episode_id_instrument_point_respondent"),
        ),
        sa.UniqueConstraint(
            "id",
            "episode_id",
            "provider_id",
            "client_id",
            name=op.f("uq_administrations_id_episode_id_provider_id_client_id"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_administrations_public_id")),
    )
    op.create_index("ix_administrations_instrument", "administrations", ["instrument", "point"])
    op.create_index(
        "ix_administrations_worklist", "administrations", ["provider_id", "status", "due_until"]
    )
    op.create_table(
        "goals",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("own_words", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("icf", sa.JSON(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("baseline_level", sa.Integer(), nullable=False),
        sa.Column("target_date", sa.Date(), nullable=True),
        sa.Column("importance", sa.Integer(), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column(
            "agreed_with",
            word("respondent", "client", "worker", "proxy", "together"),
            nullable=False,
        ),
        sa.Column("agreed_by", sa.String(length=40), nullable=False),
        sa.Column("plan_goal", sa.Text(), nullable=False),
        sa.Column("replaces_id", KEY, nullable=True),
        sa.CheckConstraint("baseline_level BETWEEN -2 AND 2", name=op.f("ck_goals_baseline_level")),
        sa.CheckConstraint(
            "importance BETWEEN 1 AND 3 AND difficulty BETWEEN 1 AND 3",
            name=op.f("ck_goals_weight"),
        ),
        sa.ForeignKeyConstraint(
            ["episode_id", "provider_id", "client_id"],
            ["episodes.id", "episodes.provider_id", "episodes.client_id"],
            name=op.f("fk_goals_episodes"),
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["goals.id"], name=op.f("fk_goals_goals")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goals")),
        sa.UniqueConstraint("id", "episode_id", name=op.f("uq_goals_id_episode_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_goals_public_id")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_goals_replaces_id")),
    )
    op.create_index("ix_goals_episode_id", "goals", ["episode_id"])
    op.create_table(
        "drafts",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("administration_id", KEY, autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_drafts_administrations"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "code", name=op.f("pk_drafts")),
    )
    op.create_table(
        "invitations",
        sa.Column("administration_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("locator", sa.String(length=4), nullable=False),
        sa.Column("secret_hash", sa.String(length=200), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_invitations_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("locator", name=op.f("uq_invitations_locator")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitations_public_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitations_token_digest")),
    )
    op.create_index("ix_invitations_administration_id", "invitations", ["administration_id"])
    op.create_index("ix_invitations_episode_id", "invitations", ["episode_id"])
    op.create_table(
        "set_aside_sheets",
        sa.Column("administration_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("received_from", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_set_aside_sheets_administrations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside_sheets")),
        sa.UniqueConstraint(
            "administration_id",
            "body_digest",
            name=op.f("uq_set_aside_sheets_administration_id_body_digest"),
        ),
    )
    op.create_table(
        "sheets",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("administration_id", KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column(
            "mode",
            word("mode", "self", "interview", "proxy", "observation", "paper"),
            nullable=False,
        ),
        sa.Column(
            "respondent",
            word("respondent", "client", "worker", "proxy", "together"),
            nullable=False,
        ),
        sa.Column("answered_with", sa.String(length=200), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("submitted_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_sheets_revision")),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_sheets_administrations"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "revision", name=op.f("pk_sheets")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_sheets_idempotency_key")),
    )
    op.create_index("ix_sheets_episode_id", "sheets", ["episode_id"])
    op.create_table(
        "goal_ratings",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("administration_id", KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("goal_id", KEY, autoincrement=False, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        sa.Column(
            "rater", word("respondent", "client", "worker", "proxy", "together"), nullable=False
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.CheckConstraint("level BETWEEN -2 AND 2", name=op.f("ck_goal_ratings_level")),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_goal_ratings_administrations"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "revision"],
            ["sheets.administration_id", "sheets.revision"],
            name=op.f("fk_goal_ratings_sheets"),
        ),
        sa.ForeignKeyConstraint(
            ["goal_id", "episode_id"],
            ["goals.id", "goals.episode_id"],
            name=op.f("fk_goal_ratings_goals"),
        ),
        sa.PrimaryKeyConstraint(
            "administration_id", "revision", "goal_id", name=op.f("pk_goal_ratings")
        ),
    )
    op.create_index("ix_goal_ratings_episode_id", "goal_ratings", ["episode_id"])
    op.create_table(
        "scores",
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("episode_id", KEY, nullable=False),
        sa.Column("administration_id", KEY, autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scale", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column(
            "status",
            word("score_status", "ok", "imputed", "partial", "not_assessable"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("items_used", sa.Integer(), nullable=False),
        sa.Column("items_missing", sa.Integer(), nullable=False),
        sa.Column("items_not_applicable", sa.Integer(), nullable=False),
        sa.Column("variant", sa.String(length=60), nullable=False),
        sa.Column("definition_digest", sa.String(length=64), nullable=False),
        sa.Column("scoring_version", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "(value IS NULL) = (status = 'not_assessable')",
            name=op.f("ck_scores_no_value_without_ground"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "episode_id", "provider_id", "client_id"],
            [
                "administrations.id",
                "administrations.episode_id",
                "administrations.provider_id",
                "administrations.client_id",
            ],
            name=op.f("fk_scores_administrations"),
        ),
        sa.ForeignKeyConstraint(
            ["administration_id", "revision"],
            ["sheets.administration_id", "sheets.revision"],
            name=op.f("fk_scores_sheets"),
        ),
        sa.PrimaryKeyConstraint("administration_id", "revision", "scale", name=op.f("pk_scores")),
    )


def downgrade() -> None:
    op.drop_table("scores")
    op.drop_index("ix_goal_ratings_episode_id", table_name="goal_ratings")
    op.drop_table("goal_ratings")
    op.drop_index("ix_sheets_episode_id", table_name="sheets")
    op.drop_table("sheets")
    op.drop_table("set_aside_sheets")
    op.drop_index("ix_invitations_episode_id", table_name="invitations")
    op.drop_index("ix_invitations_administration_id", table_name="invitations")
    op.drop_table("invitations")
    op.drop_table("drafts")
    op.drop_index("ix_goals_episode_id", table_name="goals")
    op.drop_table("goals")
    op.drop_index("ix_administrations_worklist", table_name="administrations")
    op.drop_index("ix_administrations_instrument", table_name="administrations")
    op.drop_table("administrations")
    op.drop_index("ix_episodes_provider_id_opened_on", table_name="episodes")
    op.drop_index("ix_episodes_client_id", table_name="episodes")
    op.drop_table("episodes")
    op.drop_index(op.f("ix_vouchers_client_id"), table_name="vouchers")
    op.drop_table("vouchers")
    op.drop_index(op.f("ix_client_providers_client_id"), table_name="client_providers")
    op.drop_table("client_providers")
    op.drop_table("client_identities")
    op.drop_index(op.f("ix_clients_case_worker_id"), table_name="clients")
    op.drop_table("clients")
    op.drop_table("plan_lines")
    op.drop_table("pair_moments")
    op.drop_table("accounts")
    op.drop_table("providers")
    op.drop_table("plans")
    op.drop_table("municipalities")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_table("audit_entries")
