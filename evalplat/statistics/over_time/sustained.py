"""Does it last? Changes from baseline to end and on to a follow-up, from one model, and who stays improved.

Formula: one mixed model for repeated measures over baseline, end and follow-up (mean by time and provider, any
covariance, REML; see `repeated_measures`); the changes are its contrasts. Retained fraction: (F - X) / (Y - X) with
Fieller's interval from both contrasts' variances and covariance. Share still improved: of the clients reliably improved
at the end and measured at follow-up, those reliably improved against their baseline then, with Wilson's interval.
Follow-ups outside a window of days after the end count as missing, and are counted.

Reference: Mallinckrodt et al. 2008; Jacobson and Truax 1991; Fieller 1954. Checked against paired t tests on complete
data, Fieller's interval of the sample's means, and counting by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import limit_faults, read_numbers
from evalplat.statistics.change import ChangeStatus, classify_change
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable
from evalplat.statistics.effects import ChangeRule
from evalplat.statistics.missing.cohort import Booleans, Cohort, Estimate, select_cohort
from evalplat.statistics.missing.repeated_measures import RepeatedMeasures, fit_repeated_measures
from evalplat.statistics.moments import Floats
from evalplat.statistics.money.fieller import Ratio, fieller
from evalplat.statistics.over_time.sustained_results import (
    NO_RATIO,
    SustainedResult,
    SustainedRow,
    Window,
)
from evalplat.statistics.publishing.release_sustained import release_sustained
from evalplat.statistics.results import Exclusion, Provenance
from evalplat.statistics.shares.proportions import measure_share

if TYPE_CHECKING:
    import pandas as pd

ALL = "*"
TO_END, TO_FOLLOW_UP, AFTER_END = (-1.0, 1.0, 0.0), (-1.0, 0.0, 1.0), (0.0, -1.0, 1.0)
IMPROVED = (ChangeStatus.IMPROVED.value, ChangeStatus.RECOVERED.value)


@dataclass(frozen=True, slots=True)
class _Followed:
    """The cohort's scores at follow-up, nan where missing or outside the window, and how many were outside."""

    cohort: Cohort
    follow_up: Floats
    early: int
    late: int
    undated: int


def analyse_sustained(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    rule: ChangeRule,
    window: Window | None = None,
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
    aside: Exclusion | None = None,
) -> SustainedResult:
    """Analyse whether change lasts on one scale.

    frame: one row per started episode with columns `provider, episode, baseline, end, follow_up` (NaN for missing), and
    for the window `follow_up_on` and `end_on` or `closed_on` (dates or None); an unknown day is inside it.
    rule: the scale's direction, and what makes its change reliable. window: None counts every follow-up. disclosure:
    None gives the whole. aside: what was set aside before.

    Raises InputRejected when the frame or the window is wrong. Too little data is a `status`, never an error.
    """
    found = _select(frame, window)
    cohort = found.cohort
    if disclosure is not None:
        kept = _count(cohort, ~np.isnan(found.follow_up))
        places = find_unpublishable(kept.tolist(), cohort.n.tolist(), disclosure)
        found = _leave_out(found, places)
        cohort = found.cohort
    scores = np.column_stack([cohort.baseline, cohort.end, found.follow_up])
    model = fit_repeated_measures(scores, group=cohort.group, groups=len(cohort.providers))
    by_provider = model.status != "too_few"
    if not by_provider:
        model = fit_repeated_measures(scores)
    improved = _judge(cohort, found.follow_up, rule)
    rows = [
        _make_row(found, model if by_provider else None, improved, place)
        for place in range(len(cohort.providers))
    ]
    changed = None if model.covariance is None else np.array(TO_FOLLOW_UP)
    result = SustainedResult(
        instrument=instrument,
        scale=scale,
        direction=rule.direction,
        window=window,
        rows=tuple(rows),
        overall=_make_row(found, model, improved, None),
        course=_trace(model, _find_shares(model)),
        n_early=found.early,
        n_late=found.late,
        n_undated=found.undated,
        sigma=None if changed is None else float(np.sqrt(changed @ model.covariance @ changed)),
        unit=_find_unit(scores),
        status=model.status,
        change_status="ok" if rule.assessable else "no_change_parameters",
        exclusions=cohort.exclusions if aside is None else (*cohort.exclusions, aside),
        warnings=tuple(_warn(by_provider, model, disclosure)),
        provenance=provenance,
    )
    return result if disclosure is None else release_sustained(result, disclosure)


