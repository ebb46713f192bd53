"""Agreement and reliability for programs: one flat record a row, unrounded, with stable names."""

from collections.abc import Sequence
from dataclasses import asdict

from evalplat.reports.records import Record
from evalplat.statistics.raters.agreement import FORMS, AgreementRow
from evalplat.statistics.raters.limits_of_agreement import Coefficient
from evalplat.statistics.raters.reliability import ReliabilityRow

LIMITS = (
    "bias", "bias_low", "bias_high", "sd", "lower", "lower_low", "lower_high", "upper", "upper_low", "upper_high",
    "slope", "slope_low", "slope_high", "slope_p",
)  # fmt: skip


def agreement_records(rows: Sequence[AgreementRow]) -> list[Record]:
    """One record per comparison of two raters: counts, means, coefficients with intervals, limits of agreement.

    Differences are second minus first. Names: `icc_a_1` is ICC(A,1), with `_low`, `_high`, `_f`, `_df1`, `_df2`, `_p`.
    """
    return [_agreement(row) for row in rows]


def _agreement(row: AgreementRow) -> Record:
    found = row.found
    record: Record = {
        "instrument": row.first[0],
        "scale": row.first[1],
        "first": row.first[2],
        "second_instrument": row.second[0],
        "second_scale": row.second[1],
        "second": row.second[2],
        "point": row.point,
        "standardised": "yes" if row.standardised else "no",
        "n": found.n,
        "n_first_only": row.n_first_only,
        "n_second_only": row.n_second_only,
        "n_same": found.n_same,
        "mean_first": found.mean_first,
        "mean_second": found.mean_second,
        "sd_first": found.sd_first,
        "sd_second": found.sd_second,
        **_coefficient("r", found.correlation),
    }
    forms = {one.form: one for one in found.intraclass}
    for form in FORMS:
        name = "icc_" + form[4:-1].lower().replace(",", "_")
        one = forms.get(form)
        record[name] = None if one is None else one.value
        for figure in ("low", "high", "f", "df1", "df2", "p"):
            record[f"{name}_{figure}"] = None if one is None else getattr(one, figure)
    record |= _coefficient("concordance", found.concordance)
    record |= _coefficient("kappa_linear", found.kappa_linear)
    record |= _coefficient("kappa_quadratic", found.kappa_quadratic)
    for figure in LIMITS:
        name = {"sd": "sd_difference"}.get(figure, figure)
        record[name] = None if found.limits is None else getattr(found.limits, figure)
    return {**record, "status": found.status}


def reliability_records(rows: Sequence[ReliabilityRow]) -> list[Record]:
    """One record per scale and way of scoring; `published_…` are the definition's own figures."""
    return [_reliability(row) for row in rows]


def _reliability(row: ReliabilityRow) -> Record:
    found = row.found
    return {
        "instrument": row.instrument,
        "scale": row.scale,
        "variant": row.variant,
        "n_items": len(found.items),
        "n_sheets": found.n_sheets,
        "n_scored": found.n_scored,
        "n_complete": found.n_complete,
        **_coefficient("alpha", found.alpha),
        "omega": found.omega,
        "item_correlation_mean": found.correlation.value if found.correlation else None,
        "item_correlation_lowest": found.correlation.low if found.correlation else None,
        "item_correlation_highest": found.correlation.high if found.correlation else None,
        "mean": found.mean,
        "sd": found.sd,
        "n_floor": found.n_floor,
        "n_ceiling": found.n_ceiling,
        "sem": found.sem,
        "sdc": found.sdc,
        "published_sd": row.published_sd,
        "published_reliability": row.published_reliability,
        "published_reliability_type": row.published_reliability_type or None,
        "published_sdc": row.published_sdc,
        "status": found.status,
        "omega_status": found.omega_status,
    }


def item_records(rows: Sequence[ReliabilityRow]) -> list[Record]:
    """One record per item of each scale and way of scoring."""
    return [
        {
            "instrument": row.instrument,
            "scale": row.scale,
            "variant": row.variant,
            **{name: value for name, value in asdict(item).items() if name != "varies"},
            "status": "ok" if item.varies else "constant_item",
        }
        for row in rows
        for item in row.found.items
    ]


def _coefficient(name: str, found: Coefficient | None) -> Record:
    if found is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
