"""Taking a closing back or correcting it: within a declared time, with a reason, and what was before stays readable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.closing import Ending, change_endings, find_closing_faults
from evalplat.services.opening import find_end_faults
from evalplat.services.requests import ClosingRequest
from evalplat.storage import audit, episodes
from evalplat.storage.tables import Episode, EpisodeEvent
from evalplat.vocabulary import EpisodeAct, Role

SHORTEST_NOTE, LONGEST_NOTE = 10, 500
NOT_REOPENED = Message("The episode was not opened again.")
NOT_CORRECTED = Message("The closing was not corrected.")


@dataclass(frozen=True, slots=True)
class EpisodeEventView:
    """What was done about the end of an episode, and how it stood from then on; `note` is the worker's reason."""

    act: EpisodeAct
    done_on: date
    closed_on: date | None
    closing_reason: str
    planned_end: date
    note: str


@dataclass(frozen=True, slots=True)
class ClosingHistory:
    """Everything that was done about the end of an episode, oldest first.

    until: the last day on which the closing can be corrected or taken back; None while the episode is open.
    """

    events: tuple[EpisodeEventView, ...]
    until: date | None

    def can_change(self, on: date) -> bool:
        """Whether the closing can be corrected or taken back on a day."""
        return self.until is not None and on <= self.until


def get_closing_history(
    session: Session, actor: Actor, *, episode_id: str, within_days: int
) -> ClosingHistory:
    """What was done about the end of an episode. Raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    found = episodes.find_episode(session, episode_id)
    if found is None:
        raise NotFound(Message("There is no such episode."))
    events = episodes.list_events(session, found.Episode.id)
    return ClosingHistory(
        events=tuple(
            EpisodeEventView(
                act=event.act,
                done_on=local_day(event.done_at),
                closed_on=event.closed_on,
                closing_reason=event.closing_reason,
                planned_end=event.planned_end,
                note=event.note,
            )
            for event in events
        ),
        until=_find_until(found.Episode, events, within_days),
    )


def reopen_episode(
    session: Session,
    actor: Actor,
    *,
    episode_id: str,
    note: str,
    planned_end: date | None = None,
    within_days: int,
    at: datetime,
) -> None:
    """Open a closed episode again: windows count from the planned end, and what had been left out applies again.

    `planned_end`: another one than before. Answers, scores and everything that is counted of them stay. Raises
    InputRejected with every fault, NotFound, and Conflict where it is open or was closed too long ago.
    """
    demand(session, actor, *PROVIDER_STAFF)
    episode, client = _lock_closed(session, episode_id, within_days, at)
    end = planned_end or episode.planned_end
    note, faults = _check_note(note)
    faults = [*faults, *find_end_faults(episode.opened_on, end)]
    if faults:
        raise InputRejected(NOT_REOPENED, faults)
    ending = Ending(end, None)
    _change(session, actor, episode, ending, EpisodeAct.REOPENED, note, at)
    audit.record(session, "reopen_episode", "episode", episode_id, [client], at=at)


def correct_closing(
    session: Session,
    actor: Actor,
    *,
    episode_id: str,
    closed_on: date,
    reason: str,
    note: str,
    within_days: int,
    at: datetime,
) -> None:
    """Correct when and why an episode was closed; windows that count from the closing move along.

    Raises InputRejected with every fault, NotFound, and Conflict where it is open or was closed too long ago.
    """
    demand(session, actor, *PROVIDER_STAFF)
    episode, client = _lock_closed(session, episode_id, within_days, at)
    request = ClosingRequest(episode_id, closed_on, reason)
    note, faults = _check_note(note)
    faults = [*find_closing_faults(request, episode.opened_on, at), *faults]
    if (closed_on, reason) == (episode.closed_on, episode.closing_reason):
        text = Message("This is how the episode is closed already: change the day or the reason.")
        faults.insert(0, Fault("closed_on", text))
    if faults:
        raise InputRejected(NOT_CORRECTED, faults)
    ending = Ending(episode.planned_end, closed_on, reason)
    _change(session, actor, episode, ending, EpisodeAct.CORRECTED, note, at)
    audit.record(session, "correct_closing", "episode", episode_id, [client], at=at)


def _change(
    session: Session,
    actor: Actor,
    episode: Episode,
    ending: Ending,
    act: EpisodeAct,
    note: str,
    at: datetime,
) -> None:
    key = episode.id
    change_endings(session, actor, {key: episode}, {key: ending}, act, note=note, at=at)
    session.expire_all()


def _lock_closed(
    session: Session, episode_id: str, within_days: int, at: datetime
) -> tuple[Episode, str]:
    found = episodes.lock_episodes(session, [episode_id]).get(episode_id)
    if found is None:
        raise NotFound(Message("There is no such episode."))
    episode, client = found
    events = episodes.list_events(session, episode.id)
    until = _find_until(episode, events, within_days)
    if until is None:
        raise Conflict(Message("The episode is open."))
    if local_day(at) > until:
        raise Conflict(
            Message(
                "The closing could be changed until %(day)s. It stays as it is, because it has been reported since.",
                day=until.isoformat(),
            )
        )
    return episode, client


def _find_until(episode: Episode, events: Sequence[EpisodeEvent], within_days: int) -> date | None:
    """Counted from the day on which it was closed, whatever was corrected since; one closed before that was kept
    counts from its closing day.
    """
    if episode.closed_on is None:
        return None
    closings = [event for event in events if event.act is EpisodeAct.CLOSED]
    began = local_day(closings[-1].done_at) if closings else episode.closed_on
    return began + timedelta(days=within_days)


def _check_note(note: str) -> tuple[str, list[Fault]]:
    note = " ".join(note.split())
    if SHORTEST_NOTE <= len(note) <= LONGEST_NOTE:
        return note, []
    text = Message(
        "Write why, in %(low)s to %(high)s characters.", low=SHORTEST_NOTE, high=LONGEST_NOTE
    )
    return note, [Fault("note", text)]
