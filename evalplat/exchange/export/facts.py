"""Facts that stand beside answers and scores in both forms: about the episode and about how a sheet was filled in."""

from datetime import date

from evalplat.exchange.export.columns import Cell, Column, Kind
from evalplat.exchange.export.records import Contents, EpisodeRecord, SheetRecord
from evalplat.exchange.export.words import FACTS, list_values
from evalplat.language import say

OF_EPISODE = (
    *("provider", "voucher", "client", "episode", "opened_on", "opened_month", "closed_on"),
    "closing_reason",
)
OF_SHEET = (
    *("version", "revision", "measured_on", "day", "answered_by", "mode", "assistance", "wording"),
    "labels",
)

_DAYS = ("opened_on", "closed_on", "measured_on")
_FIGURES = (*("revision", "day", "latest", "items_used", "items_missing", "items_not_applicable"),)


def list_facts(names: tuple[str, ...], contents: Contents) -> tuple[str, ...]:
    """Those of the facts that are handed out."""
    left_out = set()
    if not contents.vouchers:
        left_out.add("voucher")
    if not contents.answers:
        left_out.add("answered_by")
    left_out.update(("opened_month",) if contents.days else _DAYS)
    return tuple(name for name in names if name not in left_out)


def describe_fact(fact: str, language: str, name: str = "", label: str = "") -> Column:
    """The column of a fact; in the wide form it has a name and a label of its own."""
    values = list_values(fact, language)
    kind: Kind = "category" if values else "text"
    if fact in _DAYS:
        kind = "day"
    elif fact == "value":
        kind = "number"
    elif fact in _FIGURES:
        kind = "whole"
    return Column(
        name or fact, label or say(FACTS[fact], language), kind,
        "nominal" if kind in ("category", "text") else "scale", values,
        decimals=2 if kind == "number" else 0,
    )  # fmt: skip


def read_episode_fact(episode: EpisodeRecord, fact: str) -> Cell:
    """The value of a fact about the episode."""
    match fact:
        case "episode":
            return episode.id
        case "opened_month":
            return f"{episode.opened_on:%Y-%m}"
        case _:
            value: Cell = getattr(episode, fact)
            return None if value == "" else value


def read_sheet_fact(episode: EpisodeRecord, sheet: SheetRecord, fact: str) -> Cell:
    """The value of a fact about a sheet; nothing where it was not answered."""
    value: Cell
    match fact:
        case "sheet":
            return sheet.id
        case "day":
            return _count_days(episode.opened_on, sheet.measured_on)
        case "latest":
            return int(sheet.latest)
        case "revision":
            return sheet.revision or None
        case "version":
            return sheet.version if sheet.revision else None
        case "wording":
            return _tell_wording(sheet.wording)
        case _:
            value = getattr(sheet, fact)
    return None if value is None or value == "" else str(value) if isinstance(value, str) else value


def _count_days(opened_on: date, measured_on: date | None) -> int | None:
    return None if measured_on is None else (measured_on - opened_on).days


def _tell_wording(wording: str) -> str | None:
    known = {str(value.value) for value in list_values("wording", "en")}
    return None if not wording else wording if wording in known else "other"
