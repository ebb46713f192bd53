"""What is due: a list page by page, and the form of one administration."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from evalplat.api.cursors import FORM, read_cursor, write_cursor
from evalplat.api.forms import Form, make_form
from evalplat.api.operations import Call, operation
from evalplat.api.parts import FROM_TEXT, Asked, Language, Told
from evalplat.episodes.local_time import local_day
from evalplat.services.due_administrations import (
    LARGEST_PAGE,
    DueAdministration,
    get_administration,
    list_due_administrations,
)
from evalplat.vocabulary import (
    AdministrationStatus,
    DueState,
    MeasurementPoint,
    Mode,
    Respondent,
    TokenScope,
)


class DueQuery(Asked):
    """Which administrations, and where the list goes on."""

    state: tuple[Literal["overdue", "due", "coming"], ...] = Field(
        ("overdue", "due"), min_length=1, max_length=3,
        description="States to list; repeat it for several.",
    )  # fmt: skip
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE), FROM_TEXT] = Field(
        50, description="Rows on one page."
    )
    cursor: str | None = Field(
        None, pattern=f"^{FORM}$", description="`next` of the page before; absent for the first."
    )


class Administration(Told):
    """One administration: one instrument, one respondent, one measurement point. The voucher tells whose it is."""

    id: str
    episode_id: str
    client_id: str
    voucher: str = Field(description="Number of the voucher that pays for the episode.")
    instrument: str
    version: str = Field(description="The version it was planned with, and is answered in.")
    title: str = Field(description="The instrument's title in the reader's language.")
    kind: str = Field(description="`scored` is sent as a sheet; goals are rated on their own page.")
    point: MeasurementPoint
    respondent: Respondent = Field(description="Who is planned to answer.")
    mode: Mode = Field(description="How it is planned to be answered.")
    status: AdministrationStatus
    state: DueState
    due_from: date
    due_until: date
    revision: int = Field(description="The stored revision: the base of what is sent. 0 is none.")


class DuePage(Told):
    """One page of administrations, by last day."""

    items: tuple[Administration, ...]
    next: str | None = Field(description="The cursor of the next page; null at the end.")


class FormQuery(Asked):
    """In which words."""

    language: Language | None = Field(None, description="Else the reader's language.")


class AdministrationForm(Administration):
    """One administration with the form that it is answered on."""

    form: Form


@operation(
    "GET", "/due", scope=TokenScope.DUE_READ, tag="Measurements", query=DueQuery, answer=DuePage,
    summary="List administrations that are due",
)  # fmt: skip
def list_due(call: Call, *, query: DueQuery) -> DuePage:
    """What is overdue, due or coming for the provider's clients, or a case worker's own, by last day.

    Names are not told: the number of the voucher is what both programs know a client by.
    """
    after = read_cursor(query.cursor) if query.cursor else None
    with call.wiring.reading(call.actor) as session:
        page = list_due_administrations(
            session, call.actor, on=local_day(call.at), after=after, limit=query.limit,
            states=[DueState(word) for word in query.state],
        )  # fmt: skip
    return DuePage(
        items=tuple(Administration(**_fields(call, row)) for row in page.rows),
        next=write_cursor(page.after) if page.after else None,
    )


@operation(
    "GET", "/administrations/{administration_id}", scope=TokenScope.DUE_READ, tag="Measurements",
    query=FormQuery, answer=AdministrationForm, refusals=(404,),
    summary="Read one administration and its form",
)  # fmt: skip
def show_administration(
    call: Call, administration_id: str, *, query: FormQuery
) -> AdministrationForm:
    """The administration with its questions, in the version that it was planned with.

    Words are the installation's own labels, or the official wording where the county has loaded it under its licence.
    Answers that are stored already are not among them.
    """
    with call.wiring.reading(call.actor) as session:
        row = get_administration(
            session, call.actor, administration_id=administration_id, on=local_day(call.at)
        )
    definition = call.wiring.catalogue.get(row.instrument, row.version)
    form = make_form(definition, query.language or call.language)
    return AdministrationForm(**_fields(call, row), form=form)


def _fields(call: Call, row: DueAdministration) -> dict[str, Any]:
    definition = call.wiring.catalogue.get(row.instrument, row.version)
    return {
        "id": row.id,
        "episode_id": row.episode_id,
        "client_id": row.client_id,
        "voucher": row.voucher,
        "instrument": row.instrument,
        "version": row.version,
        "title": definition.text(call.language).title,
        "kind": definition.kind,
        "point": row.point,
        "respondent": row.respondent,
        "mode": row.mode,
        "status": row.status,
        "state": row.state,
        "due_from": row.due_from,
        "due_until": row.due_until,
        "revision": row.revision,
    }
