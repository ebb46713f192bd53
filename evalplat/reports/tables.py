"""A comparison as rows: in the reader's words for pages and papers, and unrounded for programs.

This is the one place where a comparison's figures are turned into text, so that a page, a paper and a file cannot
disagree.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from evalplat.language import Translate, get_translator, say, write_number
from evalplat.reports.model_words import preferred_note
from evalplat.reports.words import (
    DASH,
    choose_decimals,
    signed,
    span,
    status_note,
    tidy,
    turned_note,
    verdict_word,
)
from evalplat.statistics.models.model_results import ModelCard
from evalplat.statistics.results import Improvement, ProviderComparison, ProviderRow, VerdictSpread

COLUMNS = (
    "provider", "n", "gain", "expected", "observed_minus_expected", "adjusted_gain", "se", "z",
    "z_overdispersed", "low95", "high95", "low998", "high998", "blup", "blup_se", "reliability",
    "expected_rank", "pcer", "p", "p_bh", "verdict",
)  # fmt: skip
"""What a program reads about a provider, changes in the scale's own direction."""

IMPROVEMENT_COLUMNS = (
    "n_started", "improvement", "improvement_low", "improvement_high", "shrunken", "shrunken_low",
    "shrunken_high", "reason",
)  # fmt: skip
"""The same turned so that more is better, the coverage, and why cells are empty."""

MODEL_COLUMNS = (
    "prediction_se", "rank_low", "rank_high", "regression", "fixed_adjusted_mean", "fixed_adjusted_mean_se",
    "fixed_adjusted_mean_low", "fixed_adjusted_mean_high", "fixed_deviation", "fixed_deviation_se",
    "fixed_deviation_low", "fixed_deviation_high", "fixed_t", "fixed_p", "fixed_p_bh",
)  # fmt: skip
"""What the further models say of a provider, changes in the scale's own direction; `fixed_…`: fixed effects."""

FIXED = "fixed_"

VERDICT_COLUMNS = (
    "z_verdict", "verdict_low95", "verdict_high95", "verdict_low998", "verdict_high998",
)  # fmt: skip
"""What the verdict goes by, in the scale's own direction; the limits in `COLUMNS` are the reference's."""

FIGURES = (
    "n_started", "n_pairs", "target", "sigma", "phi", "tau2_funnel", "tau2", "sigma2", "reml_criterion",
    "rankability",
)  # fmt: skip
"""What a program reads about the comparison as a whole."""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Table:
    """A table in the reader's words.

    caption: what the figures are; headers: one text per column; numeric: which columns hold figures, to be set right;
    rows: texts, one row per provider in the comparison's order; total: the row of all providers together; notes:
    sentences below the table.
    """

    caption: str
    headers: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    notes: tuple[str, ...]


def comparison_table(comparison: ProviderComparison, language: str) -> Table:
    """The providers of a comparison in the reader's words and number format, rounded for display."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    adjusted = bool(comparison.adjusted_for)
    alone = bool(preferred_note(comparison, language))
    headers = (
        _("Provider"),
        _("Started"),
        _("Measured twice"),
        _("Unadjusted"),
        _("Adjusted") if adjusted else _("Improvement"),
        _("Interval (95%)"),
        _("Estimated by itself") if alone else _("Cautious estimate"),
        _("Position"),
    )
    rows = tuple(_cells(row, language, decimals, alone=alone) for row in comparison.improvements)
    average = signed(comparison.target_improvement, language, decimals)
    total = (
        _("All together"),
        write_number(comparison.n_started, language, 0),
        write_number(comparison.n_pairs, language, 0),
        average, average, DASH, average, "",
    )  # fmt: skip
    kept = [i for i in range(len(headers)) if adjusted or i != 3]
    return Table(
        caption=_("Clients' improvement in scale points (higher is better)"),
        headers=tuple(headers[i] for i in kept),
        numeric=tuple(0 < i < len(headers) - 1 for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in rows),
        total=tuple(total[i] for i in kept),
        notes=tuple(_notes(comparison, language, _)),
    )


def _cells(row: Improvement, language: str, decimals: int, *, alone: bool) -> tuple[str, ...]:
    estimate = signed(row.shrunken, language, decimals)
    if alone and row.fixed is not None:
        interval = span(row.fixed_low, row.fixed_high, language, decimals)
        estimate = f"{signed(row.fixed, language, decimals)} ({interval})"
    elif alone:
        estimate = DASH
    return (
        tidy(row.provider),
        write_number(row.n_started, language, 0),
        write_number(row.n, language, 0),
        signed(row.unadjusted, language, decimals),
        signed(row.improvement, language, decimals),
        span(row.low, row.high, language, decimals),
        estimate,
        position_word(row, language),
    )


def position_word(row: Improvement, language: str) -> str:
    """A provider's position in words, or why there is none."""
    _ = get_translator(language)
    if row.withheld:
        return _("not shown: few clients")
    if row.n == 0:
        return _("no client with both measurements")
    return verdict_word(row.verdict, language)


def _notes(comparison: ProviderComparison, language: str, _: Translate) -> Iterable[str]:
    sentence = status_note(comparison, language)
    if sentence:
        yield sentence
    yield turned_note(comparison, language)
    yield _(
        "Started: episodes that began in the period. Measured twice: those with a first and a last score, which the"
        " figures rest on."
    )
    if comparison.adjusted_for:
        yield _(
            "Adjusted: what a provider's clients attained beyond or below what their starting situation lets expect,"
            " put on top of the average of all."
        )
    yield preferred_note(comparison, language) or _(
        "A cautious estimate draws a provider with few clients towards the average of all,"
        " because its own figure is mostly chance."
    )
    if comparison.released and any(row.withheld for row in comparison.rows):
        yield _(
            "Where few clients stand behind a figure it is left out, and counts may be rounded."
        )


