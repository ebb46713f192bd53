"""Figures for programs: flat records as CSV, and whole results as JSON, unrounded.

What was withheld or does not exist is an empty cell, or null. Names never run as formulas.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping

from evalplat.reports.tables import harmless

Cell = str | float | None
Record = dict[str, Cell]


def records_csv(records: Iterable[Mapping[str, Cell]]) -> str:
    """One row per record under the names of the first one, comma and decimal point; nothing without records."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for place, record in enumerate(records):
        if place == 0:
            writer.writerow(record)
        writer.writerow([_plain(value) for value in record.values()])
    return stream.getvalue()


def write_json(content: object) -> str:
    """JSON without anything that is no number."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else repr(value)
