"""What may be published of agreement and reliability: for a whole county, so that nobody's answers can be derived.

The rule, with the thresholds of `DisclosureRule`:

1. Fewer than 5 pairs or sheets show nothing; with 5 to 9 there is a count and nothing else.
2. From 10 on there are coefficients, with two decimals; intervals and p only from 30 on.
3. Counts are rounded to multiples of 5. Of whole, scored and all sheets a larger count is withheld where it differs by
   one to four from the smaller one and the rounding would show it. A share (equal ratings, lowest and highest score,
   missing answers) has neither a small numerator nor a small rest.
4. What depends on n (intervals, degrees of freedom, p) is computed again from the rounded n. Means are rounded to a
   step so coarse that every count which is rounded to the published n could have given them, SDs to a fiftieth of their
   size; bias, limits, SEM and SDC are computed from the rounded means, SDs and coefficients.
5. Where everybody gave the same rating, or all differences are the same, a figure would tell everybody's answer: it is
   withheld, and the status alone says so.

Frozen in, frozen out; what is released is never released twice.
"""

from dataclasses import replace

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.funnel import Q95
from evalplat.statistics.publishing.suppression import may_show_share
from evalplat.statistics.raters.agreement import Agreement, AgreementRow, Intraclass, find_intervals
from evalplat.statistics.raters.limits_of_agreement import Coefficient, LimitsOfAgreement
from evalplat.statistics.raters.reliability import (
    ItemReliability,
    ReliabilityRow,
    Retest,
    ScaleReliability,
    detect_change,
    interval_alpha,
)

INTERVALS_FROM = 30
DECIMALS = 2


def release_agreement(found: Agreement, rule: DisclosureRule) -> Agreement:
    """Two ratings of the same clients, as they may be published."""
    if found.released:
        return found
    n = found.n or 0
    if rule.hides(n):
        return Agreement(None, None, status="withheld", released=True)
    shown = rule.round(n)
    if n < rule.estimates_from:
        return Agreement(shown, None, status="counts_only", released=True)
    same = found.n_same or 0
    spans = n >= INTERVALS_FROM
    limits = _release_limits(found, shown, rule, spans=spans)
    return Agreement(
        n=shown,
        n_same=rule.round(same) if may_show_share(same, n, rule) else None,
        mean_first=_mean(found.mean_first, found.sd_first, found.unit, shown, rule),
        mean_second=_mean(found.mean_second, found.sd_second, found.unit, shown, rule),
        sd_first=_sd(found.sd_first, rule),
        sd_second=_sd(found.sd_second, rule),
        correlation=_release_correlation(found.correlation, shown, spans=spans),
        intraclass=_release_intraclass(found, shown, spans=spans),
        concordance=_blur(found.concordance, spread=_stretch(n - 2, shown - 2), spans=spans),
        limits=limits,
        kappa_linear=_blur(
            found.kappa_linear, spread=_stretch(n, shown), spans=spans, fisher=False
        ),
        kappa_quadratic=_blur(
            found.kappa_quadratic, spread=_stretch(n, shown), spans=spans, fisher=False
        ),
        unit=found.unit,
        status=found.status,
        released=True,
    )


def release_row(row: AgreementRow, rule: DisclosureRule) -> AgreementRow:
    """A comparison of two raters as it may be published, with how many clients only one of them rated."""
    alone = (row.n_first_only or 0, row.n_second_only or 0)
    first, second = (None if rule.hides(count) else rule.round(count) for count in alone)
    found = release_agreement(row.found, rule)
    return replace(row, found=found, n_first_only=first, n_second_only=second)


def release_reliability(row: ReliabilityRow, rule: DisclosureRule) -> ReliabilityRow:
    """One scale's reliability as it may be published; the definition's figures stay as they are."""
    return replace(row, found=_release_scale(row.found, rule))


