"""Everything that is stored about one client, as rows for the client's own copy.

`SHOWN` names the columns that are handed out of each table that belongs to somebody; every other table and column
stands in `LEFT_OUT` with the reason. A test holds the two against the tables, so that a new column is decided about.
"""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from evalplat.storage import contacts, identities, rights
from evalplat.storage import tables as t
from evalplat.storage.rows import chunks
from evalplat.storage.word_columns import list_words

KEY = "an internal number"
OWNER = "says whose the row is; the copy stands it where it belongs"
SECRET = "opens something; only a hash is stored"
ONCE = "tells a form that was sent twice from another one"
PROOF = "proves that what stands here was not changed"

SHOWN: dict[Any, tuple[str, ...]] = {
    t.Client: (
        *("public_id", "birth_year", "sex", "language", "plain_language", "living_situation"),
        *("employment", "municipality", "restricted_at", "objected_at", "counted"),
    ),
    t.ClientIdentity: ("sealed_name", "sealed_code"),
    t.ClientContact: (
        *("sealed_email", "sealed_phone", "channel", "opted_out_at", "paused_until", "changed_at"),
    ),
    t.ClientPlan: (
        *(
            "revision",
            "situational_factors",
            "services",
            "methods",
            "summary",
            "made_at",
            "made_by",
        ),
    ),
    t.PlanGoal: ("public_id", "title", "own_words", "indicator", "planned_on", "planned_by"),
    t.ClientAct: ("act", "reason", "done_at", "done_by"),
    t.FactRevision: (
        *("revision", "fact", "episode", "earlier", "later", "reason", "corrected_at"),
        "corrected_by",
    ),
    t.RightsRequest: (
        *("public_id", "kind", "message", "asked_at", "recorded_by", "promised_by", "outcome"),
        *("answered_at", "answered_by", "answer"),
    ),
    t.Erasure: (
        *("public_id", "request_id", "ground", "state", "reason", "proposed_at", "proposed_by"),
        *("decided_at", "decided_by", "note"),
    ),
    t.Voucher: (
        *("public_id", "number", "county", "municipality", "value_cents", "hours", "valid_from"),
        *("valid_until", "service", "granted_at", "plan_key"),
    ),
    t.Episode: (
        *("id", "public_id", "provider_id", "opened_on", "planned_end", "closed_on"),
        *("closing_reason", "municipality", "living_situation", "employment", "value_cents"),
        "feedback_given",
    ),
    t.EpisodeEvent: (
        *("episode_id", "act", "closed_on", "closing_reason", "planned_end", "note", "done_at"),
        "done_by",
    ),
    t.Administration: (
        *("id", "episode_id", "public_id", "instrument", "version", "point", "respondent", "mode"),
        *("due_from", "due_until", "status", "revision", "measured_on", "closing_reason"),
        *("answered_mode", "assistance", "wording"),
    ),
    t.Invitation: (
        *("administration_id", "language", "made_at", "expires_at", "tries", "used_at"),
        "revoked_at",
    ),
    t.Sheet: (
        *("administration_id", "revision", "answers", "measured_on", "language", "mode"),
        *(
            "respondent",
            "answered_with",
            "present",
            "begun_at",
            "submitted_at",
            "submitted_by",
            "reason",
        ),
    ),
    t.SetAside: ("administration_id", "answers", "received_at", "received_from"),
    t.Draft: ("administration_id", "code", "value", "language", "saved_at"),
    t.Score: (
        *("administration_id", "revision", "scale", "value", "status", "reason", "items_used"),
        *("items_missing", "items_not_applicable", "variant", "scoring_version"),
    ),
    t.Goal: (
        *("id", "episode_id", "public_id", "title", "own_words", "indicator", "icf", "levels"),
        *("baseline_level", "target_date", "importance", "difficulty", "agreed_on", "agreed_with"),
        *("agreed_by", "plan_goal"),
    ),
    t.GoalRating: (
        *("administration_id", "revision", "goal_id", "level", "rated_on", "rater", "comment"),
        *("client_level", "worker_level"),
    ),
    t.ContactRequest: (
        *("administration_id", "asked_at", "message", "promised_by", "answered_at", "answered_by"),
        "answer",
    ),
    t.Reminder: (
        *("id", "episode_id", "public_id", "point", "channel", "attempt", "local_day", "state"),
        *("planned_at", "changed_at", "sent_at"),
    ),
    t.ReminderEvent: ("reminder_id", "at", "state", "detail"),
    t.Appointment: (
        *("episode_id", "held_on", "minutes", "form", "place", "outcome", "recorded_at"),
        *("recorded_by", "struck_at", "struck_by"),
    ),
    t.AlertNote: ("administration_id", "scale", "revision", "seen_at", "seen_by", "done"),
    t.SheetNote: ("administration_id", "sign", "revision", "noted_at", "noted_by", "note"),
}

