"""The case worker's page: granting a client a voucher."""

import re
from datetime import date, timedelta

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.caseload import get_client
from evalplat.services.municipalities import list_municipalities
from evalplat.services.plans import list_plans
from evalplat.services.providers import list_providers
from evalplat.services.repeated_grants import is_granted_already
from evalplat.services.requests import (
    CLIENT_LANGUAGES,
    EMPLOYMENTS,
    LIVING_SITUATIONS,
    SEXES,
    ClientDetails,
    VoucherRequest,
)
from evalplat.services.voucher_look_up import tidy_number
from evalplat.services.vouchers import grant_vouchers
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.fields import read_date, read_whole
from evalplat.web.languages import reader, today

bp = Blueprint("vouchers", __name__, url_prefix="/county/vouchers")

NOT_GRANTED = Message("The voucher was not granted.")
NAMES = (
    "number", "name", "birth_year", "sex", "language", "living_situation", "employment", "value",
    "hours", "valid_from", "valid_until", "municipality", "service", "provider_id", "plan_key",
    "client", "code",
)  # fmt: skip
NEEDED = {
    "name": Message("Write the client’s name."),
    "number": Message("Type the number of the voucher."),
    "municipality": Message("Choose the municipality."),
}
USUAL = {"sex": "unknown", "language": "fi", "living_situation": "unknown", "employment": "unknown"}
LONGEST_WAY = timedelta(days=3653)
"""Days of validity that lie further apart are slips of the pen."""

EUROS = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?", re.ASCII)


@bp.route("/grant", methods=["GET", "POST"])
@staff(Role.CASE_WORKER)
@keeps_input
def grant() -> Page:
    """Grant a voucher to a new client or to one of one's own; every fault is listed at once and the input kept."""
    values = {name: request.form.get(name, USUAL.get(name, "")).strip()[:250] for name in NAMES}
    if request.method == "GET":
        values["valid_from"] = today().isoformat()
        values["client"] = request.args.get("client", "")[:40]
    if not is_sent():
        return _show(values)
    try:
        number = _grant(values)
    except InputRejected as rejected:
        return _show(values, rejected)
    return send_to("vouchers.grant", granted=number)


def _grant(values: dict[str, str]) -> str:
    known = bool(values["client"])
    needed = {name: text for name, text in NEEDED.items() if not (known and name == "name")}
    faults = [Fault(name, message) for name, message in needed.items() if not values[name]]
    birth_year = 0
    if not known:
        year = read_whole(values["birth_year"], "birth_year", faults, low=1900, high=2100)
        birth_year = year or 0
    cents = read_euros(values["value"], "value", faults)
    hours = read_whole(values["hours"], "hours", faults, low=0, high=10_000)
    start = read_date(values["valid_from"], "valid_from", faults)
    end = read_date(values["valid_until"], "valid_until", faults)
    for where, day, other in (
        ("valid_from", start, today()),
        ("valid_until", end, start or today()),
    ):
        if day and abs(day - other) > LONGEST_WAY:
            far = Message("%(day)s is more than ten years away; check the year.", day=day)
            faults.append(Fault(where, far))
    if faults or cents is None or hours is None or start is None or end is None:
        raise InputRejected(NOT_GRANTED, faults)
    return _store(values, birth_year, cents, hours, start, end)


def _store(
    values: dict[str, str], birth_year: int, cents: int, hours: int, start: date, end: date
) -> str:
    client = ClientDetails(
        name=values["name"], birth_year=birth_year, sex=values["sex"], language=values["language"],
        living_situation=values["living_situation"], employment=values["employment"],
        client_id=values["client"] or None, code=values["code"],
    )  # fmt: skip
    wiring, who = current_wiring(), actor()
    asked = VoucherRequest(
        number=values["number"], client=client, value_cents=cents, hours=hours,
        valid_from=start, valid_until=end, municipality=values["municipality"],
        service=values["service"], provider_id=values["provider_id"] or None,
        plan_key=values["plan_key"],
    )  # fmt: skip
    try:
        with wiring.transaction(who) as database:
            return grant_vouchers(database, who, [asked], now())[0].number
    except InputRejected:
        with wiring.reading(who) as database:
            if not is_granted_already(database, who, asked, now()):
                raise
        return tidy_number(values["number"])


def read_euros(text: str, where: str, faults: list[Fault]) -> int | None:
    """An amount such as 1200 or 1 200,50 in cents; a fault where it is anything else."""
    found = EUROS.fullmatch(re.sub(r"[\s€]", "", text))
    if found:
        return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    faults.append(Fault(where, Message("Write the value in euros, for example 1200 or 1200,50.")))
    return None


def _show(values: dict[str, str], error: InputRejected | None = None) -> Page:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        municipalities = list_municipalities(database, who)
        providers = [p for p in list_providers(database, who) if p.active]
        plans = list_plans(database, wiring.catalogue, who)
        known = (
            get_client(database, wiring.catalogue, who, client_id=values["client"], on=today())
            if values["client"]
            else None
        )
    page = render_template(
        "county/grant.html", values=values, error=error, municipalities=municipalities,
        providers=providers, known=known,
        plans=[(plan.key, plan.titles.get(reader()) or plan.titles.get("en") or plan.key) for plan in plans],
        granted=request.args.get("granted", "")[:60],
        wrong={fault.where: fault for fault in error.faults} if error else {},
        lists={
            "sex": SEXES, "language": CLIENT_LANGUAGES, "living_situation": LIVING_SITUATIONS,
            "employment": EMPLOYMENTS,
        },
    )  # fmt: skip
    return (page, 422) if error else page
