"""What the facts of an export are called, and what their stored words mean, in the language that was asked for."""

from collections.abc import Mapping
from typing import Any

from evalplat.errors import Message
from evalplat.exchange.export.columns import Value
from evalplat.exchange.export.records import Missing, State
from evalplat.exchange.import_words import LANGUAGES, MODES, POINTS, RESPONDENTS, first_name
from evalplat.language import say
from evalplat.vocabulary import ScoreStatus

FACTS: dict[str, Message] = {
    "provider": Message("Provider"),
    "voucher": Message("Voucher number"),
    "client": Message("Client, as a random id"),
    "episode": Message("Episode, as a random id"),
    "opened_on": Message("Day of opening"),
    "opened_month": Message("Month of opening"),
    "closed_on": Message("Day of closing"),
    "closing_reason": Message("Why the episode was closed"),
    "sheet": Message("Measurement, as a random id"),
    "instrument": Message("Instrument"),
    "version": Message("Version of the instrument"),
    "point": Message("Measurement point"),
    "respondent": Message("Who was planned to answer"),
    "state": Message("How the measurement stands"),
    "not_obtained": Message("Why no answers were obtained"),
    "revision": Message("Revision of the sheet"),
    "latest": Message("Whether it is the latest revision"),
    "measured_on": Message("Day of measuring"),
    "day": Message("Days since the opening"),
    "answered_by": Message("Who answered"),
    "mode": Message("How the form was filled in"),
    "assistance": Message("Who helped to fill it in"),
    "wording": Message("Language of the form"),
    "labels": Message("Whose words the questions were shown in"),
    "part": Message("Answer, score or goal"),
    "code": Message("Code of the question, the scale or the goal"),
    "aspect": Message("What is told of it, where that is not its value"),
    "label": Message("Question, scale or goal in words"),
    "value": Message("Answer or score as a number"),
    "answer": Message("Answer in words"),
    "text": Message("Answer as text"),
    "missing": Message("Why there is no answer or score"),
    "status": Message("What the score is worth"),
    "items_used": Message("Answers that made the score"),
    "items_missing": Message("Answers that were missing"),
    "items_not_applicable": Message("Questions that did not apply"),
    "variant": Message("Way of scoring"),
}

MISSINGS: dict[Missing, Message] = {
    Missing.NOT_ASKED: Message("Not asked: no sheet there, or no such question in its version"),
    Missing.NOT_SHOWN: Message("Not shown: the question did not apply"),
    Missing.SKIPPED: Message("Skipped: shown and left empty"),
    Missing.DECLINED: Message("Did not want to answer"),
    Missing.NO_SCORE: Message("No score: too few answers"),
}

LABELS: dict[str, Message] = {
    "official": Message("The owner’s official wording"),
    "own": Message("Labels of our own, not an official wording"),
}

STATES: dict[State, Message] = {
    State.ANSWERED: Message("Answered"),
    State.WAITING: Message("Waiting for answers"),
    State.NOT_OBTAINED: Message("Closed without answers"),
    State.NOT_APPLICABLE: Message("Not applicable"),
}

PARTS: dict[str, Message] = {
    "condition": Message("Answer about what applies"),
    "item": Message("Answer"),
    "goal": Message("Goal"),
    "score": Message("Score"),
}

_NOT_OBTAINED = {
    "declined": Message("The client did not want to answer"),
    "not_reached": Message("The client was not reached"),
    "ended_early": Message("The service ended early"),
    "too_unwell": Message("The client was too unwell"),
    "other": Message("Other reason"),
}
_CLOSINGS = {
    "completed": Message("Completed as planned"),
    "interrupted": Message("Interrupted"),
    "moved": Message("The client moved"),
    "died": Message("The client died"),
    "other": Message("Other reason"),
}
_ASSISTANCES = {
    "none": Message("Nobody helped"),
    "worker": Message("The worker helped"),
    "other": Message("Somebody else helped"),
}
_STATUSES = {
    ScoreStatus.OK: Message("Complete"),
    ScoreStatus.IMPUTED: Message("Missing answers filled in by the instrument’s rule"),
    ScoreStatus.PARTIAL: Message("From fewer answers than planned"),
    ScoreStatus.NOT_ASSESSABLE: Message("No score: too few answers"),
}
_OUR_WORDS: dict[str, Mapping[Any, Message]] = {
    "closing_reason": _CLOSINGS,
    "not_obtained": _NOT_OBTAINED,
    "state": STATES,
    "assistance": _ASSISTANCES,
    "labels": LABELS,
    "status": _STATUSES,
    "part": PARTS,
    "missing": {key: word for key, word in MISSINGS.items() if key is not Missing.NOT_ASKED},
}
_FILE_WORDS = {
    "point": POINTS,
    "respondent": RESPONDENTS,
    "answered_by": RESPONDENTS,
    "mode": MODES,
    "wording": LANGUAGES,
}
"""Words that an import understands too."""

OTHER_LANGUAGE = Message("Other")
YES, NO = Message("Yes"), Message("No")


def list_values(fact: str, language: str) -> tuple[Value, ...]:
    """The words that may stand in a fact, with what they mean; none where it is free."""
    if fact in _OUR_WORDS:
        return tuple(Value(str(key), say(word, language)) for key, word in _OUR_WORDS[fact].items())
    if fact in _FILE_WORDS:
        words = _FILE_WORDS[fact]
        found = tuple(Value(str(key), first_name(words, key, language)) for key in words)
        return (
            (*found, Value("other", say(OTHER_LANGUAGE, language))) if fact == "wording" else found
        )
    return ()
