"""The county's yearly report: coverage first, then outcomes, goals, feedback, euros and the comparison of providers."""

from functools import partial

from evalplat.language import get_translator, write_number
from evalplat.reports.caterpillar import build_caterpillar
from evalplat.reports.county_story import paper_foot
from evalplat.reports.feedback_tables import feedback_table
from evalplat.reports.funnel import build_funnel
from evalplat.reports.model_card import adjustment_words, model_figures, warning_notes
from evalplat.reports.outcome_tables import change_table, flow_table, goal_table, hidden_note
from evalplat.reports.outcome_words import percent, status_word
from evalplat.reports.provider_tables import comment_part
from evalplat.reports.report_words import (
    domain_word,
    feedback_period,
    period_words,
    tell_definitions,
)
from evalplat.reports.tables import Table, comparison_table
from evalplat.reports.told import Block, Drawn, Grid, Part, Prose, Report, pairs_table
from evalplat.reports.told_provider import tell_methods
from evalplat.reports.value_tables import cautious_table, costs_table
from evalplat.reports.words import (
    choose_decimals,
    count_verdicts,
    shown,
    signed,
    status_note,
    tidy,
    verdict_word,
)
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts
from evalplat.statistics.shares.change_shares import CategoryShare


def tell_county_report(facts: ReportFacts) -> Report:
    """The county's report, from top to bottom."""
    language = facts.language
    _ = get_translator(language)
    comparisons = [scale.comparison for scale in facts.scales]
    return Report(
        title=_("Does social rehabilitation help?"),
        lines=(
            _("Report on the measured outcomes of the service"),
            f"{facts.county} · {period_words(facts.period_from, facts.period_until, language)}",
        ),
        language=language,
        county=facts.county,
        foot=paper_foot(comparisons, language, facts.made_on),
        lead=(
            Prose(
                _(
                    "This report says how many clients were measured, how their situation changed while the service"
                    " lasted, how far they reached their own goals, what they thought of the service, and what it"
                    " cost. Providers are compared with the clients' starting situation taken into account."
                )
            ),
            Prose(
                _(
                    "There is no group of people without the service to compare with. An improvement is therefore not"
                    " by itself what the service brought about."
                )
            ),
        ),
        parts=(
            Part(_("Who was measured"), (Grid(_cover(facts), (26, 30, 14, 14, 16)),)),
            Part(_("Outcomes in the four domains"), (Grid(_sum_up(facts), (24, 30, 16, 15, 15)),)),
            *(part for scale in facts.scales for part in _tell_scale(scale, language)),
            Part(_("Goals"), (Grid(goal_table(facts.goals, language), (28, 14, 18, 18, 12, 14)),)),
            Part(_("Feedback of clients"), tuple(_tell_feedback(facts))),
            *comment_part(facts.comments, language),
            *tell_methods(facts),
            *_tell_models(facts),
            tell_definitions(language),
        ),
    )


def _cover(facts: ReportFacts) -> Table:
    """How many started and have both measurements, scale by scale: what every further figure rests on."""
    language = facts.language
    _ = get_translator(language)
    rows = []
    for scale in facts.scales:
        # The comparison's counts are those that every later table rests on.
        started, pairs = scale.comparison.n_started, scale.comparison.n_pairs
        hidden = status_word("withheld", language)
        known = started is not None and pairs is not None
        rows.append(
            (
                domain_word(scale.domain, language),
                tidy(scale.title),
                hidden if started is None else write_number(started, language, 0),
                hidden if pairs is None else write_number(pairs, language, 0),
                percent(pairs / started, language) if known and started and pairs else hidden,
            )
        )
    return Table(
        _("Episodes that started, and those with both measurements"),
        (
            _("Domain"), _("Scale"), _("Started"), _("Measured twice"),
            _("Share of started that was measured twice"),
        ),
        (False, False, True, True, True),
        tuple(rows),
        (),
        (
            _(
                "Clients who were not measured at the end may have fared otherwise than those who were. The smaller the"
                " share, the more carefully the other figures are to be read."
            ),
            hidden_note(language),
        ),
    )  # fmt: skip


def _sum_up(facts: ReportFacts) -> Table:
    language = facts.language
    _ = get_translator(language)
    rows = []
    for scale in facts.scales:
        total = scale.shares.total
        rows.append(
            (
                domain_word(scale.domain, language),
                tidy(scale.title),
                signed(
                    scale.comparison.target_improvement, language, choose_decimals(scale.comparison)
                ),
                _share(total.share("improved"), language),
                _share(total.share("deteriorated"), language),
            )
        )
    return Table(
        _("All clients together, of those measured twice"),
        (
            _("Domain"), _("Scale"), _("Average improvement, scale points"),
            _("Improved"), _("Got worse"),
        ),
        (False, False, True, True, True),
        tuple(rows),
        (),
        (
            _("Higher is better in every figure, whichever way the scale runs."),
            _("Points of different scales cannot be compared with one another."),
        ),
    )  # fmt: skip


