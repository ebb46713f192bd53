"""A result in letters: for a terminal, a pipe or a log."""

import io
from collections.abc import Sequence

from evalplat.language import get_translator, say, write_number
from evalplat.reports.model_card import covariate_word
from evalplat.reports.model_words import check_figures, missing_figures, slope_figures
from evalplat.reports.tables import comparison_table
from evalplat.reports.words import tidy
from evalplat.statistics.results import ProviderComparison


def draw_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    *,
    width: int,
    last_is_total: bool = False,
) -> str:
    """A table of at most `width` letters a line; numbers stand to the right and are never broken."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # The table is made apart from standard output, which may be full or closed.
    paper = io.StringIO()
    console = Console(file=paper, width=width, markup=False, color_system=None)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for header, number in zip(headers, numeric, strict=True):
        table.add_column(Text(header), justify="right" if number else "left", no_wrap=number)
    for place, row in enumerate(rows):
        if last_is_total and place == len(rows) - 1:
            table.add_section()
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines()) + "\n"


def draw_comparison(comparison: ProviderComparison, language: str, *, width: int) -> str:
    """The table that pages and reports show, with the model's figures and every warning below it."""
    _ = get_translator(language)
    table = comparison_table(comparison, language)
    lines = [
        tidy(f"{comparison.instrument}/{comparison.scale}"),
        "",
        draw_table(
            table.headers,
            (*table.rows, table.total),
            table.numeric,
            width=width,
            last_is_total=True,
        ),
    ]
    figures = (
        ("target", comparison.target),
        ("sigma", comparison.sigma),
        ("phi", comparison.phi),
        ("tau2_funnel", comparison.tau2_funnel),
        ("tau2", comparison.tau2),
        ("sigma2", comparison.sigma2),
        ("reml_criterion", comparison.reml_criterion),
        ("rankability", comparison.rankability),
        ("verdict_tau2", comparison.verdict_spread.tau2 if comparison.verdict_spread else None),
        *((tidy(f"b[{name}]"), value) for name, value in comparison.coefficients),
    )
    lines.append("  ".join(f"{name} {write_number(value, language, 4)}" for name, value in figures))
    models = (
        *missing_figures(comparison, language, covariate_word),
        *slope_figures(comparison, language, covariate_word),
        *check_figures(comparison, language),
    )
    lines.extend(tidy(f"{name}: {text}") for name, text in models)
    for exclusion in comparison.exclusions:
        count = write_number(exclusion.count, language, 0)
        lines.append(
            _("Left out: %(reason)s: %(count)s")
            % {"reason": say(exclusion.reason, language), "count": count}
        )
    lines.extend(table.notes)
    lines.extend(say(warning, language) for warning in comparison.warnings)
    if comparison.status != "ok":
        lines.append(_("Status: %(status)s") % {"status": comparison.status})
    return "\n".join(lines) + "\n"
