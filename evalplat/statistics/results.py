"""What the statistics module hands out: frozen, unrounded, the same object for every page, figure and file.

Changes are end minus baseline in the scale's own direction. `Improvement` turns them so that more is better; that is
what people are shown.
"""

from dataclasses import dataclass, field

from evalplat.errors import Message
from evalplat.statistics.models.model_results import ModelCard, ProviderEffect
from evalplat.vocabulary import Direction, Verdict

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """One provider of a comparison. A None was not computable, or was withheld by the release function.

    gain: mean change of the provider's pairs. expected: mean predicted end score. adjusted_gain: overall mean change
    plus observed_minus_expected. se: sigma / sqrt(n). low95 … high998: over-dispersed funnel limits at this n, by the
    reference. verdict_low95 … verdict_high998: the limits that the verdict goes by and people are shown, at this n;
    z_verdict: observed_minus_expected over their standard error.
    blup, blup_se: random intercept and its conditional SD; prediction_se: that with the uncertainty of the model's
    coefficients. expected_rank: higher is better, 1 … J; rank_low, rank_high: its 95 % interval. fixed: the provider as
    a fixed effect. regression: the change to be expected by regression to the mean alone, with a known population.
    """

    provider: str
    n_started: int | None
    n: int | None
    gain: float | None = None
    expected: float | None = None
    observed_minus_expected: float | None = None
    adjusted_gain: float | None = None
    se: float | None = None
    z: float | None = None
    z_overdispersed: float | None = None
    low95: float | None = None
    high95: float | None = None
    low998: float | None = None
    high998: float | None = None
    blup: float | None = None
    blup_se: float | None = None
    reliability: float | None = None
    expected_rank: float | None = None
    pcer: float | None = None
    p: float | None = None
    p_bh: float | None = None
    verdict: Verdict = Verdict.TOO_FEW
    withheld: bool = False
    prediction_se: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    regression: float | None = None
    fixed: ProviderEffect | None = None
    z_verdict: float | None = None
    verdict_low95: float | None = None
    verdict_high95: float | None = None
    verdict_low998: float | None = None
    verdict_high998: float | None = None


@dataclass(frozen=True, slots=True)
class Improvement:
    """A provider's row turned so that more is better: what pages, figures and reports show.

    improvement: case-mix adjusted; low, high: its 95 % interval (± 1.96 se); shrunken: target + blup with its interval
    (± 1.96 blup_se); fixed: target + deviation of the fixed-effects model with its 95 % t interval; limits: those
    that the verdict goes by.
    """

    provider: str
    n_started: int | None
    n: int | None
    unadjusted: float | None
    improvement: float | None
    low: float | None
    high: float | None
    shrunken: float | None
    shrunken_low: float | None
    shrunken_high: float | None
    limits95: Interval | None
    limits998: Interval | None
    pcer: float | None
    verdict: Verdict
    withheld: bool
    fixed: float | None = None
    fixed_low: float | None = None
    fixed_high: float | None = None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Paired effects of one provider on one scale; provider `*` stands for all together. Only withheld counts are None.

    Changes are end minus baseline in the scale's own direction. A None does not exist for these data, and `status`
    says why: "ok", "no_pairs", "too_few_pairs" (one pair), "constant_change", "constant_baseline", "constant_end" or
    "constant_scores"; a released row is "ok" or "withheld". n_improved … n_recovered: exclusive categories of reliable
    change (n_deteriorated includes the harmed); None where `change_status` is not "ok": "no_change_parameters", or for
    n_recovered "no_cut_off".
    d_regional: mean change over the baseline SD of all providers together; cles: share of pairs whose score rose, ties
    counted half.
    """

    provider: str
    instrument: str
    scale: str
    n_started: int | None
    n_pairs: int | None
    mean_baseline: float | None = None
    mean_end: float | None = None
    sd_baseline: float | None = None
    sd_end: float | None = None
    r: float | None = None
    mean_change: float | None = None
    mean_change_low: float | None = None
    mean_change_high: float | None = None
    t: float | None = None
    p: float | None = None
    d_av: float | None = None
    d_av_low: float | None = None
    d_av_high: float | None = None
    g_av: float | None = None
    d_z: float | None = None
    d_z_low: float | None = None
    d_z_high: float | None = None
    g_z: float | None = None
    d_b: float | None = None
    d_rm: float | None = None
    rank_biserial: float | None = None
    n_improved: int | None = None
    n_deteriorated: int | None = None
    n_unchanged: int | None = None
    n_recovered: int | None = None
    status: str = "ok"
    change_status: str = "no_change_parameters"
    d_rm_low: float | None = None
    d_rm_high: float | None = None
    d_b_low: float | None = None
    d_b_high: float | None = None
    g_b: float | None = None
    d_regional: float | None = None
    d_regional_low: float | None = None
    d_regional_high: float | None = None
    w_plus: float | None = None
    z_wilcoxon: float | None = None
    p_wilcoxon: float | None = None
    cles: float | None = None
    cles_low: float | None = None
    cles_high: float | None = None
    rank_biserial_low: float | None = None
    rank_biserial_high: float | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """How many episodes were left out of the comparison, and why."""

    reason: Message
    count: int | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the figures come from: instrument version and digest, data cut-off, code version, period, query.

    wording: whether answers were asked in the owner's official wording ("official"), in descriptive labels of our own
    ("descriptive") or in both ("mixed"); empty where there is no official one, or where that is not known.
    """

    instrument: str
    version: str
    digest: str
    code_version: str
    data_cutoff: str = ""
    period: str = ""
    wording: str = ""


