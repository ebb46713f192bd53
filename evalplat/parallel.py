"""Long work in parts: one `map` that runs here, in processes of this machine, or on a Dask cluster.

Whoever has work to spread (a bootstrap, a simulation, many reports) takes a `Runner` and maps a function over parts.
The parts are the same whoever computes them, and anything random in a part comes from the part's own seed: so the
figures are the same too. Parts go to other processes pickled; the function must stand at the top level of a module.
"""

import os
import pickle
import re
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from evalplat.errors import EvalplatError, InputRejected, Message, NotConfigured, Unavailable

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")

ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:\d{1,5}", re.ASCII)
SECONDS_TO_ANSWER = 5
SAME_EVERYWHERE = ("evalplat", "numpy", "scipy")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Runner(Protocol):
    """Computes the parts of a piece of work."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """`function` of every item, in the items' order.

        The first item in order that fails is the one that is told: an error of ours keeps its class and gets the part
        in front of its message, any other becomes a `PartFailed`.
        """
        ...


class PartFailed(Exception):
    """A part of the work broke down; `part` counts from 1, and the cause is the part's own error."""

    def __init__(self, part: int, parts: int, reason: str, details: str = "") -> None:
        super().__init__(part, parts, reason, details)
        self.part, self.parts, self.reason, self.details = part, parts, reason, details

    def __str__(self) -> str:
        text = f"Part {self.part} of {self.parts} failed: {self.reason}"
        return f"{text}\n\n{self.details}" if self.details else text


class _InProcess:
    """One part after the other, in the process that asks."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        results = []
        for place, item in enumerate(items):
            try:
                results.append(function(item))
            except Exception as error:
                raise _name_part(error, place, len(items)) from error
        return results


IN_PROCESS: Runner = _InProcess()


def use_one_core() -> None:
    """Let numpy, if not loaded yet, use one core: on small matrices its threads wait more than they compute."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")


@contextmanager
def open_runner(*, workers: int = 1, scheduler: str | None = None) -> Iterator[Runner]:
    """The runner that was asked for, for as long as the block lasts.

    workers: processes on this machine; 1 means none beside this one. scheduler: address of a Dask cluster's scheduler,
    such as tcp://192.0.2.7:8786. When the block ends, its processes have ended too; when it ends by an error or Ctrl-C,
    they are ended at once.
    Raises InputRejected when both are asked for or cannot be, NotConfigured when the extra `cluster` is not installed
    or the cluster runs another version, Unavailable when no cluster answers.
    """
    if workers < 1:
        raise InputRejected(
            Message("%(workers)d workers cannot compute anything; give 1 or more.", workers=workers)
        )
    if scheduler is None:
        with _open_processes(workers) as runner:
            yield runner
        return
    if workers > 1:
        raise InputRejected(
            Message("Choose workers on this machine or the scheduler of a cluster, not both.")
        )
    with _open_cluster(scheduler) as runner:
        yield runner


@contextmanager
def _open_processes(workers: int) -> Iterator[Runner]:
    """Workers hold one end of a pipe: when the other end closes, be it by us or by our own sudden end, they end."""
    if workers == 1:
        yield IN_PROCESS
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A fresh interpreter per worker: a fork would copy locks that other threads hold.
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(theirs,)
    )
    try:
        yield _Processes(pool)
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()


class _Processes:
    """Parts computed by a pool of processes on this machine."""

    def __init__(self, pool: "ProcessPoolExecutor") -> None:
        self.pool = pool

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        from concurrent.futures.process import BrokenProcessPool

        packed = [_pack(item) for item in (function, *items)]
        results: list[Result] = []
        futures = [self.pool.submit(_compute, packed[0], part) for part in packed[1:]]
        try:
            for place, future in enumerate(futures):
                results.append(_unpack(future.result(), place, len(items)))
        except BrokenProcessPool as error:
            raise Unavailable(
                Message(
                    "A worker process ended before part %(part)d of %(parts)d was done. It may have run out of memory; "
                    "a script that asks for workers must start under if __name__ == '__main__'.",
                    part=len(results) + 1,
                    parts=len(items),
                )
            ) from error
        finally:
            for future in futures:
                future.cancel()
        return results


