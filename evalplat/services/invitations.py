"""Invitations: how a client without an account gets to one answer sheet."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from evalplat.errors import Conflict, InputRejected, Message, NotFound, Refused
from evalplat.language import PLAIN_FINNISH
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.passwords import NewSecret, Proof, make_secret
from evalplat.services.signing_in.wrong_tries import CLIENT_CODE, check_source, count_wrong
from evalplat.services.views import ClientVisit as ClientVisit
from evalplat.services.views import Invitation as Invitation
from evalplat.services.views import InvitationView as InvitationView
from evalplat.storage import access, audit, invitations, sheets
from evalplat.storage.access import scope_of
from evalplat.storage.ids import new_public_id
from evalplat.storage.invitations import StoredInvitation
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Invitation as InvitationRow
from evalplat.vocabulary import LANGUAGES, AdministrationStatus, Respondent, Role

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: without I, L, O and U, which are misread."""

GROUP = 4
MOST_TRIES = 10
VALID_FOR = timedelta(days=30)
_MISREAD = str.maketrans("ILO", "110", " -–—\t\u00a0")


AT_HAND = 4
"""Codes that are made in advance for one message; more of them are made as they are asked for."""


class Codes:
    """Secrets of new codes, made before the transaction that stores them, for who does not know yet how many."""

    def __init__(self) -> None:
        self._made: list[NewSecret] = []

    def fill(self) -> "Codes":
        """Make as many as are usually needed at once."""
        while len(self._made) < AT_HAND:
            self._made.append(draw_secret())
        return self

    def take(self) -> NewSecret:
        """One that nobody has had."""
        return self._made.pop() if self._made else draw_secret()


class InvitationRefused(Refused):
    """The code or link does not open anything: wrong, expired, used, revoked or locked are never told apart."""

    keeps_transaction = True  # the wrong try is counted although the call raises


def invite(
    session: Session,
    actor: Actor,
    *,
    administration_id: str,
    secret: NewSecret,
    language: str = "",
    keep_earlier: bool = False,
    at: datetime,
) -> Invitation:
    """A new code and link for one open administration, valid for 30 days; `secret` comes from `draw_secret`.

    Earlier open ones of it are revoked, unless a reminder repeats what a client may be in the middle of.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    planned = sheets.find_planned(session, [administration_id], lock=True).get(administration_id)
    if planned is None:
        raise NotFound(Message("There is no such administration."))
    if planned.status is not AdministrationStatus.PLANNED:
        raise Conflict(Message("This measurement is done or closed, so nobody can be invited."))
    if planned.respondent is Respondent.WORKER:
        raise InputRejected(
            Message("The worker answers this one; the client is not invited to it.")
        )
    if not keep_earlier:
        invitations.revoke_open(session, [planned.id], at)
    locator = _draw_locator(session)
    token = secrets.token_urlsafe(16)
    row = {
        **planned.owner,
        "public_id": new_public_id(),
        "locator": locator,
        "secret_hash": secret.hashed,
        "token_digest": _digest(token),
        "language": language if language in LANGUAGES else "",
        "made_at": at,
        "expires_at": at + VALID_FOR,
        "tries": 0,
    }
    add_rows(session, InvitationRow, [row])
    audit.record(
        session, "invite", "administration", administration_id, [planned.client_public_id], at=at
    )
    return Invitation(
        id=str(row["public_id"]),
        administration_id=administration_id,
        code=f"{locator}-{secret.text[:GROUP]}-{secret.text[GROUP:]}",
        token=token,
        expires_on=(at + VALID_FOR).date(),
    )


def draw_secret() -> NewSecret:
    """The secret part of a new code, to be drawn before the transaction that invites."""
    return make_secret(_draw(2 * GROUP))


def list_invitations(
    session: Session, actor: Actor, *, episode_id: str, at: datetime
) -> tuple[InvitationView, ...]:
    """The invitations of an episode, newest first; never their codes."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    return tuple(
        InvitationView(
            id=row.public_id,
            administration_id=administration_id,
            locator=row.locator,
            state=_state(row, status, at),
            made_at=row.made_at,
            expires_at=row.expires_at,
        )
        for row, administration_id, status in invitations.list_of_episode(session, episode_id)
    )