@dataclass(frozen=True, slots=True)
class ProviderComparison:
    """A whole comparison of providers on one scale. `rows` stand in the providers' order of name.

    target: overall mean change; sigma, coefficients: of the case-mix model (indirect standardisation); phi,
    tau2_funnel: the funnel's over-dispersion by the reference; verdict_spread: what verdicts and drawn limits go by;
    tau2, sigma2, reml_criterion, reml_coefficients: of the random-intercept model. status: "ok", or why estimates are
    missing ("no_pairs", "too_few_pairs", "no_variation", "one_provider"). released: whether the release function has
    been applied. unit: the usual distance between neighbouring scores of these data (1 for whole points), None where
    all scores are the same. card: the three models and their checks; None without pairs, or where too little may be
    published.
    """

    instrument: str
    scale: str
    direction: Direction
    adjusted_for: tuple[str, ...]
    rows: tuple[ProviderRow, ...]
    n_started: int | None
    n_pairs: int | None
    target: float | None
    sigma: float | None
    coefficients: tuple[tuple[str, float], ...]
    phi: float | None
    tau2_funnel: float | None
    tau2: float | None
    sigma2: float | None
    reml_criterion: float | None
    rankability: float | None
    exclusions: tuple[Exclusion, ...] = ()
    warnings: tuple[Message, ...] = ()
    released: bool = True
    provenance: Provenance | None = None
    status: str = "ok"
    limits: tuple["FunnelLimit", ...] = field(default=())
    reml_coefficients: tuple[tuple[str, float], ...] = ()
    unit: float | None = None
    card: ModelCard | None = None
    verdict_spread: "VerdictSpread | None" = None

    @property
    def target_improvement(self) -> float | None:
        """The overall mean change, turned so that more is better."""
        return None if self.target is None else self.direction.sign * self.target

    @property
    def improvements(self) -> tuple[Improvement, ...]:
        """The rows as people are shown them."""
        return tuple(_turn(row, self.direction.sign, self.target) for row in self.rows)


@dataclass(frozen=True, slots=True)
class VerdictSpread:
    """The variance to add to se^2 for verdicts, and how many standard errors the 95 % and 99.8 % limits reach."""

    tau2: float
    q95: float
    q998: float

    def reach(self, se: float) -> float:
        """The standard error of an ordinary provider, its own spread included."""
        return float((se**2 + self.tau2) ** 0.5)


@dataclass(frozen=True, slots=True)
class FunnelLimit:
    """The funnel's limits at one n, turned so that more is better: those of chance alone, and those of the verdicts."""

    n: float
    naive95: Interval
    naive998: Interval
    overdispersed95: Interval
    overdispersed998: Interval


_Q95 = 1.959963984540054


def _turn(row: ProviderRow, sign: int, target: float | None) -> Improvement:
    def span(center: float | None, se: float | None) -> tuple[float | None, float | None]:
        if center is None or se is None:
            return None, None
        return center - _Q95 * se, center + _Q95 * se

    def limits(low: float | None, high: float | None) -> Interval | None:
        if low is None or high is None:
            return None
        return (low, high) if sign == 1 else (-high, -low)

    adjusted = None if row.adjusted_gain is None else sign * row.adjusted_gain
    shrunken = None if row.blup is None or target is None else sign * (target + row.blup)
    fixed: list[float | None] = [None] * 3
    if row.fixed is not None and target is not None:
        effect = row.fixed
        ends = (effect.deviation, effect.deviation_low, effect.deviation_high)
        middle, one, two = (None if end is None else sign * (target + end) for end in ends)
        fixed = [middle, one, two] if sign == 1 else [middle, two, one]
    low, high = span(adjusted, row.se)
    shrunken_low, shrunken_high = span(shrunken, row.blup_se)
    return Improvement(
        provider=row.provider,
        n_started=row.n_started,
        n=row.n,
        unadjusted=None if row.gain is None else sign * row.gain,
        improvement=adjusted,
        low=low,
        high=high,
        shrunken=shrunken,
        shrunken_low=shrunken_low,
        shrunken_high=shrunken_high,
        limits95=limits(row.verdict_low95, row.verdict_high95),
        limits998=limits(row.verdict_low998, row.verdict_high998),
        pcer=row.pcer,
        verdict=row.verdict,
        withheld=row.withheld,
        fixed=fixed[0],
        fixed_low=fixed[1],
        fixed_high=fixed[2],
    )
