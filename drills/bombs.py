"""Files that are small and grow without end when they are read; each is read in a process of its own.

`python -m drills.bombs NAME FILE` reads one as an upload is read, and tells what became of it.
"""

import io
import json
import re
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s'
    b"</sheetData></worksheet>"
)
MEGABYTE = 1024 * 1024


def make(name: str) -> tuple[str, bytes]:
    """The file name and the content of a bomb."""
    return BOMBS[name]()


def _template() -> dict[str, bytes]:
    from evalplat.exchange.import_files import write_template
    from evalplat.instruments.catalogue import load_catalogue

    made = write_template(load_catalogue().get("who-5"), [], "fi", "xlsx")
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        return {name: book.read(name) for name in book.namelist()}


def _book(changed: str, content: bytes, repeat: int = 0, after: bytes = b"") -> tuple[str, bytes]:
    """A workbook with one part of which the middle is repeated."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book:
        for name, part in _template().items():
            if name != changed:
                book.writestr(name, part)
        with book.open(changed, "w", force_zip64=True) as part:
            part.write(content)
            for _ in range(repeat):
                part.write(b" " * MEGABYTE)
            part.write(after)
    return "bomb.xlsx", made.getvalue()


def _lie(made: tuple[str, bytes]) -> tuple[str, bytes]:
    """Say of every part in the directory that it unpacks to ten bytes."""
    name, content = made
    changed = bytearray(content)
    at = 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        changed[at + 24 : at + 28] = struct.pack("<I", 10)
        at += 4
    return name, bytes(changed)


def _laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]><x>&l9;</x>"


FIRST, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "sheet of two gigabytes": lambda: _book(FIRST, SHEET.partition(b"%s")[0], 2048),
    "texts of two gigabytes": lambda: _book(STRINGS, b"<sst>", 2048, b"</sst>"),
    "styles of two gigabytes": lambda: _book("xl/styles.xml", b"<styleSheet>", 2048),
    "sheet that lies about its size": lambda: _lie(_book(FIRST, SHEET.partition(b"%s")[0], 1024)),
    "billion laughs": lambda: _book(FIRST, _laughs()),
    "billion laughs in the workbook": lambda: _book("xl/workbook.xml", _laughs()),
    "a million rows": lambda: _book(FIRST, SHEET % (b'<row r="1"><c r="A1"/></row>' * 1_000_000)),
    "last row and column": lambda: _book(
        FIRST, SHEET % b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "one cell of 60 megabytes": lambda: _book(
        FIRST,
        SHEET % (b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>' % (b"x" * 60 * MEGABYTE)),
    ),
    "30,000 parts": lambda: _many_parts(),
    "one line of 5 megabytes": lambda: ("bomb.csv", b"a;" * (5 * MEGABYTE // 2 - 10)),
    "an open quote to the end": lambda: ("bomb.csv", b'a;b\n"' + b"x" * (5 * MEGABYTE - 100)),
    "a file beyond the limit": lambda: ("bomb.csv", b"a;b\n1;2\n" * MEGABYTE),
    "five million empty lines": lambda: ("bomb.csv", b"a;b\n" + b"\n" * (5 * MEGABYTE - 100)),
}  # fmt: skip


def _many_parts() -> tuple[str, bytes]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as book:
        for name, part in _template().items():
            book.writestr(name, part)
        for number in range(30_000):
            book.writestr(f"x/{number}", b"")
    return "bomb.xlsx", made.getvalue()


def peak_memory() -> float:
    """The most memory that this process has taken, in megabytes; not what its parent took before it began."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def read(name: str, path: Path) -> None:
    """Read a file as an upload, and tell on standard output what became of it and what that took."""
    from evalplat.errors import FileRejected
    from evalplat.exchange.import_table import looks_like_header, read_import_table
    from evalplat.exchange.limits import UPLOAD
    from evalplat.exchange.tables import open_stream

    began, outcome = time.monotonic(), "taken"
    try:
        with (
            path.open("rb") as stream,
            open_stream(name, stream, limits=UPLOAD, is_header=looks_like_header) as table,
        ):
            faults = read_import_table(table).faults
            outcome = "refused" if faults else "taken"
    except FileRejected:
        outcome = "refused"
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}"[:80]
    peak = peak_memory()
    told = {"outcome": outcome, "peak": peak, "seconds": time.monotonic() - began}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    read(sys.argv[1], Path(sys.argv[2]))
