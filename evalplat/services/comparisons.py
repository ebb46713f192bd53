"""Comparing providers: one query in, one released comparison out."""

from datetime import datetime

from sqlalchemy.orm import Session

from evalplat.instruments.catalogue import Catalogue
from evalplat.services.actors import Actor
from evalplat.services.requests import COVARIATES as COVARIATES
from evalplat.services.requests import ComparisonQuery as ComparisonQuery
from evalplat.services.views import ComparableScale
from evalplat.statistics.results import ProviderComparison


def compare_providers(
    session: Session, catalogue: Catalogue, actor: Actor, query: ComparisonQuery, *, at: datetime
) -> ProviderComparison:
    """The comparison that the query asks for, released under the disclosure rule; rows carry the providers' names.

    Analysts, administrators and system jobs. Raises InputRejected with every fault of the query (scale, period, points,
    covariates).
    """
    raise NotImplementedError


def list_comparable_scales(
    session: Session, catalogue: Catalogue, actor: Actor
) -> tuple[ComparableScale, ...]:
    """Every scale with a direction, by instrument and scale in the catalogue's order."""
    raise NotImplementedError
