"""Whether the access log and what was measured are what was written: chains, their heads outside, seals of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.episodes.local_time import local_day
from evalplat.errors import Fault, FileRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.services.backups import folder_of
from evalplat.storage import audit
from evalplat.storage.chain import HEADS, Signer, head_content
from evalplat.storage.chain_check import Break as Break
from evalplat.storage.chain_check import BreakKind as BreakKind
from evalplat.storage.chain_check import Progress, check_chains
from evalplat.storage.heads_file import (
    NOT_WRITTEN,
    Head,
    HeadsFile,
    add_heads,
    note_restore,
    read_heads,
)
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.seal_check import Harm as Harm
from evalplat.storage.seal_check import HarmKind as HarmKind
from evalplat.storage.seal_check import Seen, check_seals
from evalplat.storage.tables import AuditEntry, AuditHead, Provider
from evalplat.vocabulary import Role

FILE = "audit-heads.jsonl"
WRITE, BEGIN = "write_audit_heads", "begin_audit_heads"
VERIFY, VERIFY_PART = "verify_access_log", "verify_access_log_in_part"
WHOLE, BROKEN = "whole", "broken"


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What was found on going along every chain of the access log, and through what was measured.

    breaks: the first one of each chain. earlier: lines from before there were chains, sealed by the upgrade that
    brought them. heads: the lines of the file outside the database; heads_fault says what is wrong with it.
    begun_anew: when a new file took the place of one that was lost, and why. harms: sheets, scores, goals and ratings
    that are not as they were written, of `rows` in all; where there are very many, harm_count tells of more.
    """

    lines: int
    earlier: int
    chains: int
    breaks: tuple[Break, ...]
    providers: Mapping[str, str]
    heads_path: Path
    heads: int
    heads_written_at: datetime | None
    heads_fault: Message | None
    begun_anew: tuple[tuple[str, str], ...]
    rows: int
    harms: tuple[Harm, ...]
    harm_count: int

    @property
    def faults(self) -> int:
        """How many places are not as they were written."""
        return len(self.breaks) + self.harm_count + (self.heads_fault is not None)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed, added or moved."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class ChainState:
    """How the chains stood when all of them were last verified."""

    verified_at: datetime
    lines: int
    faults: int


@dataclass(frozen=True, slots=True)
class HeadsWritten:
    """Where the heads stand now, how many lines there are, and how many of them are new."""

    path: Path
    lines: int
    new: int


@dataclass(frozen=True, slots=True)
class HeadsState:
    """The file of heads by itself: when it was last written to, and what is wrong with it."""

    written_at: datetime | None
    fault: Message | None


def heads_path(settings: Settings) -> Path:
    """The file of heads: the one that the settings name, or one beside the folder for backups."""
    return settings.audit_heads or folder_of(settings).parent / FILE


def write_heads(
    session: Session,
    actor: Actor,
    settings: Settings,
    at: datetime,
    *,
    today: bool = False,
    anew: bool = False,
) -> HeadsWritten:
    """Write the heads of finished days, and with `today` of the running one, outside the database; system jobs only.

    A head that was changed past the program is not written. A file that the log knows and that is lost or shorter is
    never made again by itself: `anew` begins another one, and the job's reason stands in the log. Raises FileRejected.
    """
    demand(session, actor)
    keyring: Keyring = session.info["keyring"]
    path, mark = heads_path(settings), "" if anew else _find_mark(session)
    before, met = read_heads(path, keyring, mark=mark)
    fault = _find_fault(before, path, met)
    if anew:
        there = Message("There is such a file already: put it aside first.")
        fault = there if path.exists() else None
    if fault is not None:
        raise FileRejected(NOT_WRITTEN, [Fault(str(path), fault)])
    found = add_heads(path, keyring, _list_heads(session, keyring, at, today), at)
    if found.number > before.number:
        audit.record(session, BEGIN if anew else WRITE, "access_log", found.mark)
    return HeadsWritten(path, found.number, found.number - before.number)


def _find_mark(session: Session) -> str:
    """What the log says of the file when it was last written."""
    query = select(AuditEntry.object_id).where(AuditEntry.action.in_([WRITE, BEGIN]))
    return session.scalar(query.order_by(AuditEntry.id.desc()).limit(1)) or ""


