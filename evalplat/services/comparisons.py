"""Comparing providers: one query in, one released comparison out."""

from datetime import date, datetime
from importlib.metadata import version as installed_version
from typing import TypedDict

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.instruments.steps import find_step
from evalplat.services.actors import COUNTY_READERS, PROVIDER_STAFF, Actor, demand
from evalplat.services.frames import load_frame
from evalplat.services.kept_sums import load_sums
from evalplat.services.model_choices import (
    FIXED,
    USUAL,
    ModelChoice,
    expect_from,
    list_faults,
    make_rule,
)
from evalplat.services.plans import list_planned_instruments
from evalplat.services.requests import COVARIATES as COVARIATES
from evalplat.services.requests import ComparisonQuery as ComparisonQuery
from evalplat.services.views import ComparableScale as ComparableScale
from evalplat.services.wordings import tell_wording
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.models.splines import SplineRule
from evalplat.statistics.results import Provenance, ProviderComparison
from evalplat.storage import audit, comparisons, moments
from evalplat.vocabulary import Direction, MeasurementPoint


def compare_providers(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    at: datetime,
    model: ModelChoice = USUAL,
) -> ProviderComparison:
    """The comparison that the query asks for, released under the disclosure rule; rows carry the providers' names.

    Answers from the sums that are kept per month; only days at the ends of a period are read as rows, or all of them
    for a bent line of the baseline. Analysts, administrators and system jobs. Raises InputRejected with every fault of
    the query (scale, period, points, covariates, providers, model).
    """
    demand(session, actor, *COUNTY_READERS)
    found = make_comparison(session, catalogue, query, at=at, model=model)
    audit.record(
        session, "compare_providers", "comparison", f"{found.instrument}/{found.scale}", at=at
    )
    return found


def make_comparison(
    session: Session,
    catalogue: Catalogue,
    query: ComparisonQuery,
    *,
    at: datetime,
    model: ModelChoice = USUAL,
) -> ProviderComparison:
    """`compare_providers` for a session that reaches every provider, whoever may see the result."""
    definition, scale = check_query(catalogue, query)
    if faults := list_faults(model, scale, query.adjust):
        raise InputRejected(Message("The comparison cannot be made."), faults)
    check_providers(session, query)
    if scale.direction is None:
        raise AssertionError("checked before")
    shared: _Shared = {
        "instrument": definition.key,
        "scale": scale.key,
        "direction": scale.direction,
        "adjust": query.adjust,
        "disclosure": DisclosureRule(),
        "provenance": tell_origin(session, definition, query, at),
        "population": find_population(scale) if model.population is None else FIXED,
    }
    rule = make_rule(model, scale)
    if rule is None:
        found = _compare_sums(session, definition, query, find_step(definition, scale), shared)
    else:
        bounds = (scale.minimum, scale.maximum)
        found = _compare_rows(session, definition, query, rule, bounds, shared)
    return found if model.population is None else expect_from(model.population, found)


class _Shared(TypedDict):
    """What a comparison of sums and one of rows are told alike."""

    instrument: str
    scale: str
    direction: Direction
    adjust: tuple[str, ...]
    disclosure: DisclosureRule
    provenance: Provenance
    population: Population | None


def _compare_sums(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    step: float | None,
    shared: _Shared,
) -> ProviderComparison:
    from evalplat.statistics.comparison_of_sums import compare_sums

    sums, flow = load_sums(session, definition, query)
    return compare_sums(sums, flow, unit=step, **shared)


def _compare_rows(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    spline: SplineRule,
    bounds: tuple[float, float],
    shared: _Shared,
) -> ProviderComparison:
    from evalplat.statistics.comparison import compare

    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    frame = frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True)))
    return compare(frame, spline=spline, bounds=bounds, **shared)


def find_population(scale: Scale) -> Population | None:
    """What regression to the mean is expected from: one norm with its mean, and a test-retest reliability."""
    means = [norm.mean for norm in scale.norms if norm.mean is not None]
    known = scale.change
    if len(means) != 1 or known.reliability is None or known.reliability_type != "test_retest":
        return None
    return Population(means[0], known.reliability)


def check_providers(session: Session, query: ComparisonQuery) -> None:
    """Refuse a query for a provider that is not there; raises InputRejected."""
    if query.providers and len(moments.list_providers(session, query.providers)) < len(
        set(query.providers)
    ):
        raise InputRejected(
            Message("The comparison cannot be made."),
            [Fault("providers", Message("There is no such provider."))],
        )


