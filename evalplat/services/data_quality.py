"""How good the county's data are: sheets that call for a look, missing answers, what is overdue, vouchers unused."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.episodes.quarters import days_of_quarter, quarter_before, quarter_of
from evalplat.instruments.catalogue import Catalogue
from evalplat.scoring.signs import find_missing
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.sheet_signs import find_signs
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_quality import (
    ItemRow,
    QualityRow,
    release_item,
    release_part,
    release_whole,
)
from evalplat.storage import audit, sheet_notes
from evalplat.storage.access import crossing
from evalplat.storage.identities import read_names
from evalplat.vocabulary import Role, Sign

QUARTERS = 8
UNUSED_AFTER = timedelta(days=30)
"""How long a voucher may be valid without an episode before somebody should ask why."""

SHOWN_AFTER_END = timedelta(days=90)
"""How long a voucher that ran out unused stays on its case worker's list."""


@dataclass(frozen=True, slots=True)
class CountyQuality:
    """Everything of the county's page, released. quarters: those that can be chosen, newest first.

    unused: vouchers that no episode was opened from for a month; None is withheld.
    """

    quarter: int
    quarters: tuple[int, ...]
    rows: tuple[QualityRow, ...]
    items: tuple[ItemRow, ...]
    unused: int | None


@dataclass(frozen=True, slots=True)
class UnusedVoucher:
    """A voucher that no episode was opened from, for the client's own case worker."""

    number: str
    client_id: str
    client_name: str
    service: str
    valid_from: date
    valid_until: date
    provider: str | None
    ended: bool


def describe_quality(
    session: Session, catalogue: Catalogue, actor: Actor, *, quarter: int | None, at: datetime
) -> CountyQuality:
    """The quality of what was measured in a quarter that is over, the last one by default; released.

    Analysts, administrators and system jobs. Answers are read for it by a crossing, and counts alone leave it.
    """
    demand(session, actor, *COUNTY_READERS)
    today = local_day(at)
    quarters = _list_quarters(today)
    chosen = quarter if quarter in quarters else quarters[0]
    first, last = days_of_quarter(chosen)
    with crossing(session, "counting the quality of data") as privileged:
        rows = list(sheet_notes.stream_sheets(privileged, first=first, last=last))
        signs = find_signs(privileged, catalogue, rows)
        overdue = {name: counts for name, *counts in sheet_notes.count_overdue(privileged, today)}
        unused = _list_unused(privileged, today)
    audit.record(session, "describe_quality", "quality", str(chosen), at=at)
    rule = DisclosureRule()
    sheets = Counter(row.provider for row in rows)
    found = Counter((one.row.provider, one.sign) for one in signs)
    marked = Counter(name for name, _ in {(one.row.provider, one.row.id) for one in signs})
    return CountyQuality(
        quarter=chosen,
        quarters=quarters,
        rows=tuple(
            _release_row(name, sheets[name], marked[name], found, overdue.get(name, [0, 0]), rule)
            for name in sorted({*sheets, *overdue})
        ),
        items=tuple(_count_missing(catalogue, rows, rule)),
        unused=release_whole(len(unused), rule),
    )


def list_unused_vouchers(session: Session, actor: Actor, *, on: date) -> tuple[UnusedVoucher, ...]:
    """Vouchers of the case worker's own clients that no episode was opened from, soonest to end first.

    Written into the access log.
    """
    demand(session, actor, Role.CASE_WORKER)
    rows = _list_unused(session, on)
    names = read_names(session, {row.client_key for row in rows})
    if rows:
        clients = {row.client for row in rows}
        audit.record(session, "list_unused_vouchers", "clients", "", clients)
    return tuple(
        UnusedVoucher(
            number=row.number,
            client_id=row.client,
            client_name=names.get(row.client_key, ""),
            service=row.service,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            provider=row.provider,
            ended=row.valid_until < on,
        )
        for row in rows
    )


def _list_unused(session: Session, on: date) -> list[Any]:
    return sheet_notes.list_unused_vouchers(
        session, granted_before=on - UNUSED_AFTER, ended_after=on - SHOWN_AFTER_END
    )


def _list_quarters(today: date) -> tuple[int, ...]:
    found = [quarter_before(quarter_of(today))]
    while len(found) < QUARTERS:
        found.append(quarter_before(found[-1]))
    return tuple(found)


def _release_row(
    name: str,
    sheets: int,
    marked: int,
    found: Counter[tuple[str, Sign]],
    waiting: list[int],
    rule: DisclosureRule,
) -> QualityRow:
    return QualityRow(
        provider=name,
        sheets=release_whole(sheets, rule),
        to_look_at=release_part(marked, sheets, rule),
        signs={sign: release_part(found[name, sign], sheets, rule) for sign in Sign},
        waiting=release_whole(waiting[0], rule),
        overdue=release_part(waiting[1], waiting[0], rule),
    )


def _count_missing(
    catalogue: Catalogue, rows: Iterable[Any], rule: DisclosureRule
) -> Iterable[ItemRow]:
    """The questions that are most often left without an answer, of all providers together."""
    asked: Counter[tuple[str, str, str]] = Counter()
    missing: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        definition = catalogue.get(row.instrument, row.version)
        if definition.kind != "scored":
            continue
        for code, is_missing in find_missing(definition, json.loads(row.answers)):
            asked[row.instrument, row.version, code] += 1
            missing[row.instrument, row.version, code] += is_missing
    for place, count in sorted(asked.items()):
        one = release_item(*place, asked=count, missing=missing[place], rule=rule)
        if one.missing is not None:
            yield one
