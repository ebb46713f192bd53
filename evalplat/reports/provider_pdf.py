"""One provider's report on paper: its own position beside what the county lets expect, and nobody else's name."""

from collections.abc import Mapping, Sequence
from datetime import date

from evalplat.reports.picture import drawing
from evalplat.statistics.results import ProviderComparison


def write_provider_report(
    comparison: ProviderComparison | Sequence[ProviderComparison],
    provider: str,
    language: str,
    *,
    county: str = "",
    titles: Mapping[str, str] | None = None,
    made_on: date | None = None,
) -> bytes:
    """One provider's report as PDF, the same bytes for the same input.

    comparison: one, or several that become chapters. titles: scales' names in the reader's language by
    `instrument/scale`. made_on: the day printed on the report. Raises NotFound when a comparison does not hold the
    provider.
    """
    from evalplat.reports.paper import write_paper
    from evalplat.reports.provider_story import tell_provider, word_provider

    comparisons = (comparison,) if isinstance(comparison, ProviderComparison) else tuple(comparison)
    words = word_provider(comparisons, provider, language, county, titles or {}, made_on)
    with drawing():
        return write_paper(
            words, lambda: tell_provider(comparisons, provider, language, titles or {}, words)
        )
