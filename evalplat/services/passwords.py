"""Passwords and short secrets: hashed with Argon2id, compared in the same time whether or not there is a hash."""

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
"""Argon2 reads all of it; a limit keeps a request from making it read megabytes."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCBhdCBhbGw$"
    "4Yy1m0t0xwq1cC7l0f2zZbU5cJk8k3y3Wl2k2n8s3mE"
)


def hash_secret(secret: str) -> str:
    """The hash to store."""
    return _HASHER.hash(secret)


def matches(stored: str | None, secret: str) -> bool:
    """Whether the secret belongs to the stored hash; with None the same work is done, and the answer is no."""
    if len(secret) > LONGEST_PASSWORD:
        secret = ""
    try:
        _HASHER.verify(stored or _NOBODYS, secret)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None
