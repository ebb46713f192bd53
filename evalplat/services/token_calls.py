"""A program shows an access token: whether it opens anything, in whose name, and not too often."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Message, Refused
from evalplat.services.accounts import AccountView, get_account
from evalplat.services.actors import Actor, demand
from evalplat.services.signing_in.wrong_tries import ACCESS_TOKEN, check_source, count_wrong
from evalplat.services.tokens import MARK, TokenState, TokenView, hash_token_secret, view_of
from evalplat.storage import tokens
from evalplat.storage.access import scope_of

_TOKEN = re.compile(rf"{MARK}_([a-z0-9]{{10}})_([A-Za-z0-9_-]{{43}})", re.ASCII)
_NOBODYS = "0" * 64


class TokenRefused(Refused):
    """The token opens nothing: unknown, wrong, expired, revoked or ended are never told apart."""


class TooManyCalls(Refused):
    """The token has asked as often as it may in this minute; `wait` is how many seconds are left of it."""

    keeps_transaction = True  # the call is counted although it is refused

    def __init__(self, most: int, wait: int) -> None:
        text = Message(
            "This key may ask %(most)s times a minute. Wait %(wait)s seconds and go on.",
            most=most,
            wait=wait,
        )
        super().__init__(text)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Caller:
    """In whose name a program asks, and with which token."""

    account: AccountView
    token: TokenView

    @property
    def actor(self) -> Actor:
        """Who the access log names, with the token's id."""
        return Actor.of(self.account, token=self.token.id)


def find_caller(session: Session, *, shown: str, at: datetime) -> Caller:
    """Who asks with this token, for a reading session opened by a system job; raises TokenRefused."""
    demand(session, scope_of(session).actor)
    refused = TokenRefused(
        Message("The key is missing, wrong, expired or revoked. Make a new one on your own page.")
    )
    parts = _TOKEN.fullmatch(shown)
    row = tokens.find_by_prefix(session, parts[1]) if parts else None
    hashed = hash_token_secret(parts[2] if parts else shown)
    right = hmac.compare_digest(row[0].secret_hash if row else _NOBODYS, hashed)
    if row is None or not right:
        raise refused
    view = view_of(row, local_day(at))
    if view.state is not TokenState.VALID:
        raise refused
    return Caller(get_account(session, view.account_id), view)


def count_call(session: Session, caller: Caller, *, most: int, at: datetime) -> None:
    """Count a call, and note the day; raises TooManyCalls after `most` calls in one minute."""
    demand(session, scope_of(session).actor)
    minute, second = divmod(int(at.timestamp()), 60)
    if tokens.count_call(session, caller.token.id, minute=minute, day=local_day(at)) > most:
        raise TooManyCalls(most, 60 - second)


def check_stranger(session: Session, *, address: str, at: datetime) -> None:
    """Raise TooMany where too many requests without a valid token came from this address's network.

    Those with a valid one are let in all the same: one program with an old token locks nobody else out. Before
    `count_stranger` and in a reading session, so that a flood of them keeps no writer waiting.
    """
    demand(session, scope_of(session).actor)
    check_source(session, ACCESS_TOKEN, address, at)


def count_stranger(session: Session, *, address: str, at: datetime) -> None:
    """Count a request without a valid token."""
    demand(session, scope_of(session).actor)
    count_wrong(session, ACCESS_TOKEN, address, at)
