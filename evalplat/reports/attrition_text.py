"""Analyses of the lost and of lasting change in letters: for a terminal, a pipe or a log."""

from collections.abc import Iterator, Sequence

from evalplat.errors import Message
from evalplat.language import get_translator, say, write_number
from evalplat.reports.attrition_tables import contrasts_table, methods_table, providers_table
from evalplat.reports.attrition_words import conclude
from evalplat.reports.sustained_tables import (
    changes_table,
    conclude_sustained,
    sustained_table,
    window_notes,
)
from evalplat.reports.tables import Table
from evalplat.reports.text import draw_table
from evalplat.reports.words import tidy
from evalplat.statistics.missing.attrition_results import AttritionResult
from evalplat.statistics.over_time.sustained_results import SustainedResult
from evalplat.statistics.results import Exclusion


def draw_attrition_text(result: AttritionResult, language: str, *, width: int) -> str:
    """Conclusions first, then every table of the analysis."""
    tables = (
        methods_table(result, language),
        contrasts_table(result, language),
        providers_table(result, language),
    )
    lines = [tidy(f"{result.instrument}/{result.scale}"), "", *conclude(result, language), ""]
    lines += [text for table in tables for text in _draw(table, width)]
    lines += _finish(result.exclusions, result.warnings, language)
    return "\n".join(lines) + "\n"


def draw_sustained_text(result: SustainedResult, language: str, *, width: int) -> str:
    """Conclusions first, then every table of the analysis."""
    lines = [
        tidy(f"{result.instrument}/{result.scale}"),
        "",
        *conclude_sustained(result, language),
        *window_notes(result, language),
        "",
    ]
    for table in (changes_table(result, language), sustained_table(result, language)):
        lines += _draw(table, width)
    lines += _finish(result.exclusions, result.warnings, language)
    return "\n".join(lines) + "\n"


def _draw(table: Table, width: int) -> Iterator[str]:
    rows = (*table.rows, table.total) if table.total else table.rows
    yield table.caption
    yield draw_table(
        table.headers, rows, table.numeric, width=width, last_is_total=bool(table.total)
    )
    yield from table.notes
    yield ""


def _finish(
    exclusions: Sequence[Exclusion], warnings: Sequence[Message], language: str
) -> Iterator[str]:
    _ = get_translator(language)
    for exclusion in exclusions:
        yield _("Left out: %(reason)s: %(count)s") % {
            "reason": say(exclusion.reason, language),
            "count": write_number(exclusion.count, language, 0),
        }
    for warning in warnings:
        yield say(warning, language)
