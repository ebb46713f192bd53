"""Looking for clients by what staff type into a search: part of a name, or an exact address, number or code."""

import re

from sqlalchemy.orm import Session

from evalplat.errors import InputRejected
from evalplat.services.contacts import read_email, read_phone
from evalplat.services.identity_codes import read_code
from evalplat.storage import identities

_NUMBER = re.compile(r"\+?[\d\s()/-]{6,}\Z")


def find_clients(session: Session, search: str) -> list[int] | None:
    """The clients within the actor's reach, by name; None where nothing was asked.

    An e-mail address, a phone number or a personal identity code finds who has exactly this one.
    """
    search = " ".join(search.replace("\0", "").split())
    if not search:
        return None
    exact = _read_exact(search)
    if exact is not None:
        return identities.find_by_mark(session, *exact)
    return identities.find_by_words(session, search)


def find_by_code(session: Session, typed: str) -> list[int]:
    """The client of a personal identity code; nobody where what was typed is none."""
    try:
        return identities.find_by_mark(session, identities.CODE, read_code(typed))
    except InputRejected:
        return []


def _read_exact(search: str) -> tuple[str, str] | None:
    """What kind of exact value this is, and the value as it is stored; None for part of a name."""
    try:
        if "@" in search:
            return identities.EMAIL, read_email(search)
        if _NUMBER.match(search):
            return identities.PHONE, read_phone(search)
        return identities.CODE, read_code(search)
    except InputRejected:
        return None
