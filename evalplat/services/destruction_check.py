"""What the doctor says of erasing and destroying: keys that outlive their client, and runs that stopped halfway."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.errors import FileRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.services.backups import keys_path
from evalplat.services.doctor import Finding, Level
from evalplat.storage import erasing, retention
from evalplat.storage.kept_keys import read_keys
from evalplat.vocabulary import RunState

LATEST = timedelta(days=2)
"""So long after an erasure a backup has taken the key out of the file of keys, where one is made every night."""

WAITS = timedelta(days=30)


def examine_destruction(
    session: Session, actor: Actor, settings: Settings, at: datetime
) -> list[Finding]:
    """Keys of erased clients that earlier backups could still be read with, and runs that are not over."""
    demand(session, actor)
    return [*_look_at_keys(session, settings, at), *_look_at_runs(session, at)]


def _look_at_keys(session: Session, settings: Settings, at: datetime) -> Iterator[Finding]:
    path = keys_path(settings)
    try:
        kept = read_keys(path)
    except FileRejected:
        return  # a file that cannot be read is told of elsewhere
    if kept is None:
        return
    erased = erasing.list_erased_before(session, at - LATEST)
    left = sum(client in kept.keys for client in erased)
    if left:
        text = Message(
            "holds the keys of %(n)s clients who were erased, so that earlier backups still name them: run `evalplat "
            "backup create`, and copy the file over its earlier copies.",
            n=left,
        )
        yield Finding(Level.UNSAFE, str(path), text)
    elif erased:
        yield Finding(Level.FINE, str(path), Message("holds no key of anybody who was erased."))


def _look_at_runs(session: Session, at: datetime) -> Iterator[Finding]:
    run = retention.find_unfinished(session)
    if run is None:
        return
    if run.state is RunState.CONFIRMED:
        text = Message(
            "was broken off: `evalplat retention confirm %(id)s` goes on.", id=run.public_id
        )
        yield Finding(Level.WARNING, "retention run", text)
    elif at - run.proposed_at > WAITS:
        text = Message(
            "has waited for a second person for %(n)s days.", n=(at - run.proposed_at).days
        )
        yield Finding(Level.WARNING, "retention run", text)
