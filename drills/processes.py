"""Processes of a drill: whose they are, whether they live (a zombie does not), and how they are ended."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

LEDGERS = Path(tempfile.gettempdir()) / "evalplat-drills"
"""Where each run of the drills writes down what it started, so that the next one can clear up after a killed one."""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be buried does not."""
    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False


def family(pid: int) -> list[int]:
    """A process and everything below it, the parent first."""
    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def tell(process: "subprocess.Popen[bytes]", word: signal.Signals, wrapped: bool) -> None:
    """Send a signal to a process, or to the one that strace runs for us: strace itself keeps it back."""
    if not wrapped:
        process.send_signal(word)
        return
    for child in psutil.Process(process.pid).children():
        child.send_signal(word)


def kill_family(process: "subprocess.Popen[bytes]") -> None:
    """kill −9 for a process and everything below it, at once; comes back when all are dead.

    The first one is halted before the others are counted, so that it cannot begin one more.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGSTOP)
    pids = family(process.pid)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(timeout=30)
    wait_until_dead(pids)


def wait_until_dead(pids: Iterable[int], seconds: float = 30) -> None:
    """Raises AssertionError when one still lives after the time."""
    end = time.monotonic() + seconds
    left = [pid for pid in pids if is_alive(pid)]
    while left and time.monotonic() < end:
        time.sleep(0.01)
        left = [pid for pid in left if is_alive(pid)]
    assert not left, f"processes {left} do not end"


class Ledger:
    """What this run has started: processes with the moment they began, and folders."""

    def __init__(self) -> None:
        LEDGERS.mkdir(mode=0o700, exist_ok=True)
        self.path = LEDGERS / f"{os.getpid()}.json"
        self.processes: dict[int, float] = {os.getpid(): _began(os.getpid())}
        self.folders: list[str] = []
        self._write()

    def note(self, process: "subprocess.Popen[bytes]") -> None:
        """Remember a process that was just started."""
        self.processes[process.pid] = _began(process.pid)
        self._write()

    def note_folder(self, folder: Path) -> None:
        """Remember a folder that is to go."""
        self.folders.append(str(folder))
        self._write()

    def close(self) -> None:
        """Nothing is left to clear up."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        content = {"processes": self.processes, "folders": self.folders}
        self.path.write_text(json.dumps(content))


_open: list[Ledger] = []


def ledger() -> Ledger:
    """The ledger of this run, begun on the first question."""
    if not _open or _open[0].path.name != f"{os.getpid()}.json":
        _open[:] = [Ledger()]
    return _open[0]


def clear_up() -> int:
    """End what a run that was killed has left behind; nothing that another run still owns. Returns how many."""
    ended = 0
    for path in LEDGERS.glob("*.json") if LEDGERS.exists() else ():
        try:
            content = json.loads(path.read_text())
        except ValueError:
            path.unlink(missing_ok=True)
            continue
        known = {int(pid): began for pid, began in content["processes"].items()}
        own = int(path.stem)
        if own in known and _is_same(own, known[own]):
            continue
        for pid in (pid for pid, began in known.items() if _is_same(pid, began)):
            for one in family(pid):
                os.kill(one, signal.SIGKILL)
                ended += 1
        for folder in content["folders"]:
            unmount(Path(folder))
            shutil.rmtree(folder, ignore_errors=True)
        path.unlink(missing_ok=True)
    return ended


def unmount(folder: Path) -> None:
    """Take a small disk away that a drill had put there or below."""
    for part in psutil.disk_partitions(all=True):
        if Path(part.mountpoint).is_relative_to(folder):
            subprocess.run(["umount", "-l", part.mountpoint], check=False)


def _began(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _is_same(pid: int, began: float) -> bool:
    return is_alive(pid) and abs(_began(pid) - began) < 1
