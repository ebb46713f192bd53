"""Taking vouchers into episodes: every fault of a voucher at once, then the episode and what it plans to measure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from evalplat.episodes.due import find_anchor, plan_window
from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.moments import count_openings
from evalplat.services.plans import DEFAULT_PLAN
from evalplat.services.requests import EpisodeRequest
from evalplat.services.views import VoucherState
from evalplat.services.voucher_look_up import (
    NO_SUCH_VOUCHER,
    is_foreign,
    state_of,
    tidy_number,
)
from evalplat.storage import access, audit, episodes, vouchers
from evalplat.storage.episodes import StoredPlan
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import add_rows, add_rows_with_keys
from evalplat.storage.tables import Administration, Client, Episode, Voucher
from evalplat.storage.vouchers import StoredVoucher
from evalplat.vocabulary import AdministrationStatus, Anchor

USUAL_LENGTH = timedelta(days=182)
LONGEST = timedelta(days=5 * 366)
FURTHEST = timedelta(days=60)
"""How far ahead an episode may be opened; a year written wrongly lies further."""

REFUSALS: Mapping[VoucherState, Message] = {
    VoucherState.OTHER_COUNTY: Message(
        "The voucher %(number)s was granted by another county (%(county)s); ask the client's case worker for one."
    ),
    VoucherState.USED: Message(
        "The voucher %(number)s already pays for an episode, and a voucher pays for one."
    ),
    VoucherState.OTHER_PROVIDER: Message(
        "The voucher %(number)s was granted for another provider."
    ),
    VoucherState.NOT_YET_VALID: Message(
        "The voucher %(number)s is valid from %(from_)s; the episode would open on %(day)s."
    ),
    VoucherState.EXPIRED: Message(
        "The voucher %(number)s was valid until %(until)s; the episode would open on %(day)s. Ask the case worker "
        "for a new one."
    ),
}


NO_PROVIDER = Message("There is no such provider.")
NOT_APPROVED = Message(
    "The county’s approval of this provider has ended, so no new episode can be opened. Those that are open go on. Ask "
    "the county."
)


class VoucherRejected(InputRejected):
    """The voucher cannot pay for this episode; every fault is listed."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """One request with everything that was looked up for it."""

    request: EpisodeRequest
    number: str
    planned_end: date
    stored: StoredVoucher | None
    provider_id: str | None
    provider_key: int | None
    plan_key: str
    plan: StoredPlan | None


def open_episodes(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[EpisodeRequest],
    at: datetime,
) -> tuple[str, ...]:
    """Open many episodes in one go, all or none; returns their ids in the order of the requests."""
    demand(session, actor, *PROVIDER_STAFF)
    with access.crossing(session, "taking a voucher into an episode") as privileged:
        openings = _look_up(session, privileged, actor, requests)
        counts = Counter(opening.number for opening in openings)
        faults: list[Fault] = []
        for place, opening in enumerate(openings, start=1):
            prefix = f"{place}: " if len(openings) > 1 else ""
            found = _find_faults(opening, counts, session.info["county"], actor, at.date())
            faults.extend(Fault(prefix + fault.where, fault.message) for fault in found)
        if faults:
            raise VoucherRejected(Message("The episode was not opened."), faults)
        facts = [_facts(opening) for opening in openings]
    try:
        return _write(session, catalogue, openings, facts, at)
    except IntegrityError as error:
        if "voucher_id" not in str(error.orig):
            raise
        raise VoucherRejected(
            Message("The episode was not opened."),
            [
                Fault(
                    "voucher_number",
                    Message("The voucher was taken into an episode by somebody else just now."),
                )
            ],
        ) from error


def _look_up(
    session: Session, privileged: Session, actor: Actor, requests: Sequence[EpisodeRequest]
) -> list[_Opening]:
    numbers = [tidy_number(request.voucher_number) for request in requests]
    stored = vouchers.find_vouchers(privileged, set(numbers), lock=True)
    keys = [_plan_key(r, stored.get(n)) for r, n in zip(requests, numbers, strict=True)]
    plans = episodes.find_plans(session, set(keys))
    wanted = {request.provider_id or actor.provider_id or "" for request in requests}
    providers = vouchers.find_active_providers(session, wanted)
    openings = []
    for request, number, key in zip(requests, numbers, keys, strict=True):
        provider_id = request.provider_id or actor.provider_id
        openings.append(
            _Opening(
                request=request,
                number=number,
                planned_end=request.planned_end or _usual_end(request.opened_on),
                stored=stored.get(number),
                provider_id=provider_id,
                provider_key=providers.get(provider_id or ""),
                plan_key=key,
                plan=plans.get(key),
            )
        )
    return openings


def _plan_key(request: EpisodeRequest, stored: StoredVoucher | None) -> str:
    """The plan that was chosen, else the one that the voucher names, else the usual one."""
    named = stored.voucher.plan_key if stored else ""
    return request.plan_key or named or DEFAULT_PLAN


def _usual_end(opened_on: date) -> date:
    """Half a year later; the calendar's own end where there is no such day."""
    return opened_on + min(USUAL_LENGTH, date.max - opened_on)


def _find_faults(
    opening: _Opening, counts: Counter[str], county: str, actor: Actor, today: date
) -> list[Fault]:
    faults = [*_faults_of_voucher(opening, counts, county, actor)]
    request = opening.request
    if request.opened_on > today + FURTHEST:
        faults.append(
            Fault(
                "opened_on",
                Message(
                    "The opening %(day)s is too far ahead: an episode is opened at most %(days)s days before it "
                    "begins.",
                    day=request.opened_on.isoformat(),
                    days=FURTHEST.days,
                ),
            )
        )
    if actor.provider_id is not None and opening.provider_id != actor.provider_id:
        faults.append(Fault("provider_id", NO_PROVIDER))
    elif opening.provider_key is None:
        faults.append(Fault("provider_id", NOT_APPROVED if actor.provider_id else NO_PROVIDER))
    if opening.plan is None:
        faults.append(
            Fault(
                "plan_key",
                Message(
                    "There is no measurement plan %(key)s.",
                    key=opening.plan_key[:60],
                ),
            )
        )
    faults.extend(find_end_faults(request.opened_on, opening.planned_end))
    return faults


