"""A trend over quarters as rows: in the reader's words for pages and the terminal, and unrounded for programs."""

from dataclasses import asdict
from datetime import date

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.records import Record
from evalplat.reports.tables import Table
from evalplat.reports.words import name_some, signed, span, tidy
from evalplat.statistics.over_time.ewma import WEIGHT, WIDTH, Signal
from evalplat.statistics.over_time.trend_results import Series, Trend, TrendPoint


def quarter_word(quarter: date, language: str) -> str:
    """A quarter's name, such as `2026 Q1`."""
    _ = get_translator(language)
    return _("%(year)s Q%(number)s") % {
        "year": quarter.year,
        "number": (quarter.month - 1) // 3 + 1,
    }


def signal_word(signal: Signal, language: str) -> str:
    """What a moving average beyond its limits is called: a reason to look, not a judgement."""
    _ = get_translator(language)
    return {
        Signal.NONE: "",
        Signal.HIGHER: _("worth a look: higher than the county’s average"),
        Signal.LOWER: _("worth a look: lower than the county’s average"),
    }[signal]


def choose_trend_decimals(trend: Trend) -> int:
    """As many decimals as the scale deserves."""
    if trend.sigma is None or trend.sigma >= 3:
        return 1
    return 2 if trend.sigma >= 0.3 else 3


def series_table(trend: Trend, series: Series, language: str) -> Table:
    """One series, a row per quarter: the county's, or a provider's."""
    _ = get_translator(language)
    digits = choose_trend_decimals(trend)
    is_county = series is trend.county
    headers = (
        _("Quarter"), _("Started"), _("Measured twice"), _("Improvement"), _("Interval (95%)"),
        _("Moving average"), _("Its limits"), _("To note"),
    )  # fmt: skip
    rows = tuple(
        (
            quarter_word(point.quarter, language),
            write_number(point.n_started, language, 0),
            write_number(point.n_pairs, language, 0),
            signed(point.improvement, language, digits),
            span(point.low, point.high, language, digits),
            signed(_known(point, point.average), language, digits),
            span(_known(point, point.average_low), point.average_high, language, digits),
            signal_word(point.signal, language),
        )
        for point in series.points
    )
    kept = [place for place in range(len(headers)) if is_county or place != 1 or not trend.released]
    return Table(
        caption=_("The county by quarter") if is_county else tidy(series.provider),
        headers=tuple(headers[place] for place in kept),
        numeric=tuple(0 < place < 7 for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in rows),
        total=(),
        notes=tuple(_notes(trend, language, _)) if is_county else (),
    )


def _known(point: TrendPoint, value: float | None) -> float | None:
    """A figure of the moving average, in a quarter that has something to tell."""
    return None if point.improvement is None else value


def _notes(trend: Trend, language: str, _: Translate) -> list[str]:
    notes = []
    if trend.when == "opened_on":
        notes.append(
            _(
                "A quarter holds the episodes that were opened in it. The last quarters rest on those who have already"
                " finished, and may change."
            )
        )
    notes.append(
        _(
            "Moving average: a quarter weighs %(share)s of 100, all earlier ones the rest. Beyond its limits it is"
            " worth a look."
        )
        % {"share": write_number(100 * trend.weight, language, 0)}
    )
    if (trend.weight, trend.width) == (WEIGHT, WIDTH):
        notes.append(
            _("Chance alone leads a moving average beyond its limits about once in 550 quarters.")
        )
    if trend.released:
        notes.append(
            _("Where few clients stand behind a figure it is left out, and counts are rounded.")
        )
    return notes


