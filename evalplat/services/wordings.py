"""Official wordings: loaded by the county that may use them, shown in place of our own labels while they are valid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Texts
from evalplat.instruments.official import lay_over, read_places
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, wordings
from evalplat.storage.ids import new_public_id
from evalplat.vocabulary import Role

NOT_LOADED = Message("The wording was not loaded.")
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class WordingView:
    """An official wording without its words: whose it is, by which permit, and on which days it may be shown."""

    id: str
    instrument: str
    version: str
    language: str
    holder: str
    permit: str
    valid_from: date
    valid_until: date | None
    loaded_at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True)
class WordingRequest:
    """What is loaded: the words by place, as the filled-in template has them, and the permit to show them."""

    instrument: str
    version: str
    language: str
    words: Sequence[tuple[str, str]]
    holder: str
    permit: str
    valid_until: date | None = None


def load_wording(
    session: Session, catalogue: Catalogue, actor: Actor, request: WordingRequest, *, at: datetime
) -> WordingView:
    """Keep an official wording; from today on it is shown. Raises NotFound, and InputRejected with every fault."""
    demand(session, actor, Role.ADMINISTRATOR)
    definition = catalogue.get(request.instrument, request.version)
    faults = _find_faults(definition, request, local_day(at))
    texts: dict[str, Any] = {}
    if request.language in definition.texts:
        texts, wrong = read_places(definition, request.language, request.words)
        faults += wrong
    if faults:
        raise InputRejected(NOT_LOADED, faults)
    return _keep(session, actor, request, texts, request.valid_until, at)


def end_wording(
    session: Session, catalogue: Catalogue, actor: Actor, *,
    instrument: str, version: str, language: str, at: datetime,
) -> WordingView:  # fmt: skip
    """Show an official wording no more, from today on; what was answered in it stays so. Raises InputRejected."""
    demand(session, actor, Role.ADMINISTRATOR)
    today = local_day(at)
    catalogue.get(instrument, version)
    found = {w.language: w for w in wordings.list_in_force(session, instrument, version, today)}
    if language not in found:
        text = Message(
            "No official wording of %(key)s is in use in %(code)s.", key=instrument, code=language
        )
        raise InputRejected(Message("Nothing was changed."), [Fault("language", text)])
    row = found[language]
    ended = WordingRequest(instrument, version, language, (), row.holder, row.permit)
    return _keep(session, actor, ended, {}, today - timedelta(days=1), at)


def list_wordings(session: Session, actor: Actor, *, on: date) -> tuple[WordingView, ...]:
    """Every wording that was loaded, the latest first."""
    demand(session, actor, Role.ADMINISTRATOR, Role.ANALYST)
    rows = wordings.list_all(session)
    versions = {(row.instrument, row.version) for row in rows}
    valid = {
        row.public_id
        for key, version in versions
        for row in wordings.list_in_force(session, key, version, on)
    }
    return tuple(_view(row, row.public_id in valid) for row in reversed(rows))


def worded(
    session: Session, catalogue: Catalogue, key: str, version: str, *, on: date
) -> Instrument:
    """The instrument as it may be shown on a day: in its owner's words where the county may use them."""
    definition = catalogue.get(key, version)
    if not definition.licence.official_wording:
        return definition
    found = wordings.list_in_force(session, key, version, on)
    return _worded(definition, tuple((w.language, w.public_id, _Words(w.texts)) for w in found))


def name_wording(session: Session, wording: str) -> str:
    """Whose wording a sheet was shown in, and by which permit; empty where it was our own."""
    found = wordings.find_by_ids(session, {wording} - {""}).get(wording)
    return f"{found.holder} ({found.permit})" if found else ""


def tell_wording(session: Session, definition: Instrument) -> str:
    """In which words a version was asked: official, descriptive or mixed; empty where there is no official wording."""
    if not definition.licence.official_wording or not definition.asks:
        return ""
    shown = wordings.count_shown(session, definition.key, definition.version)
    if not shown.get(True):
        return "descriptive"
    return "mixed" if shown.get(False) else "official"


class _Words:
    """Texts of a wording; equal ones are found again by the row's id, which stands beside them."""

    def __init__(self, texts: Mapping[str, Any]) -> None:
        self.texts = texts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Words)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=64)
def _worded(definition: Instrument, found: tuple[tuple[str, str, _Words], ...]) -> Instrument:
    if not found:
        return definition
    texts: dict[str, Texts] = dict(definition.texts)
    for language, wording, words in found:
        if language in texts:
            texts[language] = lay_over(texts[language], words.texts, wording)
    return replace(definition, texts=texts)


def _find_faults(definition: Instrument, request: WordingRequest, today: date) -> list[Fault]:
    faults = []
    if not definition.asks or not definition.licence.official_wording:
        text = Message("%(key)s has no official wording of its own to load.", key=definition.key)
        faults.append(Fault("instrument", text))
    if request.language not in definition.texts:
        known = ", ".join(definition.texts)
        text = Message("It is one of %(known)s.", known=known)
        faults.append(Fault("language", text))
    for where, text_ in (("holder", request.holder), ("permit", request.permit)):
        if not 1 <= len(text_.strip()) <= LONGEST_NAME:
            faults.append(Fault(where, Message("Give 1 to 200 characters.")))
    if request.valid_until is not None and request.valid_until < today:
        faults.append(Fault("valid_until", Message("The permit has ended already.")))
    return faults


def _keep(
    session: Session,
    actor: Actor,
    request: WordingRequest,
    texts: Mapping[str, Any],
    valid_until: date | None,
    at: datetime,
) -> WordingView:
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "instrument": request.instrument,
        "version": request.version,
        "language": request.language,
        "holder": request.holder.strip(),
        "permit": request.permit.strip(),
        "valid_from": local_day(at),
        "valid_until": valid_until,
        "texts": dict(texts),
        "loaded_at": at,
        "loaded_by": actor.account_id or "system",
    }
    wordings.add(session, [row])
    what = f"{request.instrument} {request.version} {request.language}"
    audit.record(session, "load_wording", "instrument", what, at=at)
    kept = wordings.find_by_ids(session, [public_id])[public_id]
    return _view(kept, bool(texts))


def _view(row: Any, in_force: bool) -> WordingView:
    return WordingView(
        row.public_id, row.instrument, row.version, row.language, row.holder, row.permit,
        row.valid_from, row.valid_until, row.loaded_at, in_force,
    )  # fmt: skip
