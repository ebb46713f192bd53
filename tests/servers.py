"""Real servers of this machine for messages: an SMTP server with TLS and signing in, and an SMS gateway."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "county", "p@ss word/of:mail"


@dataclass
class Mailbox:
    """What a mail server took, and how it is told to answer; an answer of None lets it take the message."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    at_address: str | None = None
    at_text: str | None = None

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.at_address:
            return self.at_address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        if self.at_text == "hang up":
            self.keep(envelope)
            server.transport.abort()
            return "250 OK"
        if self.at_text:
            return self.at_text
        self.keep(envelope)
        return "250 OK"

    def keep(self, envelope: Any) -> None:
        self.to.extend(envelope.rcpt_tos)
        self.mails.append(message_from_bytes(envelope.content, policy=default))

    def text(self, number: int = -1) -> str:
        return self.mails[number].get_content()


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, implicit: bool = False) -> Iterator[Mailbox]:
    """An SMTP server in a thread. With `tls` it demands STARTTLS, or speaks TLS from the start, and signing in."""
    box = Mailbox()

    def authenticate(_server, _session, _envelope, _mechanism, given):
        right = isinstance(given, LoginPassword) and given == LoginPassword(
            USER.encode(), PASSWORD.encode()
        )
        return AuthResult(success=right, handled=False)

    rest: dict[str, Any] = {}
    if tls is not None:
        # What is wrapped in TLS from the start, the server itself takes for plain.
        rest = {"authenticator": authenticate, "auth_required": not implicit}
        rest |= {"auth_require_tls": not implicit}

    class OneServer(Controller):
        def factory(self):
            starttls = None if implicit else tls
            return SMTP(
                box, hostname="127.0.0.1", tls_context=starttls, require_starttls=starttls is not None,
                **rest,
            )  # fmt: skip

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    # The controller sees whether its server answers by talking to it, which needs TLS where that is demanded at once.
    server = OneServer(
        box, hostname="127.0.0.1", port=box.port, ssl_context=tls if implicit else None
    )
    server.start()
    try:
        yield box
    finally:
        server.stop()


@dataclass
class Gateway:
    """What an SMS gateway took, and what it answers."""

    port: int = 0
    status: int = 200
    silent: bool = False
    taken: list[tuple[dict[str, str], Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"


@contextmanager
def sms_gateway() -> Iterator[Gateway]:
    """An HTTP server in a thread that takes messages as JSON."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gateway.taken.append((dict(self.headers), json.loads(body)))
            if gateway.silent:
                self.close_connection = True
                return
            self.send_response(gateway.status)
            if gateway.status in (301, 302, 307):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    gateway.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for 127.0.0.1, and the file that its certificate is checked by."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
