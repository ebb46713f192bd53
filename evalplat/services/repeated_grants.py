"""Telling a form of a voucher that was sent twice from a number that is taken."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evalplat.services.actors import Actor, demand
from evalplat.services.requests import VoucherRequest
from evalplat.services.voucher_look_up import tidy_number
from evalplat.storage import identities, vouchers
from evalplat.vocabulary import Role

SOON = timedelta(minutes=30)
"""Who sends the same form again does so within this time; after it, a number that is taken is a fault."""


def is_granted_already(
    session: Session, actor: Actor, request: VoucherRequest, at: datetime
) -> bool:
    """Whether this very voucher was granted a moment ago, to the same own client and with the same terms."""
    demand(session, actor, Role.CASE_WORKER)
    found = vouchers.find_by_number(session, tidy_number(request.number))
    if found is None:
        return False
    voucher, client = found
    same_terms = all(
        getattr(voucher, name) == getattr(request, name)
        for name in ("value_cents", "hours", "valid_from", "valid_until", "municipality")
    )
    named = vouchers.find_active_providers(
        session, {request.provider_id} if request.provider_id else set()
    )
    if not same_terms or voucher.named_provider_id != named.get(request.provider_id or ""):
        return False
    if voucher.service != request.service or voucher.plan_key != request.plan_key:
        return False
    own = vouchers.find_case_workers(session, {actor.account_id} if actor.account_id else set())
    if client.case_worker_id not in own.values():
        return False
    if not at - SOON <= voucher.granted_at <= at:
        return False
    if request.client.client_id:
        return client.public_id == request.client.client_id
    name = identities.read_names(session, {client.id}).get(client.id)
    same_person = name == " ".join(request.client.name.split())
    return same_person and client.birth_year == request.client.birth_year