def revoke_invitation(session: Session, actor: Actor, *, invitation_id: str, at: datetime) -> None:
    """Close an invitation; its code and link open nothing any more."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = invitations.find(session, public_id=invitation_id)
    if found is None:
        raise NotFound(Message("There is no such invitation."))
    if found.row.revoked_at is None:
        invitations.change(session, found.row.id, revoked_at=at)
    audit.record(session, "revoke_invitation", "invitation", invitation_id, at=at)


def split_code(typed: str) -> tuple[str, str]:
    """Locator and secret of a typed code; two empty texts where it cannot be a code."""
    code = read_code(typed)
    return (code[:GROUP], code[GROUP:]) if len(code) == 3 * GROUP else ("", "")


def find_code_hash(session: Session, code: str, *, address: str, at: datetime) -> str | None:
    """The hash of the secret that belongs to a typed code's locator, to be compared with `prove` before opening.

    Raises TooMany when the network of this address has to wait.
    """
    demand(session, scope_of(session).actor)
    check_source(session, CLIENT_CODE, address, at)
    found = invitations.find(session, locator=split_code(code)[0])
    return found.row.secret_hash if found else None


def open_invitation(
    session: Session,
    *,
    code: str = "",
    proof: Proof | None = None,
    address: str = "",
    token: str = "",
    at: datetime,
) -> ClientVisit:
    """Start a visit with a typed code, whose secret was compared before (`proof`), or with a link's token.

    For a session opened by `Actor.system("client door")`. Ten wrong tries lock a code; the count is kept although the
    call raises. Until it expires, an invitation whose answers were sent with it opens the receipt (`submitted`). Raises
    InvitationRefused.
    """
    demand(session, scope_of(session).actor)
    found = _find_by_code(session, code, proof) if proof else _find_by_token(session, token)
    if found is None or not (_state(found.row, found.status, at) == "open" or _is_sent(found, at)):
        if proof:
            count_wrong(session, CLIENT_CODE, address, at)
        audit.record(session, "open_invitation_refused", "invitation", "", at=at)
        raise _refusal()
    if found.row.tries:
        invitations.change(session, found.row.id, tries=0)
    audit.record(
        session, "open_invitation", "invitation", found.row.public_id, [found.client_id], at=at
    )
    return _visit(found)


def resume_visit(session: Session, *, invitation_id: str, at: datetime) -> ClientVisit:
    """The visit that a signed cookie remembers, checked again: submitted ones still show their receipt.

    For a session opened by `Actor.system("client door")`. Raises InvitationRefused when expired or revoked. Wrong tries
    with the code by somebody else do not end a visit that has begun.
    """
    demand(session, scope_of(session).actor)
    found = invitations.find(session, public_id=invitation_id)
    if found is None or _state(found.row, found.status, at) not in ("open", "used", "locked"):
        raise _refusal()
    if found.status not in (AdministrationStatus.PLANNED, AdministrationStatus.SUBMITTED):
        raise _refusal()
    return _visit(found)


def read_code(typed: str) -> str:
    """A typed code without what does not matter: case, spaces, hyphens, and letters that look like digits."""
    return typed[:60].upper().translate(_MISREAD)


def _find_by_code(session: Session, typed: str, proof: Proof) -> StoredInvitation | None:
    found = invitations.find(session, locator=split_code(typed)[0], lock=True)
    if found is None or found.row.tries >= MOST_TRIES:
        return None
    if not proof.holds(found.row.secret_hash):
        invitations.change(session, found.row.id, tries=found.row.tries + 1)
        return None
    return found


def _find_by_token(session: Session, token: str) -> StoredInvitation | None:
    return invitations.find(session, token_digest=_digest(token[:200]))


def _state(row: InvitationRow, status: AdministrationStatus, at: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if status is not AdministrationStatus.PLANNED:
        return "used"
    if row.expires_at <= at:
        return "expired"
    return "locked" if row.tries >= MOST_TRIES else "open"


def _is_sent(found: StoredInvitation, at: datetime) -> bool:
    """Whether the answers were sent with this very invitation, which has been neither revoked nor outlived."""
    row = found.row
    held = row.revoked_at is None and row.expires_at > at and row.used_at is not None
    return held and found.status is AdministrationStatus.SUBMITTED


def _visit(found: StoredInvitation) -> ClientVisit:
    row = found.row
    return ClientVisit(
        actor=Actor.client(
            invitation_id=row.public_id,
            administration_id=found.administration_id,
            episode_id=found.episode_id,
        ),
        invitation_id=row.public_id,
        administration_id=found.administration_id,
        episode_id=found.episode_id,
        instrument_key=found.instrument,
        version=found.version,
        point=found.point,
        language=_language_of(found),
        expires_at=row.expires_at,
        submitted=found.status is AdministrationStatus.SUBMITTED,
    )


def _draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _draw_locator(session: Session) -> str:
    with access.crossing(session, "free code for an invitation") as privileged:
        for _ in range(50):
            locator = _draw(GROUP)
            if invitations.find(privileged, locator=locator) is None:
                return locator
    raise Conflict(Message("No free code was found; please try again."))


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _refusal() -> InvitationRefused:
    return InvitationRefused(
        Message(
            "This code or link does not open anything. Check it letter by letter, or ask the person who gave it to you "
            "for a new one."
        )
    )


def _language_of(found: StoredInvitation) -> str:
    """The language to begin in: the invitation's, else the client's; plain Finnish for who reads that better."""
    language = found.row.language or (found.language if found.language in LANGUAGES else "")
    return PLAIN_FINNISH if found.plain_language and language in ("", "fi") else language
