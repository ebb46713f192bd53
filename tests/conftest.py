"""What holds for every test: no network, no silent skip where none is allowed, pure rooms stay pure."""

import gc
import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import (
    catalogue,
    database,
    kind,
    postgresql,
    quickest_folder,
    sqlite_template,
    templates,
    wiring,
)
from hashing import hash_cheaply, hashing_as_shipped
from hypothesis import HealthCheck, settings
from keys import MASTER_KEY

__all__ = [
    "catalogue",
    "database",
    "hashing_as_shipped",
    "kind",
    "postgresql",
    "sqlite_template",
    "templates",
    "wiring",
]
"""Here and not in the rooms: what is imported in two places is made twice, a server of PostgreSQL too."""

TESTS = Path(__file__).parent
PURE_ROOMS = {"instruments", "scoring", "episodes", "statistics", "exchange", "reports"}
LONGEST = {"journeys", "demo", "test_parallel.py"}
"""A worker takes a module at a time: were one of these the last, the other worker would wait for it."""
DATABASE_FIXTURES = {"session", "engine", "wiring", "database", "database_url", "client"}

settings.register_profile(
    "evalplat",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("evalplat")
hash_cheaply()
if fast := quickest_folder():  # every commit to SQLite waits until it is on the disk
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(fast))
gc.set_threshold(20_000, 20, 20)  # as the command line does

os.environ["EVALPLAT_MASTER_KEY"] = (
    MASTER_KEY  # commands that the tests run write with the tests' key
)


def pytest_collection_finish() -> None:
    """What is imported by now stays: looking for garbage in it, again and again, takes a sixth of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first; a test of a pure room that asks for a database fails before anything runs."""
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONGEST)
    for item in items:
        room = item.path.relative_to(TESTS).parts[0]
        asked = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if room in PURE_ROOMS and asked:
            raise pytest.UsageError(
                f"{item.nodeid} asks for {sorted(asked)}: rooms {sorted(PURE_ROOMS)} know no database"
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """With EVALPLAT_NO_SKIP=1 a skipped test is a failed test."""
    report = yield
    if (
        report.skipped
        and not hasattr(report, "wasxfail")
        and os.environ.get("EVALPLAT_NO_SKIP") == "1"
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped where no skip is allowed: {report.longrepr}"
    return report


def _is_this_machine(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True
    host = address[0]
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine in no test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_this_machine(address):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
