"""One person, one plan: the goals agreed with the case worker, and beside them the record that AVAIN asks for."""

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.exchange.tables import safe_cell
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.storage import audit, caseload
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Client, ClientPlan, PlanGoal
from evalplat.storage.words import add_worded
from evalplat.vocabulary import Role

MOST_GOALS = 10
LONGEST_TEXT = 2000
MOST_LINES = 50
LONGEST_LINE = 200
NOT_SAVED = Message("The plan was not saved.")
NOTHING_WRITTEN = Message("Write something into one of the fields first.")
RECORDS = ("situational_factors", "services", "methods")
"""What AVAIN asks for beside goals, each a list of words of the service; they get no score."""


@dataclass(frozen=True, slots=True)
class PlanGoalRequest:
    """A goal of the plan; `replaces` is the id of the goal that it takes the place of."""

    title: str
    own_words: str = ""
    indicator: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class PlanGoalView:
    """A goal of the plan as it was agreed."""

    id: str
    title: str
    own_words: str
    indicator: str
    planned_on: date
    replaced: bool


@dataclass(frozen=True, slots=True)
class ClientPlanView:
    """The plan: goals in the order they were agreed, and the latest record (revision 0: none yet)."""

    client_id: str
    goals: tuple[PlanGoalView, ...]
    revision: int
    situational_factors: tuple[str, ...]
    services: tuple[str, ...]
    methods: tuple[str, ...]
    summary: str
    made_at: datetime | None


def get_client_plan(session: Session, actor: Actor, *, client_id: str) -> ClientPlanView:
    """The plan of a client, for the case worker and for providers that serve the client. Raises NotFound."""
    demand(session, actor, Role.CASE_WORKER, *PROVIDER_STAFF)
    client = _find(session, client_id)
    goals = caseload.list_plan_goals(session, client.id)
    replaced = {goal.replaces_id for goal in goals}
    plan = caseload.find_plan(session, client.id)
    audit.record(session, "read_plan", "client", client_id, [client_id])
    return ClientPlanView(
        client_id=client_id,
        goals=tuple(
            PlanGoalView(
                goal.public_id,
                goal.title,
                goal.own_words,
                goal.indicator,
                goal.planned_on,
                goal.id in replaced,
            )
            for goal in goals
        ),
        revision=plan.revision if plan else 0,
        situational_factors=tuple(plan.situational_factors) if plan else (),
        services=tuple(plan.services) if plan else (),
        methods=tuple(plan.methods) if plan else (),
        summary=plan.summary if plan else "",
        made_at=plan.made_at if plan else None,
    )


def plan_goal(
    session: Session, actor: Actor, *, client_id: str, goal: PlanGoalRequest, at: datetime
) -> str:
    """Agree a goal of the plan; the same words on the same day again change nothing. Returns its id.

    Raises InputRejected with every fault, and NotFound.
    """
    demand(session, actor, Role.CASE_WORKER)
    client = _find(session, client_id)
    known = caseload.list_plan_goals(session, client.id)
    replaced = {one.replaces_id for one in known}
    current = {one.public_id: one for one in known if one.id not in replaced}
    words = (goal.title.strip(), goal.own_words.strip(), goal.indicator.strip())
    for one in current.values():
        if (one.title, one.own_words, one.indicator) == words and one.planned_on == local_day(at):
            return one.public_id
    faults = _find_goal_faults(goal, current.keys())
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    row = {
        "public_id": new_public_id(),
        "client_id": client.id,
        "title": words[0],
        "own_words": words[1],
        "indicator": words[2],
        "planned_on": local_day(at),
        "planned_by": actor.account_id or actor.name,
        "replaces_id": current[goal.replaces].id if goal.replaces else None,
    }
    add_worded(session, PlanGoal, [row])
    audit.record(session, "plan_goal", "client", client_id, [client_id], at=at)
    return str(row["public_id"])


