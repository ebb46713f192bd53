"""Every paired effect size and its interval from moments, for all groups at once.

With d = end - baseline, SDs s_x, s_y, s_d (ddof 1), r = cor(x, y), df = n - 1 and J(m) the small-sample correction:

- mean change +- t(.975, df) s_d / sqrt(n); t = mean(d) / (s_d / sqrt(n)), p two-sided;
- d_av = mean(d) / s_av, s_av^2 = (s_x^2 + s_y^2) / 2, with Bonett's (2008) interval d_av +- 1.959964 SE,
  SE^2 = d_av^2 (s_x^4 + s_y^4 + 2 r^2 s_x^2 s_y^2) / (8 df s_av^4) + s_d^2 / (df s_av^2);
  g_av = J(2 (n - 1) / (1 + r^2)) d_av (Cousineau 2020);
- d_z = mean(d) / s_d with the exact noncentral-t interval; g_z = J(n - 1) d_z;
- d_b = mean(d) / s_x with Bonett's interval, SE^2 = d_b^2 / (2 df) + s_d^2 / (df s_x^2); g_b = J(n - 1) d_b;
- d_rm = d_z sqrt(2 (1 - r)) (Morris and DeShon 2002), d_rm +- 1.959964 sqrt((1 / n + d_rm^2 / 2n) 2 (1 - r));
- d_regional = mean(d) / s of the whole region's baseline, one s for all providers, with Bonett's interval and the df of
  that s: SE^2 = d_regional^2 / (2 df_s) + s_d^2 / (df s^2). A provider's own s would reward one with like clients.

All are in the sign of change: a deterioration of a higher-is-better scale is negative. Checked against R (t.test,
metafor's SMCC, SMCRP and SMCR, effectsize, pt) on nlme/bdf and MASS/anorexia, and against pingouin's paired `cohen`.
"""

from dataclasses import dataclass, fields

import numpy as np

from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats, Moments
from evalplat.statistics.noncentral_t import find_noncentrality_limits

CONSTANT = 1e-13
ON_A_LINE = 1e-14


