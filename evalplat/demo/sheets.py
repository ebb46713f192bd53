"""Draws answer sheets and goals from a client's true difficulty. Seeded and pure."""

from dataclasses import dataclass

import numpy as np

from evalplat.demo.people import DemoEpisode
from evalplat.vocabulary import MeasurementPoint

WHODAS_ITEMS = tuple(f"S{number}" for number in range(1, 13))
WELLBEING_ITEMS = (
    "health",
    "overcoming",
    "housing",
    "coping",
    "family",
    "friends",
    "finances",
    "strengths",
    "self_esteem",
    "life",
)
OBSERVED = ("social_functioning", "everyday_functioning", "life_management", "participation")

# How hard each WHODAS item and how good each area of life is against the client's overall level.
WHODAS_SHIFT = np.array([0.2, 0.1, 0.0, 0.5, 0.6, 0.3, 0.2, -0.9, -1.0, 0.2, 0.0, 0.1])
WELLBEING_SHIFT = np.array([-0.3, 0.2, 1.0, 0.3, 1.2, 0.4, -0.9, 0.0, -0.4, 0.2])


@dataclass(frozen=True, slots=True)
class DemoGoal:
    """One goal with its five levels, from much less to much more than expected."""

    title: str
    own_words: str
    indicator: str
    levels: tuple[str, str, str, str, str]


GOALS = (
    DemoGoal(
        "Kotoa lähteminen",
        "Haluan päästä ulos useammin.",
        "Kertoja viikossa, jolloin on käynyt ulkona",
        ("Ei ulkona lainkaan", "1 kerta", "2–3 kertaa", "4–5 kertaa", "Joka päivä"),
    ),
    DemoGoal(
        "Päivärytmi",
        "Haluan nukkua yöllä enkä päivällä.",
        "Aamuja viikossa, jolloin on noussut ennen kello kymmentä",
        ("0 aamua", "1–2 aamua", "3–4 aamua", "5–6 aamua", "7 aamua"),
    ),
    DemoGoal(
        "Kodin siisteys",
        "Haluan, että kehtaan kutsua jonkun kylään.",
        "Siivouskertoja neljässä viikossa",
        ("Ei yhtään", "1 kerta", "2 kertaa", "3 kertaa", "4 kertaa tai enemmän"),
    ),
    DemoGoal(
        "Ihmisten tapaaminen",
        "Kaipaan juttuseuraa.",
        "Tapaamisia viikossa muiden kuin työntekijän kanssa",
        ("Ei yhtään", "1 tapaaminen", "2 tapaamista", "3 tapaamista", "4 tai enemmän"),
    ),
    DemoGoal(
        "Laskujen maksaminen",
        "Haluan avata postini.",
        "Ajoissa maksettuja laskuja kymmenestä",
        ("0–2", "3–5", "6–8", "9", "Kaikki 10"),
    ),
    DemoGoal(
        "Asiointi itse",
        "Haluan hoitaa asiani virastossa itse.",
        "Itse hoidettuja asioita neljässä viikossa",
        ("Ei yhtään", "1 asia tuettuna", "1 asia itse", "2 asiaa itse", "3 tai enemmän itse"),
    ),
    DemoGoal(
        "Ruuan laittaminen",
        "Haluan syödä muutakin kuin leipää.",
        "Lämpimiä aterioita viikossa, jotka on itse tehnyt",
        ("0 ateriaa", "1–2 ateriaa", "3–4 ateriaa", "5–6 ateriaa", "7 ateriaa tai enemmän"),
    ),
    DemoGoal(
        "Harrastus",
        "Haluaisin taas maalata.",
        "Harrastuskertoja neljässä viikossa",
        ("Ei yhtään", "1 kerta", "2 kertaa", "3 kertaa", "4 kertaa tai enemmän"),
    ),
)


def draw_sheet(
    rng: np.random.Generator, instrument: str, episode: DemoEpisode, point: MeasurementPoint
) -> dict[str, object]:
    """The raw answers of one administration, as a door would hand them in."""
    difficulty = episode.difficulty[point]
    if instrument == "whodas-2.0-12":
        return _draw_whodas(rng, difficulty, episode.person.works_or_studies)
    if instrument == "3x10d":
        level = 10 - difficulty / 11 + WELLBEING_SHIFT + rng.normal(0, 1.3, 10)
        return dict(zip(WELLBEING_ITEMS, _round(level, 0, 10), strict=True))
    if instrument == "worker-observation":
        level = 3.9 - difficulty / 24 + rng.normal(0, 0.6, 4)
        return dict(zip(OBSERVED, _round(level, 0, 4), strict=True))
    raise ValueError(f"the demo draws no answers for {instrument}")


def _draw_whodas(
    rng: np.random.Generator, difficulty: float, works_or_studies: bool
) -> dict[str, object]:
    level = difficulty / 25 + WHODAS_SHIFT + rng.normal(0, 0.75, 12)
    raw: dict[str, object] = dict(zip(WHODAS_ITEMS, _round(level, 0, 4), strict=True))
    raw["works_or_studies"] = int(works_or_studies)
    if not works_or_studies:
        del raw["S12"]
    chance = rng.random()
    if chance < 0.03:
        raw[WHODAS_ITEMS[int(rng.integers(0, 11))]] = "declined"
    elif chance < 0.04:
        for place in rng.choice(11, size=2, replace=False):
            del raw[WHODAS_ITEMS[int(place)]]
    return raw


def draw_goals(rng: np.random.Generator) -> list[tuple[DemoGoal, int, int, int]]:
    """Three or four goals with baseline level, importance and difficulty."""
    chosen = rng.choice(len(GOALS), size=int(rng.integers(3, 5)), replace=False)
    return [
        (
            GOALS[int(place)],
            -2 if rng.random() < 0.25 else -1,
            int(rng.integers(1, 4)),
            int(rng.integers(1, 4)),
        )
        for place in chosen
    ]


def draw_levels(
    rng: np.random.Generator, baselines: list[int], episode: DemoEpisode, point: MeasurementPoint
) -> list[int]:
    """The levels that goals have reached at a later point."""
    gain = episode.difficulty.get(MeasurementPoint.BASELINE, 46) - episode.difficulty[point]
    steps = 1.0 + gain / 20 + rng.normal(0, 0.9, len(baselines))
    return _round(np.array(baselines) + steps, -2, 2)


def _round(values: np.ndarray, low: int, high: int) -> list[int]:
    return [int(value) for value in np.clip(np.rint(values), low, high)]
