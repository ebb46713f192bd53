"""Who may see what: decided here and nowhere else.

A session is opened for one `Actor`, who becomes a `Scope`. Three nets hang below one another:

1. Every ORM statement gets the scope's condition for every owned table (`conditions`), rows to be inserted are checked
   (`check_rows`), and objects to be flushed too. `rows` does the same for many rows and for statements that run often;
   what is forgotten there is noticed by the next net.
2. What the ORM does not see (Core tables, SQL text) is read before it is sent (`guard_statement`): an owned table
   without the owner's condition is refused. Nothing is ever sent for nobody.
   SQLAlchemy puts the condition of an alias that is joined to on the table's plain name: that is refused too; begin
   the FROM with the alias.
3. On PostgreSQL the row-level policies of the migrations say the same again; `enter` tells them who asks.

| scope       | reaches                                                                                  |
|-------------|------------------------------------------------------------------------------------------|
| provider    | rows of its provider; clients and vouchers through its episodes                          |
| case_worker | own clients and everything about them; with a written purpose, every client              |
| client      | its answers of its own administration; course of its own episode; no name         |
| county      | case-mix facts, scores and sums without names, answers or goals; reading only            |
| all         | everything, for a system job with a reason, or inside `crossing` with a reason           |
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, bindparam, event, select, text
from sqlalchemy.orm import ORMExecuteState, Session

from evalplat.errors import Message, Refused
from evalplat.storage import audit
from evalplat.storage.actors import Actor
from evalplat.storage.chain import COUNTY
from evalplat.storage.conditions import NAMELESS, shared_criteria, valued_criteria
from evalplat.storage.guard import AccessBreach, OwnerRule
from evalplat.storage.tables import (
    ANONYMOUS,
    IN_EPISODE,
    KEPT_SUMS,
    OF_CASE_WORKER,
    OWNED,
    Account,
    Administration,
    Client,
    ClientContact,
    ClientMark,
    ClientProvider,
    FeedbackSheet,
    Invitation,
    Provider,
    RightsRequest,
)
from evalplat.vocabulary import Role


@dataclass(frozen=True)
class Scope:
    """What one actor reaches. `owner` is the key that the conditions compare with; `reason` is set for `all`.

    `chain` is the chain of the access log that the actor's lines stand in: a client's stand in their provider's.
    """

    kind: str
    actor: Actor
    owner: int = 0
    episode: int = 0
    client: int = 0
    provider: int = 0
    reason: str = ""
    chain: str = COUNTY

    @cached_property
    def keys(self) -> dict[str, int]:
        """The keys that the conditions compare with, by name."""
        match self.kind:
            case "provider" | "case_worker":
                return {"owner": self.owner}
            case "client":
                return {
                    "owner": self.owner,
                    "episode": self.episode,
                    "client": self.client,
                    "provider": self.provider,
                }
        return {}

    @cached_property
    def rule(self) -> OwnerRule:
        """What the guard demands of a statement for this scope."""
        return OwnerRule(
            kind=self.kind,
            hidden=frozenset(m.__tablename__ for m in NAMELESS)
            if self.kind == "county"
            else frozenset(),
            reads_log=self.kind == "all" or self.actor.role is Role.ADMINISTRATOR,
            owners=self.keys,
        )


class OwnedSession(Session):
    """A session whose every statement gets its scope's conditions."""


@event.listens_for(OwnedSession, "do_orm_execute")
def _guard_execution(state: ORMExecuteState) -> None:
    _add_conditions(state)


@event.listens_for(OwnedSession, "before_flush")
def _guard_flush(session: Session, _context: Any, _instances: Any) -> None:
    _check_flush(session)


_GRANT = (
    select(
        Administration.id,
        Administration.episode_id,
        Administration.client_id,
        Administration.provider_id,
        Provider.public_id,
    )
    .join(Invitation, Invitation.administration_id == Administration.id)
    .join(Provider, Provider.id == Administration.provider_id)
    .where(
        Invitation.public_id == bindparam("invitation"),
        Administration.public_id == bindparam("administration"),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > bindparam("now"),
    )
)
_ACCOUNT = (
    select(Account.id, Account.role, Account.provider_id, Provider.public_id)
    .outerjoin(Provider, Provider.id == Account.provider_id)
    .where(Account.public_id == bindparam("account"), Account.active)
)


def scope_of(session: Session) -> Scope:
    """The scope that the session was opened for."""
    scope = session.info.get("scope")
    if not isinstance(scope, Scope):
        raise AccessBreach("this session was not opened for anybody")
    return scope


def connection_of(session: Session) -> Connection:
    """The connection of the session's one transaction, which the scope was installed on."""
    connection: Connection = session.info["connection"]
    return connection


def enter(session: Session, actor: Actor) -> Scope:
    """Open the session for an actor: find out what they reach, and tell the guard and the database.

    Raises Refused when the account or the invitation no longer stands.
    """
    if actor.is_system:
        scope = Scope("all", actor, reason=actor.reason)
    else:
        if actor.invitation is not None:
            _install(session, Scope("all", actor, reason="finding out which invitation asks"))
        scope = _find_scope(session, actor)
    _install(session, scope)
    return scope


