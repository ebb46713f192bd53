"""Where the county's readers start: coverage first, then outcomes, goals, feedback and euros of one period."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from evalplat.episodes.periods import first_of_month, last_of_month
from evalplat.episodes.quarters import days_of_quarter, quarter_before, quarter_of
from evalplat.errors import Fault, InputRejected, Message
from evalplat.language import get_translator, write_number
from evalplat.reports.feedback_tables import feedback_notes, own_figures
from evalplat.reports.outcome_tables import flow_table, goal_table
from evalplat.reports.outcome_words import percent, percent_span, status_word
from evalplat.reports.overview_tables import (
    coverage_table,
    cross_table,
    overview_content,
    times_table,
)
from evalplat.reports.records import write_json
from evalplat.reports.report_words import domain_word, period_words, tell_definitions
from evalplat.reports.tables import Table
from evalplat.reports.times_picture import build_times, draw_times
from evalplat.reports.told import Grid
from evalplat.reports.value_tables import ratio_words
from evalplat.reports.words import DASH, choose_decimals, signed, tidy
from evalplat.services.overview import TIMES, Overview, describe_overview, key_of
from evalplat.services.report_facts import ReportQuery
from evalplat.statistics.money.costs import PER_IMPROVED, PER_POINT
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import Page, actor, current_wiring, now
from evalplat.web.county_files import ResultFile, offer_files, picture_files, table_file
from evalplat.web.county_pictures import draw_both
from evalplat.web.county_tables import shorten
from evalplat.web.fields import read_date
from evalplat.web.languages import reader, today

bp = Blueprint("county_overview", __name__, url_prefix="/county")


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen, as the page shows it again."""

    period_from: str
    period_until: str
    scale: str
    by: str


@dataclass(frozen=True, slots=True)
class Lead:
    """A figure, what it is of, and the page that it is told on in full."""

    label: str
    value: str
    of: str
    address: str
    words: bool = False


def read_choices() -> Choices:
    """The choices in the address; without any, the last four quarters that are over."""
    asked = request.args
    if "from" in asked or "until" in asked:
        start, until = (asked.get(name, "").strip()[:20] for name in ("from", "until"))
    else:
        last = quarter_before(quarter_of(today()))
        begin = days_of_quarter(last - 10)[1] + timedelta(days=1)
        start, until = begin.isoformat(), days_of_quarter(last)[1].isoformat()
    by = asked.get("by", "")
    return Choices(
        start, until, asked.get("scale", "").strip()[:80], by if by in TIMES else TIMES[0]
    )


def build_wanted(choices: Choices) -> ReportQuery:
    """The period of whole months that is asked for; raises InputRejected for dates that are none."""
    faults: list[Fault] = []
    start = read_date(choices.period_from, "from", faults, optional=True)
    until = read_date(choices.period_until, "until", faults, optional=True)
    if faults:
        raise InputRejected(Message("The overview cannot be made."), faults)
    return ReportQuery(
        first_of_month(start) if start else None, last_of_month(until) if until else None, reader()
    )


def load_overview() -> Overview:
    """The one result that everything of this request shows."""
    wiring, who, choices = current_wiring(), actor(), read_choices()
    wanted = build_wanted(choices)
    with wiring.reading(who) as database:
        return describe_overview(
            database, wiring.catalogue, who, wanted, scale=choices.scale, by=choices.by, at=now()
        )


@bp.get("")
@staff(*COUNTY_READERS)
def show_overview() -> Page:
    """The period, coverage, outcomes by domain, goals, feedback and euros, each with its way on."""
    choices = read_choices()
    try:
        found = load_overview()
    except InputRejected as rejected:
        page = render_template(
            "county/overview.html", error=rejected, choices=choices, found=None, period=""
        )
        return page, 422
    facts = found.facts
    period = period_words(facts.period_from, facts.period_until, reader())
    return render_template(
        "county/overview.html",
        error=None,
        choices=choices,
        found=found,
        period=period,
        **_tell(found),
    )


