"""Where a command's result goes: to a file, whole or not at all, or to the terminal, pipe or device."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from evalplat.errors import FileRejected, Message

PIPE_WIDTH = 400
IN_MEMORY = 16 * 1024 * 1024
COPIED_AT_ONCE = 1024 * 1024


def choose_form(forms: dict[str, bool], target: Path | None) -> str:
    """The one form asked for, or the one that the target's name ends with, or `text`; two forms are wrong use."""
    asked = [name for name, wanted in forms.items() if wanted]
    if len(asked) > 1:
        raise click.UsageError(
            f"Choose one of {' and '.join('--' + name for name in asked)}, not both."
        )
    if asked:
        return asked[0]
    suffix = target.suffix.lower().removeprefix(".") if target else ""
    return suffix if suffix in forms else "text"


def refuse_overwriting(source: Path, target: Path | None) -> None:
    """Wrong use: a result that would take the place of the file it is made from, under whatever name."""
    if target is None:
        return
    try:
        same = target.samefile(source)
    except (OSError, ValueError):
        same = False
    if same:
        raise click.UsageError("The output would overwrite the input. Give another name after -o.")


def write_result(content: str | bytes, target: Path | None) -> None:
    """Write to `target` so that a crash leaves the earlier file or none; without a target to standard output."""
    if target is None and isinstance(content, bytes) and sys.stdout.isatty():
        raise click.UsageError("This form is not for a terminal: name a file with -o.")
    with open_output(target) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def open_output(target: Path | None, *, private: bool = False) -> Iterator[IO[bytes]]:
    """A stream that reaches its place only when everything was written without an error.

    private: the file can be read by its owner alone, whatever an earlier one could.
    """
    if target is not None:
        # A link stays a link: the file that it leads to gets the result.
        place = Path(os.path.realpath(target))
        try:
            is_file = not place.exists() or place.is_file()
        except (OSError, ValueError) as error:
            raise _unwritable(target, error) from error
        if is_file:
            with _replace_whole(target, place, private) as stream:
                yield stream
            return
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        yield spool
        spool.seek(0)
        if target is None:
            # What goes wrong here is told by the command line itself, as for every other command that prints.
            while chunk := spool.read(COPIED_AT_ONCE):
                click.echo(chunk, nl=False)
            return
        # A device or a named pipe must never be replaced by a file.
        try:
            with target.open("wb") as device:
                shutil.copyfileobj(spool, device, COPIED_AT_ONCE)
        except OSError as error:
            raise FileRejected(
                Message(
                    "%(file)s cannot be written: %(reason)s.",
                    file=str(target),
                    reason=error.strerror or str(error),
                )
            ) from error


@contextmanager
def _replace_whole(target: Path, place: Path, private: bool) -> Iterator[IO[bytes]]:
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=".evalplat.", suffix=".partial", dir=place.parent)
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(partial, 0o600 if private else _find_permissions(place))
        os.replace(partial, place)
        partial = None
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        if partial:
            Path(partial).unlink(missing_ok=True)


def _find_permissions(place: Path) -> int:
    """Those of the earlier file, so that a private one stays private; else those of any new file."""
    if place.exists():
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(target: Path, error: OSError | ValueError) -> FileRejected:
    return FileRejected(
        Message(
            "%(file)s cannot be written: %(reason)s. Name a folder that exists and that you may write to.",
            file=str(target),
            reason=getattr(error, "strerror", None) or str(error),
        )
    )


def find_width() -> int:
    """How wide a table may be: the terminal's width, and as wide as it likes in a pipe or file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