def release_retest(found: Retest, rule: DisclosureRule) -> Retest:
    """Test and retest as they may be published."""
    n = found.n or 0
    if n == 0:
        return found
    if rule.hides(n):
        return Retest(None, status="withheld")
    shown = rule.round(n)
    if n < rule.estimates_from:
        return Retest(shown, status="counts_only")
    sem = _sd(found.sem, rule)
    icc = found.icc
    if icc is not None:
        spans = n >= INTERVALS_FROM
        # Between neighbouring counts the interval's width goes with 1 / sqrt(n), near enough.
        icc = _blur(icc, spread=_stretch(n - 2, shown - 2), spans=spans, fisher=False)
    return Retest(
        n=shown,
        icc=icc,
        sem=sem,
        sdc=None if sem is None else detect_change(sem),
        unit=found.unit,
        status=found.status,
    )


def _release_scale(found: ScaleReliability, rule: DisclosureRule) -> ScaleReliability:
    if found.released:
        return found
    sheets, whole, scored = found.n_sheets or 0, found.n_complete or 0, found.n_scored or 0
    if rule.hides(sheets):
        return ScaleReliability(None, None, None, None, None, status="withheld", released=True)
    complete = rule.round(whole)
    known = _larger(scored, (whole,), rule)
    every = _larger(sheets, (whole, scored) if known else (whole,), rule)
    if whole < rule.estimates_from:
        few = None if rule.hides(whole) or every is None else complete
        shown = rule.round(sheets)
        return ScaleReliability(shown, None, few, None, None, status="counts_only", released=True)
    alpha = found.alpha
    if alpha is not None:
        varying = sum(item.varies for item in found.items)
        value = round(alpha.value, DECIMALS)
        alpha = Coefficient(value)
        if whole >= INTERVALS_FROM:
            low, high = interval_alpha(value, complete, varying)
            alpha = Coefficient(value, round(low, DECIMALS), round(high, DECIMALS))
    sd = _sd(found.sd, rule)
    sem = None
    if alpha is not None and found.sem is not None and sd is not None:
        sem = sd * float(np.sqrt(1 - min(max(alpha.value, 0.0), 1.0)))
    return ScaleReliability(
        n_sheets=every,
        n_scored=known,
        n_complete=complete,
        n_floor=_share(found.n_floor, scored, rule),
        n_ceiling=_share(found.n_ceiling, scored, rule),
        items=tuple(_release_item(item, rule) for item in found.items),
        alpha=alpha,
        omega=_two(found.omega),
        correlation=_blur(found.correlation, spread=None, spans=True),
        mean=_mean(found.mean, found.sd, found.unit, known or rule.round(scored), rule),
        sd=sd,
        sem=sem,
        sdc=None if sem is None else detect_change(sem),
        unit=found.unit,
        status=found.status,
        omega_status=found.omega_status,
        released=True,
    )


def _release_item(item: ItemReliability, rule: DisclosureRule) -> ItemReliability:
    applies = item.n_applicable or 0
    return ItemReliability(
        code=item.code,
        n_applicable=None if rule.hides(applies) else rule.round(applies),
        n_missing=_share(item.n_missing, applies, rule),
        rest_correlation=_two(item.rest_correlation),
        alpha_without=_two(item.alpha_without),
        loading=_two(item.loading),
        varies=item.varies,
    )


def _release_limits(
    found: Agreement, shown: int, rule: DisclosureRule, *, spans: bool
) -> LimitsOfAgreement | None:
    """Bias from the rounded means, the rest from it, the rounded SD and the rounded n."""
    from scipy.special import nctdtrit, stdtrit

    exact = found.limits
    first = _mean(found.mean_first, found.sd_first, found.unit, shown, rule)
    second = _mean(found.mean_second, found.sd_second, found.unit, shown, rule)
    if exact is None or not exact.sd or first is None or second is None:
        return None
    bias, sd = second - first + 0.0, _sd(exact.sd, rule) or 0.0
    result = LimitsOfAgreement(
        bias=bias,
        sd=sd,
        lower=bias - Q95 * sd,
        upper=bias + Q95 * sd,
        slope=_two(exact.slope),
    )
    if not spans:
        return result
    root = float(np.sqrt(shown))
    margin = float(stdtrit(shown - 1, 0.975)) * sd / root
    near, far = (
        float(nctdtrit(shown - 1, Q95 * root, level)) * sd / root for level in (0.025, 0.975)
    )
    slope = Coefficient(exact.slope or 0.0, exact.slope_low, exact.slope_high)
    slope = _blur(slope, spread=_stretch((found.n or 0) - 2, shown - 2), fisher=False) or slope
    return replace(
        result,
        bias_low=bias - margin,
        bias_high=bias + margin,
        lower_low=bias - far,
        lower_high=bias - near,
        upper_low=bias + near,
        upper_high=bias + far,
        slope_low=slope.low,
        slope_high=slope.high,
    )


