"""Processes that write as fast as they can and tell each row only after its commit has returned."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from evalplat.config import Settings

PROGRAM = """
    import sys
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.services.actors import Actor
    from evalplat.services.providers import add_provider
    from evalplat.config import Settings
    from evalplat.wiring import build_wiring
    url, key, name = sys.argv[1:]
    wiring = build_wiring(Settings(url, url, master_keys=(key,)), catalogue=Catalogue(None, {}))
    actor = Actor.system("writer")
    n = 0
    while True:
        with wiring.transaction(actor) as session:
            add_provider(session, actor, name=f"{name} {n:07}")
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
        n += 1
"""


class Writers:
    """Writing processes, and the rows that each has told."""

    def __init__(self, settings: Settings, count: int) -> None:
        (key,) = settings.master_keys
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), settings.database_url, key]
        self.processes = [
            subprocess.Popen([*command, f"Writer {n}"], stdout=subprocess.PIPE, text=True)
            for n in range(count)
        ]
        self.told = [0] * count
        self.threads = [
            threading.Thread(target=self._listen, args=(n,), daemon=True) for n in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def _listen(self, number: int) -> None:
        stream = self.processes[number].stdout
        for line in stream or ():
            if line.endswith("\n"):
                self.told[number] = int(line) + 1

    def committed(self) -> set[str]:
        """The names of all rows whose commit has been told until now."""
        return {
            f"Writer {n} {k:07}" for n, count in enumerate(list(self.told)) for k in range(count)
        }


@contextmanager
def writing(settings: Settings, count: int) -> Iterator[Writers]:
    """Processes that write until the block ends; they are killed then, in the middle of what they do."""
    writers = Writers(settings, count)
    try:
        yield writers
    finally:
        for process in writers.processes:
            process.kill()
            process.wait()
        for thread in writers.threads:
            thread.join()
