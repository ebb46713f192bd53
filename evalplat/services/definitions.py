"""Answers of one version are always scored with one and the same definition: an edited one is refused."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from evalplat.errors import DefinitionRejected, Fault, Message, NotConfigured, Unavailable
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument
from evalplat.instruments.published import find_edited, read_published, say_edited
from evalplat.services.actors import Actor, demand
from evalplat.storage import definitions

EDITED = Message(
    "These answers cannot be scored just now, because the definition of %(instrument)s was changed after answers had "
    "been stored with it. What was saved is kept. The county’s administrator can mend it."
)


def keep_definitions(session: Session, used: Iterable[Instrument]) -> None:
    """Note which definitions score answers from now on; raises Unavailable where one is not what it was before."""
    wanted = {(one.key, one.version): one for one in used}
    known = definitions.list_used(session)
    new = {pair: one.digest for pair, one in wanted.items() if pair not in known}
    if new:
        definitions.add_used(session, new)
        known = definitions.list_used(session)  # somebody else may have been first
    for pair, one in wanted.items():
        if known[pair] != one.digest:
            raise Unavailable(Message(EDITED.template, instrument=f"{one.key} {one.version}"))


def find_edited_definitions(session: Session, catalogue: Catalogue, actor: Actor) -> list[Fault]:
    """Every version that is not as it was published, or as stored answers were scored with; and those that are gone."""
    demand(session, actor)
    used = definitions.list_used(session)
    faults = []
    for pair, digest in sorted(used.items()):
        definition = catalogue.instruments.get(pair)
        if definition is None:
            text = Message(
                "answers are stored with this version, and %(folder)s does not hold it: put its file back",
                folder=str(catalogue.folder),
            )
            faults.append(Fault(" ".join(pair), text))
        elif definition.digest != digest:
            faults.append(say_edited(definition, digest))
    told = {fault.where for fault in faults}
    published = {k: v for folder in catalogue.folders for k, v in read_published(folder).items()}
    edited = (find_edited(definition, published) for definition in catalogue.list())
    return [*faults, *(fault for fault in edited if fault and fault.where not in told)]


def check_definitions(session: Session, catalogue: Catalogue, actor: Actor) -> None:
    """Refuse to go on with definitions that are not what they were; raises NotConfigured naming each."""
    try:
        faults = find_edited_definitions(session, catalogue, actor)
    except DefinitionRejected as error:
        raise NotConfigured(error.message, error.faults) from error
    if faults:
        raise NotConfigured(Message("Instruments are not what they were."), faults)
