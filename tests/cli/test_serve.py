"""Serving the pages: what is wrong is said before anything starts, and what is served answers."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalplat.cli.serve import require_free
from evalplat.errors import NotConfigured

KEY = "k7Qz2mB9xW4cR8tY1uP5aS3dF6gH0jL-"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evalplat.cli.main", *arguments],
        env={**os.environ, "EVALPLAT_DATABASE_URL": f"sqlite:///{folder / 'e.sqlite3'}", **environ},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_port_that_is_taken_is_named(taken: int) -> None:
    with pytest.raises(NotConfigured, match=f"Port {taken} of 127.0.0.1 is already in use"):
        require_free("127.0.0.1", taken)


def test_an_address_that_is_not_this_machine_s_is_named() -> None:
    with pytest.raises(NotConfigured, match=r"no address 192\.0\.2\.1"):
        require_free("192.0.2.1", 8000)


def test_the_server_does_not_start_without_a_key(tmp_path: Path) -> None:
    result = run(tmp_path, "serve", EVALPLAT_SECRET_KEY="changeme")
    assert result.returncode == 1
    assert "EVALPLAT_SECRET_KEY" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_server_does_not_start_on_a_database_without_tables(tmp_path: Path) -> None:
    result = run(tmp_path, "serve", EVALPLAT_SECRET_KEY=KEY)
    assert result.returncode == 1
    assert "evalplat db create" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_pages_are_served_and_the_server_stops_when_it_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "db", "create").returncode == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {"EVALPLAT_DATABASE_URL": f"sqlite:///{tmp_path / 'e.sqlite3'}"}
    server = subprocess.Popen(
        [sys.executable, "-m", "evalplat.cli.main", "serve", "--port", str(port)],
        env={**os.environ, **environ, "EVALPLAT_SECRET_KEY": KEY}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert f"http://127.0.0.1:{port}" in server.stdout.readline()
        assert fetch(f"http://127.0.0.1:{port}/readyz").startswith('{"ready": true')
    finally:
        server.terminate()
        assert server.wait(timeout=40) == 0
        server.stdout.close()


def fetch(address: str) -> str:
    """The page, once the server has come up."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} does not answer")


def test_numpy_is_not_loaded_before_it_is_told_to_keep_to_one_thread() -> None:
    program = (
        "import sys, evalplat.cli.serve\n"
        "from evalplat.unsafe_settings import check_settings\n"
        "from evalplat.services.installation import check_database\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
