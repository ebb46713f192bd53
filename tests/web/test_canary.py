"""An unmistakable person goes through the pages; then every file is searched for what only the pages may show."""

import json
import logging
import re
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import make_url
from web.conftest import SYSTEM
from web.test_client_door import answer_everything
from web.test_contact_and_reminders import Recorder, base_of, remind
from web.test_goals import agree
from web.test_granting_vouchers import THERE, VOUCHER

from evalplat.logs import JsonFormatter
from evalplat.services.backups import keys_path, make_backup
from evalplat.storage import identities
from evalplat.storage.tables import Client

CASE_WORKER, WORKER = "case@county.example", "worker@birch.example"
NAME, EMAIL, PHONE = "Zyxilda Qvarnström", "zyxilda.q@canary.example", "+358409988776"
CODE, WORDS = "131052-308T", "Xylofonpolkka"
CANARIES = (
    *(
        NAME,
        "Zyxilda",
        "Qvarnström",
        "zyxilda",
        "qvarnström",
        EMAIL,
        PHONE,
        "0409988776",
        "9988776",
    ),
    *(CODE, "308T", WORDS),
)


@pytest.fixture
def episode(world: Any) -> Any:
    """The person as the case worker enters her, with a service that the provider's worker opens."""
    desk = world.browser(CASE_WORKER)
    desk.get(THERE)
    told = {"name": NAME, "birth_year": "1952", "code": CODE.lower(), "number": "PS-1"}
    assert desk.post(THERE, VOUCHER | told).status_code == 303, desk.page
    worker = world.browser(WORKER)
    worker.get("/desk/open")
    done = worker.post(
        "/desk/open", {"number": "PS-1", "action": "open", "opened_on": "20.11.2026"}
    )
    return SimpleNamespace(id=re.search(r"/desk/episodes/([\w-]+)", done.location)[1])


def go_everywhere(world: Any, episode: Any) -> Recorder:
    """Addresses, goals, the client's own pages, requests, searches, files, and a message; what was sent."""
    worker, there = world.browser(WORKER), f"/desk/episodes/{episode.id}"
    worker.get(f"{there}/contact")
    saved = {"email": EMAIL, "phone": "040 9988776", "channel": "email"}
    worker.post(f"{there}/contact", {**saved, "base": base_of(worker.page)})
    agree(worker, episode, title=f"{WORDS} every day", own_words=f"{NAME} wants to play")
    sheet = re.search(rf'href="({there}/administrations/[\w-]+)/sheet"', worker.get(there).text)[1]
    worker.get(f"{sheet}/sheet")
    sender = Recorder()
    remind(world, sender)
    _as_the_client(world, sender)
    worker.get("/desk/requests")
    asked = re.search(r'href="(/desk/requests/[\w-]+)"', worker.page)[1]
    worker.get(asked)
    worker.post(asked, {"answer": f"{WORDS} with {NAME}"})
    for search in ("qvarn", EMAIL, "040 9988776"):
        worker.get("/desk")
        worker.post("/desk", {"search": search})
        assert NAME in worker.page, search
    for path in (f"{there}/course", f"{there}/course.pdf", "/desk/calendar.ics", "/desk/alerts"):
        assert worker.get(path).status_code == 200, path
    _as_the_case_worker(world)
    return sender


def _as_the_client(world: Any, sender: Recorder) -> None:
    token = re.search(r"/c/l/([\w-]+)", sender.taken[0].text)[1]
    client = world.browser()
    client.get(f"/c/l/{token}")
    assert client.post(f"/c/l/{token}").status_code == 303
    client.client.set_cookie("language", "en")
    answer_everything(client, "1")
    client.get("/c/check")
    assert client.post("/c/check").location == "/c/thanks"
    client.get("/c/contact")
    client.post("/c/contact", {"message": f"{WORDS}, call {PHONE}"})


