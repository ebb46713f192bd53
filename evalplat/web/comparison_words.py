"""What the comparison page says around its table: the figures on top, who is missing, method and origin."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalplat.language import get_translator, say, write_number
from evalplat.reports.model_card import (
    Pairs,
    method_notes,
    model_figures,
    provenance_figures,
    reading_notes,
    warning_notes,
)
from evalplat.reports.models_table import models_table
from evalplat.reports.words import DASH, choose_decimals, scale_key, signed
from evalplat.statistics.results import Exclusion, ProviderComparison
from evalplat.vocabulary import Verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures on top of the page, in the reader's words."""

    average: str
    pairs: str
    started: str
    coverage: str
    providers: str
    concluded: str
    rankable: str
    rankability: str


def summarise(comparison: ProviderComparison, language: str) -> Summary:
    """The comparison in eight figures; what was withheld is a dash."""
    rows = comparison.improvements
    concluded = sum(1 for row in rows if not row.withheld and row.verdict is not Verdict.TOO_FEW)
    return Summary(
        average=signed(comparison.target_improvement, language, choose_decimals(comparison)),
        pairs=write_number(comparison.n_pairs, language, 0),
        started=write_number(comparison.n_started, language, 0),
        coverage=_coverage(comparison, language),
        providers=write_number(len(rows), language, 0),
        concluded=write_number(concluded, language, 0),
        rankable=_rankable(comparison.rankability, language),
        rankability=write_number(comparison.rankability, language, 2),
    )


def _coverage(comparison: ProviderComparison, language: str) -> str:
    if not comparison.n_started or comparison.n_pairs is None:
        return ""
    share = write_number(100 * comparison.n_pairs / comparison.n_started, language, 0)
    return f"{share}{'%' if language == 'en' else chr(160) + '%'}"


def _rankable(value: float | None, language: str) -> str:
    _ = get_translator(language)
    if value is None:
        return DASH
    if value < 0.5:
        return _("Not reliably; no order is shown")
    return _("Well") if value > 0.75 else _("To some degree")


def list_exclusions(exclusions: Sequence[Exclusion], language: str) -> Pairs:
    """Every reason of exclusion with its count; a count too small to be shown is said to be so."""
    _ = get_translator(language)
    return [
        (
            _capital(say(exclusion.reason, language)),
            _("too few to be shown")
            if exclusion.count is None
            else write_number(exclusion.count, language, 0),
        )
        for exclusion in exclusions
        if exclusion.count != 0
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def describe(
    comparison: ProviderComparison, title: str, language: str, *, said: Sequence[str] = ()
) -> dict[str, object]:
    """Everything in words around the table, for the template; `said` stands below the table and is not repeated."""
    return {
        "summary": summarise(comparison, language),
        "warnings": warning_notes(comparison, language),
        "reading": [note for note in reading_notes(comparison, language) if note not in said],
        "exclusions": list_exclusions(comparison.exclusions, language),
        "method": method_notes(comparison, language),
        "figures": model_figures(comparison, language),
        "models": models_table(comparison, language),
        "origin": provenance_figures(comparison, language, {scale_key(comparison): title}),
    }
