"""Puts settings, engine, catalogue and clock together, and opens sessions: for web, command line and notebooks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.instruments.catalogue import Catalogue, load_catalogue
from evalplat.instruments.living import LivingInstruments, bring_to_life
from evalplat.storage import access, audit, own_instruments, restriction
from evalplat.storage.actors import Actor
from evalplat.storage.database import (
    AWAY,
    DatabaseBusy,
    NoQueue,
    WriterQueue,
    make_engine,
    make_queue,
)
from evalplat.storage.keyring import Keyring
from evalplat.storage.word_columns import OPENER
from evalplat.storage.words import open_loaded

Result = TypeVar("Result")
Clock = Callable[[], datetime]

WORTH_ONE_RETRY = ("40001", "40P01")
"""PostgreSQL's serialisation failure and deadlock."""

LOOKED_FOR = timedelta(seconds=2)
"""So often a process looks whether another one has published or retired an instrument."""


@dataclass
class Known:
    """What this process has taken in of the county's own instruments, and when it looked last."""

    counts: tuple[int, int] | None = None
    looked_at: datetime | None = None


def read_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Wiring:
    """An installation, ready for use cases. Everything that a test replaces is a field."""

    settings: Settings
    engine: Engine
    catalogue: Catalogue
    clock: Clock
    queue: WriterQueue | NoQueue
    keyring: Keyring = field(default_factory=lambda: Keyring(()))
    known: Known = field(default_factory=Known, compare=False)

    @contextmanager
    def transaction(self, actor: Actor, purpose: str = "") -> Iterator[Session]:
        """One write transaction for one actor, committed when the block ends and rolled back when it raises.

        An error that says `keeps_transaction` (a wrong password is counted, a second sheet is kept aside) is raised
        after the commit.
        """
        with self.queue.turn(), self._session(actor, purpose, write=True) as session:
            try:
                yield session
            except Exception as error:
                if not getattr(error, "keeps_transaction", False):
                    raise
                self._finish(session)
                raise
            self._finish(session)

    @contextmanager
    def reading(self, actor: Actor, purpose: str = "") -> Iterator[Session]:
        """A session that only reads; its lines of the access log are written before the block's end is passed."""
        with self._session(actor, purpose, write=False) as session:
            yield session
            pending = audit.take_pending(session)
            restriction.check_reading(session, pending.lines)
            # Nothing was changed. A driver for PostgreSQL forgets at a rollback how its statements are planned.
            session.commit()
        if pending.lines:
            with self.transaction(Actor.system("access log")) as log:
                audit.write(log, pending)

    def run(self, actor: Actor, work: Callable[[Session], Result], purpose: str = "") -> Result:
        """Do `work` in one write transaction; once more after a deadlock, a serialisation failure or a lost connection.

        Only for work that is safe to repeat, such as everything with an idempotency key.
        """
        try:
            with self.transaction(actor, purpose) as session:
                return work(session)
        except DatabaseBusy as error:
            cause = error.__cause__
            if not isinstance(cause, DBAPIError):
                raise
            state = getattr(cause.orig, "sqlstate", None)
            if not (cause.connection_invalidated or state in WORTH_ONE_RETRY):
                raise
        with self.transaction(actor, purpose) as session:
            return work(session)

    def take_in_instruments(self, *, at_once: bool = False) -> None:
        """Serve what was published meanwhile, by this process (`at_once`) or by another one."""
        known, now = self.known, self.clock()
        if not isinstance(self.catalogue.instruments, LivingInstruments):
            return
        if not at_once and known.looked_at and abs(now - known.looked_at) < LOOKED_FOR:
            return
        known.looked_at = now
        try:
            with self.engine.connect() as connection:
                known.counts = own_instruments.take_in(connection, self.catalogue, known.counts)
                connection.commit()
        except SQLAlchemyError:  # the page itself says what is wrong with the database
            return

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()

    @contextmanager
    def _session(self, actor: Actor, purpose: str, *, write: bool) -> Iterator[Session]:
        actor = replace(actor, purpose=purpose.strip()) if purpose else actor
        self.take_in_instruments()
        engine = self.engine.execution_options(evalplat_write=write)
        try:
            with access.OwnedSession(engine, autobegin=False, expire_on_commit=False) as session:
                session.begin()
                session.info.update(
                    clock=self.clock,
                    county=self.settings.county,
                    keyring=self.keyring,
                    **{OPENER: open_loaded},
                )
                access.enter(session, actor)
                yield session
        except AWAY as error:  # also where giving the connection back shows that it is lost
            raise DatabaseBusy.away() from error

    @staticmethod
    def _finish(session: Session) -> None:
        pending = audit.take_pending(session)
        restriction.check_acts(session, pending.lines)
        audit.write(session, pending)
        session.commit()


def build_wiring(
    settings: Settings, *, catalogue: Catalogue | None = None, clock: Clock | None = None
) -> Wiring:
    """Everything an installation needs. The database must have been made with `evalplat db create`."""
    return Wiring(
        settings=settings,
        engine=make_engine(settings),
        catalogue=bring_to_life(
            catalogue or load_catalogue(settings.instruments_folder, settings.own_instruments)
        ),
        clock=clock or read_clock,
        queue=make_queue(settings),
        keyring=Keyring(settings.master_keys),
    )
