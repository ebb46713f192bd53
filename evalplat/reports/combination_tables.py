"""Scales side by side as rows: in the reader's words for pages and the terminal, and unrounded for programs."""

from collections.abc import Mapping

from evalplat.language import get_translator, write_number
from evalplat.reports.records import Record
from evalplat.reports.tables import Table
from evalplat.reports.words import DASH, signed, span, tidy, verdict_word
from evalplat.statistics.scales.combination import Combination, Standardised, StandardisedScale
from evalplat.statistics.scales.composite import Composite


def title_of_scale(scale: StandardisedScale, titles: Mapping[str, str] | None) -> str:
    """A scale's title as the caller knows it, else its key."""
    return tidy((titles or {}).get(scale.key) or scale.key)


def scales_table(
    combination: Combination, language: str, titles: Mapping[str, str] | None = None
) -> Table:
    """Providers × scales: adjusted improvement in the county's baseline SDs, with its interval."""
    _ = get_translator(language)
    cells = [{row.provider: row for row in scale.rows} for scale in combination.scales]
    rows = tuple(
        (tidy(provider), *(_cell(rows.get(provider), language) for rows in cells))
        for provider in combination.providers
    )
    notes = [
        _(
            "Improvement, adjusted, in standard deviations of the clients' starting scores in the county: 0.2 is"
            " little, 0.5 is middling, 0.8 is much. In brackets: from … to (95%). Higher is better on every scale."
        ),
        _("Scales measure different things. A provider may help with one and not with another."),
    ]
    if combination.released:
        notes.append(
            _("Where few clients stand behind a figure it is left out, and counts are rounded.")
        )
    return Table(
        caption=_("Improvement on several scales"),
        headers=(_("Provider"), *(title_of_scale(one, titles) for one in combination.scales)),
        numeric=(False, *(True for _one in combination.scales)),
        rows=rows,
        total=(
            _("All together"),
            *(signed(one.average, language, 2) for one in combination.scales),
        ),
        notes=tuple(notes),
    )


def _cell(row: Standardised | None, language: str) -> str:
    if row is None or row.improvement is None:
        return DASH
    if row.low is None:
        return signed(row.improvement, language, 2)
    return f"{signed(row.improvement, language, 2)} ({span(row.low, row.high, language, 2)})"


def frame_table(
    combination: Combination, language: str, titles: Mapping[str, str] | None = None
) -> Table:
    """What each scale rests on: clients, the county's average, its baseline SD, whether providers can be told apart."""
    _ = get_translator(language)
    rows = []
    for scale in combination.scales:
        found = scale.comparison
        rows.append(
            (
                title_of_scale(scale, titles),
                write_number(found.n_started, language, 0),
                write_number(found.n_pairs, language, 0),
                signed(scale.average, language, 2),
                write_number(scale.sd, language, 1),
                write_number(found.rankability, language, 2),
                _positions(scale, language),
            )
        )
    return Table(
        caption=_("What each scale rests on"),
        headers=(
            _("Scale"), _("Started"), _("Measured twice"), _("Average"), _("Baseline SD in points"),
            _("Rankability"), _("Beyond expected variation"),
        ),
        numeric=(False, True, True, True, True, True, False),
        rows=tuple(rows),
        total=(),
        notes=(),
    )  # fmt: skip


def _positions(scale: StandardisedScale, language: str) -> str:
    beyond = [
        f"{tidy(row.provider)} ({verdict_word(row.verdict, language)})"
        for row in scale.rows
        if row.verdict.value in ("above", "below") and not row.withheld
    ]
    return ", ".join(beyond) or DASH


