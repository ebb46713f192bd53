"""Every page, as everybody, on what is theirs, what is another provider's and what is not there.

Three providers hold data that look alike but for a word that stands nowhere else. What is foreign gives the answer of
what is missing, to the byte; and nothing in a list, a count, a search, a report or an export moves by what others have.
A route whose address names a thing that this matrix does not know fails it.
"""

import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from api_county import make_key
from flask import Flask

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.accounts import create_account, list_accounts
from evalplat.services.actors import Actor
from evalplat.services.passwords import make_secret
from evalplat.services.providers import add_provider, list_providers
from evalplat.services.requests import ClientDetails
from evalplat.services.tokens import SCOPES_OF
from evalplat.services.vouchers import grant_voucher
from evalplat.vocabulary import Role
from evalplat.web.access import list_routes
from evalplat.web.context import EXTENSION
from evalplat.wiring import build_wiring

from .conftest import NOON, OPENED, PASSWORD, Clock, World, settings_for

SYSTEM = Actor.system("test")
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
OWNED = (
    "episode_id",
    "client_id",
    "administration_id",
    "invitation_id",
    "appointment_id",
    "request_id",
)
"""What belongs to a provider and a client."""

ELSEWHERE = {
    *(
        "account_id",
        "session_id",
        "token_id",
        "key_id",
        "identity_id",
        "provider_id",
    ),  # of an account, or of the county: see test_staff_accounts …
    *(
        "reminder_id",
        "note_id",
        "run_id",
        "erasure_id",
        *("draft", "language", "number", "version"),
    ),  # of the county, or behind a role of its own
    *("filename", "edition", "name", "token", "code"),  # of nobody, or secret by themselves
}
FILLED = {"instrument": "whodas-2.0-12", "form": "csv", "key": "whodas-2.0-12"}
PROVIDERS = ("Birch Oy", "Maple Oy", "Cedar Oy")
CANARIES = ("Kanariaxbirch", "Kanariaxmaple", "Kanariaxcedar")
VOUCHERS = ("SAMEBIRCH", "SAMEMAPLE", "SAMECEDAR")
MISSING = "A" * 16
NOT_OPEN = (403, 404)


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks; `own`: which provider's things are theirs, None for nobody's."""

    email: str
    role: Role
    own: int | None = None


VIEWERS = (
    Viewer("worker@birch.example", Role.PROVIDER_WORKER, 0),
    Viewer("manager@birch.example", Role.PROVIDER_MANAGER, 0),
    Viewer("worker@maple.example", Role.PROVIDER_WORKER, 1),
    Viewer("worker@cedar.example", Role.PROVIDER_WORKER, 2),
    Viewer("manager@cedar.example", Role.PROVIDER_MANAGER, 2),
    Viewer("other@county.example", Role.CASE_WORKER),
    Viewer("analyst@county.example", Role.ANALYST),
    Viewer("admin@county.example", Role.ADMINISTRATOR),
)


def make_staff(world: Any) -> None:
    """The third provider and who is missing; before anybody's data, so that pages can be compared."""
    with world.wiring.transaction(SYSTEM) as session:
        add_provider(session, SYSTEM, name="Cedar Oy")
        ids = {one.name: one.id for one in list_providers(session, SYSTEM)}
        there = {one.email for one in list_accounts(session, SYSTEM)}
        for viewer in VIEWERS:
            if viewer.email not in there:
                provider = None if viewer.own is None else ids[PROVIDERS[viewer.own]]
                create_account(
                    session, SYSTEM, email=viewer.email, name="Same Name", role=viewer.role,
                    password=make_secret(PASSWORD), language="en", provider_id=provider,
                )  # fmt: skip


