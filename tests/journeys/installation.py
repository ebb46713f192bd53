"""An installation as an operator runs it: an own database, `evalplat serve` in a process of its own, a small county."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from builders import open_code
from keys import MASTER_KEYS

from evalplat.cli.serve import require_free
from evalplat.config import HOME_COUNTY, Settings, sqlite_url
from evalplat.demo import truth
from evalplat.demo.fill import fill
from evalplat.demo.staff import SYSTEM, SignIn
from evalplat.instruments.definition import Instrument
from evalplat.scoring.answers import check_answers
from evalplat.scoring.score import score
from evalplat.services import installation
from evalplat.services.accounts import create_account
from evalplat.services.answers import get_sheet, list_revisions, save_draft
from evalplat.services.episodes import open_episode
from evalplat.services.invitations import draw_secret, invite
from evalplat.services.passwords import draw_password, make_secret
from evalplat.services.requests import ClientDetails
from evalplat.services.views import EpisodeView, Invitation, SheetView
from evalplat.services.vouchers import grant_voucher
from evalplat.vocabulary import MeasurementPoint, Role
from evalplat.wiring import Wiring, build_wiring

WHODAS, LIFE = "whodas-2.0-12", "3x10d"
BASELINE = MeasurementPoint.BASELINE

PROVIDERS = (
    "Rehab Svala", "Kuntoutus Haikara", "Osallisuus Peippo", "Yhteispolku Rastas", "Stödtjänst Lom",
    "Kumppani Haahka", "Mielenvire Huuhkaja", "Pienryhmä Sinitiainen",
)  # fmt: skip
"""From 132 episodes down to 3: some are compared, some too small to conclude, some too small to be shown."""

HOME = ZoneInfo("Europe/Helsinki")
PATIENCE = 60.0


def today() -> date:
    """The day that the pages call today."""
    return datetime.now(HOME).date()


@dataclass(frozen=True)
class Site:
    """The served installation: its address, its database through services, and who can sign in."""

    address: str
    wiring: Wiring
    staff: tuple[SignIn, ...]
    provider_ids: Mapping[str, str]
    cookies: dict[str, Any] = field(default_factory=dict)
    secret_key: str = ""

    def sign_in_of(self, role: Role, number: int = 0) -> SignIn:
        """Somebody of a role; workers number 0 and 1 are of different providers."""
        return [one for one in self.staff if one.role is role][number]

    def instrument(self, key: str = WHODAS) -> Instrument:
        """The latest version of an instrument."""
        return self.wiring.catalogue.get(key)

    def scores(self, answers: Mapping[str, object], key: str = WHODAS) -> dict[str, Any]:
        """What the scoring room makes of answers, by scale."""
        definition = self.instrument(key)
        return {s.scale: s for s in score(definition, check_answers(definition, answers))}

    def grant(self, number: str, name: str, language: str = "fi") -> str:
        """A voucher for a client, good for a year in both directions."""
        case_worker = self.sign_in_of(Role.CASE_WORKER).account_id
        with self.wiring.transaction(SYSTEM) as session:
            return grant_voucher(
                session, SYSTEM, number=number,
                client=ClientDetails(name=name, birth_year=1988, language=language),
                value_cents=240_000, hours=40, valid_from=today() - timedelta(days=365),
                valid_until=today() + timedelta(days=365), municipality="853",
                service="social rehabilitation", case_worker_id=case_worker, at=self.wiring.clock(),
            ).number  # fmt: skip

    def open_episode(
        self,
        number: str,
        name: str,
        opened_on: date | None = None,
        worker: int = 0,
        language: str = "fi",
    ) -> EpisodeView:
        """An episode of the first worker's provider, opened today unless said otherwise."""
        self.grant(number, name, language)
        provider = self.provider_ids[self.sign_in_of(Role.PROVIDER_WORKER, worker).provider]
        with self.wiring.transaction(SYSTEM) as session:
            return open_episode(
                session, self.wiring.catalogue, SYSTEM, voucher_number=number, provider_id=provider,
                opened_on=opened_on or today(), at=self.wiring.clock(),
            )  # fmt: skip

    def invite(self, episode: EpisodeView, instrument: str = WHODAS) -> Invitation:
        """A code for the episode's first sheet of an instrument."""
        return self.invite_to(administration_of(episode, instrument))

    def invite_to(self, administration_id: str) -> Invitation:
        """A code for one sheet."""
        at, secret = self.wiring.clock(), draw_secret()
        with self.wiring.transaction(SYSTEM) as session:
            return invite(
                session, SYSTEM, administration_id=administration_id, secret=secret, at=at
            )

    def answer(self, invitation: Invitation, answers: Mapping[str, object]) -> None:
        """Save answers for a client as the client's own pages do, one at a time."""
        at = self.wiring.clock()
        visit = open_code(self.wiring, invitation.code)
        with self.wiring.transaction(visit.actor) as session:
            for code, value in answers.items():
                save_draft(
                    session, self.wiring.catalogue, visit.actor, code=code, value=value, at=at,
                    administration_id=visit.administration_id,
                )  # fmt: skip

    def sheet(self, administration_id: str) -> SheetView | None:
        """The sheet that is stored for an administration."""
        with self.wiring.reading(SYSTEM) as session:
            return get_sheet(session, SYSTEM, administration_id=administration_id)

    def count_sheets(self, administration_id: str) -> int:
        """How many sheets an administration has, corrections included."""
        with self.wiring.reading(SYSTEM) as session:
            return len(list_revisions(session, SYSTEM, administration_id=administration_id))