def _find_scope(session: Session, actor: Actor) -> Scope:
    gone = Refused(Message("Your access has ended. Sign in again."))
    if actor.invitation is not None:
        grant = actor.invitation
        row = (
            session.connection()
            .execute(
                _GRANT,
                {
                    "invitation": grant.invitation_id,
                    "administration": grant.administration_id,
                    "now": session.info["clock"](),
                },
            )
            .one_or_none()
        )
        if row is None:
            raise gone
        return Scope("client", actor, row[0], row[1], row[2], row[3], chain=row[4])
    account = session.connection().execute(_ACCOUNT, {"account": actor.account_id}).one_or_none()
    if account is None or account[1] is not actor.role or account[3] != actor.provider_id:
        raise gone
    match actor.role:
        case Role.PROVIDER_WORKER | Role.PROVIDER_MANAGER:
            return Scope("provider", actor, owner=account[2] or 0, chain=account[3] or COUNTY)
        case Role.CASE_WORKER:
            if actor.purpose:
                return Scope("all", actor, owner=account[0], reason=actor.purpose)
            return Scope("case_worker", actor, owner=account[0])
        case Role.ANALYST | Role.ADMINISTRATOR:
            return Scope("county", actor, owner=account[0])
    raise gone


@contextmanager
def crossing(session: Session, reason: str) -> Iterator[Session]:
    """A session of its own, inside the same transaction, that reaches everything for one named and logged reason.

    Use it for the narrowest look-up that another owner's row is needed for, and never hand its rows to a person.
    """
    own = scope_of(session)
    if own.kind == "all":
        yield session
        return
    audit.record(session, "cross_owner_read", "reason", reason)
    privileged = Session(bind=session.connection(), info=dict(session.info))
    try:
        _install(privileged, Scope("all", own.actor, owner=own.owner, reason=reason))
        yield privileged
        privileged.flush()
    finally:
        privileged.expunge_all()
        session.info["scope"] = own
        _install(session, own)


def _install(session: Session, scope: Scope) -> None:
    """Tell the session, the guard and PostgreSQL's policies who asks, until the transaction ends."""
    session.info["scope"] = scope
    connection = session.info["connection"] = session.connection()
    connection.info["rule"] = scope.rule
    if connection.dialect.name == "postgresql":
        connection.execute(
            text(
                "SELECT set_config('evalplat.scope', :kind, true), set_config('evalplat.owner', :owner, true),"
                " set_config('evalplat.episode', :episode, true), set_config('evalplat.client', :client, true),"
                " set_config('evalplat.provider', :provider, true), set_config('evalplat.reads_log', :log, true)"
            ),
            {
                "kind": scope.kind,
                "owner": str(scope.owner),
                "episode": str(scope.episode),
                "client": str(scope.client),
                "provider": str(scope.provider),
                "log": str(scope.rule.reads_log).lower(),
            },
        )


def _add_conditions(state: ORMExecuteState) -> None:
    scope = scope_of(state.session)
    if scope.kind == "all" or not state.is_orm_statement:
        return
    if state.is_insert:
        model = state.bind_mapper.class_ if state.bind_mapper else None
        if model in OWNED:
            check_rows(state.session, model, state.parameters)
            state.update_execution_options(evalplat_rows_checked=True)
    elif state.is_select:
        state.statement = state.statement.options(*shared_criteria(scope.kind))
        given = state.parameters if isinstance(state.parameters, Mapping) else {}
        state.parameters = {**given, **scope.keys}
    else:
        state.statement = state.statement.options(*valued_criteria(scope.kind, scope.keys))


def check_rows(session: Session, model: Any, parameters: Any) -> None:
    """Rows to be inserted belong to the scope; a single foreign one refuses them all with AccessBreach."""
    scope = scope_of(session)
    if scope.kind == "all" or model not in OWNED:
        return
    rows: Sequence[Mapping[str, Any]]
    rows = [parameters] if isinstance(parameters, Mapping) else (parameters or [])
    breach = AccessBreach(f"a row for {model.__tablename__} belongs to somebody else")
    match scope.kind:
        case "provider" if model in ANONYMOUS or model in OF_CASE_WORKER:
            right = False
        case "provider" if model in (ClientContact, ClientMark):
            right = _knows(session, rows, ClientProvider.client_id)
        case "provider" if hasattr(model, "provider_id"):
            right = bool(rows) and all(row.get("provider_id") == scope.owner for row in rows)
        case "client" if model in (*KEPT_SUMS, FeedbackSheet):
            right = bool(rows) and all(row.get("provider_id") == scope.provider for row in rows)
        case "client" if model is RightsRequest:
            right = bool(rows) and all(
                row.get("client_id") == scope.client and row.get("administration_id") == scope.owner
                for row in rows
            )
        case "client" if model in IN_EPISODE:
            key = "administration_id" if hasattr(model, "administration_id") else "episode_id"
            right = bool(rows) and all(
                row.get("episode_id") == scope.episode
                and (key == "episode_id" or row.get(key) == scope.owner)
                for row in rows
            )
        case "case_worker" if model is Client:
            right = bool(rows) and all(row.get("case_worker_id") == scope.owner for row in rows)
        case "case_worker" if model in KEPT_SUMS:
            right = True
        case "case_worker":
            right = _knows(session, rows, Client.id)
        case _:
            right = False
    if not right:
        raise breach


def _knows(session: Session, rows: Sequence[Mapping[str, Any]], column: Any) -> bool:
    """Whether the actor reaches every client of these rows, found by a column that the conditions hold for."""
    asked = {row.get("client_id") for row in rows}
    found = session.scalars(select(column).where(column.in_(asked))).all()
    return bool(rows) and asked == set(found)


def _check_flush(session: Session) -> None:
    """Objects are flushed for a scope that reaches everything; all others write rows, which are checked one by one."""
    if scope_of(session).kind == "all":
        return
    for row in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(row, OWNED):
            raise AccessBreach(f"an object of {row.__tablename__} was not checked for its owner")
