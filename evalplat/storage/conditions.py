"""Whose a row is, as SQL: the owner's condition of every owned table, for every kind of scope.

The conditions compare with keys named owner, episode, client and provider. They are made once without values, so that
a statement that was seen before costs nothing; the values come with each execution.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, bindparam, false, select
from sqlalchemy.orm import with_loader_criteria

from evalplat.storage.tables import (
    ANONYMOUS,
    IN_EPISODE,
    KEPT_SUMS,
    OF_CASE_WORKER,
    OF_CLIENT,
    OF_PROVIDER,
    OWNED,
    AlertNote,
    Client,
    ClientKey,
    ClientProvider,
    ContactRequest,
    Draft,
    Episode,
    EpisodeEvent,
    Goal,
    GoalRating,
    Invitation,
    Reminder,
    ReminderEvent,
    RightsRequest,
    SetAside,
    Sheet,
    SheetNote,
    Voucher,
)

OWN_ANSWERS = (Invitation, Sheet, SetAside, Draft, ContactRequest, RightsRequest)
"""What a client reaches of the own administration only."""

OF_STAFF = (Reminder, ReminderEvent, AlertNote, SheetNote, EpisodeEvent)
"""What staff note about a client inside an episode; no client's link reaches it."""

NAMELESS = tuple(
    dict.fromkeys(
        (
            *(ClientKey, *OF_CLIENT, *OF_CASE_WORKER, *OWN_ANSWERS, *OF_STAFF),
            *(Goal, GoalRating, *ANONYMOUS),
        )
    )
)
"""What the county's readers never see: keys, names, addresses, answers, words of clients and of staff about them.

Anonymous feedback is read by nobody directly: the service that counts it does, by a crossing, and the one through
which the analyst decides on its words.
"""

Keys = Mapping[str, int]


def owner_condition(
    kind: str, model: type[Any], keys: Keys | None = None
) -> ColumnElement[bool] | None:
    """The condition for one owned table; None where everything is reached. `keys` puts the values in."""
    match kind:
        case "provider":
            return _of_provider(model, _key("owner", keys))
        case "case_worker":
            return _of_case_worker(model, _key("owner", keys))
        case "client":
            return _of_client(model, keys)
        case "county":
            return false() if model in NAMELESS else None
    return None


@cache
def shared_condition(kind: str, model: type[Any]) -> ColumnElement[bool] | None:
    """The condition without values, made once."""
    return owner_condition(kind, model)


@cache
def shared_criteria(kind: str) -> tuple[Any, ...]:
    """The conditions of all owned tables as the ORM takes them, without values, made once."""
    return _criteria(kind, None)


def valued_criteria(kind: str, keys: Keys) -> tuple[Any, ...]:
    """The conditions of all owned tables with their values, for the ORM's bulk changes, which take no others."""
    return _criteria(kind, keys)


def _criteria(kind: str, keys: Keys | None) -> tuple[Any, ...]:
    found = []
    for model in OWNED:
        condition = owner_condition(kind, model, keys)
        if condition is not None:
            found.append(with_loader_criteria(model, condition, include_aliases=True))
    return tuple(found)


def _key(name: str, keys: Keys | None) -> BindParameter[int]:
    if keys is None:
        return bindparam(name, type_=BigInteger())
    return bindparam(name, keys[name], BigInteger())


def _of_provider(model: type[Any], owner: BindParameter[int]) -> ColumnElement[bool]:
    if model in ANONYMOUS or model in OF_CASE_WORKER:
        return false()
    if model in (Client, ClientKey, *OF_CLIENT):
        column = Client.id if model is Client else model.client_id
        return column.in_(
            select(ClientProvider.client_id).where(ClientProvider.provider_id == owner)
        )
    if model is Voucher:
        return Voucher.id.in_(select(Episode.voucher_id).where(Episode.provider_id == owner))
    return model.provider_id == owner  # type: ignore[no-any-return]


def _of_case_worker(model: type[Any], owner: BindParameter[int]) -> ColumnElement[bool] | None:
    if model is Client:
        return Client.case_worker_id == owner
    if model in KEPT_SUMS:
        return None  # sums of many clients; kept current by every sheet
    if model in ANONYMOUS or model in OF_PROVIDER:
        return false()
    return model.client_id.in_(select(Client.id).where(Client.case_worker_id == owner))  # type: ignore[no-any-return]


def _of_client(model: type[Any], keys: Keys | None) -> ColumnElement[bool]:
    if model in OWN_ANSWERS:
        return model.administration_id == _key("owner", keys)  # type: ignore[no-any-return]
    if model in IN_EPISODE and model not in OF_STAFF:
        return model.episode_id == _key("episode", keys)  # type: ignore[no-any-return]
    if model is Episode:
        return Episode.id == _key("episode", keys)
    if model is Client:
        return Client.id == _key("client", keys)
    if model is ClientKey:
        return ClientKey.client_id == _key("client", keys)
    if model in KEPT_SUMS:
        return model.provider_id == _key("provider", keys)  # type: ignore[no-any-return]
    return false()
