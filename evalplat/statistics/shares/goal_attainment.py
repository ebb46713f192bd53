"""Goals attained per provider: the share of goals, the share of clients, and what T scores can and cannot say.

Formula: a client's T = 50 + 10 sum(w x) / sqrt((1 - rho) sum w^2 + rho (sum w)^2) over their rated goals (levels x from
-2 to 2, weights w, rho = 0.3). A goal is attained at level 0 or above. Goals of one client are alike, so the standard
error of the share p of N goals is clustered by client: se^2 = G / (G - 1) sum_c (sum_i (y_ci - p))^2 / N^2 over G
clients, and the interval is logit(p) +- 1.959964 se / (p (1 - p)), turned back. The share of clients with T of 50 or
more has Wilson's interval; the mean T has t's.

T has a mean of 50 and an SD of about 10 by construction, if goals are set so that 0 is the likely outcome. A mean far
above 50 means easy goals as well as good results: so no provider is ranked or judged on T, T is never averaged with
other scales, and where the interval of a provider's mean lies above 55 a note says that its goals may be easy.

Reference: Kiresuk and Sherman 1968; Liang and Zeger 1986. Checked against statsmodels (GLM, binomial, cov_type
"cluster"), against the scoring engine's T, and against Kiresuk and Sherman's formula by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evalplat.errors import Fault, InputRejected, Message
from evalplat.statistics.cases import limit_faults
from evalplat.statistics.funnel import Q95
from evalplat.statistics.moments import Floats
from evalplat.statistics.shares.proportions import Share, find_wilson, measure_share

if TYPE_CHECKING:
    import pandas as pd

RHO = 0.3
EXPECTED_T = 50.0
EASY_FROM = 55.0
LOWEST, HIGHEST = -2, 2
KEYS = ("provider", "episode", "level", "weight")


@dataclass(frozen=True, slots=True)
class GoalShare:
    """The share of goals attained. design: how much wider than for independent goals the variance is.

    se is None with one client, and where all goals or none are attained; the interval is then Wilson's over clients.
    """

    count: int | None
    of: int | None
    share: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    design: float | None = None


@dataclass(frozen=True, slots=True)
class GoalRow:
    """One provider's goals, or all together's.

    clients_at_50: clients whose T is 50 or more. easy: whether the goals may have been easy. status: "ok", "no_goals",
    or "withheld" when released.
    """

    provider: str
    n_clients: int | None
    goals: GoalShare
    clients_at_50: Share | None
    mean_t: float | None = None
    mean_t_low: float | None = None
    mean_t_high: float | None = None
    easy: bool = False
    status: str = "ok"


@dataclass(frozen=True, slots=True)
class GoalAttainment:
    """Goals of every provider, in order of name, and of all together. unrated: goals without a level.

    touched: per row and for all together, how many clients have a goal attained, and how many one that is not.
    """

    rows: tuple[GoalRow, ...]
    total: GoalRow
    unrated: int | None
    touched: tuple[tuple[int, int], ...] = ()
    warnings: tuple[Message, ...] = ()
    released: bool = False


def measure_goals(frame: "pd.DataFrame", *, rho: float = RHO) -> GoalAttainment:
    """Attainment of the goals in `frame`, one row per goal with its latest rating.

    Columns `provider`, `episode` (one client's service), `level` (-2 … 2, NaN: not rated), `weight` (above 0). Raises
    InputRejected with every fault.
    """
    _check(frame)
    rated = frame[frame["level"].notna()]
    unrated = len(frame) - len(rated)
    every = np.asarray(frame["provider"].astype(str).str.strip(), dtype=str)
    names = np.unique(every)
    keys = rated["provider"].astype(str).str.strip() + "\x1f" + rated["episode"].astype(str)
    client, first = np.unique(np.asarray(keys, dtype=str), return_index=True)
    owner = np.searchsorted(names, np.asarray(rated["provider"].astype(str).str.strip(), dtype=str))
    code = np.searchsorted(client, np.asarray(keys, dtype=str))
    goals = _Goals(
        attained=rated["level"].to_numpy(dtype=float) >= 0,
        client=code,
        owner=owner,
        t=_score(rated, code, len(client), rho),
        client_owner=owner[first],
    )
    places = [goals.choose(place) for place in range(len(names))]
    rows = tuple(_make_row(str(name), part) for name, part in zip(names, places, strict=True))
    total = _make_row("*", goals)
    touched = tuple(part.count_touched() for part in (*places, goals))
    return GoalAttainment(rows, total, unrated, touched, warn_of_easy_goals(rows))


def warn_of_easy_goals(rows: Sequence[GoalRow]) -> tuple[Message, ...]:
    """That the goals of some providers may be easy, where their mean T says so."""
    easy = sum(row.easy for row in rows)
    if not easy:
        return ()
    return (
        Message(
            "Goals may have been easy with %(count)d of the providers: their clients' mean T lies clearly above the "
            "%(expected)d that goals of the usual difficulty give. T is no measure to compare providers by.",
            count=easy,
            expected=int(EXPECTED_T),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Goals:
    """Goals of one provider or of all: one element per goal, and of t and client_owner one per client."""

    attained: NDArray[np.bool_]
    client: NDArray[np.intp]
    owner: NDArray[np.intp]
    t: Floats
    client_owner: NDArray[np.intp]

    def choose(self, place: int) -> "_Goals":
        own, clients = self.owner == place, self.client_owner == place
        number = np.cumsum(clients) - 1
        return _Goals(
            self.attained[own],
            number[self.client[own]],
            self.owner[own],
            self.t[clients],
            self.client_owner[clients],
        )

    def count_touched(self) -> tuple[int, int]:
        """How many clients have a goal attained, and how many one that is not."""
        return (
            len(np.unique(self.client[self.attained])),
            len(np.unique(self.client[~self.attained])),
        )


def measure_clustered_share(attained: NDArray[np.bool_], client: NDArray[np.intp]) -> GoalShare:
    """The share of goals attained with its standard error clustered by client; `client` numbers them from 0."""
    n = len(attained)
    if n == 0:
        return GoalShare(0, 0)
    clients = len(np.unique(client))
    p = float(np.mean(attained))
    if clients < 2 or p in (0.0, 1.0):
        wilson = find_wilson(p * clients, clients)
        return GoalShare(int(attained.sum()), n, p, None, float(wilson[0]), float(wilson[1]))
    misses = np.bincount(client, weights=attained - p)
    se = float(np.sqrt(clients / (clients - 1) * np.sum(misses**2)) / n)
    low, high = bound_share(p, se)
    return GoalShare(int(attained.sum()), n, p, se, low, high, design=se**2 / (p * (1 - p) / n))


def bound_share(p: float, se: float) -> tuple[float, float]:
    """The 95 % interval of a share strictly between 0 and 1, on the logit scale."""
    reach = np.exp(Q95 * se / (p * (1 - p)))
    odds = p / (1 - p)
    return float(odds / (odds + reach)), float(odds * reach / (odds * reach + 1))


def _make_row(name: str, goals: _Goals) -> GoalRow:
    from scipy.special import stdtrit

    clients = len(goals.t)
    share = measure_clustered_share(goals.attained, goals.client)
    if clients == 0:
        return GoalRow(name, 0, share, measure_share(0, 0), status="no_goals")
    mean = float(np.mean(goals.t))
    low = high = None
    if clients > 1:
        spread = float(np.std(goals.t, ddof=1))
        reach = float(stdtrit(clients - 1, 0.975)) * spread / clients**0.5
        low, high = mean - reach, mean + reach
    # A T of just 50 must not fall below it by rounding.
    at_50 = measure_share(int(np.sum(goals.t >= EXPECTED_T - 1e-9)), clients)
    easy = low is not None and low > EASY_FROM
    return GoalRow(name, clients, share, at_50, mean, low, high, easy)


def _score(rated: "pd.DataFrame", client: NDArray[np.intp], clients: int, rho: float) -> Floats:
    weight = rated["weight"].to_numpy(dtype=float)
    # Only a goal's share in the client's own weights counts; so no square of a tiny or huge one is lost.
    greatest = np.zeros(clients)
    np.maximum.at(greatest, client, weight)
    weight = weight / greatest[client]
    level = rated["level"].to_numpy(dtype=float)
    attained = np.bincount(client, weights=weight * level, minlength=clients)
    squares = np.bincount(client, weights=weight**2, minlength=clients)
    whole = np.bincount(client, weights=weight, minlength=clients)
    t = EXPECTED_T + 10 * attained / np.sqrt((1 - rho) * squares + rho * whole**2)
    return np.asarray(t, dtype=float)


def _check(frame: "pd.DataFrame") -> None:
    faults = [
        Fault(name, Message("this column is missing; it is needed"))
        for name in KEYS
        if name not in frame.columns
    ]
    if not faults:
        level, weight = (frame[name].to_numpy(dtype=float) for name in ("level", "weight"))
        allowed = np.isnan(level) | (
            (level == np.round(level)) & (level >= LOWEST) & (level <= HIGHEST)
        )
        faults += [
            Fault(
                f"row {row}, level",
                Message(
                    "%(value)s; give a whole number from −2 to 2, or nothing", value=f"{value:g}"
                ),
            )
            for row, value in zip(frame.index[~allowed], level[~allowed], strict=True)
        ]
        positive = np.isfinite(weight) & (weight > 0)
        faults += [
            Fault(
                f"row {row}, weight",
                Message("%(value)s; give a number above 0", value=f"{value:g}"),
            )
            for row, value in zip(frame.index[~positive], weight[~positive], strict=True)
        ]
    if faults:
        raise InputRejected(
            Message("The goals cannot be counted; %(count)d faults.", count=len(faults)),
            limit_faults(faults),
        )
