"""kill −9 at random while eight clients send their sheets and try again: nothing is lost, doubled or torn.

SQLite's own negative control (synchronous=OFF) would need a power cut: what a killed process has written, the operating
system still has. `fsync_order` looks at the order of writing and answering instead.
"""

import random
import time
from collections.abc import Iterator

from drills.campaign import CLIENTS, SCALES, Campaign
from drills.county import fill
from drills.effort import Effort
from drills.row import Row
from drills.servers import Place, Server, place_of
from drills.stored import Harm, find_harm

KILLS = {"sqlite": 40, "postgresql": 25, "itself": 20}
SHEETS = {"sqlite": 2_300, "postgresql": 1_500, "itself": 1_200}


def run(effort: Effort) -> Iterator[Row]:
    """The server's group on both databases, PostgreSQL itself, and PostgreSQL set up to lose."""
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield _drill(place, kind, effort)
            if kind == "postgresql":
                yield _drill(place, "itself", effort)
                yield _control(place)


def _drill(place: Place, victim: str, effort: Effort) -> Row:
    kills = effort.of(KILLS[victim], 3)
    harm, busy, tries = _kill_during(place, victim, effort.of(SHEETS[victim], 200), kills)
    whom = "PostgreSQL itself" if victim == "itself" else f"{victim}: the server"
    return Row(
        f"{whom} killed {kills} times under {CLIENTS} clients: lost, doubled, torn",
        "0, 0, 0; sheets = lines",
        f"{harm}; {tries:,} requests, {busy:,} busy",
        harm.is_none,
    )


def _kill_during(place: Place, victim: str, count: int, kills: int) -> tuple[Harm, int, int]:
    settings = place.make(f"crashes_{victim}")
    asked = fill(settings, count)
    server = Server(place.for_the_web(settings), place.folder / f"{victim}.log", workers=2)
    server.start()
    campaign = Campaign(server.port, asked)
    chance = random.Random(count)
    try:
        with campaign:
            for number in range(1, kills + 1):
                campaign.wait_for(number * count // (kills + 1))
                time.sleep(chance.random() * 0.1)
                if victim == "itself":
                    place.postgres.kill()
                    place.postgres.start()
                else:
                    server.kill()
                    server.start()
            campaign.wait_for(count)
        code = server.stop()
        assert code == 0, f"the server ended with {code}"
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
    harm = find_harm(settings, campaign.acknowledged, SCALES)
    return harm, campaign.busy, campaign.tries


def _control(place: Place) -> Row:
    """PostgreSQL told to answer before it has written: now the same drill must find losses."""
    lost = kills = 0
    place.postgres.run("ALTER SYSTEM SET synchronous_commit = off")
    while not lost and kills < 10:
        kills += 1
        # The server refuses to start on such a database, so it is told while it runs.
        place.postgres.run("ALTER SYSTEM SET synchronous_commit = on", "SELECT pg_reload_conf()")
        settings = place.make("crashes_control")
        asked = fill(settings, 150)
        server = Server(place.for_the_web(settings), place.folder / "control.log")
        server.start()
        campaign = Campaign(server.port, asked)
        try:
            place.postgres.run(
                "ALTER SYSTEM SET synchronous_commit = off", "SELECT pg_reload_conf()"
            )
            with campaign:
                campaign.wait_for(100)
                place.postgres.kill()
                campaign.halt()
                place.postgres.start()
            server.stop()
        finally:
            if server.process is not None and server.process.poll() is None:
                server.kill()
        lost = find_harm(settings, campaign.acknowledged, SCALES).lost
    place.postgres.run("ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()")
    return Row(
        "… control: PostgreSQL with synchronous_commit=off killed: lost",
        "more than 0",
        f"{lost} after {kills} kill{'s' * (kills > 1)}",
        lost > 0,
    )
