"""SIGTERM while eight clients send: what was begun is answered, nothing is half-saved, and the server ends with 0."""

import random
import time
from collections.abc import Iterator

from drills.campaign import CLIENTS, SCALES, Campaign
from drills.county import fill
from drills.effort import Effort
from drills.row import Row
from drills.servers import KINDS, Place, Server, place_of
from drills.stored import find_harm

STOPS, SHEETS = 5, 300


def run(effort: Effort) -> Iterator[Row]:
    """Both databases."""
    for kind in KINDS:
        with place_of(kind) as place:
            yield from _drill(place, effort.of(STOPS, 2), effort.of(SHEETS, 100))


def _drill(place: Place, stops: int, count: int) -> Iterator[Row]:
    settings = place.make("living")
    asked = fill(settings, count)
    log = place.folder / "server.log"
    server = Server(place.for_the_web(settings), log, workers=2)
    server.start()
    campaign, chance, codes, slowest = Campaign(server.port, asked), random.Random(7), set(), 0.0
    try:
        with campaign:
            for number in range(1, stops + 1):
                campaign.wait_for(number * count // (stops + 1))
                time.sleep(chance.random() * 0.1)
                began = time.monotonic()
                codes.add(server.stop())
                slowest = max(slowest, time.monotonic() - began)
                server.start()
            campaign.wait_for(count)
        codes.add(server.stop())
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
    harm = find_harm(settings, campaign.acknowledged, SCALES)
    defects = log.read_text().count('"defect"')
    yield Row(
        f"{place.kind}: SIGTERM {stops} times under {CLIENTS} clients: lost, doubled, torn",
        "0, 0, 0; sheets = lines", str(harm), harm.is_none and harm.sheets == count,
    )  # fmt: skip
    yield Row(
        "… exit codes, defects in the log, slowest stop", "0, 0, ≤ 30 s",
        f"{', '.join(map(str, sorted(codes)))}, {defects}, {slowest:.1f} s",
        codes == {0} and not defects and slowest <= 30,
    )  # fmt: skip
