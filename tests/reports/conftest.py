"""Comparisons made by hand, so that reports are tested without the statistics that feed them.

Tests get the two builders through fixtures of the same name.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from evalplat.errors import Message
from evalplat.statistics.results import (
    Exclusion,
    FunnelLimit,
    Interval,
    Provenance,
    ProviderComparison,
    ProviderRow,
    VerdictSpread,
)
from evalplat.vocabulary import Direction, Verdict

NAMES = (
    "Aurajoen Tuki Oy", "Saaristo Omsorg Ab", "Härkätien Kuntoutus", "Ruissalon Arki ry",
    "Ähtäri & Öhman", "Loimaan Valmennus", "Vakka-Suomen Voima", "Åbolands Stöd r.f.",
    "Uskelan Polku", "Perniön Pysäkki", "Kotimatka Oy", "Mynäjoen Apu", "Naantalin Neuvo",
    "Paimion Pohja", "Liedon Linkki", "Kaarinan Kulku", "Raision Rinki", "Salon Seutu ry",
    "Someron Silta", "Uudenkaupungin Ura", "Laitilan Lähde", "Kemiön Kumppani", "Turun Tie Oy",
    "Varsinais-Suomen sosiaalisen kuntoutuksen ja arjen tuen osuuskunta",
)  # fmt: skip

SIZES = (
    3,
    4,
    6,
    9,
    12,
    15,
    18,
    22,
    25,
    28,
    33,
    37,
    41,
    48,
    55,
    62,
    70,
    84,
    97,
    120,
    150,
    190,
    240,
    300,
)


def _limit(n: float, center: float, sigma: float, tau2: float) -> FunnelLimit:
    def span(q: float, extra: float) -> Interval:
        half = q * math.sqrt(sigma**2 / n + extra)
        return center - half, center + half

    return FunnelLimit(n, span(1.96, 0), span(3.09, 0), span(1.96, tau2), span(3.09, tau2))


def build_comparison(
    *,
    direction: Direction = Direction.LOWER_BETTER,
    names: Sequence[str] = NAMES,
    sizes: Sequence[int] = SIZES,
    sigma: float = 12.0,
    tau2: float = 2.5,
    rankability: float | None = 0.62,
    seed: int = 3,
) -> ProviderComparison:
    """A comparison of providers of these sizes; those under ten clients are withheld, two stand out."""
    chance = random.Random(seed)
    target = direction.sign * 6.4
    rows = []
    for number, (name, n) in enumerate(zip(names, sizes, strict=False)):
        se = sigma / math.sqrt(n)
        spread = math.sqrt(se**2 + tau2)
        gain = {17: 6.9, 20: -6.3}.get(number)
        offset = direction.sign * (chance.gauss(0, spread) * 0.8 if gain is None else gain)
        z = offset / spread
        verdict = Verdict.TOO_FEW
        if n >= 30:
            verdict = Verdict.AS_EXPECTED
            if abs(z) > 3.09:
                verdict = Verdict.ABOVE if z * direction.sign > 0 else Verdict.BELOW
        reliability = tau2 / (tau2 + se**2)
        row = ProviderRow(
            provider=name, n_started=int(n * 1.8), n=n,
            gain=target + offset + chance.gauss(0, 1), expected=31.25, observed_minus_expected=offset,
            adjusted_gain=target + offset, se=se, z=offset / se, z_overdispersed=z,
            low95=target - 1.96 * spread, high95=target + 1.96 * spread,
            low998=target - 3.09 * spread, high998=target + 3.09 * spread,
            blup=offset * reliability, blup_se=math.sqrt(tau2 * (1 - reliability)),
            reliability=reliability, expected_rank=12.0, pcer=47.9, p=0.4, p_bh=0.8, verdict=verdict,
            z_verdict=z, verdict_low95=target - 1.96 * spread, verdict_high95=target + 1.96 * spread,
            verdict_low998=target - 3.09 * spread, verdict_high998=target + 3.09 * spread,
        )  # fmt: skip
        rows.append(ProviderRow(name, None, None, withheld=True) if n < 10 else row)
    limits = tuple(
        _limit(n, direction.sign * target, sigma, tau2)
        for n in (1 + i * max(sizes, default=1) / 120 for i in range(121))
    )
    return ProviderComparison(
        instrument="whodas-2.0-12", scale="total", direction=direction,
        adjusted_for=("baseline", "age", "sex"), rows=tuple(sorted(rows, key=lambda row: row.provider)),
        n_started=3115, n_pairs=1665, target=target, sigma=sigma,
        coefficients=(("intercept", 8.125), ("baseline", 0.6421), ("age", 0.0312), ("sex=male", -0.8)),
        phi=1.84, tau2_funnel=tau2, tau2=tau2, sigma2=sigma**2, reml_criterion=14349.8, rankability=rankability,
        exclusions=(
            Exclusion(Message("No end measurement"), 1310),
            Exclusion(Message("No baseline measurement"), 85),
            Exclusion(Message("The score could not be computed"), None),
        ),
        warnings=(Message("Fewer than %(n)s providers: the limits are uncertain.", n=20),),
        provenance=Provenance("whodas-2.0-12", "1.0", "3f2a" * 16, "0.1.0", "2026-11-01", "1.1.2024–31.10.2026"),
        limits=limits, verdict_spread=VerdictSpread(tau2, 1.96, 3.09),
    )  # fmt: skip


def build_empty() -> ProviderComparison:
    """A comparison in which nothing could be computed."""
    return replace(
        build_comparison(), rows=(), n_started=0, n_pairs=0, target=None, sigma=None, coefficients=(),
        phi=None, tau2_funnel=None, tau2=None, sigma2=None, reml_criterion=None, rankability=None,
        exclusions=(), limits=(), status="no_pairs", provenance=None, verdict_spread=None,
    )  # fmt: skip


@pytest.fixture
def make_comparison() -> Callable[..., ProviderComparison]:
    """Builds a comparison of 24 providers, or of those that are asked for."""
    return build_comparison


@pytest.fixture(scope="session")
def comparison() -> ProviderComparison:
    """24 providers from 3 to 300 clients: four withheld, one above and one below, lower scores better."""
    return build_comparison()


@pytest.fixture
def empty() -> ProviderComparison:
    """Nothing could be computed."""
    return build_empty()
