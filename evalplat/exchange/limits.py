"""How large a table may be, so that nobody's file can fill the memory."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at most; 0 sets no limit. `part_bytes`: one part of a workbook other than its sheets and texts."""

    text_bytes: int = 0
    workbook_bytes: int = 200 * MEBIBYTE
    unpacked_bytes: int = 1024 * MEBIBYTE
    part_bytes: int = 64 * MEBIBYTE
    rows: int = 0
    columns: int = 2_000
    cell_characters: int = 0


WIDE = Limits()
"""For files of one's own on the command line, which are read row by row."""

IMPORT = Limits(
    text_bytes=64 * MEBIBYTE,
    workbook_bytes=20 * MEBIBYTE,
    unpacked_bytes=200 * MEBIBYTE,
    part_bytes=8 * MEBIBYTE,
    rows=100_000,
    columns=500,
    cell_characters=4_000,
)
"""For an import from the command line, which holds the whole table."""

UPLOAD = Limits(
    text_bytes=5 * MEBIBYTE,
    workbook_bytes=5 * MEBIBYTE,
    unpacked_bytes=64 * MEBIBYTE,
    part_bytes=MEBIBYTE,
    rows=5_000,
    columns=500,
    cell_characters=4_000,
)
"""For a file that comes in over the web."""
