"""The episodes of an analysis as a table: the one way from stored rows to what the statistics take.

Every analysis of the county starts here or from the moments that are kept beside the rows, so that all of them mean the
same episodes, the same pairs and the same reasons for leaving one out.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.orm import Session

from evalplat.episodes.pairing import EXPLANATIONS, Measured, pair
from evalplat.instruments.definition import Instrument
from evalplat.services.moments import main_respondent
from evalplat.services.requests import COVARIATES, ComparisonQuery
from evalplat.storage import comparisons
from evalplat.vocabulary import MeasurementPoint

if TYPE_CHECKING:
    import pandas as pd

BASELINE_AND_END = (MeasurementPoint.BASELINE, MeasurementPoint.END)
ABOUT_EPISODES = (
    *("provider", "episode", "opened_on", "closed_on", "closing_reason"),
    *("voucher_eur", "hours", "left_out"),
)
TEXTS = tuple(name for name in COVARIATES if name not in ("baseline", "age"))
FACTS = 13
"""How many columns of a row stand before those of the points."""


class AtPoint(NamedTuple):
    """What is stored of one planned measurement; everything is None where none is planned."""

    revision: int | None
    version: str | None
    measured_on: date | None
    mode: str | None
    assistance: str | None
    wording: str | None
    value: float | None

    @property
    def measured(self) -> Measured | None:
        """The measurement, if it was made."""
        if not self.revision or self.version is None or self.measured_on is None:
            return None
        return Measured(self.version, self.measured_on, self.value)


def load_frame(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    *,
    points: Sequence[MeasurementPoint] = BASELINE_AND_END,
) -> "pd.DataFrame":
    """One row per started episode that plans the instrument at one of the points, by provider's name and episode.

    Columns: `provider` (name), `episode`, for each point a column of its name with the score (NaN: missing, of another
    version, or dated before the first point) and `<point>_on` with the day it was measured (or None); `left_out`: a
    Message where the first and the last point make no pair, else None; `opened_on`, `closed_on`, `closing_reason`,
    `voucher_eur`, `hours`; `age` (at the opening, in years) and the other covariates of `requests.COVARIATES`, where
    `mode`, `assistance` and `wording` are those of the latest of the points that was measured ("" where none was).
    Period, providers, instrument, scale and version are the query's; its own points are not looked at.
    """
    import pandas as pd

    names = [name for point in points for name in (point.value, f"{point}_on")]
    rows = [
        _make_row(row, definition.version, len(points))
        for row in comparisons.stream_episodes(
            session,
            instrument=definition.key,
            scale=query.scale,
            respondent=main_respondent(definition),
            points=points,
            period_from=query.period_from,
            period_until=query.period_until,
            providers=query.providers,
        )
    ]
    frame = pd.DataFrame(rows, columns=[*ABOUT_EPISODES, "age", *TEXTS, *names])
    for name in ("age", "voucher_eur", "hours", *(point.value for point in points)):
        frame[name] = frame[name].astype(float)
    return frame


def _make_row(row: Any, version: str, points: int) -> tuple[object, ...]:
    measures = [AtPoint(*row[start : start + 7]) for start in range(FACTS, FACTS + 7 * points, 7)]
    first = measures[0].measured
    pairs = [pair(first, point.measured, version) for point in measures]
    values = [pairs[0].first, *(found.later for found in pairs[1:])]
    reason = pairs[-1].reason
    latest = next((point for point in reversed(measures) if point.measured), None)
    return (
        row.provider,
        str(row.episode),
        row.opened_on,
        row.closed_on,
        row.closing_reason,
        row.value_cents / 100,
        row.hours,
        EXPLANATIONS[reason] if reason else None,
        row.opened_on.year - row.birth_year,
        row.sex,
        row.language,
        row.sub_region,
        row.living_situation,
        row.employment,
        latest.mode if latest else "",
        latest.assistance if latest else "",
        latest.wording if latest else "",
        *(
            cell
            for value, point in zip(values, measures, strict=True)
            for cell in (value, point.measured_on)
        ),
    )