def fill(world: Any, number: int) -> dict[str, str]:
    """One provider's client, answers, code, meeting and request; gives back the real ids."""
    with world.wiring.transaction(SYSTEM) as session:
        owner = next(a for a in list_accounts(session, SYSTEM) if a.email == "case@county.example")
        order = [one.name for one in list_providers(session, SYSTEM)].index(PROVIDERS[number])
        grant_voucher(
            session, SYSTEM, number=VOUCHERS[number], at=NOON, value_cents=250_000, hours=40,
            client=ClientDetails(name=f"Aino {CANARIES[number]}", birth_year=1980),
            valid_from=OPENED.replace(month=9, day=1), valid_until=OPENED.replace(year=2027, month=8),
            municipality="853", case_worker_id=owner.id,
        )  # fmt: skip
    episode = world.open_episode(VOUCHERS[number], order)
    worker = world.browser(f"worker@{PROVIDERS[number].split()[0].lower()}.example")
    here = f"/desk/episodes/{episode.id}"
    worker.get(f"{here}/appointments")
    key = re.search(r'name="key" value="([^"]+)"', worker.page)
    assert key
    meeting = {"key": key[1], "held_on": "2026-11-23", "minutes": "60", "outcome": "held",
               "form": "individual", "place": "home"}  # fmt: skip
    assert worker.post(f"{here}/appointments", meeting).status_code == 303
    worker.get(f"{here}/appointments")
    struck = re.search(r"/appointments/([^/]+)/strike", worker.page)
    request = ask_for_contact(world, episode, CANARIES[number], worker)
    assert struck
    return {
        "episode_id": episode.id, "client_id": episode.client_id, "request_id": request,
        "administration_id": world.administration(episode, "whodas-2.0-12"),
        "invitation_id": world.invite(episode, "whodas-2.0-12", end=True).id,
        "appointment_id": struck[1],
    }  # fmt: skip


def ask_for_contact(world: Any, episode: Any, words: str, worker: Any) -> str:
    """A client's request, written after sending; gives back its id."""
    client = world.browser()
    client.get("/c")
    code = world.invite(episode).code
    assert client.post("/c", {"code": code}).status_code == 303
    client.get("/c/q/S1")
    for item in [*(f"S{n}" for n in range(1, 12)), "works_or_studies"]:
        client.post(f"/c/q/{item}", {"answer": "0"})
    client.get("/c/check")
    assert client.post("/c/check").location == "/c/thanks"
    client.get("/c/contact")
    assert client.post("/c/contact", {"message": f"Please call, {words}"}).status_code == 303
    worker.get("/desk/requests")
    found = re.search(r"/desk/requests/([^/\"]+)", worker.page)
    assert found, worker.page
    return found[1]


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, filled_file: Path, catalogue: Catalogue, app: Flask
) -> Iterator[Any]:
    """The county with all three providers' data, made once: nothing that is refused or read changes it."""
    path = tmp_path_factory.mktemp("matrix") / "test.sqlite3"
    for part in filled_file.parent.glob(filled_file.name + "*"):
        shutil.copy(part, path.with_name(path.name + part.name[len(filled_file.name) :]))
    clock = Clock()
    wiring = build_wiring(settings_for(path), catalogue=catalogue, clock=clock)
    app.extensions[EXTENSION] = wiring
    world = World(wiring, app, clock)
    make_staff(world)
    world.ids = [fill(world, number) for number in range(3)]  # type: ignore[attr-defined]
    yield world
    wiring.engine.dispose()


@pytest.fixture
def county(filled: Any, app: Flask) -> Any:
    app.extensions[EXTENSION] = filled.wiring
    return filled


def read_text(response: Any) -> str:
    """All that an answer says: of a workbook its parts, of a PDF its words."""
    body = response.get_data()
    if body[:2] == b"PK":
        with zipfile.ZipFile(BytesIO(body)) as parts:
            body = b"\n".join(parts.read(name) for name in parts.namelist())
    elif body[:5] == b"%PDF-":
        pages = pypdf.PdfReader(BytesIO(body)).pages
        return "\n".join(page.extract_text() for page in pages)
    return str(body.decode("utf-8", "replace"))


def shape(response: Any, ids: dict[str, str]) -> tuple[Any, ...]:
    """Status, headers and body, but for what was asked for and what is drawn anew each time."""
    asked = re.compile("|".join(map(re.escape, {*ids.values(), MISSING})))
    drawn = re.compile(
        r'(name="csrf_token" value=")[^"]+|\b[0-9A-F]{8}\b|(name="key" value=")[^"]+'
    )
    body = drawn.sub("", asked.sub("_", read_text(response)))
    headers = [
        (k, asked.sub("_", v))
        for k, v in response.headers
        if k not in ("Set-Cookie", "Content-Length")
    ]
    return response.status_code, len(body), body, sorted(headers)


