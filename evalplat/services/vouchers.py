"""Granting vouchers."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.actors import Actor, demand
from evalplat.services.client_facts import (
    TAKEN,
    find_faults_of_client,
    list_taken_codes,
    tidy_code,
)
from evalplat.services.requests import ClientDetails as ClientDetails
from evalplat.services.requests import VoucherRequest
from evalplat.services.views import VoucherView as VoucherView
from evalplat.services.voucher_look_up import state_of, tidy_number
from evalplat.storage import access, audit, vouchers
from evalplat.storage.identities import Person, add_people
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import add_rows, add_rows_with_keys
from evalplat.storage.tables import Client, Municipality, Plan, Voucher
from evalplat.vocabulary import Role

_NUMBER = re.compile(r"[0-9A-ZÅÄÖ][0-9A-ZÅÄÖ/-]{2,39}\Z")
LARGEST_VALUE_CENTS = 10_000_000
MOST_HOURS = 10_000
NOT_GRANTED = Message("The voucher was not granted.")


@dataclass(frozen=True)
class _Known:
    """What the requests name, looked up once for all of them."""

    taken: set[str]
    codes: set[str]
    municipalities: Mapping[str, str]
    providers: Mapping[str, int]
    clients: Mapping[str, int]
    case_workers: Mapping[str, int]
    plans: Mapping[str, int]


def grant_voucher(
    session: Session,
    actor: Actor,
    *,
    number: str,
    client: ClientDetails,
    value_cents: int,
    hours: int,
    valid_from: date,
    valid_until: date,
    municipality: str,
    service: str = "",
    provider_id: str | None = None,
    county: str | None = None,
    case_worker_id: str | None = None,
    plan_key: str = "",
    at: datetime,
) -> VoucherView:
    """Grant one voucher; case workers and system jobs. Raises InputRejected with every fault. See `grant_vouchers`."""
    request = VoucherRequest(
        number=number,
        client=client,
        value_cents=value_cents,
        hours=hours,
        valid_from=valid_from,
        valid_until=valid_until,
        municipality=municipality,
        service=service,
        provider_id=provider_id,
        county=county,
        case_worker_id=case_worker_id,
        plan_key=plan_key,
    )
    return grant_vouchers(session, actor, [request], at)[0]


def grant_vouchers(
    session: Session, actor: Actor, requests: Sequence[VoucherRequest], at: datetime
) -> tuple[VoucherView, ...]:
    """Grant many vouchers in one go, each to a new client or to `client_id`. All or none.

    A case worker's clients become their own; system jobs name the case worker. Raises InputRejected with every fault.
    """
    demand(session, actor, Role.CASE_WORKER)
    requests = [_tidy(request, actor) for request in requests]
    known = _look_up(session, actor, requests)
    counts = Counter(request.number for request in requests)
    faults: list[Fault] = []
    for place, request in enumerate(requests, start=1):
        prefix = f"{place}: " if len(requests) > 1 else ""
        found = _find_faults(request, known, counts)
        faults.extend(Fault(prefix + fault.where, fault.message) for fault in found)
    if faults:
        raise InputRejected(NOT_GRANTED, faults)
    keys, public_ids = _add_clients(session, requests, known, at)
    rows = [_voucher_row(session, r, k, known, at) for r, k in zip(requests, keys, strict=True)]
    add_rows(session, Voucher, rows)
    for row, client_id in zip(rows, public_ids, strict=True):
        audit.record(session, "grant_voucher", "voucher", row["public_id"], [client_id], at=at)
    return tuple(
        _view_of_row(session, request, row, client_id, known, at.date())
        for request, row, client_id in zip(requests, rows, public_ids, strict=True)
    )


def _tidy(request: VoucherRequest, actor: Actor) -> VoucherRequest:
    case_worker = actor.account_id if actor.role is Role.CASE_WORKER else request.case_worker_id
    return replace(
        request,
        number=tidy_number(request.number),
        case_worker_id=case_worker,
        client=replace(
            request.client,
            name=" ".join(request.client.name.split()),
            code=tidy_code(request.client.code),
        ),
    )


def _look_up(session: Session, actor: Actor, requests: Sequence[VoucherRequest]) -> _Known:
    numbers = {request.number for request in requests}
    with access.crossing(session, "voucher number taken") as privileged:
        taken = vouchers.list_taken_numbers(privileged, numbers)
    codes = Counter(r.client.code for r in requests if r.client.code and not r.client.client_id)
    twice = {code for code, count in codes.items() if count > 1}
    return _Known(
        taken=taken,
        codes=twice | list_taken_codes(session, codes),
        municipalities=vouchers.find_keys(
            session, Municipality.code, Municipality.name, {r.municipality for r in requests}
        ),
        providers=vouchers.find_active_providers(
            session, {r.provider_id for r in requests if r.provider_id}
        ),
        clients=vouchers.find_clients(
            session, {r.client.client_id for r in requests if r.client.client_id}
        ),
        case_workers=vouchers.find_case_workers(
            session, {r.case_worker_id for r in requests if r.case_worker_id}
        ),
        plans=vouchers.find_keys(
            session, Plan.key, Plan.id, {r.plan_key for r in requests if r.plan_key}
        ),
    )


def _find_faults(request: VoucherRequest, known: _Known, counts: Counter[str]) -> list[Fault]:
    new = not request.client.client_id
    faults = find_faults_of_client(request.client, request.valid_from, known.codes) if new else []
    if not _NUMBER.match(request.number):
        faults.append(
            Fault(
                "number",
                Message(
                    "%(value)s is not a voucher number: letters, digits, hyphens and slashes, 3 to 40.",
                    value=request.number[:60],
                ),
            )
        )
    elif request.number in known.taken or counts[request.number] > 1:
        faults.append(
            Fault(
                "number", Message("The voucher %(number)s exists already.", number=request.number)
            )
        )
    if not 0 <= request.value_cents <= LARGEST_VALUE_CENTS:
        faults.append(Fault("value_cents", Message("Give a value of 0 to 100,000 euros.")))
    if not 0 <= request.hours <= MOST_HOURS:
        faults.append(Fault("hours", Message("Give 0 to 10,000 hours.")))
    if request.valid_until < request.valid_from:
        faults.append(
            Fault("valid_until", Message("The last day of validity is before the first one."))
        )
    if request.municipality not in known.municipalities:
        faults.append(
            Fault(
                "municipality",
                Message(
                    "%(value)s is not a municipality of this county.",
                    value=request.municipality[:20],
                ),
            )
        )
    if len(request.service) > 200:
        faults.append(Fault("service", Message("Give at most 200 characters.")))
    if request.plan_key and request.plan_key not in known.plans:
        text = Message("There is no measurement plan %(key)s.", key=request.plan_key[:60])
        faults.append(Fault("plan_key", text))
    if request.provider_id and request.provider_id not in known.providers:
        faults.append(Fault("provider_id", Message("There is no such provider.")))
    if request.client.client_id and request.client.client_id not in known.clients:
        faults.append(Fault("client_id", Message("There is no such client.")))
    if request.case_worker_id not in known.case_workers:
        faults.append(Fault("case_worker_id", Message("Say which case worker the client has.")))
    return faults


def _add_clients(
    session: Session, requests: Sequence[VoucherRequest], known: _Known, at: datetime
) -> tuple[list[int], list[str]]:
    new = [request for request in requests if not request.client.client_id]
    public_ids = {id(request): new_public_id() for request in new}
    made = add_rows_with_keys(
        session,
        Client,
        [
            {
                "public_id": public_ids[id(request)],
                "case_worker_id": known.case_workers[request.case_worker_id or ""],
                "birth_year": request.client.birth_year,
                "sex": request.client.sex,
                "language": request.client.language,
                "living_situation": request.client.living_situation,
                "employment": request.client.employment,
                "municipality": request.municipality,
            }
            for request in new
        ],
    )
    people = [
        Person(key, public_ids[id(request)], request.client.name, request.client.code)
        for request, key in zip(new, made, strict=True)
    ]
    try:
        add_people(session, people, at)
    except IntegrityError as error:
        raise InputRejected(NOT_GRANTED, [Fault("code", TAKEN)]) from error
    key_of = {id(request): key for request, key in zip(new, made, strict=True)}
    keys = [
        key_of[id(r)] if id(r) in key_of else known.clients[r.client.client_id or ""]
        for r in requests
    ]
    return keys, [public_ids.get(id(r)) or r.client.client_id or "" for r in requests]


def _voucher_row(
    session: Session, request: VoucherRequest, client_key: int, known: _Known, at: datetime
) -> dict[str, Any]:
    return {
        "public_id": new_public_id(),
        "number": request.number,
        "client_id": client_key,
        "county": request.county or session.info["county"],
        "municipality": request.municipality,
        "value_cents": request.value_cents,
        "hours": request.hours,
        "valid_from": request.valid_from,
        "valid_until": request.valid_until,
        "service": request.service,
        "named_provider_id": known.providers.get(request.provider_id or ""),
        "granted_at": at,
        "plan_key": request.plan_key,
    }


def _view_of_row(
    session: Session,
    request: VoucherRequest,
    row: Mapping[str, Any],
    client_id: str,
    known: _Known,
    on: date,
) -> VoucherView:
    stored = {name: value for name, value in row.items() if name != "client_id"}
    voucher = Voucher(**stored)
    return VoucherView(
        id=voucher.public_id,
        number=voucher.number,
        state=state_of(
            voucher,
            used=False,
            named_provider=request.provider_id,
            provider_id=None,
            county=session.info["county"],
            on=on,
        ),
        value_cents=voucher.value_cents,
        hours=voucher.hours,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
        municipality=voucher.municipality,
        municipality_name=known.municipalities[voucher.municipality],
        county=voucher.county,
        service=voucher.service,
        provider_id=request.provider_id,
        client_id=client_id,
        plan_key=voucher.plan_key,
    )
