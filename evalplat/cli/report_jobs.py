"""Many reports one after the other, or in several processes: each is written whole, and a failed one stops no other."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalplat.errors import EvalplatError, FileRejected, Message

if TYPE_CHECKING:
    from evalplat.reports.told import Report

AT_A_TIME = 8
"""Reports that each process gets before the bar moves and the next ones are handed out."""
MOST_LETTERS = 60
LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ŧ": "t", "ŋ": "n", "ł": "l"})


@dataclass(frozen=True, slots=True)
class Job:
    """One report to write. tell: makes the story, in whatever process; stem: the files' place without an ending."""

    about: str
    tell: "Callable[[], Report]"
    kinds: tuple[str, ...]
    stem: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job: the files that are there, and why one failed; nothing where all went well."""

    about: str
    files: tuple[str, ...]
    reason: str = ""


def do_job(job: Job) -> Done:
    """Write one report as each of its kinds; a failure is told, not raised, so that the others go on."""
    from evalplat.cli.output import open_output
    from evalplat.reports.report_files import write_report

    files: list[str] = []
    try:
        report = job.tell()
        for kind in job.kinds:
            target = Path(f"{job.stem}.{kind}")
            content = write_report(report, kind)
            with open_output(target, private=True) as stream:
                stream.write(content)
            files.append(str(target))
    except EvalplatError as error:
        return Done(job.about, tuple(files), str(error))
    except Exception as error:  # one report's fault must not cost the others
        return Done(job.about, tuple(files), f"{type(error).__name__}: {error}")
    return Done(job.about, tuple(files))


def do_jobs(
    jobs: Sequence[Job], *, workers: int, advance: Callable[[str, int, int | None], None]
) -> Iterator[Done]:
    """Each job's end, in the order of the jobs."""
    from evalplat.parallel import open_runner

    step = AT_A_TIME * workers
    with open_runner(workers=min(workers, max(1, len(jobs)))) as runner:
        for start in range(0, len(jobs), step):
            yield from runner.map(do_job, jobs[start : start + step])
            advance("Writing", min(start + step, len(jobs)), len(jobs))


def name_files(names: Sequence[str]) -> dict[str, str]:
    """A file name for each name: letters, digits and hyphens alone, and different on every file system.

    Which number one of several alike gets depends on all names and their order, so hand in all that there are.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
        words = re.findall(r"[a-z0-9]+", re.sub(r"[\u0300-\u036f]", "", plain))
        slug = "-".join(words)[:MOST_LETTERS].rstrip("-") or "x"
        number, unique = 1, slug
        while unique in taken:
            number += 1
            unique = f"{slug}-{number}"
        taken.add(unique)
        found[name] = unique
    return found


def make_folder(folder: Path) -> None:
    """The folder for the reports, made for its owner alone if it is missing. Raises FileRejected."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileRejected(
            Message(
                "%(file)s cannot be written: %(reason)s. Name a folder that exists and that you may write to.",
                file=str(folder),
                reason=error.strerror or str(error),
            )
        ) from error
