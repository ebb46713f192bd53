"""Measurement plans: which instruments, when, by whom; as versioned data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.scale_words import OPEN
from evalplat.services.actors import Actor, demand
from evalplat.services.requests import PlanRow
from evalplat.services.views import PlanRowView
from evalplat.services.views import PlanView as PlanView
from evalplat.storage import audit
from evalplat.storage.tables import Plan, PlanLine
from evalplat.vocabulary import Anchor, MeasurementPoint, Role

DEFAULT_PLAN = "default"
LONGEST_WINDOW = 1000
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,59}\Z")


def list_plans(session: Session, catalogue: Catalogue, actor: Actor) -> tuple[PlanView, ...]:
    """The latest version of every plan, by key."""
    demand(session, actor, *Role)
    latest = select(Plan.key, func.max(Plan.version).label("version")).group_by(Plan.key).subquery()
    plans = session.scalars(
        select(Plan)
        .join(latest, (latest.c.key == Plan.key) & (latest.c.version == Plan.version))
        .order_by(Plan.key)
    ).all()
    lines = session.scalars(
        select(PlanLine)
        .where(PlanLine.plan_id.in_([plan.id for plan in plans]))
        .order_by(PlanLine.plan_id, PlanLine.position)
    ).all()
    return tuple(_view(plan, [line for line in lines if line.plan_id == plan.id]) for plan in plans)


def list_planned_instruments(session: Session) -> list[str]:
    """The instruments of the usual plan's latest version, in its order."""
    latest = select(func.max(Plan.version)).where(Plan.key == DEFAULT_PLAN).scalar_subquery()
    lines = session.scalars(
        select(PlanLine.instrument)
        .join(Plan, Plan.id == PlanLine.plan_id)
        .where(Plan.key == DEFAULT_PLAN, Plan.version == latest)
        .order_by(PlanLine.position)
    )
    return list(dict.fromkeys(lines))


def get_plan(
    session: Session, catalogue: Catalogue, actor: Actor, key: str = DEFAULT_PLAN
) -> PlanView:
    """The latest version of one plan; raises NotFound."""
    for plan in list_plans(session, catalogue, actor):
        if plan.key == key:
            return plan
    raise NotFound(Message("There is no measurement plan %(key)s.", key=key))


def add_plan(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    key: str,
    titles: Mapping[str, str],
    rows: Sequence[PlanRow],
) -> PlanView:
    """A new plan, or the next version of a plan; administrators and system jobs. Open episodes keep theirs.

    Raises InputRejected with every fault: unknown instrument, window, a row twice, no row.
    """
    demand(session, actor, Role.ADMINISTRATOR)
    faults = find_plan_faults(catalogue, key, titles, rows)
    if faults:
        raise InputRejected(Message("The measurement plan was not saved."), faults)
    version = 1 + (session.scalar(select(func.max(Plan.version)).where(Plan.key == key)) or 0)
    plan_id = session.execute(
        insert(Plan).returning(Plan.id), [{"key": key, "version": version, "titles": dict(titles)}]
    ).scalar_one()
    session.execute(
        insert(PlanLine),
        [
            {
                "plan_id": plan_id,
                "position": position,
                "instrument": row.instrument,
                "point": row.point,
                "respondent": row.respondent,
                "mode": row.mode,
                "offset_days": row.offset_days,
                "before_days": row.before_days,
                "after_days": row.after_days,
                "anchor": row.anchor,
            }
            for position, row in enumerate(rows, start=1)
        ],
    )
    audit.record(session, "add_plan", "plan", f"{key} {version}")
    shown = tuple(PlanRowView(*astuple(row)) for row in rows)
    return PlanView(key, version, dict(titles), shown)


def find_plan_faults(
    catalogue: Catalogue, key: str, titles: Mapping[str, str], rows: Sequence[PlanRow]
) -> list[Fault]:
    """Everything that keeps a plan from being saved; none where it can be."""
    faults = []
    if not _KEY.match(key):
        faults.append(
            Fault(
                "key",
                Message(
                    "%(value)s: use small letters, digits and hyphens, at most 60.", value=key[:80]
                ),
            )
        )
    if not any(title.strip() for title in titles.values()):
        faults.append(Fault("titles", Message("Give a title in at least one language.")))
    if not rows:
        faults.append(Fault("rows", Message("A plan measures something: give at least one row.")))
    seen = set()
    for number, row in enumerate(rows, start=1):
        where = f"row {number}"
        faults.extend(Fault(where, message) for message in _faults_of_row(catalogue, row))
        same = (row.instrument, row.point, row.respondent)
        if same in seen:
            faults.append(
                Fault(
                    where,
                    Message(
                        "%(instrument)s at %(point)s stands in the plan already, for the same respondent.",
                        instrument=row.instrument,
                        point=row.point.value,
                    ),
                )
            )
        seen.add(same)
    return faults


def _faults_of_row(catalogue: Catalogue, row: PlanRow) -> list[Message]:
    try:
        definition = catalogue.get(row.instrument)
    except NotFound as error:
        return [error.message]
    found = []
    if catalogue.is_retired(row.instrument):
        found.append(
            Message(
                "%(instrument)s is retired: it is offered to no new plan.",
                instrument=row.instrument,
            )
        )
    if definition.anonymous:
        found.append(
            Message(
                "%(instrument)s is answered anonymously, so it cannot stand in a client's plan.",
                instrument=row.instrument,
            )
        )
    if definition.kind == "record":
        found.append(
            Message(
                "%(instrument)s is a record on the client’s plan, so it is not planned as a measurement.",
                instrument=row.instrument,
            )
        )
    if definition.is_open:
        found.append(Message(OPEN.template, instrument=row.instrument))
    if row.respondent not in definition.respondents:
        found.append(
            Message(
                "%(instrument)s is not answered by %(value)s; it is by: %(allowed)s.",
                instrument=row.instrument,
                value=row.respondent.value,
                allowed=", ".join(definition.respondents),
            )
        )
    if row.mode not in definition.modes:
        found.append(
            Message(
                "%(instrument)s is not made for the mode %(value)s; it is for: %(allowed)s.",
                instrument=row.instrument,
                value=row.mode.value,
                allowed=", ".join(definition.modes),
            )
        )
    if row.point is MeasurementPoint.BASELINE and row.anchor in (Anchor.END, Anchor.LAST_SESSION):
        found.append(Message("A baseline cannot count from the end of the service."))
    days = (row.before_days, row.after_days, abs(row.offset_days))
    if min(row.before_days, row.after_days) < 0 or max(days) > LONGEST_WINDOW:
        found.append(
            Message(
                "A window has 0 to %(most)s days before and after its day.", most=LONGEST_WINDOW
            )
        )
    return found


def _view(plan: Plan, lines: Sequence[PlanLine]) -> PlanView:
    return PlanView(
        key=plan.key,
        version=plan.version,
        titles=dict(plan.titles),
        rows=tuple(
            PlanRowView(
                line.instrument,
                line.point,
                line.respondent,
                line.mode,
                line.offset_days,
                line.before_days,
                line.after_days,
                Anchor(line.anchor),
            )
            for line in lines
        ),
    )
