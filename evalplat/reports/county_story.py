"""What the county's report says, from top to bottom."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil

from reportlab.platypus import Flowable, PageBreak, Spacer

from evalplat.language import get_translator, write_date, write_number
from evalplat.language import say as translate
from evalplat.reports.caterpillar import build_caterpillar, ordered
from evalplat.reports.funnel import build_funnel
from evalplat.reports.model_card import (
    Pairs,
    adjustment_words,
    method_notes,
    model_figures,
    provenance_figures,
    reading_notes,
    warning_notes,
)
from evalplat.reports.models_table import models_table
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
from evalplat.reports.picture import Picture
from evalplat.reports.tables import comparison_table
from evalplat.reports.words import (
    DASH,
    choose_decimals,
    count_verdicts,
    local_days,
    scale_title,
    shown,
    signed,
    status_note,
    tidy,
    verdict_word,
)
from evalplat.statistics.results import ProviderComparison

_ROWS_A_PAGE = 36


def word_county(
    comparisons: Sequence[ProviderComparison],
    language: str,
    county: str,
    titles: Mapping[str, str],
    made_on: date | None,
) -> PaperWords:
    """The county report's title, running head and foot."""
    _ = get_translator(language)
    scales = ", ".join(scale_title(comparison, titles) for comparison in comparisons)
    return PaperWords(
        title=_("Comparison of providers"),
        head=tidy(county) or "evalplat",
        foot=paper_foot(comparisons, language, made_on),
        language=language,
        subject=scales,
        author=tidy(county),
    )


def paper_foot(
    comparisons: Sequence[ProviderComparison], language: str, made_on: date | None
) -> str:
    """The foot's left side: from which data, made when."""
    _ = get_translator(language)
    sources = [c.provenance for c in comparisons if c.provenance is not None]
    parts = []
    if sources and sources[0].data_cutoff:
        parts.append(
            _("Data until %(day)s") % {"day": local_days(sources[0].data_cutoff, language)}
        )
    if made_on is not None:
        parts.append(_("Made on %(day)s") % {"day": write_date(made_on, language)})
    if sources and sources[0].code_version:
        parts.append(f"evalplat {sources[0].code_version}")
    return " · ".join(parts)


def period_line(comparisons: Sequence[ProviderComparison], language: str) -> str:
    """The period in words; nothing where it is not stated."""
    _ = get_translator(language)
    periods = dict.fromkeys(c.provenance.period for c in comparisons if c.provenance)
    known = [local_days(period, language) for period in periods if period]
    return _("Period: %(period)s") % {"period": "; ".join(known)} if known else ""


def draw_chapter(
    comparison: ProviderComparison, language: str, titles: Mapping[str, str]
) -> list[Picture]:
    """The funnel, and the cautious estimates in as many pictures as the providers need; none of nothing."""
    if not shown(comparison):
        return []
    title = scale_title(comparison, titles)
    rows = ordered(comparison)
    pages = max(1, ceil(len(rows) / _ROWS_A_PAGE))
    step = ceil(len(rows) / pages) or 1
    parts = [rows[start : start + step] for start in range(0, len(rows), step)]
    return [
        build_funnel(comparison, language, title=title),
        *(build_caterpillar(comparison, language, title=title, part=part) for part in parts),
    ]


def tell_county(
    comparisons: Sequence[ProviderComparison],
    language: str,
    titles: Mapping[str, str],
    words: PaperWords,
    pictures: Sequence[Sequence[Picture]],
) -> list[Flowable]:
    """The whole report as reportlab's flowables; `pictures` are those of `draw_chapter`, chapter by chapter."""
    _ = get_translator(language)
    scales = [scale_title(comparison, titles) for comparison in comparisons]
    county = words.author
    story = title_band(
        words.title,
        [*scales[:6], " · ".join(filter(None, [county, period_line(comparisons, language)]))],
    )
    story.append(
        say(
            _(
                "This report shows how much clients of social rehabilitation improved at each provider, after what the"
                " clients' starting situation lets expect has been taken into account. It helps to find where a closer"
                " look is worth while; it does not put providers in order of merit."
            )
        )
    )
    if not comparisons:
        story.append(say(_("There is no comparison to report.")))
    for number, comparison in enumerate(comparisons):
        if number:
            story.append(PageBreak())
        if len(comparisons) > 1:
            story.append(Heading(scale_title(comparison, titles), 0))
        story += _tell_chapter(comparison, language, titles, pictures[number])
    return story


