"""What whole episodes count for in the sums over pairs: to count them again, or to take one client out and in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.moments import month_of
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.moments import (
    Changes,
    Course,
    Courses,
    fill_courses,
    is_counted,
    write_changes,
)
from evalplat.storage import moments, rights
from evalplat.vocabulary import MeasurementPoint


@contextmanager
def counted_anew(session: Session, catalogue: Catalogue, client: int) -> Iterator[None]:
    """Change inside the block what a client counts for: facts, or whether they are counted at all.

    What the client counted for before is taken out of the sums, and what they count for afterwards is put in. The
    client's episodes are held first, like every sheet does, and then the sums of their providers.
    """
    episodes = moments.list_of_client(session, client)
    moments.lock_sums(session, {row.provider_id for row in episodes})
    if rights.is_counted(session, client):
        write_changes(session, catalogue, count_episodes(session, catalogue, episodes, -1))
    yield
    if rights.is_counted(session, client):
        write_changes(session, catalogue, count_episodes(session, catalogue, episodes))


def count_episodes(
    session: Session, catalogue: Catalogue, opened: Sequence[Any], sign: int = 1
) -> Changes:
    """What some episodes count for, as if everything had come in just now; -1 takes all of it back."""
    known = {(d.key, d.version): d for d in catalogue.list()}
    plans = _find_plans(session, known, [row.id for row in opened])
    courses: Courses = {}
    changes = Changes(catalogue)
    for row in opened:
        for instrument, points in plans.get(row.id, {}).items():
            month = month_of(row.opened_on)
            courses[row.id, instrument] = Course(row.provider_id, month, instrument)
            changes.start(row.provider_id, instrument, month, points, sign)
    rows = moments.list_measured(session, {key[0] for key in courses}, {key[1] for key in courses})
    fill_courses(
        catalogue, courses, (row for row in rows if (row.instrument, row.version) in known)
    )
    for (episode, _instrument), course in courses.items():
        changes.add(episode, course, course.points, sign)
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
