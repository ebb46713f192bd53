"""E-mail by any SMTP server: STARTTLS or TLS from the start, signing in, and an end to waiting."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from evalplat.config import THIS_MACHINE
from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Outgoing, Trouble
from evalplat.errors import Fault, Message, NotConfigured

YES, NO = ("yes", "1", "true"), ("no", "0", "false")
KNOWN = ("starttls", "timeout", "cafile")
GOES_ON = 354
"""What a server answers when it waits for the text of a message."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server. `tls` is implicit, starttls or none; `cafile` names the authority of its certificate."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""
    cafile: str | None = None
    timeout: float = 20.0

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port}, tls={self.tls!r})"


def read_mail_server(url: str) -> MailServer:
    """A server from `smtp://user:password@host:port?starttls=no&timeout=20&cafile=…`; raises NotConfigured.

    A password is never sent without TLS, but on this machine.
    """
    parts = urlsplit(url)
    wishes = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    faults = [
        Message(
            "%(name)s is not known here; known are: %(known)s.", name=name, known=", ".join(KNOWN)
        )
        for name in wishes
        if name not in KNOWN
    ]
    starttls = wishes.get("starttls", "yes").lower()
    timeout = wishes.get("timeout", "20")
    if starttls not in (*YES, *NO):
        faults.append(Message("starttls is yes or no."))
    if not (timeout.isascii() and timeout.isdigit() and 1 <= int(timeout) <= 300):
        faults.append(Message("timeout is 1 to 300 seconds."))
    tls = "implicit" if parts.scheme == "smtps" else "none" if starttls in NO else "starttls"
    host = parts.hostname or ""
    if tls == "none" and parts.username and host not in THIS_MACHINE:
        faults.append(Message("Without TLS the password could be read on the way."))
    if faults:
        raise NotConfigured(
            Message("The mail server cannot be used."),
            [Fault("EVALPLAT_SMTP_URL", fault) for fault in faults],
        )
    return MailServer(
        host=host,
        port=parts.port or (465 if tls == "implicit" else 587 if tls == "starttls" else 25),
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        cafile=wishes.get("cafile"),
        timeout=float(timeout),
    )


class MailSender:
    """Sends e-mails, one connection for each."""

    def __init__(self, server: MailServer, mail_from: str) -> None:
        self._server, self._from = server, mail_from
        self._address = parseaddr(mail_from)[1]

    def send(self, message: Outgoing) -> None:
        """Hand one e-mail over; raises DeliveryFailed, or DeliveryUnknown once its text was on the way."""
        mail = write_mail(message, self._from)
        smtp = self._connect()
        try:
            self._address_it(smtp, message.to)
            self._hand_over(smtp, mail.as_bytes(policy=SMTP))
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        try:
            if server.tls == "implicit":
                return self._sign_in(
                    smtplib.SMTP_SSL(
                        server.host, server.port, timeout=server.timeout, context=self._context()
                    )
                )
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(error) from error
        try:
            if server.tls == "starttls":
                smtp.starttls(context=self._context())
            return self._sign_in(smtp)
        except (smtplib.SMTPException, OSError, DeliveryFailed) as error:
            smtp.close()
            if isinstance(error, DeliveryFailed):
                raise
            if isinstance(error, smtplib.SMTPNotSupportedError):
                raise DeliveryFailed(Trouble.NOT_SECURE) from error
            raise _failed(error) from error

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.cafile)

    def _sign_in(self, smtp: smtplib.SMTP) -> smtplib.SMTP:
        if not self._server.user:
            return smtp
        try:
            smtp.login(self._server.user, self._server.password)
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryFailed(Trouble.SIGN_IN_REFUSED, error.smtp_code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryFailed(Trouble.SIGN_IN_REFUSED) from error
        return smtp

    def _address_it(self, smtp: smtplib.SMTP, to: str) -> None:
        try:
            smtp.ehlo_or_helo_if_needed()
            code, _text = smtp.mail(self._address)
            if code >= 400:
                raise DeliveryFailed(_judge(code, Trouble.REFUSED), code)
            code, _text = smtp.rcpt(to)
        except (smtplib.SMTPException, OSError) as error:
            raise _failed(error) from error
        if code >= 400:
            raise DeliveryFailed(_judge(code, Trouble.ADDRESS_REFUSED), code)

    @staticmethod
    def _hand_over(smtp: smtplib.SMTP, content: bytes) -> None:
        try:
            code, _text = smtp.data(content)
        except smtplib.SMTPDataError as error:
            raise DeliveryFailed(
                _judge(error.smtp_code, Trouble.REFUSED), error.smtp_code
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryUnknown(Trouble.NO_ANSWER) from error
        if code >= GOES_ON:
            raise DeliveryFailed(_judge(code, Trouble.REFUSED), code)


def write_mail(message: Outgoing, mail_from: str) -> EmailMessage:
    """A plain e-mail that says it was made by a program and how to get no more of them."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = mail_from
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.reference}@{parseaddr(mail_from)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Unsubscribe"] = f"<{message.stop_url}>"
    mail.set_content(message.text, cte="quoted-printable")
    mail["Content-Language"] = message.language  # after the content, which clears such heads
    return mail


def _judge(code: int, for_good: Trouble) -> Trouble:
    return Trouble.REFUSED_FOR_NOW if 400 <= code < 500 else for_good


def _failed(error: Exception) -> DeliveryFailed:
    """What surely did not go out: the server was not reached, or left before the text was asked for."""
    if isinstance(error, ssl.SSLError):
        return DeliveryFailed(Trouble.NOT_SECURE)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return DeliveryFailed(Trouble.TIMED_OUT)
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        return DeliveryFailed(_judge(code, Trouble.REFUSED), code if 0 < code < 600 else 0)
    return DeliveryFailed(Trouble.NO_CONNECTION)
