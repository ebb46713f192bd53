"""What a report is made of: released results of one period, frozen, so that paper, page and workbook say the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol, TypeVar

from evalplat.statistics.money.value import ValueAnalysis
from evalplat.statistics.publishing.release_places import PlaceTable
from evalplat.statistics.results import ProviderComparison
from evalplat.statistics.shares.change_shares import ChangeShares
from evalplat.statistics.shares.feedback import Feedback
from evalplat.statistics.shares.flow import Flow
from evalplat.statistics.shares.goal_attainment import GoalAttainment
from evalplat.vocabulary import Domain


class OfProvider(Protocol):
    """A row that belongs to a provider."""

    @property
    def provider(self) -> str:
        """The provider's name."""


Row = TypeVar("Row", bound=OfProvider)


@dataclass(frozen=True, slots=True)
class ScaleFacts:
    """One scale's results, all released. value: None where the report's reader does not get it."""

    title: str
    domain: Domain
    comparison: ProviderComparison
    flow: Flow
    shares: ChangeShares
    value: ValueAnalysis | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What a provider says of its own results of a year, in its own words, and when."""

    provider: str
    year: int
    body: str
    written_on: date


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A county's results of a period, all released.

    county: its name for a heading. language: of the titles. feedback_titles: (scale, title) of the feedback form.
    feedback_year: the year that the feedback is of; None for all that is over. comments: of the years of the period.
    """

    county: str
    language: str
    period_from: date | None
    period_until: date | None
    made_on: date
    scales: tuple[ScaleFacts, ...]
    goals: GoalAttainment
    feedback: Feedback
    feedback_titles: tuple[tuple[str, str], ...]
    feedback_year: int | None
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A quarter's services begun and ended by municipality, released. quarter: as `episodes.quarters` writes it."""

    county: str
    quarter: int
    made_on: date
    begun: PlaceTable
    ended: PlaceTable


def pick_provider(facts: ReportFacts, provider: str) -> ReportFacts:
    """The same results with one provider's rows alone, and without what tells of all providers one by one.

    Overall figures stay in the objects as the statistics need them; a provider's report shows of them the county's
    average improvement and no other.
    """
    return replace(
        facts,
        scales=tuple(
            replace(
                one,
                comparison=replace(
                    one.comparison,
                    rows=_own(one.comparison.rows, provider),
                    card=None,
                    exclusions=(),
                ),
                flow=replace(one.flow, rows=_own(one.flow.rows, provider)),
                shares=replace(one.shares, rows=_own(one.shares.rows, provider), fits=()),
                value=None,
            )
            for one in facts.scales
        ),
        goals=replace(facts.goals, rows=_own(facts.goals.rows, provider), touched=()),
        feedback=replace(facts.feedback, rows=_own(facts.feedback.rows, provider)),
        comments=_own(facts.comments, provider),
    )


def _own(rows: Sequence[Row], provider: str) -> tuple[Row, ...]:
    return tuple(row for row in rows if row.provider == provider)