def record_plan(
    session: Session,
    actor: Actor,
    *,
    client_id: str,
    base_revision: int,
    situational_factors: Sequence[str],
    services: Sequence[str],
    methods: Sequence[str],
    summary: str = "",
    at: datetime,
) -> int:
    """Write the record of the plan anew as its next revision; earlier ones stay. Returns the revision.

    The same record again changes nothing. Raises InputRejected with every fault, NotFound, and Conflict when somebody
    else has written it meanwhile.
    """
    demand(session, actor, Role.CASE_WORKER)
    client = _find(session, client_id)
    lists = dict(
        zip(RECORDS, (_tidy(situational_factors), _tidy(services), _tidy(methods)), strict=True)
    )
    summary = summary.strip()
    faults = _find_record_faults(lists, summary)
    if faults:
        raise InputRejected(NOT_SAVED, faults)
    latest = caseload.find_plan(session, client.id)
    if latest is None and not summary and not any(lists.values()):
        raise InputRejected(NOT_SAVED, [Fault("summary", NOTHING_WRITTEN)])
    same = latest and all(getattr(latest, name) == lines for name, lines in lists.items())
    if latest and same and latest.summary == summary:
        return latest.revision
    revision = latest.revision if latest else 0
    if revision != base_revision:
        raise Conflict(
            Message(
                "The plan was changed meanwhile. Open it again; what you wrote is not saved yet."
            )
        )
    row = {
        "client_id": client.id,
        "revision": revision + 1,
        **lists,
        "summary": summary,
        "made_at": at,
        "made_by": actor.account_id or actor.name,
    }
    add_worded(session, ClientPlan, [row])
    audit.record(session, "record_plan", "client", client_id, [client_id], at=at)
    return revision + 1


def export_plan(plan: ClientPlanView) -> str:
    """The plan as CSV for another system: one line per entry (kind, text, own words, indicator, day, current)."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(("kind", "text", "own_words", "indicator", "day", "current"))
    for goal in plan.goals:
        day, current = goal.planned_on.isoformat(), int(not goal.replaced)
        words = map(safe_cell, (goal.title, goal.own_words, goal.indicator))
        writer.writerow(("goal", *words, day, current))
    made = local_day(plan.made_at).isoformat() if plan.made_at else ""
    for kind in RECORDS:
        for line in getattr(plan, kind):
            writer.writerow((kind, safe_cell(line), "", "", made, 1))
    if plan.summary:
        writer.writerow(("summary", safe_cell(plan.summary), "", "", made, 1))
    return stream.getvalue()


def _tidy(lines: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in lines))))


def _find(session: Session, client_id: str) -> Client:
    found = caseload.find_client(session, client_id)
    if found is None:
        raise NotFound(Message("There is no such client."))
    client: Client = found.Client
    return client


def _find_goal_faults(goal: PlanGoalRequest, ids: Collection[str]) -> list[Fault]:
    faults = []
    if not 1 <= len(goal.title.strip()) <= 300:
        faults.append(Fault("title", Message("Give the goal a name of 1 to 300 characters.")))
    for where, text in (("own_words", goal.own_words), ("indicator", goal.indicator)):
        if len(text) > LONGEST_TEXT:
            faults.append(Fault(where, Message("Give texts of at most 2,000 characters.")))
    if goal.replaces and goal.replaces not in ids:
        text_ = Message("The goal to replace is not in this plan, or is replaced already.")
        faults.append(Fault("replaces", text_))
    if not goal.replaces and len(ids) >= MOST_GOALS:
        text_ = Message("The plan has %(most)s goals, and more are not possible.", most=MOST_GOALS)
        faults.append(Fault("title", text_))
    return faults


def _find_record_faults(lists: dict[str, list[str]], summary: str) -> list[Fault]:
    faults = []
    for where, lines in lists.items():
        if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
            text = Message(
                "Write at most %(count)s lines of at most %(length)s characters.",
                count=MOST_LINES,
                length=LONGEST_LINE,
            )
            faults.append(Fault(where, text))
    if len(summary) > LONGEST_TEXT:
        faults.append(Fault("summary", Message("Give texts of at most 2,000 characters.")))
    return faults
