"""The county's report on paper: the comparison of providers on one or more scales."""

from collections.abc import Mapping, Sequence
from datetime import date

from evalplat.reports.picture import drawing
from evalplat.statistics.results import ProviderComparison


def write_county_report(
    comparison: ProviderComparison | Sequence[ProviderComparison],
    language: str,
    *,
    county: str = "",
    titles: Mapping[str, str] | None = None,
    made_on: date | None = None,
) -> bytes:
    """The county's report as PDF, the same bytes for the same input.

    comparison: one, or several that become chapters. titles: scales' names in the reader's language by
    `instrument/scale`. made_on: the day printed on the report; nothing is read from the clock.
    """
    # reportlab and matplotlib take half a second to load: only who prints waits for them.
    from evalplat.reports.county_story import draw_chapter, tell_county, word_county
    from evalplat.reports.paper import write_paper

    comparisons = (comparison,) if isinstance(comparison, ProviderComparison) else tuple(comparison)
    words = word_county(comparisons, language, county, titles or {}, made_on)
    with drawing():
        pictures = [draw_chapter(chapter, language, titles or {}) for chapter in comparisons]
        return write_paper(
            words, lambda: tell_county(comparisons, language, titles or {}, words, pictures)
        )
