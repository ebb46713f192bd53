"""E-mail and SMS against real servers: what is handed over, and what each way of failing means."""

import socket
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from servers import PASSWORD, USER, mail_server, make_certificate, sms_gateway

from evalplat.config import MessageSettings, load_settings
from evalplat.delivery.outbox import Outbox
from evalplat.delivery.outgoing import DeliveryFailed, DeliveryUnknown, Outgoing, Trouble
from evalplat.delivery.senders import make_senders
from evalplat.delivery.sms import SmsGateway
from evalplat.delivery.smtp import MailSender, read_mail_server
from evalplat.errors import NotConfigured
from evalplat.vocabulary import Channel

FROM = "Kysely <no-reply@county.example>"
MESSAGE = Outgoing(
    channel=Channel.EMAIL,
    to="aino@client.example",
    subject="Kysymyksiä sinulle",
    text="Hyvä lukija!\n\nhttps://county.example/c/l/" + "x" * 80 + "\n",
    language="fi",
    reference="abc123",
    stop_url="https://county.example/c/stop/t",
    at=datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
)
SMS = replace(MESSAGE, channel=Channel.SMS, to="+358401234567")


def mailer(url, mail_from=FROM):
    return MailSender(read_mail_server(url), mail_from)


def trouble_of(sender, message=MESSAGE, kind=DeliveryFailed):
    with pytest.raises(DeliveryFailed) as caught:
        sender.send(message)
    assert type(caught.value) is kind
    assert "client.example" not in str(caught.value)
    return caught.value.trouble, caught.value.code


def url_of(port, *, user=USER, password=PASSWORD, scheme="smtp", rest=""):
    return f"{scheme}://{user}:{quote(password, safe='')}@127.0.0.1:{port}{rest}"


