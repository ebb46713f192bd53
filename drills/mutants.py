"""Mutants: code changed in one small place after the other, room by room, and whether a test of that room notices.

mutmut makes them in a copy of the tree. Words that people read are not changed: other tests look after them. What no
test of the room reaches counts as survived. Survivors are written down with their change, to be read; those that cannot
matter stand in `explained.toml` with the reason and are counted apart.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from drills.effort import Effort
from drills.processes import ledger
from drills.row import Row

TREE = Path(__file__).resolve().parents[1]
COPIED = ("evalplat", "tests", "instruments", "migrations", "pyproject.toml", "README.md")
WORDS = (r"Message\(", r"AccessBreach\(", r'^\s*f?"[^"]* [^"]*"[,)\s]*$')
"""Lines with words for people."""
EXPLAINED = Path(__file__).with_name("explained.toml")
"""Survivors that cannot matter, and why."""
LEAST = 0.85
KILLED, SURVIVED, UNREACHED, UNTRIED = ("killed", "survived", "unreached", "untried")
OUTCOMES = {None: UNTRIED, 0: SURVIVED, 33: UNREACHED, 5: UNREACHED, 34: UNTRIED}
"""What the number that a mutant's tests end with says; any other: they failed, broke down or never ended."""
SEED = 20261124


@dataclass(frozen=True, slots=True)
class Room:
    """What is changed, and the quick tests that concern it; on SQLite where they need a database."""

    changed: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "scoring": Room(
        ("evalplat/scoring/*",),
        (
            "tests/scoring", "tests/instruments/test_loader.py",
            "tests/statistics/test_goal_attainment.py",
        ),
    ),
    "disclosure": Room(
        ("evalplat/statistics/disclosure.py", "evalplat/statistics/publishing/*"),
        (
            "tests/statistics/test_suppression.py", "tests/statistics/test_disclosure.py",
            "tests/statistics/test_feedback.py", "tests/statistics/test_goal_attainment.py",
            "tests/statistics/test_flow.py", "tests/statistics/test_change_shares.py",
            "tests/statistics/test_attrition.py", "tests/statistics/test_sustained.py",
            "tests/statistics/test_trend.py",
            "tests/statistics/test_released_figures.py",
            *(
                f"tests/statistics/test_release_{what}.py"
                for what in ("agreement", "effects", "value", "models", "places", "times")
            ),
        ),
    ),
    "access": Room(
        tuple(f"evalplat/storage/{name}.py" for name in ("access", "guard", "conditions")),
        (
            "tests/storage/test_access.py", "tests/storage/test_access_in_detail.py",
            "tests/storage/test_guard_and_conditions_agree.py",
        ),
    ),
    "links": Room(
        (
            "evalplat/services/invitations.py", "evalplat/storage/invitations.py",
            "evalplat/services/tokens.py", "evalplat/storage/tokens.py",
            "evalplat/storage/wrong_tries.py",
        ),
        tuple(
            f"tests/services/test_{name}.py"
            for name in ("invitations", "invitations_in_detail", "tokens", "wrong_tries")
        ),
    ),
}  # fmt: skip


def run(effort: Effort) -> Iterator[Row]:
    """One room after the other, on one core and out of the way of everybody else."""
    with tempfile.TemporaryDirectory(prefix="evalplat-drill-mutants-") as name:
        ledger().note_folder(Path(name))
        for room in effort.rooms or ROOMS:
            folder = Path(name) / room
            _copy(ROOMS[room], folder)
            yield _try(room, folder, 10 if effort.quick else effort.mutants)


def _copy(room: Room, folder: Path) -> None:
    folder.mkdir()
    for name in COPIED:
        source = TREE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    project["tool"]["mutmut"] = {
        "source_paths": ["evalplat"], "only_mutate": list(room.changed),
        "do_not_mutate_patterns": list(WORDS),
        # Each in a process that has run no test yet: what earlier ones remember would hide the change.
        "process_isolation": "forkserver",
        "also_copy": ["instruments", "migrations", "README.md"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-k", "not postgresql"],
        "pytest_add_cli_args_test_selection": list(room.tests),
    }  # fmt: skip
    (folder / "pyproject.toml").write_text(tomli_w.dumps(project))


def _try(room: str, folder: Path, most: int) -> Row:
    # Asked for one that there is not, mutmut makes all of them, sees which test reaches which, and ends.
    _mutmut(folder, "run", "--max-children", "1", "no-such-mutant")
    made = sorted(_outcomes(folder))
    chosen = made if most == 0 else random.Random(SEED).sample(made, min(most, len(made)))
    _mutmut(folder, "run", "--max-children", "1", *chosen)
    outcomes = {name: outcome for name, outcome in _outcomes(folder).items() if name in set(chosen)}
    counts = Counter(outcomes.values())
    shown = {
        name: _mutmut(folder, "show", name)
        for name, outcome in sorted(outcomes.items())
        if outcome != KILLED
    }
    explained = [name for name, change in shown.items() if find_reason(change)]
    tried = len(outcomes) - counts[UNTRIED] - len(explained)
    survived = counts[SURVIVED] + counts[UNREACHED] - len(explained)
    notes = Path(tempfile.gettempdir()) / f"evalplat-mutants-{room}.txt"
    notes.write_text(
        "\n".join(f"{outcomes[name]}: {find_reason(text)}\n{text}" for name, text in shown.items())
    )
    share = counts[KILLED] / tried if tried else 0.0
    return Row(
        f"{room}: {tried:,} of {len(made):,} mutants: killed, survived (not reached), explained",
        f"≥ {LEAST:.0%} killed",
        f"{counts[KILLED]:,} ({share:.0%}), {survived:,} ({counts[UNREACHED]:,}), "
        f"{len(explained)}; {notes}",
        share >= LEAST and not counts[UNTRIED],
    )


def _mutmut(folder: Path, *words: str) -> str:
    """Run mutmut in the copy. It alone says where the code lies: not a path that this run was given."""
    core = min(os.sched_getaffinity(0))
    there = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.Popen(
        [sys.executable, "-m", "mutmut", *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=there | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: (os.nice(19), os.sched_setaffinity(0, {core})),
    )  # fmt: skip
    ledger().note(done)
    told, _ = done.communicate()
    (folder / "mutmut.log").write_text(told)
    return told


def _outcomes(folder: Path) -> dict[str, str]:
    """What became of each mutant."""
    found: dict[str, str] = {}
    for path in (folder / "mutants").rglob("*.meta"):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            found[name] = OUTCOMES.get(code, KILLED)
    if not found:
        raise AssertionError((folder / "mutmut.log").read_text()[-2_000:])
    return found


def find_reason(change: str) -> str:
    """Why a survivor cannot matter, from its change as mutmut shows it; "" where nobody has said."""
    added = "\n".join(line[1:] for line in change.splitlines() if line.startswith("+"))
    for known in tomllib.loads(EXPLAINED.read_text())["mutant"]:
        if f"+++ {known['file']}" in change and known["becomes"] in added:
            return str(known["why"])
    return ""
