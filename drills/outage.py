"""The database goes away under a running server, and comes back: 503 meanwhile, and recovery by itself."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
from sqlalchemy import make_url

from drills.row import Row
from drills.servers import Place, ask, place_of, serving, wait_for
from evalplat.config import Settings

OUTAGES = 3


def run() -> Iterator[Row]:
    """PostgreSQL stopped and started, three times."""
    with place_of("postgresql") as place:
        settings = _with_own_login(place)
        log = place.folder / "server.log"
        codes, calm, slowest = set(), True, 0.0
        with serving(settings, log) as (server, port):
            for _ in range(OUTAGES):
                place.program.stop()
                status, headers = ask(port, "/readyz")
                codes.add(status)
                calm &= int(headers.get("Retry-After", "0")) > 0
                alive = ask(port, "/healthz")[0]
                calm &= alive == 200
                place.program.ensure_postgres_running()
                slowest = max(slowest, wait_for(port, "/readyz", 200, 60, server))
        told = log.read_text()
        yield Row(
            f"postgresql stopped {OUTAGES} times under a server: answers meanwhile",
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
            f"{server.returncode}, {told.count('defect')}",
            server.returncode == 0 and "defect" not in told,
        )  # fmt: skip


def _with_own_login(place: Place) -> Settings:
    settings = place.make("living")
    url = make_url(settings.database_url)
    with psycopg.connect(url.set(drivername="postgresql").render_as_string(False)) as connection:
        connection.execute("CREATE ROLE web LOGIN IN ROLE evalplat_app")
    web = url.set(username="web").render_as_string(False)
    return replace(settings, database_url=web)
