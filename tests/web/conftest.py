"""A whole installation on a new SQLite file, and browsers that need no window."""

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from keys import MASTER_KEYS
from werkzeug.test import TestResponse

from evalplat.app import create_app
from evalplat.config import HOME_COUNTY, Settings, sqlite_url
from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.services.accounts import create_account, list_accounts
from evalplat.services.actors import Actor
from evalplat.services.answers import get_sheet, submit_answers
from evalplat.services.episodes import open_episode
from evalplat.services.invitations import draw_secret, invite
from evalplat.services.passwords import make_secret
from evalplat.services.plans import add_plan
from evalplat.services.providers import add_provider, list_providers
from evalplat.services.requests import ClientDetails, PlanRow
from evalplat.services.views import EpisodeView, Invitation, SheetView
from evalplat.services.vouchers import grant_voucher
from evalplat.storage.migrate import make_owner_engine, upgrade
from evalplat.storage.tables import Municipality
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role
from evalplat.web.context import EXTENSION
from evalplat.wiring import Wiring, build_wiring

PASSWORD = "a long password of a test"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
OPENED = date(2026, 11, 20)
SYSTEM = Actor.system("test")


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


class Browser:
    """A browser in the tests' hands: keeps cookies, sends the page's own token, follows what it is told."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.page = ""

    def get(self, path: str, **rest: Any) -> TestResponse:
        return self._keep(self.client.get(path, **rest))

    def post(self, path: str, data: dict[str, Any] | None = None, **rest: Any) -> TestResponse:
        sent = {"csrf_token": self.token, **(data or {})}
        return self._keep(self.client.post(path, data=sent, **rest))

    def _keep(self, response: TestResponse) -> TestResponse:
        if response.mimetype == "text/html" and response.status_code not in (302, 303):
            self.page = response.get_data(as_text=True)
        return response

    @property
    def token(self) -> str:
        found = TOKEN.search(self.page)
        return found[1] if found else ""

    def sign_in(self, email: str) -> TestResponse:
        self.get("/sign-in")
        return self.post("/sign-in", {"email": email, "password": PASSWORD})


@dataclass
class World:
    """An installation with two providers, staff of every role, and a voucher for each provider."""

    wiring: Wiring
    app: Flask
    clock: Clock

    def browser(self, email: str = "") -> Browser:
        browser = Browser(self.app)
        if email:
            assert browser.sign_in(email).status_code == 303
        return browser

    def open_episode(self, voucher: str = "V-1", provider: int = 0) -> EpisodeView:
        with self.wiring.transaction(SYSTEM) as session:
            return open_episode(
                session, self.wiring.catalogue, SYSTEM, voucher_number=voucher, opened_on=OPENED,
                provider_id=self.provider_ids()[provider], at=self.clock(),
            )  # fmt: skip

    def provider_ids(self) -> list[str]:
        with self.wiring.reading(SYSTEM) as session:
            return [provider.id for provider in list_providers(session, SYSTEM)]

    def administration(self, episode: EpisodeView, instrument: str, *, end: bool = False) -> str:
        point = MeasurementPoint.END if end else MeasurementPoint.BASELINE
        return administration_of(episode, instrument, point)

    def sheet(self, episode: EpisodeView, instrument: str = "whodas-2.0-12") -> SheetView | None:
        administration = administration_of(episode, instrument)
        with self.wiring.reading(SYSTEM) as session:
            return get_sheet(session, SYSTEM, administration_id=administration)

    def answer(self, episode: EpisodeView, value: int, *, end: bool = False) -> None:
        """The client's WHODAS-12 at the baseline or the end, every item the same."""
        raw = {f"S{n}": value for n in range(1, 13)} | {"works_or_studies": True}
        with self.wiring.transaction(SYSTEM) as session:
            submit_answers(
                session, self.wiring.catalogue, SYSTEM, raw=raw, idempotency_key=f"sheet of {episode.id} at {end=}",
                administration_id=self.administration(episode, "whodas-2.0-12", end=end),
                measured_on=self.clock().date() if end else OPENED, at=self.clock(),
            )  # fmt: skip

    def invite(
        self, episode: EpisodeView, instrument: str = "whodas-2.0-12", *, end: bool = False
    ) -> Invitation:
        administration = self.administration(episode, instrument, end=end)
        with self.wiring.transaction(SYSTEM) as session:
            return invite(
                session,
                SYSTEM,
                administration_id=administration,
                secret=draw_secret(),
                at=self.clock(),
            )


