"""A server that is told to stop answers what it has begun; nothing is half-saved and nobody sees an error."""

import http.client
import os
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from filelock import FileLock
from keys import MASTER_KEYS

from evalplat.config import Settings, sqlite_url
from evalplat.services.access_log import list_access_log
from evalplat.services.accounts import create_account
from evalplat.services.actors import Actor
from evalplat.services.installation import make_tables
from evalplat.services.passwords import make_secret
from evalplat.vocabulary import Role
from evalplat.wiring import build_wiring

KEY = "k7Qz2mB9xW4cR8tY1uP5aS3dF6gH0jL-"
EMAIL, PASSWORD = "admin@county.example", "a long password of a test"
BROWSERS = 4
SYSTEM = Actor.system("test")


def test_what_was_begun_before_the_server_is_told_to_stop_is_answered_and_saved_once(
    tmp_path: Path,
) -> None:
    url = sqlite_url(tmp_path / "e.sqlite3")
    settings = Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)
    make_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        with wiring.transaction(SYSTEM) as session:
            create_account(
                session, SYSTEM, email=EMAIL, name="A", role=Role.ADMINISTRATOR, password=make_secret(PASSWORD),
                language="en",
            )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        server = subprocess.Popen(
            [sys.executable, "-m", "evalplat.cli.main", "serve", "--port", str(port)],
            env={**os.environ, "EVALPLAT_DATABASE_URL": url, "EVALPLAT_SECRET_KEY": KEY,
                 "EVALPLAT_SECOND_FACTOR": "none"},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            forms = [load_form(port) for _ in range(BROWSERS)]
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                stranger.sendall(b"NO /c/l/canary HTTP\r\n\r\n")
                assert b"400" in stranger.recv(100)
            queue = FileLock(tmp_path / "e.sqlite3.writer")
            begun = threading.Barrier(BROWSERS + 1)
            with ThreadPoolExecutor(BROWSERS) as pool, queue:
                answers = [pool.submit(send_form, form, begun) for form in forms]
                begun.wait(timeout=20)
                time.sleep(0.5)  # all four wait for their turn to write, which the queue withholds
                server.terminate()
                time.sleep(0.5)
                assert server.poll() is None
                queue.release()
                statuses = [answer.result(timeout=30) for answer in answers]
        finally:
            server.terminate()
            told = server.communicate(timeout=40)[1]
        assert statuses == [303] * BROWSERS
        assert server.returncode == 0, told
        assert "Invalid request from ip" in told and "canary" not in told
        assert '"level": "error"' not in told and "Traceback" not in told
        with wiring.reading(SYSTEM) as session:
            written = [entry.action for entry in list_access_log(session, SYSTEM)]
        assert written.count("sign_in") == BROWSERS


def load_form(port: int) -> tuple[http.client.HTTPConnection, str, str]:
    """A connection with the sign-in form: its token and its cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(300):
        try:
            connection.request("GET", "/sign-in")
            break
        except OSError:
            connection.close()
            time.sleep(0.1)
    response = connection.getresponse()
    page = response.read().decode()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return connection, found[1], (response.headers["Set-Cookie"] or "").partition(";")[0]


def send_form(form: tuple[http.client.HTTPConnection, str, str], begun: threading.Barrier) -> int:
    connection, token, cookie = form
    from urllib.parse import urlencode

    body = urlencode({"csrf_token": token, "email": EMAIL, "password": PASSWORD})
    kind = "application/x-www-form-urlencoded"
    connection.request("POST", "/sign-in", body, {"Cookie": cookie, "Content-Type": kind})
    begun.wait(timeout=20)
    with closing(connection):
        response = connection.getresponse()
        response.read()
        return response.status
