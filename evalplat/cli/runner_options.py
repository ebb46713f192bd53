"""`--workers` and `--scheduler`: who computes long work, for every command that has some."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def runner_options(command: Command) -> Command:
    """Add `--workers` and `--scheduler` to a command; it gets `workers: int` and `scheduler: str | None`.

    Hand both to `evalplat.parallel.open_runner`.
    """
    workers = click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="N",
        help="Compute in N processes of this machine.",
    )
    scheduler = click.option(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="Compute on a Dask cluster of your own (extra evalplat[cluster]).",
    )
    return workers(scheduler(command))
