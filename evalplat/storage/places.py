"""How many episodes began or ended in each municipality, and of how many the measurement was made."""

from datetime import date
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from evalplat.storage.tables import Administration, Client, Episode, Municipality
from evalplat.vocabulary import MeasurementPoint


def count_measured(
    session: Session, *, point: MeasurementPoint, first: date, last: date, county: str
) -> list[Any]:
    """(sub_region, name, measured, together) of every municipality of a county, by sub-region and name.

    For the end the day of closing lies in the period, for every other point the day of opening. Clients who are not
    counted, at their own wish, are left out.
    """
    day = Episode.closed_on if point is MeasurementPoint.END else Episode.opened_on
    is_measured = (
        select(Administration.id)
        .where(
            Administration.episode_id == Episode.id,
            Administration.point == point,
            Administration.revision > 0,
        )
        .exists()
    )
    in_period = (
        select(
            Episode.municipality.label("code"),
            func.sum(case((is_measured, 1), else_=0)).label("measured"),
            func.count().label("together"),
        )
        .join(Client, Client.id == Episode.client_id)
        .where(and_(Client.counted, day >= first, day <= last))
        .group_by(Episode.municipality)
    )
    counted = {row.code: row for row in session.execute(in_period)}
    places = session.execute(
        select(Municipality.sub_region, Municipality.name, Municipality.code)
        .where(Municipality.county == county)
        .order_by(Municipality.sub_region, Municipality.name)
    )
    return [
        (
            place.sub_region,
            place.name,
            int(counted[place.code].measured) if place.code in counted else 0,
            int(counted[place.code].together) if place.code in counted else 0,
        )
        for place in places
    ]
