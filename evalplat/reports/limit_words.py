"""Which limits are drawn and decide on a position, and why they are not the reference's, in words."""

from evalplat.language import get_translator, write_number
from evalplat.statistics.funnel import Q998
from evalplat.statistics.models.robust_spread import LEAST_PROVIDERS
from evalplat.statistics.results import ProviderComparison


def limit_notes(comparison: ProviderComparison, language: str) -> list[str]:
    """The limits in a statistician's words; nothing where there are none."""
    _ = get_translator(language)
    spread = comparison.verdict_spread
    if spread is None:
        return []
    limits = _(
        "Funnel: limits at the target plus or minus %(narrow)s (95%%) and %(wide)s (99.8%%) times the square root of"
        " squared standard error plus the variance between providers."
    ) % {
        "narrow": write_number(spread.q95, language, 2),
        "wide": write_number(spread.q998, language, 2),
    }
    if spread.q998 == Q998:
        few = _(
            "The variance is estimated as Spiegelhalter (2005) does, from z scores winsorised at their 10th and 90th"
            " percentiles, because there are fewer than %(least)s providers."
        )
        return [limits, few % {"least": LEAST_PROVIDERS}]
    return [
        limits,
        _(
            "The variance is the one with which the mean square of the z scores, winsorised at their 10th and 90th"
            " percentiles, is what it is for normal values (Paule and Mandel); a few providers far out hardly change"
            " it. The factors are Student's t, because the variance is estimated from these providers."
        ),
        _(
            "Positions go by these limits, beyond which at most 4 of 1,000 ordinarily differing providers lie. The data"
            " files also hold limits, z and p values by Spiegelhalter's formulas (2005), for comparison with other"
            " programs. These count part of the ordinary differences as chance, so that 10 to 30 of 1,000 ordinary"
            " providers lie beyond them."
        ),
    ]
