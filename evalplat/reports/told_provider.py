"""One provider's report: its own rows of the county's released results. It names no other provider and draws none."""

from dataclasses import replace
from functools import partial

from evalplat.language import get_translator, write_number
from evalplat.reports.county_story import paper_foot
from evalplat.reports.feedback_tables import feedback_table
from evalplat.reports.model_card import method_notes, provenance_figures, reading_notes
from evalplat.reports.outcome_tables import (
    FLOW_STAGES,
    change_table,
    flow_table,
    goal_table,
)
from evalplat.reports.outcome_words import denominator_word, stage_word
from evalplat.reports.position import build_position
from evalplat.reports.provider_story import own_figures, tell_position
from evalplat.reports.provider_tables import comment_part
from evalplat.reports.report_words import (
    domain_word,
    feedback_period,
    period_words,
    tell_definitions,
)
from evalplat.reports.tables import Table, position_word
from evalplat.reports.told import Block, Drawn, Grid, Part, Prose, Report, pairs_table
from evalplat.reports.words import DASH, choose_decimals, signed, span, tidy
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts, pick_provider
from evalplat.statistics.results import Improvement


def tell_provider_report(facts: ReportFacts, provider: str) -> Report:
    """The provider's report, from top to bottom."""
    own, language = pick_provider(facts, provider), facts.language
    _ = get_translator(language)
    comparisons = [scale.comparison for scale in own.scales]
    return Report(
        title=_("Own results: %(provider)s") % {"provider": tidy(provider)},
        lines=(own.county, period_words(own.period_from, own.period_until, language)),
        language=language,
        county=own.county,
        foot=paper_foot(comparisons, language, own.made_on),
        lead=(
            Prose(
                _(
                    "This report shows how your clients' situation changed between the first and the last measurement,"
                    " beside what clients in the same starting situation attained on average in the whole county."
                )
            ),
        ),
        parts=(
            Part(_("Who was measured"), tuple(_tell_coverage(own))),
            Part(_("In short"), (Grid(_sum_up(own), (17, 22, 8, 11, 12, 16, 16)),)),
            *(part for scale in own.scales for part in _tell_scale(scale, language)),
            Part(_("Goals"), tuple(_tell_goals(own))),
            Part(_("Feedback of clients"), tuple(_tell_feedback(own))),
            *comment_part(own.comments, language),
            *tell_methods(own),
            tell_definitions(language),
        ),
    )


def find_own(scale: ScaleFacts) -> Improvement | None:
    """The provider's row, where it has episodes in the period that plan this measurement."""
    return next(iter(scale.comparison.improvements), None)


def _sum_up(own: ReportFacts) -> Table:
    """One line per domain: how many were measured, how they fared, and where that lies."""
    language = own.language
    _ = get_translator(language)
    rows = []
    for scale in own.scales:
        row, decimals = find_own(scale), choose_decimals(scale.comparison)
        head = (domain_word(scale.domain, language), tidy(scale.title))
        if row is None:
            rows.append((*head, "0", "0", DASH, DASH, DASH))
            continue
        rows.append(
            (
                *head,
                write_number(row.n_started, language, 0),
                write_number(row.n, language, 0),
                signed(row.improvement, language, decimals),
                span(row.low, row.high, language, decimals),
                position_word(row, language),
            )
        )
    return Table(
        _("Your results by domain, in points of each scale (higher is better)"),
        (
            _("Domain"), _("Scale"), _("Started"), _("Measured twice"), _("Improvement"),
            _("Interval (95%)"), _("Position"),
        ),
        (False, False, True, True, True, True, False),
        tuple(rows),
        (),
        (_("Points of different scales cannot be compared with one another."),),
    )  # fmt: skip


