"""The database goes away under a running server, and comes back: 503 meanwhile, and recovery by itself."""

from collections.abc import Iterator

from drills.effort import Effort
from drills.row import Row
from drills.servers import ask, place_of, serving, wait_for

OUTAGES = 3


def run(effort: Effort) -> Iterator[Row]:
    """PostgreSQL stopped and started, three times."""
    outages = effort.of(OUTAGES, 1)
    with place_of("postgresql") as place:
        settings = place.for_the_web(place.make("living"))
        log = place.folder / "server.log"
        codes, calm, slowest = set(), True, 0.0
        with serving(settings, log) as server:
            for _ in range(outages):
                place.postgres.stop()
                status, headers = ask(server.port, "/readyz")
                codes.add(status)
                calm &= int(headers.get("Retry-After", "0")) > 0
                calm &= ask(server.port, "/healthz")[0] == 200
                place.postgres.start()
                slowest = max(slowest, wait_for(server.port, "/readyz", 200, 60, server.process))
            code = server.stop()
        told = log.read_text()
        yield Row(
            f"postgresql stopped {outages} times under a server: answers meanwhile",
            "503 with Retry-After",
            f"{sorted(codes)}{' with Retry-After' if calm else ''}",
            codes == {503} and calm,
        )
        yield Row(
            "… served again by itself after the database is back", "≤ 10 s", f"{slowest:.1f} s",
            slowest <= 10,
        )  # fmt: skip
        yield Row(
            "… stops at SIGTERM afterwards; defects in the log", "0, 0",
            f"{code}, {told.count('defect')}", code == 0 and "defect" not in told,
        )  # fmt: skip
