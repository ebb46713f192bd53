"""Keeping the sums over pairs current: what a sheet changes is taken back and added, never counted again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from evalplat.episodes.moments import (
    NOTHING,
    Case,
    CellSums,
    Circumstances,
    Columns,
    Measurement,
    describe_client,
    find_ends,
    make_case,
    month_of,
)
from evalplat.episodes.pairing import ExclusionReason, pair
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.storage import moments
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import Direction, MeasurementPoint, Respondent

PAIRS = (
    (MeasurementPoint.BASELINE, MeasurementPoint.END),
    (MeasurementPoint.BASELINE, MeasurementPoint.FOLLOW_UP),
)
"""The pairs of points that sums are kept for."""

POINTS = tuple(dict.fromkeys(point for both in PAIRS for point in both))

Points = dict[MeasurementPoint, Measurement]
CountKey = tuple[int, str, MeasurementPoint, MeasurementPoint, int, str]
CellKey = tuple[int, str, str, str, MeasurementPoint, MeasurementPoint, int]


@dataclass(slots=True)
class Course:
    """One instrument over one episode: what was measured at which point."""

    provider: int
    month: int
    instrument: str
    points: Points = field(default_factory=dict)


Key = tuple[int, str]
Courses = dict[Key, Course]


def main_respondent(definition: Instrument) -> Respondent:
    """Whose answers are compared: the first respondent that the definition names."""
    return definition.respondents[0]


@lru_cache(maxsize=200)
def counted_scales(definition: Instrument) -> tuple[Scale, ...]:
    """The scales of an instrument that providers may be compared on; T scores of goals are no such measure."""
    if definition.kind == "goals" or definition.anonymous:
        return ()
    return tuple(s for s in definition.scales if s.direction is not None and s.comparable)


def is_counted(definition: Instrument, respondent: Respondent) -> bool:
    """Whether an instrument's pairs are counted: a scale of it may be compared, and its main respondent answers."""
    return respondent is main_respondent(definition) and bool(counted_scales(definition))


def reference_of(definition: Instrument, scale: str) -> float:
    """What sums are centred on: the middle of the scale's possible range, fixed for a definition version."""
    return _middle(definition.scale(scale))


def _middle(scale: Scale) -> float:
    return (scale.minimum + scale.maximum) / 2


def load_courses(session: Session, catalogue: Catalogue, touched: Sequence[Planned]) -> Courses:
    """What is stored now of the courses that these administrations belong to."""
    courses: Courses = {}
    for planned in touched:
        definition = catalogue.get(planned.instrument, planned.version)
        if planned.point in POINTS and is_counted(definition, planned.respondent):
            courses.setdefault(
                (planned.episode_id, planned.instrument),
                Course(planned.provider_id, month_of(planned.opened_on), planned.instrument),
            )
    rows = moments.list_measured(session, {key[0] for key in courses}, {key[1] for key in courses})
    fill_courses(catalogue, courses, rows)
    return courses


def fill_courses(catalogue: Catalogue, courses: Courses, rows: Iterable[Any]) -> None:
    """Put stored scores, as `moments.list_measured` gives them, where they belong."""
    for row in rows:
        episode, instrument, respondent, point, version, measured_on, *how, scale, value = row
        course = courses.get((episode, instrument))
        if course is None or point not in POINTS:
            continue
        if not is_counted(catalogue.get(instrument, version), respondent):
            continue
        found = course.points.get(point)
        if found is None:
            found = Measurement(version, measured_on, {}, Circumstances(*how))
            course.points[point] = found
        found.values[scale] = value


def baseline_day(course: Course) -> date | None:
    """The day of the baseline measurement, as far as it is stored."""
    found = course.points.get(MeasurementPoint.BASELINE)
    return found.measured_on if found else None


class Counted(NamedTuple):
    """One pair of one scale: whose, how the later sheet was filled in, which ends it stands at, scores less middle."""

    episode: int
    how: Circumstances
    flags: Columns
    first: float
    later: float


