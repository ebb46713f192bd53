"""What a reminder says: plain, in the client's language, and nothing of who is asked by whom about what.

Whoever else sees the message learns that somebody has questions to answer, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from evalplat import language as words
from evalplat.errors import Message
from evalplat.vocabulary import LANGUAGES, Channel

SUBJECT = Message("A reminder: questions for you")


@dataclass(frozen=True, slots=True)
class Way:
    """How one form is opened: a link, or the code on the page where codes are typed."""

    link: str
    code: str


def write_message(
    ways: Sequence[Way],
    *,
    channel: Channel,
    language: str,
    door: str,
    stop_url: str,
    valid_until: date,
) -> tuple[str, str]:
    """Subject and text of one message about one form or several; an SMS is the same in fewer words."""
    wanted = language if language in LANGUAGES else "fi"
    texts = (
        _write_sms(ways, stop_url)
        if channel is Channel.SMS
        else _write_mail(ways, door, stop_url, valid_until)
    )
    return words.say(SUBJECT, wanted), "\n".join(
        words.say(text, wanted) if isinstance(text, Message) else text for text in texts
    )


def _write_sms(ways: Sequence[Way], stop_url: str) -> list[Message | str]:
    if len(ways) == 1:
        lines: list[Message | str] = [Message("You have questions to answer:")]
    else:
        lines = [Message("You have %(count)s sets of questions to answer:", count=len(ways))]
    for way in ways:
        lines += [way.link, Message("Code: %(code)s", code=way.code)]
    return [*lines, Message("No more messages: %(link)s", link=stop_url)]


def _write_mail(
    ways: Sequence[Way], door: str, stop_url: str, valid_until: date
) -> list[Message | str]:
    lines: list[Message | str] = [Message("Hello!"), ""]
    if len(ways) == 1:
        lines += [Message("You were asked to answer some questions. Open them here:"), ""]
    else:
        lines += [
            Message(
                "You were asked to answer %(count)s sets of questions. Each has its own address:",
                count=len(ways),
            ),
            "",
        ]
    for number, way in enumerate(ways, start=1):
        lines.append(way.link if len(ways) == 1 else f"{number}. {way.link}")
        lines += [Message("Code: %(code)s", code=way.code), ""]
    return [
        *lines,
        Message("If an address does not open, go to %(door)s and type the code.", door=door),
        "",
        Message("You can stop at any time and go on later. What you have answered is kept."),
        Message(
            "The address is for you alone: do not pass it on. It works until %(day)s.",
            day=valid_until,
        ),
        "",
        Message("If you do not want these messages, open this address:"),
        stop_url,
        "",
    ]
