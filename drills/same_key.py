"""One key sent eight times at once is one sheet, and another sheet under it is kept beside it, never instead of it."""

import http.client
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

from drills.clients import Browser, Visitor
from drills.county import Asked, fill, make_key
from drills.effort import Effort
from drills.row import Row
from drills.servers import Place, Server, place_of, serving
from drills.stored import one
from evalplat.config import Settings
from evalplat.episodes.local_time import local_day

KEYS, TIMES = 50, 8
ANSWERS = {**{f"S{n}": 2 for n in range(1, 13)}, "works_or_studies": 1}
SHEETS = "SELECT count(*) FROM sheets"


def run(effort: Effort) -> Iterator[Row]:
    """Both databases, a server of two processes each."""
    for kind in ("sqlite", "postgresql"):
        with place_of(kind) as place:
            yield from _drill(place, effort.of(KEYS, 10))


def _drill(place: Place, keys: int) -> Iterator[Row]:
    settings = place.make("living")
    asked = fill(settings, 3 * keys, providers=1)
    key = make_key(settings)
    many = {"EVALPLAT_API_PER_MINUTE": "100000"}
    log = place.folder / "server.log"
    with serving(place.for_the_web(settings), log, workers=2, environ=many) as server:
        statuses = [_at_once(server, key, one_, ANSWERS) for one_ in asked[:keys]]
        stored = one(settings, SHEETS)
        right = sum(sorted(told) == [200] * (TIMES - 1) + [201] for told in statuses)
        yield Row(
            f"{place.kind}: {keys} keys, each {TIMES} times at once: rows, first receipts",
            f"{keys}, {keys}", f"{stored}, {right}", stored == keys == right,
        )  # fmt: skip
        yield _other_body(server, settings, key, asked[:keys])
        yield _two_browsers(server, settings, asked[keys : 2 * keys])


def _other_body(server: Server, settings: Settings, key: str, asked: list[Asked]) -> Row:
    """The same keys with another answer: refused, and both kept."""
    before = one(settings, SHEETS)
    other = {**ANSWERS, "S1": 4}
    told = [status for one_ in asked for status in _at_once(server, key, one_, other, 1)]
    aside = one(settings, "SELECT count(*) FROM set_aside_sheets")
    unchanged = one(settings, SHEETS) == before
    return Row(
        "… the same keys with another sheet: refused with 409, set aside, stored ones changed",
        f"{len(asked)}, {len(asked)}, 0",
        f"{told.count(409)}, {aside}, {0 if unchanged else 'some'}",
        told == [409] * len(asked) and aside == len(asked) and unchanged,
    )


def _two_browsers(server: Server, settings: Settings, asked: list[Asked]) -> Row:
    """Two browsers with one invitation press Send at the same moment: one sheet, and both are thanked."""
    before = one(settings, SHEETS)
    thanked = 0
    for one_ in asked:
        pair = [Visitor(Browser(server.port), one_) for _ in range(2)]
        for visitor in pair:
            visitor.open()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Visitor.send, pair))
        thanked += 2
        for visitor in pair:
            visitor.browser.close()
    stored = one(settings, SHEETS) - before
    return Row(
        "… two browsers on one invitation send at once: sheets, thanks",
        f"{len(asked)}, {2 * len(asked)}", f"{stored}, {thanked}", stored == len(asked),
    )  # fmt: skip


def _at_once(
    server: Server, key: str, asked: Asked, answers: dict[str, int], times: int = TIMES
) -> list[int]:
    """Send the same request so many times at the same moment; what each was answered."""
    body = json.dumps(
        {
            "base_revision": 0, "measured_on": local_day(datetime.now(UTC)).isoformat(),
            "mode": "paper", "respondent": "client", "answers": answers,
        }
    )  # fmt: skip
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"drill-{asked.administration_id}"[:64],
    }
    path = f"/api/v1/administrations/{asked.administration_id}/sheets"
    begun = threading.Barrier(times)

    def send(_number: int) -> int:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as line:
            line.connect()
            begun.wait(timeout=30)
            line.request("POST", path, body, headers)
            answer = line.getresponse()
            answer.read()
            return answer.status

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))
