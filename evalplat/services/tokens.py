"""Access tokens, by which another program asks in an account's name: making, listing, revoking them.

The token is shown once. Stored are its prefix, by which it is found, and the SHA-256 of its 256 random bits, which
need no slow hash because nobody can try so many. `token_calls` is where a token proves itself.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.accounts import prove_password
from evalplat.services.actors import Actor, demand
from evalplat.services.passwords import Proof
from evalplat.storage import accounts, audit, tokens
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account, ApiToken
from evalplat.vocabulary import Role, TokenScope

LONGEST_NAME = 60
LONGEST_LIFE = 365
"""Days that a token may be valid for."""

MOST_TOKENS = 20
"""Tokens of one account that are valid at the same time."""

MARK = "evp"
"""How every token begins, so that programs which look for secrets in files know one when they see it."""

_PREFIX_LETTERS = "abcdefghjkmnpqrstvwxyz0123456789"
_PREFIX_LENGTH = 10

CARE = (TokenScope.DUE_READ, TokenScope.SHEETS_WRITE, TokenScope.SCORES_READ)
SCOPES_OF: Mapping[Role, tuple[TokenScope, ...]] = {
    Role.PROVIDER_WORKER: CARE,
    Role.PROVIDER_MANAGER: CARE,
    Role.CASE_WORKER: CARE,
    Role.ANALYST: (TokenScope.COMPARISON_READ,),
    Role.ADMINISTRATOR: (TokenScope.COMPARISON_READ,),
}
"""The widest scopes that a token of each role may have."""


class TokenState(StrEnum):
    """Whether a token opens anything. `ENDED`: the account is closed, or has another role or provider than then."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as it is listed; the token itself cannot be read again. `prefix` is how it begins."""

    id: str
    name: str
    prefix: str
    scopes: tuple[TokenScope, ...]
    account_id: str
    account_name: str
    account_email: str
    provider_name: str | None
    role: Role
    state: TokenState
    made_at: datetime
    expires_on: date
    last_used_on: date | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made. `secret` is what the program shows: given out once, and never again."""

    token: TokenView
    secret: str


def make_token(
    session: Session,
    actor: Actor,
    *,
    name: str,
    scopes: Collection[str],
    days: int,
    proof: Proof,
    at: datetime,
) -> NewToken:
    """A token of one's own account, once the password was given again: a screen left open makes none.

    Raises WrongPassword, and InputRejected with every fault: name, scopes wider than the role, days.
    """
    demand(session, actor, *Role)
    row = accounts.find_account(session, actor.account_id or "")
    if row is None:
        raise NotFound(Message("There is no such account."))
    faults = _find_faults(session, row[0], name, scopes, days, local_day(at))
    prove_password(session, actor, proof=proof, at=at, faults=faults)
    return _add(session, actor, row[0], name, scopes, days, at)


def make_token_for(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    scopes: Collection[str],
    days: int,
    at: datetime,
) -> NewToken:
    """A token of any account, for system jobs such as the command line. Raises NotFound, InputRejected."""
    demand(session, actor)
    row = accounts.lock_account_of(session, email.strip().casefold())
    if row is None or not row[0].active:
        raise NotFound(Message("There is no such account."))
    faults = _find_faults(session, row[0], name, scopes, days, local_day(at))
    if faults:
        raise InputRejected(NOT_MADE, faults)
    return _add(session, actor, row[0], name, scopes, days, at)


def list_own_tokens(session: Session, actor: Actor, *, on: date) -> tuple[TokenView, ...]:
    """The tokens of one's own account, the newest first."""
    demand(session, actor, *Role)
    return tuple(view_of(row, on) for row in tokens.list_tokens(session, actor.account_id or ""))


def list_all_tokens(session: Session, actor: Actor, *, on: date) -> tuple[TokenView, ...]:
    """Every token of every account; administrators and system jobs."""
    demand(session, actor, Role.ADMINISTRATOR)
    return tuple(view_of(row, on) for row in tokens.list_tokens(session))


