"""What is due as an iCalendar file, for whatever calendar a worker keeps. Clients appear by their initials only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a calendar: a whole day. `uid` is the same each time, so that a new file moves the old entry."""

    uid: str
    day: date
    summary: str
    description: str
    url: str


def write_calendar(entries: Sequence[Entry], *, name: str, language: str, at: datetime) -> bytes:
    """A calendar of whole days that neither block time nor ring."""
    calendar = Calendar()
    calendar.add("prodid", "-//evalplat//due//")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name, {"LANGUAGE": language})
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", at)
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("summary", entry.summary, {"LANGUAGE": language})
        event.add("description", entry.description, {"LANGUAGE": language})
        event.add("url", entry.url)
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def find_initials(name: str) -> str:
    """The first letter of each part of a name: A.E. for Aino Esimerkki."""
    parts = [part for part in name.replace("-", " ").split() if part[0].isalpha()]
    return "".join(f"{part[0].upper()}." for part in parts[:4]) or "–"