def owned_routes(app: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, rule)
        for path, methods, _endpoint, rule in list_routes(app)
        for method in methods.split()
        if rule.door == "staff" and set(PLACE.findall(path)) & set(OWNED)
    ]


def call(browser: Any, method: str, path: str, ids: dict[str, str]) -> Any:
    here = PLACE.sub(lambda found: {**FILLED, **ids}.get(found[1], MISSING), path)
    return browser.get(here) if method == "GET" else browser.post(here, {"title": "x"})


def test_every_place_in_an_address_is_known_to_the_matrix(app: Any) -> None:
    places = {name for path, *_rest in list_routes(app) for name in PLACE.findall(path)}
    assert places - {*OWNED, *ELSEWHERE, *FILLED} == set()
    assert len(owned_routes(app)) > 40


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.email)
def test_a_foreign_thing_is_like_one_that_is_not_there(county: Any, viewer: Viewer) -> None:
    browser, wrong, cells = county.browser(viewer.email), [], 0
    missing = dict.fromkeys(OWNED, MISSING)
    foreign = [ids for number, ids in enumerate(county.ids) if number != viewer.own]
    for path, method, rule in owned_routes(county.app):
        browser.get("/account")
        nothing = call(browser, method, path, missing)
        absent = shape(nothing, missing)
        wanted = 404 if viewer.role in rule.roles else 403
        for ids in foreign:
            browser.get("/account")
            found = call(browser, method, path, ids)
            cells += 1
            if shape(found, ids) != absent or found.status_code != wanted:
                wrong.append((method, path, nothing.status_code, found.status_code))
            text = read_text(found)
            assert not any(word in text for word in (*CANARIES, *VOUCHERS)), path
        assert nothing.status_code == wanted, (method, path)
    assert wrong == []
    assert cells > 90


@pytest.mark.parametrize("viewer", VIEWERS[:2], ids=lambda one: one.email)
def test_a_foreign_thing_under_an_own_one_is_not_there_either(county: Any, viewer: Viewer) -> None:
    """The address begins with the own episode and goes on with what belongs to another."""
    browser, wrong, cells = county.browser(viewer.email), [], 0
    own, foreign = county.ids[viewer.own], county.ids[1]
    for path, method, rule in owned_routes(county.app):
        inner = PLACE.findall(path)[1:]
        if not inner or viewer.role not in rule.roles:
            continue
        mixed, absent = (
            {**own, **{n: foreign[n] for n in inner}},
            {**own, **dict.fromkeys(inner, MISSING)},
        )
        browser.get("/account")
        found = shape(call(browser, method, path, mixed), mixed)
        browser.get("/account")
        cells += 1
        if found != shape(call(browser, method, path, absent), absent) or found[0] != 404:
            wrong.append((method, path, found[0]))
    assert wrong == []
    assert cells >= 5


@pytest.mark.parametrize("viewer", VIEWERS[:5], ids=lambda one: one.email)
def test_what_is_one_s_own_opens(county: Any, viewer: Viewer) -> None:
    """So that the cells above are closed for whom they are, and not for everybody."""
    browser, seen = county.browser(viewer.email), 0
    ids = county.ids[viewer.own]
    for path, method, rule in owned_routes(county.app):
        if method == "GET" and viewer.role in rule.roles:
            answer = call(browser, method, path, ids)
            assert answer.status_code not in (403, 500), path
            seen += CANARIES[viewer.own] in read_text(answer)
    assert seen > 5


def lists_of(app: Any, role: Role) -> list[str]:
    """Every page that names no single thing, for this role."""
    paths = []
    for path, methods, _endpoint, rule in list_routes(app):
        places = set(PLACE.findall(path))
        if (
            "GET" in methods
            and rule.door == "staff"
            and role in rule.roles
            and places <= set(FILLED)
        ):
            paths.append(PLACE.sub(lambda found: FILLED[found[1]], path))
    return [*paths, "/desk?state=all", "/desk?state=due", "/desk?state=done"]