@dataclass(slots=True)
class CellChange:
    """What is added to one cell: counts, and pairs with 1 or -1 each."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pairs: list[tuple[Counted, int]] = field(default_factory=list)


class Changes:
    """What is to be added to counts and cells."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.counts: dict[CountKey, int] = defaultdict(int)
        self.cells: dict[CellKey, CellChange] = defaultdict(CellChange)

    def start(
        self, provider: int, instrument: str, month: int, points: Iterable[Any], sign: int = 1
    ) -> None:
        """Count (1) or take back (-1) an episode that plans the instrument at these points, before it is measured."""
        planned = set(points)
        for first_point, later_point in PAIRS:
            if planned & {first_point, later_point}:
                self.counts[provider, instrument, first_point, later_point, month, ""] += sign

    def add(self, episode: int, course: Course, points: Points, sign: int) -> None:
        """Add (1) or take back (-1) what an episode's measurements count for."""
        for first_point, later_point in PAIRS:
            first, later = points.get(first_point), points.get(later_point)
            if first is None:
                continue
            begun = (course.provider, course.instrument, first_point, later_point, course.month)
            self.counts[(*begun, "")] -= sign
            self.counts[(*begun, first.version)] += sign
            definition = self._catalogue.get(course.instrument, first.version)
            for scale in counted_scales(definition):
                found = pair(first.of(scale.key), later.of(scale.key) if later else None)
                if found.reason is ExclusionReason.NO_END:
                    continue  # what is left of those who began
                cell = self.cells[
                    course.provider, course.instrument, first.version, scale.key,
                    first_point, later_point, course.month,
                ]  # fmt: skip
                if found.reason is not None:
                    cell.counts[found.reason.value] += sign
                elif found.first is not None and found.later is not None and later is not None:
                    x, y, middle = found.first, found.later, _middle(scale)
                    cell.counts["n"] += sign
                    change = classify(scale, x, y)
                    if change:
                        cell.counts[change] += sign
                    flags = find_ends(x, y, scale.minimum, scale.maximum)
                    counted = Counted(episode, later.circumstances, flags, x - middle, y - middle)
                    cell.pairs.append((counted, sign))

    @property
    def providers(self) -> set[int]:
        """Whose sums change."""
        return {key[0] for key, n in self.counts.items() if n} | {key[0] for key in self.cells}

    @property
    def episodes(self) -> set[int]:
        """Episodes whose clients' facts are needed."""
        return {pair.episode for cell in self.cells.values() for pair, _sign in cell.pairs}


def classify(scale: Scale, first: float, later: float) -> str:
    """The category of reliable change, "" where the definition does not know what is reliable."""
    known = scale.change
    if scale.direction is None or (
        known.sdc is None and (known.sd is None or known.reliability is None)
    ):
        return ""
    return _classify(scale.direction, known.sd, known.reliability, known.sdc, first, later)


@lru_cache(maxsize=20_000)
def _classify(
    direction: Direction,
    sd: float | None,
    reliability: float | None,
    sdc: float | None,
    first: float,
    later: float,
) -> str:
    from evalplat.statistics.change import classify_change

    found = classify_change(
        first, later, direction=direction, sd=sd, reliability=reliability, sdc=sdc
    )
    return str(found.status.value)


def count_openings(
    session: Session, catalogue: Catalogue, opened: Iterable[tuple[date, Mapping[str, Any]]]
) -> None:
    """Count episodes that were just opened: the day of opening with each administration that is planned.

    Those of clients who are not counted are left out.
    """
    opened = list(opened)
    left_out = _lock_and_find_left_out(
        session, {p["provider_id"] for _, p in opened}, {p["episode_id"] for _, p in opened}
    )
    plans: dict[tuple[int, int, str, int], set[MeasurementPoint]] = defaultdict(set)
    for day, planned in opened:
        if planned["episode_id"] in left_out:
            continue
        definition = catalogue.get(planned["instrument"], planned["version"])
        if is_counted(definition, planned["respondent"]):
            key = (
                planned["episode_id"],
                planned["provider_id"],
                planned["instrument"],
                month_of(day),
            )
            plans[key].add(planned["point"])
    changes = Changes(catalogue)
    for (_episode, provider, instrument, month), points in plans.items():
        changes.start(provider, instrument, month, points)
    write_changes(session, catalogue, changes)


