"""Agreement and reliability in letters, for a terminal, a pipe or a log."""

from collections.abc import Sequence

from evalplat.reports.text import draw_table
from evalplat.reports.words import DASH, tidy
from evalplat.statistics.raters.agreement import AgreementRow
from evalplat.statistics.raters.limits_of_agreement import Coefficient
from evalplat.statistics.raters.reliability import ReliabilityRow


def draw_agreement(rows: Sequence[AgreementRow], *, width: int) -> str:
    """One line per scale: absolute agreement, bias and limits, concordance, kappa."""
    headers = (
        "Scale", "Pairs", "First", "Second", "Bias", "95%", "Limits of agreement", "ICC(A,1)", "95%",
        "ICC(C,1)", "Concordance", "Kappa (linear)", "Kappa (quadratic)", "Status",
    )  # fmt: skip
    cells = []
    for row in rows:
        found, limits = row.found, row.found.limits
        consistent = next((one.value for one in found.intraclass if one.form == "ICC(C,1)"), None)
        cells.append(
            (
                tidy("/".join(row.first[:2])) if row.first[1] else DASH,
                _count(found.n),
                _number(found.mean_first),
                _number(found.mean_second),
                _number(limits.bias if limits else None),
                _span(limits.bias_low if limits else None, limits.bias_high if limits else None),
                _span(limits.lower if limits else None, limits.upper if limits else None),
                _number(found.icc.value if found.icc else None),
                _span(found.icc.low if found.icc else None, found.icc.high if found.icc else None),
                _number(consistent),
                _value(found.concordance),
                _value(found.kappa_linear),
                _value(found.kappa_quadratic),
                found.status,
            )
        )
    numeric = (False, *(True,) * 12, False)
    note = (
        "Bias is the mean of second minus first; 95% of differences lie within the limits of agreement. ICC(A,1) is\n"
        "absolute agreement, ICC(C,1) leaves a constant difference between the raters out."
    )
    return draw_table(headers, cells, numeric, width=width) + f"\n{note}\n"


def draw_reliability(rows: Sequence[ReliabilityRow], *, width: int) -> str:
    """One line per scale and way of scoring, the definition's figures at the end."""
    headers = (
        "Scale", "Scored as", "Sheets", "Whole", "Items", "Alpha", "95%", "Omega", "Between items",
        "Lowest", "Highest", "SEM", "SDC", "Published r", "Published SDC", "Status",
    )  # fmt: skip
    cells = []
    for row in rows:
        found, among = row.found, row.found.correlation
        cells.append(
            (
                tidy(f"{row.instrument}/{row.scale}"),
                tidy(row.variant) or DASH,
                _count(found.n_sheets),
                _count(found.n_complete),
                str(len(found.items)) if found.items else DASH,
                _value(found.alpha),
                _span(
                    found.alpha.low if found.alpha else None,
                    found.alpha.high if found.alpha else None,
                ),
                _number(found.omega),
                _span(among.low if among else None, among.high if among else None),
                _share(found.n_floor, found.n_scored),
                _share(found.n_ceiling, found.n_scored),
                _number(found.sem),
                _number(found.sdc),
                _number(row.published_reliability),
                _number(row.published_sdc),
                found.status
                if found.status != "ok" or found.omega_status == "ok"
                else f"no omega: {found.omega_status}",
            )
        )
    numeric = (False, False, *(True,) * 13, False)
    note = (
        "Between items: lowest and highest correlation of two items. Lowest, highest: share of sheets at that end of\n"
        "the scale. SEM and SDC are from alpha in this file; the published figures stay what change is judged with."
    )
    return draw_table(headers, cells, numeric, width=width) + f"\n{note}\n"


def draw_items(rows: Sequence[ReliabilityRow], *, width: int) -> str:
    """One line per item."""
    headers = (
        "Scale", "Scored as", "Item", "Missing", "Mean", "SD", "With the rest", "Alpha without", "Loading", "Status",
    )  # fmt: skip
    cells = [
        (
            tidy(f"{row.instrument}/{row.scale}"),
            tidy(row.variant) or DASH,
            tidy(item.code),
            _share(item.n_missing, item.n_applicable),
            _number(item.mean),
            _number(item.sd),
            _number(item.rest_correlation),
            _number(item.alpha_without),
            _number(item.loading),
            "ok" if item.varies else "constant_item",
        )
        for row in rows
        for item in row.found.items
    ]
    return draw_table(headers, cells, (False,) * 3 + (True,) * 6 + (False,), width=width)


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}".replace("-", "−")


def _value(found: Coefficient | None) -> str:
    return DASH if found is None else _number(found.value)


def _span(low: float | None, high: float | None) -> str:
    return DASH if low is None or high is None else f"{_number(low)} … {_number(high)}"


def _count(value: int | None) -> str:
    return DASH if value is None else str(value)


def _share(count: int | None, of: int | None) -> str:
    return DASH if count is None or not of else f"{100 * min(count / of, 1):.0f} %"