def look_round(browser: Any, app: Any, viewer: Viewer) -> dict[str, tuple[Any, ...]]:
    """What every list, report and export shows, and what searching for the others' words finds."""
    seen = {}
    for path in lists_of(app, viewer.role):
        answer = browser.get(path)
        text = read_text(answer)
        for number, words in enumerate(zip(CANARIES, VOUCHERS, strict=True)):
            if number != viewer.own:
                assert not any(word in text for word in words), path
        is_file = answer.mimetype != "text/html"
        seen[path] = (answer.status_code,) if is_file else shape(answer, {})
    if viewer.role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER):
        for word in (*CANARIES, *VOUCHERS):
            browser.get("/desk")
            browser.post("/desk", {"search": word})
            seen[f"search {word}"] = (
                browser.page.count("<tr"),
                browser.page.count("/desk/episodes/"),
            )
    return seen


@pytest.mark.parametrize("viewer", [VIEWERS[1], VIEWERS[0]], ids=lambda one: one.email)
def test_no_list_count_search_report_or_export_moves_by_what_others_have(
    world: Any, viewer: Viewer
) -> None:
    make_staff(world)
    own = fill(world, 0)
    browser = world.browser(viewer.email)
    look_round(
        browser, world.app, viewer
    )  # what looking itself leaves behind is there before the first look counts
    before = look_round(browser, world.app, viewer)
    assert before[f"search {CANARIES[0]}"][1] > before[f"search {CANARIES[1]}"][1]
    fill(world, 1)
    fill(world, 2)
    after = look_round(browser, world.app, viewer)
    assert [path for path in before if before[path] != after[path]] == []
    assert CANARIES[0] in read_text(browser.get(f"/desk/episodes/{own['episode_id']}"))


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.email)
def test_no_list_report_or_export_names_a_foreign_client(county: Any, viewer: Viewer) -> None:
    assert len(look_round(county.browser(viewer.email), county.app, viewer)) > 5


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda one: one.email)
def test_other_programs_reach_what_their_account_reaches(county: Any, viewer: Viewer) -> None:
    key = make_key(county.wiring, viewer.email, SCOPES_OF[viewer.role])
    client, headers = county.app.test_client(), {"Authorization": f"Bearer {key}"}
    paths = ("/episodes/{episode_id}/course", "/administrations/{administration_id}",
             "/administrations/{administration_id}/scores")  # fmt: skip
    for path in paths:
        answers = [
            client.get(f"/api/v1{path.format(**ids)}", headers=headers)
            for ids in (*county.ids, dict.fromkeys(OWNED, MISSING))
        ]
        absent = shape(answers[-1], {})
        assert absent[0] in NOT_OPEN
        for number, answer in enumerate(answers[:-1]):
            assert (answer.status_code == 200) == (number == viewer.own), path
            assert number == viewer.own or shape(answer, county.ids[number]) == absent
    due = client.get("/api/v1/due", headers=headers).get_data(as_text=True)
    others = [n for n in range(3) if n != viewer.own]
    assert not any(
        value in due
        for n in others
        for value in (*county.ids[n].values(), CANARIES[n], VOUCHERS[n])
    )


def test_a_difference_of_a_word_a_header_or_a_status_would_be_noticed(county: Any) -> None:
    browser = county.browser("worker@birch.example")
    ids = county.ids[0]
    own = call(browser, "GET", "/desk/episodes/<episode_id>", ids)
    absent = call(browser, "GET", "/desk/episodes/<episode_id>", dict.fromkeys(OWNED, MISSING))
    assert CANARIES[0] in read_text(own)
    assert shape(own, ids) != shape(absent, ids)
    again = call(browser, "GET", "/desk/episodes/<episode_id>", dict.fromkeys(OWNED, MISSING))
    assert shape(again, ids) == shape(absent, ids)
    again.headers["X-Owner"] = "another"
    assert shape(again, ids) != shape(absent, ids)
