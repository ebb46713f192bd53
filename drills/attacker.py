"""An outsider who takes everything published of small counties together and solves for the counts that are withheld.

Of each random county every outlet's figures are read as bounds on whole numbers (`attack_reading`), with what the rule
itself tells, and a solver looks for other counts that would have been published alike (`attack_model`). A count of one
to four is told exactly where no other value is possible; it is known to be small where none but one to four is. The
last is what the rule grants: where none or five and more are missing, who started is shown, so that a withheld number
is known to be small.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from drills.attack_model import PARTS, Found, System, tie
from drills.attack_reading import Reader, Values, count_truth, list_targets, read_places
from drills.attacked_counties import Span, list_spans, make_county
from drills.effort import Effort
from drills.row import Row
from evalplat.statistics.disclosure import DisclosureRule

RULE = DisclosureRule()
OPEN = DisclosureRule(hide_below=1, estimates_from=2, round_to=1)
"""Nothing withheld and nothing rounded: what the attack must break."""
SPANS: dict[str, tuple[int, Sequence[Span]]] = {
    "one period": (1, [(0,)]),
    "a period and the same a quarter longer": (2, [(0,), (0, 1)]),
    "two periods that overlap, of quarters": (3, [(0, 1), (1, 2)]),
}
WORKERS = 2


def run(effort: Effort) -> Iterator[Row]:
    """A thousand counties, the same with two periods, and without suppression."""
    for number, (what, (quarters, spans)) in enumerate(SPANS.items()):
        counties = effort.of(1000 if number == 0 else 200, 40 if number == 0 else 15)
        found = attack_all(range(counties), RULE, quarters, spans)
        yield Row(
            f"{counties:,} small counties, every outlet together, {what}: counts of 1–4 told exactly",
            "0",
            f"{found['only']:,} of {found['tried']:,} (known to be small: {found['small']:,}); "
            f"unsettled {found['unsettled']:,}",
            found["only"] == 0 == found["unsettled"],
        )
    every = attack_all(range(effort.of(40, 4)), RULE, 3, list_spans(3))
    yield Row(
        "… every run of three quarters at once: how many are told exactly (known limit)", "stated",
        f"{every['only']:,} of {every['tried']:,}", True,
    )  # fmt: skip
    control = attack_all(range(effort.of(40, 10)), OPEN, 1, [(0,)])
    yield Row(
        "… with suppression and rounding off (control)", "most are told",
        f"{control['only']:,} of {control['tried']:,}", control["only"] > control["tried"] / 2,
    )  # fmt: skip


def attack_all(
    seeds: Sequence[int], rule: DisclosureRule, quarters: int, spans: Sequence[Span]
) -> Counter[str]:
    """The sums over the counties of these seeds."""
    task = partial(attack, rule=rule, quarters=quarters, spans=spans)
    total: Counter[str] = Counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        for found in pool.map(task, seeds, chunksize=5):
            total.update(
                tried=found.tried, only=len(found.only), small=len(found.small),
                unsettled=found.unsettled,
            )  # fmt: skip
    return total


def attack(seed: int, rule: DisclosureRule, quarters: int, spans: Sequence[Span]) -> Found:
    """What an outsider finds out of the county of this seed."""
    county = make_county(seed, rule, quarters, spans)
    values = Values(count_truth(county), PARTS)
    bounds = [*tie(quarters, county.providers), *read_places(county, rule)]
    for span, found in county.published.items():
        there = [row.provider for row in found.flow.rows]
        bounds += Reader(span, found, there, rule).read()
    for bound in bounds:
        exact = values.of(bound.plus) - values.of(bound.minus)
        assert bound.low <= exact <= bound.high, (seed, bound, exact)
    return System(bounds).settle(list_targets(county, values), seed)
