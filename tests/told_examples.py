"""A made-up county's report facts, computed and released as the county's are, without a database."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
from county_examples import make_clients

from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.money.value import measure_value
from evalplat.statistics.publishing.release_feedback import release_feedback
from evalplat.statistics.publishing.release_goals import release_goals
from evalplat.statistics.publishing.release_outcomes import release_flow
from evalplat.statistics.publishing.release_shares import release_change_shares
from evalplat.statistics.publishing.report_facts import ReportFacts, ScaleFacts
from evalplat.statistics.results import Provenance
from evalplat.statistics.shares.change_methods import ChangeMethod, ChangeParameters
from evalplat.statistics.shares.change_shares import measure_change_shares
from evalplat.statistics.shares.flow import measure_flow
from evalplat.statistics.shares.goal_attainment import measure_goals
from evalplat.vocabulary import Direction, Domain

RULE = DisclosureRule()
NAMES = (
    "Ähtärin Åländska & Øy", "Čáhci ŋuorra đ ŧ ž š", "Kuntoutus Kurki", "=Kaava Oy", "Pieni Piste ry", "Loimu",
    "Salon <b>Silta</b>",
)  # fmt: skip
SIZES = (60, 45, 80, 30, 3, 120, 25)
NPS = SimpleNamespace(method="nps", promoters_from=9, detractors_to=6)
MEAN = SimpleNamespace(method="mean")
PROVENANCE = Provenance(
    "whodas-2.0-12", "1.0", "3f2a" * 16, "0.1.0", "2026-11-01", "2025-01-01/2025-12-31"
)


def make_county(names=NAMES, sizes=SIZES, seed=5) -> pd.DataFrame:
    """Clients of the providers: seven letters' worth of trouble in the names, one provider with three clients."""
    frame = make_clients("P", sizes, seed, missing=0.25)
    codes = frame["provider"].str[1:].astype(int)
    frame["provider"] = [names[code] for code in codes]
    frame["voucher_eur"] = 1500.0 + 40 * codes
    frame["closing_reason"] = "completed"
    return frame


def make_facts(language="fi", names=NAMES, sizes=SIZES) -> ReportFacts:
    """Two domains on one scale each, goals and feedback."""
    frame = make_county(names, sizes)
    flow = release_flow(measure_flow(frame), RULE)
    parameters = ChangeParameters(sd=9.0, reliability=0.9, source="made up")
    shares = release_change_shares(
        measure_change_shares(
            frame,
            direction=Direction.LOWER_BETTER,
            parameters=parameters,
            method=ChangeMethod.JT,
        ),
        RULE,
    )
    made = {
        "instrument": "whodas-2.0-12", "scale": "total", "direction": Direction.LOWER_BETTER,
        "adjust": ("baseline", "age", "sex"), "disclosure": RULE, "provenance": PROVENANCE,
    }  # fmt: skip
    scale = ScaleFacts(
        "WHODAS: pisteet",
        Domain.EVERYDAY_FUNCTIONING,
        compare(frame, **made),
        flow,
        shares,
        measure_value(frame, sdc=9.0, **made),
    )
    other = ScaleFacts("3X10D: elämä", Domain.PARTICIPATION, scale.comparison, flow, shares, None)
    return ReportFacts(
        county="Varsinais-Suomi", language=language, period_from=date(2025, 1, 1),
        period_until=date(2025, 12, 31), made_on=date(2026, 11, 24), scales=(scale, other),
        goals=_make_goals(frame), feedback=_make_feedback(frame),
        feedback_titles=(("nps", "Suosittelu"), ("heard", "Kuulluksi tuleminen")), feedback_year=2025,
    )  # fmt: skip


def _make_goals(frame):
    random = np.random.default_rng(3)
    goals = frame[["provider", "episode"]].copy()
    goals["level"] = random.integers(-2, 3, len(goals)).astype(float)
    goals["weight"] = 1.0
    return release_goals(measure_goals(goals), RULE)


def _make_feedback(frame):
    random = np.random.default_rng(4)
    sheets = pd.DataFrame({"provider": frame["provider"], "wrote": random.random(len(frame)) < 0.3})
    sheets["nps"] = random.integers(0, 11, len(frame)).astype(float)
    sheets["heard"] = random.integers(1, 6, len(frame)).astype(float)
    scales = (
        SimpleNamespace(key="nps", minimum=0.0, maximum=10.0, group_summary=NPS),
        SimpleNamespace(key="heard", minimum=1.0, maximum=5.0, group_summary=MEAN),
    )
    return release_feedback(sheets, scales, RULE)
