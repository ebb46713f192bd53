"""Value for money as rows: in the reader's words for pages and the terminal, and unrounded for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from math import log

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.records import Record
from evalplat.reports.tables import Table, position_word
from evalplat.reports.words import DASH, choose_decimals, signed, tidy
from evalplat.statistics.money.costs import (
    PER_IMPROVED,
    PER_IMPROVED_UNCHANGED,
    PER_POINT,
    PER_POINT_UNCHANGED,
    RATIOS,
    Outlay,
    ValueRow,
)
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.money.net_benefit import NetBenefit
from evalplat.statistics.money.value import ValueAnalysis
from evalplat.statistics.results import Improvement


def costs_table(analysis: ValueAnalysis, language: str) -> Table:
    """Costs of all who started, and what a client improved and a point of improvement cost."""
    _ = get_translator(language)
    headers = (
        _("Provider"), _("Started"), _("Measured twice"), _("Euros per client"), _("Adjusted"),
        _("Improvement"), _("Euros per client reliably improved"), _("Euros per point"),
    )  # fmt: skip
    rows = [_cost_cells(row, analysis, language) for row in analysis.costs.rows]
    total = _cost_cells(analysis.costs.total, analysis, language)
    return Table(
        caption=_("What improvement costs, over all clients who started"),
        headers=headers,
        numeric=(False, *(True,) * 7),
        rows=tuple(rows),
        total=(_("All together"), *total[1:]),
        notes=tuple(_cost_notes(analysis, _)),
    )


def _cost_cells(row: ValueRow, analysis: ValueAnalysis, language: str) -> tuple[str, ...]:
    euros = row.euros
    return (
        tidy(row.provider),
        write_number(row.n_started, language, 0),
        write_number(row.n_pairs, language, 0),
        write_number(euros.mean if euros else None, language, 0),
        write_number(euros.adjusted if euros else None, language, 0),
        signed(row.improvement, language, choose_decimals(analysis.improvement)),
        ratio_words(euros, PER_IMPROVED, language),
        ratio_words(euros, PER_POINT, language),
    )


def _cost_notes(analysis: ValueAnalysis, _: Translate) -> list[str]:
    notes = [
        _(
            "Euros are the value of the vouchers of everybody who started, also of clients who were not or not yet"
            " measured again. These are taken to fare as the measured ones did; the next table shows what follows if"
            " they do not change."
        ),
        _(
            "Adjusted: what a provider's clients cost beyond or below what their starting situation lets expect, put on"
            " top of the average of all."
        ),
        _(
            "In brackets: from … to (95%). Where the improvement cannot be told from none, no price of it can be told."
        ),
    ]
    if analysis.costs.sdc is None:
        notes.append(
            _(
                "From which change on a client has reliably improved is not known for this scale, so there is no cost"
                " per client improved."
            )
        )
    if analysis.released:
        notes.append(
            _("Where few clients stand behind a figure it is left out, and counts are rounded.")
        )
    return notes


def cautious_table(analysis: ValueAnalysis, language: str) -> Table:
    """The same prices as if nobody who was not measured again had changed; and days of service."""
    _ = get_translator(language)
    with_days = any(row.days for row in (*analysis.costs.rows, analysis.costs.total))
    headers = [
        _("Provider"), _("Euros per client reliably improved"), _("Euros per point"),
    ]  # fmt: skip
    if with_days:
        headers += [_("Days per client"), _("Days per point")]
    rows = []
    for row in (*analysis.costs.rows, analysis.costs.total):
        cells = [
            tidy(row.provider),
            ratio_words(row.euros, PER_IMPROVED_UNCHANGED, language),
            ratio_words(row.euros, PER_POINT_UNCHANGED, language),
        ]
        if with_days:
            cells.append(write_number(row.days.mean if row.days else None, language, 0))
            cells.append(ratio_words(row.days, PER_POINT, language))
        rows.append(tuple(cells))
    notes = [
        _(
            "Euros here: as if everybody who was not, or not yet, measured again had stayed as they were."
        )
    ]
    if with_days:
        notes.append(
            _(
                "Days: from opening to closing, of closed episodes; priced like euros in the table above."
            )
        )
    return Table(
        caption=_("If clients who were not measured again did not change at all"),
        headers=tuple(headers),
        numeric=(False, *(True,) * (len(headers) - 1)),
        rows=tuple(rows[:-1]),
        total=(_("All together"), *rows[-1][1:]),
        notes=tuple(notes),
    )


def ratio_words(outlay: Outlay | None, name: str, language: str) -> str:
    """A price with its limits, or in words why there is none."""
    if outlay is None or name not in outlay.ratios:
        return DASH
    return write_ratio(outlay.ratios[name], language)


def write_ratio(ratio: Ratio, language: str) -> str:
    """`1 230 (980 … 1 600)`, or why there is no figure."""
    _ = get_translator(language)
    if ratio.status == "ok" and ratio.ratio is not None:
        digits = 0 if max(abs(ratio.ratio), 1.0) >= 100 else 1
        value = write_number(ratio.ratio, language, digits)
        low, high = (write_number(end, language, digits) for end in (ratio.low, ratio.high))
        return f"{value} ({low} … {high})"
    return {
        "not_estimable": _("cannot be told"),
        "worse": _("no improvement"),
    }.get(ratio.status, DASH)


def benefit_table(benefit: NetBenefit, language: str) -> Table:
    """Net benefit at one worth of a point: adjusted, with its interval, its chance and its position."""
    _ = get_translator(language)
    rows = []
    for row, chance in zip(benefit.comparison.improvements, benefit.acceptability, strict=True):
        rows.append(
            (
                tidy(row.provider),
                write_number(row.n, language, 0),
                signed(row.improvement, language, 0),
                _euro_span(row.low, row.high, language),
                write_chance(chance, language),
                position_word(row, language),
            )
        )
    average = signed(benefit.comparison.target_improvement, language, 0)
    return Table(
        caption=_("Net benefit per client in euros, if a point is worth %(worth)s euros")
        % {"worth": write_number(benefit.worth, language, 0)},
        headers=(
            _("Provider"), _("Measured twice"), _("Net benefit"), _("Interval (95%)"),
            _("Chance above the county"), _("Position"),
        ),
        numeric=(False, True, True, True, True, False),
        rows=tuple(rows),
        total=(
            _("All together"), write_number(benefit.comparison.n_pairs, language, 0), average, DASH,
            DASH, "",
        ),
        notes=(
            _(
                "Net benefit: points of adjusted improvement times what a point is worth, less the euros per client. It"
                " is below zero where clients cost more than their improvement is worth."
            ),
            _(
                "Chance above the county: how likely a provider's net benefit is really above the average of all, for"
                " all that chance between clients tells."
            ),
        ),
    )  # fmt: skip


def chances_table(analysis: ValueAnalysis, language: str) -> Table:
    """How likely each provider's net benefit is above the county's, by what a point is worth."""
    _ = get_translator(language)
    rows = []
    for place, row in enumerate(analysis.costs.rows):
        chances = [benefit.acceptability[place] for benefit in analysis.benefits]
        rows.append((tidy(row.provider), *(write_chance(one, language) for one in chances)))
    worth = _("at %(worth)s euros a point")
    headers = [worth % {"worth": write_number(one.worth, language, 0)} for one in analysis.benefits]
    return Table(
        caption=_("Chance that the net benefit is above the county's average"),
        headers=(_("Provider"), *headers),
        numeric=(False, *(True for _one in headers)),
        rows=tuple(rows),
        total=(),
        notes=(
            _(
                "At 0 euros a point only costs count; the more a point is worth, the more improvement counts. Where a"
                " row stays near 50, nothing sets the provider apart."
            ),
        ),
    )


def choose_benefit(analysis: ValueAnalysis) -> NetBenefit | None:
    """The net benefit at the worth nearest to what a point costs today; the last one where that is not known."""
    if not analysis.benefits:
        return None
    price = find_price(analysis)
    known = [one for one in analysis.benefits if one.worth > 0]
    if price is None or not price > 0 or not known:
        return analysis.benefits[-1]
    return min(known, key=lambda one: abs(log(one.worth / price)))


def find_price(analysis: ValueAnalysis) -> float | None:
    """What a point of adjusted improvement costs over all providers; None where it cannot be told."""
    euros = analysis.costs.total.euros
    return euros.ratios[PER_POINT].ratio if euros and PER_POINT in euros.ratios else None


def _euro_span(low: float | None, high: float | None, language: str) -> str:
    if low is None or high is None:
        return DASH
    return f"{signed(low, language, 0)} … {signed(high, language, 0)}"


def write_chance(chance: float | None, language: str) -> str:
    """A probability in whole percents; never quite 0 or 100."""
    if chance is None:
        return DASH
    percent = round(100 * chance)
    text = "< 1" if percent < 1 else "> 99" if percent > 99 else write_number(percent, language, 0)
    return f"{text}%" if language == "en" else f"{text} %"


def value_records(analysis: ValueAnalysis) -> list[Record]:
    """One record per provider and `*`, unrounded; improvements are turned so that more is better.

    `eur_per_point` … with `_low`, `_high`, `_status`; `net_benefit_100` … at a worth of 100 euros a point.
    """
    rows = (*analysis.costs.rows, analysis.costs.total)
    has_days = any(row.days for row in rows)
    turned = [one.comparison.improvements for one in analysis.benefits]
    return [_record(row, analysis, place, turned, has_days) for place, row in enumerate(rows)]


def _record(
    row: ValueRow,
    analysis: ValueAnalysis,
    place: int,
    turned: Sequence[Sequence[Improvement]],
    has_days: bool,
) -> Record:
    """turned: each benefit's providers, which take too long to turn once more for every record."""
    record: Record = {
        "provider": row.provider,
        "n_started": row.n_started,
        "n_pairs": row.n_pairs,
        "n_improved": row.n_improved,
        "improvement": row.improvement,
    }
    for prefix, outlay in (("eur", row.euros), *([("days", row.days)] if has_days else [])):
        record |= _outlay_record(prefix, outlay)
    for benefit, rows in zip(analysis.benefits, turned, strict=True):
        name = f"net_benefit_{benefit.worth:g}"
        one = rows[place] if place < len(rows) else None
        whole = benefit.comparison.target_improvement
        record |= {
            name: one.improvement if one else whole,
            f"{name}_low": one.low if one else None,
            f"{name}_high": one.high if one else None,
            f"{name}_chance": benefit.acceptability[place] if one else None,
            f"{name}_verdict": one.verdict.value if one else None,
        }
    record["withheld"] = "withheld" if row.withheld else None
    return record


