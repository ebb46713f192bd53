"""So many wrong passwords, codes or access tokens may come from one network, then it waits; whatever was tried.

Counters stand in the database, because a server has several processes. They know networks by a keyed hash only, and are
forgotten when they are over. Right tries count nothing, so that an office behind one address is not locked out by
working. Looking comes before the try and counting after it, so requests sent at once may pass together: as many as a
server answers at once.
"""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from sqlalchemy.orm import Session

from evalplat.errors import Message, TooMany
from evalplat.storage import wrong_tries
from evalplat.storage.keyring import Keyring

MOST_TRIES = 50
WINDOW = timedelta(minutes=15)

SIGN_IN, CLIENT_CODE, ACCESS_TOKEN = "sign-in", "client code", "access token"
"""What is tried; each is counted for itself, so that staff and clients of one house do not lock one another out."""


def check_source(session: Session, kind: str, address: str, at: datetime) -> None:
    """Raise TooMany when this address's network has to wait."""
    found = wrong_tries.find(session, _name(session, kind, address))
    if found is None or found.until <= at or found.tries < MOST_TRIES:
        return
    wait = max(1, round((found.until - at).total_seconds()))
    text = Message(
        "Too many wrong tries came from where you are. You can try again in %(minutes)s min.",
        minutes=-(-wait // 60),
    )
    raise TooMany(text, wait)


def count_wrong(session: Session, kind: str, address: str, at: datetime) -> None:
    """One more wrong try from this address's network."""
    wrong_tries.add(session, _name(session, kind, address), at=at, until=at + WINDOW)


def _name(session: Session, kind: str, address: str) -> str:
    keyring: Keyring = session.info["keyring"]
    return keyring.index("wrong tries", f"{kind} {network_of(address)}").hex()


def network_of(address: str) -> str:
    """What one household or office is known by: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 64 << 64)}/64"
