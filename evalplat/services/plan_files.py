"""Measurement plans as files: TOML with a closed vocabulary, every fault named at once."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from evalplat.errors import Fault, FileRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.plans import PlanView, find_plan_faults
from evalplat.services.requests import PlanRow
from evalplat.vocabulary import LANGUAGES, Anchor, MeasurementPoint, Mode, Respondent

Word = TypeVar("Word", bound=StrEnum)

DAYS = ("offset_days", "before_days", "after_days")
WINDOW = (*DAYS, "anchor")
TOP = ("key", "titles", "rows", "windows")
ROW = ("instrument", "points", "respondent", "mode", *WINDOW)
REJECTED = Message("The measurement plan cannot be used.")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as a file tells it, not yet saved."""

    key: str
    titles: Mapping[str, str]
    rows: tuple[PlanRow, ...]


def read_plan(path: Path, catalogue: Catalogue | None = None) -> PlanFile:
    """A measurement plan from a file. With a catalogue, what it measures is checked as when it is saved.

    Raises FileRejected with every fault: unknown words, missing or unknown settings, and all that keeps it from being
    saved.
    """
    data = _read_toml(path)
    faults: list[Fault] = []
    plan = _read(data, faults)
    if not faults and catalogue is not None:
        faults.extend(find_plan_faults(catalogue, plan.key, plan.titles, plan.rows))
    if faults:
        named = [
            Fault(f"{path.name}: {f.where}" if f.where else path.name, f.message) for f in faults
        ]
        raise FileRejected(REJECTED, named)
    return plan


def write_plan(plan: PlanView) -> str:
    """A stored plan as a file that `read_plan` reads back to the same rows."""
    parts = [f"# version {plan.version}", f"key = {_quote(plan.key)}", "", "[titles]"]
    parts += [f"{code} = {_quote(title)}" for code, title in plan.titles.items()]
    for row in plan.rows:
        parts += [
            "",
            "[[rows]]",
            f"instrument = {_quote(row.instrument)}",
            f"points = [{_quote(row.point)}]",
            f"respondent = {_quote(row.respondent)}",
            f"mode = {_quote(row.mode)}",
            f"anchor = {_quote(row.anchor)}",
            *(f"{name} = {getattr(row, name)}" for name in DAYS),
        ]
    return "\n".join(parts) + "\n"


def _quote(text: str) -> str:
    plain = "".join(
        f"\\u{ord(sign):04x}" if ord(sign) < 32 or sign in '"\\\x7f' else sign for sign in text
    )
    return f'"{plain}"'


def _read(data: Mapping[str, Any], faults: list[Fault]) -> PlanFile:
    _refuse_unknown(data, TOP, "", faults)
    titles = _table(data, "titles", faults)
    _refuse_unknown(titles, LANGUAGES, "titles", faults)
    windows = _read_windows(_table(data, "windows", faults), faults)
    rows: list[PlanRow] = []
    listed = data.get("rows", [])
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        faults.append(Fault("rows", Message("Write one [[rows]] for each instrument.")))
        listed = []
    if not listed:
        faults.append(Fault("rows", Message("A plan measures something: give at least one row.")))
    for place, row in enumerate(listed, start=1):
        rows.extend(_read_row(row, windows, f"row {place}", faults))
    return PlanFile(
        key=_text(data, "key", "", faults),
        titles={
            code: _text(titles, code, "titles", faults) for code in titles if code in LANGUAGES
        },
        rows=tuple(rows),
    )


def _read_windows(
    given: Mapping[str, Any], faults: list[Fault]
) -> dict[MeasurementPoint, dict[str, Any]]:
    """The days and the anchor that every row has at a point unless it says its own."""
    _refuse_unknown(given, list(MeasurementPoint), "windows", faults)
    found = {}
    for point in MeasurementPoint:
        where = f"windows.{point}"
        window = _table(given, point, faults, where)
        _refuse_unknown(window, WINDOW, where, faults)
        found[point] = _read_window(window, where, faults)
    return found


def _read_window(given: Mapping[str, Any], where: str, faults: list[Fault]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in DAYS:
        if name in given:
            if isinstance(given[name], bool) or not isinstance(given[name], int):
                text = Message("%(name)s is a whole number of days.", name=name)
                faults.append(Fault(where, text))
            else:
                found[name] = given[name]
    if "anchor" in given:
        anchor = _word(Anchor, given["anchor"], "anchor", where, faults)
        if anchor is not None:
            found["anchor"] = anchor
    return found


def _read_row(
    row: Mapping[str, Any],
    windows: Mapping[MeasurementPoint, Mapping[str, Any]],
    where: str,
    faults: list[Fault],
) -> list[PlanRow]:
    _refuse_unknown(row, ROW, where, faults)
    instrument = _text(row, "instrument", where, faults)
    respondent = _word(Respondent, row.get("respondent", "client"), "respondent", where, faults)
    mode = _word(Mode, row.get("mode", "self"), "mode", where, faults)
    own = _read_window(row, where, faults)
    points = row.get("points")
    if not isinstance(points, list) or not points:
        faults.append(Fault(where, Message('Give points, as in points = ["baseline", "end"].')))
        points = []
    known = [_word(MeasurementPoint, point, "points", where, faults) for point in points]
    if respondent is None or mode is None:
        return []
    return [
        PlanRow(instrument, point, respondent, mode, **{**windows[point], **own})
        for point in known
        if point is not None
    ]


def _text(data: Mapping[str, Any], name: str, where: str, faults: list[Fault]) -> str:
    value = data.get(name)
    if isinstance(value, str) and value.strip():
        return value.strip()
    faults.append(Fault(where or name, Message("Give %(name)s as text.", name=name)))
    return ""


def _table(
    data: Mapping[str, Any], name: str, faults: list[Fault], where: str = ""
) -> Mapping[str, Any]:
    value = data.get(name, {})
    if isinstance(value, dict):
        return value
    faults.append(Fault(where or name, Message("Write it as [%(name)s].", name=where or name)))
    return {}


def _word(
    words: type[Word], value: object, name: str, where: str, faults: list[Fault]
) -> Word | None:
    if isinstance(value, str) and value in set(words):
        return words(value)
    faults.append(
        Fault(
            where,
            Message(
                "%(name)s: %(value)s is not one of %(known)s.",
                name=name,
                value=str(value)[:40],
                known=", ".join(words),
            ),
        )
    )
    return None


def _refuse_unknown(
    given: Mapping[str, Any], known: Iterable[str], where: str, faults: list[Fault]
) -> None:
    allowed: Sequence[str] = list(known)
    for name in given:
        if name not in allowed:
            text = Message(
                "%(name)s is not known here; known are: %(known)s.",
                name=name[:40],
                known=", ".join(allowed),
            )
            faults.append(Fault(where or name[:40], text))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FileRejected(
            Message("%(path)s cannot be read: %(why)s", path=path.name, why=str(error))
        ) from error
