"""An analysis of lasting change in plain sentences, as rows for pages, and unrounded for programs."""

from collections.abc import Iterator
from dataclasses import asdict

from evalplat.language import get_translator, write_number
from evalplat.reports.attrition_words import choose_decimals, turn, write_share
from evalplat.reports.records import Cell, records_csv, write_json
from evalplat.reports.tables import Table, table_csv
from evalplat.reports.words import DASH, signed, span, tidy
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.over_time.sustained_results import SustainedResult, SustainedRow

CHANGES = ("to_end", "to_follow_up", "after_end")


def change_word(change: str, language: str) -> str:
    """One of the three changes, in words."""
    _ = get_translator(language)
    return {
        "to_end": _("From baseline to end"),
        "to_follow_up": _("From baseline to follow-up"),
        "after_end": _("From end to follow-up"),
    }[change]


def sustained_table(result: SustainedResult, language: str) -> Table:
    """Providers' improvement to the end and to the follow-up, what is kept of it, and who stays improved."""
    _ = get_translator(language)
    columns = 8 if result.change_status == "ok" else 7
    rows = [_cells(row, result, language)[:columns] for row in (*result.rows, result.overall)]
    total = (_("All together"), *rows.pop()[1:])
    notes = [
        _("Improvement in scale points; higher is better. Averages are those of all clients with a first measurement."),
        _("Kept: the part of the improvement at the end that is still there at follow-up."),
    ]  # fmt: skip
    if result.change_status == "ok":
        notes.append(
            _("Still improved: of those clearly improved at the end and measured at follow-up.")
        )
    if result.released:
        notes.append(
            _("Where few clients stand behind a figure it is left out, and counts are rounded.")
        )
    return Table(
        caption=_("Improvement at the end and at follow-up"),
        headers=(
            _("Provider"),
            _("First measured"),
            _("At follow-up"),
            *(change_word(name, language) for name in CHANGES),
            _("Kept (95% interval)"),
            _("Still improved"),
        )[:columns],
        numeric=(False, *(True,) * (columns - 1)),
        rows=tuple(rows),
        total=total,
        notes=tuple(notes),
    )


def _cells(row: SustainedRow, result: SustainedResult, language: str) -> tuple[str, ...]:
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    return (
        tidy(row.provider),
        write_number(row.n, language, 0),
        write_number(row.n_follow_up, language, 0),
        *(signed(turn(getattr(row, name), sign)[0], language, digits) for name in CHANGES),
        _write_ratio(row.retained, language),
        write_share(row.still.share if row.still else None, language),
    )


def _write_ratio(found: Ratio, language: str) -> str:
    if found.status != "ok":
        return DASH
    ratio, low, high = (
        write_share(part, language) for part in (found.ratio, found.low, found.high)
    )
    return f"{ratio} ({low} … {high})"


def changes_table(result: SustainedResult, language: str) -> Table:
    """The three changes over all clients, with their intervals."""
    _ = get_translator(language)
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    rows = []
    for name in CHANGES:
        value, low, high = turn(getattr(result.overall, name), sign)
        rows.append(
            (
                change_word(name, language),
                signed(value, language, digits),
                span(low, high, language, digits),
            )
        )
    return Table(
        caption=_("Average improvement of all clients, in scale points (higher is better)"),
        headers=(_("How it has changed"), _("Average"), _("Interval (95%)")),
        numeric=(False, True, True),
        rows=tuple(rows),
        total=(),
        notes=(),
    )


def conclude_sustained(result: SustainedResult, language: str) -> list[str]:
    """What a reader should know, most important first."""
    return list(_conclude(result, language))


def _conclude(result: SustainedResult, language: str) -> Iterator[str]:
    _ = get_translator(language)
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    whole = result.overall
    to_end, to_follow_up, after = (getattr(whole, name) for name in CHANGES)
    if to_end.value is None or to_follow_up.value is None:
        yield _(
            "Too few clients were measured at the end and at follow-up to say whether it lasts."
        )
        return
    yield _("Clients had improved by %(end)s points at the end, and by %(later)s points at follow-up.") % {
        "end": signed(sign * to_end.value, language, digits),
        "later": signed(sign * to_follow_up.value, language, digits),
    }  # fmt: skip
    _value, low, high = turn(after, sign)
    if low is not None and high is not None:
        if low > 0:
            yield _("They went on improving after the end, more than chance explains.")
        elif high < 0:
            yield _("They lost some of it after the end, more than chance explains.")
        else:
            yield _("What happened after the end cannot be told from chance.")
    yield from _say_kept(whole.retained, language)
    if whole.still is not None and whole.still.share is not None:
        yield _(
            "Of the %(of)s clients clearly improved at the end and measured at follow-up, %(share)s still were"
            " (95%% interval %(low)s … %(high)s)."
        ) % {
            "of": write_number(whole.still.of, language, 0),
            "share": write_share(whole.still.share, language),
            "low": write_share(whole.still.low, language),
            "high": write_share(whole.still.high, language),
        }  # fmt: skip
    elif result.change_status != "ok":
        yield _(
            "How large a clear improvement is on this scale is not known, so nobody is counted."
        )