def comparison_csv(comparison: ProviderComparison, language: str | None = None) -> str:
    """The comparison as CSV.

    Without a language: for programs, comma and decimal point, unrounded, columns `COLUMNS`, `IMPROVEMENT_COLUMNS`,
    `MODEL_COLUMNS` and `VERDICT_COLUMNS`; withheld cells are empty and `reason` says why. With a language: the table
    that people see, as their spreadsheet program opens it (semicolon; decimal comma in Finnish and Swedish). Names
    never run as formulas.
    """
    if language is None:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*COLUMNS, *IMPROVEMENT_COLUMNS, *MODEL_COLUMNS, *VERDICT_COLUMNS))
        for row, turned in zip(comparison.rows, comparison.improvements, strict=True):
            writer.writerow([_plain_cell(value) for value in _record(row, turned).values()])
        return stream.getvalue()
    return table_csv(comparison_table(comparison, language))


def table_csv(table: Table) -> str:
    """A table as the reader's spreadsheet program opens it, its total last where it has one.

    Semicolons between cells, numbers as the reader writes them, a cell on one line; names never run as formulas.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(header) for header in table.headers])
    for cells in (*table.rows, table.total) if table.total else table.rows:
        writer.writerow(
            [
                cell.replace("\n", " ") if number else harmless(cell)
                for cell, number in zip(cells, table.numeric, strict=True)
            ]
        )
    return stream.getvalue()


def comparison_json(comparison: ProviderComparison) -> str:
    """The whole comparison as JSON, unrounded; null where a figure was withheld or could not be computed."""
    content = comparison_record(comparison)
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def comparison_record(comparison: ProviderComparison, language: str = "en") -> dict[str, object]:
    """The whole comparison as plain values for a program; reasons and warnings in a language."""
    return {
        "instrument": comparison.instrument,
        "scale": comparison.scale,
        "direction": comparison.direction.value,
        "status": comparison.status,
        "released": comparison.released,
        "adjusted_for": list(comparison.adjusted_for),
        **{name: _number(getattr(comparison, name)) for name in FIGURES},
        **_list_spread(comparison.verdict_spread),
        "coefficients": {name: _number(value) for name, value in comparison.coefficients},
        "reml_coefficients": {name: _number(value) for name, value in comparison.reml_coefficients},
        "exclusions": [
            {"reason": say(exclusion.reason, language), "count": exclusion.count}
            for exclusion in comparison.exclusions
        ],
        "warnings": [say(warning, language) for warning in comparison.warnings],
        "provenance": asdict(comparison.provenance) if comparison.provenance else None,
        "models": None if comparison.card is None else list_models(comparison.card),
        "providers": [
            _record(row, turned)
            for row, turned in zip(comparison.rows, comparison.improvements, strict=True)
        ],
    }


def list_models(card: ModelCard) -> dict[str, object]:
    """The model card for a program, in names that say what is what."""
    content = {name: _plain_tree(value) for name, value in asdict(card).items()}
    del content["cells"]
    content["random_effects_summary"] = content.pop("summary")
    content["preferred_model"] = content.pop("preferred")
    return content


def _plain_tree(value: object) -> object:
    """Plain values throughout; None for what is not a number."""
    if isinstance(value, dict):
        return {name: _plain_tree(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_tree(part) for part in value]
    return _number(value) if isinstance(value, float) else value


def _record(row: ProviderRow, turned: Improvement) -> dict[str, str | float | None]:
    """One provider for a program: every column by name, in order."""
    record: dict[str, str | float | None] = {"provider": row.provider}
    for name in COLUMNS[1:-1]:
        record[name] = _number(getattr(row, name))
    record["verdict"] = row.verdict.value
    turned_values: Sequence[float | None] = (
        row.n_started, turned.improvement, turned.low, turned.high, turned.shrunken,
        turned.shrunken_low, turned.shrunken_high,
    )  # fmt: skip
    for name, value in zip(IMPROVEMENT_COLUMNS[:-1], turned_values, strict=True):
        record[name] = _number(value)
    record["reason"] = "withheld" if row.withheld else "no_pairs" if row.n == 0 else None
    for name in MODEL_COLUMNS:
        source = row.fixed if name.startswith(FIXED) else row
        record[name] = _number(getattr(source, name.removeprefix(FIXED), None))
    for name in VERDICT_COLUMNS:
        record[name] = _number(getattr(row, name))
    return record


def _list_spread(spread: VerdictSpread | None) -> dict[str, float | None]:
    """The variance that verdicts go by, and how many standard errors their limits reach."""
    return {
        f"verdict_{name}": None if spread is None else getattr(spread, name)
        for name in ("tau2", "q95", "q998")
    }


def _number(value: float | None) -> float | None:
    """A plain number; None for what is not one (nan and infinity have no place in JSON)."""
    if value is None or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(value)


def _plain_cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else repr(value)


def harmless(text: str) -> str:
    """A text that no spreadsheet program takes for a formula or a new row: a risky one gets an apostrophe in front."""
    line = text.replace("\r", " ").replace("\n", " ")
    return f"'{line}" if line.lstrip().startswith(_RISKY) or text.startswith(_RISKY) else line
