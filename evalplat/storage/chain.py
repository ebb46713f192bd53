"""The chain of the access log: what the seal of a line is made from, and whose chain a line belongs to.

A chain is what one provider, or the county itself, did on one day in Finland. Each line has its place in the chain, the
seal of the line before it, and a seal of its own over all of that: HMAC-SHA-256 with a key that stands outside the
database, over JSON with every value as text, so that no two lines have the same bytes. Changing, taking out, adding or
moving a line needs the key, or is found (`chain_check`). The head of a chain says how long it is, under a seal too.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from evalplat.storage.keyring import NAME_BYTES, Keyring

COUNTY = "county"
"""The chain of everything that no single provider did: county staff, system jobs, signing in."""

EARLIER = "earlier"
"""The chain of the lines that were written before there were chains; the upgrade that brought them sealed it."""

START = bytes(32)
"""What stands before the first line of a chain."""

ANEW = b"\xff" * 32
"""What stands before a line whose chain's head could not be believed when it was written."""

FIELDS = (
    *("at", "account_id", "role", "provider_id", "purpose", "action"),
    *("object_kind", "object_id", "client_ids"),
)
"""What a line says, in the order in which it is sealed; `client_ids` as the JSON text that is stored."""

LINES = "lines of the access log"
HEADS = "heads of the access log"
MOMENT = "%Y-%m-%d %H:%M:%S.%f"


class Signer:
    """Seals contents for one purpose. A seal begins with the name of the master key that it was made with."""

    def __init__(self, keyring: Keyring, purpose: str) -> None:
        self._keyring = keyring
        self._purpose = purpose
        self._keys: dict[str, bytes] = {}

    def sign(self, content: bytes) -> bytes:
        """The seal of a content, with the master key in use. Raises NotConfigured where there is none."""
        name = self._keyring.current
        return bytes.fromhex(name) + hmac.digest(self._key(name), content, "sha256")

    def is_signed(self, content: bytes, seal: object) -> bool:
        """Whether this is the content's own seal. Raises SealBroken when its key is not at hand."""
        if not isinstance(seal, bytes) or len(seal) <= NAME_BYTES:
            return False
        found = hmac.digest(self._key(self._keyring.sealed_with(seal)), content, "sha256")
        return hmac.compare_digest(found, seal[NAME_BYTES:])

    def _key(self, name: str) -> bytes:
        if name not in self._keys:
            self._keys[name] = self._keyring.derive(self._purpose, name)
        return self._keys[name]


def as_text(value: object) -> object:
    """A value as it is sealed: SQLite hands out stored moments and days as text, PostgreSQL as objects."""
    match value:
        case datetime():
            return value.astimezone(UTC).strftime(MOMENT)
        case date():
            return value.isoformat()
        case bytes() | memoryview():
            return bytes(value).hex()
    return value


_write = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=as_text).encode


def canonical(*values: object) -> bytes:
    """The one way in which values become bytes, whichever database they come from."""
    return _write(values).encode("ascii")


def line_content(
    chain: object, day: object, position: object, previous: object, said: Sequence[object]
) -> bytes:
    """What a line's seal is made from; `said` are the values of FIELDS."""
    return canonical(chain, day, position, previous, *said)


def values_of(line: Mapping[str, Any]) -> list[object]:
    """What a new line says, in the order of FIELDS."""
    return [json.dumps(line[f]) if f == "client_ids" else line[f] for f in FIELDS]


def head_content(chain: object, day: object, position: object, mac: object) -> bytes:
    """What the seal of a chain's head is made from."""
    return canonical(chain, day, position, mac)
