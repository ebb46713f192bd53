"""One provider beside all together, in the county's voice: flow, effects, goals, euros, the lost, and its comment."""

from evalplat.language import get_translator, write_date, write_number
from evalplat.reports.outcome_tables import FLOW_STAGES, flow_table, hidden_note
from evalplat.reports.outcome_words import denominator_word, stage_word, status_word
from evalplat.reports.report_words import domain_word
from evalplat.reports.tables import Table, position_word
from evalplat.reports.told import Part, Prose
from evalplat.reports.words import DASH, choose_decimals, signed, span, tidy
from evalplat.statistics.publishing.report_facts import Comment, ReportFacts


def own_flow_table(own: ReportFacts, language: str) -> Table:
    """The provider's flow, scale by scale."""
    _ = get_translator(language)
    keys = [key for key in FLOW_STAGES if any(scale.flow.knows(key) for scale in own.scales)]
    denominators = {
        stage.key: stage.denominator for scale in own.scales for stage in scale.flow.total.stages
    }
    rows = []
    for scale in own.scales:
        known = [key for key in FLOW_STAGES if scale.flow.knows(key)]
        lines = flow_table(scale.flow, language).rows
        name = f"{domain_word(scale.domain, language)}: {tidy(scale.title)}"
        if not lines:
            rows.append((name, "0", *(DASH for _key in keys)))
            continue
        _name, started, *cells = lines[0]
        found = dict(zip(known, cells, strict=True))
        none = status_word("unknown", language)
        rows.append((name, started, *(found.get(key, none) for key in keys)))
    heads = [
        f"{stage_word(key, language)}, {denominator_word(denominators[key], language)}"
        for key in keys
    ]
    return Table(
        _("Who started, was measured and can be compared"),
        (_("Scale"), _("Started"), *heads),
        (False, *(True,) * (len(heads) + 1)),
        tuple(rows),
        (),
        (hidden_note(language),),
    )


def own_effects_table(own: ReportFacts, language: str) -> Table:
    """The provider's adjusted improvement in each domain, beside the average of all clients."""
    _ = get_translator(language)
    rows = []
    for scale in own.scales:
        comparison, digits = scale.comparison, choose_decimals(scale.comparison)
        head = (domain_word(scale.domain, language), tidy(scale.title))
        average = signed(comparison.target_improvement, language, digits)
        row = next(iter(comparison.improvements), None)
        if row is None:
            rows.append((*head, "0", DASH, DASH, average, DASH))
            continue
        rows.append(
            (
                *head,
                write_number(row.n, language, 0),
                signed(row.improvement, language, digits),
                span(row.low, row.high, language, digits),
                average,
                position_word(row, language),
            )
        )
    return Table(
        _("Improvement in the four domains, in points of each scale (higher is better)"),
        (
            _("Domain"), _("Scale"), _("Measured twice"), _("Improvement"), _("Interval (95%)"),
            _("Average of all clients"), _("Position"),
        ),
        (False, False, True, True, True, True, False),
        tuple(rows),
        (),
        (_("Points of different scales cannot be compared with one another."),),
    )  # fmt: skip


def comment_part(comments: tuple[Comment, ...], language: str) -> list[Part]:
    """What providers say of their results, in their own words; nothing where nobody does."""
    _ = get_translator(language)
    if not comments:
        return []
    blocks: list[Prose] = [
        Prose(_("Each provider may comment on its own results. The words are its own."), quiet=True)
    ]
    for one in comments:
        blocks.append(Prose(comment_head(one, language), quiet=True))
        blocks += [Prose(line) for line in one.body.splitlines() if line.strip()]
    return [Part(_("Comments of the providers"), tuple(blocks))]


def comment_head(comment: Comment, language: str) -> str:
    """Whose comment on which year it is, and from when."""
    _ = get_translator(language)
    return _("%(provider)s on the results of %(year)s, written on %(day)s:") % {
        "provider": tidy(comment.provider),
        "year": comment.year,
        "day": write_date(comment.written_on, language),
    }