def composite_table(
    composite: Composite, language: str, titles: Mapping[str, str] | None = None
) -> Table:
    """The composite: difference from the county with its interval, its reliability, and what weighs how much."""
    _ = get_translator(language)
    names = [tidy((titles or {}).get(key) or key) for key in composite.scales]
    rows = []
    for row in composite.rows:
        weights = (
            [write_number(100 * weight, language, 0) for weight in row.weights]
            if row.weights
            else [DASH] * len(names)
        )
        rows.append(
            (
                tidy(row.provider),
                signed(row.difference, language, 2),
                span(row.low, row.high, language, 2),
                write_number(row.reliability, language, 2),
                *weights,
            )
        )
    weight = _("Weight of %(scale)s, of 100")
    return Table(
        caption=_("A composite of these scales"),
        headers=(
            _("Provider"), _("Difference from the county"), _("Interval (95%)"), _("Reliability"),
            *(weight % {"scale": name} for name in names),
        ),
        numeric=(False, *(True for _column in range(3 + len(names)))),
        rows=tuple(rows),
        total=(),
        notes=tuple(_composite_notes(composite, language)),
    )  # fmt: skip


def _composite_notes(composite: Composite, language: str) -> list[str]:
    _ = get_translator(language)
    if composite.status == "few_in_common":
        return [_("Too few clients have all of these scales, so there is no composite.")]
    if composite.status == "no_estimates":
        return [_("Too few providers have figures on two scales, so there is no composite.")]
    value = {"value": write_number(composite.rankability, language, 2)}
    notes = [
        _(
            "A composite hides on which scale a provider's clients improved. Read it only beside the scales. A more"
            " precise scale weighs more, and one that says the same again weighs little."
        ),
        _("Rankability of the composite: %(value)s of at most 1.") % value,
    ]
    if composite.rankability is not None and composite.rankability < 0.5:
        notes.append(_("That is too little to tell providers apart by it."))
    return notes


def combination_records(combination: Combination) -> list[Record]:
    """One record per scale and provider, unrounded; improvements in SDs, turned so that more is better."""
    records: list[Record] = []
    for scale in combination.scales:
        for row in scale.rows:
            records.append(
                {
                    "instrument": scale.comparison.instrument,
                    "scale": scale.comparison.scale,
                    "provider": row.provider,
                    "n_pairs": row.n,
                    "improvement_sd": row.improvement,
                    "low": row.low,
                    "high": row.high,
                    "verdict": row.verdict.value,
                    "baseline_sd": scale.sd,
                    "withheld": "withheld" if row.withheld else None,
                }
            )
    if combination.composite is not None:
        records += [
            {
                "instrument": "",
                "scale": "composite",
                "provider": row.provider,
                "n_pairs": None,
                "improvement_sd": row.difference,
                "low": row.low,
                "high": row.high,
                "verdict": None,
                "baseline_sd": None,
                "withheld": None,
            }
            for row in combination.composite.rows
        ]
    return records


def combination_content(combination: Combination) -> dict[str, object]:
    """The whole combination for JSON."""
    composite = combination.composite
    return {
        "released": combination.released,
        "scales": [
            {
                "instrument": one.comparison.instrument,
                "scale": one.comparison.scale,
                "direction": one.comparison.direction.value,
                "status": one.comparison.status,
                "baseline_sd": one.sd,
                "average_sd": one.average,
                "n_started": one.comparison.n_started,
                "n_pairs": one.comparison.n_pairs,
                "rankability": one.comparison.rankability,
            }
            for one in combination.scales
        ],
        "providers": [row for row in combination_records(combination) if row["instrument"]],
        "composite": None
        if composite is None
        else {
            "scales": list(composite.scales),
            "status": composite.status,
            "correlations": [list(line) for line in composite.correlations],
            "n_both": [list(line) for line in composite.n_both],
            "tau2": composite.tau2,
            "rankability": composite.rankability,
            "providers": [
                {
                    "provider": row.provider,
                    "scales": row.scales,
                    "difference_sd": row.difference,
                    "low": row.low,
                    "high": row.high,
                    "reliability": row.reliability,
                    "weights": list(row.weights),
                }
                for row in composite.rows
            ],
        },
    }
