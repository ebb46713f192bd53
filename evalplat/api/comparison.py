"""The county's comparison of providers: the released result of the page, from the same query by the same service."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from evalplat.api.operations import Call, operation
from evalplat.api.parts import INSTRUMENT, MONTH, Asked, Told
from evalplat.api.problems import Misplaced, Place
from evalplat.episodes.periods import first_of_month, last_of_month
from evalplat.errors import InputRejected
from evalplat.language import pick_words
from evalplat.reports.tables import (
    COLUMNS,
    FIGURES,
    IMPROVEMENT_COLUMNS,
    MODEL_COLUMNS,
    VERDICT_COLUMNS,
    comparison_record,
)
from evalplat.services.comparisons import (
    ComparisonQuery,
    compare_providers,
    list_comparable_scales,
)
from evalplat.vocabulary import Direction, TokenScope, Verdict

Covariate = Literal[
    "baseline", "age", "sex", "language", "sub_region", "living_situation", "employment", "mode",
    "assistance", "wording", "none",
]  # fmt: skip
Month = Annotated[str, Field(pattern=f"^{MONTH}$")]
Key = Annotated[str, Field(pattern=f"^{INSTRUMENT}$", max_length=60)]
Figure = int | float | None


class ComparisonIn(Asked):
    """One comparison: which scale, which episodes by their month of opening, adjusted for what."""

    instrument: Key
    scale: Annotated[str, Field(pattern="^[A-Za-z0-9_.-]+$", max_length=60)]
    start: Month | None = Field(
        None, alias="from", description="The first month of opening, like 2026-01."
    )
    until: Month | None = Field(None, description="The last month of opening, included.")
    adjust: tuple[Covariate, ...] = Field(
        ("baseline", "age", "sex"), max_length=20,
        description="What is adjusted for; repeat it for several. `none` adds nothing.",
    )  # fmt: skip


class ComparableScale(Told):
    """A scale that providers can be compared on."""

    instrument: str
    scale: str
    version: str
    direction: Direction
    instrument_title: str
    scale_title: str
    has_pairs: bool = Field(description="Whether there is anything to compare.")


class ScalePage(Told):
    """The scales that can be compared, the usual ones first."""

    items: tuple[ComparableScale, ...]


class Exclusion(Told):
    """How many episodes were left out, and why; null where the count is withheld."""

    reason: str
    count: int | None


class Provenance(Told):
    """Where the figures come from."""

    instrument: str
    version: str
    digest: str
    code_version: str
    data_cutoff: str
    period: str
    wording: str = Field(
        description="Whether the questions were asked in the owner's wording: official, descriptive (our own labels), "
        "mixed, or empty where there is none."
    )


class _Provider(Told):
    """One provider; a null was not computable, or is withheld, and then `reason` says so."""

    provider: str
    verdict: Verdict
    reason: Literal["withheld", "no_pairs"] | None


class _Comparison(Told):
    """A released comparison: counts are rounded and small ones withheld, on this road as on every other."""

    instrument: str
    scale: str
    direction: Direction
    status: str
    released: bool
    adjusted_for: tuple[str, ...]
    coefficients: dict[str, Figure]
    reml_coefficients: dict[str, Figure]
    exclusions: tuple[Exclusion, ...]
    warnings: tuple[str, ...]
    provenance: Provenance | None
    models: dict[str, Any] | None = Field(
        description="The model card: three models and their checks."
    )


def _figures(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, (Figure, None))


Provider = create_model(
    "Provider", __base__=_Provider, __doc__=_Provider.__doc__,
    **_figures(
        *COLUMNS[1:-1], *IMPROVEMENT_COLUMNS[:-1], *MODEL_COLUMNS, *VERDICT_COLUMNS
    ),
)  # fmt: skip
Comparison = create_model(
    "Comparison", __base__=_Comparison, __doc__=_Comparison.__doc__,
    **_figures(*FIGURES, "verdict_tau2", "verdict_q95", "verdict_q998"),
    providers=(tuple[Provider, ...], Field(description="In the order of their names.")),  # type: ignore[valid-type]
)  # fmt: skip
PLACES = {"period_from": "from", "period_until": "until"}


@operation(
    "GET", "/comparison", scope=TokenScope.COMPARISON_READ, tag="County", query=ComparisonIn,
    answer=Comparison, refusals=(422,), summary="Compare providers on one scale",
)  # fmt: skip
def show_comparison(call: Call, *, query: ComparisonIn) -> Told:
    """The same released result as the county's page, unrounded beyond its release.

    Periods are of whole months, so that no two results differ by the clients of a single day.
    """
    wanted = ComparisonQuery(
        instrument=query.instrument,
        scale=query.scale,
        period_from=first_of_month(_day(query.start)) if query.start else None,
        period_until=last_of_month(_day(query.until)) if query.until else None,
        adjust=tuple(dict.fromkeys(name for name in query.adjust if name != "none")),
    )
    try:
        with call.wiring.reading(call.actor) as session:
            found = compare_providers(
                session, call.wiring.catalogue, call.actor, wanted, at=call.at
            )
    except InputRejected as error:
        places = (Place("query", PLACES.get(f.where, f.where), f.message) for f in error.faults)
        raise Misplaced(error, places) from error
    return Comparison.model_validate(comparison_record(found, call.language))


@operation(
    "GET", "/comparison/scales", scope=TokenScope.COMPARISON_READ, tag="County", answer=ScalePage,
    summary="List the scales that can be compared",
)  # fmt: skip
def list_scales(call: Call) -> ScalePage:
    """Every scale with a better and a worse end, first those of the county's usual plan."""
    with call.wiring.reading(call.actor) as session:
        found = list_comparable_scales(session, call.wiring.catalogue, call.actor)
    return ScalePage(
        items=tuple(
            ComparableScale(
                instrument=one.instrument,
                scale=one.scale,
                version=one.version,
                direction=one.direction,
                instrument_title=pick_words(one.instrument_titles, call.language),
                scale_title=pick_words(one.scale_titles, call.language),
                has_pairs=one.has_pairs,
            )
            for one in found
        )
    )


def _day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
