"""What the made-up county's clients do after sending: some give feedback, a few ask to be contacted."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from evalplat.demo import truth
from evalplat.demo.missed import Opened
from evalplat.demo.people import DemoEpisode
from evalplat.demo.staff import SYSTEM
from evalplat.demo.truth import DemoProvider
from evalplat.episodes.quarters import quarter_of
from evalplat.services.contact_requests import ask_for_contact
from evalplat.services.feedback import FeedbackAnswers, add_feedback
from evalplat.vocabulary import MeasurementPoint
from evalplat.wiring import Wiring

GIVES_FEEDBACK = 0.5
LIKED = 0.35
"""How much more than the middle of a scale clients agree, in its standard deviations."""

STATEMENTS = (
    "access", "encounter", "participation", "safety", "information", "usefulness", "content",
)  # fmt: skip
TEXTS = (
    "Työntekijällä oli aikaa kuunnella.",
    "Ryhmä oli mukava.",
    "Aikoja olisi voinut olla enemmän.",
    "Jonotin liian kauan.",
)
REQUESTS = (
    (0, 6, "Haluaisin siirtää ensi viikon tapaamisen."),
    (0, 2, ""),
    (1, 3, "En ymmärtänyt kirjettä, joka tuli."),
)
"""Of which provider's clients, so many days before the data end, with which message."""


def give_feedback(
    wiring: Wiring,
    rng: np.random.Generator,
    drawn: Sequence[DemoEpisode],
    provider_ids: Mapping[str, str],
) -> None:
    """Anonymous feedback of about half of those whose service came to its end. rng: a stream of its own."""
    given = [
        FeedbackAnswers(
            provider_id=provider_ids[one.provider.name],
            quarter=quarter_of(one.closed_on),
            answers=_draw_answers(rng),
            language=one.person.language,
        )
        for one in drawn
        if one.closed_on is not None and not one.interrupted and rng.random() < GIVES_FEEDBACK
    ]
    with wiring.transaction(SYSTEM) as session:
        add_feedback(session, wiring.catalogue, SYSTEM, given)


def ask_to_be_contacted(
    wiring: Wiring, opened: Sequence[Opened], made_up: Sequence[DemoProvider]
) -> None:
    """A few clients of the providers that have accounts wait to be contacted."""
    point, days = MeasurementPoint.BASELINE, wiring.settings.contact_days
    asking = {
        number: [
            one.administrations["whodas-2.0-12", point].id
            for one in reversed(opened)
            if one.drawn.provider is made_up[number] and point in one.drawn.measured_on
        ]
        for number in {number for number, *_ in REQUESTS}
        if number < len(made_up)
    }
    with wiring.transaction(SYSTEM) as session:
        for number, before, message in REQUESTS:
            if asking.get(number):
                on = truth.AS_OF - timedelta(days=before)
                ask_for_contact(
                    session, SYSTEM, administration_id=asking[number].pop(0), message=message, on=on,
                    working_days=days, at=_noon(on),
                )  # fmt: skip


def _draw_answers(rng: np.random.Generator) -> dict[str, object]:
    mood = rng.normal(LIKED, 1.0)
    agreement = np.clip(np.rint(3.4 + 0.8 * (mood + rng.normal(0, 0.7, len(STATEMENTS)))), 1, 5)
    answers: dict[str, object] = {
        "recommendation": int(np.clip(round(7.3 + 1.9 * mood), 0, 10)),
        **{code: int(value) for code, value in zip(STATEMENTS, agreement, strict=True)},
    }
    if rng.random() < 0.3:
        answers["went_well" if mood > 0 else "to_improve"] = str(rng.choice(TEXTS))
    return answers


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
