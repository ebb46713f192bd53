"""Made-up counties: their clients as a table, and what each would hand over."""

import numpy as np
import pandas as pd

from evalplat.statistics.cases import select_cases
from evalplat.statistics.comparison_of_sums import Flow
from evalplat.statistics.counties.county_documents import (
    ScaleIdentity,
    ScaleMoments,
    write_document,
)
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.sums import PairSums, collect_sums
from evalplat.statistics.unknown_columns import describe_columns
from evalplat.vocabulary import Direction

IDENTITY = ScaleIdentity("whodas", "1.0", "total", Direction.LOWER_BETTER, "ab" * 32)
RULE = DisclosureRule()


def make_clients(prefix, sizes, seed, *, shares=(0.5, 0.45, 0.05), missing=0.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    baseline = random.integers(10, 45, len(group)).astype(float)
    own = random.normal(0, 3, len(sizes))
    end = np.clip(np.rint(4 + 0.7 * baseline + own[group] + random.normal(0, 6, len(group))), 0, 48)
    end[random.random(len(group)) < missing] = np.nan
    return pd.DataFrame(
        {
            "provider": [f"{prefix}{k:02d}" for k in group],
            "episode": [f"{prefix}{k}" for k in range(len(group))],
            "baseline": baseline,
            "end": end,
            "age": random.integers(18, 70, len(group)).astype(float),
            "sex": random.choice(["female", "male", "other"], len(group), p=shares),
            "language": random.choice(["fi", "sv"], len(group), p=[0.8, 0.2]),
        }
    )


def add_up(frame, covariates=("baseline", "age", "sex", "language")) -> tuple[PairSums, Flow]:
    """Sums and flow as a store of moments gives them: every level that occurs is a column."""
    cases = select_cases(frame, covariates)
    columns = {"baseline": cases.baseline, "end": cases.end}
    for name, values in cases.covariates.items():
        if name != "baseline":
            columns |= describe_columns(name, np.asarray(values))
    about = {"baseline": 24.0, "end": 24.0, "age": 45.0}
    sums = collect_sums(cases.group, cases.providers, columns, about)
    started = dict(zip(cases.providers, cases.n_started.tolist(), strict=True))
    return sums, Flow(started, cases.exclusions)


def hand_over(county, frame, covariates=("age", "sex", "language"), **changes):
    sums, flow = add_up(frame)
    scale = ScaleMoments(IDENTITY, sums, flow, 1.0)
    return write_document(
        [scale],
        **{
            "county": county,
            "period": "2025-01/2025-12",
            "created": "2026-01-15",
            "code_version": "0.1",
            "covariates": covariates,
            "rule": RULE,
            **changes,
        },
    )