def _start_worker(pipe: "Connection") -> None:
    """Leave Ctrl-C to the process that asks, use one core, and end with whoever asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_one_core()

    def watch() -> None:
        try:
            pipe.recv_bytes()
        except (EOFError, OSError):
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _open_cluster(scheduler: str) -> Iterator[Runner]:
    if not ADDRESS.fullmatch(scheduler):
        raise InputRejected(
            Message(
                "%(address)s is no address of a scheduler; give one such as tcp://192.0.2.7:8786.",
                address=scheduler,
            )
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise NotConfigured(
            Message(
                "Work on a cluster needs the extra cluster: pip install 'evalplat[cluster]'.",
            )
        ) from error
    try:
        make_client: Any = Client
        client = make_client(scheduler, timeout=SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Unavailable(
            Message(
                "Nobody answers at %(address)s. Start a scheduler there (dask scheduler) and workers (dask worker).",
                address=scheduler,
            )
        ) from error
    try:
        _check_workers(client, scheduler)
        yield _Cluster(client, scheduler)
    finally:
        client.close()


class _Cluster:
    """Parts computed by the workers of a Dask cluster."""

    def __init__(self, client: Any, scheduler: str) -> None:
        self.client = client
        self.scheduler = scheduler

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker

        packed = [_pack(item) for item in (function, *items)]
        results: list[Result] = []
        shared = self.client.scatter(packed[0], broadcast=False, hash=False)
        futures = [self.client.submit(_compute, shared, part, pure=False) for part in packed[1:]]
        try:
            for place, future in enumerate(futures):
                results.append(_unpack(future.result(), place, len(items)))
        except (KilledWorker, CancelledError, OSError) as error:
            raise Unavailable(
                Message(
                    "The cluster at %(address)s was lost before part %(part)d of %(parts)d was done.",
                    address=self.scheduler,
                    part=len(results) + 1,
                    parts=len(items),
                )
            ) from error
        finally:
            self.client.cancel(futures)
        return results


def _check_workers(client: Any, scheduler: str) -> None:
    """Figures are the same only where the programs are; a cluster without workers or with others is refused."""
    try:
        client.wait_for_workers(1, timeout=SECONDS_TO_ANSWER)
    except TimeoutError as error:
        raise Unavailable(
            Message(
                "The scheduler at %(address)s has no workers. Start some (dask worker %(address)s).",
                address=scheduler,
            )
        ) from error
    for name in SAME_EVERYWHERE:
        own = _find_own_version(name)
        # A function of the standard library: it arrives also where our own program does not.
        found = client.run(version, name, on_error="return")
        for worker, theirs in sorted(found.items()):
            if isinstance(theirs, Exception):
                raise NotConfigured(
                    Message(
                        "Worker %(worker)s does not have %(name)s, and this program has %(own)s: install the same "
                        "there, so that the figures are the same.",
                        worker=worker,
                        name=name,
                        own=own,
                    )
                )
            if theirs != own:
                raise NotConfigured(
                    Message(
                        "Worker %(worker)s has %(name)s %(theirs)s and this program %(own)s: install the same there, "
                        "so that the figures are the same.",
                        worker=worker,
                        name=name,
                        theirs=theirs,
                        own=own,
                    )
                )


def _find_own_version(name: str) -> str:
    return version(name)


@dataclass(frozen=True, slots=True)
class _Failure:
    """A part's error on its way back: the packed error where it survives packing, and its words in any case."""

    packed: bytes | None
    reason: str
    details: str


def _pack(what: object) -> bytes:
    try:
        return pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        name = getattr(what, "__qualname__", type(what).__name__)
        raise TypeError(
            f"{name} cannot be sent to other processes ({error}). Give a function that stands at the top level of a "
            "module (functools.partial binds its other arguments), and plain data."
        ) from error


def _compute(function: bytes, item: bytes) -> bytes:
    """One part, in whatever process this is; an error comes back as a `_Failure` rather than ending the worker."""
    try:
        return pickle.dumps(pickle.loads(function)(pickle.loads(item)))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        failure = _Failure(_pack_error(error), reason, traceback.format_exc())
        return pickle.dumps(failure)


def _pack_error(error: Exception) -> bytes | None:
    """The error, if it can be made again from what it was packed into."""
    try:
        kept: object = (
            (type(error), dict(vars(error))) if isinstance(error, EvalplatError) else error
        )
        packed = pickle.dumps(kept)
        pickle.loads(packed)
    except Exception:
        return None
    return packed


def _unpack(packed: bytes, place: int, parts: int) -> Any:
    """The part's result; raises the part's error."""
    result = pickle.loads(packed)
    if not isinstance(result, _Failure):
        return result
    kept = pickle.loads(result.packed) if result.packed is not None else None
    if isinstance(kept, tuple):
        raise _name_part(_remake(*kept), place, parts)
    raise PartFailed(place + 1, parts, result.reason, result.details) from kept


def _name_part(error: Exception, place: int, parts: int) -> Exception:
    """The error with its part named: an error of ours in its message, any other inside a `PartFailed`."""
    if not isinstance(error, EvalplatError):
        return PartFailed(place + 1, parts, f"{type(error).__name__}: {error}")
    named = _remake(type(error), vars(error))
    named.message = Message(
        "Part %(part)d of %(parts)d: %(message)s",
        part=place + 1,
        parts=parts,
        message=error.message,
    )
    return named


def _remake(kind: type[EvalplatError], fields: dict[str, Any]) -> EvalplatError:
    """An error of ours again from its fields, whatever its class wants to be made from."""
    made = kind.__new__(kind)
    vars(made).update(fields)
    return made
