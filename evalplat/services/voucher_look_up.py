"""Looking a voucher up before an episode is opened from it: what may be told of it, and to whom."""

from datetime import date

from sqlalchemy.orm import Session

from evalplat.errors import Message
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.views import VoucherLook, VoucherState, VoucherView
from evalplat.storage import access, audit, vouchers
from evalplat.storage.tables import Voucher
from evalplat.storage.vouchers import StoredVoucher

NO_SUCH_VOUCHER = Message(
    "There is no voucher %(number)s that you can open. Check the number; if it is right, ask the client’s case worker "
    "whether the voucher is in use or meant for another provider."
)
"""Said of a number that does not exist and of a voucher that is somebody else’s: the two are never told apart."""


def tidy_number(number: str) -> str:
    """A voucher number as it is stored: without spaces, in capitals."""
    return "".join(number.split()).upper()


def find_voucher(session: Session, actor: Actor, number: str, *, on: date) -> VoucherLook | None:
    """What a provider's staff are told of a voucher whose episode would open on `on`; never the client.

    Its value, hours and the rest only where it can be opened here on that day; a voucher that is free but out of time
    tells its days. One that another provider uses or is meant for, or of another county, is None like a number that
    does not exist. Spaces and letter case in the number do not matter. The look-up is written into the access log.
    """
    demand(session, actor, *PROVIDER_STAFF)
    number = tidy_number(number)
    with access.crossing(session, "voucher look-up") as privileged:
        found = vouchers.find_vouchers(privileged, [number]).get(number)
        look = None if found is None else _look_at(session, found, actor.provider_id, on)
        voucher_id = found.voucher.public_id if found else ""
    audit.record(session, "look_up_voucher", "voucher", voucher_id)
    return look


def _look_at(
    session: Session, found: StoredVoucher, provider_id: str | None, on: date
) -> VoucherLook | None:
    voucher, county = found.voucher, session.info["county"]
    if is_foreign(found, provider_id, county):
        return None
    state = state_of(
        voucher,
        used=found.episode_key is not None,
        named_provider=found.named_provider,
        provider_id=provider_id,
        county=county,
        on=on,
    )
    return VoucherLook(
        number=voucher.number,
        state=state,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
        voucher=_show(found, state) if state is VoucherState.AVAILABLE else None,
        episode_id=found.episode_id,
    )


def is_foreign(found: StoredVoucher, provider_id: str | None, county: str) -> bool:
    """Whether a provider must not learn that there is such a voucher. System jobs have no provider and learn it."""
    if provider_id is None:
        return False
    if found.serving_provider is not None:
        return found.serving_provider != provider_id
    return found.voucher.county != county or found.named_provider not in (None, provider_id)


def _show(found: StoredVoucher, state: VoucherState) -> VoucherView:
    voucher = found.voucher
    return VoucherView(
        id=voucher.public_id,
        number=voucher.number,
        state=state,
        value_cents=voucher.value_cents,
        hours=voucher.hours,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
        municipality=voucher.municipality,
        municipality_name=found.municipality_name,
        county=voucher.county,
        service=voucher.service,
        provider_id=found.named_provider,
        plan_key=voucher.plan_key,
    )


def state_of(
    voucher: Voucher,
    *,
    used: bool,
    named_provider: str | None,
    provider_id: str | None,
    county: str,
    on: date,
) -> VoucherState:
    """Whether the voucher can pay for an episode of this provider that opens on this day."""
    if voucher.county != county:
        return VoucherState.OTHER_COUNTY
    if used:
        return VoucherState.USED
    if named_provider and provider_id and named_provider != provider_id:
        return VoucherState.OTHER_PROVIDER
    if on < voucher.valid_from:
        return VoucherState.NOT_YET_VALID
    if on > voucher.valid_until:
        return VoucherState.EXPIRED
    return VoucherState.AVAILABLE
