"""Plain builders for tests that need something in the database: every argument has a default.

`from builders import make_episode`, then `episode = make_episode(wiring)`. They write through services only.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

from every_table import fill_tables

from evalplat.services.accounts import create_account, find_password, list_accounts
from evalplat.services.actors import Actor
from evalplat.services.answers import save_draft, submit_answers
from evalplat.services.episodes import open_episode
from evalplat.services.goals import agree_goals
from evalplat.services.invitations import (
    draw_secret,
    find_code_hash,
    invite,
    open_invitation,
    split_code,
)
from evalplat.services.passwords import Proof, make_secret, prove
from evalplat.services.providers import add_provider, list_providers
from evalplat.services.requests import ClientDetails, GoalRequest
from evalplat.services.signing_in.sign_in import Begun, Visitor, find_hash
from evalplat.services.signing_in.sign_in import sign_in as begin_sign_in
from evalplat.services.views import (
    AccountView,
    AdministrationView,
    ClientVisit,
    EpisodeView,
    GoalView,
    Invitation,
    Receipt,
)
from evalplat.services.vouchers import grant_voucher
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role
from evalplat.wiring import Wiring

PASSWORD = "a long password of a test"
OPENED = date(2026, 3, 2)
SYSTEM = Actor.system("test")
VISITOR = Visitor("192.0.2.1", "Test")
_numbers = count(1)

WHODAS_12 = {**{f"S{n}": 2 for n in range(1, 13)}, "works_or_studies": 1}
"""A whole sheet of WHODAS 2.0 with 12 items, every answer "moderate"."""


@dataclass(frozen=True)
class Made:
    """An episode with the actor of its provider's worker and of its case worker."""

    episode: EpisodeView
    worker: Actor
    case_worker: Actor

    def administration(
        self,
        instrument: str = "whodas-2.0-12",
        point: MeasurementPoint = MeasurementPoint.BASELINE,
    ) -> AdministrationView:
        """The planned administration of an instrument at a point."""
        return next(
            a
            for a in self.episode.administrations
            if a.instrument_key == instrument and a.point is point
        )


def make_provider(wiring: Wiring, name: str = "Provider A") -> str:
    """The id of the provider of this name, made when it is not there yet."""
    with wiring.transaction(SYSTEM) as session:
        for provider in list_providers(session, SYSTEM):
            if provider.name == name:
                return provider.id
        return add_provider(session, SYSTEM, name=name).id


def make_account(
    wiring: Wiring,
    role: Role = Role.PROVIDER_WORKER,
    *,
    email: str | None = None,
    provider: str | None = "Provider A",
) -> AccountView:
    """An account of a role, made when it is not there yet; only a provider's staff get a provider."""
    of_provider = role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER)
    provider_id = make_provider(wiring, provider or "Provider A") if of_provider else None
    email = (
        email
        or f"{role}.{(provider if of_provider else 'county') or ''}@example.fi".replace(
            " ", ""
        ).lower()
    )
    with wiring.transaction(SYSTEM) as session:
        for account in list_accounts(session, SYSTEM):
            if account.email == email:
                return account
        return create_account(
            session,
            SYSTEM,
            email=email,
            name=f"Test {role}",
            role=role,
            password=make_secret(PASSWORD),
            provider_id=provider_id,
        )


def make_actor(wiring: Wiring, role: Role = Role.PROVIDER_WORKER, **rest: Any) -> Actor:
    """A signed-in account of a role."""
    return Actor.of(make_account(wiring, role, **rest))


def sign_in(
    wiring: Wiring,
    email: str,
    password: str = PASSWORD,
    at: Any = None,
    demanded_of: tuple[Role, ...] = (),
) -> Begun:
    """Sign in as the staff door does, in its three steps."""
    door, at = Actor.system("sign-in"), at or wiring.clock()
    with wiring.reading(door) as session:
        stored = find_hash(session, email=email, visitor=VISITOR, at=at)
    proof = prove(stored, password)
    with wiring.transaction(door) as session:
        return begin_sign_in(
            session, email=email, proof=proof, visitor=VISITOR, demanded_of=demanded_of, at=at
        )


def prove_own(wiring: Wiring, actor: Actor, password: str = PASSWORD) -> Proof:
    """What comparing a signed-in account's password gives."""
    with wiring.reading(actor) as session:
        return prove(find_password(session, actor), password)


def open_code(wiring: Wiring, code: str, at: Any = None) -> ClientVisit:
    """Open a client's visit with a typed code, as the client door does."""
    door, at = Actor.system("client door"), at or wiring.clock()
    with wiring.reading(door) as session:
        stored = find_code_hash(session, code, address=VISITOR.address, at=at)
    proof = prove(stored, split_code(code)[1])
    with wiring.transaction(door) as session:
        return open_invitation(session, code=code, proof=proof, address=VISITOR.address, at=at)


