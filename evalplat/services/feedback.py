"""Anonymous feedback: given once per episode and kept apart from it, read as released figures of finished quarters."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from evalplat.episodes.quarters import quarter_before, quarter_of, year_of
from evalplat.errors import AnswersRejected, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.language import base_language
from evalplat.scoring.answers import DECLINED, check_answers, to_raw
from evalplat.scoring.score import score
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.definitions import keep_definitions
from evalplat.services.providers import get_provider
from evalplat.services.reaching import reach
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.storage import audit, feedback
from evalplat.storage.access import crossing
from evalplat.storage.accounts import find_provider
from evalplat.storage.rows import add_rows, change_rows
from evalplat.storage.tables import Episode, FeedbackSheet
from evalplat.vocabulary import AdministrationStatus, Role

if TYPE_CHECKING:
    import pandas as pd

    from evalplat.statistics.shares.feedback import Feedback

INSTRUMENT = "client-feedback"
REASON = "counting anonymous feedback"
FIRST_QUARTER = 20001


@dataclass(frozen=True, slots=True)
class FeedbackAnswers:
    """A sheet of feedback that came in elsewhere, such as on paper: about a provider, of a quarter."""

    provider_id: str
    quarter: int
    answers: Mapping[str, object]
    language: str = "fi"


@dataclass(frozen=True)
class FeedbackResult:
    """Released feedback of one year, or of all, with the years that can be chosen. `until`: the last quarter in it."""

    instrument: Instrument
    feedback: "Feedback"
    year: int | None
    years: tuple[int, ...]
    until: int
    provider_name: str = ""


def find_form(catalogue: Catalogue) -> Instrument:
    """The form that clients give anonymous feedback with."""
    return catalogue.get(INSTRUMENT)


def is_feedback_open(session: Session, actor: Actor, *, administration_id: str) -> bool:
    """Whether the client may still give feedback on this service: once, and after the answers are sent."""
    demand(session, actor, client=True)
    planned = reach(session, actor, administration_id)
    given = feedback.is_given(session, planned.episode_id)
    return planned.status is AdministrationStatus.SUBMITTED and given is False


def give_feedback(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    administration_id: str,
    answers: Mapping[str, object],
    language: str,
    on: date,
) -> bool:
    """Store feedback apart from the client, and that the episode has given it; False where it has before.

    Both are written or neither. The sheet names the provider and the quarter only, and the access log no sheet. Every
    question may be left empty. Raises AnswersRejected with every fault, InputRejected where nothing is answered, and
    NotFound.
    """
    demand(session, actor, client=True)
    found = reach(session, actor, administration_id, lock=True)
    if found.status is not AdministrationStatus.SUBMITTED or feedback.is_given(
        session, found.episode_id
    ):
        return False
    form = find_form(catalogue)
    keep_definitions(session, [form])
    row = _make_row(form, found.provider_id, quarter_of(on), language, answers)
    add_rows(session, FeedbackSheet, [row])
    change_rows(session, Episode, [{"id": found.episode_id, "feedback_given": True}])
    audit.record(session, "give_feedback", "", "")
    return True


def add_feedback(
    session: Session, catalogue: Catalogue, actor: Actor, given: Sequence[FeedbackAnswers]
) -> None:
    """Store feedback that came in elsewhere, by a system job. Raises NotFound, AnswersRejected, InputRejected."""
    demand(session, actor)
    form, keys = find_form(catalogue), {}
    keep_definitions(session, [form])
    for provider_id in {one.provider_id for one in given}:
        provider = find_provider(session, provider_id)
        if provider is None:
            raise NotFound(Message("There is no such provider."))
        keys[provider_id] = provider.id
    rows = [
        _make_row(form, keys[one.provider_id], one.quarter, one.language, one.answers)
        for one in given
    ]
    rows.sort(key=lambda row: str(row["public_id"]))
    add_rows(session, FeedbackSheet, rows)
    audit.record(session, "add_feedback", "", "")


def describe_own_feedback(
    session: Session, catalogue: Catalogue, actor: Actor, *, year: int | None, on: date
) -> FeedbackResult:
    """What clients say of the actor's own provider, released; its one row is that which the county sees."""
    demand(session, actor, Role.PROVIDER_MANAGER)
    own = get_provider(session, actor, actor.provider_id or "")
    return load_feedback(session, catalogue, year, on, provider_id=own.id, name=own.name)


def describe_feedback(
    session: Session, catalogue: Catalogue, actor: Actor, *, year: int | None, on: date
) -> FeedbackResult:
    """What clients say of each provider, released. Analysts and administrators."""
    demand(session, actor, *COUNTY_READERS)
    return load_feedback(session, catalogue, year, on)


def load_feedback(
    session: Session,
    catalogue: Catalogue,
    year: int | None,
    on: date,
    *,
    provider_id: str | None = None,
    name: str = "",
) -> FeedbackResult:
    """Released feedback of a year, or of all that is over, whoever may see it. provider_id: of this one alone."""
    from evalplat.statistics.publishing.release_feedback import release_feedback

    form, last = find_form(catalogue), quarter_before(quarter_of(on))
    first, until = FIRST_QUARTER, last
    if year is not None:
        first, until = year * 10 + 1, min(year * 10 + 4, last)
    with crossing(session, REASON) as privileged:
        quarters = feedback.list_quarters(privileged, form.key)
        rows = feedback.list_sheets(
            privileged, form.key, form.version, from_quarter=first, until_quarter=until,
            provider_id=provider_id,
        )  # fmt: skip
    audit.record(session, "describe_feedback", "instrument", form.key)
    return FeedbackResult(
        instrument=form,
        feedback=release_feedback(_frame(form, rows), form.scales, DisclosureRule()),
        year=year,
        years=tuple(sorted({year_of(q) for q in quarters if q <= last}, reverse=True)),
        until=until,
        provider_name=name,
    )


def _frame(form: Instrument, rows: Sequence[Any]) -> "pd.DataFrame":
    """One row per sheet: its provider, whether a text was written, the score of every scale."""
    import pandas as pd

    texts = [item.code for item in form.items if item.kind == "text"]
    records = []
    for provider, answers in rows:
        raw = json.loads(answers)
        scores = {one.scale: one.value for one in score(form, check_answers(form, raw))}
        wrote = any(str(raw.get(code, DECLINED)) not in ("", DECLINED) for code in texts)
        records.append({"provider": provider, "wrote": wrote, **scores})
    columns = ["provider", "wrote", *(scale.key for scale in form.scales)]
    frame = pd.DataFrame(records, columns=columns)
    numbers = {scale.key: "float64" for scale in form.scales}
    return frame.astype({"wrote": "bool", **numbers})


def _make_row(
    form: Instrument, provider: int, quarter: int, language: str, answers: Mapping[str, object]
) -> dict[str, object]:
    """A row of feedback. Only the language itself is kept, not its plain wording: that tells of a person."""
    try:
        sheet = check_answers(form, {code: value for code, value in answers.items() if value})
    except AnswersRejected as error:
        raise AnswersRejected(Message("Your feedback was not sent."), error.faults) from error
    if all(value is None for value in sheet.answers.values()):
        raise InputRejected(Message("Answer at least one question, or go back without answering."))
    return {
        "public_id": secrets.token_hex(16),
        "provider_id": provider,
        "instrument": form.key,
        "version": form.version,
        "quarter": quarter,
        "language": base_language(language),
        "answers": json.dumps(to_raw(sheet), ensure_ascii=False),
    }
