"""What an installation can send through, from its settings."""

from collections.abc import Mapping
from email.utils import parseaddr

from evalplat.config import MessageSettings
from evalplat.delivery.outgoing import Sender
from evalplat.delivery.sms import SmsGateway
from evalplat.delivery.smtp import MailSender, read_mail_server
from evalplat.errors import Fault, Message, NotConfigured
from evalplat.vocabulary import Channel

NOT_READY = Message("Reminders cannot be sent with these settings.")


def make_senders(settings: MessageSettings) -> Mapping[Channel, Sender]:
    """A sender for each channel that is set up; raises NotConfigured naming every setting that is missing."""
    faults = _faults_of_url(settings)
    if not settings.smtp_url and not settings.sms_url:
        text = Message("Name a mail server here, or an SMS gateway in EVALPLAT_SMS_URL.")
        faults.append(Fault("EVALPLAT_SMTP_URL", text))
    address = parseaddr(settings.mail_from)[1]
    if settings.smtp_url and ("@" not in address or not settings.mail_from.isprintable()):
        text = Message("Give the address that e-mails come from, like name@example.fi.")
        faults.append(Fault("EVALPLAT_MAIL_FROM", text))
    if faults:
        raise NotConfigured(NOT_READY, faults)
    found: dict[Channel, Sender] = {}
    if settings.smtp_url:
        found[Channel.EMAIL] = MailSender(read_mail_server(settings.smtp_url), settings.mail_from)
    if settings.sms_url:
        found[Channel.SMS] = SmsGateway(
            settings.sms_url,
            token=settings.sms_token,
            header=settings.sms_header,
            body=settings.sms_body,
        )
    return found


def check_public_url(settings: MessageSettings) -> None:
    """Refuse to write messages whose links lead nowhere; raises NotConfigured."""
    faults = _faults_of_url(settings)
    if faults:
        raise NotConfigured(NOT_READY, faults)


def _faults_of_url(settings: MessageSettings) -> list[Fault]:
    if settings.public_url:
        return []
    text = Message("Give the address under which clients reach these pages, with https://.")
    return [Fault("EVALPLAT_PUBLIC_URL", text)]
