"""What missing end measurements may hide: every way of dealing with the lost, side by side, on one scale.

Composed of the modules beside this one, each with its formula, source and check: who the lost are
(`followed_versus_lost`), weighting, imputation and carrying forward, repeated measures, bounds, tipping points.
All but the bounds and carrying forward assume that lost clients fare like followed ones who began alike, at the same
provider; no method can tell whether they do, so the tipping points say how much it would take to matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalplat.errors import Message
from evalplat.parallel import IN_PROCESS, Runner
from evalplat.statistics.comparison import compare
from evalplat.statistics.disclosure import DisclosureRule, find_unpublishable
from evalplat.statistics.missing.attrition_results import AttritionResult, AttritionRow
from evalplat.statistics.missing.attrition_rows import count_row, judge_row
from evalplat.statistics.missing.bounds import bound_by_range, trim_differences
from evalplat.statistics.missing.cohort import Cohort, Estimate, select_cohort
from evalplat.statistics.missing.followed_versus_lost import compare_rates, contrast_lost
from evalplat.statistics.missing.imputation import (
    Imputation,
    average,
    carry_baseline_forward,
    impute_changes,
)
from evalplat.statistics.missing.repeated_measures import RepeatedMeasures, fit_repeated_measures
from evalplat.statistics.missing.tipping import find_tipping
from evalplat.statistics.missing.weighting import Weighting, bootstrap_weighting, weigh
from evalplat.statistics.publishing.release_attrition import release_attrition
from evalplat.statistics.results import Exclusion, Provenance, ProviderComparison
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

ALL = "*"
CHANGE = (-1.0, 1.0)


def analyse_attrition(
    frame: "pd.DataFrame",
    *,
    instrument: str,
    scale: str,
    direction: Direction,
    adjust: Sequence[str] = ("baseline",),
    lowest: float | None = None,
    highest: float | None = None,
    disclosure: DisclosureRule | None,
    provenance: Provenance | None = None,
    aside: Exclusion | None = None,
    replicates: int = 0,
    seed: int = 0,
    runner: Runner = IN_PROCESS,
) -> AttritionResult:
    """Analyse who was lost on one scale and what it may hide.

    frame: as `select_cohort` takes it. adjust: facts from the start that chances of being followed and expected changes
    depend on, beside the baseline and the provider, which always are among them. lowest, highest: the scale's possible
    scores, for the bounds. disclosure: None gives the whole. aside: what was set aside before. replicates: with 2 or
    more, errors of weighting come from so many resamples.

    Raises InputRejected when the frame or the range is wrong. Too little data is a `status`, never an error.
    """
    cohort = select_cohort(frame, adjust)
    status = _find_status(cohort)
    names = ("baseline", *(name for name in adjust if name != "baseline"))
    comparison = compare(
        frame,
        instrument=instrument,
        scale=scale,
        direction=direction,
        adjust=names,
        disclosure=disclosure,
    )
    cohort = _leave_out(cohort, disclosure, aside)
    weighting = _weigh(cohort, replicates, seed, runner)
    result = replace(
        _compose(cohort, comparison, weighting, (lowest, highest), seed),
        provenance=provenance,
        status=status,
        bootstrap=replicates if replicates >= 2 else 0,
    )
    return result if disclosure is None else release_attrition(result, comparison, disclosure)


def _compose(
    cohort: Cohort,
    comparison: ProviderComparison,
    weighting: Weighting,
    possible: tuple[float | None, float | None],
    seed: int,
) -> AttritionResult:
    """Every part of the analysis, unreleased."""
    imputation = impute_changes(cohort)
    rows, overall = _make_rows(cohort, weighting, imputation)
    bounds, own_bounds = bound_by_range(cohort, *possible)
    parts = zip(rows, own_bounds, trim_differences(cohort), comparison.rows, strict=True)
    return AttritionResult(
        instrument=comparison.instrument,
        scale=comparison.scale,
        direction=comparison.direction,
        adjusted_for=("baseline", *cohort.covariates),
        lowest=possible[0],
        highest=possible[1],
        rows=tuple(
            judge_row(replace(row, manski=own, lee=lee), judged, comparison)
            for row, own, lee, judged in parts
        ),
        overall=replace(overall, manski=bounds),
        contrasts=contrast_lost(cohort),
        rate_test=compare_rates(cohort.n, cohort.n_followed, seed=seed),
        tipping=find_tipping(cohort, imputation),
        n_unrepresented=imputation.n_unrepresented,
        sigma=comparison.sigma,
        unit=comparison.unit,
        exclusions=cohort.exclusions,
        warnings=tuple(_warn(cohort, weighting)),
    )


def _leave_out(cohort: Cohort, rule: DisclosureRule | None, aside: Exclusion | None) -> Cohort:
    """Without the clients of providers that totals would give away; `aside` counts among the exclusions."""
    if rule is not None:
        places = find_unpublishable(cohort.n_followed.tolist(), cohort.n.tolist(), rule)
        reason = Message("The provider has too few clients to be published or derived")
        cohort = cohort.without(places, reason)
    if aside is None:
        return cohort
    return replace(cohort, exclusions=(*cohort.exclusions, aside))


def _weigh(cohort: Cohort, replicates: int, seed: int, runner: Runner) -> Weighting:
    found = weigh(cohort)
    if replicates < 2:
        return found
    overall, own = bootstrap_weighting(cohort, seed=seed, replicates=replicates, runner=runner)
    return replace(found, overall=overall, providers=own)


def _find_status(cohort: Cohort) -> str:
    if not len(cohort.group):
        return "nobody"
    return "ok" if cohort.followed.any() else "nobody_followed"


def _make_rows(
    cohort: Cohort, weighting: Weighting, imputation: Imputation
) -> tuple[list[AttritionRow], AttritionRow]:
    """Counts, follow-up and every estimate, per provider and over all."""
    n, kept = cohort.n, cohort.n_followed
    followed = cohort.followed
    lost_scores = cohort.sum_by_provider(np.where(followed, 0.0, cohort.baseline))
    region_lost = 1 - float(kept.sum() / n.sum()) if n.sum() else None
    carried, own_carried = carry_baseline_forward(cohort)
    model = _fit_model(cohort)
    ordered = np.argsort(cohort.group[followed], kind="stable")
    changes = np.split(cohort.change[followed][ordered], np.cumsum(kept)[:-1]) if len(n) else []
    rows = [
        replace(
            count_row(provider, int(n[place]), int(kept[place]), region_lost),
            complete_cases=average(changes[place]),
            weighting=weighting.providers[place],
            imputation=imputation.providers[place],
            repeated_measures=_contrast(model, place, int(kept[place])),
            carried_forward=own_carried[place],
            baseline_lost=_divide(lost_scores[place], n[place] - kept[place]),
        )
        for place, provider in enumerate(cohort.providers)
    ]
    whole = replace(
        count_row(ALL, int(n.sum()), int(kept.sum())),
        complete_cases=average(cohort.change[followed]),
        weighting=weighting.overall,
        imputation=imputation.overall,
        repeated_measures=_contrast(model, None, int(kept.sum())),
        carried_forward=carried,
        baseline_lost=_divide(lost_scores.sum(), n.sum() - kept.sum()),
    )
    return rows, whole


def _divide(total: float, count: int) -> float | None:
    return float(total / count) if count else None


def _fit_model(cohort: Cohort) -> tuple[RepeatedMeasures, bool]:
    """Mean by time and provider; without providers (False) where there are too few clients for so many means."""
    scores = np.column_stack([cohort.baseline, cohort.end])
    found = fit_repeated_measures(scores, group=cohort.group, groups=len(cohort.providers))
    if found.status != "too_few":
        return found, True
    return fit_repeated_measures(scores), False


def _contrast(model: tuple[RepeatedMeasures, bool], place: int | None, followed: int) -> Estimate:
    fit, by_provider = model
    if followed == 0:
        return Estimate(status="nobody_followed")
    if place is not None and not by_provider:
        return Estimate(status="too_few")
    return fit.contrast(CHANGE, group=place)


def _warn(cohort: Cohort, weighting: Weighting) -> Iterator[Message]:
    for name in cohort.empty:
        yield Message("%(name)s has no value at all and was left out of the adjustment.", name=name)
    for name in weighting.propensity.dropped:
        yield Message(
            "%(name)s was left out of the weighting: these clients were all followed, or all lost.",
            name=name,
        )
    status = weighting.propensity.status
    if status == "separated":
        yield Message(
            "No weights can be given: the facts from the start tell without error who was followed."
        )
    elif status == "not_converged":
        yield Message("No weights can be given: their model did not settle.")
