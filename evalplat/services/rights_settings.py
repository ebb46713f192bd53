"""Who answers for clients' data here, and how long what is kept: read from the county's file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evalplat.config import Settings
from evalplat.episodes.keeping import Span, read_span
from evalplat.errors import Fault, FileRejected, Message
from evalplat.vocabulary import LANGUAGES

USUAL = Path(__file__).resolve().parents[1] / "counties" / "rights.toml"

KEPT = (
    *("clients", "drafts", "set_aside", "invitations", "reminders", "contact_requests"),
    *("rights_requests", "feedback", "accessibility_notes"),
)
"""The kinds of record whose time is set, in the order in which they are told of."""

LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class RightsSettings:
    """What a county says about clients' data.

    controller: its name by language. registry, officer: how to reach them, empty where that is not said yet.
    keep: how long each kind of record is kept. forgets_everything: whether nothing is left of a client whose time is
    over; else scores are left, without a person.
    """

    controller: Mapping[str, str]
    registry: str
    officer: str
    keep: Mapping[str, Span]
    forgets_everything: bool


def load_rights(settings: Settings) -> RightsSettings:
    """The county's file, or the usual one; raises FileRejected naming everything that is wrong in it."""
    return read_rights(settings.rights_file or USUAL)


@cache
def read_rights(path: Path) -> RightsSettings:
    """A file of this kind; read once."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRejected(
            Message("%(path)s cannot be read: %(why)s", path=path.name, why=str(error))
        ) from error
    faults: list[Fault] = []
    controller = _texts(data, "controller", (*LANGUAGES, "registry", "officer"), faults)
    for language in LANGUAGES:
        if not controller[language]:
            text = Message("Give the controller's name in this language.")
            faults.append(Fault(f"controller.{language}", text))
    keep = _spans(data, faults)
    then = _texts(data, "ended_clients", ("then",), faults)["then"]
    if then not in ("everything", "identity"):
        text = Message('Write "everything" or "identity".')
        faults.append(Fault("ended_clients.then", text))
    if faults:
        raise FileRejected(Message("The times for keeping data cannot be used."), faults)
    return RightsSettings(
        controller={language: controller[language] for language in LANGUAGES},
        registry=controller["registry"],
        officer=controller["officer"],
        keep=keep,
        forgets_everything=then == "everything",
    )


def _table(data: Mapping[str, Any], name: str, known: tuple[str, ...], faults: list[Fault]) -> Any:
    found = data.get(name)
    if not isinstance(found, dict):
        faults.append(Fault(name, Message("This table is missing.")))
        return {}
    for key in found:
        if key not in known:
            text = Message("This is not known; known are %(known)s.", known=", ".join(known))
            faults.append(Fault(f"{name}.{key}", text))
    return found


def _texts(
    data: Mapping[str, Any], name: str, known: tuple[str, ...], faults: list[Fault]
) -> dict[str, str]:
    found = _table(data, name, known, faults)
    texts = {}
    for key in known:
        value = found.get(key, "")
        if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
            faults.append(Fault(f"{name}.{key}", Message("Give one line of text.")))
            value = ""
        texts[key] = value.strip()
    return texts


def _spans(data: Mapping[str, Any], faults: list[Fault]) -> dict[str, Span]:
    found = _table(data, "keep", KEPT, faults)
    spans = {}
    for key in KEPT:
        span = read_span(str(found.get(key, "")))
        if span is None:
            text = Message('Write a number of days, months or years, such as "3 months".')
            faults.append(Fault(f"keep.{key}", text))
        else:
            spans[key] = span
    return spans
