"""A bar that shows how far long work is: on a terminal's standard error, and nothing in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[str, int, int | None], None]
"""What is being done, how many are done, and how many there are where that is known."""


@contextmanager
def show_progress(beginning: str, unit: str) -> Iterator[Advance]:
    """Gives the function that moves the bar. beginning: what is done first; unit: what is counted."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]} {task.fields[unit]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(beginning, total=None, done=0, unit=unit)

        def advance(what: str, done: int, total: int | None) -> None:
            progress.update(task, description=what, completed=done, total=total, done=f"{done:,}")

        yield advance
