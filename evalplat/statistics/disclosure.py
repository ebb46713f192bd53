"""What may be published of a comparison."""

from dataclasses import dataclass

from evalplat.statistics.results import ProviderComparison


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """Thresholds of what is published."""

    hide_below: int = 5
    estimates_from: int = 10
    round_to: int = 5
    rank_from: float = 0.5


def release(comparison: ProviderComparison, rule: DisclosureRule) -> ProviderComparison:
    """The comparison as it may be published."""
    return comparison