def _outlay_record(prefix: str, outlay: Outlay | None) -> Record:
    record: Record = {
        f"n_{prefix}": outlay.n if outlay else None,
        f"mean_{prefix}": outlay.mean if outlay else None,
        f"mean_{prefix}_low": outlay.low if outlay else None,
        f"mean_{prefix}_high": outlay.high if outlay else None,
        f"adjusted_{prefix}": outlay.adjusted if outlay else None,
    }
    for name in RATIOS:
        ratio = outlay.ratios.get(name) if outlay else None
        record |= {
            f"{prefix}_{name}": ratio.ratio if ratio else None,
            f"{prefix}_{name}_low": ratio.low if ratio else None,
            f"{prefix}_{name}_high": ratio.high if ratio else None,
            f"{prefix}_{name}_status": ratio.status if ratio else "unknown",
        }
    return record


def value_content(analysis: ValueAnalysis) -> dict[str, object]:
    """The whole analysis for JSON."""
    costs, improvement = analysis.costs, analysis.improvement
    return {
        "instrument": costs.instrument,
        "scale": costs.scale,
        "direction": costs.direction.value,
        "status": costs.status,
        "released": analysis.released,
        "adjusted_for": list(costs.adjusted_for),
        "sdc": costs.sdc,
        "improvement": improvement.target_improvement,
        "benefits": [
            {
                "worth": one.worth,
                "status": one.comparison.status,
                "average": one.comparison.target_improvement,
                "sigma": one.comparison.sigma,
                "tau2": one.comparison.tau2,
                "tau2_funnel": one.comparison.tau2_funnel,
                "rankability": one.comparison.rankability,
            }
            for one in analysis.benefits
        ],
        "exclusions": [
            {"reason": str(found.reason), "count": found.count} for found in costs.exclusions
        ],
        "warnings": [str(warning) for warning in costs.warnings],
        "provenance": asdict(costs.provenance) if costs.provenance else None,
        "providers": value_records(analysis),
    }