LEFT_OUT: dict[str, str] = {
    **{
        f"{model.__tablename__}.sealed_words": "the words themselves are in the copy, opened"
        for model in SHOWN
        if list_words(model)
    },
    "client_providers": "the providers are those of the services, which are in the copy",
    "client_keys": "the key that name and addresses are sealed with",
    "client_marks": "fingerprints by which an exact code, address or number is found",
    "pair_moments": "sums over many clients, in which nobody can be found",
    "episode_counts": "sums over many clients, in which nobody can be found",
    "provider_comments": "what a provider says of its results as a whole, about no client",
    "feedback_decisions": "about anonymous words: they cannot be connected with anybody",
    "feedback_sheets": "anonymous: it cannot be connected with anybody",
    "clients.id": KEY,
    "clients.case_worker_id": "a person of the staff",
    "client_identities.client_id": OWNER,
    "client_contacts.client_id": OWNER,
    "client_plans.client_id": OWNER,
    "plan_goals.id": KEY,
    "plan_goals.client_id": OWNER,
    "plan_goals.replaces_id": KEY,
    "client_acts.id": KEY,
    "client_acts.client_id": OWNER,
    "fact_revisions.client_id": OWNER,
    "rights_requests.id": KEY,
    "rights_requests.client_id": OWNER,
    "rights_requests.administration_id": OWNER,
    "erasures.id": KEY,
    "erasures.client_id": OWNER,
    "vouchers.id": KEY,
    "vouchers.client_id": OWNER,
    "vouchers.named_provider_id": KEY,
    "episodes.client_id": OWNER,
    "episodes.voucher_id": KEY,
    "episodes.plan_id": KEY,
    "invitations.locator": SECRET,
    "invitations.secret_hash": SECRET,
    "invitations.token_digest": SECRET,
    "sheets.idempotency_key": ONCE,
    "sheets.body_digest": ONCE,
    "set_aside_sheets.idempotency_key": ONCE,
    "set_aside_sheets.body_digest": ONCE,
    "sheets.score_rows": PROOF,
    "sheets.rating_rows": PROOF,
    **dict.fromkeys(("sheets.seal", "scores.seal", "goals.seal", "goal_ratings.seal"), PROOF),
    "sheets.shown_wording": "internal number of the wording",
    "administrations.shown_wording": "internal number of the wording",
    "scores.definition_digest": "a fingerprint of the questions",
    "goals.replaces_id": KEY,
    "appointments.idempotency_key": ONCE,
    "administrations.anchor": "how the days of a plan are counted",
    "administrations.offset_days": "how the days of a plan are counted",
    "administrations.before_days": "how the days of a plan are counted",
    "administrations.after_days": "how the days of a plan are counted",
    "reminders.administration_ids": "internal numbers of the questions that a reminder was about",
}

EVERYWHERE = frozenset(
    {"id", "public_id", "client_id", "provider_id", "episode_id", "administration_id"}
)
"""Columns of rows inside a service that only say what a row is and whose."""


def read_client(session: Session, client: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table that is handed out, by the table's name, in the order in which they came about.

    What is sealed is opened: name, identity code, addresses and names in corrections.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for model, names in SHOWN.items():
        owner = model.id if model is t.Client else model.client_id
        query = select(model).where(owner == client)
        order = [getattr(model, column.key) for column in model.__table__.primary_key]
        rows = session.scalars(query.order_by(*order))
        found[model.__tablename__] = [{name: getattr(row, name) for name in names} for row in rows]
    contact = contacts.lock(session, client, wait=False)
    found["client_contacts"] = [asdict(contact)] if contact else []
    name, code = rights.find_name(session, client), identities.read_code(session, client)
    found["client_identities"] = [{"name": name, "personal_identity_code": code}]
    for row in found["fact_revisions"]:
        if row["fact"] == "name":
            for which in ("earlier", "later"):
                number, sealed = row["revision"], row[which]
                row[which] = rights.open_earlier(session, client, number, which, sealed)
    return found


def find_staff(session: Session, accounts: Collection[str]) -> dict[str, tuple[str, str]]:
    """(role, provider's name or empty) of accounts, by their id; never a name."""
    found: dict[str, tuple[str, str]] = {}
    for chunk in chunks(sorted(accounts)):
        rows = session.execute(
            select(t.Account.public_id, t.Account.role, t.Provider.name)
            .outerjoin(t.Provider, t.Provider.id == t.Account.provider_id)
            .where(t.Account.public_id.in_(chunk))
        )
        found.update((key, (str(role), provider or "")) for key, role, provider in rows)
    return found


def list_providers(session: Session) -> tuple[dict[int, str], dict[str, str]]:
    """Names of providers by key and by public id."""
    rows = session.execute(select(t.Provider.id, t.Provider.public_id, t.Provider.name)).all()
    return {r.id: r.name for r in rows}, {r.public_id: r.name for r in rows}


def list_places(session: Session) -> dict[str, str]:
    """Names of municipalities by code."""
    rows = session.execute(select(t.Municipality.code, t.Municipality.name)).all()
    return {row.code: row.name for row in rows}


def list_lines(session: Session, client_id: str) -> list[Any]:
    """(at, role, provider's public id, purpose, action) of every log line about a client, newest first."""
    log = t.AuditEntry
    query = (
        select(log.at, log.role, log.provider_id, log.purpose, log.action)
        .where(cast(log.client_ids, Text).contains(f'"{client_id}"', autoescape=True))
        .order_by(log.id.desc())
    )
    return list(session.execute(query).all())
