"""What the made-up county did not obtain: closed with a reason, as its workers would have done week by week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from evalplat.demo import truth
from evalplat.demo.people import DemoEpisode
from evalplat.demo.staff import SYSTEM
from evalplat.services import not_obtained, planned
from evalplat.services.planned import PlannedAdministration
from evalplat.services.requests import AdministrationClosing
from evalplat.vocabulary import AdministrationStatus, MeasurementPoint
from evalplat.wiring import Wiring

DAYS_LEFT_OPEN = 45
"""For so long after its window a measurement may still come in; only the last weeks are overdue."""

OF_INTERRUPTED = (("ended_early", 0.6), ("not_reached", 0.4))
OF_OTHERS = (("declined", 0.45), ("not_reached", 0.4), ("too_unwell", 0.15))


@dataclass(frozen=True, slots=True)
class Opened:
    """One drawn episode as it stands in the database when its administrations are planned."""

    episode_id: str
    drawn: DemoEpisode
    administrations: dict[tuple[str, MeasurementPoint], PlannedAdministration]


def close_missed(wiring: Wiring, rng: np.random.Generator, opened: Sequence[Opened]) -> None:
    """Close what was planned, not measured, and due more than 45 days before the data end.

    rng: a stream of its own, so that nothing else that is drawn depends on it. One reason per episode and point:
    whoever was not reached was not reached for any of that day's instruments.
    """
    at = datetime.combine(truth.AS_OF, time(12), UTC)
    last = truth.AS_OF - timedelta(days=DAYS_LEFT_OPEN)
    drawn = {one.episode_id: (place, one.drawn) for place, one in enumerate(opened)}
    with wiring.transaction(SYSTEM) as session:
        missed: dict[tuple[int, MeasurementPoint], list[PlannedAdministration]] = {}
        for row in planned.list_planned(session, SYSTEM, episode_ids=list(drawn)):
            if row.status is AdministrationStatus.PLANNED and row.due_until < last:
                missed.setdefault((drawn[row.episode_id][0], row.point), []).append(row)
        closings = []
        for (place, point), rows in sorted(missed.items()):
            reason = _draw_reason(rng, opened[place].drawn, point)
            closings += [AdministrationClosing(row.id, reason) for row in rows]
        not_obtained.close_administrations(session, SYSTEM, closings, at)


def _draw_reason(rng: np.random.Generator, episode: DemoEpisode, point: MeasurementPoint) -> str:
    """An interrupted service had not yet ended early when it began."""
    ended_early = episode.interrupted and point is not MeasurementPoint.BASELINE
    reasons = OF_INTERRUPTED if ended_early else OF_OTHERS
    words, shares = zip(*reasons, strict=True)
    return str(words[int(rng.choice(len(words), p=shares))])
