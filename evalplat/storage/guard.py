"""The net below the ORM: reads every statement before it is sent, and refuses what forgot whose rows it touches.

It errs on the side of refusing. A table's name counts wherever it stands as a word of its own, and each mention needs
the owner's condition on its own name or alias, with the key that the access rules filled in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event

from evalplat.storage.tables import (
    ANONYMOUS,
    LOGS,
    OF_ACCOUNT,
    OF_CASE_WORKER,
    OF_CLIENT,
    OF_PROVIDER,
    OWNED,
    TO_ADMINISTRATORS,
)

LOG_NAMES = frozenset(model.__tablename__ for model in (*LOGS, *TO_ADMINISTRATORS))
OWNED_NAMES = frozenset(model.__tablename__ for model in OWNED)
ACCOUNT_NAMES = frozenset(model.__tablename__ for model in OF_ACCOUNT)
OF_CLIENT_NAMES = frozenset(model.__tablename__ for model in OF_CLIENT)
OF_CASE_WORKER_NAMES = frozenset(model.__tablename__ for model in OF_CASE_WORKER)
ANONYMOUS_NAMES = frozenset(model.__tablename__ for model in ANONYMOUS)
OF_PROVIDER_NAMES = frozenset(model.__tablename__ for model in OF_PROVIDER)
OF_EPISODE_NAMES = frozenset(["administrations", "scores", "goals", "goal_ratings", "appointments"])
OUT_OF_CLIENTS_REACH = frozenset(
    [
        *("vouchers", "client_providers", "reminders", "reminder_events", "alert_notes"),
        *("episode_events", "sheet_notes"),
        *OF_CLIENT_NAMES,
        *OF_PROVIDER_NAMES,
        *(OF_CASE_WORKER_NAMES - {"rights_requests"}),
    ]
)
STAFF_SCOPES = ("provider", "case_worker", "county")
"""The scopes of signed-in staff, who reach what they sign in with; services decide whose."""
BY_KEY = ("provider", "case_worker", "client")
"""The scopes whose conditions compare with a key."""

_MENTION = re.compile(
    r'(?<![\w"])"?(?P<table>'
    + "|".join(sorted(OWNED_NAMES | LOG_NAMES | ACCOUNT_NAMES))
    + r')"?(?![\w"]|\s*\.)(?:\s+(?:AS\s+)?"?(?P<alias>\w+)"?)?',
    re.IGNORECASE,
)
_READS = re.compile(
    r"\s*(SELECT|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SHOW|SET)\b", re.IGNORECASE
)
_CHANGES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE)\b", re.IGNORECASE)
_INSERTS_INTO = re.compile(r"\bINTO\s+$", re.IGNORECASE)
_NOT_AN_ALIAS = frozenset(
    [
        *("on", "where", "set", "values", "join", "left", "inner", "outer", "cross", "full"),
        *("using", "group", "order", "limit", "for", "union", "having", "returning", "natural"),
    ]
)
_KEY = r"(?:\?|%\((?:owner|episode|client|provider)\)s)"
_NOTHING = re.compile(r"\b0 = 1\b|\bfalse\b", re.IGNORECASE)


class AccessBreach(RuntimeError):
    """A statement would have reached rows without their owner's condition: a defect, never shown to people."""


@dataclass(frozen=True)
class OwnerRule:
    """What a scope's statements must carry. `owners` are the keys that the conditions compare with, by name."""

    kind: str
    hidden: frozenset[str] = frozenset()
    reads_log: bool = False
    owners: Mapping[str, int] = field(default_factory=dict, hash=False)


NOBODY = OwnerRule("nobody")


def install_guard(engine: Engine) -> None:
    """Read every statement of this engine before it is sent."""
    event.listen(engine, "before_cursor_execute", guard_statement)
    event.listen(engine, "checkin", _forget)


def _forget(_connection: Any, record: Any) -> None:
    record.info.pop("rule", None)


