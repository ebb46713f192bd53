"""What a county hands over so that providers can be compared over counties: sums after disclosure control, no row."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from evalplat.errors import Fault, FileRejected, InputRejected, Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Instrument, Scale
from evalplat.instruments.steps import find_step
from evalplat.services.actors import COUNTY_READERS, Actor, demand
from evalplat.services.comparisons import check_query, list_comparable_scales, write_period
from evalplat.services.kept_sums import load_sums
from evalplat.services.requests import ComparisonQuery
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.storage import audit
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    import pandas as pd

    from evalplat.statistics.counties.county_documents import ScaleIdentity, ScaleMoments
    from evalplat.statistics.moments import Floats
    from evalplat.statistics.results import ProviderComparison

ScaleKey = tuple[str, str]
NOT_USED = Message("The counties' sums cannot be compared.")
NOT_WRITTEN = Message("The county's sums were not written.")


def export_moments(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    county: str,
    scales: Sequence[ScaleKey] = (),
    adjust: Sequence[str] = ("age", "sex"),
    period_from: date | None = None,
    period_until: date | None = None,
    at: datetime,
) -> dict[str, Any]:
    """A county's document for these scales (without any: for all that have pairs), after disclosure control.

    The period is of whole months and ends with the last month that is over, so that no two documents differ by the
    clients of a few days. Baseline and end are always in it; `adjust` names further covariates. Analysts,
    administrators and system jobs; each scale is written into the access log. Raises InputRejected with every fault.
    """
    from evalplat.statistics.counties.county_documents import ScaleMoments

    demand(session, actor, *COUNTY_READERS)
    period_until = period_until or at.date().replace(day=1) - timedelta(days=1)
    wanted = scales or [
        (found.instrument, found.scale)
        for found in list_comparable_scales(session, catalogue, actor)
        if found.has_pairs
    ]
    queries = [
        ComparisonQuery(
            instrument,
            scale,
            period_from=period_from,
            period_until=period_until,
            adjust=tuple(adjust),
        )
        for instrument, scale in dict.fromkeys(wanted)
    ]
    checked = _check(catalogue, queries, period_from, period_until, at)
    moments = []
    for query, (definition, scale) in zip(queries, checked, strict=True):
        sums, flow = load_sums(session, definition, query)
        identity = identify(definition, scale)
        moments.append(ScaleMoments(identity, sums, flow, find_step(definition, scale)))
        what = f"{definition.key}/{scale.key}"
        audit.record(session, "export_moments", "comparison", what, at=at)
    return write_county(
        moments,
        county=county,
        period=(period_from, period_until),
        covariates=adjust,
        on=at.date(),
    )


def write_county(
    moments: Sequence["ScaleMoments"],
    *,
    county: str,
    period: tuple[date | None, date | None],
    covariates: Sequence[str],
    on: date,
) -> dict[str, Any]:
    """The document of a county on a day, after disclosure control with the usual thresholds."""
    from evalplat.statistics.counties.county_documents import write_document

    return write_document(
        moments,
        county=county.strip(),
        period=write_period(*period),
        created=on.isoformat(),
        code_version=installed_version("evalplat"),
        covariates=[name for name in covariates if name not in ("baseline", "end")],
        rule=DisclosureRule(),
    )


def _check(
    catalogue: Catalogue,
    queries: Sequence[ComparisonQuery],
    period_from: date | None,
    period_until: date,
    at: datetime,
) -> list[tuple[Instrument, Scale]]:
    """The definition and scale of each query; raises InputRejected with every fault of all of them."""
    faults: dict[tuple[str, str], Fault] = {}
    found = []
    for query in queries:
        try:
            found.append(check_query(catalogue, query))
        except InputRejected as error:
            faults.update({(fault.where, str(fault.message)): fault for fault in error.faults})
    days = (("period_from", period_from), ("period_until", period_until))
    for where, day in days:
        if day is not None and not _is_edge(day, last=where == "period_until"):
            text = Message(
                "Give whole months: a document begins on the first day of a month and ends on the last day of one."
            )
            faults[where, ""] = Fault(where, text)
    if period_until >= at.date():
        text = Message(
            "%(day)s is not over yet; a document is of months that are over.",
            day=period_until.isoformat(),
        )
        faults["period_until", "over"] = Fault("period_until", text)
    if not queries:
        text = Message("No scale has a pair of measurements yet, so there is nothing to hand over.")
        faults["scale", ""] = Fault("scale", text)
    if faults:
        raise InputRejected(NOT_WRITTEN, list(faults.values()))
    return found


def _is_edge(day: date, *, last: bool) -> bool:
    """Whether a day is the first (or the last) of its month."""
    return day.day == (monthrange(day.year, day.month)[1] if last else 1)


def identify(definition: Instrument, scale: Scale) -> "ScaleIdentity":
    """A scale of the catalogue, so that it can be told whether two counties mean the same."""
    from evalplat.statistics.counties.county_documents import ScaleIdentity

    if scale.direction is None:
        raise AssertionError("checked before")
    return ScaleIdentity(
        instrument=definition.key,
        version=definition.version,
        scale=scale.key,
        direction=scale.direction,
        definition=definition.digest,
    )


def sum_episodes(
    frame: "pd.DataFrame",
    key: ScaleKey,
    *,
    direction: Direction,
    covariates: Sequence[str],
    catalogue: Catalogue,
    missing_covariates: str = "indicator",
) -> "ScaleMoments":
    """Sums of one scale of a table of episodes, as `statistics.comparison.compare` takes it.

    missing_covariates: "indicator" or "complete", see `statistics.cases.MissingCovariates`. A scale that the catalogue
    knows has its definition's fingerprint; any other has none, and is known by its name.
    """
    import numpy as np

    from evalplat.statistics.cases import MissingCovariates, select_cases
    from evalplat.statistics.comparison_of_sums import Flow
    from evalplat.statistics.counties.county_documents import ScaleIdentity, ScaleMoments
    from evalplat.statistics.sums import collect_sums
    from evalplat.statistics.unknown_columns import describe_columns

    known = _find_scale(catalogue, key)
    cases = select_cases(frame, covariates, MissingCovariates(missing_covariates))
    numbers = {"baseline": cases.baseline, "end": cases.end}
    columns = dict(numbers)
    for name, values in cases.covariates.items():
        if name not in numbers:
            columns |= describe_columns(name, values)
            numbers[name] = values[values == values]
    reference = {
        name: round(float(np.mean(numbers[name]))) if len(numbers[name]) else 0.0
        for name in columns
        if name in numbers
    }
    if known is None:
        identity = ScaleIdentity(key[0], "", key[1], direction, "")
        step = _find_gap(np.concatenate([cases.baseline, cases.end]))
    else:
        identity = replace(identify(*known), direction=direction)
        step = find_step(*known)
    return ScaleMoments(
        identity,
        collect_sums(cases.group, cases.providers, columns, reference),
        Flow(dict(zip(cases.providers, cases.n_started.tolist(), strict=True)), cases.exclusions),
        step,
    )


LARGEST_DOCUMENT = 50_000_000
"""Bytes; a county with a thousand providers, fifty scales and fifty covariate levels needs a tenth of it."""


def read_contents(files: Sequence[Path]) -> list[tuple[str, bytes]]:
    """The files' names and contents, no more than a document may have. Raises FileRejected for all that fail."""
    faults: list[Fault] = []
    found = []
    for file in files:
        try:
            with file.open("rb") as stream:
                found.append((str(file), stream.read(LARGEST_DOCUMENT + 1)))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            faults.append(Fault(str(file), Message("it cannot be read: %(reason)s", reason=why)))
    if faults:
        raise FileRejected(NOT_USED, faults)
    return found


