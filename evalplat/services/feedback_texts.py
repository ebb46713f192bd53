"""Words of clients in anonymous feedback: the county's analyst decides on each before the provider reads it.

A text may be read when its provider's block of quarters is complete (`release_texts`), by the analyst too. It is shown
to the provider when every text of its block has been decided on, so that no text can be told by when it appeared; as
it was written, or as it was edited (names taken out). The sheet keeps the words as they were written.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.quarters import quarter_before, quarter_of
from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import DECLINED
from evalplat.services.actors import Actor, demand
from evalplat.services.feedback import find_form
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_texts import block_of, find_blocks
from evalplat.storage import audit, comments, feedback_texts
from evalplat.storage.access import crossing
from evalplat.vocabulary import Role, TextAct

REASON = "deciding which words of anonymous feedback are shown"
LONGEST, LONGEST_REASON = 2000, 500
NOT_SAVED = Message("The decision was not saved.")


@dataclass(frozen=True, slots=True)
class FeedbackText:
    """A text that may be read. key: how a form names it; version: of the last decision on it, 0 for none."""

    key: str
    provider: str
    item: str
    words: str
    version: int = 0
    act: TextAct | None = None
    edited: str = ""
    reason: str = ""

    @property
    def shown(self) -> str:
        """The words that the provider reads; none where the text is hidden or not decided on."""
        if self.act is TextAct.EDIT:
            return self.edited
        return self.words if self.act is TextAct.PUBLISH else ""


@dataclass(frozen=True, slots=True)
class TextQueue:
    """Texts that wait for a decision, and those decided on, by provider, else in no order."""

    instrument: Instrument
    waiting: tuple[FeedbackText, ...]
    decided: tuple[FeedbackText, ...]


def list_texts(session: Session, catalogue: Catalogue, actor: Actor, *, on: date) -> TextQueue:
    """Every text that may be read. The county's analyst."""
    demand(session, actor, Role.ANALYST)
    form = find_form(catalogue)
    with crossing(session, REASON) as privileged:
        found = [one for _row, _block, one in _load(privileged, form, on)]
    found.sort(key=lambda one: (one.provider, _mix(one.key)))
    audit.record(session, "read_texts", "instrument", form.key)
    return TextQueue(
        form,
        tuple(one for one in found if one.act is None),
        tuple(one for one in found if one.act is not None),
    )


def decide_text(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    key: str,
    act: TextAct,
    edited: str = "",
    reason: str = "",
    base_version: int,
    on: date,
    at: datetime,
) -> None:
    """Show a text to its provider, hide it for a reason, or show it edited. The county's analyst.

    base_version: of the decision that was on the page. Raises NotFound, Conflict where somebody decided meanwhile, and
    InputRejected with every fault. The access log names the provider, and no sheet.
    """
    demand(session, actor, Role.ANALYST)
    form = find_form(catalogue)
    with crossing(session, REASON) as privileged:
        row, text = _find(privileged, form, key, on)
        comments.lock_provider(privileged, row.provider_id)
        row, text = _find(privileged, form, key, on)
        if text.version != base_version:
            raise Conflict(Message("Somebody else has decided on this text meanwhile."))
        edited = edited.replace("\r\n", "\n").strip() if act is TextAct.EDIT else ""
        reason = " ".join(reason.split()) if act is TextAct.HIDE else ""
        _check(text, act, edited, reason)
        feedback_texts.add_decision(
            privileged,
            {
                "provider_id": row.provider_id,
                "sheet_key": row.sheet,
                "item": text.item,
                "version": base_version + 1,
                "act": act,
                "edited": edited,
                "reason": reason,
                "decided_at": at,
                "decided_by": actor.account_id or actor.name,
            },
        )
    if act is TextAct.HIDE:
        audit.record(session, "hide_text", "provider", row.provider, at=at)
    elif act is TextAct.EDIT:
        audit.record(session, "edit_text", "provider", row.provider, at=at)
    else:
        audit.record(session, "publish_text", "provider", row.provider, at=at)


def list_own_texts(
    session: Session, catalogue: Catalogue, actor: Actor, *, on: date
) -> tuple[tuple[str, str], ...]:
    """(question, words) of the texts about the own provider that are shown, in no order. A provider's manager."""
    demand(session, actor, Role.PROVIDER_MANAGER)
    form = find_form(catalogue)
    with crossing(session, "own feedback in words, as it was released") as privileged:
        found = list(_load(privileged, form, on, provider_id=actor.provider_id or ""))
    audit.record(session, "read_own_texts", "provider", actor.provider_id or "")
    found.sort(key=lambda each: _mix(each[2].key))
    undecided = [block for _row, block, one in found if one.act is None]
    first = min(undecided, default=None)
    return tuple(
        (one.item, one.shown)
        for _row, block, one in found
        if one.shown and (first is None or block < first)
    )


def _mix(key: str) -> str:
    """A place in no order that tells anything: the two texts of one sheet do not stand together."""
    return sha256(key.encode()).hexdigest()


def _find(session: Session, form: Instrument, key: str, on: date) -> tuple[Any, FeedbackText]:
    for row, _block, text in _load(session, form, on):
        if text.key == key:
            return row, text
    raise NotFound(Message("There is no such text."))


def _load(
    session: Session, form: Instrument, on: date, *, provider_id: str | None = None
) -> Iterator[tuple[Any, int, FeedbackText]]:
    """(row, block, text) of every text that may be read."""
    items = [item.code for item in form.items if item.kind == "text"]
    last = quarter_before(quarter_of(on))
    rows = feedback_texts.list_texts(
        session, form.key, form.version, until_quarter=last, provider_id=provider_id
    )
    decisions = feedback_texts.list_decisions(session, provider_id)
    words = {row.sheet: _words(row.answers, items) for row in rows}
    sheets: dict[int, list[tuple[int, bool]]] = {}
    for row in rows:
        sheets.setdefault(row.provider_id, []).append((row.quarter, bool(words[row.sheet])))
    blocks = {key: find_blocks(given, DisclosureRule()) for key, given in sheets.items()}
    for row in rows:
        block = block_of(row.quarter, blocks[row.provider_id])
        if block is None:
            continue
        for item, written in words[row.sheet].items():
            made = decisions.get((row.sheet, item))
            text = FeedbackText(f"{row.sheet}.{item}", row.name, item, written)
            if made is not None:
                text = FeedbackText(
                    text.key,
                    row.name,
                    item,
                    written,
                    made.version,
                    made.act,
                    made.edited,
                    made.reason,
                )
            yield row, block, text


def _words(answers: str, items: list[str]) -> dict[str, str]:
    raw = json.loads(answers)
    told = {item: str(raw.get(item, "")).strip() for item in items}
    return {item: words for item, words in told.items() if words and words != DECLINED}


def _check(text: FeedbackText, act: TextAct, edited: str, reason: str) -> None:
    faults = []
    if act is TextAct.HIDE and not 1 <= len(reason) <= LONGEST_REASON:
        faults.append(
            Fault(
                "reason",
                Message(
                    "Say why the text is hidden, in 1 to %(most)d characters.", most=LONGEST_REASON
                ),
            )
        )
    if act is TextAct.EDIT and not 1 <= len(edited) <= LONGEST:
        faults.append(
            Fault(
                "edited",
                Message("Write the text to be shown, in 1 to %(most)d characters.", most=LONGEST),
            )
        )
    elif act is TextAct.EDIT and edited == text.words:
        faults.append(
            Fault("edited", Message("Nothing is changed in the text. Show it as it was written."))
        )
    if faults:
        raise InputRejected(NOT_SAVED, faults)
