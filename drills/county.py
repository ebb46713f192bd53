"""A county that waits to be asked, made through services: providers, episodes, open sheets, links."""

import itertools
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from evalplat.config import Settings
from evalplat.episodes.local_time import local_day
from evalplat.services.accounts import create_account
from evalplat.services.actors import Actor
from evalplat.services.episodes import open_episodes
from evalplat.services.installation import load_county
from evalplat.services.invitations import draw_secret, invite
from evalplat.services.passwords import make_secret
from evalplat.services.planned import list_planned
from evalplat.services.plans import add_plan
from evalplat.services.providers import add_provider
from evalplat.services.requests import ClientDetails, EpisodeRequest, PlanRow, VoucherRequest
from evalplat.services.tokens import make_token_for
from evalplat.services.vouchers import grant_vouchers
from evalplat.storage import sheets
from evalplat.storage.rows import put_rows
from evalplat.storage.tables import Draft
from evalplat.vocabulary import MeasurementPoint, Role, TokenScope
from evalplat.wiring import Wiring, build_wiring

SYSTEM = Actor.system("drill")
PASSWORD = "a long password of a drill"
POINTS = (MeasurementPoint.BASELINE, MeasurementPoint.MIDPOINT, MeasurementPoint.END)
PROVIDERS = 24
BATCH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One client who is asked for one sheet, and what is answered already."""

    link: str
    administration_id: str
    episode_id: str
    first: int = 0
    """The option that was chosen everywhere before the drill began."""


def fill(
    settings: Settings, count: int, *, instrument: str = "whodas-2.0-12", drafted: bool = True,
    points: Sequence[MeasurementPoint] = POINTS, at: datetime | None = None, providers: int = PROVIDERS,
    opened: date | None = None,
    window_opens_after: int | None = None,
) -> list[Asked]:  # fmt: skip
    """A county in which `count` sheets wait for their clients; with `drafted` every question is answered already."""
    at = at or datetime.now(UTC)
    with closing(build_wiring(settings)) as wiring:
        return _fill(
            wiring,
            count,
            instrument,
            drafted,
            tuple(points),
            at,
            providers,
            opened,
            window_opens_after,
        )


def make_key(settings: Settings) -> str:
    """A key for other programs, of the worker of the first provider."""
    with closing(build_wiring(settings)) as wiring, wiring.transaction(SYSTEM) as session:
        made = make_token_for(
            session, SYSTEM, email="provider_worker@example.fi", name="Drill",
            scopes=[TokenScope.SHEETS_WRITE], days=1, at=datetime.now(UTC),
        )  # fmt: skip
    return made.secret


def codes_of(instrument: str, wiring: Wiring) -> list[str]:
    """Every question of an instrument, its conditions first."""
    definition = wiring.catalogue.get(instrument)
    return [c.code for c in definition.conditions] + [item.code for item in definition.items]


def _fill(
    wiring: Wiring, count: int, instrument: str, drafted: bool,
    points: tuple[MeasurementPoint, ...], at: datetime, among: int, opened: date | None,
    opens_after: int | None,
) -> list[Asked]:  # fmt: skip
    catalogue, today = wiring.catalogue, local_day(at)
    with wiring.transaction(SYSTEM) as session:
        load_county(session, catalogue, SYSTEM, wiring.settings)
        rows = [PlanRow(instrument, point) for point in points]
        if opens_after is not None:
            rows = [replace(row, offset_days=opens_after, before_days=0) for row in rows]
        add_plan(session, catalogue, SYSTEM, key="drill", titles={"en": "Drill"}, rows=rows)
        providers = [
            add_provider(session, SYSTEM, name=f"Provider {n:02}").id for n in range(among)
        ]
        case_worker = _add_staff(wiring, session, providers[0])
    codes = codes_of(instrument, wiring)
    secret = draw_secret()  # they come by their links
    asked: list[Asked] = []
    numbers = itertools.count(1)
    while len(asked) < count:
        left = -(-(count - len(asked)) // len(points))
        vouchers = [f"D-{next(numbers):06}" for _ in range(min(BATCH, left))]
        with wiring.transaction(SYSTEM) as session:
            grant_vouchers(session, SYSTEM, [_voucher(v, today, case_worker) for v in vouchers], at)
            episodes = open_episodes(
                session, catalogue, SYSTEM, _openings(vouchers, providers, today, opened), at
            )
            planned = list_planned(session, SYSTEM, episode_ids=episodes)
            found = sheets.find_planned(session, {p.id for p in planned})
            for place, one in enumerate(planned):
                made = invite(session, SYSTEM, administration_id=one.id, secret=secret, at=at)
                asked.append(
                    Asked(made.token, one.id, one.episode_id, 1 + (len(asked) + place) % 3)
                )
            if drafted:
                part = asked[-len(planned) :]
                put_rows(session, Draft, _drafts(part, found, codes, at), replace=("value",))
    return asked[:count]


def _drafts(
    part: Iterable[Asked], found: dict[str, sheets.Planned], codes: list[str], at: datetime
) -> list[dict[str, object]]:
    return [
        {
            **found[one.administration_id].owner,
            "code": code,
            "value": 1 if code == codes[0] and not code[0].isupper() else one.first,
            "language": "en",
            "saved_at": at - timedelta(minutes=5),
        }
        for one in part
        for code in codes
    ]


def _add_staff(wiring: Wiring, session: Session, provider: str) -> str:
    made = {}
    for role, place in ((Role.CASE_WORKER, None), (Role.PROVIDER_WORKER, provider)):
        made[role] = create_account(
            session, SYSTEM, email=f"{role}@example.fi", name=f"Drill {role}", role=role,
            password=make_secret(PASSWORD), provider_id=place,
        )  # fmt: skip
    return made[Role.CASE_WORKER].id


def _voucher(number: str, today: date, case_worker: str) -> VoucherRequest:
    return VoucherRequest(
        number=number,
        client=ClientDetails("Testi Asiakas", 1980, "female", "en", "alone", "unemployed"),
        value_cents=250_000,
        hours=40,
        valid_from=today - timedelta(days=200),
        valid_until=today + timedelta(days=200),
        municipality="853",
        case_worker_id=case_worker,
    )


def _openings(
    vouchers: list[str], providers: list[str], today: date, opened: date | None
) -> list[EpisodeRequest]:
    return [
        EpisodeRequest(
            voucher_number=number,
            opened_on=opened or today - timedelta(days=30),
            planned_end=today + timedelta(days=60),
            plan_key="drill",
            provider_id=providers[place % len(providers)],
        )
        for place, number in enumerate(vouchers)
    ]
