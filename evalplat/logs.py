"""What a server writes about itself: one JSON object a line, and no word about any person.

Only the keys of `KEYS` are written; whatever else is said is left out. An exception is told by its kind and by where it
came from, never by its text, which may carry a name or an answer. So a log may be read by whoever runs the machine.
"""

import json
import logging
import re
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

ROOM = "evalplat"
KEYS = (
    *("at", "level", "event", "log", "reference", "method", "route", "status", "milliseconds"),
    *("account", "role", "token", "error", "why", "frames", "pid", "check", "revision"),
)
"""All that may be said: route is the register's template, account and token random ids, why a database's own code."""

LONGEST = 200
_VALUES = re.compile(r"[^A-Za-z ,.-]")
PACKAGE = Path(__file__).resolve().parent


def log_of(room: str) -> Any:
    """The log of one part of the program: `log_of("web").error("defect", reference=…, error=…)`."""
    return structlog.wrap_logger(
        logging.getLogger(f"{ROOM}.{room}"),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            _add_time,
            _tell_error,
            _keep_known,
            _write_json,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class JsonFormatter(logging.Formatter):
    """The same form for what libraries say: their fixed words without what they fill in, and no exception's text."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; our own lines are JSON already."""
        if record.name.partition(".")[0] == ROOM:
            return record.getMessage()
        said: dict[str, Any] = {
            "at": _instant(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": _fixed_words(record),
        }
        if record.exc_info and record.exc_info[1]:
            said["error"] = record.exc_info[1]
        return str(_write_json(None, "", _keep_known(None, "", _tell_error(None, "", said))))


def start_logging() -> None:
    """Write the program's own lines and libraries' warnings to standard error; for a server's process only."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ROOM).setLevel(logging.INFO)
    logging.captureWarnings(True)


def describe_error(error: BaseException) -> str:
    """The kinds of an error and of what caused it, without a word of their texts."""
    kinds: list[str] = []
    here: BaseException | None = error
    while here is not None and len(kinds) < 5:
        kinds.append(type(here).__name__)
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
    return " < ".join(kinds)


def code_of(error: BaseException | None) -> str:
    """What a database calls its own trouble (`SQLITE_FULL`, `57P03`), or the kind of the error."""
    raw = getattr(error, "orig", None) or error
    code = getattr(raw, "sqlite_errorname", None) or getattr(raw, "sqlstate", None)
    return str(code or type(raw).__name__)


def _fixed_words(record: logging.LogRecord) -> str:
    """A library's own sentence; values are filled in only where all are numbers. Other talk is not passed on.

    A sentence that comes ready may have values in it already, so it ends where they could begin.
    """
    if record.name.partition(".")[0] != "gunicorn" or not isinstance(record.msg, str):
        return "said something"
    if not record.args:
        return _VALUES.split(record.msg, maxsplit=1)[0].strip() or "said something"
    values = record.args if isinstance(record.args, tuple) else (record.args,)
    numbers = all(isinstance(value, int | float) for value in values)
    return record.getMessage() if numbers else record.msg


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _add_time(_logger: Any, _name: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    said["at"] = _instant(datetime.now(UTC))
    return said


def _tell_error(
    _logger: Any, _name: str, said: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = said.get("error")
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        said["error"] = describe_error(error)
        said["frames"] = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames[-12:]]
    return said


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(PACKAGE.parent):
        path = path.relative_to(PACKAGE.parent)
    return "/".join(path.parts[-3:])


def _keep_known(_logger: Any, _name: str, said: Mapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _plain(said[key]) for key in KEYS if said.get(key) not in (None, "")}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [str(part)[:LONGEST] for part in value]
    return value if isinstance(value, int) else str(value)[:LONGEST]


def _write_json(_logger: Any, _name: str, said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=True)