@dataclass(frozen=True, slots=True)
class PairedEffects:
    """One element per group; nan where a figure does not exist (too few pairs, a constant score)."""

    mean_baseline: Floats
    mean_end: Floats
    sd_baseline: Floats
    sd_end: Floats
    r: Floats
    mean_change: Floats
    mean_change_low: Floats
    mean_change_high: Floats
    t: Floats
    p: Floats
    d_av: Floats
    d_av_low: Floats
    d_av_high: Floats
    g_av: Floats
    d_z: Floats
    d_z_low: Floats
    d_z_high: Floats
    g_z: Floats
    d_b: Floats
    d_rm: Floats
    d_rm_low: Floats
    d_rm_high: Floats
    d_b_low: Floats
    d_b_high: Floats
    g_b: Floats

    def columns(self) -> dict[str, Floats]:
        """The figures by name, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def correct_small_sample(m: Floats) -> Floats:
    """J(m) = exp(lgamma(m/2) - ln(m/2)/2 - lgamma((m-1)/2)); nan for m <= 1, where it does not exist.

    Beyond m = 200 the difference of two large logarithms loses digits, so the asymptotic series of the ratio of gamma
    functions stands in; it agrees to 1e-13 there.
    """
    from scipy.special import gammaln

    usable = m > 1 + 1e-9
    small = np.where(usable, np.minimum(m, 200.0), 2.0)
    large = np.maximum(np.where(usable, m, 200.0), 200.0)
    exact = np.exp(gammaln(small / 2) - 0.5 * np.log(small / 2) - gammaln((small - 1) / 2))
    z = (large - 1) / 2
    series = 1 - 1 / (8 * z) + 1 / (128 * z**2) + 5 / (1024 * z**3) - 21 / (32768 * z**4)
    ratio = np.sqrt(z / (z + 0.5)) * series
    return np.where(usable, np.where(m > 200, ratio, exact), np.nan)


def measure_effects(moments: Moments, *, exact_intervals: bool = True) -> PairedEffects:
    """Effect sizes of all groups. `exact_intervals=False` leaves d_z's interval out, the only slow part."""
    from scipy.special import stdtr, stdtrit

    n = moments.n.astype(float)
    with np.errstate(all="ignore"):
        df = np.where(n >= 2, n - 1, np.nan)
        mean_baseline = np.where(n >= 1, moments.mean_baseline, np.nan)
        mean_end = np.where(n >= 1, moments.mean_end, np.nan)
        change = mean_end - mean_baseline
        spread = (moments.ss_baseline + moments.ss_end) / np.maximum(n, 1)
        size = np.sqrt(moments.mean_baseline**2 + moments.mean_end**2 + spread)
        sd_x, sd_y, sd_d = (
            _deviation(squares, df, size)
            for squares in (moments.ss_baseline, moments.ss_end, moments.ss_change)
        )
        spread_x, spread_y, spread_d = (np.where(s > 0, s, np.nan) for s in (sd_x, sd_y, sd_d))
        r = _settle(moments.ss_product / df / (spread_x * spread_y))
        se = spread_d / np.sqrt(n)
        t = change / se
        margin = stdtrit(df, 0.975) * sd_d / np.sqrt(n)
        s_av = np.sqrt((sd_x**2 + sd_y**2) / 2)
        s_av = np.where(s_av > 0, s_av, np.nan)
        d_av = change / s_av
        # r s_x s_y is the covariance, which exists also where one SD is 0 and r does not.
        product = np.where(np.isnan(r), 0.0, moments.ss_product / df)
        fourth = sd_x**4 + sd_y**4 + 2 * product**2
        se_av = np.sqrt(d_av**2 * fourth / (8 * df * s_av**4) + sd_d**2 / (df * s_av**2))
        d_z = change / spread_d
        d_b, d_b_low, d_b_high = standardise(change, spread_x, sd_d, df, df)
        d_rm = d_z * np.sqrt(2 * (1 - r)) + 0.0
        se_rm = np.sqrt((1 / n + d_rm**2 / (2 * n)) * 2 * (1 - r))
        low, high = _exact_limits(t, df) if exact_intervals else (np.nan * t, np.nan * t)
        return PairedEffects(
            mean_baseline=mean_baseline,
            mean_end=mean_end,
            sd_baseline=sd_x,
            sd_end=sd_y,
            r=r,
            mean_change=change,
            mean_change_low=change - margin,
            mean_change_high=change + margin,
            t=t,
            p=2 * stdtr(df, -np.abs(t)),
            d_av=d_av,
            d_av_low=d_av - Q95 * se_av,
            d_av_high=d_av + Q95 * se_av,
            g_av=correct_small_sample(2 * df / (1 + r**2)) * d_av,
            d_z=d_z,
            d_z_low=low / np.sqrt(n),
            d_z_high=high / np.sqrt(n),
            g_z=correct_small_sample(df) * d_z,
            d_b=d_b,
            d_rm=d_rm,
            d_rm_low=d_rm - Q95 * se_rm,
            d_rm_high=d_rm + Q95 * se_rm,
            d_b_low=d_b_low,
            d_b_high=d_b_high,
            g_b=correct_small_sample(df) * d_b,
        )


def standardise(
    change: Floats, sd: Floats, sd_change: Floats, df: Floats, df_sd: Floats
) -> tuple[Floats, Floats, Floats]:
    """Mean change over an SD at baseline, with Bonett's interval. df: of the changes; df_sd: of the SD."""
    with np.errstate(all="ignore"):
        d = change / sd
        se = np.sqrt(d**2 / (2 * df_sd) + sd_change**2 / (df * sd**2))
        return d, d - Q95 * se, d + Q95 * se


def _settle(r: Floats) -> Floats:
    """A correlation within its range; of points on one line exactly 1 or -1."""
    r = np.clip(r, -1, 1)
    # What rounding leaves of 1 - r would come back as its square root in d_rm.
    return np.where(1 - np.abs(r) <= ON_A_LINE, np.sign(r), r)


def _deviation(squares: Floats, df: Floats, size: Floats) -> Floats:
    """Standard deviation; exactly 0 where nothing but the rounding of the scores themselves is left."""
    sd = np.sqrt(squares / df)
    return np.where(sd <= CONSTANT * size, 0.0 * df, sd)


def _exact_limits(t: Floats, df: Floats) -> tuple[Floats, Floats]:
    return find_noncentrality_limits(t, np.where(np.isnan(df), 0.0, df))
