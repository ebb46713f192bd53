"""Whether this process may be sent traffic."""

from typing import TYPE_CHECKING

from evalplat.services.actors import Actor
from evalplat.services.providers import list_providers

if TYPE_CHECKING:
    from evalplat.wiring import Wiring


def check(wiring: "Wiring") -> None:
    """Read through the database once; raises where it does not answer or does not fit this code."""
    system = Actor.system("readiness check")
    with wiring.reading(system) as database:
        list_providers(database, system)
