"""Agreement and reliability in the reader's words: the tables that the page and its files show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.agreement_words import Titles, choose_decimals, counterpart_name
from evalplat.reports.tables import Table
from evalplat.reports.words import DASH, signed, span, tidy
from evalplat.statistics.raters.agreement import AgreementRow
from evalplat.statistics.raters.reliability import ReliabilityRow


def agreement_table(
    rows: Sequence[AgreementRow], titles: Titles, raters: Mapping[str, str], language: str
) -> Table:
    """One row per counterpart of the chosen scale."""
    _ = get_translator(language)
    headers = (
        _("Compared with"),
        _("Rated by both"),
        _("Agreement (ICC)"),
        _("Interval (95%)"),
        _("Correlation"),
        _("Mean difference"),
        _("Interval (95%)"),
        _("95 of 100 differ by"),
        _("Weighted kappa"),
    )
    return Table(
        caption=_("The same clients, rated by two"),
        headers=headers,
        numeric=(False, *(True,) * 8),
        rows=tuple(_agreement_cells(row, titles, raters, language) for row in rows if row.found.n),
        total=(),
        notes=tuple(_agreement_notes([row for row in rows if row.found.n], _)),
    )


def _agreement_cells(
    row: AgreementRow, titles: Titles, raters: Mapping[str, str], language: str
) -> tuple[str, ...]:
    found, limits = row.found, row.found.limits
    decimals = choose_decimals(None if limits is None else limits.sd)
    icc, kappa = found.icc, found.kappa_quadratic
    return (
        counterpart_name(row, titles, raters),
        write_number(found.n, language, 0),
        write_number(icc.value if icc else None, language, 2),
        _plain_span(icc.low if icc else None, icc.high if icc else None, language),
        write_number(found.correlation.value if found.correlation else None, language, 2),
        DASH if limits is None or row.standardised else signed(limits.bias, language, decimals),
        span(limits.bias_low, limits.bias_high, language, decimals)
        if limits and not row.standardised
        else DASH,
        span(limits.lower, limits.upper, language, decimals) if limits else DASH,
        write_number(kappa.value if kappa else None, language, 2),
    )


def _agreement_notes(rows: Sequence[AgreementRow], _: Translate) -> Iterator[str]:
    if any(not row.standardised for row in rows):
        yield _(
            "Agreement (ICC) is 1 where both always give the same score, and 0 where their scores say nothing about"
            " one another. It is the intraclass correlation for absolute agreement of single ratings, ICC(A,1)."
        )
        yield _(
            "Mean difference: how many points more the other rater gives. The differences of 95 of 100 clients lie"
            " between the two limits beside it (Bland and Altman)."
        )
    if any(row.standardised for row in rows):
        yield _(
            "Where two different scales of the same area are compared, each score is counted in standard deviations"
            " from its own average, turned so that more is better. Then only the correlation and the limits mean"
            " something: the mean difference is zero by construction, so that nobody can say who sees more."
        )
    if any(row.found.status == "counts_only" for row in rows):
        yield _("With fewer than ten clients rated by both, only their number is shown.")
    if any(
        row.found.n and row.found.correlation and row.found.correlation.low is None for row in rows
    ):
        yield _("With fewer than thirty clients no interval is given: the figures are rough.")


def reliability_table(rows: Sequence[ReliabilityRow], titles: Titles, language: str) -> Table:
    """One row per scale and way of scoring."""
    _ = get_translator(language)
    headers = (
        _("Scale"),
        _("Sheets"),
        _("Without a gap"),
        _("Alpha"),
        _("Interval (95%)"),
        _("Omega"),
        _("At the lowest score"),
        _("At the highest score"),
        _("SEM"),
        _("SDC here"),
        _("SDC published"),
        _("Note"),
    )
    return Table(
        caption=_("Reliability of the scales in the county's own sheets"),
        headers=headers,
        numeric=(False, *(True,) * 10, False),
        rows=tuple(_reliability_cells(row, titles, language, _) for row in rows),
        total=(),
        notes=tuple(_reliability_notes(rows, _)),
    )


def _reliability_cells(
    row: ReliabilityRow, titles: Titles, language: str, _: Translate
) -> tuple[str, ...]:
    found, alpha = row.found, row.found.alpha
    decimals = choose_decimals(found.sd)
    return (
        way_name(row, titles, language),
        write_number(found.n_sheets, language, 0),
        write_number(found.n_complete, language, 0),
        write_number(alpha.value if alpha else None, language, 2),
        _plain_span(alpha.low if alpha else None, alpha.high if alpha else None, language),
        write_number(found.omega, language, 2),
        share(found.n_floor, found.n_scored, language),
        share(found.n_ceiling, found.n_scored, language),
        write_number(found.sem, language, decimals),
        write_number(found.sdc, language, decimals),
        write_number(row.published_sdc, language, 1),
        reliability_note(row, _),
    )


def way_name(row: ReliabilityRow, titles: Titles, language: str) -> str:
    """A scale's title, with the number of questions where it is scored in more than one way."""
    _ = get_translator(language)
    title = tidy(titles.get((row.instrument, row.scale)) or row.scale)
    if not row.variant:
        return title
    way = _("%(n)s questions") % {"n": len(row.found.items)} if row.found.items else row.variant
    return tidy(f"{title} ({way})")