def _release_intraclass(found: Agreement, shown: int, *, spans: bool) -> tuple[Intraclass, ...]:
    from scipy.special import fdtrc

    if found.squares is None or not found.squares.rest or found.icc is None:
        return tuple(Intraclass(one.form, round(one.value, DECIMALS)) for one in found.intraclass)
    intervals = find_intervals(replace(found.squares, n=shown), found.icc.value) if spans else {}
    released = []
    for one in found.intraclass:
        low, high = intervals.get(one.form, (None, None))
        blurred = Intraclass(one.form, round(one.value, DECIMALS), _two(low), _two(high))
        if spans and one.f is not None:
            f, df1 = float(f"{one.f:.3g}"), shown - 1
            df2 = shown if "(1," in one.form else shown - 1
            p = float(f"{float(fdtrc(df1, df2, f)):.2g}")
            blurred = replace(blurred, f=f, df1=df1, df2=df2, p=p)
        released.append(blurred)
    return tuple(released)


def _release_correlation(
    found: Coefficient | None, shown: int, *, spans: bool
) -> Coefficient | None:
    if found is None:
        return None
    r = round(found.value, DECIMALS)
    if not spans or abs(r) >= 1:
        return Coefficient(r)
    z, width = np.arctanh(r), Q95 / np.sqrt(shown - 3)
    return Coefficient(r, _two(float(np.tanh(z - width))), _two(float(np.tanh(z + width))))


def _blur(
    found: Coefficient | None, *, spread: float | None, spans: bool = True, fisher: bool = True
) -> Coefficient | None:
    """Two decimals; an interval's half widths (in Fisher's z) are stretched by `spread`, None leaves them."""
    if found is None:
        return None
    if found.low is None or found.high is None or not spans:
        return Coefficient(round(found.value, DECIMALS))
    low, high = found.low, found.high
    if spread is not None and fisher:
        middle = np.arctanh(found.value)
        low, high = (
            float(np.tanh(middle + (np.arctanh(end) - middle) * spread)) for end in (low, high)
        )
    elif spread is not None:
        low, high = (found.value + (end - found.value) * spread for end in (low, high))
    return Coefficient(round(found.value, DECIMALS), _two(low), _two(high))


def _stretch(n: int, shown: int) -> float:
    """How much wider an interval is at the published count than at the exact one."""
    return float(np.sqrt(n / shown))


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _larger(count: int, parts: tuple[int, ...], rule: DisclosureRule) -> int | None:
    """A count beside those of its parts; None where a difference of one to four would show in the rounding."""
    shown = rule.round(count)
    told = any(rule.hides(count - part) and rule.round(part) != shown for part in parts)
    return None if told else shown


def _share(count: int | None, of: int, rule: DisclosureRule) -> int | None:
    number = count or 0
    return rule.round(number) if may_show_share(number, of, rule) else None


def _sd(sd: float | None, rule: DisclosureRule) -> float | None:
    return _round_to(sd, rule.step(sd)) if sd else None


def _mean(
    mean: float | None, sd: float | None, unit: float | None, shown: int, rule: DisclosureRule
) -> float | None:
    """A mean of `unit` steps on a grid that every count published as `shown` could have given; see `disclosure`."""
    if mean is None or not sd:
        return None
    fine = rule.step(sd)
    return _round_to(mean, rule.coarse_step(fine, sd, unit, shown))


def _round_to(value: float, step: float) -> float:
    digits = max(0, 1 - int(np.floor(np.log10(step))))
    return round(round(value / step) * step, digits) + 0.0
