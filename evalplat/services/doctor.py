"""Looks an installation over: everything that is unsafe or will be trouble, each with what to do about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.episodes.local_time import local_day
from evalplat.errors import EvalplatError, Fault, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services import health
from evalplat.services.access_log import list_access_log
from evalplat.services.actors import Actor, demand
from evalplat.services.audit_chain import (
    ChainState,
    find_chain_state,
    heads_path,
    read_heads_state,
)
from evalplat.services.backups import find_last, folder_of, keys_path, list_copies
from evalplat.services.definitions import find_edited_definitions
from evalplat.services.installation import check_tables, inspect_database
from evalplat.services.master_keys import list_master_keys
from evalplat.services.recounting import needs_rebuilding
from evalplat.storage import database
from evalplat.unsafe_settings import find_unsafe_settings

OLDEST_HEADS = timedelta(hours=50)
"""Last night's run writes the heads of the day before, so that they are up to two days old."""

OLDEST_VERIFICATION = timedelta(days=8)
CLOCK_MAY_DIFFER = timedelta(seconds=60)
SECRET_FILES = "_FILE"
PLACE_OF_CODE = Path(__file__)


class Level(StrEnum):
    """How bad a finding is: the server does not start or data is in danger; look at it soon; as it should be."""

    UNSAFE = "unsafe"
    WARNING = "warning"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where it is not as it should be."""

    level: Level
    where: str
    message: Message


def examine(settings: Settings, environ: Mapping[str, str], at: datetime) -> list[Finding]:
    """Settings, files, database, disk, backups and clock, without reading anybody's data."""
    found = [
        *_unsafe(find_unsafe_settings(settings), "settings"),
        *_look_at_network(settings),
        *_look_at_sign_in(settings),
        *_look_at_files(settings, environ),
        *_look_at_database(settings, at),
        *_look_at_space(settings),
        *_look_at_backups(settings, at),
        *_look_at_heads(settings, at),
    ]
    return found


def examine_contents(
    session: Session, catalogue: Catalogue, actor: Actor, at: datetime
) -> list[Finding]:
    """What only a session can tell: of the clock, of definitions that were edited, of the kept sums."""
    demand(session, actor)
    edited = find_edited_definitions(session, catalogue, actor)
    found = [Finding(Level.UNSAFE, fault.where, fault.message) for fault in edited]
    if not edited:
        same = Message("are what stored answers were scored with.")
        found.append(Finding(Level.FINE, "instruments", same))
    last = next(iter(list_access_log(session, actor, page_size=1)), None)
    if last is not None and last.at > at + CLOCK_MAY_DIFFER:
        text_ = Message(
            "stands before the last line of the access log (%(last)s): set the machine's clock, by NTP.",
            last=last.at.isoformat(timespec="seconds"),
        )
        found.append(Finding(Level.UNSAFE, "clock", text_))
    found.extend(_look_at_keys(session, actor))
    if needs_rebuilding(session, actor):
        slow = Message(
            "are not counted yet, so comparisons are slower: run `evalplat db rebuild-moments`."
        )
        found.append(Finding(Level.WARNING, "sums over pairs", slow))
    else:
        found.append(Finding(Level.FINE, "sums over pairs", Message("are counted.")))
    found.append(_judge_chains(find_chain_state(session, actor), at))
    return found


def _judge_chains(state: ChainState | None, at: datetime) -> Finding:
    """How the access log stood when it was last verified."""
    where = "access log"
    if state is None:
        never = Message("was never verified: let a timer run `evalplat audit verify` every week.")
        return Finding(Level.WARNING, where, never)
    days = (at - state.verified_at).days
    if state.faults:
        broken = Message(
            "is not as it was written in %(count)s places, by the verification of %(day)s: run "
            "`evalplat audit verify`, which names them, and find out who did that.",
            count=state.faults,
            day=local_day(state.verified_at).isoformat(),
        )
        return Finding(Level.UNSAFE, where, broken)
    if at - state.verified_at > OLDEST_VERIFICATION:
        old = Message(
            "was last verified %(days)s days ago: let a timer run `evalplat audit verify` every week.",
            days=days,
        )
        return Finding(Level.WARNING, where, old)
    text_ = Message("was whole when it was verified %(days)s days ago.", days=days)
    return Finding(Level.FINE, where, text_)