@contextmanager
def deaf_server():
    """A server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def test_a_mail_arrives_as_it_was_written_and_says_that_a_program_made_it():
    with mail_server() as box:
        mailer(f"smtp://127.0.0.1:{box.port}?starttls=no").send(MESSAGE)
    (mail,) = box.mails
    assert box.to == ["aino@client.example"]
    assert (mail["From"], mail["To"], mail["Subject"]) == (FROM, MESSAGE.to, MESSAGE.subject)
    assert mail["Message-ID"] == "<abc123@county.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://county.example/c/stop/t>"
    assert mail.get_content().replace("\r\n", "\n") == MESSAGE.text


def test_mail_goes_by_starttls_and_by_tls_from_the_start_with_a_checked_certificate(tmp_path):
    tls, cafile = make_certificate(tmp_path)
    with mail_server(tls) as box:
        mailer(url_of(box.port, rest=f"?cafile={cafile}")).send(MESSAGE)
        assert trouble_of(mailer(url_of(box.port)))[0] is Trouble.NOT_SECURE
        wrong = mailer(url_of(box.port, password="wrong", rest=f"?cafile={cafile}"))
        assert trouble_of(wrong) == (Trouble.SIGN_IN_REFUSED, 535)
    with mail_server(tls, implicit=True) as other:
        mailer(url_of(other.port, scheme="smtps", rest=f"?cafile={cafile}")).send(MESSAGE)
        assert trouble_of(mailer(url_of(other.port, scheme="smtps")))[0] is Trouble.NOT_SECURE
    assert (len(box.mails), len(other.mails)) == (1, 1)


def test_a_server_without_starttls_gets_no_mail_where_it_is_wanted():
    with mail_server() as box:
        assert trouble_of(mailer(f"smtp://127.0.0.1:{box.port}")) == (Trouble.NOT_SECURE, 0)
        assert (
            trouble_of(mailer(url_of(box.port, rest="?starttls=no")))[0] is Trouble.SIGN_IN_REFUSED
        )
    assert box.mails == []


@pytest.mark.parametrize(
    ("at", "answer", "trouble"),
    [
        ("at_address", "450 busy <aino@client.example>", Trouble.REFUSED_FOR_NOW),
        ("at_address", "550 no aino@client.example here", Trouble.ADDRESS_REFUSED),
        ("at_text", "451 later", Trouble.REFUSED_FOR_NOW),
        ("at_text", "554 no", Trouble.REFUSED),
    ],
)
def test_what_a_mail_server_refuses_has_failed_for_now_or_for_good(at, answer, trouble):
    with mail_server() as box:
        setattr(box, at, answer)
        sender = mailer(f"smtp://127.0.0.1:{box.port}?starttls=no")
        assert trouble_of(sender) == (trouble, int(answer[:3]))
        setattr(box, at, None)
        sender.send(MESSAGE)
    assert len(box.mails) == 1


def test_a_mail_server_that_is_not_there_or_does_not_speak_has_failed():
    with closed_port() as port:
        sender = mailer(f"smtp://127.0.0.1:{port}?starttls=no")
        assert trouble_of(sender) == (Trouble.NO_CONNECTION, 0)
    with deaf_server() as port:
        server = replace(read_mail_server(f"smtp://127.0.0.1:{port}?starttls=no"), timeout=0.1)
        assert trouble_of(MailSender(server, FROM)) == (Trouble.TIMED_OUT, 0)


def test_a_connection_lost_after_the_text_was_handed_over_leaves_it_unknown():
    with mail_server() as box:
        box.at_text = "hang up"
        sender = mailer(f"smtp://127.0.0.1:{box.port}?starttls=no")
        assert trouble_of(sender, kind=DeliveryUnknown) == (Trouble.NO_ANSWER, 0)
    assert len(box.mails) == 1


def test_a_name_in_the_address_cannot_bring_in_a_line_of_its_own():
    with mail_server() as box, pytest.raises(ValueError, match="linefeed"):
        mailer(f"smtp://127.0.0.1:{box.port}?starttls=no").send(
            replace(MESSAGE, to="a@b.example\r\nBcc: c@d.example")
        )
    assert box.mails == []


def sms(gateway, **rest):
    given = {"token": "t0ken", "header": MessageSettings().sms_header,
             "body": MessageSettings().sms_body, **rest}  # fmt: skip
    return SmsGateway(gateway.url, **given)


def test_an_sms_is_json_for_the_gateway_whatever_stands_in_it():
    odd = replace(SMS, text='Kysymyksiä: "{to}" \\ {reference} ääkköset')
    with sms_gateway() as gateway:
        sms(gateway).send(odd)
        shape = (
            '{"message": {"recipients": ["{to}"], "body": "{text}", "id": "r-{reference}"}, "n": 1}'
        )
        sms(gateway, body=shape, header="X-Api-Key: {token}").send(odd)
    (headers, body), (own_headers, own_body) = gateway.taken
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["Idempotency-Key"] == "abc123"
    assert body == {"to": SMS.to, "text": odd.text}
    assert own_headers["X-Api-Key"] == "t0ken" and "Authorization" not in own_headers
    assert own_body == {
        "message": {"recipients": [SMS.to], "body": odd.text, "id": "r-abc123"}, "n": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (400, Trouble.REFUSED),
        (401, Trouble.SIGN_IN_REFUSED),
        (429, Trouble.REFUSED_FOR_NOW),
        (500, Trouble.REFUSED_FOR_NOW),
        (302, Trouble.REFUSED),
    ],
)
def test_what_a_gateway_refuses_has_failed_and_a_redirect_is_not_followed(status, trouble):
    with sms_gateway() as gateway:
        gateway.status = status
        assert trouble_of(sms(gateway), SMS) == (trouble, status)


def test_a_gateway_that_is_away_has_failed_and_one_that_says_nothing_is_unknown():
    with sms_gateway() as gateway:
        gateway.silent = True
        assert trouble_of(sms(gateway), SMS, DeliveryUnknown)[0] is Trouble.NO_ANSWER
    assert trouble_of(sms(gateway), SMS)[0] is Trouble.NO_CONNECTION
    with deaf_server() as port:
        gateway.port = port
        late = sms(gateway, timeout=0.1)
        assert trouble_of(late, SMS, DeliveryUnknown)[0] is Trouble.NO_ANSWER


def test_messages_can_be_written_to_files_that_others_cannot_read(tmp_path):
    Outbox(tmp_path / "out").send(MESSAGE)
    (path,) = (tmp_path / "out").iterdir()
    assert MESSAGE.text in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0


def test_every_setting_that_is_missing_or_unsafe_is_named():
    with pytest.raises(NotConfigured) as caught:
        make_senders(MessageSettings())
    assert [f.where for f in caught.value.faults] == ["EVALPLAT_PUBLIC_URL", "EVALPLAT_SMTP_URL"]
    with pytest.raises(NotConfigured, match="EVALPLAT_MAIL_FROM"):
        make_senders(
            MessageSettings(smtp_url="smtp://mail.example", public_url="https://a.example")
        )
    with pytest.raises(NotConfigured, match="EVALPLAT_SMS_BODY"):
        sms(type("Gateway", (), {"url": "https://a.example"}), body='{"to": "{to}"}')
    for url in ("smtp://u:p@mail.example?starttls=no", "smtp://mail.example?starttls=maybe",
                "smtp://mail.example?timeout=0", "smtp://mail.example?tls=1"):  # fmt: skip
        with pytest.raises(NotConfigured, match="EVALPLAT_SMTP_URL"):
            read_mail_server(url)
    with pytest.raises(NotConfigured) as caught:
        load_settings(
            {
                "EVALPLAT_SMTP_URL": "https://mail.example",
                "EVALPLAT_SMS_URL": "http://gateway.example",
                "EVALPLAT_PUBLIC_URL": "https://[bad",
                "EVALPLAT_REMIND_HOURS": "20-8",
                "EVALPLAT_REMIND_EVERY": "0",
                "EVALPLAT_REMIND_MOST": "ten",
            }
        )
    assert {f.where for f in caught.value.faults} == {
        "EVALPLAT_SMTP_URL", "EVALPLAT_SMS_URL", "EVALPLAT_PUBLIC_URL", "EVALPLAT_REMIND_HOURS",
        "EVALPLAT_REMIND_EVERY", "EVALPLAT_REMIND_MOST",
    }  # fmt: skip


def test_settings_of_messages_come_from_the_environment_and_show_no_secret(tmp_path):
    secret = tmp_path / "smtp"
    secret.write_text("smtps://u:hidden@mail.example\n")
    settings = load_settings(
        {
            "EVALPLAT_SMTP_URL_FILE": str(secret),
            "EVALPLAT_MAIL_FROM": FROM,
            "EVALPLAT_SMS_URL": "https://gateway.example/v1",
            "EVALPLAT_SMS_TOKEN": "hidden",
            "EVALPLAT_PUBLIC_URL": "https://county.example/",
            "EVALPLAT_REMIND_HOURS": "9-18",
            "EVALPLAT_REMIND_EVERY": "10",
        }
    ).messages
    assert (settings.first_hour, settings.last_hour, settings.every, settings.most) == (
        9,
        18,
        10,
        3,
    )
    assert settings.public_url == "https://county.example"
    assert set(make_senders(settings)) == {Channel.EMAIL, Channel.SMS}
    assert "hidden" not in repr(settings) + repr(read_mail_server(settings.smtp_url))
