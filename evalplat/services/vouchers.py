"""Vouchers: granting them, and looking one up before an episode is opened from it."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.services.actors import Actor
from evalplat.services.requests import ClientDetails, VoucherRequest
from evalplat.services.views import VoucherView


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
    at: datetime,
) -> VoucherView:
    """Grant one voucher; case workers and system jobs. Raises InputRejected with every fault. See `grant_vouchers`."""
    raise NotImplementedError


def grant_vouchers(
    session: Session, actor: Actor, requests: Sequence[VoucherRequest], at: datetime
) -> tuple[VoucherView, ...]:
    """Grant many vouchers in one go, each to a new client or to `client_id`. All or none."""
    raise NotImplementedError


def find_voucher(session: Session, actor: Actor, number: str, *, on: date) -> VoucherView | None:
    """What staff may see before opening an episode: number, value, hours, validity and state, never the client.

    Spaces and letter case in the number do not matter. The look-up is written into the access log.
    """
    raise NotImplementedError
