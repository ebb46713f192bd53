"""Whether clients and workers see the same, and how reliable a scale is in the county's own data; released.

Answers never leave this module: they are read for the sums behind alpha, and what is handed out has been released.
"""

import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.scoring.item_values import SheetCollector
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query
from evalplat.services.moments import main_respondent
from evalplat.services.requests import ComparisonQuery
from evalplat.services.scale_reliability import measure_scales
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.publishing.release_agreement import (
    release_reliability,
    release_retest,
    release_row,
)
from evalplat.statistics.raters.agreement import (
    AgreementRow,
    compare_ratings,
    compare_standardised,
    list_categories,
)
from evalplat.statistics.raters.reliability import ReliabilityRow, Retest, measure_retest
from evalplat.storage import agreement, audit
from evalplat.storage.access import crossing
from evalplat.storage.agreement import Source
from evalplat.vocabulary import MeasurementPoint, Respondent

RETEST_DAYS = (1, 28)
"""How many days may lie between test and retest: nothing should have changed, and answers should not be remembered."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What one scale's ratings can be compared with. standardised: another scale of the same domain."""

    source: Source
    standardised: bool


@dataclass(frozen=True, slots=True)
class CountyAgreement:
    """Everything of one page, released.

    agreements: the chosen scale against each counterpart. with_counterparts: the scales of the catalogue that have one,
    as (instrument, scale). reliability: every scale of the chosen instrument. retest: of the chosen scale.
    """

    instrument: str
    version: str
    scale: str
    point: MeasurementPoint
    agreements: tuple[AgreementRow, ...]
    with_counterparts: tuple[tuple[str, str], ...]
    reliability: tuple[ReliabilityRow, ...]
    retest: Retest


def describe_agreement(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    point: MeasurementPoint = MeasurementPoint.BASELINE,
    at: datetime,
) -> CountyAgreement:
    """Agreement of raters and reliability of scales at one point, for episodes opened in the query's period.

    Analysts, administrators and system jobs. The query's points, providers and adjustment are not looked at. Raises
    InputRejected with every fault of the query.
    """
    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    main = Source(definition.key, definition.version, main_respondent(definition), scale.key)
    rule = DisclosureRule()
    rows = _compare_all(session, catalogue, query, point, main)
    reliability = _measure_answers(session, definition, query, point, main)
    retest = _measure_close(session, query, main)
    audit.record(
        session, "describe_agreement", "agreement", f"{main.instrument}/{main.scale}", at=at
    )
    return CountyAgreement(
        instrument=definition.key,
        version=definition.version,
        scale=scale.key,
        point=point,
        agreements=tuple(release_row(row, rule) for row in rows),
        with_counterparts=list_with_counterparts(catalogue),
        reliability=tuple(release_reliability(row, rule) for row in reliability),
        retest=release_retest(retest, rule),
    )


def find_counterparts(
    catalogue: Catalogue, definition: Instrument, scale: Scale
) -> tuple[Counterpart, ...]:
    """The same scale by another respondent, and other respondents' scales of the same domain."""
    main = main_respondent(definition)
    same = [
        Counterpart(Source(definition.key, definition.version, other, scale.key), False)
        for other in definition.respondents
        if other is not main
    ]
    if scale.domain is None:
        return tuple(same)
    return tuple(same) + tuple(
        Counterpart(Source(other.key, other.version, main_respondent(other), one.key), True)
        for other in catalogue.latest()
        if _has_answers(other) and other.key != definition.key
        if (main is Respondent.WORKER) != (main_respondent(other) is Respondent.WORKER)
        for one in other.scales
        if one.domain is scale.domain and one.direction is not None
    )


