"""What verdicts, directions, scales and numbers are called, once for pages, figures and papers."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from evalplat.errors import Message, NotFound
from evalplat.language import get_translator, write_date, write_number
from evalplat.statistics.results import Improvement, ProviderComparison
from evalplat.vocabulary import Direction, MeasurementPoint, Verdict

RANKABLE = 0.5
"""From this rankability on, providers may be put in order of their results."""

DASH = "–"

MOST_NAMED = 5


def tidy(text: object) -> str:
    """A name as one printable line: control, private and direction-turning characters taken out."""
    kept = (" " if mark.isspace() else mark for mark in str(text))
    return " ".join("".join(m for m in kept if not unicodedata.category(m).startswith("C")).split())


def verdict_word(verdict: Verdict, language: str) -> str:
    """A verdict in words that neither praise nor blame."""
    _ = get_translator(language)
    return {
        Verdict.ABOVE: _("above expected variation"),
        Verdict.AS_EXPECTED: _("within expected variation"),
        Verdict.BELOW: _("below expected variation"),
        Verdict.TOO_FEW: _("too few clients to say"),
    }[verdict]


def point_word(point: str, language: str) -> str:
    """A measurement point's name; an unknown one stays as it is."""
    _ = get_translator(language)
    return {
        MeasurementPoint.BASELINE.value: _("Baseline"),
        MeasurementPoint.MIDPOINT.value: _("Midpoint"),
        MeasurementPoint.END.value: _("End"),
        MeasurementPoint.FOLLOW_UP.value: _("Follow-up"),
    }.get(str(point), str(point))


def direction_word(direction: Direction | None, language: str) -> str:
    """Which way a scale improves; nothing where it has no direction."""
    _ = get_translator(language)
    if direction is None:
        return ""
    return _("higher is better") if direction is Direction.HIGHER_BETTER else _("lower is better")


def turned_note(comparison: ProviderComparison, language: str) -> str:
    """Why every figure says that higher is better, whatever the scale does."""
    _ = get_translator(language)
    if comparison.direction is Direction.LOWER_BETTER:
        return _(
            "On the scale itself a lower score is better. Improvement is turned: here a higher figure is better."
        )
    return _("A higher score is better on this scale, and a higher improvement is better here.")


def scale_key(comparison: ProviderComparison) -> str:
    """The key by which titles of scales are handed in: `instrument/scale`."""
    return f"{comparison.instrument}/{comparison.scale}"


def scale_title(comparison: ProviderComparison, titles: Mapping[str, str] | None = None) -> str:
    """A scale's title as the caller knows it, else its key."""
    return tidy((titles or {}).get(scale_key(comparison)) or scale_key(comparison))


def choose_decimals(comparison: ProviderComparison) -> int:
    """As many decimals as the scale deserves: one where clients differ by points, more on short scales."""
    sigma = comparison.sigma
    if sigma is None or sigma >= 3:
        return 1
    return 2 if sigma >= 0.3 else 3


def local_days(text: str, language: str) -> str:
    """A text with its days (2026-11-24) in the reader's format."""

    def local(match: re.Match[str]) -> str:
        try:
            return write_date(date.fromisoformat(match.group()), language)
        except ValueError:
            return match.group()

    return re.sub(r"\b\d{4}-\d\d-\d\d\b", local, tidy(text))


def signed(value: float | None, language: str, decimals: int) -> str:
    """A difference with its sign: +4.2, −1.3, 0.0; a dash where there is none."""
    text = write_number(value, language, decimals)
    return f"+{text}" if value is not None and round(value, decimals) > 0 else text


def span(low: float | None, high: float | None, language: str, decimals: int) -> str:
    """An interval in words that survive a minus sign: `−1.3 … +4.2`."""
    if low is None or high is None:
        return DASH
    return f"{signed(low, language, decimals)} … {signed(high, language, decimals)}"


def is_rankable(comparison: ProviderComparison) -> bool:
    """Whether the differences between providers are certain enough to be put in order."""
    return comparison.rankability is not None and comparison.rankability >= RANKABLE


def order_note(comparison: ProviderComparison, language: str) -> str:
    """In which order providers stand, and why."""
    _ = get_translator(language)
    if comparison.rankability is None:
        return _("Providers stand in order of name.")
    value = {"value": write_number(comparison.rankability, language, 2)}
    if is_rankable(comparison):
        return (
            _("Providers stand in order of their estimates. Rankability is %(value)s of at most 1.")
            % value
        )
    return (
        _(
            "Providers stand in order of name, not of results: the differences are too uncertain to"
            " rank (rankability %(value)s; ranking needs 0.5)."
        )
        % value
    )


def shown(comparison: ProviderComparison) -> tuple[Improvement, ...]:
    """The providers that may and can be drawn: not withheld, with pairs and an adjusted improvement."""
    return tuple(
        row
        for row in comparison.improvements
        if not row.withheld and row.n is not None and row.improvement is not None
    )


def status_note(comparison: ProviderComparison, language: str) -> str:
    """Why a comparison has no or few figures; nothing where all is well."""
    _ = get_translator(language)
    return {
        "no_pairs": _(
            "No client has both measurements in this period, so nothing can be compared yet."
        ),
        "too_few_pairs": _(
            "There are too few clients with both measurements to estimate anything."
        ),
        "no_variation": _(
            "The scores do not differ from what was expected at all: nothing to compare."
        ),
        "one_provider": _(
            "Only one provider has clients with both measurements: nothing to compare."
        ),
    }.get(comparison.status, "")


def hidden_note(comparison: ProviderComparison, drawn: int, language: str) -> str:
    """How many providers a figure leaves out; nothing where it shows them all."""
    _ = get_translator(language)
    count = len(comparison.rows) - drawn
    if count <= 0:
        return ""
    return _("Providers not shown, because they have too few clients: %(count)s.") % {
        "count": count
    }


def find_provider(comparison: ProviderComparison, provider: str) -> Improvement:
    """One provider's row. Raises NotFound when the comparison does not hold the provider."""
    for row in comparison.improvements:
        if row.provider == provider:
            return row
    raise NotFound(Message("There is no provider %(name)s in this comparison.", name=provider))


def count_verdicts(rows: Iterable[Improvement]) -> dict[Verdict, int]:
    """How many providers stand where, every verdict named."""
    counts = dict.fromkeys(Verdict, 0)
    for row in rows:
        counts[row.verdict] += 1
    return counts


def name_some(names: Sequence[str], language: str) -> str:
    """The first names and how many more there are."""
    _ = get_translator(language)
    shown = ", ".join(tidy(name) for name in names[:MOST_NAMED])
    more: dict[str, object] = {"names": shown, "count": len(names) - MOST_NAMED}
    return shown if len(names) <= MOST_NAMED else _("%(names)s and %(count)s more") % more
