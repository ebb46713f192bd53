"""A new client's facts as the case worker gives them: checked before anything is stored."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.identity_codes import birth_year_of, read_code
from evalplat.services.requests import (
    CLIENT_LANGUAGES,
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    SEXES,
    ClientDetails,
)
from evalplat.storage import access
from evalplat.storage.identities import CODE, find_by_mark

TAKEN = Message(
    "Another client has this personal identity code already. Look for them by the code, and grant the voucher there."
)


def find_faults_of_client(client: ClientDetails, on: date, taken: Collection[str]) -> list[Fault]:
    """What is wrong with a new client's facts on the first day of the voucher; `taken` are codes that others have."""
    faults: list[Fault] = []
    if not 1 <= len(client.name) <= 200:
        faults.append(Fault("name", Message("Give a name of 1 to 200 characters.")))
    elif not client.name.isprintable():
        faults.append(
            Fault("name", Message("The name holds a sign that cannot be seen. Type it by hand."))
        )
    if not on.year - 120 <= client.birth_year <= on.year:
        faults.append(
            Fault(
                "birth_year",
                Message("%(value)s is not a year of birth.", value=client.birth_year),
            )
        )
    for where, value, allowed in (
        ("sex", client.sex, SEXES),
        ("language", client.language, CLIENT_LANGUAGES),
        ("living_situation", client.living_situation, LIVING_SITUATIONS),
        ("employment", client.employment, EMPLOYMENTS),
    ):
        if value not in allowed:
            faults.append(
                Fault(
                    where,
                    Message(
                        "%(value)s is not one of %(known)s.",
                        value=str(value)[:40],
                        known=", ".join(allowed),
                    ),
                )
            )
    faults.extend(find_faults_of_code(client.code, client.birth_year, taken))
    return faults


def find_faults_of_code(typed: str, birth_year: int, taken: Collection[str]) -> list[Fault]:
    """What is wrong with a personal identity code that was given; none is no fault."""
    if not typed:
        return []
    try:
        code = read_code(typed)
    except InputRejected as rejected:
        return [Fault("code", rejected.message)]
    if birth_year_of(code) != birth_year:
        other = Message("The personal identity code is of another year of birth.")
        return [Fault("code", other)]
    if code in taken:
        return [Fault("code", TAKEN)]
    return []


def tidy_code(typed: str) -> str:
    """A code as it is stored where it is one; what is no code stays as it was typed, to be named as a fault."""
    try:
        return read_code(typed) if typed.strip() else ""
    except InputRejected:
        return typed.strip()[:40]


def list_taken_codes(session: Session, codes: Collection[str]) -> set[str]:
    """Which of these personal identity codes some client of the county has, whoever their case worker is."""
    if not codes:
        return set()
    with access.crossing(session, "personal identity code taken") as privileged:
        return {code for code in codes if find_by_mark(privileged, CODE, code)}
