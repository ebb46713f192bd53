"""How many sheets of home visits lie on this device: the one thing that its browser tells the server of them.

A cookie says per account how many are unsent and how many there are, `account:unsent:all`, joined by points. It holds
no name and no answer. With it every page can show the count, signing out can ask first, and nothing empties the
device's storage while somebody's sheets are still in it.
"""

import re
from dataclasses import dataclass

from flask import g, request

COOKIE = "visits"
LONGEST = 2_000
ENTRY = re.compile(r"([A-Za-z0-9_-]{1,64}):(\d{1,3}):(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """What one account has on this device."""

    account_id: str
    unsent: int
    sheets: int


def list_kept() -> tuple[Kept, ...]:
    """What this browser says lies on its device; what cannot be read is left out."""
    text = request.cookies.get(COOKIE, "")[:LONGEST]
    found = (ENTRY.fullmatch(part) for part in text.split("."))
    return tuple(Kept(one[1], int(one[2]), int(one[3])) for one in found if one)


def count_own_unsent() -> int:
    """How many unsent sheets of the signed-in account lie on this device."""
    account = g.get("account")
    return sum(kept.unsent for kept in list_kept() if account and kept.account_id == account.id)


def may_empty_storage(account_id: str = "") -> bool:
    """Whether nothing is lost when the browser forgets all it keeps for this site.

    Signing out takes along what its own account had only prepared; of others nothing, and nothing unsent.
    """
    return all(
        kept.account_id == account_id and not kept.unsent for kept in list_kept() if kept.sheets
    )


def has_sheets_to_see_to(account_id: str) -> bool:
    """Whether the account has sheets here that emptying the device's storage must not or cannot see to."""
    own = [kept for kept in list_kept() if account_id and kept.account_id == account_id]
    return any(kept.sheets for kept in own) and not may_empty_storage(account_id)