def _tell_coverage(own: ReportFacts) -> list[Block]:
    language = own.language
    _ = get_translator(language)
    keys = [key for key in FLOW_STAGES if any(scale.flow.knows(key) for scale in own.scales)]
    rows: list[tuple[str, ...]] = []
    notes: tuple[str, ...] = ()
    for scale in own.scales:
        known = [key for key in FLOW_STAGES if scale.flow.knows(key)]
        table = flow_table(scale.flow, language)
        notes = table.notes
        if not table.rows:
            rows.append((tidy(scale.title), "0", *(DASH for _key in keys)))
            continue
        _name, started, *cells = table.rows[0]
        found = dict(zip(known, cells, strict=True))
        rows.append((tidy(scale.title), started, *(found.get(key, DASH) for key in keys)))
    # The denominators are the same for every scale.
    denominators = {
        stage.key: stage.denominator for scale in own.scales for stage in scale.flow.total.stages
    }
    heads = [
        f"{stage_word(key, language)}, {denominator_word(denominators[key], language)}"
        for key in keys
    ]
    table = Table(
        _("Your clients who started, were measured and can be compared"),
        (_("Scale"), _("Started"), *heads),
        (False, *(True,) * (len(keys) + 1)),
        tuple(rows),
        (),
        notes,
    )
    return [Grid(table, (26, 9, *(13 for _key in keys)))]


def _tell_scale(scale: ScaleFacts, language: str) -> list[Part]:
    _ = get_translator(language)
    heading = f"{domain_word(scale.domain, language)}: {tidy(scale.title)}"
    row = find_own(scale)
    if row is None:
        none = Prose(_("You have no episodes in this period that plan this measurement."))
        return [Part(heading, (none,))]
    comparison = scale.comparison
    blocks: list[Block] = [Prose(sentence) for sentence in tell_position(comparison, row, language)]
    if not row.withheld and row.improvement is not None:
        blocks.append(
            Drawn(partial(build_position, comparison, row.provider, language, title=scale.title))
        )
    figures = own_figures(comparison, row, language)
    table = pairs_table(_("The same in figures"), _("Figure"), _("Value"), figures)
    blocks.append(Grid(replace(table, numeric=(False, True)), (60, 40)))
    change = change_table(scale.shares, language)
    return [
        Part(heading, tuple(blocks)),
        Part(
            _("Whose change is reliable"),
            (Grid(replace(change, total=())),)
            if change.rows and scale.shares.status == "ok"
            else tuple(Prose(note) for note in change.notes),
            level=2,
        ),
    ]


def _tell_goals(own: ReportFacts) -> list[Block]:
    _ = get_translator(own.language)
    table = goal_table(own.goals, own.language)
    if not table.rows:
        return [Prose(_("No goals were agreed in this period."))]
    return [Grid(replace(table, total=()), (28, 14, 18, 18, 12, 14))]


def _tell_feedback(own: ReportFacts) -> list[Block]:
    _ = get_translator(own.language)
    table = feedback_table(own.feedback, dict(own.feedback_titles), own.language)
    if not table.rows:
        return [feedback_period(own), Prose(_("There is no feedback yet."))]
    return [feedback_period(own), Grid(replace(table, total=()))]


def tell_methods(facts: ReportFacts) -> list[Part]:
    """How to read the figures, how they were made, and where they come from: once per report, and once per scale."""
    language = facts.language
    _ = get_translator(language)
    if not facts.scales:
        return []
    first = facts.scales[0].comparison
    parts = [
        Part(
            _("How to read the figures"),
            tuple(Prose(note) for note in reading_notes(first, language)[:-1]),
        ),
        Part(
            _("How the figures were made"),
            tuple(
                Prose(note)
                for note in dict.fromkeys(
                    note
                    for scale in facts.scales
                    for note in method_notes(scale.comparison, language)
                )
            ),
        ),
    ]
    sources = tuple(_source(scale, language) for scale in facts.scales)
    return [*parts, Part(_("Where the figures come from"), sources)]


def _source(scale: ScaleFacts, language: str) -> Grid:
    _ = get_translator(language)
    titles = {f"{scale.comparison.instrument}/{scale.comparison.scale}": scale.title}
    figures = provenance_figures(scale.comparison, language, titles)
    return Grid(pairs_table(tidy(scale.title), _("Source"), _("Value"), figures), (30, 70))
