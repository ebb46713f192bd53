"""What is due as a file for the worker's own calendar: initials, never names."""

from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, Response, url_for

from evalplat.errors import Message
from evalplat.exchange.calendar import Entry, find_initials, write_calendar
from evalplat.services.due_list import DuePoint, list_due_points
from evalplat.web.access import PROVIDER_STAFF, staff
from evalplat.web.context import actor, current_wiring, now
from evalplat.web.languages import reader, say, today
from evalplat.web.words import word_for

bp = Blueprint("calendar", __name__, url_prefix="/desk")

AHEAD = timedelta(days=180)


@bp.get("/calendar.ics")
@staff(*PROVIDER_STAFF)
def show_calendar() -> Response:
    """Each point on the day its window opens; what is due or overdue stands at today."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        points = list_due_points(database, who, on=today(), until=today() + AHEAD)
    content = write_calendar(
        [_entry(point) for point in points],
        name=say(Message("Measurements")), language=reader(), at=now(),
    )  # fmt: skip
    head = {"Content-Disposition": 'attachment; filename="evalplat.ics"'}
    return Response(content, mimetype="text/calendar", headers=head)


def _entry(point: DuePoint) -> Entry:
    mark = sha256(f"{point.episode_id} {point.point}".encode()).hexdigest()[:32]
    return Entry(
        uid=f"{mark}@evalplat",
        day=max(point.due_from, today()),
        summary=f"{find_initials(point.client_name)} {say(word_for(point.point))}",
        description=say(
            Message(
                "%(state)s. %(count)s to measure, from %(first)s until %(last)s.",
                state=word_for(point.state),
                count=point.count,
                first=point.due_from,
                last=point.due_until,
            )
        ),
        url=url_for("episodes.show_episode", episode_id=point.episode_id, _external=True),
    )
