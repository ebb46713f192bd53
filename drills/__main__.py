"""`python -m drills`: what takes too long for every test run, as one table; fails when a promise breaks."""

import argparse
import importlib
import os
import sys
import time

from drills.effort import Effort
from drills.mutants import ROOMS
from drills.processes import clear_up, ledger

DRILLS = {
    "attacker": "everything published of a thousand small counties, solved for what is withheld",
    "access_log": "a hundred thousand lines of the access log verified, and harmed in four ways",
    "api_contract": "thousands of requests drawn from the description of the interface, as every role",
    "backup_under_load": "backups beside four writers, restored; cut and changed ones refused",
    "clocks": "the server's clock jumps; reminders on the days when clocks are turned",
    "crashes": "kill -9 of the server and of PostgreSQL under eight clients",
    "disk_full": "the disk under each database fills up and has room again",
    "fsync_order": "whether the disk has each sheet before the reply goes out, under strace",
    "fuzz": "definitions, imports, codes as nobody writes them, for --seconds; bombs",
    "load": "sheets of 36 answers over 8 and 64 connections, beside the bare figure",
    "locks": "reading and then writing on SQLite from many processes and threads",
    "mutants": "code changed in one small place after the other: which changes no test notices",
    "outage": "PostgreSQL stopped and started under a server",
    "same_key": "one key eight times at once, another sheet under it, two browsers",
    "soak": "steady work for --minutes: memory, files, threads, log do not grow",
    "stopping": "SIGTERM under eight clients",
}


def main(given: list[str]) -> int:
    """Run the drills asked for, or all of them; 1 when something does not hold."""
    asked, effort = _read(given)
    ended = clear_up()
    if ended:
        _say(f"{ended} processes of an earlier run were still there and were ended.")
    _say(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start{' (quick)' * effort.quick}"
    )
    head = f"{'drill':<90}{'required':<26}measured"
    _say(head)
    _say("-" * (len(head) + 20))
    failed = False
    for name in asked:
        began = time.monotonic()
        try:
            for row in importlib.import_module(f"drills.{name}").run(effort):
                failed |= not row.holds
                verdict = "" if row.holds else "  DOES NOT HOLD"
                _say(f"{row.what:<90}{row.required:<26}{row.measured}{verdict}")
        except Exception as error:
            failed = True
            _say(f"{name}: DOES NOT HOLD: {type(error).__name__}: {error}")
        _say(f"    {name}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}")
    ledger().close()
    return int(failed)


def _read(given: list[str]) -> tuple[list[str], Effort]:
    listed = "\n".join(f"  {name:<20}{what}" for name, what in DRILLS.items())
    parser = argparse.ArgumentParser(
        prog="make drills ARGS=…", epilog=f"drills:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=sorted(DRILLS), default=[]
    )
    parser.add_argument("--quick", action="store_true", help="about a tenth of everything")
    parser.add_argument("--seconds", type=float, default=60, help="how long to fuzz (60)")
    parser.add_argument("--minutes", type=float, default=1, help="how long to soak (1)")
    parser.add_argument(
        "--mutants", type=int, default=100, help="how many in each room (100); 0 for all, for hours"
    )
    parser.add_argument(
        "--room", metavar="ROOM", action="append", choices=sorted(ROOMS), default=[],
        help=f"mutants of this room only: {', '.join(ROOMS)}",
    )  # fmt: skip
    options = parser.parse_args(given)
    effort = Effort(
        options.quick, options.seconds, options.minutes, options.mutants, tuple(options.room)
    )
    return options.only or list(DRILLS), effort


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
