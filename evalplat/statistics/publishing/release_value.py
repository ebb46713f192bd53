"""What may be published of value for money, so that no count of one to four can be derived from it.

The rule, beside `disclosure`'s own, which the comparison of improvements has been through already:

1. A provider shows what it shows in that comparison: its rounded counts, its improvement, or nothing.
2. Reliably improved and not reliably improved clients are a table with totals (`suppression_tables`): a count that is
   small, or that gives another away, is withheld, and the cost per improved client with it.
3. Mean costs are rounded to a step of a fiftieth of their SD, or coarser where few clients share round prices: so
   coarse that every count which is rounded to the published n could have given the mean. Of the adjusted mean only its
   distance from the mean is rounded by itself.
4. Ratios and their limits are computed again from what is published: rounded counts and means; SDs have three digits,
   correlations two, and the ratio and its limits three.
5. A provider's net benefit at any worth of a point is its published improvement times the worth less its published
   cost, so that many worths tell no more than these two; only what its case-mix lets expect of its costs is rounded
   beside them. The verdict is that of the exact figures.
6. The clients of a provider that totals would give away are in no total and in no model.

Checked against a reader who tries every count behind the published figures.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evalplat.statistics.disclosure import DisclosureRule, compute_funnel, release
from evalplat.statistics.money.costs import (
    ADJUSTED_PER_POINT,
    EVERYBODY,
    PER_IMPROVED,
    PER_IMPROVED_UNCHANGED,
    PER_POINT,
    PER_POINT_UNCHANGED,
    Outlay,
    ValueForMoney,
    ValueRow,
)
from evalplat.statistics.money.fieller import Ratio
from evalplat.statistics.money.net_benefit import NetBenefit, find_acceptability
from evalplat.statistics.money.unit_cost import Joint
from evalplat.statistics.publishing.suppression_tables import withhold_table
from evalplat.statistics.results import ProviderComparison, ProviderRow
from evalplat.statistics.verdicts import correct_p_values
from evalplat.vocabulary import Verdict


def release_costs(
    value: ValueForMoney, improvement: ProviderComparison, rule: DisclosureRule
) -> ValueForMoney:
    """Costs as they may be published beside the released comparison of improvements of the same clients.

    Providers stand as in the comparison; those that it left out of its model must not be in `value`.
    """
    exact = {row.provider: row for row in value.rows}
    improved = _release_improved(value.rows, rule)
    turned = {row.provider: row.improvement for row in improvement.improvements}
    rows = tuple(
        _release_row(
            exact.get(row.provider), row.n_started, row.n, improved.get(row.provider),
            None if row.withheld else turned[row.provider], row.provider, rule,
        )
        for row in improvement.rows
    )  # fmt: skip
    total = _release_row(
        value.total, _find_started(improvement), improvement.n_pairs, improved[EVERYBODY],
        improvement.target_improvement, EVERYBODY, rule,
    )  # fmt: skip
    total = replace(total, n_started=improvement.n_started)
    return replace(
        value,
        adjusted_for=improvement.adjusted_for,
        rows=rows,
        total=total,
        exclusions=improvement.exclusions,
        status=value.status if total.n_pairs else "too_few_pairs",
        released=True,
    )


def _find_started(improvement: ProviderComparison) -> int | None:
    """How many started in all; where that is withheld, as many as the visible rows let expect of the visible pairs."""
    if improvement.n_started is not None or not improvement.n_pairs:
        return improvement.n_started
    rows = [row for row in improvement.rows if row.n and not row.withheld]
    pairs = sum(row.n or 0 for row in rows)
    started = sum(row.n_started or row.n or 0 for row in rows)
    return round(improvement.n_pairs * started / pairs) if pairs else None


def release_benefits(
    benefits: Sequence[NetBenefit],
    costs: ProviderComparison,
    value: ValueForMoney,
    improvement: ProviderComparison,
    rule: DisclosureRule,
) -> tuple[NetBenefit, ...]:
    """Net benefits as they may be published.

    costs: the exact comparison at a worth of 0, that is of minus the costs; value, improvement: released.
    """
    priced = _price(costs, value, rule)
    spent = release(costs, rule).target
    gained = {row.provider: row for row in improvement.rows}
    found = []
    for benefit in benefits:
        step = benefit.worth * improvement.direction.sign
        exact = benefit.comparison
        if exact.target is not None and spent is not None and improvement.target is not None:
            # Of published figures, so that many worths tell no more than these two.
            exact = replace(exact, target=step * improvement.target + spent)
        whole = release(exact, rule)
        rows = [
            _combine(row, gained[row.provider], priced.get(row.provider), step, whole)
            for row in whole.rows
        ]
        corrected = iter(correct_p_values(np.array([row.p for row in rows if row.p is not None])))
        rows = [row if row.p is None else replace(row, p_bh=float(next(corrected))) for row in rows]
        shown = {row.provider: row for row in rows}
        missing = ProviderRow("", None, None, verdict=Verdict.TOO_FEW, withheld=True)
        whole = replace(
            whole,
            rows=tuple(
                shown.get(row.provider, replace(missing, provider=row.provider))
                for row in improvement.rows
            ),
            n_started=improvement.n_started,
            n_pairs=improvement.n_pairs,
            exclusions=improvement.exclusions,
        )
        chances = tuple(
            None if chance is None else round(chance, 2) for chance in find_acceptability(whole)
        )
        found.append(NetBenefit(benefit.worth, whole, chances))
    return tuple(found)


def _price(
    costs: ProviderComparison, value: ValueForMoney, rule: DisclosureRule
) -> dict[str, tuple[float, float]]:
    """By provider, minus its published mean cost, and that less what its case-mix lets expect, rounded by itself."""
    shown = {row.provider: row for row in value.rows}
    found = {}
    for row in costs.rows:
        euros, n = shown[row.provider].euros, shown[row.provider].n_pairs
        if euros is None or euros.mean is None or not n:
            continue
        if row.gain is None or row.observed_minus_expected is None:
            continue
        expected = row.gain - row.observed_minus_expected
        step = find_step(abs(expected), costs.sigma or 0.0, None, n, rule)
        found[row.provider] = (-euros.mean, -euros.mean - snap(expected, step))
    return found


def _combine(
    row: ProviderRow,
    gained: ProviderRow,
    priced: tuple[float, float] | None,
    step: float,
    whole: ProviderComparison,
) -> ProviderRow:
    """A provider's net benefit from its published improvement and cost, and the funnel's figures from it."""
    bare = ProviderRow(
        row.provider, gained.n_started, gained.n, verdict=Verdict.TOO_FEW, withheld=True
    )
    if gained.withheld or not gained.n or row.z is None or whole.sigma is None:
        return bare
    if gained.gain is None or priced is None or whole.target is None:
        return bare
    difference = step * (gained.observed_minus_expected or 0.0) + priced[1]
    se = whole.sigma / gained.n**0.5
    row = replace(
        row,
        n_started=gained.n_started,
        n=gained.n,
        gain=step * gained.gain + priced[0],
        expected=None,
        observed_minus_expected=difference,
        adjusted_gain=whole.target + difference,
        se=se,
        expected_rank=None,
        pcer=None,
    )
    row = compute_funnel(row, whole)
    if whole.tau2 is None or not whole.sigma2:
        return replace(row, blup=None, blup_se=None, reliability=None)
    reliability = whole.tau2 / (whole.tau2 + whole.sigma2 / gained.n)
    return replace(
        row,
        reliability=reliability,
        blup=reliability * difference,
        blup_se=(reliability * whole.sigma2 / gained.n) ** 0.5,
    )


def _release_improved(rows: Sequence[ValueRow], rule: DisclosureRule) -> dict[str, int | None]:
    """By provider, and of all together under `*`, how many improved reliably; None where it is not told."""
    known = [row for row in rows if row.n_improved is not None and row.n_pairs is not None]
    counts = [(row.n_improved or 0, (row.n_pairs or 0) - (row.n_improved or 0)) for row in known]
    if not counts:
        return dict.fromkeys([*(row.provider for row in rows), EVERYBODY])
    table = withhold_table(counts, rule)
    found: dict[str, int | None] = {
        row.provider: cells[0] for row, cells in zip(known, table.cells, strict=True)
    }
    both = None not in table.columns
    return found | {EVERYBODY: table.columns[0] if both else None}


def _release_row(
    row: ValueRow | None,
    n_started: int | None,
    n_pairs: int | None,
    n_improved: int | None,
    improvement: float | None,
    provider: str,
    rule: DisclosureRule,
) -> ValueRow:
    if row is None or not n_pairs or n_pairs < rule.estimates_from or improvement is None:
        return ValueRow(provider, n_started, n_pairs, withheld=True)
    # Where the number started is withheld, it is the number of pairs and one to four more.
    started = n_pairs if n_started is None else n_started
    share = None if n_improved is None else n_improved / n_pairs
    euros, days = (
        None
        if outlay is None
        else _release_outlay(outlay, started, n_pairs, share, improvement, rule)
        for outlay in (row.euros, row.days)
    )
    return ValueRow(provider, n_started, n_pairs, n_improved, improvement, euros, days)


def _release_outlay(
    outlay: Outlay,
    started: int,
    pairs: int,
    share: float | None,
    improvement: float,
    rule: DisclosureRule,
) -> Outlay | None:
    plain, adjusted = outlay.joints[PER_POINT], outlay.joints[ADJUSTED_PER_POINT]
    if plain.n_cost < rule.estimates_from or plain.mean_cost is None or plain.sd_cost is None:
        return None
    n = min(rule.round(plain.n_cost), started)
    step = find_step(plain.mean_cost, plain.sd_cost, outlay.unit, n, rule)
    mean = snap(plain.mean_cost, step)
    shift = snap((outlay.adjusted or plain.mean_cost) - plain.mean_cost, step)
    kept = pairs / started
    centres = {
        PER_POINT: (mean, improvement, n, pairs),
        PER_POINT_UNCHANGED: (mean, improvement * kept, n, started),
        ADJUSTED_PER_POINT: (
            mean + shift,
            improvement,
            min(rule.round(adjusted.n_cost), started),
            pairs,
        ),
    }
    if share is not None:
        centres[PER_IMPROVED] = (mean, share, n, pairs)
        centres[PER_IMPROVED_UNCHANGED] = (mean, share * kept, n, started)
    joints = {
        name: _coarsen(
            outlay.joints[name], *centre, is_share=name in (PER_IMPROVED, PER_IMPROVED_UNCHANGED)
        )
        for name, centre in centres.items()
        if name in outlay.joints and centre[2] >= 2
    }
    low, high = joints[PER_POINT].cost_interval
    return Outlay(
        n=n,
        mean=mean,
        low=None if low is None else snap(low, step),
        high=None if high is None else snap(high, step),
        adjusted=None if outlay.adjusted is None else mean + shift,
        ratios={name: shorten_ratio(joint.ratio) for name, joint in joints.items()},
        joints={},
        unit=None,
    )


def _coarsen(
    joint: Joint, cost: float, effect: float, n_cost: int, n_effect: int, *, is_share: bool
) -> Joint:
    """The joint moments around published means, with spreads that tell no counts."""
    spread = joint.sd_effect
    if is_share:
        spread = (effect * (1 - effect) * n_effect / max(n_effect - 1, 1)) ** 0.5
    return Joint(
        n_cost=n_cost,
        n_effect=n_effect,
        n_both=min(n_cost, n_effect),
        mean_cost=cost,
        mean_effect=effect,
        sd_cost=shorten(joint.sd_cost),
        sd_effect=shorten(spread),
        correlation=round(joint.correlation, 2),
    )


def find_step(mean: float, sd: float, unit: float | None, n: int, rule: DisclosureRule) -> float:
    """The step of a provider's mean: a fiftieth of the SD, and at least what hides the count and a client behind it."""
    fine = rule.step(sd) if sd > 0 else 10.0 ** np.floor(np.log10(mean / 100)) if mean > 0 else 1.0
    return rule.coarse_step(float(fine), sd, unit, n)


def snap(value: float, step: float) -> float:
    """A value on a grid of `step`."""
    digits = max(0, 1 - int(np.floor(np.log10(step))))
    return round(round(value / step) * step, digits) + 0.0


def shorten(value: float | None) -> float | None:
    """Three digits of a figure."""
    return None if value is None else float(f"{value:.3g}")


def shorten_ratio(ratio: Ratio) -> Ratio:
    """A ratio and its limits with three digits."""
    return Ratio(shorten(ratio.ratio), shorten(ratio.low), shorten(ratio.high), ratio.status)
