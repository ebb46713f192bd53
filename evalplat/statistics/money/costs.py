"""What providers' improvements cost: euros and days of all who started, per client improved and per point gained.

Per provider: mean cost of all starters with Student's interval; adjusted cost = overall mean + mean residual of the
ordinary least squares of cost on the case-mix (De Beurs); (a) cost per reliably improved client; (b) cost per point of
case-mix adjusted improvement, which is the overall mean improvement plus observed minus expected, turned so that more
is better. Costs of clients without an end measurement count. Their effect is unknown, and each ratio stands twice: as
if they had fared as the measured ones, and, pessimistically, as if they had not changed (the sum of all costs over the
effects that were measured). Days of service stand in for euros in the same way.

Reference: De Beurs et al. 2018 (costs and duration per outcome, case-mix corrected); Briggs and Fenn 1998. Checked
against R on MASS/anorexia (without covariates the cost per point is the cost per unit of gain), statsmodels' ols for
the adjusted cost, and sums by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import Cases, limit_faults, read_numbers, select_cases
from evalplat.statistics.models.case_mix import CaseMix, code_covariates, fit_case_mix, make_design
from evalplat.statistics.moments import Floats, Integers
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.money.points_years import DAYS_PER_YEAR, measure_points_years
from evalplat.statistics.money.unit_cost import Joint, find_unit, measure_joint
from evalplat.statistics.results import Exclusion, Provenance
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

EVERYBODY = "*"
PLACE = "place in the table"
EUROS, DAYS = "voucher_eur", "days"

PER_IMPROVED, PER_IMPROVED_UNCHANGED = "per_improved", "per_improved_unchanged"
PER_POINT, PER_POINT_UNCHANGED = "per_point", "per_point_unchanged"
ADJUSTED_PER_POINT, PER_POINT_YEAR = "adjusted_per_point", "per_point_year"
RATIOS = (
    PER_IMPROVED,
    PER_IMPROVED_UNCHANGED,
    PER_POINT,
    PER_POINT_UNCHANGED,
    ADJUSTED_PER_POINT,
    PER_POINT_YEAR,
)


@dataclass(frozen=True, slots=True)
class Outlay:
    """What one provider's clients used of one resource (euros or days), over all starters of whom it is known.

    low, high: 95 % interval of the mean; adjusted: case-mix adjusted mean. ratios, by name: `per_improved` and
    `per_point`: per reliably improved client, per point of adjusted improvement; `…_unchanged`: the same as if
    everybody not measured were unchanged; `adjusted_per_point`: adjusted resource over adjusted improvement;
    `per_point_year`: euros per point times year of service, where durations are known. A ratio that is not there needs
    what nobody knows. joints: what each ratio rests on. unit: the usual distance between neighbouring values.
    """

    n: int | None
    mean: float | None
    low: float | None
    high: float | None
    adjusted: float | None
    ratios: dict[str, Ratio]
    joints: dict[str, Joint]
    unit: float | None = None


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One provider, or `*` for all together.

    n_improved: reliably improved of the n_pairs, None where it is not known what is reliable. improvement: case-mix
    adjusted, turned so that more is better. euros, days: None where nothing of it is known, or where it is withheld.
    """

    provider: str
    n_started: int | None
    n_pairs: int | None
    n_improved: int | None = None
    improvement: float | None = None
    euros: Outlay | None = None
    days: Outlay | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class ValueForMoney:
    """Costs and effects of all providers on one scale (`rows`, in order of name), and of all together (`total`).

    sdc: the change beyond which a client counts as reliably improved. status: "ok", or what stands in the way of
    ratios: "no_pairs", "too_few_pairs" or "no_costs".
    """

    instrument: str
    scale: str
    direction: Direction
    adjusted_for: tuple[str, ...]
    rows: tuple[ValueRow, ...]
    total: ValueRow
    sdc: float | None
    exclusions: tuple[Exclusion, ...]
    warnings: tuple[Message, ...] = ()
    status: str = "ok"
    released: bool = False
    provenance: Provenance | None = None


@dataclass(frozen=True, slots=True)
class _Clients:
    """One element per started episode; nan where something is not known. used: raw and adjusted, by resource.

    improvement: adjusted; gain: as measured; improved: 1 where the gain is reliable, else 0.
    """

    gain: Floats
    improvement: Floats
    improved: Floats | None
    used: dict[str, tuple[Floats, Floats]]