def _say_kept(found: Ratio, language: str) -> Iterator[str]:
    _ = get_translator(language)
    if found.status == "ok":
        yield _("Kept at follow-up: %(ratio)s of the improvement (95%% interval %(low)s … %(high)s).") % {
            "ratio": write_share(found.ratio, language),
            "low": write_share(found.low, language),
            "high": write_share(found.high, language),
        }  # fmt: skip
    elif found.status == "not_estimable":
        yield _(
            "The improvement at the end cannot be told from none, so no part of it can be said to be kept."
        )


def window_notes(result: SustainedResult, language: str) -> list[str]:
    """Which follow-ups count, and how many do not."""
    _ = get_translator(language)
    if result.window is None:
        return [_("Every follow-up counts, whatever its day.")]
    notes = [
        _("Follow-ups from %(first)s to %(last)s days after the end count.")
        % {"first": result.window.first, "last": result.window.last}
    ]
    counts = (
        (result.n_early, _("Earlier, left out: %(count)s.")),
        (result.n_late, _("Later, left out: %(count)s.")),
        (result.n_undated, _("Without a known day, counted in: %(count)s.")),
    )
    for count, words in counts:
        if count:
            notes.append(words % {"count": write_number(count, language, 0)})
    if any(count is None for count, _words in counts):
        notes.append(_("Others outside it, or without a known day, are too few to be shown."))
    return notes


def sustained_csv(result: SustainedResult, language: str | None = None) -> str:
    """One row per provider and `*`: for programs, or with a language the page's table for a spreadsheet."""
    if language is not None:
        return table_csv(sustained_table(result, language))
    return records_csv(sustained_record(row) for row in (*result.rows, result.overall))


def sustained_record(row: SustainedRow) -> dict[str, Cell]:
    """One provider for a program; changes in the scale's own direction."""
    record: dict[str, Cell] = {
        "provider": row.provider,
        "n": row.n,
        "n_end": row.n_end,
        "n_follow_up": row.n_follow_up,
    }
    for name in CHANGES:
        found = getattr(row, name)
        record |= {
            name: found.value,
            f"{name}_se": found.se,
            f"{name}_low": found.low,
            f"{name}_high": found.high,
            f"{name}_status": found.status,
        }
    still = row.still
    return record | {
        "retained": row.retained.ratio,
        "retained_low": row.retained.low,
        "retained_high": row.retained.high,
        "retained_status": row.retained.status,
        "n_improved": row.n_improved,
        "n_improved_measured": still.of if still else None,
        "n_still_improved": still.count if still else None,
        "still_improved_share": still.share if still else None,
        "still_improved_low": still.low if still else None,
        "still_improved_high": still.high if still else None,
        "withheld": "withheld" if row.withheld else None,
    }


def sustained_json(result: SustainedResult) -> str:
    """The whole analysis as JSON, unrounded; null where a figure was withheld or does not exist."""
    content = {
        "instrument": result.instrument,
        "scale": result.scale,
        "direction": result.direction.value,
        "status": result.status,
        "change_status": result.change_status,
        "released": result.released,
        "window_days": [result.window.first, result.window.last] if result.window else None,
        "n_early": result.n_early,
        "n_late": result.n_late,
        "n_undated": result.n_undated,
        "course": [asdict(point) for point in result.course],
        "overall": sustained_record(result.overall),
        "exclusions": [
            {"reason": str(found.reason), "count": found.count} for found in result.exclusions
        ],
        "warnings": [str(warning) for warning in result.warnings],
        "provenance": asdict(result.provenance) if result.provenance else None,
        "providers": [sustained_record(row) for row in result.rows],
    }
    return write_json(content)
