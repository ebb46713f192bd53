"""The instruments of the installation: which there are, and what one of them asks and scores."""

from typing import Any

from pydantic import Field

from evalplat.api.forms import Form, make_form
from evalplat.api.operations import Call, operation
from evalplat.api.parts import VERSION, Asked, Language, Told
from evalplat.instruments.definition import Instrument, Texts
from evalplat.vocabulary import Direction, Domain


class Licence(Told):
    """Who owns the instrument and what may be done with it."""

    holder: str
    terms: str
    electronic_use: str = Field(description="free, ask or licensed")


class ScoredScale(Told):
    """What is scored, and the range that a score can have."""

    key: str
    title: str
    direction: Direction | None
    domain: Domain | None
    minimum: float | None
    maximum: float | None
    decimals: int
    stated: bool = Field(
        description="False where the owner states range and direction and the county has not said them yet: no score "
        "is taken."
    )


class InstrumentLine(Told):
    """One version of one instrument."""

    key: str
    version: str
    kind: str
    title: str
    languages: tuple[str, ...]
    licence: Licence


class InstrumentPage(Told):
    """Every version of every instrument."""

    items: tuple[InstrumentLine, ...]


class InstrumentDetails(InstrumentLine):
    """An instrument with its form and its scales."""

    form: Form
    scales: tuple[ScoredScale, ...]


class InstrumentQuery(Asked):
    """Which version, in which words."""

    version: str | None = Field(
        None, pattern=f"^{VERSION}$", max_length=20, description="Else the latest."
    )
    language: Language | None = Field(None, description="Else the reader's language.")


@operation(
    "GET", "/instruments", scope=None, tag="Instruments", answer=InstrumentPage,
    summary="List the instruments",
)  # fmt: skip
def list_instruments(call: Call) -> InstrumentPage:
    """Every version of every instrument of the installation, by key, the oldest version first."""
    found = call.wiring.catalogue.list()
    lines = (InstrumentLine(**_line(one, one.text(call.language))) for one in found)
    return InstrumentPage(items=tuple(lines))


@operation(
    "GET", "/instruments/{key}", scope=None, tag="Instruments", query=InstrumentQuery,
    answer=InstrumentDetails, refusals=(404,), summary="Read an instrument",
)  # fmt: skip
def show_instrument(call: Call, key: str, *, query: InstrumentQuery) -> InstrumentDetails:
    """One version of an instrument: its questions, and the scales that answers become."""
    definition = call.wiring.catalogue.get(key, query.version)
    language = query.language or call.language
    texts = definition.text(language)
    return InstrumentDetails(
        **_line(definition, texts),
        form=make_form(definition, language),
        scales=tuple(
            ScoredScale(
                key=scale.key,
                title=texts.scales.get(scale.key, scale.key),
                direction=scale.direction,
                domain=scale.domain,
                minimum=None if scale.open else scale.minimum,
                maximum=None if scale.open else scale.maximum,
                decimals=scale.decimals,
                stated=not scale.open,
            )
            for scale in definition.scales
        ),
    )


def _line(definition: Instrument, texts: Texts) -> dict[str, Any]:
    licence = definition.licence
    return {
        "key": definition.key,
        "version": definition.version,
        "kind": definition.kind,
        "title": texts.title,
        "languages": definition.languages,
        "licence": Licence(
            holder=licence.holder, terms=licence.terms, electronic_use=licence.electronic_use
        ),
    }
