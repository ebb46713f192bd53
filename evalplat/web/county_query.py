"""The query that every analysis of the county shares: scale, period and adjustment, read from the address.

The address holds the whole query, so that a page can be kept and shared and a tab leads to another analysis
of the same clients.
"""

from dataclasses import dataclass

from flask import request

from evalplat.episodes.periods import first_of_month, last_of_month
from evalplat.errors import Fault, InputRejected, Message
from evalplat.language import get_translator, write_date
from evalplat.services.comparisons import COVARIATES, ComparisonQuery, list_comparable_scales
from evalplat.services.views import ComparableScale
from evalplat.web.context import actor, current_wiring
from evalplat.web.fields import read_date
from evalplat.web.languages import reader, today

USUAL_ADJUSTMENT = ("baseline", "age", "sex")


@dataclass(frozen=True, slots=True)
class Form:
    """The choices as the page shows them again."""

    scale: str
    period_from: str
    period_until: str
    adjust: tuple[str, ...]


def read_form(scales: tuple[ComparableScale, ...]) -> Form:
    """The choices in the query string; without any, the first scale that has something to compare."""
    usual = next((s for s in scales if s.has_pairs), scales[0] if scales else None)
    chosen = tuple(name for name in COVARIATES if name in request.args.getlist("adjust"))
    return Form(
        scale=request.args.get("scale", f"{usual.instrument}/{usual.scale}" if usual else "")[:80],
        period_from=_widen(request.args.get("from", "").strip()[:20], last=False),
        period_until=_widen(request.args.get("until", "").strip()[:20], last=True),
        adjust=chosen if "chosen" in request.args or chosen else USUAL_ADJUSTMENT,
    )


def _widen(text: str, *, last: bool) -> str:
    """The first or the last day of the month that a day is in; what is no date stays, to be refused.

    Periods are of whole months, so that no two results differ by the clients of a single day.
    """
    day = read_date(text, "", [], optional=True)
    if day is None:
        return text
    return (last_of_month(day) if last else first_of_month(day)).isoformat()


def build_query(form: Form) -> ComparisonQuery:
    """The query the service takes; raises InputRejected for dates that are none."""
    faults: list[Fault] = []
    start = read_date(form.period_from, "from", faults, optional=True)
    end = read_date(form.period_until, "until", faults, optional=True)
    if faults:
        raise InputRejected(Message("The comparison could not be made."), faults)
    instrument, _slash, scale = form.scale.partition("/")
    return ComparisonQuery(
        instrument=instrument, scale=scale, period_from=start, period_until=end, adjust=form.adjust
    )


def load_scales() -> tuple[ComparableScale, ...]:
    """The scales that can be compared."""
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return list_comparable_scales(database, wiring.catalogue, who)


def title_of(scales: tuple[ComparableScale, ...], wish: str) -> str:
    """The chosen scale's title in the reader's language, with its instrument's."""
    for scale in scales:
        if f"{scale.instrument}/{scale.scale}" == wish:
            return scale_title(scale)
    return wish


def chosen_title() -> str:
    """The title of the scale that the request's address asks for."""
    scales = load_scales()
    return title_of(scales, read_form(scales).scale)


def scale_title(scale: ComparableScale) -> str:
    """A scale's title in the reader's language, with its instrument's."""
    return f"{instrument_title(scale)}: {own_title(scale)}"


def instrument_title(scale: ComparableScale) -> str:
    """The title of a scale's instrument in the reader's language."""
    return scale.instrument_titles.get(reader()) or scale.instrument


def own_title(scale: ComparableScale) -> str:
    """A scale's title in the reader's language, where the instrument is clear."""
    return scale.scale_titles.get(reader()) or scale.scale


def say_period(query: ComparisonQuery, language: str) -> str:
    """The period of a query in words."""
    _ = get_translator(language)
    start, end = (write_date(day, language) for day in (query.period_from, query.period_until))
    if query.period_from and query.period_until:
        return _("Episodes opened %(start)s – %(end)s") % {"start": start, "end": end}
    if query.period_from:
        return _("Episodes opened from %(start)s on") % {"start": start}
    if query.period_until:
        return _("Episodes opened until %(end)s") % {"end": end}
    return _("All episodes")


def _say_chosen_period(form: Form) -> str:
    """The period under the title; nothing while its dates are none."""
    try:
        return say_period(build_query(form), reader())
    except InputRejected:
        return ""


def share_choices(form: Form, scales: tuple[ComparableScale, ...]) -> dict[str, object]:
    """What `county/choices.html` and `county/heading.html` need."""
    return {
        "form": form,
        "period": _say_chosen_period(form),
        "covariates": COVARIATES,
        "today": today(),
        "choices": [(f"{s.instrument}/{s.scale}", scale_title(s), s) for s in scales],
    }