def administration_of(
    episode: EpisodeView, instrument: str, point: MeasurementPoint = BASELINE
) -> str:
    """The id of an episode's administration of an instrument at a point."""
    return next(
        a.id for a in episode.administrations if a.instrument_key == instrument and a.point is point
    )


@contextmanager
def serve_county(folder: Path) -> Iterator[Site]:
    """A small county in `folder`, served until the block ends."""
    known = {provider.name: provider for provider in truth.PROVIDERS}
    made_up = tuple(known[name] for name in PROVIDERS)
    with _serve(folder, lambda wiring: fill(wiring, lambda _d, _a: None, made_up=made_up)) as site:
        yield site


@contextmanager
def serve_empty(folder: Path) -> Iterator[Site]:
    """An installation as it is after `db create` and the first `account create`: an administrator, and nobody else."""

    def begin(wiring: Wiring) -> tuple[SignIn, ...]:
        password = make_secret(draw_password())
        with wiring.transaction(SYSTEM) as session:
            account = create_account(
                session, SYSTEM, email="admin@county.example", name="Alma Admin",
                role=Role.ADMINISTRATOR, password=password, language="en",
            )  # fmt: skip
        return (SignIn(account.role, account.name, account.email, password.text, account.id, ""),)

    with _serve(folder, begin) as site:
        yield site


@contextmanager
def _serve(folder: Path, begin: Callable[[Wiring], tuple[SignIn, ...]]) -> Iterator[Site]:
    url = sqlite_url(folder / "evalplat.sqlite3")
    settings = Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)
    installation.make_tables(settings)
    wiring = build_wiring(settings)
    with wiring.transaction(SYSTEM) as session:
        installation.load_county(session, wiring.catalogue, SYSTEM, settings)
    staff = begin(wiring)
    port = find_free_port()
    environ = {
        "EVALPLAT_DATABASE_URL": url,
        "EVALPLAT_MASTER_KEY": MASTER_KEYS[0],
        "EVALPLAT_SECOND_FACTOR": "none",
        "EVALPLAT_SECRET_KEY": (key := secrets.token_urlsafe(48)),
        "EVALPLAT_COUNTY": HOME_COUNTY,
    }
    try:
        with run_server(port, environ, folder / "server.log"):
            yield Site(
                f"http://127.0.0.1:{port}", wiring, staff, _provider_ids(wiring), secret_key=key
            )
    finally:
        wiring.engine.dispose()


def _provider_ids(wiring: Wiring) -> dict[str, str]:
    from evalplat.services.providers import list_providers

    with wiring.reading(SYSTEM) as session:
        return {provider.name: provider.id for provider in list_providers(session, SYSTEM)}


def find_free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    require_free("127.0.0.1", port)
    return port


@contextmanager
def run_server(port: int, environ: Mapping[str, str], log: Path) -> Iterator[None]:
    """`evalplat serve`, from the moment it is ready; what it wrote to its log is in every failure."""
    arguments = [sys.executable, "-m", "evalplat.cli.main", "serve", "--port", str(port)]
    with log.open("wb") as stream:
        server = subprocess.Popen(
            arguments, env={**os.environ, **environ}, stdout=stream, stderr=subprocess.STDOUT
        )
    try:
        _wait_until_ready(server, f"http://127.0.0.1:{port}/readyz", log)
        yield
    finally:
        server.terminate()
        status = server.wait(timeout=PATIENCE)
    told = log.read_text(encoding="utf-8")
    assert status == 0, told
    assert "Traceback" not in told and "reference" not in told, told


def _wait_until_ready(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert server.poll() is None, f"the server stopped: {log.read_text(encoding='utf-8')}"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not come up: {log.read_text(encoding='utf-8')}")