def _as_the_case_worker(world: Any) -> None:
    desk = world.browser(CASE_WORKER)
    desk.get("/cases")
    desk.post("/cases", {"search": CODE})
    assert NAME in desk.page
    there = re.search(rf'href="(/cases/[\w-]+)">{NAME}', desk.page)[1]
    desk.get(there)
    assert CODE in desk.page
    goal = {"part": "goal", "title": WORDS, "own_words": NAME, "indicator": ""}
    desk.get(f"{there}/plan")
    desk.post(f"{there}/plan", goal)
    desk.get("/cases/look")
    desk.post("/cases/look", {"number": CODE, "reason": "Stands in for a colleague on leave"})
    desk.get("/cases/look")
    desk.post("/cases/look", {"number": "131052-3", "reason": "too short"})


def files_of(world: Any, folder: Path) -> dict[str, bytes]:
    """Every file that the installation left: database, what is beside it, backups, keys, temporary files."""
    path = Path(make_url(world.wiring.settings.database_url).database)
    made = make_backup(
        world.wiring.settings, target=folder / "backup", at=world.clock(), progress=lambda *_: None
    )
    found = [*path.parent.glob(f"{path.name}*"), made.path, *folder.rglob("*")]
    return {file.name: file.read_bytes() for file in found if file.is_file()}


def find(content: bytes) -> list[str]:
    """The canaries in some bytes, as UTF-8 and as JSON writes them."""
    forms = {
        word: {word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()}
        for word in CANARIES
    }
    return [word for word, ways in forms.items() if any(way in content for way in ways)]


def test_nothing_of_a_person_is_readable_in_any_file_or_line(
    world: Any, episode: Any, tmp_path: Path, caplog: Any, monkeypatch: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    sender = go_everywhere(world, episode)
    message = sender.taken[0]
    assert message.to == EMAIL
    assert find(f"{message.subject}\n{message.text}\n{message.stop_url}".encode()) == []
    lines = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert lines and find(lines.encode()) == []
    files = files_of(world, temporary)
    assert {"backup", "backup.json"} <= files.keys() and keys_path(world.wiring.settings).exists()
    assert {name: found for name, content in files.items() if (found := find(content))} == {}


def test_the_search_finds_a_canary_where_one_is(world: Any, episode: Any, tmp_path: Path) -> None:
    """The negative control: a name that got past the sealing is found in database and backup."""
    with world.wiring.transaction(SYSTEM) as session:
        session.execute(Client.__table__.update().values(employment="Zyxilda"))
    found = {name for name, content in files_of(world, tmp_path).items() if find(content)}
    assert "backup" in found and any(name.startswith("test.sqlite3") for name in found)


def test_an_erased_person_shows_as_erased_on_the_pages_and_the_numbers_stay(
    world: Any, episode: Any
) -> None:
    go_everywhere(world, episode)
    with world.wiring.transaction(SYSTEM) as session:
        (client,) = identities.find_by_words(session, NAME)
        identities.forget(session, client, world.clock())
    worker, desk = world.browser(WORKER), world.browser(CASE_WORKER)
    there = f"/desk/episodes/{episode.id}"
    for browser, path in (
        (worker, "/desk"), (worker, there), (worker, f"{there}/contact"),
        (worker, f"{there}/course"), (worker, f"{there}/goals"), (desk, "/cases"),
    ):  # fmt: skip
        assert browser.get(path).status_code == 200, path
        assert find(browser.page.encode()) == [], path
        assert "Erased person" in browser.page, path
    for path in (f"{there}/course.pdf", "/desk/calendar.ics", "/desk/requests", "/desk/visits"):
        assert worker.get(path).status_code == 200, path
    worker.get(f"{there}/contact")
    again = {"email": EMAIL, "phone": "", "channel": "email", "base": base_of(worker.page)}
    assert worker.post(f"{there}/contact", again).status_code == 409
    assert "data was erased" in worker.page