def _list_heads(session: Session, keyring: Keyring, at: datetime, today: bool) -> list[Head]:
    query = select(
        AuditHead.chain, AuditHead.day, AuditHead.position, AuditHead.mac, AuditHead.seal
    ).where(AuditHead.position > 0)
    if not today:
        query = query.where(AuditHead.day < local_day(at))
    signer = Signer(keyring, HEADS)
    return [
        Head(chain, day.isoformat(), position, mac)
        for chain, day, position, mac, seal in session.execute(
            query.order_by(AuditHead.day, AuditHead.chain)
        )
        if _is_believed(signer, head_content(chain, day, position, mac), seal)
    ]


def _is_believed(signer: Signer, content: bytes, seal: bytes) -> bool:
    try:
        return signer.is_signed(content, seal)
    except SealBroken:
        return False


def note_restored(settings: Settings, made_at: datetime, at: datetime) -> None:
    """Write beside the heads that the database was put back to a backup; does nothing where there are none yet.

    Lines that came after the backup are gone, which is no longer a sign that somebody cut them off.
    """
    path = heads_path(settings)
    if path.exists():
        note_restore(path, Keyring(settings.master_keys), local_day(made_at).isoformat(), at)


def verify_access_log(
    session: Session,
    actor: Actor,
    settings: Settings,
    *,
    first: date | None = None,
    last: date | None = None,
    progress: Progress | None = None,
) -> ChainReport:
    """Go along every chain and through what was measured, or along chains of some days only; system jobs only.

    How they stand is noted in the log.
    """
    demand(session, actor)
    keyring: Keyring = session.info["keyring"]
    path = heads_path(settings)
    heads, _ = read_heads(path, keyring)
    breaks, count = check_chains(
        session, keyring, heads.anchors,
        first=first, last=last, written_by=(WRITE, BEGIN), progress=progress,
    )  # fmt: skip
    whole = first is last is None
    harms, seen = check_seals(session, keyring, progress) if whole else ([], Seen())
    names = session.execute(select(Provider.public_id, Provider.name)).all()
    heads, met = read_heads(path, keyring, mark=count.written)
    report = ChainReport(
        lines=count.lines,
        earlier=count.earlier,
        chains=count.chains,
        breaks=tuple(breaks),
        providers={one.public_id: one.name for one in names},
        heads_path=path,
        heads=heads.number,
        heads_written_at=heads.written_at,
        heads_fault=_find_fault(heads, path, met),
        begun_anew=tuple((at, why) for action, at, why in count.told if action == BEGIN),
        rows=seen.rows,
        harms=tuple(harms),
        harm_count=seen.harms,
    )
    _note(session, report, VERIFY if whole else VERIFY_PART)
    return report


def _find_fault(heads: HeadsFile, path: Path, met: bool) -> Message | None:
    if heads.lacks_key:
        return Message(
            "Line %(number)s was sealed with a master key that is not at hand.",
            number=heads.broken_at,
        )
    if heads.broken_at:
        return Message(
            "Line %(number)s is not what was written there.",
            number=heads.broken_at,
        )
    if not met and not path.exists():
        return Message(
            "It is missing, and the access log says that it was written: put it back, or a copy of it. "
            "If it is lost, `evalplat audit heads --begin-anew WHY` begins another one."
        )
    if not met:
        return Message(
            "It ends after line %(number)s, and the access log says that there were more: put a whole copy back. "
            "If there is none, put it aside, and `evalplat audit heads --begin-anew WHY` begins another one.",
            number=heads.number,
        )
    return None


def _note(session: Session, report: ChainReport, action: str) -> None:
    word = WHOLE if report.is_whole else BROKEN
    audit.record(session, action, "access_log", f"{word} {report.lines} {report.faults}")


def read_heads_state(settings: Settings) -> HeadsState:
    """When heads were last written outside the database, and whether their file is whole; without the database."""
    path = heads_path(settings)
    heads, _ = read_heads(path, Keyring(settings.master_keys))
    return HeadsState(heads.written_at, _find_fault(heads, path, met=True))


def find_chain_state(session: Session, actor: Actor) -> ChainState | None:
    """How the chains stood when they were last verified as a whole; None where they never were."""
    demand(session, actor, Role.ADMINISTRATOR)
    row = session.execute(
        select(AuditEntry.at, AuditEntry.object_id)
        .where(AuditEntry.action == VERIFY)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    _, lines, faults = row.object_id.split()
    return ChainState(row.at, int(lines), int(faults))
