"""Thousands of requests drawn from the description of the interface, as every role: none breaks it, none gets through.

The county and the walk are those of the tests (tests/api_county.py, tests/contract_walk.py).
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from drills.effort import Effort
from drills.row import Row
from drills.servers import KEY, Place, place_of

EXAMPLES = 120
ROLES = ("worker", "manager", "case worker", "analyst", "administrator")


def run(effort: Effort) -> Iterator[Row]:
    """Each role's token on both databases."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield from _drill(place, effort.of(EXAMPLES, EXAMPLES // 10))


def _drill(place: Place, examples: int) -> Iterator[Row]:
    from api_county import build
    from contract_walk import Contract
    from databases import Clock, prepare

    from evalplat.app import create_app
    from evalplat.instruments.catalogue import load_catalogue
    from evalplat.vocabulary import MeasurementPoint
    from evalplat.wiring import build_wiring

    catalogue = load_catalogue()
    settings = place.make("contract", tables=False)
    prepare(settings, catalogue)
    wiring = build_wiring(settings, catalogue=catalogue, clock=Clock())
    county = build(wiring)
    served = replace(wiring, settings=replace(settings, secret_key=KEY, api_per_minute=10**9))
    contract, broken = Contract(create_app(served)), []
    planned = county.here.administration("whodas-2.0-12", MeasurementPoint.MIDPOINT)
    ids = {
        "administration_id": planned.id,
        "episode_id": county.here.episode.id,
        "key": "whodas-2.0-12",
    }
    for role in ROLES:
        broken += list(contract.walk(county.keys[role], examples=examples, ids=ids))
    wiring.close()
    for line in broken:
        sys.stderr.write(f"{line}\n")
    yield _judge(place.kind, contract.answered, len(broken), 5_000 * examples // EXAMPLES)


def _judge(kind: str, answered: "Counter[tuple[str, int]]", broken: int, least: int) -> Row:
    defects = sum(n for (_mode, status), n in answered.items() if status >= 500)
    accepted = sum(
        n for (mode, status), n in answered.items() if mode == "negative" and status < 400
    )
    total = sum(answered.values())
    return Row(
        f"{kind}: requests drawn as {len(ROLES)} roles: defects, broken, let through",
        "0, 0, 0",
        f"{defects}, {broken}, {accepted} of {total:,}",
        total > least and not (defects or broken or accepted),
    )
