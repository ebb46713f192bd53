"""Value for money of providers: one query in, one released analysis out."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, tell_origin
from evalplat.services.frames import load_frame
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.change import find_sdc
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.money.net_benefit import WORTHS
from evalplat.statistics.money.value import ValueAnalysis
from evalplat.storage import audit


def analyse_value(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    query: ComparisonQuery,
    *,
    worth: float | None = None,
    at: datetime,
) -> ValueAnalysis:
    """What improvement costs at each provider, released under the disclosure rule.

    worth: euros that a point is worth, one of `WORTHS`; None takes a few around what a point costs today. Analysts,
    administrators and system jobs. Raises InputRejected with every fault of the query, and for another worth.
    """
    demand(session, actor, *COUNTY_READERS)
    definition, scale = check_query(catalogue, query)
    if worth is not None and worth not in WORTHS:
        known = ", ".join(f"{one:g}" for one in WORTHS)
        raise InputRejected(
            Message("The analysis cannot be made."),
            [
                Fault(
                    "worth", Message("%(value)s is not one of %(known)s.", value=worth, known=known)
                )
            ],
        )
    audit.record(session, "analyse_value", "comparison", f"{definition.key}/{scale.key}", at=at)
    return make_value(session, definition, scale, query, worth=worth, at=at)


def make_value(
    session: Session,
    definition: Instrument,
    scale: Scale,
    query: ComparisonQuery,
    *,
    worth: float | None = None,
    at: datetime,
) -> ValueAnalysis:
    """`analyse_value` of a query that was checked, for a session that reaches every provider."""
    from evalplat.statistics.money.durations import add_days
    from evalplat.statistics.money.value import measure_value

    if scale.direction is None:
        raise AssertionError("checked before")
    points = (query.from_point, query.to_point)
    frame = load_frame(session, definition, query, points=points)
    return measure_value(
        add_days(frame.rename(columns=dict(zip(points, ("baseline", "end"), strict=True)))),
        instrument=definition.key,
        scale=scale.key,
        direction=scale.direction,
        adjust=query.adjust,
        sdc=tell_sdc(scale),
        worths=None if worth is None else (worth,),
        disclosure=DisclosureRule(),
        provenance=tell_origin(session, definition, query, at),
    )


def tell_sdc(scale: Scale) -> float | None:
    """The scale's smallest detectable change: from its SD and reliability, else as published; None if unknown."""
    computed = find_sdc(scale.change.sd, scale.change.reliability)
    return computed if computed is not None else scale.change.sdc
