"""Invitations: how a client without an account gets to one answer sheet."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Refused
from evalplat.services.actors import Actor
from evalplat.services.views import ClientVisit, Invitation, InvitationView


class InvitationRefused(Refused):
    """The code or link does not open anything: wrong, expired, used, revoked or locked are never told apart."""


def invite(
    session: Session, actor: Actor, *, administration_id: str, language: str = "", at: datetime
) -> Invitation:
    """A new code and link for one open administration; earlier open ones of it are revoked. Valid for 30 days."""
    raise NotImplementedError


def list_invitations(
    session: Session, actor: Actor, *, episode_id: str, at: datetime
) -> tuple[InvitationView, ...]:
    """The invitations of an episode, newest first; never their codes."""
    raise NotImplementedError


def revoke_invitation(session: Session, actor: Actor, *, invitation_id: str, at: datetime) -> None:
    """Close an invitation; its code and link open nothing any more."""
    raise NotImplementedError


def open_invitation(
    session: Session, *, code: str | None = None, token: str | None = None, at: datetime
) -> ClientVisit:
    """Start a visit with a typed code or a link's token; for a session opened by `Actor.system("client door")`.

    Ten wrong tries lock a code; the count is kept although the call raises. Raises InvitationRefused.
    """
    raise NotImplementedError


def resume_visit(session: Session, *, invitation_id: str, at: datetime) -> ClientVisit:
    """The visit that a signed cookie remembers, checked again: submitted ones still show their receipt.

    For a session opened by `Actor.system("client door")`. Raises InvitationRefused when expired or revoked.
    """
    raise NotImplementedError