def compare_documents(
    documents: Sequence[tuple[str, bytes]],
    key: ScaleKey,
    *,
    adjust: Sequence[str] = ("baseline",),
    disclosure: DisclosureRule | None,
) -> "ProviderComparison":
    """Providers compared over counties, from each county's document given as (name of its file, content).

    Raises FileRejected with the faults of every document that cannot be used, and InputRejected with every reason why
    the others do not fit together.
    """
    from evalplat.statistics.counties.county_documents import read_document
    from evalplat.statistics.counties.federation import compare_counties, merge_counties

    faults: list[Fault] = []
    read = []
    for where, content in documents:
        try:
            if len(content) > LARGEST_DOCUMENT:
                text = Message("the file is too large for a county's sums")
                raise FileRejected(NOT_USED, [Fault(where, text)])
            read.append(read_document(content.decode("utf-8"), where))
        except UnicodeDecodeError:
            faults.append(Fault(where, Message("this is not text in UTF-8")))
        except FileRejected as error:
            faults.extend(error.faults)
    if faults:
        raise FileRejected(NOT_USED, faults)
    merged = merge_counties(read, *key)
    return compare_counties(merged, adjust=adjust, disclosure=disclosure)


def _find_scale(catalogue: Catalogue, key: ScaleKey) -> tuple[Instrument, Scale] | None:
    """A scale with a direction in the latest version of its instrument; None where the catalogue does not know it."""
    try:
        definition = catalogue.get(key[0])
        scale = definition.scale(key[1])
    except NotFound:
        return None
    return None if scale.direction is None else (definition, scale)


def _find_gap(scores: "Floats") -> float | None:
    """The middle one of the distances between neighbouring scores, where no definition tells their step."""
    import numpy as np

    gaps = np.diff(np.unique(scores))
    return float(np.median(gaps)) if len(gaps) else None