def administration_of(
    episode: EpisodeView,
    instrument: str,
    point: MeasurementPoint = MeasurementPoint.BASELINE,
) -> str:
    """The id of an episode's administration of an instrument at a point."""
    return next(
        a.id for a in episode.administrations if a.instrument_key == instrument and a.point is point
    )


STAFF = {
    "worker@birch.example": (Role.PROVIDER_WORKER, 0),
    "worker@maple.example": (Role.PROVIDER_WORKER, 1),
    "manager@birch.example": (Role.PROVIDER_MANAGER, 0),
    "case@county.example": (Role.CASE_WORKER, None),
    "analyst@county.example": (Role.ANALYST, None),
    "admin@county.example": (Role.ADMINISTRATOR, None),
}


PLAN = [
    PlanRow("whodas-2.0-12", MeasurementPoint.BASELINE),
    PlanRow("whodas-2.0-12", MeasurementPoint.END),
    PlanRow("3x10d", MeasurementPoint.BASELINE),
    PlanRow("worker-observation", MeasurementPoint.BASELINE, Respondent.WORKER, Mode.OBSERVATION),
    PlanRow("gas", MeasurementPoint.BASELINE, Respondent.TOGETHER, Mode.INTERVIEW),
    PlanRow("gas", MeasurementPoint.END, Respondent.TOGETHER, Mode.INTERVIEW),
]


def fill(wiring: Wiring, at: datetime) -> None:
    """Providers, staff and vouchers, through services only."""
    catalogue = wiring.catalogue
    with wiring.transaction(SYSTEM) as session:
        providers = [add_provider(session, SYSTEM, name=name) for name in ("Birch Oy", "Maple Oy")]
        for email, (role, number) in STAFF.items():
            create_account(
                session, SYSTEM, email=email, name=email.split("@")[0].title(), role=role,
                password=make_secret(PASSWORD), language="en",
                provider_id=None if number is None else providers[number].id,
            )  # fmt: skip
        session.add(Municipality(code="853", name="Turku", sub_region="Turku", county=HOME_COUNTY))
        add_plan(session, catalogue, SYSTEM, key="default", titles={"en": "Usual plan"}, rows=PLAN)
        case_worker = next(a for a in list_accounts(session, SYSTEM) if a.role is Role.CASE_WORKER)
        for number, name in (
            ("V-1", "Aino Esimerkki"),
            ("V-2", "Bo Exempel"),
            ("V-3", "Cia Canary"),
        ):
            grant_voucher(
                session, SYSTEM, number=number, client=ClientDetails(name=name, birth_year=1980),
                value_cents=250_000, hours=40, valid_from=date(2026, 9, 1),
                valid_until=date(2027, 8, 31), municipality="853",
                case_worker_id=case_worker.id, at=at,
            )  # fmt: skip


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


def settings_for(path: Path) -> Settings:
    url = sqlite_url(path)
    return Settings(
        database_url=url,
        owner_url=url,
        secret_key="0123456789abcdef" * 3,
        master_keys=MASTER_KEYS,
        second_factor=(),
    )


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    """A database file with providers, staff and vouchers, made once and copied for every test."""
    path = tmp_path_factory.mktemp("web") / "filled.sqlite3"
    owner = make_owner_engine(settings_for(path))
    upgrade(owner)
    owner.dispose()
    wiring = build_wiring(settings_for(path), catalogue=catalogue, clock=Clock())
    fill(wiring, NOON)
    wiring.engine.dispose()
    return path


@pytest.fixture(scope="session")
def app(filled_file: Path, catalogue: Catalogue) -> Flask:
    """One application for all tests, so that its templates are compiled once; each test gives it a database."""
    wiring = build_wiring(settings_for(filled_file), catalogue=catalogue, clock=Clock())
    wiring.engine.dispose()
    return create_app(wiring)


@pytest.fixture
def world(tmp_path: Path, filled_file: Path, catalogue: Catalogue, app: Flask) -> Any:
    path = tmp_path / "test.sqlite3"
    for part in filled_file.parent.glob(filled_file.name + "*"):
        shutil.copy(part, path.with_name(path.name + part.name[len(filled_file.name) :]))
    clock = Clock()
    wiring = build_wiring(settings_for(path), catalogue=catalogue, clock=clock)
    app.extensions[EXTENSION] = wiring
    yield World(wiring, app, clock)
    wiring.engine.dispose()
