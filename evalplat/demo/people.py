"""Draws the made-up county's episodes: who the clients are, and how they truly fare. Seeded and pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from evalplat.demo import truth
from evalplat.demo.truth import DemoProvider
from evalplat.vocabulary import MeasurementPoint

DAYS_PLANNED = 180
DAYS_TO_FOLLOW_UP = 90


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """An obviously invented client."""

    name: str
    birth_year: int
    sex: str
    language: str
    municipality: str
    lives_alone: bool
    works_or_studies: bool


@dataclass(frozen=True, slots=True)
class DemoEpisode:
    """One service: its dates, and the client's true difficulty (0–100, lower is better) when it was measured.

    difficulty holds the measurement points that took place; a point that is not there is missing.
    """

    number: int
    provider: DemoProvider
    person: DemoPerson
    opened_on: date
    closed_on: date | None
    interrupted: bool
    hours: int
    value_cents: int
    difficulty: dict[MeasurementPoint, float]
    measured_on: dict[MeasurementPoint, date]


def draw_episodes(
    rng: np.random.Generator, providers: tuple[DemoProvider, ...] = truth.PROVIDERS
) -> list[DemoEpisode]:
    """All episodes of the county, in order of opening."""
    drawn = [episode for provider in providers for episode in _draw_provider(rng, provider)]
    drawn.sort(key=lambda episode: (episode.opened_on, episode.provider.name, episode.number))
    return drawn


def _draw_provider(rng: np.random.Generator, provider: DemoProvider) -> Iterator[DemoEpisode]:
    days = (truth.LAST_OPENING - truth.FIRST_OPENING).days
    for number in range(provider.episodes):
        opened_on = truth.FIRST_OPENING + timedelta(days=int(rng.integers(0, days + 1)))
        yield _draw_episode(rng, provider, number, opened_on)


def _draw_episode(
    rng: np.random.Generator, provider: DemoProvider, number: int, opened_on: date
) -> DemoEpisode:
    person = _draw_person(rng, opened_on)
    course = _draw_course(rng, provider, person, opened_on.year - person.birth_year)
    lost = rng.random() < _chance_of_loss(course[MeasurementPoint.BASELINE], provider)
    interrupted = bool(lost and rng.random() < 0.6)
    length = int(rng.integers(30, 120)) if interrupted else int(rng.integers(140, 215))
    ended_on = opened_on + timedelta(days=length)
    took_place = {
        MeasurementPoint.BASELINE: opened_on + timedelta(days=int(rng.integers(0, 12))),
        MeasurementPoint.MIDPOINT: opened_on + timedelta(days=int(rng.integers(76, 104))),
        MeasurementPoint.END: ended_on - timedelta(days=int(rng.integers(0, 8))),
        MeasurementPoint.FOLLOW_UP: ended_on
        + timedelta(days=DAYS_TO_FOLLOW_UP + int(rng.integers(-10, 18))),
    }
    missing = {
        MeasurementPoint.BASELINE: rng.random() < 0.02,
        MeasurementPoint.MIDPOINT: rng.random() < 0.3 or (interrupted and length < 104),
        MeasurementPoint.END: lost,
        MeasurementPoint.FOLLOW_UP: lost or rng.random() < 0.4,
    }
    measured_on = {
        point: day for point, day in took_place.items() if not missing[point] and day <= truth.AS_OF
    }
    hours = int(rng.choice((20, 30, 40, 60)))
    return DemoEpisode(
        number=number,
        provider=provider,
        person=person,
        opened_on=opened_on,
        closed_on=ended_on if ended_on <= truth.AS_OF else None,
        interrupted=interrupted,
        hours=hours,
        value_cents=hours * int(rng.integers(58, 72)) * 100,
        difficulty={point: course[point] for point in measured_on},
        measured_on=measured_on,
    )


def _draw_person(rng: np.random.Generator, opened_on: date) -> DemoPerson:
    codes = list(truth.MUNICIPALITY_WEIGHTS)
    weights = np.array(list(truth.MUNICIPALITY_WEIGHTS.values()), dtype=float)
    age = int(np.clip(rng.normal(39, 14), 18, 79))
    return DemoPerson(
        name=f"{rng.choice(truth.GIVEN_NAMES)} {rng.choice(truth.SURNAMES)}",
        birth_year=opened_on.year - age,
        sex=str(rng.choice(("female", "male"))),
        language="sv" if rng.random() < 0.08 else "fi",
        municipality=codes[int(rng.choice(len(codes), p=weights / weights.sum()))],
        lives_alone=bool(rng.random() < 0.55),
        works_or_studies=bool(rng.random() < 0.22),
    )


def _draw_course(
    rng: np.random.Generator, provider: DemoProvider, person: DemoPerson, age: int
) -> dict[MeasurementPoint, float]:
    baseline = float(
        np.clip(
            rng.normal(truth.MEAN_BASELINE + provider.case_mix, truth.SD_BASELINE),
            8,
            92,
        )
    )
    improvement = (
        truth.MEAN_IMPROVEMENT
        + provider.effect
        + truth.IMPROVEMENT_PER_BASELINE_POINT * (baseline - truth.MEAN_BASELINE)
        + truth.LIVES_ALONE_EFFECT * person.lives_alone
        + truth.AGE_EFFECT_PER_DECADE * (age - 40) / 10
        + rng.normal(0, truth.SD_IMPROVEMENT)
    )
    end = baseline - improvement
    return {
        MeasurementPoint.BASELINE: baseline,
        MeasurementPoint.MIDPOINT: baseline - 0.6 * improvement + rng.normal(0, 4),
        MeasurementPoint.END: end,
        MeasurementPoint.FOLLOW_UP: end + 1.5 + rng.normal(0, 5),
    }


def _chance_of_loss(baseline: float, provider: DemoProvider) -> float:
    logit = (
        truth.LOSS_INTERCEPT
        + provider.loss
        + truth.LOSS_PER_BASELINE_POINT * (baseline - truth.MEAN_BASELINE)
    )
    return float(1 / (1 + np.exp(-logit)))