def measure_costs(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    sdc: float | None = None,
    provenance: Provenance | None = None,
) -> ValueForMoney:
    """Costs and effects per provider, exact; `value.measure_value` gives what may be published.

    frame: as for `compare`, with `voucher_eur` (euros) and, where there are durations, `days` (of service): 0 or more,
    nan = not known. sdc: the smallest detectable change; an improvement greater than it is reliable.

    Raises InputRejected when the frame is wrong. Too little data is a `status`.
    """
    resources = read_resources(frame)
    cases = select_cases(with_places(frame), (*adjust, PLACE))
    names = tuple(name for name in dict.fromkeys(adjust) if name in cases.covariates)
    improvement, kept = _adjust_improvement(cases, names, direction.sign, len(frame))
    gain = np.full(len(frame), np.nan)
    gain[find_places(cases)] = direction.sign * (cases.end - cases.baseline)
    clients = _Clients(
        gain=gain,
        improvement=improvement,
        improved=None if sdc is None else np.where(np.isnan(gain), np.nan, gain > sdc),
        used={
            name: (values, _adjust_resource(frame, values, names))
            for name, values in resources.items()
        },
    )
    group = find_groups(frame, cases)
    total = _measure_row(clients, EVERYBODY, np.arange(len(frame)))
    return ValueForMoney(
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjusted_for=kept,
        rows=tuple(
            _measure_row(clients, provider, np.flatnonzero(group == place))
            for place, provider in enumerate(cases.providers)
        ),
        total=total,
        sdc=sdc,
        exclusions=cases.exclusions,
        warnings=_warn(total),
        status=_find_status(total),
        provenance=provenance,
    )


