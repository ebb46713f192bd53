"""Each provider's improvement in the three models side by side: how much rests on the choice of the model."""

from evalplat.language import get_translator
from evalplat.reports.tables import Table
from evalplat.reports.words import choose_decimals, signed, span, tidy
from evalplat.statistics.results import ProviderComparison


def models_table(comparison: ProviderComparison, language: str) -> Table | None:
    """The providers that may be shown, in the comparison's order; None where only one model could be fitted."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison)
    rows = [row for row in comparison.improvements if not row.withheld and row.fixed is not None]
    if not rows:
        return None
    return Table(
        caption=_("Providers' improvement in three models, in scale points (higher is better)"),
        headers=(
            _("Provider"),
            _("A: all together"),
            _("B: by itself"),
            _("Interval of B (95%)"),
            _("C: cautious"),
        ),
        numeric=(False, True, True, True, True),
        rows=tuple(
            (
                tidy(row.provider),
                signed(row.improvement, language, decimals),
                signed(row.fixed, language, decimals),
                span(row.fixed_low, row.fixed_high, language, decimals),
                signed(row.shrunken, language, decimals),
            )
            for row in rows
        ),
        total=(),
        notes=(
            _(
                "Where A and B agree, nothing rests on the choice of the model. Positions go by A and its limits;"
                " C draws each provider towards the average."
            ),
        ),
    )
