"""Small random counties, and all that is published of each: every outlet's released result for every span of quarters.

The outlets (pages, CSV, JSON, XLSX, PDF, pictures, the interface for other programs, commands) write out the results
that are made here by the same functions as their services use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.effects import ChangeRule, summarise_effects
from evalplat.statistics.missing.attrition import analyse_attrition
from evalplat.statistics.missing.attrition_results import AttritionResult
from evalplat.statistics.money.value import ValueAnalysis, measure_value
from evalplat.statistics.over_time.sustained import analyse_sustained
from evalplat.statistics.over_time.sustained_results import SustainedResult
from evalplat.statistics.over_time.trend import measure_trend
from evalplat.statistics.over_time.trend_results import Trend
from evalplat.statistics.publishing.release_effects import (
    ReleasedEffects,
    leave_out_unpublishable,
    release_effects,
)
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.publishing.release_places import PlaceTable, release_places
from evalplat.statistics.publishing.release_shares import release_change_shares
from evalplat.statistics.publishing.release_times import release_times
from evalplat.statistics.publishing.times import Timeline
from evalplat.statistics.results import ProviderComparison
from evalplat.statistics.shares.change_methods import ChangeParameters
from evalplat.statistics.shares.change_shares import ChangeShares, measure_change_shares
from evalplat.statistics.shares.flow import Flow, measure_flow
from evalplat.vocabulary import Direction

DIRECTION = Direction.LOWER_BETTER
SDC, CUT_OFF, MIC, TOP = 6.0, 12.0, 8.0, 48
SIZES = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 15, 18, 24, 33)
PLACES = {"North": ("N1", "N2", "N3"), "South": ("S1", "S2")}
SCALE = {"instrument": "i", "scale": "s", "direction": DIRECTION}

Span = tuple[int, ...]
"""The quarters of a period, the first one being 0."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of one period."""

    comparison: ProviderComparison
    flow: Flow
    shares: ChangeShares
    effects: ReleasedEffects
    attrition: AttritionResult
    sustained: SustainedResult
    value: ValueAnalysis
    trend: Trend
    times: Timeline


@dataclass(frozen=True, slots=True)
class County:
    """A county's clients, one row each, and what is published: by span, and by quarter of municipalities."""

    clients: pd.DataFrame
    providers: tuple[str, ...]
    quarters: int
    published: dict[Span, Published]
    places: dict[int, PlaceTable]


def draw_clients(seed: int, quarters: int) -> pd.DataFrame:
    """Two to six providers with few clients, of whom some lack a measurement."""
    random = np.random.default_rng(seed)
    providers = int(random.integers(2, 7))
    sizes = random.choice(SIZES, (providers, quarters))
    sizes[random.random(sizes.shape) < 0.1] = 0
    sizes[:, 0] = np.maximum(sizes[:, 0], 1)
    provider = np.repeat(np.arange(providers), sizes.sum(axis=1))
    quarter = np.concatenate([np.repeat(np.arange(quarters), row) for row in sizes])
    n = len(provider)
    rates = random.choice([0.0, 0.03, 0.1, 0.25, 0.5, 0.9], (5, providers))
    lacks = [random.random(n) < rate[provider] for rate in rates]
    baseline = random.integers(8, 44, n).astype(float)
    drop = random.choice([0, 0, 2, 4, 9, 14], n) + random.choice([-8, -1, 0, 0, 0], n)
    end = np.clip(baseline - drop, 0, TOP)
    later = np.clip(end + random.choice([-6, 0, 0, 7], n), 0, TOP)
    opened = [date(2024 + q // 4, 1 + 3 * (q % 4), 5) for q in quarter]
    scores = {"baseline": (baseline, 0), "end": (end, 1), "follow_up": (later, 2)}
    frame = pd.DataFrame(
        {
            "provider": [f"P{k}" for k in provider],
            "episode": [f"E{k}" for k in range(n)],
            "quarter": quarter,
            "opened_on": opened,
            "closing_reason": np.where(lacks[3], "moved", "completed"),
            "voucher_eur": random.choice([1000.0, 1500.0, 2500.0], n),
            "hours": random.choice([10.0, 20.0], n),
            "sex": random.choice(["female", "male", "other"], n, p=[0.55, 0.4, 0.05]),
            "place": random.choice(["N1", "N2", "N3", "S1", "S2"], n, p=[0.4, 0.15, 0.05, 0.3, 0.1]),
            **{name: np.where(lacks[k], np.nan, score) for name, (score, k) in scores.items()},
        }
    )  # fmt: skip
    return frame


def publish(clients: pd.DataFrame, rule: DisclosureRule) -> Published:
    """Every outlet's released result of these clients."""
    comparison = compare(clients, adjust=("baseline", "sex"), disclosure=rule, **SCALE)
    kept = leave_out_unpublishable(clients, rule).assign(instrument="i", scale="s")
    parameters = ChangeParameters(sdc=SDC, mic=MIC, cut_off=CUT_OFF)
    shares = measure_change_shares(clients, direction=DIRECTION, parameters=parameters)
    change = ChangeRule(DIRECTION, sdc=SDC)
    return Published(
        comparison,
        release_flow(measure_flow(clients), rule),
        release_change_shares(shares, rule),
        release_effects(summarise_effects(kept, {}, rank_intervals=True), comparison, rule),
        analyse_attrition(
            clients, adjust=("baseline", "sex"), lowest=0.0, highest=float(TOP), disclosure=rule,
            **SCALE,
        ),
        analyse_sustained(clients, instrument="i", scale="s", rule=change, disclosure=rule),
        measure_value(clients, sdc=SDC, disclosure=rule, **SCALE),
        measure_trend(clients, disclosure=rule, **SCALE),
        release_times(clients, [str(quarter) for quarter in clients["quarter"]], rule),
    )  # fmt: skip


def list_spans(quarters: int) -> list[Span]:
    """Every run of quarters that may be asked for."""
    pairs = combinations_with_replacement(range(quarters), 2)
    return [tuple(range(first, last + 1)) for first, last in pairs]


def make_county(
    seed: int, rule: DisclosureRule, quarters: int, spans: Sequence[Span] | None = None
) -> County:
    """A county of this seed with everything that is published of it. spans: all unless given."""
    clients = draw_clients(seed, quarters)
    published = {}
    for span in spans or list_spans(quarters):
        part = clients[clients["quarter"].isin(span)]
        if len(part):
            published[span] = publish(part, rule)
    return County(
        clients,
        tuple(sorted(clients["provider"].unique())),
        quarters,
        published,
        {quarter: _release_places(clients, quarter, rule) for quarter in range(quarters)},
    )


def _release_places(clients: pd.DataFrame, quarter: int, rule: DisclosureRule) -> PlaceTable:
    own = clients[clients["quarter"] == quarter]
    counts = {}
    for region, places in PLACES.items():
        measured = {p: own.loc[own["place"] == p, "baseline"].notna() for p in places}
        counts[region] = {p: (int(m.sum()), int((~m).sum())) for p, m in measured.items()}
    return release_places(counts, rule)