def revoke_token(session: Session, actor: Actor, *, token_id: str, at: datetime) -> TokenView:
    """End a token: one of one's own, or any for administrators and system jobs. Raises NotFound."""
    demand(session, actor, *Role)
    row = tokens.find_token(session, token_id)
    anybody = actor.is_system or actor.role is Role.ADMINISTRATOR
    if row is None or not (anybody or row[2].public_id == actor.account_id):
        raise NotFound(Message("There is no such key."))
    stored: ApiToken = row[0]
    if stored.revoked_at is None:
        tokens.revoke(session, stored.id, at=at, by=actor.account_id or "system")
        audit.record(session, "revoke_token", "token", stored.public_id)
        session.expire_all()
    return view_of(tokens.find_token(session, token_id), local_day(at))


NOT_MADE = Message("The key was not made.")


def hash_token_secret(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def view_of(row: Any, on: date) -> TokenView:
    """A row of `storage.tokens` as it is handed out."""
    stored, last_used_on, account, _provider_id, provider_name = row
    return TokenView(
        id=stored.public_id,
        name=stored.name,
        prefix=f"{MARK}_{stored.prefix}",
        scopes=tuple(TokenScope(scope) for scope in stored.scopes),
        account_id=account.public_id,
        account_name=account.name,
        account_email=account.email,
        provider_name=provider_name,
        role=account.role,
        state=_state_of(stored, account, on),
        made_at=stored.made_at,
        expires_on=stored.expires_on,
        last_used_on=last_used_on,
        revoked_at=stored.revoked_at,
    )


def _state_of(stored: ApiToken, account: Account, on: date) -> TokenState:
    if stored.revoked_at is not None:
        return TokenState.REVOKED
    same = (stored.role, stored.provider_id) == (account.role.value, account.provider_id)
    if not (account.active and same):
        return TokenState.ENDED
    return TokenState.EXPIRED if stored.expires_on < on else TokenState.VALID


def _find_faults(
    session: Session,
    account: Account,
    name: str,
    scopes: Collection[str],
    days: int,
    on: date,
) -> list[Fault]:
    faults = []
    views = (view_of(row, on) for row in tokens.list_tokens(session, account.public_id))
    valid = [view for view in views if view.state is TokenState.VALID]
    tidy = _tidy(name)
    if not (1 <= len(tidy) <= LONGEST_NAME and tidy.isprintable()):
        text = Message(
            "Give the key a name of 1 to %(most)s characters, such as the program’s.",
            most=LONGEST_NAME,
        )
        faults.append(Fault("name", text))
    elif any(view.name.casefold() == tidy.casefold() for view in valid):
        faults.append(Fault("name", Message("A key of this name is in use already.")))
    allowed = SCOPES_OF[account.role]
    if not scopes:
        faults.append(Fault("scopes", Message("Choose at least one thing that the key may do.")))
    faults += [
        Fault(
            "scopes",
            Message(
                "%(value)s is not one of %(known)s.",
                value=str(scope)[:40], known=", ".join(allowed),
            ),
        )
        for scope in sorted(set(scopes) - set(allowed))
    ]  # fmt: skip
    if not 1 <= days <= LONGEST_LIFE:
        text = Message("A key is valid for 1 to %(most)s days.", most=LONGEST_LIFE)
        faults.append(Fault("days", text))
    if len(valid) >= MOST_TOKENS:
        text = Message(
            "This account has %(most)s keys already. Revoke one that is no longer used.",
            most=MOST_TOKENS,
        )
        faults.append(Fault("", text))
    return faults


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _add(
    session: Session,
    actor: Actor,
    account: Account,
    name: str,
    scopes: Collection[str],
    days: int,
    at: datetime,
) -> NewToken:
    public_id, secret = new_public_id(), secrets.token_urlsafe(32)
    prefix = "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    tokens.add_token(
        session,
        public_id=public_id,
        account_id=account.id,
        name=_tidy(name),
        prefix=prefix,
        secret_hash=hash_token_secret(secret),
        scopes=[scope.value for scope in SCOPES_OF[account.role] if scope in scopes],
        role=account.role.value,
        provider_id=account.provider_id,
        made_at=at,
        made_by=actor.account_id or "system",
        expires_on=local_day(at) + timedelta(days=days),
        revoked_by="",
    )
    audit.record(session, "create_token", "token", public_id)
    view = view_of(tokens.find_token(session, public_id), local_day(at))
    return NewToken(view, f"{view.prefix}_{secret}")
