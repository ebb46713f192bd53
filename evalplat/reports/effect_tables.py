"""Effect sizes in plain sentences, as rows for pages, and unrounded for programs.

An effect size is always named: d_av and g_av apart from SRM (d_z), which is another measure with other values.
"""

from collections.abc import Iterator
from dataclasses import asdict

from evalplat.language import get_translator, write_number
from evalplat.reports.records import Record, records_csv, write_json
from evalplat.reports.tables import Table, table_csv
from evalplat.reports.words import (
    DASH,
    choose_decimals,
    signed,
    span,
    status_note,
    tidy,
    turned_note,
)
from evalplat.statistics.publishing.release_effects import ReleasedEffects
from evalplat.statistics.results import EffectRow

LEAST_P = 0.001
NOT_HERE = ("n_improved", "n_deteriorated", "n_unchanged", "n_recovered", "change_status")
"""What a row can hold and this table does not: the page of outcomes has it."""

Turned = tuple[float | None, float | None, float | None]


def turn_figure(row: EffectRow, name: str, sign: int) -> Turned:
    """A figure of a row and the ends of its interval, turned so that more is better."""
    value: float | None = getattr(row, name)
    low, high = (getattr(row, f"{name}_{end}", None) for end in ("low", "high"))
    if value is None:
        return None, None, None
    if low is None or high is None:
        return sign * value + 0.0, None, None
    low, high = sorted((sign * low, sign * high))
    return sign * value + 0.0, low, high


def effects_table(found: ReleasedEffects, language: str) -> Table:
    """Providers' improvement, effect sizes and rank correlation with intervals; an interval stands on its own line."""
    _ = get_translator(language)
    headers = (
        _("Provider"),
        _("Measured twice"),
        _("Improvement"),
        _("Effect size by the county’s spread"),
        _("Effect size d_av"),
        _("Corrected: g_av"),
        _("SRM (d_z)"),
        _("Rank-biserial correlation"),
        _("Wilcoxon’s p"),
    )
    total = (_("All together"), *_cells(found.overall, found, language)[1:])
    return Table(
        caption=_("Effect sizes of clients’ improvement, with 95% intervals (higher is better)"),
        headers=headers,
        numeric=(False, *(True,) * (len(headers) - 1)),
        rows=tuple(_cells(row, found, language) for row in found.rows),
        total=total,
        notes=tuple(_notes(found, language)),
    )


def _cells(row: EffectRow, found: ReleasedEffects, language: str) -> tuple[str, ...]:
    sign = found.comparison.direction.sign

    def write(name: str, decimals: int = 2) -> str:
        value, low, high = turn_figure(row, name, sign)
        text = signed(value, language, decimals)
        if low is None or high is None:
            return text
        return f"{text}\n({span(low, high, language, decimals)})"

    return (
        tidy(row.provider),
        write_number(row.n_pairs, language, 0),
        write("mean_change", choose_decimals(found.comparison)),
        write("d_regional"),
        write("d_av"),
        write("g_av"),
        write("d_z"),
        write("rank_biserial"),
        write_p(row.p_wilcoxon, language),
    )


def write_p(value: float | None, language: str) -> str:
    """A p value in three decimals; a dash where there is none."""
    if value is None:
        return DASH
    if value < LEAST_P:
        return f"< {write_number(LEAST_P, language, 3)}"
    return write_number(value, language, 3)


def _notes(found: ReleasedEffects, language: str) -> Iterator[str]:
    _ = get_translator(language)
    yield turned_note(found.comparison, language)
    yield _("In brackets: the 95% interval. Nothing here is adjusted for how clients started.")
    yield _(
        "So that no client can be made out, counts and averages are rounded before anything is computed from them, and"
        " figures that few clients stand behind are left out."
    )
    if found.overall.status != "ok":
        yield _(
            "Without an average of all providers there is no common yardstick, so the effect size by the county’s"
            " spread is missing."
        )


def conclude_effects(found: ReleasedEffects, language: str) -> list[str]:
    """What a reader should know, most important first; why there is nothing, where there is nothing."""
    _ = get_translator(language)
    if not found.shows_any:
        few = _("There are too few clients with both measurements to estimate anything.")
        return [status_note(found.comparison, language) or few]
    sentences = []
    sign = found.comparison.direction.sign
    value, low, high = turn_figure(found.overall, "d_regional", sign)
    points, *_ends = turn_figure(found.overall, "mean_change", sign)
    if value is not None and points is not None:
        sentences.append(
            _(
                "Clients had improved by %(points)s points on average. That is %(size)s standard deviations of the"
                " county’s starting scores (95%% interval %(interval)s)."
            )
            % {
                "points": signed(points, language, choose_decimals(found.comparison)),
                "size": signed(value, language, 2),
                "interval": span(low, high, language, 2),
            }
        )
    sentences.append(
        _(
            "An effect size says how large a change is, not what brought it about: there is no comparison with people"
            " who got no service."
        )
    )
    return sentences


def explain_effects(language: str) -> list[tuple[str, str]]:
    """What each figure is, in a sentence or two."""
    _ = get_translator(language)
    return [
        (
            _("Effect size by the county’s spread"),
            _(
                "The average improvement divided by the standard deviation of the starting scores of all providers’"
                " clients together: one yardstick for all. A provider’s own spread would make the change of clients who"
                " are alike look larger."
            ),
        ),
        (
            _("Effect size d_av"),
            _(
                "The average improvement divided by the average spread of the provider’s own clients at the first and"
                " the last score. g_av is the same, corrected because a small group shows it too large."
            ),
        ),
        (
            _("SRM (d_z)"),
            _(
                "The average improvement divided by the spread of the clients’ changes: how much alike they changed. It"
                " is another measure than d_av; the two must not be compared with each other."
            ),
        ),
        (
            _("Rank-biserial correlation"),
            _(
                "From −1 to +1, by the order of the changes and not their distances. +1: whoever changed got better; 0:"
                " getting better and getting worse weigh the same."
            ),
        ),
        (
            _("Wilcoxon’s p"),
            _(
                "How often chance alone would make ranks at least as uneven, if nobody’s change leaned either way. A"
                " small p says nothing about the size of the change."
            ),
        ),
    ]


def effects_csv(found: ReleasedEffects, language: str | None = None) -> str:
    """One row per provider and `*`: for programs, or with a language the page's table for a spreadsheet.

    For programs changes are in the scale's own direction, unrounded; withheld cells are empty, and `status` says so.
    """
    if language is not None:
        return table_csv(effects_table(found, language))
    return records_csv(_record(row, found) for row in (*found.rows, found.overall))


def effects_json(found: ReleasedEffects) -> str:
    """The whole result as JSON, unrounded, changes in the scale's own direction; null where a figure was withheld."""
    comparison = found.comparison
    return write_json(
        {
            "instrument": comparison.instrument,
            "scale": comparison.scale,
            "direction": comparison.direction.value,
            "released": True,
            "provenance": asdict(comparison.provenance) if comparison.provenance else None,
            "overall": _record(found.overall, found),
            "providers": [_record(row, found) for row in found.rows],
        }
    )


def _record(row: EffectRow, found: ReleasedEffects) -> Record:
    record = {name: value for name, value in asdict(row).items() if name not in NOT_HERE}
    return {**record, "direction": found.comparison.direction.value}
