"""A message on its way out, what carries it, and what can go wrong on the way, in closed words.

What goes wrong is remembered beside the reminder, so no word of it holds an address or a server's own text.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from evalplat.vocabulary import Channel


class Trouble(StrEnum):
    """Why a message did not go out, or why nobody knows whether it did."""

    NO_CONNECTION = "no_connection"
    TIMED_OUT = "timed_out"
    NOT_SECURE = "not_secure"
    SIGN_IN_REFUSED = "sign_in_refused"
    REFUSED_FOR_NOW = "refused_for_now"
    ADDRESS_REFUSED = "address_refused"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"


AT_THE_SERVER = (
    Trouble.NO_CONNECTION,
    Trouble.TIMED_OUT,
    Trouble.NOT_SECURE,
    Trouble.SIGN_IN_REFUSED,
)
"""Troubles that every other message would meet as well."""


class DeliveryFailed(Exception):
    """The message surely did not go out. `code` is the server's number, 0 where it gave none."""

    def __init__(self, trouble: Trouble, code: int = 0) -> None:
        super().__init__(f"{trouble} {code}" if code else str(trouble))
        self.trouble, self.code = trouble, code


class DeliveryUnknown(DeliveryFailed):
    """The message was handed over and nobody confirmed it: it may have gone out, so it is not sent again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one person. `reference` makes handing it over twice harmless where a server can tell."""

    channel: Channel
    to: str
    subject: str
    text: str
    language: str
    reference: str
    stop_url: str
    at: datetime

    def __repr__(self) -> str:
        return f"Outgoing(channel={self.channel!r}, reference={self.reference!r})"


class Sender(Protocol):
    """Carries messages of one channel; raises DeliveryFailed or DeliveryUnknown."""

    def send(self, message: Outgoing) -> None:
        """Hand one message over, and come back when it was taken."""
