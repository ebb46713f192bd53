"""The heads of the access log's chains outside the database: a file that is only ever added to.

One JSON object a line: how far a chain reached on a day, with the seal of the line there. Each line carries the seal of
the line before it and one of its own, so that the file is a chain as well. It finds what the database alone cannot
tell: a tail that was cut off together with its head, and a day that was removed without leaving anything.
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from evalplat.errors import Fault, FileRejected, Message
from evalplat.storage.chain import START, Signer, canonical
from evalplat.storage.chain_check import Anchors
from evalplat.storage.keyring import Keyring, SealBroken
from evalplat.storage.whole_files import sync_folder

PURPOSE = "file of the access log's heads"
FORM = 1
SAID = ("form", "number", "at", "kind", "chain", "day", "position", "mac", "previous")
HEAD, RESTORED = "head", "restored"
PATIENCE_SECONDS = 20
NOT_WRITTEN = Message("The heads of the access log were not written outside the database.")


@dataclass(frozen=True, slots=True)
class Head:
    """How far one chain reached: `day` as text; `mac` is the seal of the line at `position`."""

    chain: str
    day: str
    position: int
    mac: bytes


@dataclass(slots=True)
class HeadsFile:
    """What a file of heads says, as far as it is whole. `broken_at` is the first line that is not, 0 for none."""

    anchors: Anchors = field(default_factory=dict)
    number: int = 0
    seal: bytes = START
    written_at: datetime | None = None
    broken_at: int = 0
    lacks_key: bool = False
    size: int = 0

    @property
    def mark(self) -> str:
        """What the access log says of the file once it was written: how many lines, and the seal of the last."""
        return mark_of(self.number, self.seal)


def mark_of(number: int, seal: bytes) -> str:
    """The number of a line with the beginning of its seal."""
    return f"{number}:{seal.hex()[8:40]}"


def read_heads(path: Path, keyring: Keyring, *, mark: str = "") -> tuple[HeadsFile, bool]:
    """What the file says, and whether the line is in it that `mark` names.

    A line that was not finished, because the machine stopped, counts as not written. After a restore the heads of lines
    that the backup did not have yet no longer bind.
    """
    found, signer, met = HeadsFile(), Signer(keyring, PURPOSE), mark in ("", mark_of(0, START))
    if not path.exists():
        return found, met
    with path.open("rb") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            if not _take(found, signer, line):
                found.broken_at = found.number + 1
                break
            found.size += len(line)
            met = met or found.mark == mark
    return found, met


def _take(found: HeadsFile, signer: Signer, line: bytes) -> bool:
    """Add what one line says; False where it is not the line that was written there."""
    try:
        data = json.loads(line)
        seal, said = bytes.fromhex(data["seal"]), [data[name] for name in SAID]
        right = signer.is_signed(canonical(*said), seal)
    except SealBroken:
        found.lacks_key = True
        return False
    except (ValueError, KeyError, TypeError):
        return False
    if not right or data["number"] != found.number + 1 or data["previous"] != found.seal.hex():
        return False
    found.number, found.seal = data["number"], seal
    found.written_at = datetime.fromisoformat(data["at"])
    if data["kind"] == RESTORED:
        found.anchors = {key: one for key, one in found.anchors.items() if key[1] < data["day"]}
    else:
        anchors = found.anchors.setdefault((data["chain"], data["day"]), {})
        anchors.setdefault(data["position"], bytes.fromhex(data["mac"]))
    return True


def add_heads(path: Path, keyring: Keyring, heads: Sequence[Head], at: datetime) -> HeadsFile:
    """Write heads that the file does not have yet, wait until they are on the disk, and say what it holds now.

    Raises FileRejected where the file was changed, or cannot be written.
    """
    with _writing(path):
        found, _ = read_heads(path, keyring)
        new = [(HEAD, one) for one in heads if one.position > _reach(found, one)]
        return _append(path, keyring, found, new, at)


def note_restore(path: Path, keyring: Keyring, day: str, at: datetime) -> None:
    """Write that the database was put back to a day; heads from that day on bind no longer. Raises FileRejected."""
    with _writing(path):
        found, _ = read_heads(path, keyring)
        _append(path, keyring, found, [(RESTORED, Head("", day, 0, START))], at)


def _reach(found: HeadsFile, head: Head) -> int:
    return max(found.anchors.get((head.chain, head.day), {}), default=0)


def _append(
    path: Path, keyring: Keyring, found: HeadsFile, new: Sequence[tuple[str, Head]], at: datetime
) -> HeadsFile:
    if found.broken_at:
        text = Message(
            "Line %(number)s is not what was written there. Keep the file as it is, find out what happened, and name "
            "another one in EVALPLAT_AUDIT_HEADS.",
            number=found.broken_at,
        )
        raise FileRejected(NOT_WRITTEN, [Fault(str(path), text)])
    signer, lines, moment = Signer(keyring, PURPOSE), [], at.isoformat(timespec="seconds")
    for kind, head in new:
        said = (FORM, found.number + 1, moment, kind, head.chain, head.day, head.position)
        data = dict(zip(SAID, (*said, head.mac.hex(), found.seal.hex()), strict=True))
        found.seal = signer.sign(canonical(*data.values()))
        found.number += 1
        lines.append(json.dumps({**data, "seal": found.seal.hex()}))
    if lines:
        _write(path, "".join(f"{line}\n" for line in lines).encode("ascii"), found.size)
        found, _ = read_heads(path, keyring)
    return found


def _write(path: Path, text: bytes, size: int) -> None:
    """Add to the file; what an interrupted writer left at its end is taken away first."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            os.ftruncate(handle, size)
            if os.write(handle, text) != len(text):
                raise OSError(None, "the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """One writer at a time, whichever command it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_name(path.name + ".lock"), timeout=PATIENCE_SECONDS, mode=0o600):
            yield
    except Timeout:
        busy = Message("Another program is writing into it; try again in a moment.")
        raise FileRejected(NOT_WRITTEN, [Fault(str(path), busy)]) from None
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> FileRejected:
    why = Message("%(why)s", why=error.strerror or str(error))
    return FileRejected(NOT_WRITTEN, [Fault(str(path), why)])