def _look_at_client_keys(settings: Settings) -> Iterator[Finding]:
    """The file without which no backup gives back a name, and copies that keep who was erased since."""
    path, last = keys_path(settings), find_last(settings)
    if last is not None and last.note.keys:
        if not path.exists():
            lost = Message(
                "The clients’ keys are missing, without which no backup gives back a name: "
                "run `evalplat backup create`."
            )
            yield Finding(Level.UNSAFE, str(path), lost)
        elif path.parent.resolve() == folder_of(settings).resolve():
            together = Message(
                "The clients’ keys are kept among the backups: name a file elsewhere in EVALPLAT_CLIENT_KEYS, so that "
                "copies of backups never take keys along."
            )
            yield Finding(Level.WARNING, str(path), together)
        else:
            yield Finding(Level.FINE, str(path), Message("is apart from the backups."))
    for copy in list_copies(settings):
        old = Message(
            "It holds everything as it was, also what is erased since: delete it when you need it no more."
        )
        yield Finding(Level.WARNING, str(copy), old)


def _look_at_heads(settings: Settings, at: datetime) -> Iterator[Finding]:
    """The heads of the access log outside the database: whole, and written every night."""
    path, where = heads_path(settings), "heads of the access log"
    state = read_heads_state(settings)
    if state.fault is not None:
        yield Finding(Level.UNSAFE, str(path), state.fault)
    elif state.written_at is None:
        none = Message(
            "are not in %(file)s: let a timer run `evalplat backup create` or `evalplat audit heads` every night, and "
            "keep a copy on another machine.",
            file=str(path),
        )
        yield Finding(Level.WARNING, where, none)
    elif at - state.written_at > OLDEST_HEADS:
        old = Message(
            "were last written %(hours)s hours ago: see why `evalplat audit heads` does not run every night.",
            hours=round((at - state.written_at) / timedelta(hours=1)),
        )
        yield Finding(Level.WARNING, where, old)
    else:
        yield Finding(Level.FINE, where, Message("are kept outside the database."))


def _look_at_keys(session: Session, actor: Actor) -> Iterator[Finding]:
    """Master keys: one that something needs is missing, work that was begun is not done, or one has had its day."""
    for key in list_master_keys(session, actor):
        where = f"master key {key.name}"
        if not key.at_hand:
            missing = Message(
                "is missing: something that is stored needs it. Add it to EVALPLAT_EARLIER_MASTER_KEYS."
            )
            yield Finding(Level.UNSAFE, where, missing)
        elif key.to_seal_again:
            left = Message("is an earlier one and still needed: run `evalplat keys rotate`.")
            yield Finding(Level.WARNING, where, left)
        elif not key.is_needed:
            over = Message(
                "is needed by nothing in the database any more: take it out of EVALPLAT_EARLIER_MASTER_KEYS after the "
                "next backup."
            )
            yield Finding(Level.WARNING, where, over)
        else:
            yield Finding(Level.FINE, where, Message("is at hand."))


def _unsafe(faults: list[Fault], what: str) -> list[Finding]:
    if not faults:
        return [Finding(Level.FINE, what, Message("are safe."))]
    return [Finding(Level.UNSAFE, fault.where or what, fault.message) for fault in faults]


def _look_at_network(settings: Settings) -> Iterator[Finding]:
    if not settings.is_public:
        alone = Message("names no host: only this machine gets an answer.")
        yield Finding(Level.WARNING, "EVALPLAT_TRUSTED_HOSTS", alone)
    elif settings.proxy_is_stated and settings.behind_proxy == 0:
        open_ = Message(
            "is 0: without a proxy that brings TLS, passwords and answers can be read on the way."
        )
        yield Finding(Level.WARNING, "EVALPLAT_BEHIND_PROXY", open_)


def _look_at_sign_in(settings: Settings) -> Iterator[Finding]:
    """Who sees the whole county, or runs it, should not come in by a password alone."""
    without = settings.by_password_alone
    if without and not settings.is_public:  # on a network it is refused
        alone = Message(
            "lets %(roles)s sign in with a password alone: right for a trial or a demo only.",
            roles=", ".join(without),
        )
        yield Finding(Level.WARNING, "EVALPLAT_SECOND_FACTOR", alone)


