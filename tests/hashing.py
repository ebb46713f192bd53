"""Secrets of tests are hashed in a moment. A test of hashing itself asks for `hashing_as_shipped`.

Nothing an operator sets makes hashing cheap: tests put another hasher in the place of the program's own.
"""

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from evalplat.services import passwords

SHIPPED = {"_HASHER": passwords._HASHER, "_NOBODYS": passwords._NOBODYS}
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID)


def hash_cheaply() -> None:
    """From here on, in this process."""
    passwords._HASHER, passwords._NOBODYS = CHEAP, CHEAP.hash("nobody's password")


@pytest.fixture
def hashing_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As dear as the program makes it."""
    for name, value in SHIPPED.items():
        monkeypatch.setattr(passwords, name, value)
