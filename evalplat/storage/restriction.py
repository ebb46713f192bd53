"""The one place where a restriction holds: every act and every read of identified data passes it with its log lines.

Of a client whose data is restricted nothing is done but keeping it and what the client's rights ask for. Staff read
with a written reason only. Lists of many clients are let through: they leave restricted clients out, or show a name.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalplat.errors import Conflict, Message, Refused
from evalplat.storage.actors import Actor
from evalplat.storage.rows import read_rows
from evalplat.storage.tables import Client

LISTS = frozenset({"clients", "worklist"})
"""Kinds of object that are lists of many clients."""

OF_RIGHTS = frozenset(
    [
        *("read_rights", "give_copy", "read_lookers", "restrict_client", "lift_restriction"),
        *("object_to_comparison", "withdraw_objection", "correct_client", "ask_for_right"),
        *("answer_right", "decide_erasure", "confirm_erasure", "refuse_erasure", "erase_client"),
        *("decline_erasure", "read_erasure", "list_erasures"),
    ]
)
"""What a client's rights ask for, restriction or not."""

ENDING = frozenset(["stop_reminders", "look_for_client"])
"""What ends something, or only finds out who is meant."""

_RESTRICTED = (
    select(Client.public_id)
    .where(Client.restricted_at.is_not(None))
    .execution_options(evalplat_tables=(Client,))
)

NOTHING_BUT_KEPT = Message(
    "The use of this client’s data is restricted: nothing is done with it but keeping it, until the case worker lifts "
    "the restriction."
)


class Restricted(Conflict):
    """Something would have been done with the data of a client who is restricted."""


class NeedsReason(Refused):
    """The data of a restricted client is read with a written reason only. `client_id` says whose."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            Message("The use of this client’s data is restricted. Say why you need to read it.")
        )
        self.client_id = client_id


def check_reading(session: Session, lines: Iterable[Mapping[str, Any]]) -> None:
    """Raises NeedsReason where staff read about a restricted client without having said why."""
    actor: Actor = session.info["scope"].actor
    if actor.role is None or actor.purpose:
        return
    found = _find(session, _clients_of(lines))
    if found is not None:
        raise NeedsReason(found)


def check_acts(session: Session, lines: Iterable[Mapping[str, Any]]) -> None:
    """Raises Restricted where anything but the client's own rights would have been done about a restricted client."""
    found = _find(session, _clients_of(lines))
    if found is not None:
        raise Restricted(NOTHING_BUT_KEPT)


def _clients_of(lines: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        str(client)
        for line in lines
        if line["object_kind"] not in LISTS and line["action"] not in OF_RIGHTS | ENDING
        for client in line["client_ids"]
    }


def _find(session: Session, clients: set[str]) -> str | None:
    """One of these clients who is restricted. All restricted ones in reach are asked for: they are few."""
    if not clients:
        return None
    rows = read_rows(session, _RESTRICTED, {})
    return next((client for (client,) in rows if client in clients), None)