def without_empty_columns(table: Table) -> Table:
    """The table without columns of figures, or of words, that no row has."""
    kept = [
        place
        for place in range(len(table.headers))
        if not place or any(row[place] not in (DASH, "") for row in table.rows)
    ]
    return replace(
        table,
        headers=tuple(table.headers[place] for place in kept),
        numeric=tuple(table.numeric[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
    )


def reliability_note(row: ReliabilityRow, _: Translate) -> str:
    """Why figures of a scale are missing; nothing where all are there."""
    found = row.found
    words = {
        "no_sheets": _("no sheets"),
        "withheld": _("not shown: few sheets"),
        "counts_only": _("not shown: few sheets"),
        "too_few_sheets": _("too few sheets without a gap"),
        "one_item": _("one question: no alpha"),
        "no_variation": _("the answers do not vary"),
        "not_summed": _("not a sum of its questions: no alpha"),
        "negative_alpha": _("questions go against one another"),
    }
    if found.status != "ok":
        return words.get(found.status, found.status)
    return {
        "ok": "",
        "too_few_items": _("omega needs three questions"),
        "constant_item": _("a question does not vary: no omega"),
        "linear_dependence": _("a question follows from the others: no omega"),
        "improper_solution": _("no omega: one factor does not describe the answers"),
        "not_converged": _("no omega: one factor does not describe the answers"),
    }.get(found.omega_status, "")


def _reliability_notes(rows: Sequence[ReliabilityRow], _: Translate) -> Iterator[str]:
    if all(row.found.alpha is None for row in rows):
        if all(len(row.found.items) == 1 for row in rows):
            yield _(
                "A scale of one question has no alpha: only test and retest could tell its reliability."
            )
        return
    yield _(
        "Alpha and omega say how much of a score is shared by its questions: 0.7 or more is usually wanted for groups,"
        " 0.9 or more for single clients. Both are from sheets without a gap."
    )
    yield _(
        "SEM is the error of one score, SDC the smallest change of one client that is more than error, both from alpha"
        " in these sheets. What is published for the instrument stays what change is judged with."
    )
    if any(row.found.n_floor is not None or row.found.n_ceiling is not None for row in rows):
        yield _(
            "Where more than 15 of 100 sheets stand at the end of a scale, it cannot show that such clients change"
            " further in that direction."
        )
    if any(row.found.released for row in rows):
        yield _("Where few sheets stand behind a figure it is left out, and counts may be rounded.")


def item_table(
    row: ReliabilityRow, titles: Titles, labels: Mapping[str, str], language: str
) -> Table:
    """One row per question of a scale."""
    _ = get_translator(language)
    rows = tuple(
        (
            tidy(f"{item.code} {labels.get(item.code, '')}"),
            share(item.n_missing, item.n_applicable, language),
            write_number(item.rest_correlation, language, 2),
            write_number(item.alpha_without, language, 2),
            write_number(item.loading, language, 2),
            "" if item.varies else _("does not vary"),
        )
        for item in row.found.items
    )
    return Table(
        caption=_("The questions: %(scale)s") % {"scale": way_name(row, titles, language)},
        headers=(
            _("Question"),
            _("Missing"),
            _("Correlation with the rest"),
            _("Alpha without it"),
            _("Loading"),
            _("Note"),
        ),
        numeric=(False, True, True, True, True, False),
        rows=rows,
        total=(),
        notes=(
            _(
                "A question that goes with the others badly, or without which alpha is higher, measures something else"
                " or is understood in different ways."
            ),
        ),
    )


def share(count: int | None, of: int | None, language: str) -> str:
    """A share in percent of two published counts; a dash where one was withheld."""
    if count is None or not of:
        return DASH
    text = write_number(min(100 * count / of, 100.0), language, 0)
    return f"{text}%" if language == "en" else f"{text} %"


def _plain_span(low: float | None, high: float | None, language: str) -> str:
    if low is None or high is None:
        return DASH
    return f"{write_number(low, language, 2)} … {write_number(high, language, 2)}"
