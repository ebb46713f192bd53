"""What may be written down about a client: one check for a new client and for a correction."""

from evalplat.errors import Fault, Message
from evalplat.services.requests import (
    CLIENT_LANGUAGES,
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    SEXES,
    ClientDetails,
)

OLDEST = 120


def find_faults(client: ClientDetails, *, in_year: int) -> list[Fault]:
    """Everything that is wrong with a client's details, as they are known in a year."""
    faults = []
    if not 1 <= len(client.name) <= 200:
        faults.append(Fault("name", Message("Give a name of 1 to 200 characters.")))
    elif not client.name.isprintable():
        faults.append(
            Fault("name", Message("The name holds a sign that cannot be seen. Type it by hand."))
        )
    if not in_year - OLDEST <= client.birth_year <= in_year:
        text = Message("%(value)s is not a year of birth.", value=client.birth_year)
        faults.append(Fault("birth_year", text))
    for where, value, allowed in (
        ("sex", client.sex, SEXES),
        ("language", client.language, CLIENT_LANGUAGES),
        ("living_situation", client.living_situation, LIVING_SITUATIONS),
        ("employment", client.employment, EMPLOYMENTS),
    ):
        if value not in allowed:
            text = Message(
                "%(value)s is not one of %(known)s.",
                value=str(value)[:40],
                known=", ".join(allowed),
            )
            faults.append(Fault(where, text))
    return faults