def guard_statement(
    conn: Connection, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    """Refuse a statement that names an owned table without the owner's condition, or that changes while reading."""
    rule: OwnerRule = conn.info.get("rule", NOBODY)
    options = context.execution_options if context is not None else {}
    writing = bool(options.get("evalplat_write"))
    if not writing and (not _READS.match(statement) or _CHANGES.search(statement)):
        raise AccessBreach("a reading session sent a statement that changes something")
    checked = bool(options.get("evalplat_rows_checked"))
    fault, conditions = _judge(statement, rule.kind, rule.hidden, rule.reads_log, checked)
    if fault:
        raise AccessBreach(fault)
    if conditions:
        _check_keys(rule, context)


def _check_keys(rule: OwnerRule, context: Any) -> None:
    """The conditions compare with this scope's own keys."""
    compiled = getattr(context, "compiled", None)
    if compiled is None:
        raise AccessBreach("a plain SQL string names an owned table")
    named = set(compiled.bind_names.values()) & rule.owners.keys()
    if not named:
        raise AccessBreach("a statement lacks the owner's key")
    for values in context.compiled_parameters:
        if any(values.get(name) != rule.owners[name] for name in named):
            raise AccessBreach("a statement carries another owner's key")


@lru_cache(maxsize=2000)
def _judge(
    statement: str, kind: str, hidden: frozenset[str], reads_log: bool, rows_checked: bool
) -> tuple[str, bool]:
    """What is wrong with a statement ('' for nothing), and whether it has conditions whose keys are to be checked."""
    conditions = False
    changes = bool(_CHANGES.search(statement))
    for mention in _MENTION.finditer(statement):
        table = mention["table"].lower()
        inserted = bool(_INSERTS_INTO.search(statement[: mention.start()]))
        if table in LOG_NAMES:
            if not (inserted or reads_log):
                return f"{table} is read by administrators only", False
        elif kind == "all" or (table in ACCOUNT_NAMES and kind in STAFF_SCOPES):
            continue
        elif kind not in (*BY_KEY, "county") or table in ACCOUNT_NAMES:
            return f"a statement names {table}, for nobody", False
        elif kind == "county":
            if changes:
                return f"the county's readers do not change {table}", False
            if table in hidden and not _NOTHING.search(statement):
                return f"the county's readers do not see {table}", False
        elif inserted:
            if not rows_checked:
                return f"rows for {table} were not checked for their owner", False
        else:
            alias = (mention["alias"] or "").lower()
            name = table if not alias or alias in _NOT_AN_ALIAS else alias
            condition = _condition(kind, table, name)
            if not re.search(condition, statement, re.IGNORECASE):
                return f"a statement names {table} without its owner's condition", False
            conditions = conditions or condition not in ("", _NOTHING.pattern)
    return "", conditions


def _condition(kind: str, table: str, name: str) -> str:
    """The owner's condition for one mention, as the access rules render it."""
    name = rf'(?<![\w.])"?{re.escape(name)}"?\.'
    if table in ANONYMOUS_NAMES:
        return _NOTHING.pattern
    match kind:
        case "provider" if table in OF_CASE_WORKER_NAMES:
            return _NOTHING.pattern
        case "provider":
            return name + _of_provider(table)
        case "case_worker" if table == "clients":
            return name + rf"case_worker_id = {_KEY}"
        case "case_worker" if table in ("pair_moments", "episode_counts"):
            return ""
        case "case_worker" if table in OF_PROVIDER_NAMES:
            return _NOTHING.pattern
        case "case_worker":
            return name + r"client_id IN \(SELECT clients\.id"
    if table in OUT_OF_CLIENTS_REACH:
        return _NOTHING.pattern
    return name + _of_client(table)


def _of_provider(table: str) -> str:
    if table == "clients":
        return r"id IN \(SELECT client_providers\.client_id"
    if table == "client_keys" or table in OF_CLIENT_NAMES:
        return r"client_id IN \(SELECT client_providers\.client_id"
    if table == "vouchers":
        return r"id IN \(SELECT episodes\.voucher_id"
    return rf"provider_id = {_KEY}"


def _of_client(table: str) -> str:
    if table in ("episodes", "clients"):
        return rf"id = {_KEY}"
    if table == "client_keys":
        return rf"client_id = {_KEY}"
    if table in OF_EPISODE_NAMES:
        return rf"episode_id = {_KEY}"
    if table in ("pair_moments", "episode_counts"):
        return rf"provider_id = {_KEY}"
    return rf"administration_id = {_KEY}"