def _tell(found: Overview) -> dict[str, Any]:
    """What the page says of the result; nothing where there is no scale yet."""
    if found.scale is None or found.timeline is None:
        return {}
    language, said, facts = reader(), set[str](), found.facts
    timeline, way = found.timeline, _Ways(facts)
    return {
        "scales": [(key_of(one), _title(one, language)) for one in facts.scales],
        "chosen": key_of(found.scale),
        "title": _title(found.scale, language),
        "leads": _lead_coverage(found.scale, way),
        "coverage": shorten(coverage_table(facts, language), language, said),
        "picture": draw_both(lambda narrow: draw_times(timeline, language, narrow=narrow)),
        "times": times_table(timeline, language),
        "providers": shorten(flow_table(found.scale.flow, language), language, said),
        "cross": shorten(cross_table(timeline, language), language, said),
        "domains": [_tell_domain(one, way) for one in facts.scales],
        "goals": _lead_goals(facts, way),
        "goal_notes": goal_table(facts.goals, language).notes[:2],
        "feedback": _list_feedback(facts),
        "feedback_notes": feedback_notes(language)[:1],
        "feedback_way": url_for("feedback.show_all"),
        "euros": _lead_euros(found.scale, way),
        "definitions": _definitions(language),
        "files": list_files(),
    }


class _Ways:
    """Addresses of other pages with the overview's period, and a scale where they take one."""

    def __init__(self, facts: ReportFacts) -> None:
        self._period = {
            name: day.isoformat()
            for name, day in (("from", facts.period_from), ("until", facts.period_until))
            if day is not None
        }

    def to(self, endpoint: str, scale: ScaleFacts | None = None, **more: str) -> str:
        """The address of an endpoint."""
        query = {**({"scale": key_of(scale)} if scale else {}), **self._period, **more}
        return f"{url_for(endpoint)}?{urlencode(query)}"


def _title(scale: ScaleFacts, language: str) -> str:
    return f"{domain_word(scale.domain, language)} ({tidy(scale.title)})"


def _lead_coverage(scale: ScaleFacts, way: _Ways) -> list[Lead]:
    language = reader()
    _ = get_translator(language)
    total, address = scale.flow.total, way.to("county_outcomes.show_outcomes", scale)
    hidden = status_word("withheld", language)
    started = total.started
    leads = [
        Lead(
            _("Started"),
            hidden if started is None else write_number(started, language, 0),
            _("episodes that began in the period and plan this measurement"),
            address,
            words=started is None,
        )
    ]
    names = {
        "baseline": _("First measurement"),
        "end": _("Last measurement"),
        "pairs": _("Both scores"),
        "follow_up": _("Follow-up"),
    }
    for key, label in names.items():
        stage = total.stage(key)
        if stage.status == "unknown":
            continue
        shown = stage.share is not None
        value = percent(stage.share, language) if shown else status_word(stage.status, language)
        of = _("of those who started")
        if shown and stage.of is not None:
            of = _("%(count)s of %(of)s who started") % {
                "count": write_number(stage.count, language, 0),
                "of": write_number(stage.of, language, 0),
            }
        leads.append(Lead(label, value, of, address, words=not shown))
    return leads


def _tell_domain(scale: ScaleFacts, way: _Ways) -> dict[str, Any]:
    """A domain's line: its average improvement and its shares of change, with the pages that tell them in full."""
    language = reader()
    comparison, shares = scale.comparison, scale.shares
    pairs = comparison.n_pairs
    improved, worse = (shares.total.share(key) for key in ("improved", "deteriorated"))

    def cell(share: Any) -> str:
        if shares.status != "ok":
            return DASH
        if share.share is None:
            return status_word(share.status, language)
        span = percent_span(share.low, share.high, language)
        return f"{percent(share.share, language)} ({span})"

    return {
        "domain": domain_word(scale.domain, language),
        "title": tidy(scale.title),
        "pairs": status_word("withheld", language)
        if pairs is None
        else write_number(pairs, language, 0),
        "average": signed(comparison.target_improvement, language, choose_decimals(comparison)),
        "improved": cell(improved),
        "worse": cell(worse),
        "knows_change": shares.status == "ok",
        "comparison": way.to("comparisons.show_comparison", scale),
        "outcomes": way.to("county_outcomes.show_outcomes", scale),
    }