def tell_origin(
    session: Session, definition: Instrument, query: ComparisonQuery, at: datetime
) -> Provenance:
    """Where the figures of an analysis come from."""
    return Provenance(
        instrument=definition.key,
        version=definition.version,
        digest=definition.digest,
        code_version=installed_version("evalplat"),
        data_cutoff=at.date().isoformat(),
        period=write_period(query.period_from, query.period_until),
        wording=tell_wording(session, definition),
    )


def list_comparable_scales(
    session: Session, catalogue: Catalogue, actor: Actor
) -> tuple[ComparableScale, ...]:
    """Every scale with a direction: first the instruments of the county's usual plan in its order, then the others.

    `has_pairs` is about what the actor reaches: for a provider, its own clients.
    """
    demand(session, actor, *COUNTY_READERS, *PROVIDER_STAFF)
    return tuple(
        ComparableScale(
            instrument=definition.key,
            scale=scale.key,
            version=definition.version,
            direction=scale.direction,
            instrument_titles={code: text.title for code, text in definition.texts.items()},
            scale_titles={
                code: text.scales.get(scale.key, scale.key)
                for code, text in definition.texts.items()
            },
            has_pairs=has_pairs,
            knows_change=scale.change.assessable,
        )
        for definition, scale, has_pairs in list_usual_scales(session, catalogue)
        if scale.direction is not None
    )


def list_usual_scales(
    session: Session, catalogue: Catalogue
) -> list[tuple[Instrument, Scale, bool]]:
    """Every scale that may be compared, the usual plan's first, and whether the session reaches pairs of it."""
    paired = comparisons.list_paired_scales(session)
    planned = list_planned_instruments(session)
    definitions = sorted(
        filter(_may_be_compared, catalogue.latest()),
        key=lambda found: planned.index(found.key) if found.key in planned else len(planned),
    )
    return [
        (definition, scale, (definition.key, definition.version, scale.key) in paired)
        for definition in definitions
        for scale in definition.scales
        if scale.direction is not None and scale.comparable
    ]


def _may_be_compared(definition: Instrument) -> bool:
    """T scores of goals are no measure that providers can be compared on, and anonymous feedback has no course."""
    return definition.kind in ("scored", "external") and not definition.anonymous


def check_query(catalogue: Catalogue, query: ComparisonQuery) -> tuple[Instrument, Scale]:
    """The definition and the scale that a query names; raises InputRejected with every fault."""
    faults = [*_faults_of_period(query)]
    order = list(MeasurementPoint)
    if order.index(query.from_point) >= order.index(query.to_point):
        faults.append(
            Fault("to_point", Message("The later point must come after the earlier one."))
        )
    for name in dict.fromkeys(query.adjust):
        if name not in COVARIATES:
            faults.append(
                Fault(
                    "adjust",
                    Message(
                        "%(value)s is not one of %(known)s.",
                        value=str(name)[:40],
                        known=", ".join(COVARIATES),
                    ),
                )
            )
    try:
        definition = catalogue.get(query.instrument, query.version)
        scale = definition.scale(query.scale)
    except NotFound as error:
        faults.append(Fault("scale", error.message))
        raise InputRejected(Message("The comparison cannot be made."), faults) from error
    if scale.direction is None or not scale.comparable or not _may_be_compared(definition):
        faults.append(
            Fault(
                "scale",
                Message(
                    "Providers are not compared on %(scale)s.",
                    scale=f"{definition.key}/{scale.key}",
                ),
            )
        )
    if faults:
        raise InputRejected(Message("The comparison cannot be made."), faults)
    return definition, scale


def _faults_of_period(query: ComparisonQuery) -> list[Fault]:
    start, end = query.period_from, query.period_until
    if start is not None and end is not None and end < start:
        return [
            Fault(
                "period_until",
                Message(
                    "The period ends on %(end)s, before it begins on %(start)s.",
                    end=end.isoformat(),
                    start=start.isoformat(),
                ),
            )
        ]
    return []


def write_period(start: date | None, end: date | None) -> str:
    """A period as it stands in a result: both days with a slash between them, "" for all time."""
    if start is None and end is None:
        return ""
    return f"{start.isoformat() if start else ''}/{end.isoformat() if end else ''}"
