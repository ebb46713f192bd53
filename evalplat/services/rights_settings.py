"""Who answers for clients' data here, how long what is kept, on which grounds it is erased: from the county's file."""

import re
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
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class Ground:
    """One of the county's grounds for erasing a client's data, or for keeping it. `texts` by language."""

    key: str
    erases: bool
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RightsSettings:
    """What a county says about clients' data.

    controller: its name by language. registry, officer: how to reach them, empty where that is not said yet.
    keep: how long each kind of record is kept. counts_erased: whether what was measured of somebody who is erased
    goes on being counted. grounds: why data is erased or kept, in the county's order.
    """

    controller: Mapping[str, str]
    registry: str
    officer: str
    keep: Mapping[str, Span]
    counts_erased: bool
    grounds: tuple[Ground, ...]

    def ground(self, key: str) -> Ground | None:
        """The ground of this key."""
        return next((ground for ground in self.grounds if ground.key == key), None)


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
    if "ended_clients" in data:
        text = Message("This is said in [erased_clients] now: see the shipped file.")
        faults.append(Fault("ended_clients", text))
    figures = _texts(data, "erased_clients", ("figures",), faults)["figures"]
    if figures not in ("counted", "left_out"):
        faults.append(Fault("erased_clients.figures", Message('Write "counted" or "left_out".')))
    grounds = _grounds(data.get("erasure_grounds"), faults)
    if faults:
        raise FileRejected(Message("The times for keeping data cannot be used."), faults)
    return RightsSettings(
        controller={language: controller[language] for language in LANGUAGES},
        registry=controller["registry"],
        officer=controller["officer"],
        keep=keep,
        counts_erased=figures == "counted",
        grounds=grounds,
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


def _grounds(found: Any, faults: list[Fault]) -> tuple[Ground, ...]:
    if not isinstance(found, list) or not found:
        text = Message("Give at least one ground, as the shipped file does.")
        faults.append(Fault("erasure_grounds", text))
        return ()
    grounds: dict[str, Ground] = {}
    for place, one in enumerate(found, start=1):
        given = one if isinstance(one, dict) else {}
        where = f"erasure_grounds.{place}"
        key = str(given.get("key", ""))
        if not _KEY.fullmatch(key) or key in grounds:
            text = Message("Give each ground a key of its own, in small letters.")
            faults.append(Fault(f"{where}.key", text))
        if given.get("decision") not in ("erase", "keep"):
            faults.append(Fault(f"{where}.decision", Message('Write "erase" or "keep".')))
        known = ("key", "decision", *LANGUAGES)
        texts = _texts({where: one}, where, known, faults)
        for language in LANGUAGES:
            if not texts[language]:
                text = Message("Give the words of the ground in this language.")
                faults.append(Fault(f"{where}.{language}", text))
        words = {language: texts[language] for language in LANGUAGES}
        grounds[key] = Ground(key, given.get("decision") == "erase", words)
    return tuple(grounds.values())
