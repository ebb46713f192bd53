"""Many sheets of one scale as one figure, in the way the definition says."""

from collections.abc import Iterable

from evalplat.instruments.definition import Scale


def net_promoter_score(
    answers: Iterable[float], *, promoters_from: float = 9, detractors_to: float = 6
) -> float | None:
    """The share of promoters minus the share of detractors, −100 … 100; None without answers.

    Checked against: 10 9 8 7 6 0 gives 0; 10 10 9 7 3 gives 40.
    """
    given = list(answers)
    if not given:
        return None
    promoters = sum(answer >= promoters_from for answer in given)
    detractors = sum(answer <= detractors_to for answer in given)
    return 100 * (promoters - detractors) / len(given)


def summarise_group(scale: Scale, values: Iterable[float | None]) -> float | None:
    """The figure of a group of sheets by the scale's `group_summary`; sheets without a score are left out."""
    known = [value for value in values if value is not None]
    summary = scale.group_summary
    if summary.method == "nps":
        return net_promoter_score(
            known, promoters_from=summary.promoters_from, detractors_to=summary.detractors_to
        )
    return sum(known) / len(known) if known else None
