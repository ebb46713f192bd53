"""Where a command's result goes: to a file, whole or not at all, or to the terminal or pipe."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from evalplat.errors import FileRejected, Message

PIPE_WIDTH = 400


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


def write_result(content: str | bytes, target: Path | None) -> None:
    """Write to `target` so that a crash leaves the earlier file or none; without a target to standard output."""
    data = content.encode() if isinstance(content, str) else content
    if target is None:
        if isinstance(content, bytes) and sys.stdout.isatty():
            raise click.UsageError("This form is not for a terminal: name a file with -o.")
        click.echo(content, nl=False)
        return
    partial = None
    try:
        handle, partial = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".partial", dir=target.parent
        )
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # A temporary file is private; the result gets the permissions that any new file would have.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(partial, 0o666 & ~mask)
        os.replace(partial, target)
    except OSError as error:
        if partial:
            Path(partial).unlink(missing_ok=True)
        raise FileRejected(
            Message(
                "%(file)s cannot be written: %(reason)s. Name a folder that exists and that you may write to.",
                file=str(target),
                reason=error.strerror or str(error),
            )
        ) from error


def find_width() -> int:
    """How wide a table may be: the terminal's width, and as wide as it likes in a pipe or file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
