"""Episodes: opening them from vouchers, showing, listing what is due, closing."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from evalplat.episodes.due import due_state
from evalplat.errors import Message, NotFound
from evalplat.instruments.catalogue import Catalogue
from evalplat.services import closing
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.finding import find_clients
from evalplat.services.goals import goals_of
from evalplat.services.opening import VoucherRejected as VoucherRejected
from evalplat.services.opening import open_episodes as open_episodes
from evalplat.services.requests import ClosingRequest as ClosingRequest
from evalplat.services.requests import EpisodeRequest as EpisodeRequest
from evalplat.services.views import AdministrationView as AdministrationView
from evalplat.services.views import EpisodeView as EpisodeView
from evalplat.services.views import VoucherView, WorklistRow
from evalplat.services.views import Worklist as Worklist
from evalplat.services.voucher_look_up import state_of
from evalplat.storage import audit, episodes, worklists
from evalplat.storage.identities import read_names
from evalplat.storage.tables import Administration
from evalplat.vocabulary import DueState, Role

LARGEST_PAGE = 200


def open_episode(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    voucher_number: str,
    opened_on: date,
    planned_end: date | None = None,
    plan_key: str | None = None,
    provider_id: str | None = None,
    at: datetime,
) -> EpisodeView:
    """Take a voucher into an episode and plan its administrations from the measurement plan.

    Raises VoucherRejected with every fault: unknown, used, expired, not yet valid, of another county or provider, an
    end before the opening. `planned_end` is six months after the opening where it is not given.
    """
    request = EpisodeRequest(voucher_number, opened_on, planned_end, plan_key, provider_id)
    episode_id = open_episodes(session, catalogue, actor, [request], at)[0]
    return _show(session, catalogue, episode_id, at.date())


def get_episode(
    session: Session, catalogue: Catalogue, actor: Actor, episode_id: str, *, on: date
) -> EpisodeView:
    """One episode with its administrations as they stand on `on`, and its goals; raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    view = _show(session, catalogue, episode_id, on)
    audit.record(session, "read_episode", "episode", episode_id, [view.client_id])
    return view


def list_worklist(
    session: Session,
    actor: Actor,
    *,
    on: date,
    state: DueState | None = None,
    states: Sequence[DueState] = (),
    search: str = "",
    page: int = 1,
    page_size: int = 50,
) -> Worklist:
    """Administrations by state (overdue, due, coming, done, not applicable) and due day.

    `state` or `states` choose; without them all are listed.
    `search`: part of a client's name, or exactly one of their addresses. A page out of range shows the nearest one
    there is.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    clients = find_clients(session, search[:100])
    page_size = min(max(page_size, 1), LARGEST_PAGE)
    counts = worklists.count_states(session, on, clients)
    chosen = (state,) if state is not None else tuple(states)
    total = sum(counts[one] for one in chosen or counts)
    pages = max(1, -(-total // page_size))
    page = min(max(page, 1), pages)
    found = worklists.list_page(
        session, on, chosen, clients, limit=page_size, offset=(page - 1) * page_size
    )
    if found:
        audit.record(session, "read_worklist", "worklist", "", {row.client_id for row in found})
    return Worklist(
        rows=tuple(_worklist_row(row) for row in found),
        counts=counts,
        total=total,
        page=page,
        pages=pages,
        page_size=page_size,
    )


def close_episode(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    *,
    episode_id: str,
    closed_on: date,
    reason: str = "completed",
    at: datetime,
) -> EpisodeView:
    """Close an episode: end and follow-up windows move to the actual closing, a midpoint after it no longer applies.

    Raises InputRejected (closing before the opening or in the future, unknown reason) and Conflict (already closed).
    """
    closing.close_episodes(session, actor, [ClosingRequest(episode_id, closed_on, reason)], at)
    session.expire_all()
    return _show(session, catalogue, episode_id, at.date())


def close_episodes(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    requests: Sequence[ClosingRequest],
    at: datetime,
) -> None:
    """Close many episodes in one go, all or none."""
    closing.close_episodes(session, actor, requests, at)
    session.expire_all()


def _show(session: Session, catalogue: Catalogue, episode_id: str, on: date) -> EpisodeView:
    row: Any = episodes.find_episode(session, episode_id)
    if row is None:
        raise NotFound(Message("There is no such episode."))
    episode, client = row.Episode, row.Client
    planned = episodes.list_administrations(session, [episode.id])
    return EpisodeView(
        id=episode.public_id,
        provider_id=row.provider_public_id,
        provider_name=row.provider_name,
        client_id=client.public_id,
        client_name=read_names(session, [client.id]).get(client.id),
        client_birth_year=client.birth_year,
        client_language=client.language,
        municipality=episode.municipality,
        municipality_name=row.municipality_name,
        voucher=_voucher_view(session, row, on),
        opened_on=episode.opened_on,
        planned_end=episode.planned_end,
        closed_on=episode.closed_on,
        closing_reason=episode.closing_reason,
        plan_key=row.plan_key,
        administrations=tuple(_administration_view(catalogue, episode_id, a, on) for a in planned),
        goals=goals_of(session, catalogue, episode),
    )


def _voucher_view(session: Session, row: Any, on: date) -> VoucherView:
    voucher = row.Voucher
    return VoucherView(
        id=voucher.public_id,
        number=voucher.number,
        state=state_of(
            voucher,
            used=True,
            named_provider=row.named_provider,
            provider_id=row.provider_public_id,
            county=session.info["county"],
            on=on,
        ),
        value_cents=voucher.value_cents,
        hours=voucher.hours,
        valid_from=voucher.valid_from,
        valid_until=voucher.valid_until,
        municipality=voucher.municipality,
        municipality_name=row.granted_name,
        county=voucher.county,
        service=voucher.service,
        provider_id=row.named_provider,
        client_id=row.Client.public_id,
    )


def _administration_view(
    catalogue: Catalogue, episode_id: str, planned: Administration, on: date
) -> AdministrationView:
    definition = catalogue.get(planned.instrument, planned.version)
    return AdministrationView(
        id=planned.public_id,
        episode_id=episode_id,
        instrument_key=planned.instrument,
        version=planned.version,
        kind=definition.kind,
        titles={language: text.title for language, text in definition.texts.items()},
        point=planned.point,
        respondent=planned.respondent,
        mode=planned.mode,
        status=planned.status,
        state=due_state(planned.status, planned.due_from, planned.due_until, on),
        due_from=planned.due_from,
        due_until=planned.due_until,
        revision=planned.revision,
        measured_on=planned.measured_on,
        closing_reason=planned.closing_reason,
    )


def _worklist_row(row: worklists.Line) -> WorklistRow:
    planned, episode_id, _, client_name, state = row
    return WorklistRow(
        episode_id=episode_id,
        administration_id=planned.public_id,
        client_name=client_name,
        instrument_key=planned.instrument,
        version=planned.version,
        point=planned.point,
        respondent=planned.respondent,
        due_from=planned.due_from,
        due_until=planned.due_until,
        state=state,
        closing_reason=planned.closing_reason,
    )
