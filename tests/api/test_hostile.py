"""What nobody sends by mistake: each is refused with a problem, and nothing is stored."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from evalplat.api.strict_json import DEEPEST, BadJson, check_json
from evalplat.services.actors import Actor
from evalplat.storage.tables import SetAside, Sheet

from .conftest import World, sheet

SYSTEM = Actor.system("test")


def change(**rest: Any) -> bytes:
    return json.dumps(sheet(**rest)).encode()


def splice(old: str, new: str) -> bytes:
    text = json.dumps(sheet())
    assert old in text
    return text.replace(old, new).encode()


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"answers=1",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "two values": b"{} {}",
    "half an object": json.dumps(sheet()).encode()[:-1],
    "a comment": splice('"base_revision"', '/* */ "base_revision"'),
    "a comma too many": splice("}}", "},}"),
    "a byte order mark": b"\xef\xbb\xbf" + change(),
    "UTF-16": json.dumps(sheet()).encode("utf-16"),
    "no UTF-8": b'{"present": "\xff"}',
    "an overlong NUL": b'{"present": "\xc0\x80"}',
    "deep lists": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"answers":' * 5_000 + b"1" + b"}" * 5_000,
    "a deep answer": splice('"S1": 2', '"S1": ' + "[" * 20 + "]" * 20),
    "a name twice": splice('"base_revision": 0', '"base_revision": 1, "base_revision": 0'),
    "an answer twice": splice('"S1": 2', '"S1": 3, "S1": 2'),
    "a name twice by an escape": splice('"S1": 2', '"S\\u0031": 3, "S1": 2'),
    "NaN": splice('"S1": 2', '"S1": NaN'),
    "infinity": splice('"S1": 2', '"S1": Infinity'),
    "minus infinity": splice('"S1": 2', '"S1": -Infinity'),
    "infinity by size": splice('"S1": 2', '"S1": 1e999'),
    "a number of thousands of digits": splice('"S1": 2', '"S1": ' + "9" * 5_000),
    "a large number": splice('"S1": 2', '"S1": ' + "9" * 200),
    "a lone surrogate": splice('"works', '"x": "\\ud800", "works'),
    "a lone surrogate in a name": splice('"S1": 2', '"S1\\udfff": 2'),
    "a NUL": splice('"works', '"x": "a\\u0000b", "works'),
    "a NUL in free words": change(present="a\0b"),
    "a raw control character": b'{"present": "a\nb"}',
    "a negative revision": change(base_revision=-1),
    "a huge revision": change(base_revision=10**30),
    "a revision as text": change(base_revision="0"),
    "a revision that is true": change(base_revision=True),
    "a revision with a fraction": change(base_revision=0.5),
    "no revision": change(base_revision=None),
    "another revision": change(base_revision=7, reason="Why not"),
    "a day of digits elsewhere": change(measured_on="\u0662\u0660\u0662\u0666-06-01"),
    "a day with a time": change(measured_on="2026-06-01T00:00:00Z"),
    "a day as a number": change(measured_on=1_780_000_000),
    "a day of the week": change(measured_on="2026-W23-1"),
    "a day that is none": change(measured_on="2026-06-31"),
    "a day long ago": change(measured_on="0001-01-01"),
    "a day far away": change(measured_on="9999-12-31"),
    "no answers": change(answers={}),
    "answers as a list": change(answers=[2] * 12),
    "answers that say nothing": change(answers={"S1": None, "S2": ""}),
    "an answer as a list": change(answers={"S1": [2]}),
    "an answer as an object": change(answers={"S1": {"value": 2}}),
    "an answer out of range": change(answers={"S1": 5}),
    "an answer in other digits": change(answers={"S1": "\uff12"}),
    "an answer of ten thousand letters": change(answers={"S1": "x" * 10_000}),
    "an unknown item": change(answers={"S1": 2, "__proto__": {"admin": True}}),
    "an item from elsewhere": change(answers={"S1": 2, "\u202eS2": 2}),
    "an item with a long name": change(answers={"S" * 10_000: 2}),
    "six hundred items": change(answers={f"X{n}": 1 for n in range(600)}),
    "a field more": change(administration_id="AAAAAAAAAAAAAAAA"),
    "a provider of one's own": change(provider_id="AAAAAAAAAAAAAAAA"),
    "an unknown mode": change(mode="telepathy"),
    "a mode as a number": change(mode=1),
    "a mode in capitals": change(mode="SELF"),
    "a language that is none": change(language="<script>"),
    "free words too long": change(present="x" * 201),
    "a proxy that is the client": change(respondent="proxy"),
}  # fmt: skip


def stored(world: World) -> tuple[Any, Any]:
    with world.wiring.reading(SYSTEM) as session:
        return (
            session.scalar(select(func.count()).select_from(Sheet)),
            session.scalar(select(func.count()).select_from(SetAside)),
        )


def test_no_hostile_body_is_stored_and_each_gets_a_problem(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    before, wrong = stored(world), []
    for name, body in BODIES.items():
        answer = program.post(path, body, "a-hostile-key")
        told = answer.get_json()
        if not (answer.status_code in (400, 409, 413, 422) and told["reference"]):
            wrong.append((name, answer.status_code, answer.text[:200]))
        if answer.status_code in (400, 422) and not told.get("errors"):
            wrong.append((name, "no fault is named", answer.text[:200]))
    assert wrong == []
    assert stored(world) == before
    assert program.post(path, change(), "a-hostile-key").status_code == 201, "the control"


def test_a_body_too_large_is_not_read(world: World) -> None:
    program, path = world.program("worker"), f"/administrations/{world.planned()}/sheets"
    for size in (64 * 1024 + 1, 5_000_000):
        answer = program.post(path, b" " * size, "a-large-key")
        assert (answer.status_code, answer.get_json()["status"]) == (413, 413)
    fits = change().ljust(64 * 1024)
    assert program.post(path, fits, "a-large-key").status_code == 201


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/xml", {}),
        ("application/problem+json", {}),
        ("application/json; charset=utf-16", {}),
        ("", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
        ("application/json", {"Content-Encoding": "br, gzip"}),
    ],
)
def test_other_kinds_of_content_are_not_taken(world: World, content: str, headers: Any) -> None:
    path = f"/administrations/{world.planned()}/sheets"
    answer = world.program("worker").post(
        path, change(), "a-key-of-content", content_type=content, headers=headers
    )
    assert (answer.status_code, answer.get_json()["status"]) == (415, 415)
    assert answer.headers["Accept-Post"] == "application/json"


@pytest.mark.parametrize(
    "key", ["short", "x" * 65, "a key", "caf\u00e9-caf\u00e9", "", "\u0661" * 10, "a\tkey-here"]
)
def test_a_key_is_eight_to_sixty_four_plain_characters(world: World, key: str) -> None:
    path = f"/administrations/{world.planned()}/sheets"
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = world.program("worker").post(path, change(), headers=headers)
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["name"] == "Idempotency-Key"


ODD_IDS = (
    "%00", "..", ".", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%ed%a0%80", "AAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAA", "A" * 5_000, "%27%20OR%201=1--", "%EF%BC%A1" * 16, "%E2%80%AE" + "A" * 15,
    "AAAAAAAAAAAAAAAA%0a", "AAAAAAAAAAAAAAA%20", "%D0%90AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAA%00",
    "{administration_id}", "null", "-1", "0", "true",
)  # fmt: skip


def test_odd_ids_are_simply_not_there(world: World) -> None:
    program = world.program("worker")
    for odd in ODD_IDS:
        for path in (f"/administrations/{odd}", f"/administrations/{odd}/scores",
                     f"/episodes/{odd}/course", f"/instruments/{odd}"):  # fmt: skip
            answer = program.get(path)
            assert (answer.status_code, answer.get_json()["status"]) == (404, 404), path
        sent = program.post(f"/administrations/{odd}/sheets", sheet(), "a-key-of-odd-ids")
        assert sent.status_code == 404


ODD_QUERIES = (
    "limit=0", "limit=-1", "limit=201", "limit=1.0", "limit=%D9%A1", "limit=1e1", "limit=", "limit=+5",
    "limit=1&limit=2", "cursor=", "cursor=" + "A" * 21, "cursor=%00", "cursor=" + "=" * 20, "state=",
    "state=done", "state=due&state=DUE", "%00=1", "__class__=1", "state[]=due", "limit=99999999999999999999",
)  # fmt: skip


def test_odd_queries_are_faults_of_their_parameter(world: World) -> None:
    program = world.program("worker")
    for odd in ODD_QUERIES:
        answer = program.get(f"/due?{odd}")
        assert (answer.status_code, answer.get_json()["status"]) == (400, 400), odd
        assert answer.get_json()["errors"][0]["in"] == "query"


def test_an_odd_header_of_a_token_is_refused(world: World) -> None:
    key = world.county.keys["worker"]
    for shown in (
        f"{key}, Bearer {key}",
        f"{key} {key}",
        key[:-1],
        f"{key}=",
        "\xe9" * 58,
        "x" * 9_000,
    ):
        answer = world.program().get("/me", headers={"Authorization": f"Bearer {shown}"})
        assert answer.status_code == 401


def test_strict_json_takes_what_is_plain_and_as_deep_as_is_said() -> None:
    check_json(b'{"a": [1, -0.5e3, "\\ud83d\\ude00 \\u00e9 [[[{{{", true, null], "A": {}}')
    check_json(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(BadJson):
        check_json(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))
