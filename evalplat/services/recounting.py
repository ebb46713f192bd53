"""Counting the sums over pairs again, from the scores: after an upgrade, or when they are in doubt."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.moments import NOTHING, CellSums, month_of
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor, demand
from evalplat.services.moments import (
    CellKey,
    Changes,
    Clients,
    CountKey,
    Course,
    Courses,
    fill_courses,
    is_counted,
    make_cell_row,
)
from evalplat.storage import audit, moments
from evalplat.vocabulary import MeasurementPoint

EPISODES_AT_ONCE = 2_000


def rebuild_moments(session: Session, catalogue: Catalogue, actor: Actor) -> int:
    """Count every pair again and replace the sums; returns the number of cells. System jobs only.

    Sheets that come in meanwhile wait until it is done. Episodes are read in parts, so that memory holds the sums and
    one part's measurements only.
    """
    demand(session, actor)
    moments.lock_sums(session)
    moments.clear_sums(session)
    counts: dict[CountKey, int] = defaultdict(int)
    cells: dict[CellKey, tuple[dict[str, int], CellSums]] = {}
    opened = moments.list_opened(session)
    for start in range(0, len(opened), EPISODES_AT_ONCE):
        part = opened[start : start + EPISODES_AT_ONCE]
        changes = _count_part(session, catalogue, part)
        for key, n in changes.counts.items():
            counts[key] += n
        clients = Clients(session, changes.episodes)
        for cell, change in changes.cells.items():
            known, sums = cells.get(cell, ({}, NOTHING))
            for name, n in change.counts.items():
                known[name] = known.get(name, 0) + n
            cells[cell] = (known, sums.add(clients.cases(change)))
    moments.add_counts(
        session,
        [
            {**dict(zip(moments.COUNTS_KEY, key, strict=True)), "n": counts[key]}
            for key in sorted(counts)
            if counts[key]
        ],
    )
    rows = [make_cell_row(catalogue, key, {}, *cells[key]) for key in sorted(cells)]
    moments.put_cells(session, rows)
    moments.set_counted(session)
    audit.record(session, "rebuild_moments", "moments", "")
    return len(rows)


def needs_rebuilding(session: Session, actor: Actor) -> bool:
    """Whether the sums were never counted, or in another way than this program reads them."""
    demand(session, actor)
    return not moments.is_counted(session)


def _count_part(session: Session, catalogue: Catalogue, opened: Sequence[Any]) -> Changes:
    """What some episodes count for, as if everything had come in just now."""
    known = {(d.key, d.version): d for d in catalogue.list()}
    plans = _find_plans(session, known, [row.id for row in opened])
    courses: Courses = {}
    changes = Changes(catalogue)
    for row in opened:
        for instrument, points in plans.get(row.id, {}).items():
            month = month_of(row.opened_on)
            courses[row.id, instrument] = Course(row.provider_id, month, instrument)
            changes.start(row.provider_id, instrument, month, points)
    rows = moments.list_measured(session, {key[0] for key in courses}, {key[1] for key in courses})
    fill_courses(
        catalogue, courses, (row for row in rows if (row.instrument, row.version) in known)
    )
    for (episode, _instrument), course in courses.items():
        changes.add(episode, course, course.points, 1)
    return changes


def _find_plans(
    session: Session, known: Mapping[tuple[str, str], Any], episodes: Sequence[int]
) -> dict[int, dict[str, set[MeasurementPoint]]]:
    """At which points each episode plans each instrument that is counted."""
    plans: dict[int, dict[str, set[MeasurementPoint]]] = defaultdict(lambda: defaultdict(set))
    for episode, instrument, version, respondent, point in moments.list_planned(session, episodes):
        definition = known.get((instrument, version))
        if definition is not None and is_counted(definition, respondent):
            plans[episode][instrument].add(point)
    return plans
