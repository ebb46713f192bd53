"""Made-up episodes for tests of exports: plain builders, and any episodes drawn from a source of chance."""

from datetime import date, timedelta
from random import Random
from typing import Any

from evalplat.exchange.export.outline import Outline, list_blocks, list_places
from evalplat.exchange.export.records import (
    Contents,
    EpisodeRecord,
    GoalRecord,
    RatingRecord,
    SheetRecord,
    State,
)
from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import check_answers
from evalplat.scoring.goals import GoalRating, score_goals
from evalplat.scoring.score import score
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent

CATALOGUE: Catalogue = load_catalogue()
OPENED = date(2026, 3, 2)
KEYS = ("whodas-2.0-12", "3x10d", "who-5", "client-feedback", "gas")


def make_record(
    definition: Instrument, raw: dict[str, object], number: int = 1, **rest: Any
) -> SheetRecord:
    """An answered sheet with its scores, the client's own at the baseline unless told otherwise."""
    details: dict[str, Any] = {
        "point": MeasurementPoint.BASELINE,
        "respondent": Respondent.CLIENT,
        "state": State.ANSWERED,
        "revision": 1,
        "measured_on": OPENED + timedelta(days=7),
        "answered_by": Respondent.CLIENT,
        "mode": Mode.SELF.value,
        "assistance": "none",
        "wording": "fi",
        "labels": "own",
        **rest,
    }
    if "scores" not in details:
        details["scores"] = score(definition, check_answers(definition, raw))
    return SheetRecord(
        f"sheet-{number}", definition.key, definition.version, answers=raw, **details
    )


def make_goal(number: int = 1, title: str = "Käy kaupassa", **rest: Any) -> GoalRecord:
    """A goal with five levels."""
    levels = ("ei koskaan", "kerran kuussa", "kerran viikossa", "kaksi kertaa", "joka päivä")
    details: dict[str, Any] = {
        "own_words": "", "levels": levels, "baseline_level": -1, "importance": 2,
        "difficulty": 1, "agreed_on": OPENED, **rest,
    }  # fmt: skip
    return GoalRecord(f"goal-{number}", number, title, **details)


def make_ratings(goals: list[GoalRecord], levels: list[int | None], **rest: Any) -> SheetRecord:
    """A sheet of rated goals; None leaves a goal out."""
    definition = CATALOGUE.get("gas")
    rated = [
        GoalRating(g.id, level, g.importance * g.difficulty)
        for g, level in zip(goals, levels, strict=True)
    ]
    ratings = tuple(
        RatingRecord(goal.id, level, comment="hyvin meni")
        for goal, level in zip(goals, levels, strict=True)
        if level is not None
    )
    details = {"respondent": Respondent.TOGETHER, "answered_by": Respondent.TOGETHER, **rest}
    scores = score_goals(definition, rated)
    return make_record(definition, {}, scores=scores, ratings=ratings, **details)


def make_episode_record(
    *sheets: SheetRecord, number: int = 1, goals: tuple[GoalRecord, ...] = (), **rest: Any
) -> EpisodeRecord:
    """An open episode."""
    details: dict[str, Any] = {
        "voucher": f"VS-{number}", "provider": "Koivu Oy", "opened_on": OPENED,
        "closed_on": None, "closing_reason": "", **rest,
    }  # fmt: skip
    return EpisodeRecord(
        f"episode-{number}", f"client-{number}", goals=goals, sheets=tuple(sheets), **details
    )


def outline_of(
    *episodes: EpisodeRecord,
    all_revisions: bool = False,
    contents: Contents | None = None,
    catalogue: Catalogue = CATALOGUE,
) -> Outline:
    """What these episodes hold."""
    places = [place for episode in episodes for place in list_places(episode)]
    keys = sorted({sheet.instrument for episode in episodes for sheet in episode.sheets})
    return Outline(
        {key: tuple(d for d in catalogue.list() if d.key == key) for key in keys},
        list_blocks(places, all_revisions=all_revisions),
        max((len(episode.goals) for episode in episodes), default=0),
        contents or Contents(),
        len(episodes),
        sum(len(episode.sheets) for episode in episodes),
    )


def draw_answers(random: Random, definition: Instrument) -> dict[str, object]:
    """Any answers to an instrument: given, left empty or declined."""
    raw: dict[str, object] = {}
    for condition in definition.conditions:
        raw[condition.code] = random.choice([None, "declined", True, False])
    for item in definition.items:
        raw[item.code] = random.choice([None, "declined", *item.values])
        if item.kind == "text":
            raw[item.code] = random.choice([None, "declined", "skipped", "=1+1", "hyvä; niin", "ä"])
    return {code: answer for code, answer in raw.items() if answer is not None}


def draw_sheets(random: Random, number: int, goals: tuple[GoalRecord, ...]) -> list[SheetRecord]:
    """Every revision of one measurement, or one that still waits."""
    definition = CATALOGUE.get(random.choice(KEYS))
    place: dict[str, Any] = {
        "point": random.choice(list(MeasurementPoint)),
        "respondent": random.choice([Respondent.CLIENT, Respondent.PROXY]),
        "number": number,
    }
    revisions = random.randrange(4)
    if not revisions:
        return [
            make_record(
                definition, {}, state=random.choice([State.WAITING, State.NOT_OBTAINED]),
                revision=0, measured_on=None, answered_by=None, mode="", assistance="",
                wording="", labels="", scores=(), **place,
            )
        ]  # fmt: skip
    found = []
    for revision in range(1, revisions + 1):
        rest = {**place, "revision": revision, "latest": revision == revisions}
        rest["measured_on"] = OPENED + timedelta(days=random.randrange(400))
        if definition.kind == "goals":
            levels = [random.choice([None, -2, -1, 0, 1, 2]) for _ in goals]
            found.append(make_ratings(list(goals), levels, **rest))
        else:
            found.append(make_record(definition, draw_answers(random, definition), **rest))
    return found


def draw_episode(random: Random, number: int = 1) -> EpisodeRecord:
    """An episode with measurements of any instruments; several may be of the same point and respondent."""
    goals = tuple(make_goal(n) for n in range(1, random.randrange(1, 4) + 1))
    sheets: list[SheetRecord] = []
    for place in range(random.randrange(6)):
        sheets += draw_sheets(random, number * 100 + place, goals)
    closed = random.choice([None, OPENED + timedelta(days=200)])
    return make_episode_record(
        *sheets, number=number, goals=goals, closed_on=closed,
        closing_reason="completed" if closed else "",
    )  # fmt: skip