def update_moments(
    session: Session,
    catalogue: Catalogue,
    courses: Courses,
    stored: Iterable[tuple[Planned, Measurement]],
) -> None:
    """Bring the sums up to date after sheets were stored; `courses` is how things stood before.

    Clients who are not counted change nothing.
    """
    after: dict[Key, Points] = {}
    for planned, measurement in stored:
        key = (planned.episode_id, planned.instrument)
        definition = catalogue.get(planned.instrument, planned.version)
        if (
            key in courses
            and planned.point in POINTS
            and is_counted(definition, planned.respondent)
        ):
            after.setdefault(key, dict(courses[key].points))[planned.point] = measurement
    changes = Changes(catalogue)
    left_out = _lock_and_find_left_out(
        session, {courses[key].provider for key in after}, {key[0] for key in after}
    )
    for key, points in after.items():
        if key[0] in left_out:
            continue
        changes.add(key[0], courses[key], courses[key].points, -1)
        changes.add(key[0], courses[key], points, 1)
    write_changes(session, catalogue, changes)


def _lock_and_find_left_out(
    session: Session, providers: Collection[int], episodes: Collection[int]
) -> set[int]:
    """Episodes whose clients are not counted: asked once nobody else can change that, or the sums, any more."""
    if not episodes:
        return set()
    moments.lock_sums(session, providers)
    return moments.list_left_out(session, episodes)


def write_changes(session: Session, catalogue: Catalogue, changes: Changes) -> None:
    """Add changes to what is stored. The caller holds `lock_sums` of their providers: one writer of them at a time."""
    if not changes.providers:
        return
    moments.add_counts(session, make_count_rows(changes))
    if not changes.cells:
        return
    clients = Clients(session, changes.episodes)
    stored = moments.list_cells(session, changes.cells.keys())
    rows = []
    for key in sorted(changes.cells):
        change, row = changes.cells[key], stored.get(key)
        counts = {name: row[7 + k] if row else 0 for k, name in enumerate(moments.CELL_COUNTS)}
        sums = CellSums.unpack(row.columns, row.triangle) if row else NOTHING
        sums = sums.add(clients.cases(change))
        rows.append(make_cell_row(catalogue, key, counts, change.counts, sums))
    moments.put_cells(session, rows)


def make_count_rows(changes: Changes) -> list[dict[str, Any]]:
    """Counts that change, in the order of their keys."""
    return [
        {**dict(zip(moments.COUNTS_KEY, key, strict=True)), "n": changes.counts[key]}
        for key in sorted(changes.counts)
        if changes.counts[key]
    ]


def make_cell_row(
    catalogue: Catalogue,
    key: CellKey,
    counts: Mapping[str, int],
    more: Mapping[str, int],
    sums: CellSums,
) -> dict[str, Any]:
    """One cell as a row."""
    columns, triangle = sums.pack()
    return {
        **dict(zip(moments.CELL_KEY, key, strict=True)),
        **{name: counts.get(name, 0) + more.get(name, 0) for name in moments.CELL_COUNTS},
        "reference": reference_of(catalogue.get(key[1], key[2]), key[3]),
        "columns": columns,
        "triangle": triangle,
    }


class Clients:
    """What the clients of some episodes brought along at the opening, as the part of a vector that scales share."""

    def __init__(self, session: Session, episodes: Collection[int]) -> None:
        rows = moments.list_clients(session, episodes) if episodes else ()
        self._rows = {row.id: row for row in rows}
        self._described: dict[tuple[int, Circumstances, Columns], Case] = {}

    def describe(self, episode: int, how: Circumstances, flags: Columns) -> Case:
        """A client's facts with the circumstances of the later measurement."""
        key = (episode, how, flags)
        if key not in self._described:
            row = self._rows[episode]
            levels = {
                "sex": row.sex,
                "language": row.language,
                "sub_region": row.sub_region,
                "living_situation": row.living_situation,
                "employment": row.employment,
                "mode": how.mode,
                "assistance": how.assistance,
                "wording": how.wording,
            }
            self._described[key] = describe_client(
                row.opened_on.year - row.birth_year, row.value_cents / 100, levels, flags
            )
        return self._described[key]

    def cases(self, change: CellChange) -> list[tuple[Case, int]]:
        """The pairs of a cell as vectors. One that is taken back and added unchanged is left alone."""
        balance: dict[Counted, int] = defaultdict(int)
        for one, sign in change.pairs:
            balance[one] += sign
        return [
            (make_case(self.describe(*one[:3]), one.first, one.later), sign)
            for one, sign in balance.items()
            if sign
        ]
