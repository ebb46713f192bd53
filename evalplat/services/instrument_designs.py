"""Instruments that the county makes itself: drafts that administrators go on with, publishing, retiring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue, version_order
from evalplat.instruments.definition import Instrument
from evalplat.instruments.design_files import may_be_changed, read_design
from evalplat.instruments.designs import Design, begin_design
from evalplat.instruments.keys import VERSION
from evalplat.scoring.design_check import Checked, check_design
from evalplat.services.actors import Actor, demand
from evalplat.storage import audit, own_instruments
from evalplat.storage.ids import new_public_id
from evalplat.vocabulary import Role

NOT_PUBLISHED = Message("The instrument was not published.")
NOT_THERE = Message("There is no such draft. It may have been published or deleted meanwhile.")
CHANGED = Message(
    "Somebody else has changed this draft since you opened it. Look at both before you save again."
)
MOST_DRAFTS = 100


@dataclass(frozen=True, slots=True)
class DraftInstrument:
    """A draft as administrators see it."""

    id: str
    revision: int
    design: Design
    changed_at: datetime
    changed_by: str


def start_draft(
    session: Session, catalogue: Catalogue, actor: Actor, *,
    of: str = "", version: str = "", holder: str = "", at: datetime,
) -> DraftInstrument:  # fmt: skip
    """A new instrument's draft, or the next version's of the instrument `of`. Raises NotFound and InputRejected."""
    demand(session, actor, Role.ADMINISTRATOR)
    design: Design | None = begin_design(holder)
    if of:
        definition = catalogue.get(of, version or None)
        design = read_design(definition)
        if design is None:
            text = Message(
                "%(instrument)s cannot be changed here: it is its owner’s, or it is made of more than this page holds.",
                instrument=of,
            )
            raise InputRejected(Message("No draft was made."), [Fault("of", text)])
        design["version"] = _next_version(catalogue, of, design["version"])
    if len(own_instruments.list_drafts(session)) >= MOST_DRAFTS:
        text = Message("There are %(most)s drafts already. Delete one first.", most=MOST_DRAFTS)
        raise InputRejected(Message("No draft was made."), [Fault("", text)])
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "revision": 1,
        "content": design,
        "changed_at": at,
        "changed_by": actor.account_id or "system",
    }
    own_instruments.add_draft(session, row)
    audit.record(session, "start_instrument", "instrument", public_id, at=at)
    return get_draft(session, actor, public_id)


def list_drafts(session: Session, actor: Actor) -> tuple[DraftInstrument, ...]:
    """Every draft, the one changed last first."""
    demand(session, actor, Role.ADMINISTRATOR)
    return tuple(map(_view, own_instruments.list_drafts(session)))


def get_draft(session: Session, actor: Actor, draft: str) -> DraftInstrument:
    """One draft; raises NotFound."""
    demand(session, actor, Role.ADMINISTRATOR)
    found = own_instruments.find_draft(session, draft)
    if found is None:
        raise NotFound(NOT_THERE)
    return _view(found)


def save_draft(
    session: Session, actor: Actor, draft: str, design: Design, *, revision: int, at: datetime
) -> DraftInstrument:
    """Keep a draft as typed. Raises NotFound, and Conflict where somebody else has changed it since `revision`."""
    before = get_draft(session, actor, draft)
    if before.revision == revision and before.design == design:
        return before
    by = actor.account_id or "system"
    if not own_instruments.change_draft(session, draft, design, revision, by, at):
        raise Conflict(CHANGED)
    audit.record(session, "change_instrument", "instrument", draft, at=at)
    return get_draft(session, actor, draft)


def delete_draft(session: Session, actor: Actor, draft: str, *, at: datetime) -> None:
    """Take a draft away for good; raises NotFound."""
    get_draft(session, actor, draft)
    own_instruments.drop_draft(session, draft)
    audit.record(session, "delete_instrument", "instrument", draft, at=at)


def check_draft(catalogue: Catalogue, design: Mapping[str, Any]) -> Checked:
    """Everything that keeps a design from being published, each fault at its field; for what is typed as well."""
    checked = check_design(design)
    placed = {fault.where for fault in checked.faults}
    taken = [fault for fault in _find_taken(catalogue, design) if fault.where not in placed]
    return Checked(checked.instrument, (*taken, *checked.faults), checked.files)


def publish_draft(
    session: Session, catalogue: Catalogue, actor: Actor, draft: str, *, revision: int, at: datetime
) -> Instrument:
    """Make a version of a draft that nobody can change any more, and take the draft away.

    Raises InputRejected with every fault, NotFound, and Conflict where somebody else has changed the draft.
    """
    found = get_draft(session, actor, draft)
    if found.revision != revision:
        raise Conflict(CHANGED)
    checked = check_draft(catalogue, found.design)
    definition = checked.instrument
    if definition is None or not checked.holds:
        raise InputRejected(NOT_PUBLISHED, checked.faults)
    row = {
        "instrument": definition.key,
        "version": definition.version,
        "digest": definition.digest,
        "files": dict(checked.files),
        "published_at": at,
        "published_by": actor.account_id or "system",
    }
    try:
        own_instruments.add_published(session, row)
    except IntegrityError as error:
        raise Conflict(Message("Somebody else has just published this version.")) from error
    own_instruments.drop_draft(session, draft)
    what = f"{definition.key} {definition.version}"
    audit.record(session, "publish_instrument", "instrument", what, at=at)
    return definition


def decide_offer(
    session: Session, catalogue: Catalogue, actor: Actor, *,
    instrument: str, version: str, retired: bool, at: datetime,
) -> None:  # fmt: skip
    """Offer a version to nothing new from now on, or offer it again; what was planned with it keeps it."""
    demand(session, actor, Role.ADMINISTRATOR)
    definition = catalogue.get(instrument, version)
    row = {
        "instrument": definition.key,
        "version": definition.version,
        "retired": retired,
        "decided_at": at,
        "decided_by": actor.account_id or "system",
    }
    own_instruments.add_offer(session, row)
    act = "retire_instrument" if retired else "offer_instrument"
    audit.record(session, act, "instrument", f"{definition.key} {definition.version}", at=at)


def get_files(session: Session, actor: Actor, instrument: str, version: str) -> dict[str, str]:
    """The files of a version that was published here; raises NotFound."""
    demand(session, actor, Role.ADMINISTRATOR, Role.ANALYST)
    files = own_instruments.find_files(session, instrument, version)
    if files is None:
        raise NotFound(Message("This version was not made here."))
    return files


def _find_taken(catalogue: Catalogue, design: Mapping[str, Any]) -> list[Fault]:
    """A key that is somebody else's, and a version that is not above those that are there."""
    key, version = str(design["key"]), str(design["version"])
    versions = [v for k, v in catalogue.instruments if k == key]
    if not versions:
        return []
    latest = max(versions, key=version_order)
    if not may_be_changed(catalogue.instruments[key, latest]):
        text = Message("An instrument of another owner is called so. Choose another short name.")
        return [Fault("key", text)]
    if VERSION.fullmatch(version) and version_order(version) <= version_order(latest):
        text = Message("Version %(latest)s is there already. Write a higher one.", latest=latest)
        return [Fault("version", text)]
    return []


def _next_version(catalogue: Catalogue, key: str, wished: str) -> str:
    order = max(version_order(v) for k, v in catalogue.instruments if k == key)
    if version_order(wished) > order:
        return wished
    return ".".join(map(str, (*order[:-1], order[-1] + 1)))


def _view(row: Any) -> DraftInstrument:
    return DraftInstrument(
        row.public_id, row.revision, dict(row.content), row.changed_at, row.changed_by
    )