def read_resources(frame: "pd.DataFrame") -> dict[str, Floats]:
    """Euros and, where the frame has them, days; raises InputRejected for what is no amount."""
    faults: list[Fault] = []
    found: dict[str, Floats] = {}
    if EUROS not in frame.columns:
        faults.append(Fault(EUROS, Message("this column is missing; it is needed")))
    for name in (EUROS, DAYS):
        if name not in frame.columns:
            continue
        found[name] = read_numbers(frame, name, faults)
        faults += [
            Fault(
                f"row {row}, {name}",
                Message("%(value)s is below 0; give a number from 0 or nothing", value=repr(value)),
            )
            for row, value in frame[name][found[name] < 0].items()
        ]
    if faults:
        raise InputRejected(
            Message("The costs cannot be used; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
    return found


def leave_out_unpriced(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with a reason in `left_out` for the measured episodes whose euros are not known, if any are known.

    Costs and effects are then those of the same clients.
    """
    unknown = np.isnan(read_resources(frame)[EUROS])
    if unknown.all() or not unknown.any():
        return frame
    reasons = (
        frame["left_out"].to_numpy(dtype=object, copy=True)
        if "left_out" in frame.columns
        else np.full(len(frame), None, dtype=object)
    )
    measured = frame[["baseline", "end"]].notna().all(axis=1).to_numpy()
    reasons[measured & unknown] = Message("The voucher's euros are not known")
    return frame.assign(left_out=reasons)


def with_places(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with each row's place in it, to be handed to `select_cases` as a covariate."""
    return frame.assign(**{PLACE: np.arange(len(frame), dtype=float)})


def find_places(cases: Cases) -> Integers:
    """The rows of the frame that the complete cases stand in."""
    if not len(cases.end):
        return np.zeros(0, np.int64)
    return np.asarray(cases.covariates[PLACE], dtype=np.int64)


def find_groups(frame: "pd.DataFrame", cases: Cases) -> Integers:
    """Each row's provider, as its place among the cases' providers."""
    names = frame["provider"].map(lambda name: str(name).strip()).to_numpy(dtype=str)
    return np.asarray(np.searchsorted(np.asarray(cases.providers, dtype=str), names), np.int64)


def fit_cases(cases: Cases, names: tuple[str, ...]) -> CaseMix | None:
    """The case-mix model of `comparison`: the end, or the change where the baseline is not adjusted for."""
    if not len(cases.end):
        return None
    labels, coded = code_covariates(cases.covariates, names)
    response = cases.end if "baseline" in names else cases.end - cases.baseline
    return fit_case_mix(make_design(labels, coded, len(response)), response)


def _adjust_improvement(
    cases: Cases, names: tuple[str, ...], sign: int, rows: int
) -> tuple[Floats, tuple[str, ...]]:
    """Overall mean improvement + residual of each complete case, and the covariates that could be used."""
    adjusted = np.full(rows, np.nan)
    model = fit_cases(cases, names)
    if model is None:
        return adjusted, names
    if model.sigma is not None:
        mean = float(np.mean(cases.end - cases.baseline))
        adjusted[find_places(cases)] = sign * (mean + model.residual)
    return adjusted, tuple(name for name in names if name not in model.design.dropped)


def _adjust_resource(frame: "pd.DataFrame", values: Floats, names: tuple[str, ...]) -> Floats:
    """Overall mean + residual of every starter whose amount and covariates are known."""
    known = with_places(frame.drop(columns="left_out", errors="ignore")).assign(end=values)
    if "baseline" not in names:
        known = known.assign(baseline=0.0)
    cases = select_cases(known, (*names, PLACE))
    adjusted = np.full(len(frame), np.nan)
    model = fit_cases(cases, tuple(name for name in names if name in cases.covariates))
    if model is not None and model.sigma is not None:
        adjusted[find_places(cases)] = float(np.mean(cases.end)) + model.residual
    return adjusted


def _measure_row(clients: _Clients, provider: str, rows: Integers) -> ValueRow:
    gain, improved = clients.gain[rows], clients.improved
    improvement = clients.improvement[rows]
    measured = improvement[np.isfinite(improvement)]
    effects: dict[str, Floats] = {PER_POINT: improvement}
    if improved is not None:
        effects[PER_IMPROVED] = improved[rows]
    outlays = {
        name: _measure_outlay(raw[rows], adjusted[rows], effects)
        for name, (raw, adjusted) in clients.used.items()
    }
    if DAYS in clients.used:
        years = clients.used[DAYS][0][rows] / DAYS_PER_YEAR
        start = np.zeros(len(rows))
        area = measure_points_years([start, improvement], [start, years])
        joint = measure_joint(clients.used[EUROS][0][rows], area)
        outlays[EUROS].joints[PER_POINT_YEAR] = joint
        outlays[EUROS].ratios[PER_POINT_YEAR] = joint.ratio
    return ValueRow(
        provider=provider,
        n_started=len(rows),
        n_pairs=int(np.isfinite(gain).sum()),
        n_improved=None if improved is None else int(np.nansum(improved[rows])),
        improvement=float(measured.mean()) if len(measured) else None,
        euros=outlays[EUROS],
        days=outlays.get(DAYS),
    )


def _measure_outlay(raw: Floats, adjusted: Floats, effects: dict[str, Floats]) -> Outlay:
    joints = {}
    for name, effect in effects.items():
        joints[name] = measure_joint(raw, effect)
        joints[f"{name}_unchanged"] = measure_joint(raw, np.nan_to_num(effect, nan=0.0))
    joints[ADJUSTED_PER_POINT] = measure_joint(adjusted, effects[PER_POINT])
    plain = joints[PER_POINT]
    low, high = plain.cost_interval
    return Outlay(
        n=plain.n_cost,
        mean=plain.mean_cost,
        low=low,
        high=high,
        adjusted=joints[ADJUSTED_PER_POINT].mean_cost,
        ratios={name: joints[name].ratio for name in RATIOS if name in joints},
        joints=joints,
        unit=find_unit(raw),
    )


def _warn(total: ValueRow) -> tuple[Message, ...]:
    """What the reader must know of missing figures."""
    unknown = (total.n_started or 0) - ((total.euros.n or 0) if total.euros else 0)
    if not unknown:
        return ()
    return (
        Message(
            "Not every voucher's euros are known; the episodes without them are taken to have cost as much as the "
            "others of the same provider."
        ),
    )


def _find_status(total: ValueRow) -> str:
    if not total.n_pairs:
        return "no_pairs"
    if total.improvement is None:
        return "too_few_pairs"
    return "ok" if total.euros is not None and total.euros.n else "no_costs"
