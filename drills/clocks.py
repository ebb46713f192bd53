"""The clock of the server jumps while a client answers; and days on which the clocks are turned, quarter by quarter."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from drills.clients import Browser, Visitor
from drills.county import SYSTEM, Asked, fill
from drills.effort import Effort
from drills.row import Row
from drills.servers import KEY, KINDS, Place, ask, place_of, serving
from drills.stored import find_harm, rows
from evalplat.config import MessageSettings, Settings
from evalplat.delivery.outgoing import Outgoing
from evalplat.episodes.local_time import local_day
from evalplat.services.audit_chain import verify_access_log
from evalplat.services.contacts import ContactDetails, get_contact, save_contact
from evalplat.services.sending import Post, send_reminders
from evalplat.vocabulary import Channel, MeasurementPoint
from evalplat.wiring import Wiring, build_wiring

JUMPS = (timedelta(hours=3), timedelta(hours=-3), timedelta(days=2), timedelta(0))
TURNED = (date(2026, 3, 29), date(2026, 10, 25))
CLIENTS, EVERY = 6, timedelta(minutes=15)
SCALES = 3
JUMPING = """
import time, sys
from datetime import datetime, timedelta, UTC
from pathlib import Path
moment, real = Path(sys.argv.pop(1)), time.time
def jump():
    return float(moment.read_text())
time.time = lambda: real() + jump()
import evalplat.wiring as wiring
wiring.read_clock = lambda: datetime.now(UTC) + timedelta(seconds=jump())
from evalplat.cli.main import main
main()
"""
"""The server with a clock whose error stands in a file: for its pages, its cookies and its access log alike."""


def run(effort: Effort) -> Iterator[Row]:
    """Jumps on both databases; both days on both."""
    for kind in KINDS:
        with place_of(kind) as place:
            yield _jump(place)
            for day in TURNED:
                yield _turn(place, day, effort)


def _jump(place: Place) -> Row:
    what = f"{place.kind}: the clock jumps by hours and days, forth and back: lost, doubled, torn"
    settings = place.make("jumps")
    # One sheet each, of a service begun yesterday: where the clock is set back past midnight, a measurement before
    # another one, or before the service, is refused, and rightly so.
    yesterday = local_day(datetime.now(UTC)) - timedelta(days=1)
    baseline = (MeasurementPoint.BASELINE,)
    asked = fill(settings, 5 * len(JUMPS), points=baseline, opened=yesterday)
    moment = place.folder / "clock"
    _set(moment, timedelta(0))
    program = ("-c", JUMPING, str(moment))
    told: dict[str, dict[str, object]] = {}
    log, ready = place.folder / "jumps.log", set()
    with serving(place.for_the_web(settings), log, program=program) as server:
        for number, jump in enumerate(JUMPS):
            for one in asked[5 * number : 5 * number + 5]:
                told[one.administration_id] = _answer_during(server.port, one, moment, jump)
            ready.add(ask(server.port, "/readyz")[0])
        code = server.stop()
    harm, defects = find_harm(settings, told, SCALES), log.read_text().count('"defect"')
    broken = _verify(settings)
    return Row(
        what,
        "0, 0, 0",
        f"{harm}; defects {defects}, chain broken {broken}, /readyz {sorted(ready)}",
        harm.is_none and not (defects or broken or code) and ready == {200},
    )


def _answer_during(port: int, one: Asked, moment: Path, jump: timedelta) -> dict[str, object]:
    """A client whose visit is under way when the clock jumps; where that ends it, the link opens it again."""
    visitor = Visitor(Browser(port), one)
    visitor.open()
    visitor.change("S1", "4")
    _set(moment, jump)
    page = visitor.browser.ask("POST", "/c/check", {"helped": ""})
    if "/c/thanks" not in page.location:
        again = Visitor(Browser(port), one)
        again.open()
        again.send()
        again.browser.close()
    visitor.browser.close()
    return {**{f"S{n}": one.first for n in range(2, 13)}, "S1": 4}


def _set(moment: Path, jump: timedelta) -> None:
    """Replaced in one step: a server that reads half of it would be at no time at all."""
    new = moment.with_suffix(".new")
    new.write_text(f"{int(jump.total_seconds()):+d}")
    new.replace(moment)


def _verify(settings: Settings) -> int:
    with closing(build_wiring(settings)) as wiring, wiring.reading(SYSTEM) as session:
        return len(verify_access_log(session, SYSTEM, settings).breaks)


class Letterbox:
    """Takes every message, and how often each client got one."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    def send(self, message: Outgoing) -> None:
        """Keep whom it is for."""
        self.taken[message.to] += 1


def _turn(place: Place, day: date, effort: Effort) -> Row:
    """A timer that asks every quarter of an hour from the day before until the day after, twice each time."""
    settings = place.make(f"turned_{day:%m}")
    noon = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) - timedelta(days=1)
    asked = fill(
        settings, CLIENTS, drafted=False, points=[MeasurementPoint.BASELINE], at=noon,
        opened=day - timedelta(days=7), window_opens_after=7,
    )  # fmt: skip
    box, runs = Letterbox(), 0
    with closing(build_wiring(settings)) as wiring:
        _let_write(wiring, asked, noon)
        at, end = noon, noon + timedelta(days=2)
        step = EVERY * effort.of(1, 4)
        while at < end:
            for _ in range(2):
                _send(wiring, box, at)
                runs += 1
            at += step
    days = Counter(str(d) for (d,) in rows(settings, "SELECT local_day FROM reminders"))
    right = list(box.taken.values()) == [1] * CLIENTS and dict(days) == {str(day): CLIENTS}
    return Row(
        f"{place.kind}: {day:%d.%m.%Y}, {runs} runs of a timer: messages to each of {CLIENTS} clients",
        f"1 on {day}",
        f"{', '.join(map(str, sorted(set(box.taken.values()))))} on {', '.join(sorted(days))}",
        right,
    )


def _let_write(wiring: Wiring, asked: list[Asked], at: datetime) -> None:
    for number, one in enumerate(asked):
        with replace(wiring, clock=lambda: at).transaction(SYSTEM) as session:
            base = get_contact(session, SYSTEM, episode_id=one.episode_id).mark
            details = ContactDetails(
                base=base, email=f"client{number}@example.fi", channel=Channel.EMAIL
            )
            save_contact(session, SYSTEM, episode_id=one.episode_id, details=details, at=at)


def _send(wiring: Wiring, box: Letterbox, at: datetime) -> None:
    there = replace(wiring, clock=lambda: at)
    robot = SYSTEM
    send_reminders(
        Post(
            begin=lambda: there.transaction(robot), catalogue=there.catalogue, actor=robot,
            senders={Channel.EMAIL: box}, secret_key=KEY, clock=there.clock,
            settings=MessageSettings(
                smtp_url="smtp://127.0.0.1:1", mail_from="no-reply@county.example", sms_url="",
                public_url="https://county.example",
            ),
        )
    )  # fmt: skip
