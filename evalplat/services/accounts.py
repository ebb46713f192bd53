"""Staff accounts: signing in, making, listing, changing the password and the language."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Refused
from evalplat.services.actors import Actor
from evalplat.services.views import AccountView
from evalplat.vocabulary import Role


class SignInRefused(Refused):
    """The e-mail address or the password is wrong, or the account is locked or closed: never said which."""


def authenticate(session: Session, *, email: str, password: str, at: datetime) -> AccountView:
    """The account that these belong to, for a session opened by `Actor.system("sign-in")`.

    Takes the same work for an unknown address. Ten wrong tries lock the account for 15 minutes; the counter is in the
    database and is kept although the call raises. Raises SignInRefused.
    """
    raise NotImplementedError


def create_account(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    provider_id: str | None = None,
    language: str = "fi",
) -> AccountView:
    """A new account. Administrators and system jobs only; the provider's roles need a provider, the others have none.

    Raises InputRejected with every fault: address, name, password of fewer than 12 characters, provider.
    """
    raise NotImplementedError


def get_account(session: Session, account_id: str) -> AccountView:
    """The account, active or not; raises NotFound. For a session of the account itself or of a system job."""
    raise NotImplementedError


def list_accounts(session: Session, actor: Actor) -> tuple[AccountView, ...]:
    """Every account by name; administrators only. A provider's manager sees those of the own provider."""
    raise NotImplementedError


def change_password(session: Session, actor: Actor, *, current: str, new: str) -> AccountView:
    """Change one's own password; every other session of the account ends (the epoch moves on)."""
    raise NotImplementedError


def set_language(session: Session, actor: Actor, *, language: str) -> AccountView:
    """Remember the language of the signed-in account."""
    raise NotImplementedError


def end_sessions(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """End every session of an account: one's own, or any for an administrator."""
    raise NotImplementedError


def close_account(session: Session, actor: Actor, *, account_id: str) -> AccountView:
    """Close an account for good and end its sessions; administrators only."""
    raise NotImplementedError
