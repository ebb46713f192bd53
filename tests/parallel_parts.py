"""Work for the tests of `parallel`, where another process can import it from."""

import os
import signal
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.parallel import open_runner


def draw_mean(seed, size):
    rng = np.random.default_rng(seed)
    return float(rng.normal(size=size).mean()), float(rng.gamma(2.0, size=size).std())


def seeds(parts=7):
    return np.random.SeedSequence(20261115).spawn(parts)


def fail_at(item, place):
    if item >= place:
        raise ZeroDivisionError(f"nothing can be divided by {item - place}")
    return item


def reject(item):
    if item == 2:
        raise InputRejected(
            message=Message("The file %(name)s is empty.", name="a.csv"),
            faults=[Fault("row 1", Message("there is none"))],
        )
    return item


class Sealed(Exception):
    def __init__(self, one, two):
        super().__init__("cannot be made again from this")


def raise_sealed(item):
    raise Sealed(1, 2)


def end_suddenly(item):
    os._exit(3)


def find_process(item):
    return os.getpid()


def leave_name_and_sleep(item, folder):
    (folder / str(os.getpid())).touch()
    time.sleep(600)


if __name__ == "__main__":
    # A shell's background job is told to ignore Ctrl-C, and what it starts would do so too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open_runner(workers=2) as asked:
        asked.map(partial(leave_name_and_sleep, folder=Path(sys.argv[1])), [1, 2, 3, 4])


def tell_little():
    """A report with a title and nothing else."""
    from evalplat.reports.told import Report

    return Report("A", (), "en", "", "", (), ())


def tell_nothing():
    """A report that breaks down while it is told."""
    raise RuntimeError("broken")
