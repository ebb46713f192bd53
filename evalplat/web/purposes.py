"""A case worker's written reason for looking at a colleague's client: kept in the session, for one client, to read.

It holds for half an hour, for pages that are only read, and for this client's episodes alone. The reason stands in the
access log beside every page that was opened with it, where the client can read it.
"""

from datetime import UTC, datetime, timedelta

from flask import request, session

from evalplat.vocabulary import Role
from evalplat.web.context import now

HOLDS = timedelta(minutes=30)
KEY = "look"


def keep(client_id: str, episode_ids: tuple[str, ...], reason: str) -> None:
    """Remember for whom the reason was given."""
    until = int((now() + HOLDS).timestamp())
    session[KEY] = [client_id, list(episode_ids), reason, until]


def forget() -> None:
    """The look is over."""
    session.pop(KEY, None)


def find(role: Role) -> str:
    """The reason that holds for this request; empty where there is none."""
    if role is not Role.CASE_WORKER or request.method not in ("GET", "HEAD"):
        return ""
    kept = session.get(KEY)
    if not isinstance(kept, list) or len(kept) != 4:
        return ""
    client_id, episode_ids, reason, until = kept
    if now() >= datetime.fromtimestamp(until, UTC):
        forget()
        return ""
    wish = request.view_args or {}
    about = wish.get("client_id") == client_id or wish.get("episode_id") in episode_ids
    return str(reason) if about else ""
