"""Files that only their owner reads, and that are on the disk before anybody relies on them."""

import os
from pathlib import Path


def make_private(path: Path) -> None:
    """An empty file that only its owner reads."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600))


def sync_file(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
