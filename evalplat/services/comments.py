"""A provider's right of reply: its manager comments on the own results of a year, for the county and the reports."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.statistics.publishing.report_facts import Comment
from evalplat.storage import audit, comments
from evalplat.storage.accounts import find_provider
from evalplat.vocabulary import Role

LONGEST = 2000
FIRST_YEAR = 2000
NOT_SAVED = Message("The comment was not saved.")


@dataclass(frozen=True, slots=True)
class CommentVersion:
    """One version of a comment; an empty body takes it back."""

    version: int
    body: str
    written_at: datetime


def list_own_versions(
    session: Session, actor: Actor, *, year: int, at: datetime
) -> tuple[CommentVersion, ...]:
    """Every version of the own comment on a year, the latest first. A provider's manager. Raises InputRejected."""
    demand(session, actor, Role.PROVIDER_MANAGER)
    _check_year(year, at)
    found = comments.list_versions(session, actor.provider_id or "", year)
    return tuple(CommentVersion(row.version, row.body, row.written_at) for row in found)


def write_comment(
    session: Session, actor: Actor, *, year: int, body: str, base_version: int, at: datetime
) -> None:
    """One more version of the own comment on a year; an empty one takes it back. A provider's manager.

    base_version: the one that was on the page, 0 for none. Raises InputRejected with every fault, and Conflict where
    somebody saved another meanwhile. The same words again change nothing.
    """
    demand(session, actor, Role.PROVIDER_MANAGER)
    body = "\n".join(line.rstrip() for line in body.strip().splitlines())
    if len(body) > LONGEST:
        message = Message(
            "The comment is %(count)d characters long; shorten it to %(most)d.",
            count=len(body),
            most=LONGEST,
        )
        raise InputRejected(NOT_SAVED, [Fault("body", message)])
    _check_year(year, at)
    provider = find_provider(session, actor.provider_id or "")
    if provider is None:
        raise AssertionError("a manager has a provider")
    comments.lock_provider(session, provider.id)
    versions = comments.list_versions(session, provider.public_id, year)
    last = versions[0] if versions else None
    if (last.version if last else 0) != base_version:
        raise Conflict(
            Message("Somebody else saved a comment meanwhile. Read it below, and save again.")
        )
    if body == (last.body if last else ""):
        return
    comments.add_version(
        session,
        {
            "provider_id": provider.id,
            "year": year,
            "version": base_version + 1,
            "body": body,
            "written_at": at,
            "written_by": actor.account_id or actor.name,
        },
    )
    audit.record(session, "write_comment", "provider", provider.public_id, at=at)


def load_comments(
    session: Session, first_year: int | None = None, last_year: int | None = None
) -> tuple[Comment, ...]:
    """What providers say of their results of these years, whoever may see it; by name, the latest year first."""
    return tuple(
        Comment(row.name, row.year, row.body, local_day(row.written_at))
        for row in comments.list_latest(session)
        if row.body
        and (first_year is None or row.year >= first_year)
        and (last_year is None or row.year <= last_year)
    )


def _check_year(year: int, at: datetime) -> None:
    last = local_day(at).year
    if not FIRST_YEAR <= year <= last:
        message = Message("Choose a year up to %(last)d.", last=last)
        raise InputRejected(NOT_SAVED, [Fault("year", message)])
