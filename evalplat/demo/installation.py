"""The demo's own embedded database: made once in a folder of its own, whole or not at all, and reused."""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from evalplat.config import HOME_COUNTY, Settings, sqlite_url
from evalplat.demo.fill import Progress, fill
from evalplat.demo.staff import SYSTEM, SignIn
from evalplat.errors import NotConfigured
from evalplat.services import installation, invitations
from evalplat.services.accounts import get_account
from evalplat.services.actors import Actor
from evalplat.services.definitions import check_definitions
from evalplat.services.episodes import list_worklist
from evalplat.vocabulary import DueState, Respondent, Role
from evalplat.wiring import Wiring, build_wiring

DATABASE, SIGN_INS, KEY = "evalplat.sqlite3", "sign-ins.json", "secret-key"
MASTER_KEY = "master-key"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready: how to reach its database, and who can sign in."""

    wiring: Wiring
    folder: Path
    sign_ins: tuple[SignIn, ...]
    made_now: bool

    @property
    def environment(self) -> Mapping[str, str]:
        """What `evalplat serve` has to be told to serve this demo."""
        return {
            "EVALPLAT_DATABASE_URL": self.wiring.settings.database_url,
            "EVALPLAT_SECRET_KEY_FILE": str(self.folder / KEY),
            "EVALPLAT_MASTER_KEY_FILE": str(self.folder / MASTER_KEY),
            "EVALPLAT_COUNTY": HOME_COUNTY,
            "EVALPLAT_SECOND_FACTOR": "none",
        }


def open_demo(folder: Path, progress: Progress, *, fresh: bool = False) -> Demo:
    """The demo in `folder`: made there if it is missing, of an older program, or asked for afresh."""
    folder.mkdir(parents=True, exist_ok=True)
    made_now = fresh or not _is_usable(folder, _settings(folder / DATABASE))
    if made_now:
        _make(folder, progress)
    settings = _settings(folder / DATABASE)
    records = json.loads((folder / SIGN_INS).read_text(encoding="utf-8"))
    sign_ins = tuple(SignIn(**{**record, "role": Role(record["role"])}) for record in records)
    return Demo(build_wiring(settings), folder, sign_ins, made_now)


def _settings(database: Path) -> Settings:
    url = sqlite_url(database.resolve())
    file = database.with_name(MASTER_KEY)
    keys = (file.read_text(encoding="utf-8").strip(),) if file.exists() else ()
    return Settings(database_url=url, owner_url=url, master_keys=keys)


def _is_usable(folder: Path, settings: Settings) -> bool:
    if not all((folder / name).exists() for name in (DATABASE, SIGN_INS, KEY, MASTER_KEY)):
        return False
    try:
        installation.check_database(settings)
        with closing(build_wiring(settings)) as wiring, wiring.reading(SYSTEM) as session:
            check_definitions(session, wiring.catalogue, SYSTEM)
    except NotConfigured:
        return False
    return True


def _make(folder: Path, progress: Progress) -> None:
    """Fill a database beside the final place and move it there when it is complete."""
    partial = folder / f"{DATABASE}.partial"
    _remove(folder, DATABASE, SIGN_INS, partial.name)
    _write_private(folder / MASTER_KEY, secrets.token_urlsafe(48))
    settings = _settings(partial)
    installation.make_tables(settings)
    wiring = build_wiring(settings)
    try:
        with wiring.transaction(SYSTEM) as session:
            installation.load_county(session, wiring.catalogue, SYSTEM, settings)
        staff = fill(wiring, progress)
    finally:
        wiring.engine.dispose()
    _write_private(folder / KEY, secrets.token_urlsafe(48))
    _write_private(folder / SIGN_INS, json.dumps([asdict(one) for one in staff], indent=1))
    os.replace(partial, folder / DATABASE)
    _remove(folder, partial.name)


def _remove(folder: Path, *names: str) -> None:
    """Take away files of an earlier try, with what SQLite keeps beside a database."""
    for name in names:
        for path in folder.glob(f"{name}*"):
            path.unlink()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)


def invite_a_client(demo: Demo) -> invitations.Invitation | None:
    """A code for a self-assessment that is due today; None when nothing is due (a demo grows old)."""
    worker = next(one for one in demo.sign_ins if one.role is Role.PROVIDER_WORKER)
    wiring, at = demo.wiring, datetime.now(UTC)
    with wiring.reading(SYSTEM) as session:
        actor = Actor.of(get_account(session, worker.account_id))
    with wiring.reading(actor) as session:
        rows = [
            row
            for state in (DueState.DUE, DueState.OVERDUE)
            for row in list_worklist(session, actor, on=at.date(), state=state).rows
            if row.respondent is Respondent.CLIENT and row.instrument_key == "whodas-2.0-12"
        ]
    if not rows:
        return None
    secret = invitations.draw_secret()
    with wiring.transaction(actor) as session:
        return invitations.invite(
            session, actor, administration_id=rows[0].administration_id, secret=secret, at=at
        )


def at_cutoff(demo: Demo, moment: datetime) -> Wiring:
    """The demo's wiring with the clock at the day its data end, so that figures and files stay the same."""
    return replace(demo.wiring, clock=lambda: moment)
