"""Passwords and short secrets: hashed with Argon2id, compared in the same time whether or not there is a hash.

Hashing takes 20 ms of a processor and 19 MiB, on purpose. So a secret is compared before the transaction that acts on
the answer: `prove` gives a `Proof`, and the transaction asks whether it still holds. A new one is hashed before the
transaction that stores it, too: `make_secret`. Who writes never waits for either.
"""

import secrets
from dataclasses import dataclass, field
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
"""Argon2 reads all of it; a limit keeps a request from making it read megabytes."""

LOCAL_WORDS = (
    *("evalplat", "salasana", "lösenord", "kuntoutus", "rehabilitering", "rehabilitation"),
    *("hyvinvointialue", "välfärdsområde", "wellbeing", "sosiaalityö", "asiakas", "palveluseteli"),
)
"""What somebody who knows where a password is for tries first."""

LEAST_STRENGTH = 3
"""Of 0 to 4 (zxcvbn): a hundred million guesses, where ten wrong ones lock the account."""

_ONE_AT_A_TIME = Lock()
"""A flood of wrong passwords leaves the other processors, and memory, to everybody else."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
_NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCBhdCBhbGw$"
    "4Yy1m0t0xwq1cC7l0f2zZbU5cJk8k3y3Wl2k2n8s3mE"
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What comparing a secret gave, and with which hash it was compared."""

    stored: str
    right: bool

    def holds(self, stored: str | None) -> bool:
        """Whether the secret was right and this is the hash that it was compared with."""
        return self.right and stored == self.stored


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A new password, or the secret of a new code, with its hash: both made before it is stored."""

    text: str = field(repr=False)
    hashed: str = field(repr=False)


def draw_password() -> str:
    """A password that is easy to read aloud and hard to guess, for somebody to begin with: 64 bits."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def make_secret(text: str) -> NewSecret:
    """Hash a new secret; one that is too long to be taken is left for the check to name."""
    return NewSecret(text, hash_secret(text[:LONGEST_PASSWORD]))


def hash_secret(secret: str) -> str:
    """The hash to store."""
    with _ONE_AT_A_TIME:
        return _HASHER.hash(secret)


def is_easy_to_guess(password: str, email: str) -> bool:
    """Whether it is a common password, the e-mail address or local words, or put together of such in the usual ways."""
    # Lists of words are read when a password is chosen, not at every start.
    from zxcvbn import zxcvbn

    known = [*LOCAL_WORDS, email, *email.replace("@", ".").split(".")]
    found = zxcvbn(password[:72], user_inputs=known)
    return int(found["score"]) < LEAST_STRENGTH


def prove(stored: str | None, secret: str) -> Proof:
    """Compare a secret with a stored hash; with none the same work is done, and the answer is no."""
    if len(secret) > LONGEST_PASSWORD:
        secret = ""
    try:
        with _ONE_AT_A_TIME:
            _HASHER.verify(stored or _NOBODYS, secret)
    except (Argon2Error, InvalidHashError):
        return Proof(stored or "", False)
    return Proof(stored or "", bool(stored))