def _tell_chapter(
    comparison: ProviderComparison,
    language: str,
    titles: Mapping[str, str],
    pictures: Sequence[Picture],
) -> list[Flowable]:
    """One scale: in short, coverage, providers, figures, method, provenance."""
    _ = get_translator(language)
    story = section(_("In short"), _tell_summary(comparison, language))
    story += section(_("Who was measured"), _tell_coverage(comparison, language))
    story += section(_("Providers"), _tell_table(comparison, language))
    headings = (_("Funnel plot"), _("Cautious estimates"))
    for number, picture in enumerate(pictures):
        flowable = PictureFlowable(picture, WIDTH)
        story += section(headings[number], [flowable], whole=True) if number < 2 else [flowable]
    story += section(
        _("How to read the figures"), [say(note) for note in reading_notes(comparison, language)]
    )
    story += section(
        _("How the figures were made"), [say(note) for note in method_notes(comparison, language)]
    )
    card = _pairs_table(_("Figure"), _("Value"), model_figures(comparison, language))
    story += section(_("Model card"), [card], whole=True)
    models = models_table(comparison, language)
    if models is not None:
        parts = [
            say(f"{models.caption}.", "note"),
            text_table(models.headers, models.rows, (32, 12, 12, 18, 12), models.numeric),
            *(say(note, "note") for note in models.notes),
        ]
        story += section(_("Three models side by side"), parts)
    warnings = [say(note) for note in warning_notes(comparison, language)]
    if warnings:
        story += section(_("Warnings"), warnings)
    figures = provenance_figures(comparison, language, titles)
    sources = _pairs_table(_("Source"), _("Value"), figures, (0.3, 0.7))
    return story + section(_("Where the figures come from"), [sources], whole=True)


def _pairs_table(
    left: str, right: str, pairs: Pairs, shares: tuple[float, float] = (0.52, 0.48)
) -> Flowable:
    return text_table((left, right), pairs, shares, (False, False))


def _tell_summary(comparison: ProviderComparison, language: str) -> list[Flowable]:
    _ = get_translator(language)
    rows = shown(comparison)
    decimals = choose_decimals(comparison)
    figures = figure_row(
        [
            (write_number(comparison.n_started, language, 0), _("episodes started")),
            (write_number(comparison.n_pairs, language, 0), _("clients with both measurements")),
            (
                signed(comparison.target_improvement, language, decimals),
                _("average improvement, scale points"),
            ),
            (f"{len(rows)} / {len(comparison.rows)}", _("providers shown / all")),
        ]
    )
    sentence = status_note(comparison, language)
    if sentence:
        return [*figures, say(sentence)]
    positions = ", ".join(
        f"{verdict_word(verdict, language)} {count}"
        for verdict, count in count_verdicts(rows).items()
        if count
    )
    lines = [
        _("The comparison is adjusted for: %(names)s.")
        % {"names": adjustment_words(comparison, language)}
    ]
    if positions:
        lines.append(_("Providers by position: %(positions)s.") % {"positions": positions})
    return [*figures, *(say(line) for line in lines)]


def _tell_coverage(comparison: ProviderComparison, language: str) -> list[Flowable]:
    """How many started, how many have both measurements, and why the others are not counted."""
    _ = get_translator(language)
    started, pairs = comparison.n_started, comparison.n_pairs

    def share(count: int | None) -> str:
        if count is None or not started:
            return DASH
        return percent(count / started, language)

    rows = [
        (_("Episodes started"), write_number(started, language, 0), share(started)),
        (
            _("With both measurements (in the comparison)"),
            write_number(pairs, language, 0),
            share(pairs),
        ),
    ]
    rows += [
        (
            _("Left out: %(reason)s") % {"reason": tidy(translate(exclusion.reason, language))},
            write_number(exclusion.count, language, 0),
            share(exclusion.count),
        )
        for exclusion in comparison.exclusions
    ]
    story: list[Flowable] = [
        text_table(
            (_("Coverage"), _("Number"), _("Share of started")),
            rows,
            (0.64, 0.18, 0.18),
            (False, True, True),
        )
    ]
    if started and pairs is not None and pairs < 0.7 * started:
        story.append(
            say(
                _(
                    "More than 30 of 100 episodes lack a measurement. Clients who were not measured at the end may have"
                    " fared otherwise than those who were, so read the figures with care."
                ),
                "note",
            )
        )
    return story


def _tell_table(comparison: ProviderComparison, language: str) -> list[Flowable]:
    _ = get_translator(language)
    table = comparison_table(comparison, language)
    if not table.rows:
        return [say(_("There is no provider in this period."))]
    # Figures get the room of their heads; names and positions share what is left.
    widths = [5 if number else 27 for number in table.numeric]
    widths[-3] = 18
    story: list[Flowable] = [
        say(f"{table.caption}.", "note"),
        text_table(table.headers, table.rows, widths, table.numeric, table.total),
        Spacer(0, 2),
    ]
    return story + [say(note, "note") for note in table.notes]