def list_with_counterparts(catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """The scales that somebody else rates too, in the catalogue's order."""
    return tuple(
        (definition.key, scale.key)
        for definition in catalogue.latest()
        if _has_answers(definition)
        for scale in definition.scales
        if scale.direction is not None and scale.comparable
        if find_counterparts(catalogue, definition, scale)
    )


def _has_answers(definition: Instrument) -> bool:
    return definition.kind == "scored" and not definition.anonymous


def _compare_all(
    session: Session,
    catalogue: Catalogue,
    query: ComparisonQuery,
    point: MeasurementPoint,
    main: Source,
) -> list[AgreementRow]:
    definition = catalogue.get(main.instrument, main.version)
    found = find_counterparts(catalogue, definition, definition.scale(main.scale))
    if not found:
        return []
    sources = [main, *(one.source for one in found)]
    rows = agreement.stream_ratings(
        session,
        sources,
        point,
        period_from=query.period_from,
        period_until=query.period_until,
    )
    table = _spread(rows, sources)
    scales = [catalogue.get(s.instrument, s.version).scale(s.scale) for s in sources]
    return [
        _compare(table[:, 0], table[:, place], scales[0], scales[place], main, one, point)
        for place, one in enumerate(found, start=1)
    ]


def _spread(rows: Iterable[Any], sources: list[Source]) -> Floats:
    """One row per episode and one column per source; nan where there is no score."""
    place = {source: index for index, source in enumerate(sources)}
    blank = [nan] * len(sources)
    cells = array("d")
    current = None
    for episode, *source, value in rows:
        if episode != current:
            current = episode
            cells.extend(blank)
        cells[len(cells) - len(sources) + place[Source(*source)]] = value
    return np.array(cells, dtype=float).reshape(-1, len(sources))


def _compare(
    first: Floats,
    second: Floats,
    own: Scale,
    other: Scale,
    main: Source,
    counterpart: Counterpart,
    point: MeasurementPoint,
) -> AgreementRow:
    if counterpart.standardised:
        found = compare_standardised(_turn(first, own), _turn(second, other))
    else:
        categories = list_categories(first, second, (own.minimum, own.maximum))
        found = compare_ratings(first, second, categories=categories)
    source = counterpart.source
    return AgreementRow(
        first=(main.instrument, main.scale, main.respondent.value),
        second=(source.instrument, source.scale, source.respondent.value),
        point=point.value,
        found=found,
        standardised=counterpart.standardised,
        n_first_only=int(np.sum(np.isfinite(first) & np.isnan(second))),
        n_second_only=int(np.sum(np.isnan(first) & np.isfinite(second))),
    )


def _turn(scores: Floats, scale: Scale) -> Floats:
    """Scores turned so that more is better."""
    return scores * (1 if scale.direction is None else scale.direction.sign)


def _measure_answers(
    session: Session,
    definition: Instrument,
    query: ComparisonQuery,
    point: MeasurementPoint,
    main: Source,
) -> tuple[ReliabilityRow, ...]:
    if not _has_answers(definition):
        return ()
    collector = SheetCollector(definition)
    with crossing(session, "reliability of a scale, from answers without names") as privileged:
        for answers in agreement.stream_answers(
            privileged,
            main,
            point,
            period_from=query.period_from,
            period_until=query.period_until,
        ):
            collector.add_raw(json.loads(answers))
    return measure_scales(collector)


def _measure_close(session: Session, query: ComparisonQuery, main: Source) -> Retest:
    """Two scores of one client within RETEST_DAYS after the service has ended: nothing should have changed."""
    ends: dict[int, tuple[Any, float]] = {}
    first, second = array("d"), array("d")
    later: list[tuple[int, Any, float]] = []
    for episode, point, day, value in agreement.stream_close_scores(
        session, main, period_from=query.period_from, period_until=query.period_until
    ):
        if point is MeasurementPoint.END:
            ends[episode] = (day, value)
        else:
            later.append((episode, day, value))
    for episode, day, value in later:
        if episode not in ends:
            continue
        earlier, before = ends[episode]
        if RETEST_DAYS[0] <= (day - earlier).days <= RETEST_DAYS[1]:
            first.append(before)
            second.append(value)
    return measure_retest(np.array(first, dtype=float), np.array(second, dtype=float))
