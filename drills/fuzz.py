"""Definitions, files to import and codes as nobody writes them: refused by name, in little memory."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from drills import bombs
from drills.effort import Effort
from drills.fuzz_targets import MEMORY, TARGETS
from drills.processes import ledger
from drills.row import Row

SLOWEST_BOMB = 20.0


def run(effort: Effort) -> Iterator[Row]:
    """The three targets share the time; then every bomb."""
    with tempfile.TemporaryDirectory(prefix="evalplat-drill-fuzz-") as name:
        folder = Path(name)
        ledger().note_folder(folder)
        seconds = (15 if effort.quick else effort.seconds) / len(TARGETS)
        for target in TARGETS:
            yield _fuzz(target, folder, seconds)
        yield _bombs(folder)


def _fuzz(target: str, folder: Path, seconds: float) -> Row:
    what = f"{target}: {seconds:.0f} s of atheris: errors without a name of ours, memory"
    required = f"0, < {MEMORY} MB"
    if importlib.util.find_spec("atheris") is None:
        return Row(what, required, "not measured: install atheris", False)
    command = [sys.executable, "-m", "drills.fuzz_targets", target, str(folder), str(seconds)]
    log = folder / f"{target}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        ledger().note(process)
        code = process.wait(timeout=seconds + 120)
    told_at = folder / f"{target}.told"
    told = json.loads(told_at.read_text()) if told_at.exists() else {}
    found = [path for kind in ("crash-*", "oom-*", "timeout-*") for path in folder.glob(kind)]
    for path in found:
        path.rename(Path(tempfile.gettempdir()) / f"evalplat-{target}-{path.name}")
    if code or found:
        sys.stderr.write(log.read_text(errors="replace")[-3000:] + "\n")
    peak = told.get("peak", 0.0)
    return Row(
        what, required,
        f"{len(found)}, {peak:.0f} MB; {told.get('inputs', 0):,} inputs, {told.get('taken', 0):,} taken",
        code == 0 and not found and 0 < peak < MEMORY and told.get("inputs", 0) > 100,
    )  # fmt: skip


def _bombs(folder: Path) -> Row:
    peaks, wrong, slowest = [], [], 0.0
    for number, name in enumerate(bombs.BOMBS):
        file, content = bombs.make(name)
        path = folder / f"bomb-{number}{Path(file).suffix}"
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-m", "drills.bombs", file, str(path)],
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        told = json.loads(done.stdout or b'{"outcome": "died", "peak": 0, "seconds": 0}')
        path.unlink()
        peaks.append(told["peak"])
        slowest = max(slowest, told["seconds"])
        if told["outcome"] != "refused" or told["peak"] >= MEMORY:
            wrong.append(f"{name}: {told['outcome']}, {told['peak']:.0f} MB")
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return Row(
        f"{len(bombs.BOMBS)} bombs as uploads (XLSX, CSV): not refused; memory; slowest",
        f"0, < {MEMORY} MB, < {SLOWEST_BOMB:.0f} s",
        f"{len(wrong)}, {max(peaks):.0f} MB, {slowest:.1f} s",
        not wrong and slowest < SLOWEST_BOMB,
    )