def _share(share: CategoryShare, language: str) -> str:
    return (
        status_word(share.status, language)
        if share.share is None
        else percent(share.share, language)
    )


def _tell_scale(scale: ScaleFacts, language: str) -> list[Part]:
    """A domain's chapter: coverage, change, comparison and euros, by provider."""
    _ = get_translator(language)
    change = change_table(scale.shares, language)
    told: list[Block] = (
        [Grid(change)] if scale.shares.status == "ok" else list(map(Prose, change.notes))
    )
    parts = [
        Part(f"{domain_word(scale.domain, language)}: {tidy(scale.title)}", ()),
        Part(_("Coverage by provider"), (Grid(flow_table(scale.flow, language)),), level=2),
        Part(_("Whose change is reliable"), tuple(told), level=2),
        Part(_("Comparison of providers"), tuple(_tell_comparison(scale, language)), level=2),
    ]
    if scale.value is not None:
        blocks = (
            Grid(costs_table(scale.value, language)),
            Grid(cautious_table(scale.value, language)),
        )
        parts.append(Part(_("Value for money"), blocks, level=2))
    return parts


def _tell_comparison(scale: ScaleFacts, language: str) -> list[Block]:
    _ = get_translator(language)
    comparison = scale.comparison
    blocks: list[Block] = []
    sentence = status_note(comparison, language)
    rows = shown(comparison)
    if sentence:
        blocks.append(Prose(sentence))
    else:
        positions = ", ".join(
            f"{verdict_word(verdict, language)} {count}"
            for verdict, count in count_verdicts(rows).items()
            if count
        )
        names = adjustment_words(comparison, language)
        blocks.append(Prose(_("The comparison is adjusted for: %(names)s.") % {"names": names}))
        if positions:
            blocks.append(
                Prose(_("Providers by position: %(positions)s.") % {"positions": positions})
            )
    if rows:
        blocks.append(Drawn(partial(build_funnel, comparison, language, title=scale.title)))
    table = comparison_table(comparison, language)
    # Figures get the room of their heads; names and positions share what is left.
    widths = [5 if number else 27 for number in table.numeric]
    widths[-3] = 18
    blocks.append(Grid(table, tuple(widths)))
    if rows and len(rows) <= MOST_DRAWN:
        blocks.append(Drawn(partial(build_caterpillar, comparison, language, title=scale.title)))
    return blocks


MOST_DRAWN = 40
"""Providers in one picture of cautious estimates; more would not be told apart on a page. The table has them all."""


def _tell_feedback(facts: ReportFacts) -> list[Block]:
    _ = get_translator(facts.language)
    table = feedback_table(facts.feedback, dict(facts.feedback_titles), facts.language)
    if not table.rows:
        return [feedback_period(facts), Prose(_("There is no feedback yet."))]
    return [feedback_period(facts), Grid(table)]


def _tell_models(facts: ReportFacts) -> list[Part]:
    """The model of each comparison in words and figures, and what the computation warns of."""
    language = facts.language
    _ = get_translator(language)
    parts = [Part(_("Model card"), tuple(_tell_card(facts)))]
    for scale in facts.scales:
        figures = model_figures(scale.comparison, language)
        table = pairs_table(tidy(scale.title), _("Figure"), _("Value"), figures)
        warnings = [Prose(note, quiet=True) for note in warning_notes(scale.comparison, language)]
        blocks: tuple[Block, ...] = (Grid(table, (60, 40)), *warnings)
        parts.append(Part(tidy(scale.title), blocks, level=2))
    return parts


def _tell_card(facts: ReportFacts) -> list[Block]:
    _ = get_translator(facts.language)
    return [
        Prose(text)
        for text in (
            _(
                "What it is for: to find where a closer look at a provider is worth while, and to see how the service"
                " fares as a whole. It is not for ranking providers, for deciding on a contract by itself, or for"
                " judging a single client or worker."
            ),
            _(
                "What it rests on: clients with a score at the start and at the end. It knows their starting score, age"
                " and sex, and nothing else of their lives; what it does not know may explain differences too."
            ),
            _(
                "What it cannot say: whether clients would have improved without the service, and how those fared who"
                " were not measured at the end."
            ),
        )
    ]
