"""Agreed goals as a device takes them along, and the levels that come back: one form of its own for each client."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from evalplat import language as words
from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.goal_views import GoalView
from evalplat.services.home_visits import VisitSheet
from evalplat.vocabulary import Respondent
from evalplat.web.fields import read_date
from evalplat.web.goals import LEVEL_WORDS, LEVELS, RATERS
from evalplat.web.languages import CLIENT_NAMES, NAMES, reader
from evalplat.web.words import word_for

NOT_RATED = Message("The ratings were not stored. What you chose is still on this device.")
MOST_GOALS = 100

Json = dict[str, object]


def name_goals(sheet: VisitSheet) -> str:
    """What tells the goals of one measurement from every other form on the device."""
    return f"{sheet.definition.key}/{sheet.definition.version}/{sheet.administration_id}"


def show_goals(sheet: VisitSheet, language: str) -> Json:
    """The agreed goals as a form: a goal is a question, and its five levels are the answers, the best one first.

    Goals are worded in one language, the client's; who judged is all that staff choose besides.
    """
    definition = sheet.definition
    return {
        "name": name_goals(sheet),
        **_choices(sheet, reader()),
        "read": {one: _choices(sheet, one) for one in NAMES},
        "goals": True,
        "wordings": {
            language: {
                "title": definition.text(language).title,
                "intro": "",
                "note": "",
                "steps": [_step(goal, language) for goal in sheet.goals],
            }
        },
        "languages": [[language, CLIENT_NAMES.get(language, language)]],
        "helped": [],
        "of_client": False,
    }


def _choices(sheet: VisitSheet, language: str) -> Json:
    return {
        "title": sheet.definition.text(language).title,
        "modes": [[sheet.mode.value, words.say(word_for(sheet.mode), language)]],
        "respondents": [[one.value, words.say(word_for(one), language)] for one in RATERS],
    }


def _step(goal: GoalView, language: str) -> Json:
    return {
        "code": goal.id,
        "kind": "levels",
        "label": goal.title,
        "help": "",
        "options": [[str(level), _word(goal, level, language)] for level in reversed(LEVELS)],
        "ends": ["", ""],
        "required": True,
        "declinable": False,
        "when": None,
        "language": language,
    }


def _word(goal: GoalView, level: int, language: str) -> str:
    sign = "−" if level < 0 else "+" if level > 0 else ""
    agreed = goal.levels[level + 2] or words.say(LEVEL_WORDS[level], language)
    start = f" ({words.say(AT_THE_START, language)})" if level == goal.baseline_level else ""
    return f"{sign}{abs(level)}: {agreed}{start}"


AT_THE_START = Message("at the start")


@dataclass(frozen=True, slots=True)
class ReturnedRatings:
    """Levels by goal that a device sends."""

    levels: Mapping[str, int]
    measured_on: date
    rater: Respondent
    key: str
    base_revision: int
    reason: str


def read_ratings(sent: Mapping[str, object]) -> ReturnedRatings:
    """What a device sent; raises InputRejected with every fault of the head and of the levels."""
    faults: list[Fault] = []
    measured_on = read_date(_text(sent.get("measured_on")), "measured_on", faults)
    rater = _text(sent.get("respondent"))
    if rater not in set(RATERS):
        faults.append(Fault("respondent", Message("Choose who judged the goals.")))
    levels = _read_levels(sent.get("answers"), faults)
    if not levels and not faults:
        faults.append(Fault("ratings", Message("Choose a level for at least one goal.")))
    if faults or measured_on is None:
        raise InputRejected(NOT_RATED, faults)
    base = sent.get("base_revision")
    return ReturnedRatings(
        levels=levels,
        measured_on=measured_on,
        rater=Respondent(rater),
        key=_text(sent.get("key")),
        base_revision=base if type(base) is int and 0 <= base < 100_000 else 0,
        reason=_text(sent.get("reason")),
    )


def _read_levels(answers: object, faults: list[Fault]) -> dict[str, int]:
    found: dict[str, int] = {}
    if not isinstance(answers, dict) or len(answers) > MOST_GOALS:
        return found
    known = {str(level): level for level in LEVELS}
    for goal, value in answers.items():
        typed = _text(value)
        if typed in known:
            found[str(goal)[:64]] = known[typed]
        elif typed:
            text = Message("%(value)s is not a level from -2 to +2.", value=typed[:20])
            faults.append(Fault(str(goal)[:64], text))
    return found


def _text(value: object) -> str:
    return value.strip()[:1000] if isinstance(value, str) else ""
