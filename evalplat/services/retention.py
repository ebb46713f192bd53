"""Destroying what has been kept long enough: a report, a second person's yes, and the end of it, record by record.

How long each kind is kept is the county's decision, read from its file. Clients are erased as at their own wish; of
everything else the rows are deleted. A run that was broken off goes on where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from evalplat.episodes.keeping import Span, day_before, read_span
from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Message, NotFound, Refused
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.erasures import SAME_PERSON, erase_client
from evalplat.services.own_clients import author_of
from evalplat.services.rights_settings import RightsSettings
from evalplat.storage import audit, erasing, retention
from evalplat.storage.access import crossing
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Erasure, RetentionRun
from evalplat.storage.words import add_worded
from evalplat.vocabulary import ErasureState, Role, RunState

REASON = "destroying what was kept long enough"
GROUND = "kept_long_enough"
"""The ground of an erasure that nobody asked for: the county's own time is over."""

AT_ONCE = 500
CLIENTS_AT_ONCE = 20
LISTED = 50
NO_SUCH = Message("There is no such run.")
DECIDED = Message("This run was decided on meanwhile.")


@dataclass(frozen=True, slots=True)
class KindReport:
    """One kind of record: how long it is kept, up to which day it goes, and how many.

    oldest: since when the oldest of those to go counts. destroyed, spared: what a run has done so far; what came back
    between report and confirmation is spared.
    """

    kind: str
    span: str
    until: date
    stored: int
    found: int
    oldest: date | None
    destroyed: int = 0
    spared: int = 0

    @property
    def kept_for(self) -> Span:
        """How long it is kept, to be told in a reader's language."""
        found = read_span(self.span)
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as administrators see it. `by_self`: the reader proposed it, so that somebody else has to confirm it."""

    id: str
    state: RunState
    kinds: tuple[KindReport, ...]
    proposed_at: datetime
    proposed_by: str
    by_self: bool
    decided_at: datetime | None
    decided_by: str
    finished_at: datetime | None

    @property
    def found(self) -> int:
        """How many records it names."""
        return sum(kind.found for kind in self.kinds)


def make_report(
    session: Session, actor: Actor, rights: RightsSettings, *, on: date
) -> tuple[KindReport, ...]:
    """What has been kept long enough on a day, by kind; nothing is stored."""
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        found = tuple(report for report, _keys in _look(privileged, rights, on))
    audit.record(session, "report_retention", "retention", "")
    return found


def propose_run(session: Session, actor: Actor, rights: RightsSettings, *, at: datetime) -> str:
    """Store a report as a run that somebody else may confirm; gives back its id.

    Raises Conflict where another run is not over yet, or nothing has been kept long enough.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    run_id = new_public_id()
    with crossing(session, REASON) as privileged:
        if retention.find_unfinished(privileged) is not None:
            raise Conflict(Message("Another run is not over yet: confirm or cancel it first."))
        found = list(_look(privileged, rights, local_day(at)))
        if not any(keys for _report, keys in found):
            raise Conflict(Message("Nothing has been kept long enough."))
        row = {
            "public_id": run_id,
            "state": RunState.PROPOSED,
            "kinds": [_as_json(report) for report, _keys in found],
            "proposed_at": at,
            "proposed_by": author_of(actor),
            "decided_by": "",
        }
        privileged.execute(insert(RetentionRun), [row])
        run = _get(privileged, run_id)
        for report, keys in found:
            retention.add_items(privileged, run.id, report.kind, keys)
    audit.record(session, "propose_retention", "retention_run", run_id, at=at)
    return run_id


def list_runs(session: Session, actor: Actor) -> tuple[RunView, ...]:
    """The latest runs, newest first."""
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        return _views(privileged, actor, retention.list_runs(privileged, LISTED))


def get_run(session: Session, actor: Actor, *, run_id: str) -> RunView:
    """One run; raises NotFound."""
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        return _views(privileged, actor, [_get(privileged, run_id)])[0]


