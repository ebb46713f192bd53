"""A client's own copy of everything that is stored about them (GDPR, articles 15 and 20), made by their case worker.

It is made when it is asked for, handed over and kept nowhere. Staff stand in it by role and organisation, never by
name; other people do not stand in it at all. `storage.copies` says which column is in it and why another one is not.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.local_time import local_day
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.questions import list_all_steps
from evalplat.language import say
from evalplat.services.actors import Actor
from evalplat.services.looker_words import tell_look
from evalplat.services.lookers import OF_THIS_LIST, Look, classify
from evalplat.services.own_clients import get_own_client
from evalplat.storage import audit, copies
from evalplat.storage.access import crossing

FORMAT = "evalplat client copy"
VERSION = 1
REASON = "a client's own copy: who has looked"
PEOPLE = (
    *("made_by", "planned_by", "done_by", "corrected_by", "recorded_by", "answered_by"),
    *("submitted_by", "received_from", "agreed_by", "struck_by", "seen_by"),
    *("proposed_by", "decided_by"),
)
"""Columns that say who of the staff did something."""

Json = dict[str, Any]


def make_copy(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    client_id: str,
    language: str,
    at: datetime,
) -> Json:
    """The copy as plain data for JSON, in a language; its own case worker and system jobs make it. Raises NotFound.

    The act is written into the access log in the same transaction, so that no copy leaves without its line.
    """
    client = get_own_client(session, actor, client_id)
    audit.record(session, "give_copy", "client", client_id, [client_id], at=at)
    rows = copies.read_client(session, client.id)
    by_key, by_id = copies.list_providers(session)
    _tell_people(session, rows)
    places = copies.list_places(session)
    for row in (*rows["clients"], *rows["episodes"], *rows["vouchers"]):
        row["municipality_name"] = places.get(row["municipality"], "")
    with crossing(session, REASON) as privileged:
        lines = copies.list_lines(privileged, client_id)
    copy = {
        "format": FORMAT,
        "version": VERSION,
        "made_on": local_day(at),
        "language": language,
        "person": {**rows["clients"][0], **_first(rows["client_identities"])},
        "contact": _first(rows["client_contacts"]) or None,
        "corrections": rows["fact_revisions"],
        "restrictions_and_objections": rows["client_acts"],
        "requests_about_data": rows["rights_requests"],
        "decisions_about_erasure": rows["erasures"],
        "plan": {"records": rows["client_plans"], "goals": rows["plan_goals"]},
        "vouchers": rows["vouchers"],
        "services": [
            _service(catalogue, language, rows, episode, by_key) for episode in rows["episodes"]
        ],
        "looked": list(_tell_looks(lines, by_id, language)),
        "not_in_this_copy": {k: v for k, v in copies.LEFT_OUT.items() if "." not in k},
    }
    plain: Json = _plain(copy)
    return plain


def write_json(copy: Json) -> str:
    """The copy as text, for people and programs."""
    return json.dumps(copy, ensure_ascii=False, indent=1) + "\n"


def _first(rows: list[Json]) -> Json:
    return rows[0] if rows else {}


def _tell_people(session: Session, rows: Mapping[str, list[Json]]) -> None:
    """Put role and organisation in the place of whoever did something."""
    named = [
        (row, name) for found in rows.values() for row in found for name in PEOPLE if name in row
    ]
    staff = copies.find_staff(session, {row[name] for row, name in named if row[name]})
    for row, name in named:
        who = row[name]
        role, organisation = staff.get(who, (who if who == "client" else "system", ""))
        row[name] = {"role": role, "organisation": organisation} if who else None


def _service(
    catalogue: Catalogue,
    language: str,
    rows: Mapping[str, list[Json]],
    episode: Json,
    providers: Mapping[int, str],
) -> Json:
    """One service with everything inside it."""
    key, provider = episode.pop("id"), episode.pop("provider_id")
    goals = _take(rows["goals"], "episode_id", key)
    titles = {goal.pop("id"): goal["title"] for goal in goals}
    reminders = _take(rows["reminders"], "episode_id", key)
    for reminder in reminders:
        steps = _take(rows["reminder_events"], "reminder_id", reminder.pop("id"))
        reminder["steps"] = steps
    measurements = [
        _measurement(catalogue, language, rows, planned, titles)
        for planned in _take(rows["administrations"], "episode_id", key)
    ]
    return {
        "provider": providers[provider],
        **episode,
        "events": _take(rows["episode_events"], "episode_id", key),
        "goals": goals,
        "meetings": _take(rows["appointments"], "episode_id", key),
        "reminders": reminders,
        "measurements": measurements,
    }


def _measurement(
    catalogue: Catalogue,
    language: str,
    rows: Mapping[str, list[Json]],
    planned: Json,
    goals: Mapping[int, str],
) -> Json:
    """One measurement: how it was asked for, every revision of its sheet, and what came after it."""
    key = planned.pop("id")
    definition = catalogue.get(planned["instrument"], planned["version"])
    steps = {step.code: step for step in list_all_steps(definition, language)}
    texts = definition.text(language)

    def tell(code: str, value: object) -> Json:
        step = steps.get(code)
        words = step.show(value) if step and value not in (None, "declined") else ""
        return {
            "code": code,
            "question": step.label if step else "",
            "value": value,
            "answer": words,
        }

    def of(table: str) -> list[Json]:
        return _take(rows[table], "administration_id", key)

    sheets, scores, ratings = of("sheets"), of("scores"), of("goal_ratings")
    for score in scores:
        score["title"] = texts.scales.get(score["scale"], score["scale"])
    for rating in ratings:
        rating["goal"] = goals.get(rating.pop("goal_id"), "")
    for sheet in sheets:
        number = sheet["revision"]
        sheet["answers"] = _answers(sheet["answers"], tell)
        sheet["scores"] = _take(scores, "revision", number)
        sheet["goal_ratings"] = _take(ratings, "revision", number)
    aside = of("set_aside_sheets")
    for one in aside:
        one["answers"] = _answers(one["answers"], tell)
    return {
        "title": texts.title,
        **planned,
        "invitations": of("invitations"),
        "sheets": sheets,
        "begun_and_not_sent": [{**tell(d.pop("code"), d.pop("value")), **d} for d in of("drafts")],
        "put_aside": aside,
        "requests_to_be_contacted": of("contact_requests"),
        "notes_on_alerts": of("alert_notes"),
        "notes_on_sheets": of("sheet_notes"),
    }


def _answers(text: str, tell: Callable[[str, object], Json]) -> list[Json]:
    found = json.loads(text)
    return [tell(str(code), value) for code, value in found.items()]


def _take(rows: Iterable[Json], name: str, key: int) -> list[Json]:
    """The rows inside something, without the key that says so."""
    return [{k: v for k, v in row.items() if k != name} for row in rows if row[name] == key]


def _tell_looks(
    lines: Iterable[Any], providers: Mapping[str, str], language: str
) -> Iterable[Json]:
    """Who has looked, by day, role and organisation, with the reason they wrote."""
    counts: dict[tuple[date, str, str, str, str], int] = {}
    for line in lines:
        if line.action == OF_THIS_LIST:
            continue
        key = (local_day(line.at), *classify(line, providers.get(line.provider_id or "", "")))
        counts[key] = counts.get(key, 0) + 1
    for (day, who, provider, action, reason), times in counts.items():
        person, act = tell_look(Look(day, who, provider, action, reason, times))
        yield {
            "day": day,
            "role": who,
            "organisation": provider,
            "who": say(person, language),
            "what": say(act, language),
            "action": action,
            "reason": reason,
            "times": times,
        }


def _plain(value: Any) -> Any:
    """Days and instants as ISO texts, words as their stored strings."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value
