"""Whether this process may be sent traffic."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from evalplat.services.actors import Actor
from evalplat.services.health import read_health
from evalplat.services.providers import list_providers

if TYPE_CHECKING:
    from evalplat.wiring import Wiring


def check(wiring: "Wiring") -> tuple[bool, dict[str, str]]:
    """Whether requests may come, and a word for each thing looked at; raises where the database does not answer."""
    system = Actor.system("readiness check")
    with wiring.reading(system) as database:
        list_providers(database, system)
    found = read_health(wiring.engine, wiring.settings, wiring.clock())
    return found.is_ready, asdict(found)