def _look_at_files(settings: Settings, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Database, keys, backups and heads of the access log are for their owner only."""
    paths = [
        Path(value)
        for name, value in sorted(environ.items())
        if name.startswith("EVALPLAT_") and name.endswith(SECRET_FILES) and value
    ]
    if settings.on_sqlite:
        path = Path(make_url(settings.database_url).database or "")
        paths += sorted(path.parent.glob(f"{path.name}*"))
        if path.parent.is_dir() and path.parent.stat().st_mode & 0o022:
            others = Message("Others may put files there: take that right away (chmod go-w).")
            yield Finding(Level.UNSAFE, str(path.parent), others)
    folder = folder_of(settings)
    paths += sorted(folder.iterdir()) if folder.is_dir() else []
    paths.append(heads_path(settings))
    readable = [path for path in paths if path.is_file() and path.stat().st_mode & 0o077]
    for path in readable:
        text_ = Message(
            "Others on this machine can read the file: take their rights away (chmod 600)."
        )
        yield Finding(Level.UNSAFE, str(path), text_)
    if not readable:
        private = Message("of database, keys, backups and heads are for their owner only.")
        yield Finding(Level.FINE, "files", private)


def _look_at_database(settings: Settings, at: datetime) -> Iterator[Finding]:
    try:
        check_tables(settings)
        state = inspect_database(settings)
        engine = database.make_engine(settings)
        try:
            with database.reachable():
                yield from _unsafe(list(_faults_of(engine)), "database settings")
                yield from _look_at_clock(engine, at)
        finally:
            engine.dispose()
    except EvalplatError as error:
        faults = list(error.faults) or [Fault("database", error.message)]
        yield from (Finding(Level.UNSAFE, f.where or "database", f.message) for f in faults)
        return
    for difference in state.differences:
        other = Message("differ from what the program expects: %(what)s", what=difference[:200])
        yield Finding(Level.WARNING, "tables", other)
    yield Finding(Level.FINE, "revision", Message("is %(found)s.", found=state.revision))


def _faults_of(engine: Engine) -> Iterator[Fault]:
    try:
        database.check_engine(engine)
    except EvalplatError as error:
        yield from error.faults or [Fault("database", error.message)]


def _look_at_clock(engine: Engine, at: datetime) -> Iterator[Finding]:
    """Against the database server's clock, and against the day this program was installed."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        if abs(there - at) > CLOCK_MAY_DIFFER:
            seconds = round((there - at).total_seconds())
            apart = Message(
                "differs from the database server's by %(seconds)s seconds: set both by NTP.",
                seconds=seconds,
            )
            yield Finding(Level.WARNING, "clock", apart)
    installed = datetime.fromtimestamp(PLACE_OF_CODE.stat().st_mtime, UTC)
    if at < installed - timedelta(days=1):
        early = Message("stands before the day that this program was installed: set it, by NTP.")
        yield Finding(Level.UNSAFE, "clock", early)


def _look_at_space(settings: Settings) -> Iterator[Finding]:
    places = {"disk of backups": health.free_for_backups(settings)}
    here = health.free_space(settings)
    if here is not None:
        places["disk of the database"] = here
    for where, free in places.items():
        word = health.word_of_space(free)
        text_ = Message("has %(free)s MB free.", free=f"{free // 1_000_000:,}")
        if word == health.OK:
            yield Finding(Level.FINE, where, text_)
            continue
        level = Level.UNSAFE if word == health.FAILED else Level.WARNING
        little = Message(
            "has only %(free)s MB free: make room before nothing can be saved.",
            free=f"{free // 1_000_000:,}",
        )
        yield Finding(level, where, little)


def _look_at_backups(settings: Settings, at: datetime) -> Iterator[Finding]:
    yield from _look_at_client_keys(settings)
    last = find_last(settings)
    if last is None:
        none = Message(
            "There is none in %(folder)s: let a timer run `evalplat backup create` every night, and keep copies on "
            "another machine.",
            folder=str(folder_of(settings)),
        )
        yield Finding(Level.WARNING, "backup", none)
        return
    hours = round((at - last.note.instant) / timedelta(hours=1))
    if health.word_of_backup(settings, at) == health.OK:
        text_ = Message("The last one is %(hours)s hours old.", hours=hours)
        yield Finding(Level.FINE, "backup", text_)
        return
    old = Message(
        "The last one is %(hours)s hours old: see why `evalplat backup create` does not run every night.",
        hours=hours,
    )
    yield Finding(Level.WARNING, "backup", old)
