"""SMS by a gateway that takes JSON by POST: address, header and body are settings, so that any gateway fits."""

import http.client
import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Outgoing, Trouble
from evalplat.errors import Fault, Message, NotConfigured

_PLACE = re.compile(r"\{(to|text|reference)\}")
TIMEOUT = 20.0


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry phone number and token to somewhere else."""

    def redirect_request(self, *_given: Any) -> None:
        """Follow none: the answer counts as refused."""


class SmsGateway:
    """Sends SMS through a county's gateway.

    body: JSON in whose texts `{to}`, `{text}` and `{reference}` are filled in.
    header: `Name: value`, with `{token}` filled in; empty for none.
    """

    def __init__(
        self, url: str, *, token: str, header: str, body: str, timeout: float = TIMEOUT
    ) -> None:
        self._url, self._timeout = url, timeout
        self._body = _read_body(body)
        name, _, value = header.partition(":")
        filled = value.strip().replace("{token}", token)
        self._headers = {name.strip(): filled} if token and name.strip() else {}
        self._open = urllib.request.build_opener(_NoRedirects).open

    def send(self, message: Outgoing) -> None:
        """Hand one SMS over; raises DeliveryFailed, or DeliveryUnknown when the gateway says nothing."""
        values = {"to": message.to, "text": message.text, "reference": message.reference}
        request = urllib.request.Request(
            self._url,
            data=json.dumps(_fill(self._body, values)).encode(),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Idempotency-Key": message.reference,
                **self._headers,
            },
            method="POST",
        )
        _ask(lambda: self._open(request, timeout=self._timeout))


def _ask(send: Callable[[], Any]) -> None:
    try:
        with send() as response:
            response.read(10_000)
    except urllib.error.HTTPError as error:
        with error:
            raise DeliveryFailed(_judge(error.code), error.code) from error
    except urllib.error.URLError as error:
        raise DeliveryFailed(_why(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        raise DeliveryUnknown(Trouble.NO_ANSWER) from error


def _judge(code: int) -> Trouble:
    if code in (401, 403):
        return Trouble.SIGN_IN_REFUSED
    return Trouble.REFUSED_FOR_NOW if code == 429 or code >= 500 else Trouble.REFUSED


def _why(reason: object) -> Trouble:
    if isinstance(reason, ssl.SSLError):
        return Trouble.NOT_SECURE
    return Trouble.TIMED_OUT if isinstance(reason, TimeoutError) else Trouble.NO_CONNECTION


def _read_body(body: str) -> Any:
    """The body's JSON; raises NotConfigured where it is none, or has no place for number and text."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if found is None or any(f"{{{name}}}" not in body for name in ("to", "text")):
        text = Message('Give JSON with "{to}" and "{text}" in it.')
        raise NotConfigured(
            Message("The SMS gateway cannot be used."), [Fault("EVALPLAT_SMS_BODY", text)]
        )
    return found


def _fill(part: Any, values: dict[str, str]) -> Any:
    """The JSON with its texts filled in; what is filled in is never read as JSON or as a place."""
    if isinstance(part, dict):
        return {name: _fill(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_fill(value, values) for value in part]
    if not isinstance(part, str):
        return part
    return _PLACE.sub(lambda found: values[found[1]], part)
