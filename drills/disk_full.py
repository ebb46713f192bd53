"""The disk under the database fills up while clients send, and has room again: 503 meanwhile, then all goes on."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills.campaign import SCALES, Campaign, until
from drills.county import fill
from drills.effort import Effort
from drills.processes import ledger, unmount
from drills.row import Row
from drills.servers import KINDS, Place, ask, place_of, serving, wait_for
from drills.stored import find_harm

SHEETS = 200
SIZES = {"sqlite": 96, "postgresql": 400}
"""Megabytes of the small disk; the server calls less than 50 free too little to begin with."""
FULL_FOR = 4.0


def run(effort: Effort) -> Iterator[Row]:
    """Both databases, each on a small disk of its own."""
    for kind in KINDS:
        try:
            with small_disk(SIZES[kind]) as disk, place_of(kind, disk) as place:
                yield from _drill(place, disk, effort.of(SHEETS, 80))
        except PermissionError as error:
            yield Row(f"{kind}: disk full", "503", f"not measured: {error}", False)


def _drill(place: Place, disk: Path, count: int) -> Iterator[Row]:
    settings = place.make("living")
    asked = fill(settings, count)
    log, ballast = Path(tempfile.mkdtemp(prefix="evalplat-drill-log-")) / "log", disk / "ballast"
    ledger().note_folder(log.parent)
    with serving(place.for_the_web(settings), log) as server:
        campaign = Campaign(server.port, asked)
        with campaign:
            campaign.wait_for(count // 4)
            fill_up(ballast)
            before = time.monotonic()
            until(lambda: campaign.met_busy > 0 or time.monotonic() - before > 30)
            time.sleep(FULL_FOR)
            ready, headers = ask(server.port, "/readyz")
            stood_still = len(campaign.acknowledged) < count
            ballast.unlink()
            began = time.monotonic()
            wait_for(server.port, "/readyz", 200, 60, server.process)
            back = time.monotonic() - began
            campaign.wait_for(count)
        code = server.stop()
    harm = find_harm(settings, campaign.acknowledged, SCALES)
    defects = log.read_text().count('"defect"')
    yield Row(
        f"{place.kind}: disk full under clients: answers meanwhile, defects in the log",
        "503 with Retry-After, 0",
        f"{campaign.met_busy} × 503 with Retry-After, {defects}; exit {code}",
        campaign.met_busy > 0 and stood_still and not defects and code == 0,
    )
    yield Row(
        "… lost, doubled, torn; served again by itself",
        "0, 0, 0; ≤ 10 s",
        f"{harm}; {back:.1f} s",
        harm.is_none and harm.sheets == count and back <= 10,
    )
    if place.kind == "sqlite":
        told = "Retry-After" in headers
        yield Row("… /readyz while the disk was full", "503", f"{ready}{' with Retry-After' * told}",
                  ready == 503 and told)  # fmt: skip


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk in memory that holds no more than so much; raises PermissionError where none may be made."""
    folder = Path(tempfile.mkdtemp(prefix="evalplat-drill-disk-"))
    ledger().note_folder(folder)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        folder.rmdir()
        raise PermissionError("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        unmount(folder)
        folder.rmdir()


def fill_up(ballast: Path) -> None:
    """Take every byte that is free."""
    with ballast.open("wb") as file:
        for size in (1 << 20, 4096):
            try:
                while True:
                    os.write(file.fileno(), b"x" * size)
            except OSError:
                continue
