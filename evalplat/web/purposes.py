"""A written reason for looking at a colleague's client, or at one whose data is restricted: kept in the session.

It holds for half an hour, for pages that are only read, and for this client's episodes alone. The reason stands in the
access log beside every page that was opened with it, where the client can read it.
"""

from datetime import UTC, datetime, timedelta

from flask import request, session

from evalplat.vocabulary import Role
from evalplat.web.access import CARE_STAFF
from evalplat.web.context import now

HOLDS = timedelta(minutes=30)
KEY = "look"


def keep(
    client_id: str,
    episode_ids: tuple[str, ...],
    reason: str,
    *,
    restricted: bool = False,
    path: str = "",
) -> None:
    """Remember for whom the reason was given: a colleague's client, or one whose data is restricted.

    `path` is the page that was asked for, where its address names neither client nor episode.
    """
    until = int((now() + HOLDS).timestamp())
    session[KEY] = [client_id, list(episode_ids), reason, until, restricted, path]


def forget() -> None:
    """The look is over."""
    session.pop(KEY, None)


def is_about_restriction() -> bool:
    """Whether the reason was given for a client whose data is restricted."""
    kept = session.get(KEY)
    return isinstance(kept, list) and len(kept) == 6 and bool(kept[4])


def find(role: Role) -> str:
    """The reason that holds for this request; empty where there is none."""
    if role not in CARE_STAFF or request.method not in ("GET", "HEAD"):
        return ""
    kept = session.get(KEY)
    if not isinstance(kept, list) or len(kept) != 6:
        return ""
    client_id, episode_ids, reason, until, _restricted, path = kept
    if now() >= datetime.fromtimestamp(until, UTC):
        forget()
        return ""
    wish = request.view_args or {}
    about = wish.get("client_id") == client_id or wish.get("episode_id") in episode_ids
    return str(reason) if about or (path and request.path == path) else ""
