"""What one provider's report says, from top to bottom. It names no other provider and draws none."""

from collections.abc import Mapping, Sequence
from datetime import date

from reportlab.platypus import Flowable, PageBreak

from evalplat.language import get_translator, write_number
from evalplat.reports.county_story import paper_foot, period_line
from evalplat.reports.model_card import adjustment_words, provenance_figures, reading_notes
from evalplat.reports.outcome_words import percent
from evalplat.reports.paper import (
    WIDTH,
    Heading,
    PaperWords,
    figure_row,
    say,
    section,
    text_table,
    title_band,
)
from evalplat.reports.pdf_picture import PictureFlowable
from evalplat.reports.position import build_position
from evalplat.reports.tables import position_word
from evalplat.reports.words import (
    DASH,
    choose_decimals,
    find_provider,
    scale_title,
    signed,
    span,
    status_note,
    tidy,
)
from evalplat.statistics.results import Improvement, ProviderComparison
from evalplat.vocabulary import Verdict


def word_provider(
    comparisons: Sequence[ProviderComparison],
    provider: str,
    language: str,
    county: str,
    titles: Mapping[str, str],
    made_on: date | None,
) -> PaperWords:
    """The provider report's title, running head and foot. Raises NotFound for a provider that is not compared."""
    _ = get_translator(language)
    for comparison in comparisons:
        find_provider(comparison, provider)
    return PaperWords(
        title=_("Own results: %(provider)s") % {"provider": tidy(provider)},
        head=tidy(county) or "evalplat",
        foot=paper_foot(comparisons, language, made_on),
        language=language,
        subject=", ".join(scale_title(comparison, titles) for comparison in comparisons),
        author=tidy(county),
    )


def tell_provider(
    comparisons: Sequence[ProviderComparison],
    provider: str,
    language: str,
    titles: Mapping[str, str],
    words: PaperWords,
) -> list[Flowable]:
    """The whole report as reportlab's flowables."""
    _ = get_translator(language)
    scales = [scale_title(comparison, titles) for comparison in comparisons]
    lead = " · ".join(filter(None, [words.author, period_line(comparisons, language)]))
    story = title_band(words.title, [*scales[:6], lead])
    story.append(
        say(
            _(
                "This report shows how your clients' situation changed between the first and the last measurement,"
                " beside what clients in the same starting situation attained on average in the whole county."
            )
        )
    )
    if not comparisons:
        story.append(say(_("There is no comparison to report.")))
    for number, comparison in enumerate(comparisons):
        if number:
            story.append(PageBreak())
        story += _tell_scale(comparison, provider, language, titles)
    return story


def _tell_scale(
    comparison: ProviderComparison, provider: str, language: str, titles: Mapping[str, str]
) -> list[Flowable]:
    _ = get_translator(language)
    row = find_provider(comparison, provider)
    story: list[Flowable] = [Heading(scale_title(comparison, titles), 0)]
    story += _tell_figures(comparison, row, language)
    story += [say(sentence) for sentence in tell_position(comparison, row, language)]
    if not row.withheld and row.improvement is not None:
        picture = build_position(
            comparison, provider, language, title=scale_title(comparison, titles)
        )
        story += section(_("Your position"), [PictureFlowable(picture, WIDTH)], whole=True)
        story += section(
            _("The same in figures"), [_figures_table(comparison, row, language)], whole=True
        )
    story += section(
        _("How to read the figures"), [say(note) for note in reading_notes(comparison, language)]
    )
    figures = provenance_figures(comparison, language, titles)
    sources = text_table((_("Source"), _("Value")), figures, (0.3, 0.7), (False, False))
    return story + section(_("Where the figures come from"), [sources], whole=True)


def _tell_figures(
    comparison: ProviderComparison, row: Improvement, language: str
) -> list[Flowable]:
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    return figure_row(
        [
            (write_number(row.n_started, language, 0), _("your episodes started")),
            (write_number(row.n, language, 0), _("your clients with both measurements")),
            (signed(row.improvement, language, decimals), _("your improvement, scale points")),
            (
                signed(comparison.target_improvement, language, decimals),
                _("average of all clients in the county"),
            ),
        ]
    )


def tell_position(comparison: ProviderComparison, row: Improvement, language: str) -> list[str]:
    """The position in plain words, for a page or a paper."""
    _ = get_translator(language)
    sentence = status_note(comparison, language)
    if sentence:
        return [sentence]
    if row.withheld or row.improvement is None:
        return [
            _(
                "Your results are not shown, because too few of your clients have both measurements. When more clients"
                " are measured at the start and at the end, the figures appear here."
            )
        ]
    texts = {
        Verdict.ABOVE: _(
            "Your clients improved more than was expected of clients in their starting situation, and more than chance"
            " and the usual differences between providers explain."
        ),
        Verdict.AS_EXPECTED: _(
            "Your clients improved about as much as was expected of clients in their starting situation. The difference"
            " from the average is within expected variation."
        ),
        Verdict.BELOW: _(
            "Your clients improved less than was expected of clients in their starting situation, and chance and the"
            " usual differences between providers do not explain it. Look first at the data: who was measured, when,"
            " and how."
        ),
        Verdict.TOO_FEW: _(
            "You have too few clients with both measurements for a conclusion. The figures below are rough: read the"
            " interval rather than the figure."
        ),
    }
    return [texts[row.verdict]]


def _figures_table(comparison: ProviderComparison, row: Improvement, language: str) -> Flowable:
    _ = get_translator(language)
    pairs = own_figures(comparison, row, language)
    return text_table((_("Figure"), _("Value")), pairs, (0.6, 0.4), (False, True))


def own_figures(
    comparison: ProviderComparison, row: Improvement, language: str
) -> list[tuple[str, str]]:
    """Each figure of a provider's own results with its value, in the reader's words."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    share = DASH
    if row.n is not None and row.n_started:
        share = percent(row.n / row.n_started, language)
    low, high = row.limits95 or (None, None)
    return [
        (_("Started"), write_number(row.n_started, language, 0)),
        (_("Measured twice"), write_number(row.n, language, 0)),
        (_("Share of started that was measured twice"), share),
        (_("Unadjusted improvement"), signed(row.unadjusted, language, decimals)),
        (_("Adjusted improvement"), signed(row.improvement, language, decimals)),
        (_("Interval (95%)"), span(row.low, row.high, language, decimals)),
        (_("Cautious estimate"), signed(row.shrunken, language, decimals)),
        (_("Average of all clients"), signed(comparison.target_improvement, language, decimals)),
        (
            _("Expected range at your number of clients (95%)"),
            span(low, high, language, decimals),
        ),
        (_("Adjusted for"), adjustment_words(comparison, language)),
        (_("Position"), position_word(row, language)),
    ]