def _lead_goals(facts: ReportFacts, way: _Ways) -> list[Lead]:
    language = reader()
    _ = get_translator(language)
    total = facts.goals.total
    if total.status == "no_goals" or total.n_clients is None:
        return []
    address = way.to("county_outcomes.show_outcomes", facts.scales[0] if facts.scales else None)
    hidden = status_word("withheld", language)
    clients = write_number(total.n_clients, language, 0)
    leads = []
    for label, share, of in (
        (_("Goals attained"), total.goals, _("of all rated goals")),
        (
            _("Clients with T of 50 or more"),
            total.clients_at_50,
            _("of %(count)s clients with rated goals") % {"count": clients},
        ),
    ):
        known = share is not None and share.share is not None
        value = percent(share.share, language) if share and known else hidden
        span = percent_span(share.low, share.high, language) if share and known else ""
        leads.append(Lead(label, value, f"{of}{f', {span}' if span else ''}", address, not known))
    return leads


def _list_feedback(facts: ReportFacts) -> list[tuple[str, str]]:
    """All providers' feedback together, or of those with figures; nothing where there is too little."""
    total = facts.feedback.total
    if total.status != "ok":
        return []
    return own_figures(total, dict(facts.feedback_titles), facts.language)


def _lead_euros(scale: ScaleFacts, way: _Ways) -> list[Lead]:
    language = reader()
    _ = get_translator(language)
    value = scale.value
    if value is None or value.costs.total.withheld:
        return []
    euros, address = value.costs.total.euros, way.to("county_value.show_value", scale)
    mean = write_number(euros.mean if euros else None, language, 0)
    leads = [
        Lead(_("Euros per client"), mean, _("value of the vouchers of all who started"), address)
    ]
    for label, name, of in (
        (
            _("Euros per client reliably improved"),
            PER_IMPROVED,
            _("improved by more than measurement error explains"),
        ),
        (_("Euros per point"), PER_POINT, _("of adjusted improvement, with its interval")),
    ):
        told = ratio_words(euros, name, language)
        if told != DASH:
            leads.append(Lead(label, told, of, address, words=True))
    return leads


def _definitions(language: str) -> Table:
    (block,) = tell_definitions(language).blocks
    if not isinstance(block, Grid):
        raise AssertionError("definitions are a table")
    return block.table


def _write_json(found: Overview) -> str:
    return write_json(overview_content(found.facts, found.timeline))


def _times(found: Overview, language: str, cross: bool = False) -> Table:
    if found.timeline is None:
        raise InputRejected(Message("There is no scale to look at."))
    return (cross_table if cross else times_table)(found.timeline, language)


def _of_providers(found: Overview, language: str) -> Table:
    if found.scale is None:
        raise InputRejected(Message("There is no scale to look at."))
    return flow_table(found.scale.flow, language)


def _name(found: Overview) -> str:
    return "overview"


def _build_picture(found: Overview, language: str) -> Any:
    if found.timeline is None:
        raise InputRejected(Message("There is no scale to look at."))
    return build_times(found.timeline, language)


list_files = offer_files(
    bp,
    load_overview,
    _name,
    (
        table_file(
            "coverage",
            "overview/coverage.csv",
            lambda found, language: coverage_table(found.facts, language),
        ),
        table_file("providers", "overview/providers.csv", _of_providers),
        table_file("times", "overview/times.csv", _times),
        table_file(
            "cross",
            "overview/provider-times.csv",
            lambda found, language: _times(found, language, cross=True),
        ),
        ResultFile("json", "overview/data.json", _write_json),
        *picture_files("picture", "overview/coverage", _build_picture),
    ),
)