def confirm_run(session: Session, actor: Actor, *, run_id: str, at: datetime) -> None:
    """The second person confirms; `go_on` then destroys. Again it changes nothing.

    Raises NotFound, Refused for whoever proposed it, and Conflict where it was cancelled.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        run = _get(privileged, run_id, lock=True)
        if run.state in (RunState.CONFIRMED, RunState.DONE):
            return
        if run.state is not RunState.PROPOSED:
            raise Conflict(DECIDED)
        if run.proposed_by == author_of(actor):
            raise Refused(SAME_PERSON)
        decided = {"decided_at": at, "decided_by": author_of(actor)}
        retention.change_run(privileged, run.id, state=RunState.CONFIRMED, **decided)
    audit.record(session, "confirm_retention", "retention_run", run_id, at=at)


def cancel_run(session: Session, actor: Actor, *, run_id: str, at: datetime) -> None:
    """Nothing of a run is destroyed. Raises NotFound, and Conflict where it was confirmed already."""
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        run = _get(privileged, run_id, lock=True)
        if run.state is RunState.CANCELLED:
            return
        if run.state is not RunState.PROPOSED:
            raise Conflict(DECIDED)
        decided = {"decided_at": at, "decided_by": author_of(actor)}
        retention.change_run(privileged, run.id, state=RunState.CANCELLED, **decided)
        retention.remove_items(privileged, run.id)
    audit.record(session, "cancel_retention", "retention_run", run_id, at=at)


def go_on(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    rights: RightsSettings,
    *,
    run_id: str,
    at: datetime,
) -> int:
    """Destroy some records of a confirmed run; how many are done with them. 0 when the run is over.

    Call it in one transaction after the other. Raises NotFound, and Conflict for a run that nobody has confirmed.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    with crossing(session, REASON) as privileged:
        run = _get(privileged, run_id, lock=True)
        if run.state is RunState.DONE:
            return 0
        if run.state is not RunState.CONFIRMED:
            raise Conflict(Message("Somebody else has to confirm this run first."))
        name, keys = retention.list_items(privileged, run.id, AT_ONCE)
        if not keys:
            retention.change_run(privileged, run.id, state=RunState.DONE, finished_at=at)
            return 0
        keys = keys[:CLIENTS_AT_ONCE] if name == retention.CLIENTS else keys
        gone = retention.destroy(privileged, run, retention.BY_NAME[name], keys)
        if name == retention.CLIENTS:
            for client in gone:
                _erase(session, privileged, catalogue, rights, run, client, at)
        retention.remove_items(privileged, run.id, name, keys)
        kinds = [dict(one) for one in run.kinds]
        mine = next(one for one in kinds if one["kind"] == name)
        mine["destroyed"] += len(gone)
        mine["spared"] += len(keys) - len(gone)
        retention.change_run(privileged, run.id, kinds=kinds)
    audit.record(session, "destroy_records", name, run_id, at=at)
    return len(keys)


def _erase(
    session: Session,
    privileged: Session,
    catalogue: Catalogue,
    rights: RightsSettings,
    run: RetentionRun,
    client: int,
    at: datetime,
) -> None:
    person = retention.get_client(privileged, client)
    row = {
        "public_id": new_public_id(),
        "client_id": client,
        "request_id": "",
        "ground": GROUND,
        "state": ErasureState.DONE,
        "proposed_at": run.proposed_at,
        "proposed_by": run.proposed_by,
        "decided_at": at,
        "decided_by": run.decided_by,
    }
    add_worded(privileged, Erasure, [row])
    erase_client(privileged, catalogue, person, rights, run.decided_by, at)
    audit.record(session, "erase_client", "client", person.public_id, [person.public_id], at=at)


def _look(
    privileged: Session, rights: RightsSettings, on: date
) -> Sequence[tuple[KindReport, tuple[str, ...]]]:
    found = []
    for name, span in rights.keep.items():
        until = day_before(on, span)
        there = retention.find(privileged, retention.BY_NAME[name], until)
        report = KindReport(name, str(span), until, there.stored, len(there.keys), there.oldest)
        found.append((report, there.keys))
    return found


def _as_json(report: KindReport) -> dict[str, Any]:
    return {
        "kind": report.kind,
        "span": report.span,
        "until": report.until.isoformat(),
        "stored": report.stored,
        "found": report.found,
        "oldest": report.oldest.isoformat() if report.oldest else None,
        "destroyed": 0,
        "spared": 0,
    }


def _as_report(one: Mapping[str, Any]) -> KindReport:
    days = {
        "until": date.fromisoformat(one["until"]),
        "oldest": date.fromisoformat(one["oldest"]) if one["oldest"] else None,
    }
    return KindReport(**{**one, **days})


def _get(privileged: Session, run_id: str, *, lock: bool = False) -> RetentionRun:
    run = retention.find_run(privileged, run_id, lock=lock)
    if run is None:
        raise NotFound(NO_SUCH)
    return run


def _views(privileged: Session, actor: Actor, runs: Sequence[RetentionRun]) -> tuple[RunView, ...]:
    people = {who for run in runs for who in (run.proposed_by, run.decided_by) if who}
    names = erasing.name_people(privileged, people)
    return tuple(
        RunView(
            id=run.public_id,
            state=run.state,
            kinds=tuple(map(_as_report, run.kinds)),
            proposed_at=run.proposed_at,
            proposed_by=names.get(run.proposed_by, run.proposed_by),
            by_self=run.proposed_by == author_of(actor),
            decided_at=run.decided_at,
            decided_by=names.get(run.decided_by, run.decided_by),
            finished_at=run.finished_at,
        )
        for run in runs
    )