def providers_trend_table(trend: Trend, language: str) -> Table:
    """Every provider's improvement by quarter, and where its moving average is worth a look."""
    _ = get_translator(language)
    digits = choose_trend_decimals(trend)
    shown: list[Series] = []
    silent: list[Series] = []
    for series in trend.providers:
        has_figures = any(point.improvement is not None for point in series.points)
        (shown if has_figures else silent).append(series)
    quarters = [quarter_word(quarter, language) for quarter in trend.quarters]
    notes = [_("A dash: too few clients in that quarter.")] if shown else []
    if silent:
        names = ", ".join(tidy(series.provider) for series in silent)
        notes.append(_("Too few clients in every quarter: %(names)s.") % {"names": names})
    return Table(
        caption=_("Improvement by provider and quarter"),
        headers=(_("Provider"), *quarters, _("Worth a look")),
        numeric=(False, *(True for _quarter in quarters), False),
        rows=tuple(_provider_cells(series, language, digits) for series in shown),
        total=(_("All together"), *_provider_cells(trend.county, language, digits)[1:]),
        notes=tuple(notes),
    )


def _provider_cells(series: Series, language: str, digits: int) -> tuple[str, ...]:
    """A provider's figures, and the last quarter worth a look, which tells more than each of a row of them."""
    _ = get_translator(language)
    note = ""
    if series.signals:
        last = series.signals[-1]
        word = _("higher") if last.signal is Signal.HIGHER else _("lower")
        note = f"{quarter_word(last.quarter, language)}: {word}"
    figures = (signed(point.improvement, language, digits) for point in series.points)
    return (tidy(series.provider), *figures, note)


def trend_records(trend: Trend) -> list[Record]:
    """One record per provider and quarter, `*` the county first; improvements are turned so that more is better."""
    return [
        _record(series, point)
        for series in (trend.county, *trend.providers)
        for point in series.points
    ]


def _record(series: Series, point: TrendPoint) -> Record:
    return {
        "provider": series.provider,
        "quarter": point.quarter.isoformat(),
        "n_started": point.n_started,
        "n_pairs": point.n_pairs,
        "improvement": point.improvement,
        "se": point.se,
        "low": point.low,
        "high": point.high,
        "average": point.average,
        "average_low": point.average_low,
        "average_high": point.average_high,
        "signal": point.signal.value,
        "withheld": "withheld" if point.withheld else None,
    }


def trend_content(trend: Trend) -> dict[str, object]:
    """The whole trend for JSON."""
    return {
        "instrument": trend.instrument,
        "scale": trend.scale,
        "direction": trend.direction.value,
        "status": trend.status,
        "released": trend.released,
        "adjusted_for": list(trend.adjusted_for),
        "when": trend.when,
        "target": trend.target,
        "sigma": trend.sigma,
        "weight": trend.weight,
        "width": trend.width,
        "exclusions": [
            {"reason": str(found.reason), "count": found.count} for found in trend.exclusions
        ],
        "provenance": asdict(trend.provenance) if trend.provenance else None,
        "points": trend_records(trend),
    }


def trend_sentences(trend: Trend, language: str) -> list[str]:
    """The county's trend in a sentence, and who is worth a look in another."""
    _ = get_translator(language)
    if trend.status != "ok" or trend.target is None:
        why = {
            "no_pairs": _(
                "No client has both measurements in this period, so there is no trend yet."
            ),
            "no_variation": _("Everybody improved exactly as expected: there is no trend to tell."),
        }.get(trend.status, _("There are too few clients with both measurements to tell a trend."))
        return [why]
    latest = next(
        (point for point in reversed(trend.county.points) if point.improvement is not None), None
    )
    if latest is None:
        return [_("No quarter has enough clients to be shown.")]
    digits = choose_trend_decimals(trend)
    first = _(
        "Clients of %(quarter)s improved by %(improvement)s points; the average over all quarters is %(target)s."
    ) % {
        "quarter": quarter_word(latest.quarter, language),
        "improvement": signed(latest.improvement, language, digits),
        "target": signed(trend.target, language, digits),
    }
    signals = [one for one in (trend.county, *trend.providers) if one.signals]
    if not signals:
        return [first, _("No series has drifted from it further than chance explains.")]
    names = [_("the county") if one is trend.county else one.provider for one in signals]
    return [first, _("Worth a look: %(names)s.") % {"names": name_some(names, language)}]
