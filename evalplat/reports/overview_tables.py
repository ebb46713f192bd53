"""The county's overview as tables in the reader's words: coverage by scale and over time, outcomes in four domains."""

from dataclasses import replace

from evalplat.language import get_translator, write_number
from evalplat.reports.outcome_records import change_records, flow_records, goal_records
from evalplat.reports.outcome_tables import FLOW_STAGES, flow_table, hidden_note
from evalplat.reports.outcome_words import denominator_word, stage_word, status_word
from evalplat.reports.records import Record
from evalplat.reports.report_words import domain_word
from evalplat.reports.tables import Table
from evalplat.reports.words import tidy
from evalplat.statistics.publishing.report_facts import ReportFacts
from evalplat.statistics.publishing.times import Timeline


def coverage_table(facts: ReportFacts, language: str) -> Table:
    """Of each domain's scale, how many started and how far they came: all providers together."""
    _ = get_translator(language)
    keys = [key for key in FLOW_STAGES if any(scale.flow.knows(key) for scale in facts.scales)]
    denominators = {
        stage.key: stage.denominator for scale in facts.scales for stage in scale.flow.total.stages
    }
    rows = []
    for scale in facts.scales:
        known = [key for key in FLOW_STAGES if scale.flow.knows(key)]
        _name, started, *cells = flow_table(scale.flow, language).total
        found = dict(zip(known, cells, strict=True))
        none = status_word("unknown", language)
        rows.append(
            (
                f"{domain_word(scale.domain, language)}: {tidy(scale.title)}",
                started,
                *(found.get(key, none) for key in keys),
            )
        )
    heads = [
        f"{stage_word(key, language)}, {denominator_word(denominators[key], language)}"
        for key in keys
    ]
    return Table(
        _("Coverage in the four domains"),
        (_("Scale"), _("Started"), *heads),
        (False, *(True,) * (len(heads) + 1)),
        tuple(rows),
        (),
        (hidden_note(language),),
    )


def times_table(timeline: Timeline, language: str) -> Table:
    """Who started when, and how far they came."""
    _ = get_translator(language)
    table = flow_table(timeline.flow, language)
    return replace(
        table,
        caption=_("Coverage by when the service began"),
        headers=(_("Began in"), *table.headers[1:]),
        rows=tuple((time_word(row[0], language), *row[1:]) for row in table.rows),
    )


def time_word(time: str, language: str) -> str:
    """A month, quarter or year as it is written: `4/2026`, `2026 Q2`, `2026`."""
    _ = get_translator(language)
    year, _dash, part = time.partition("-")
    if not part:
        return year
    if part.startswith("Q"):
        return _("%(year)s Q%(number)s") % {"year": year, "number": part[1:]}
    return f"{int(part)}/{year}"


def cross_table(timeline: Timeline, language: str) -> Table:
    """How many started at each provider at each time."""
    _ = get_translator(language)
    hidden = status_word("withheld", language)
    return Table(
        _("Started, by provider and by when the service began"),
        (_("Provider"), *(time_word(time, language) for time in timeline.times)),
        (False, *(True for _time in timeline.times)),
        tuple(
            (
                tidy(provider),
                *(hidden if one is None else write_number(one, language, 0) for one in row),
            )
            for provider, row in zip(timeline.providers, timeline.started, strict=True)
        ),
        (),
        (
            _(
                "A row or a column is left out as a whole where its small counts could be worked out from its total."
            ),
            hidden_note(language),
        ),
    )


def overview_content(facts: ReportFacts, timeline: Timeline | None) -> dict[str, object]:
    """Everything of the overview for programs."""
    return {
        "period_from": None if facts.period_from is None else facts.period_from.isoformat(),
        "period_until": None if facts.period_until is None else facts.period_until.isoformat(),
        "scales": [
            {
                "instrument": scale.comparison.instrument,
                "scale": scale.comparison.scale,
                "domain": scale.domain.value,
                "average_improvement": scale.comparison.target_improvement,
                "flow": flow_records(scale.flow),
                "shares": change_records([scale.shares]),
            }
            for scale in facts.scales
        ],
        "goals": goal_records(facts.goals),
        "times": [] if timeline is None else flow_records(timeline.flow),
        "started": [] if timeline is None else _started_records(timeline),
    }


def _started_records(timeline: Timeline) -> list[Record]:
    return [
        {"provider": provider, **dict(zip(timeline.times, row, strict=True))}
        for provider, row in zip(timeline.providers, timeline.started, strict=True)
    ]
