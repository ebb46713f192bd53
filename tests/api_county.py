"""A county of two providers that look the same, with a key for every role, for the interface for other programs."""

from dataclasses import dataclass
from typing import Any

from builders import (
    WHODAS_12,
    Made,
    make_account,
    make_episode,
    make_everything,
    make_sheet,
)

from evalplat.services.actors import Actor
from evalplat.services.tokens import SCOPES_OF, make_token_for
from evalplat.vocabulary import MeasurementPoint, Role
from evalplat.wiring import Wiring

SYSTEM = Actor.system("test")
NAMES = ("Anna Alfa", "Berta Beeta")
CALLERS = {
    "worker": (Role.PROVIDER_WORKER, {"provider": "Provider A"}),
    "stranger": (Role.PROVIDER_WORKER, {"provider": "Provider B"}),
    "manager": (Role.PROVIDER_MANAGER, {"provider": "Provider A"}),
    "case worker": (Role.CASE_WORKER, {}),
    "colleague": (Role.CASE_WORKER, {"email": "colleague@example.fi"}),
    "analyst": (Role.ANALYST, {}),
    "administrator": (Role.ADMINISTRATOR, {}),
}
"""Who asks. The worker's clients are the stranger's and the colleague's foreign ones."""


@dataclass(frozen=True)
class County:
    """The same-looking episode at two providers, and a key for each caller."""

    here: Made
    there: Made
    keys: dict[str, str]


def build(wiring: Wiring) -> County:
    """Two episodes of one case worker, each with everything; keys as wide as each role."""
    here, there = (
        make_everything(wiring, provider=provider, name=name)
        for provider, name in zip(("Provider A", "Provider B"), NAMES, strict=True)
    )
    keys = {}
    for caller, (role, rest) in CALLERS.items():
        account = make_account(wiring, role, **rest)
        keys[caller] = make_key(wiring, account.email, SCOPES_OF[role])
    return County(here, there, keys)


def make_key(wiring: Wiring, email: str, scopes: Any, name: str = "Test") -> str:
    with wiring.transaction(SYSTEM) as session:
        return make_token_for(
            session, SYSTEM, email=email, name=name, scopes=scopes, days=90, at=wiring.clock()
        ).secret


SIZES = {"Provider A": 14, "Provider B": 11, "Provider C": 2}


def build_pairs(wiring: Wiring) -> County:
    """Enough pairs for two providers to be shown, and too few for a third one."""
    county = build(wiring)
    for provider, count in SIZES.items():
        make_account(wiring, Role.PROVIDER_WORKER, provider=provider)
        for number in range(count):
            made = make_episode(wiring, provider=provider, birth_year=1960 + number)
            low = {**WHODAS_12, **{f"S{n}": number % 3 for n in range(1, 7)}}
            high = {**WHODAS_12, **{f"S{n}": number % 5 for n in range(1, 11)}}
            make_sheet(wiring, made, raw=high)
            make_sheet(wiring, made, raw=low, point=MeasurementPoint.END)
    return county
