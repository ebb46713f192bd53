"""An analysis of attrition as rows: in the reader's words for pages, and unrounded for programs."""

from collections.abc import Callable
from dataclasses import asdict

from evalplat.language import get_translator, write_number
from evalplat.reports.attrition_words import (
    assumption_word,
    choose_decimals,
    flag_words,
    method_word,
    short_method_word,
    turn,
    turn_bounds,
    turning_words,
    write_share,
)
from evalplat.reports.records import Cell, records_csv, write_json
from evalplat.reports.tables import Table, table_csv
from evalplat.reports.words import DASH, signed, span, tidy, verdict_word
from evalplat.statistics.missing.attrition_results import METHODS, AttritionResult, AttritionRow

Words = Callable[[str, str | None], str]
"""What a fact (and its level) is called."""

SHOWN = ("complete_cases", "repeated_measures", "carried_forward")
"""The ways of counting the lost in the table of providers; files for programs hold all of them."""


def methods_table(result: AttritionResult, language: str) -> Table:
    """Every way of dealing with the lost, over all clients: its average, its interval, what it assumes."""
    _ = get_translator(language)
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    rows = []
    for method in METHODS:
        value, low, high = turn(result.overall.estimate(method), sign)
        rows.append(
            (
                method_word(method, language),
                signed(value, language, digits),
                span(low, high, language, digits),
                assumption_word(method, language),
            )
        )
    low, high = turn_bounds(result.overall.manski, sign)
    rows.append(
        (
            method_word("manski", language),
            DASH,
            span(low, high, language, digits),
            assumption_word("manski", language),
        )
    )
    return Table(
        caption=_("Average improvement of all clients, in scale points (higher is better)"),
        headers=(_("How the lost count"), _("Average"), _("Interval (95%)"), _("Right if")),
        numeric=(False, True, True, False),
        rows=tuple(rows),
        total=(),
        notes=(),
    )


def providers_table(result: AttritionResult, language: str) -> Table:
    """Providers' follow-up and their average improvement by each way of dealing with the lost."""
    _ = get_translator(language)
    headers = (
        _("Provider"), _("First measured"), _("Measured again"), _("Share"), _("To note"),
        *(short_method_word(name, language) for name in SHOWN), _("Position"),
        _("Position turns at"),
    )  # fmt: skip
    rows = [_cells(row, result, language) for row in (*result.rows, result.overall)]
    total = (_("All together"), *rows.pop()[1:-2], "", "")
    notes = [
        _("Average improvement in scale points; higher is better."),
        _("Many lost: more than three in ten. Apart: more than 10 percentage points from the county’s average."),
        _(
            "Position turns at: so many points better or worse than similar clients a provider’s lost would have to"
            " have fared before its position changed."
        ),
    ]  # fmt: skip
    if result.released:
        notes.append(
            _("Where few clients stand behind a figure it is left out, and counts are rounded.")
        )
    return Table(
        caption=_("Follow-up and improvement per provider"),
        headers=headers,
        numeric=(False, True, True, True, False, *(True for _name in SHOWN), False, False),
        rows=tuple(rows),
        total=total,
        notes=tuple(notes),
    )


def _cells(row: AttritionRow, result: AttritionResult, language: str) -> tuple[str, ...]:
    _ = get_translator(language)
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    position = verdict_word(row.verdict, language)
    return (
        tidy(row.provider),
        write_number(row.n, language, 0),
        write_number(row.n_followed, language, 0),
        write_share(row.followed_share, language),
        flag_words(row, language),
        *(signed(turn(row.estimate(name), sign)[0], language, digits) for name in SHOWN),
        _("not shown: few clients") if row.withheld else position,
        turning_words(row, language, digits),
    )


def contrasts_table(result: AttritionResult, language: str, words: Words | None = None) -> Table:
    """The lost against the followed in every fact from the start."""
    _ = get_translator(language)
    name = words or _plain_words
    rows = []
    for row in result.contrasts:
        write = _write_share if row.level is not None else _write_mean
        rows.append(
            (
                name(row.name, row.level),
                write(row.followed, language),
                write(row.lost, language),
                signed(row.smd, language, 2),
            )
        )
    return Table(
        caption=_("Clients who were measured again and clients who were lost, at the start"),
        headers=(_("At the start"), _("Measured again"), _("Lost"), _("Standardised difference")),
        numeric=(False, True, True, True),
        rows=tuple(rows),
        total=(),
        notes=(
            _(
                "Standardised difference: lost less measured again, in standard deviations; from about 0.2 on it is"
                " worth noting."
            ),
        ),
    )


def _plain_words(name: str, level: str | None) -> str:
    return tidy(name if level is None else f"{name}: {level}")


def _write_share(value: float | None, language: str) -> str:
    return write_share(value, language)


def _write_mean(value: float | None, language: str) -> str:
    return write_number(value, language, 1)


def attrition_csv(result: AttritionResult, language: str | None = None) -> str:
    """One row per provider and `*`: for programs, or with a language the page's table for a spreadsheet."""
    if language is not None:
        return table_csv(providers_table(result, language))
    return records_csv(provider_record(row, result) for row in (*result.rows, result.overall))


def provider_record(row: AttritionRow, result: AttritionResult) -> dict[str, Cell]:
    """One provider for a program; changes in the scale's own direction, `turning_shift` as improvement."""
    record: dict[str, Cell] = {
        "provider": row.provider,
        "n": row.n,
        "n_followed": row.n_followed,
        "n_lost": row.n_lost,
        "followed_share": row.followed_share,
        "followed_low": row.followed_low,
        "followed_high": row.followed_high,
        "flags": " ".join(row.flags),
        "baseline_lost": row.baseline_lost,
    }
    for method in METHODS:
        found = row.estimate(method)
        record |= {
            method: found.value,
            f"{method}_se": found.se,
            f"{method}_low": found.low,
            f"{method}_high": found.high,
            f"{method}_status": found.status,
        }
    return record | {
        "manski_low": row.manski.low,
        "manski_high": row.manski.high,
        "manski_status": row.manski.status,
        "lee_low": row.lee.bounds.low,
        "lee_high": row.lee.bounds.high,
        "lee_trimmed": row.lee.trimmed,
        "lee_status": row.lee.bounds.status,
        "verdict": row.verdict.value,
        "turning_shift": row.turning.shift,
        "turning_becomes": row.turning.becomes.value if row.turning.becomes else None,
        "turning_status": row.turning.status,
        "withheld": "withheld" if row.withheld else None,
    }


def attrition_json(result: AttritionResult) -> str:
    """The whole analysis as JSON, unrounded; null where a figure was withheld or does not exist."""
    content = {
        "instrument": result.instrument,
        "scale": result.scale,
        "direction": result.direction.value,
        "status": result.status,
        "released": result.released,
        "adjusted_for": list(result.adjusted_for),
        "lowest": result.lowest,
        "highest": result.highest,
        "bootstrap": result.bootstrap,
        "n_unrepresented": result.n_unrepresented,
        "overall": provider_record(result.overall, result),
        "tipping": asdict(result.tipping),
        "rate_test": asdict(result.rate_test),
        "contrasts": [asdict(row) for row in result.contrasts],
        "exclusions": [
            {"reason": str(found.reason), "count": found.count} for found in result.exclusions
        ],
        "warnings": [str(warning) for warning in result.warnings],
        "provenance": asdict(result.provenance) if result.provenance else None,
        "providers": [provider_record(row, result) for row in result.rows],
    }
    return write_json(content)