def find_end_faults(opened_on: date, planned_end: date) -> list[Fault]:
    """What is wrong with a planned end: before the opening, or years after it."""
    if planned_end < opened_on:
        text = Message(
            "The planned end %(end)s is before the opening %(day)s.",
            end=planned_end.isoformat(),
            day=opened_on.isoformat(),
        )
        return [Fault("planned_end", text)]
    if planned_end - opened_on > LONGEST:
        return [Fault("planned_end", Message("An episode is planned for five years at most."))]
    return []


def _faults_of_voucher(
    opening: _Opening, counts: Counter[str], county: str, actor: Actor
) -> list[Fault]:
    """Every fault of the voucher. A provider's staff are told of one that is not theirs what they are of none."""
    number, stored, day = opening.number[:60], opening.stored, opening.request.opened_on
    if stored is None or is_foreign(stored, actor.provider_id, county):
        return [Fault("voucher_number", Message(NO_SUCH_VOUCHER.template, number=number))]
    voucher = stored.voucher
    values = {
        "number": number,
        "county": voucher.county,
        "from_": voucher.valid_from.isoformat(),
        "until": voucher.valid_until.isoformat(),
        "day": day.isoformat(),
    }
    states = []
    if voucher.county != county:
        states.append(VoucherState.OTHER_COUNTY)
    if stored.episode_key is not None or counts[opening.number] > 1:
        states.append(VoucherState.USED)
    if stored.named_provider and stored.named_provider != opening.provider_id:
        states.append(VoucherState.OTHER_PROVIDER)
    in_time = state_of(
        voucher, used=False, named_provider=None, provider_id=None, county=voucher.county, on=day
    )
    if in_time is not VoucherState.AVAILABLE:
        states.append(in_time)
    return [Fault("voucher_number", Message(REFUSALS[s].template, **values)) for s in states]


def _facts(opening: _Opening) -> dict[str, Any]:
    """What the episode takes over from voucher and client, read while the crossing is open."""
    if opening.stored is None:
        raise AssertionError("faults were raised before")
    client: Client = opening.stored.client
    voucher: Voucher = opening.stored.voucher
    return {
        "voucher_id": voucher.id,
        "client_id": client.id,
        "client_public_id": client.public_id,
        "municipality": client.municipality,
        "living_situation": client.living_situation,
        "employment": client.employment,
        "value_cents": voucher.value_cents,
    }


def _write(
    session: Session,
    catalogue: Catalogue,
    openings: Sequence[_Opening],
    facts: Sequence[Mapping[str, Any]],
    at: datetime,
) -> tuple[str, ...]:
    episodes.add_client_providers(
        session,
        {(o.provider_key or 0, f["client_id"]) for o, f in zip(openings, facts, strict=True)},
    )
    rows: list[dict[str, Any]] = []
    for opening, fact in zip(openings, facts, strict=True):
        rows.append(
            {
                "public_id": new_public_id(),
                "provider_id": opening.provider_key,
                "client_id": fact["client_id"],
                "voucher_id": fact["voucher_id"],
                "plan_id": opening.plan.id if opening.plan else None,
                "opened_on": opening.request.opened_on,
                "planned_end": opening.planned_end,
                "closing_reason": "",
                "municipality": fact["municipality"],
                "living_situation": fact["living_situation"],
                "employment": fact["employment"],
                "value_cents": fact["value_cents"],
            }
        )
    keys = add_rows_with_keys(session, Episode, rows)
    planned = [
        (row["opened_on"], administration)
        for opening, row, key in zip(openings, rows, keys, strict=True)
        for administration in _plan(catalogue, opening, row, key)
    ]
    add_rows(session, Administration, [administration for _day, administration in planned])
    count_openings(session, catalogue, planned)
    for row, fact in zip(rows, facts, strict=True):
        audit.record(
            session, "open_episode", "episode", row["public_id"], [fact["client_public_id"]], at=at
        )
    return tuple(row["public_id"] for row in rows)


def _plan(
    catalogue: Catalogue, opening: _Opening, row: Mapping[str, Any], episode_key: int
) -> list[dict[str, Any]]:
    """The administrations of one episode; each pins the latest version of its instrument."""
    planned = []
    for line in opening.plan.lines if opening.plan else ():
        counted_from = Anchor(line.anchor)
        day = find_anchor(
            line.point, row["opened_on"], row["planned_end"], None, anchor=counted_from
        )
        window = plan_window(
            day,
            offset_days=line.offset_days,
            before_days=line.before_days,
            after_days=line.after_days,
        )
        planned.append(
            {
                "public_id": new_public_id(),
                "provider_id": row["provider_id"],
                "client_id": row["client_id"],
                "episode_id": episode_key,
                "instrument": line.instrument,
                "version": catalogue.get(line.instrument).version,
                "point": line.point,
                "respondent": line.respondent,
                "mode": line.mode,
                "offset_days": line.offset_days,
                "before_days": line.before_days,
                "after_days": line.after_days,
                "due_from": window.due_from,
                "due_until": window.due_until,
                "status": AdministrationStatus.PLANNED,
                "revision": 0,
                "anchor": counted_from,
            }
        )
    return planned