def make_voucher(wiring: Wiring, *, number: str | None = None, **rest: Any) -> str:
    """The number of a new voucher for a new client, granted by the county's case worker."""
    case_worker = rest.pop("case_worker", None) or make_actor(wiring, Role.CASE_WORKER)
    number = number or f"VS-{next(_numbers):06d}"
    details = {
        "client": ClientDetails("Testi Asiakas", 1980, "female", "fi", "alone", "unemployed"),
        "value_cents": 250_000,
        "hours": 40,
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2026, 12, 31),
        "municipality": "853",
        **rest,
    }
    with wiring.transaction(case_worker) as session:
        grant_voucher(session, case_worker, number=number, at=wiring.clock(), **details)
    return number


def make_episode(
    wiring: Wiring,
    *,
    provider: str = "Provider A",
    name: str = "Testi Asiakas",
    opened_on: date = OPENED,
    planned_end: date | None = None,
    voucher: str | None = None,
    worker: Actor | None = None,
    plan: str | None = None,
    **client: Any,
) -> Made:
    """An open episode of a new client at a provider, with the default plan unless another is named."""
    case_worker = make_actor(wiring, Role.CASE_WORKER)
    worker = worker or make_actor(wiring, Role.PROVIDER_WORKER, provider=provider)
    facts: dict[str, Any] = {
        "birth_year": 1980,
        "sex": "female",
        "language": "fi",
        "living_situation": "alone",
        "employment": "unemployed",
        **client,
    }
    number = voucher or make_voucher(
        wiring,
        client=ClientDetails(name=name, **facts),
        valid_from=opened_on - timedelta(days=30),
        valid_until=opened_on + timedelta(days=300),
    )
    with wiring.transaction(worker) as session:
        episode = open_episode(
            session,
            wiring.catalogue,
            worker,
            voucher_number=number,
            opened_on=opened_on,
            planned_end=planned_end,
            plan_key=plan,
            at=wiring.clock(),
        )
    return Made(episode, worker, case_worker)


def make_sheet(
    wiring: Wiring,
    made: Made,
    *,
    instrument: str = "whodas-2.0-12",
    point: MeasurementPoint = MeasurementPoint.BASELINE,
    raw: dict[str, object] | None = None,
    key: str | None = None,
    **rest: Any,
) -> Receipt:
    """A submitted sheet, by the worker, with every answer of WHODAS-12 at "moderate" unless told otherwise."""
    planned = made.administration(instrument, point)
    days = {"baseline": 7, "midpoint": 90, "end": 180, "follow_up": 240}[point]
    details = {
        "measured_on": made.episode.opened_on + timedelta(days=days),
        "mode": Mode.SELF,
        "respondent": Respondent.CLIENT,
        **rest,
    }
    with wiring.transaction(made.worker) as session:
        return submit_answers(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=planned.id,
            raw=WHODAS_12 if raw is None else raw,
            idempotency_key=key or f"key-{next(_numbers):08d}",
            at=wiring.clock(),
            **details,
        )


def make_goals(wiring: Wiring, made: Made, *titles: str) -> tuple[GoalView, ...]:
    """Goals agreed on the day after the opening, each at -1 to begin with; one goal unless titles are given."""
    day = made.episode.opened_on + timedelta(days=1)
    levels = ("never", "once a month", "once a week", "twice a week", "every day")
    goals = [
        GoalRequest(title, levels, -1, agreed_on=day) for title in titles or ("Goes out alone",)
    ]
    with wiring.transaction(made.worker) as session:
        return agree_goals(
            session,
            wiring.catalogue,
            made.worker,
            episode_id=made.episode.id,
            goals=goals,
            at=wiring.clock(),
        )


def make_invitation(
    wiring: Wiring,
    made: Made,
    instrument: str = "whodas-2.0-12",
    point: MeasurementPoint = MeasurementPoint.BASELINE,
) -> Invitation:
    """A new invitation of the client to one administration."""
    planned = made.administration(instrument, point)
    with wiring.transaction(made.worker) as session:
        return invite(
            session,
            made.worker,
            administration_id=planned.id,
            secret=draw_secret(),
            at=wiring.clock(),
        )


def make_everything(wiring: Wiring, *, provider: str = "Provider A", name: str = "Testi") -> Made:
    """An episode with a row in every table that belongs to somebody: pair, goals, draft, invitation."""
    made = make_episode(wiring, provider=provider, name=name)
    make_sheet(wiring, made)
    make_sheet(wiring, made, point=MeasurementPoint.END)
    make_goals(wiring, made)
    make_invitation(wiring, made, point=MeasurementPoint.MIDPOINT)
    planned = made.administration("whodas-2.0-12", MeasurementPoint.MIDPOINT)
    with wiring.transaction(made.worker) as session:
        save_draft(
            session,
            wiring.catalogue,
            made.worker,
            administration_id=planned.id,
            code="S1",
            value=1,
            at=wiring.clock(),
        )
    fill_tables(wiring, made)
    return made
