"""Keys for what is stored: each purpose has a key of its own, derived from the installation's master key.

Sealed bytes are AES-256-GCM with a random nonce, bound to the place where they stand, so that a value that was moved to
another row does not open. They begin with the name of the master key that they were sealed with: while keys are being
changed, what earlier ones sealed still opens. Source: NIST SP 800-38D (GCM), RFC 5869 (HKDF).
"""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from evalplat.errors import Fault, Message, NotConfigured

KEY_BYTES = 32
NONCE_BYTES = 12
NAME_BYTES = 4
SALT = b"evalplat master key"


class SealBroken(RuntimeError):
    """Sealed bytes do not open: changed, moved to another place, or sealed with a key that is not at hand."""


class Keyring:
    """The master keys of an installation: the one in use first, then earlier ones that may still open."""

    def __init__(self, masters: Sequence[str]) -> None:
        self._masters = {_name(master): master.encode("utf-8") for master in masters if master}
        self._ciphers: dict[tuple[str, str], AESGCM] = {}
        self._derived: dict[tuple[str, str], bytes] = {}

    def __repr__(self) -> str:
        return f"Keyring({len(self._masters)} keys)"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the master keys, the one in use first; a name tells nothing of its key."""
        return tuple(self._masters)

    @property
    def current(self) -> str:
        """The name of the master key in use. Raises NotConfigured where there is none."""
        if not self._masters:
            text = Message(
                "The key that protects what is stored is missing: give the same one as the server has."
            )
            raise NotConfigured(
                Message("The settings cannot be used."), [Fault("EVALPLAT_MASTER_KEY", text)]
            )
        return next(iter(self._masters))

    def derive(self, purpose: str, name: str = "") -> bytes:
        """The 32 bytes of one purpose, from the key in use or the one that is named. Raises SealBroken if unknown."""
        name = name or self.current
        master = self._masters.get(name)
        if master is None:
            raise SealBroken(f"the master key {name} is not at hand")
        key = self._derived.get((purpose, name))
        if key is None:
            key = _derive(master, purpose.encode("utf-8"), KEY_BYTES)
            self._derived[purpose, name] = key
        return key

    def seal(self, purpose: str, place: str, plain: bytes) -> bytes:
        """Encrypt with the key in use. `place` says where it will stand, such as `table.column.row`."""
        name, nonce = self.current, secrets.token_bytes(NONCE_BYTES)
        head = bytes.fromhex(name) + nonce
        sealed = self._cipher(purpose, name).encrypt(nonce, plain, _bound_to(name, place))
        return head + sealed

    def open(self, purpose: str, place: str, sealed: bytes) -> bytes:
        """What was sealed for this place. Raises SealBroken when it was changed or moved, or its key is missing."""
        name = self.sealed_with(sealed)
        nonce, rest = sealed[NAME_BYTES:][:NONCE_BYTES], sealed[NAME_BYTES + NONCE_BYTES :]
        try:
            return self._cipher(purpose, name).decrypt(nonce, rest, _bound_to(name, place))
        except (InvalidTag, ValueError) as error:
            raise SealBroken(f"what stands at {place} was not sealed there") from error

    def _cipher(self, purpose: str, name: str) -> AESGCM:
        """The cipher of one purpose, derived once: thousands of values are opened for one page."""
        found = self._ciphers.get((purpose, name))
        if found is None:
            found = self._ciphers[purpose, name] = AESGCM(self.derive(purpose, name))
        return found

    def sealed_with(self, sealed: bytes) -> str:
        """The name of the master key that these bytes say they were sealed with."""
        return sealed[:NAME_BYTES].hex()

    def index(self, purpose: str, text: str, name: str = "") -> bytes:
        """A keyed fingerprint, by which an exact value is found again without being readable (HMAC-SHA-256)."""
        return hmac.digest(self.derive(purpose, name), text.encode("utf-8"), sha256)

    def indexes(self, purpose: str, text: str) -> list[bytes]:
        """The fingerprint under every key at hand: what to look for while keys are being changed."""
        return [self.index(purpose, text, name) for name in self._masters]


def _derive(master: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, SALT, purpose).derive(master)


def _name(master: str) -> str:
    return _derive(master.encode("utf-8"), b"the name of this key", NAME_BYTES).hex()


def _bound_to(name: str, place: str) -> bytes:
    return f"{name}\0{place}".encode()