def _select(frame: "pd.DataFrame", window: Window | None) -> _Followed:
    if "follow_up" not in frame.columns:
        raise InputRejected(
            Message("The table of episodes lacks what an analysis of lasting change needs."),
            [Fault("follow_up", Message("this column is missing; it is needed"))],
        )
    if window is not None and not 0 <= window.first <= window.last:
        raise InputRejected(
            Message(
                "The window from %(first)d to %(last)d days after the end holds no day.",
                first=window.first,
                last=window.last,
            )
        )
    cohort = select_cohort(frame)
    faults: list[Fault] = []
    scores = read_numbers(frame, "follow_up", faults)
    if faults:
        raise InputRejected(
            Message("The episodes cannot be analysed; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
    measured = frame["baseline"].notna().to_numpy()
    follow_up, days = scores[measured], _count_days(frame)[measured]
    made = ~np.isnan(follow_up)
    early = late = np.zeros(len(made), dtype=bool)
    if window is not None:
        early, late = made & (days < window.first), made & (days > window.last)
    return _Followed(
        cohort=cohort,
        follow_up=np.where(early | late, np.nan, follow_up),
        early=int(early.sum()),
        late=int(late.sum()),
        undated=int(np.sum(made & np.isnan(days))),
    )


def _count_days(frame: "pd.DataFrame") -> Floats:
    """Days from the end measurement, or else the closing, to the follow-up; nan where a day is unknown."""
    nothing = [None] * len(frame)
    made: list[Any] = list(frame["follow_up_on"]) if "follow_up_on" in frame.columns else nothing
    ends: list[Any] = list(frame["end_on"]) if "end_on" in frame.columns else nothing
    closed: list[Any] = list(frame["closed_on"]) if "closed_on" in frame.columns else nothing
    days = np.full(len(frame), np.nan)
    for place, (one, end, close) in enumerate(zip(made, ends, closed, strict=True)):
        start = end if isinstance(end, date) else close
        if isinstance(one, date) and isinstance(start, date):
            days[place] = (one - start).days
    return days


def _leave_out(found: _Followed, places: list[int]) -> _Followed:
    """Without the clients of providers that totals would give away."""
    if not places:
        return found
    reason = Message("The provider has too few clients to be published or derived")
    stays = ~np.isin(found.cohort.group, places)
    return replace(
        found, cohort=found.cohort.without(places, reason), follow_up=found.follow_up[stays]
    )


def _count(cohort: Cohort, holds: Booleans) -> Any:
    return np.bincount(cohort.group[holds], minlength=len(cohort.providers))


@dataclass(frozen=True, slots=True)
class _Improved:
    """Who was reliably improved at the end, and of those measured at follow-up, who still was."""

    at_end: Booleans
    measured: Booleans
    still: Booleans


def _judge(cohort: Cohort, follow_up: Floats, rule: ChangeRule) -> _Improved | None:
    if not rule.assessable:
        return None

    def improved(later: Floats) -> Booleans:
        status = classify_change(
            cohort.baseline,
            later,
            direction=rule.direction,
            sd=rule.sd,
            reliability=rule.reliability,
            sdc=rule.sdc,
        ).status
        return np.isin(status, IMPROVED)

    at_end = improved(cohort.end)
    measured = at_end & ~np.isnan(follow_up)
    return _Improved(at_end, measured, measured & improved(follow_up))


def _make_row(
    found: _Followed, model: RepeatedMeasures | None, improved: _Improved | None, place: int | None
) -> SustainedRow:
    cohort = found.cohort
    own = np.ones(len(cohort.group), bool) if place is None else cohort.group == place
    shares = None if model is None else _find_shares(model)
    to_end, to_follow_up, after_end = (
        Estimate(status="too_few")
        if model is None
        else model.contrast(line, group=place, shares=shares)
        for line in (TO_END, TO_FOLLOW_UP, AFTER_END)
    )
    row = SustainedRow(
        provider=ALL if place is None else cohort.providers[place],
        n=int(own.sum()),
        n_end=int(np.sum(own & cohort.followed)),
        n_follow_up=int(np.sum(own & ~np.isnan(found.follow_up))),
        to_end=to_end,
        to_follow_up=to_follow_up,
        after_end=after_end,
        retained=NO_RATIO if model is None else _divide(model, place, to_end, to_follow_up),
    )
    if improved is None:
        return row
    return replace(
        row,
        n_improved=int(np.sum(own & improved.at_end)),
        still=measure_share(
            int(np.sum(own & improved.still)), int(np.sum(own & improved.measured))
        ),
    )


def _divide(model: RepeatedMeasures, place: int | None, end: Estimate, later: Estimate) -> Ratio:
    if end.se is None or later.se is None or end.value is None or later.value is None:
        return NO_RATIO
    covariance = model.covary(TO_FOLLOW_UP, TO_END, group=place, shares=_find_shares(model))
    most = end.se * later.se
    return fieller(
        later.value,
        end.value,
        later.se**2,
        end.se**2,
        float(np.clip(covariance, -most, most)),
        df=end.df,
    )


def _find_shares(model: RepeatedMeasures) -> Floats | None:
    """The clients of the providers with a mean at every point, so that the whole's changes add up; None without any."""
    whole = np.where(np.isnan(model.means).any(axis=1), 0.0, model.n)
    return whole if whole.any() else None


def _trace(model: RepeatedMeasures, shares: Floats | None) -> tuple[Estimate, Estimate, Estimate]:
    """The mean scores at the three points."""
    first, end, later = (model.contrast(line, shares=shares) for line in np.eye(3).tolist())
    return first, end, later


def _find_unit(scores: Floats) -> float | None:
    """The middle one of the distances between neighbouring scores; None where all are the same."""
    gaps = np.diff(np.unique(scores[~np.isnan(scores)]))
    return float(np.median(gaps)) if len(gaps) else None


def _warn(
    by_provider: bool, model: RepeatedMeasures, rule: DisclosureRule | None
) -> Iterator[Message]:
    if model.status != "ok":
        return
    shares = _find_shares(model)
    # Published, it would say that a provider's withheld count is 0.
    if rule is None and shares is not None and float(shares.sum()) < float(model.n.sum()):
        yield Message(
            "Providers that measured nobody at the end, or nobody at follow-up, are left out of the averages."
        )
    if not by_provider:
        yield Message(
            "There are too few clients for a mean of every provider at every time: only all together are shown."
        )
