"""Fills an empty database with the made-up county, through services only, as a county's systems would."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from evalplat.demo import truth
from evalplat.demo.afterwards import ask_to_be_contacted, give_feedback
from evalplat.demo.missed import Opened, close_missed
from evalplat.demo.people import DAYS_PLANNED, DemoEpisode, draw_episodes
from evalplat.demo.reminded import remind_clients
from evalplat.demo.sheets import draw_goals, draw_levels, draw_sheet
from evalplat.demo.staff import SYSTEM, SignIn, add_staff
from evalplat.demo.truth import DemoProvider
from evalplat.services import agreeing, answers, episodes, planned, providers, rating, vouchers
from evalplat.services.planned import PlannedAdministration
from evalplat.services.requests import (
    ClientDetails,
    ClosingRequest,
    EpisodeRequest,
    GoalAgreement,
    GoalRatings,
    GoalRequest,
    Submission,
    VoucherRequest,
)
from evalplat.vocabulary import MeasurementPoint, Mode, Role
from evalplat.wiring import Wiring

SPARE_VOUCHERS = (
    ("UUSI-0001", "Kaste Kokeilija", "fi"),
    ("UUSI-0002", "Sol Provare", "sv"),
    ("UUSI-0003", "Pilvi Testaaja", "fi"),
)
WAITING_VOUCHERS = (
    ("ODOTTAA-0001", "Ilta Epäröijä", "fi", 75),
    ("ODOTTAA-0002", "Dan Dröjer", "sv", 40),
)
"""Vouchers that were granted so many days ago and have not been taken to any provider."""

HURRIES = 0.02
"""How many of the clients who answer by themselves tap through the questions."""

BATCH = 250
NOON = datetime.combine(truth.AS_OF, time(12), UTC)

Progress = Callable[[int, int], None]


def fill(
    wiring: Wiring,
    progress: Progress,
    *,
    seed: int = truth.SEED,
    made_up: tuple[DemoProvider, ...] = truth.PROVIDERS,
) -> tuple[SignIn, ...]:
    """Make the county; returns its staff's sign-ins. `progress` is told (done, of all) episodes.

    made_up: the providers, the two first with accounts; a small county has fewer.
    """
    rng, apart = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    pace = np.random.default_rng([seed, 3])
    drawn = draw_episodes(rng, made_up)
    provider_ids = add_providers(wiring, made_up)
    staff = add_staff(wiring, provider_ids)
    case_worker = next(one.account_id for one in staff if one.role is Role.CASE_WORKER)
    opened: list[Opened] = []
    everybody: list[Opened] = []
    for start in range(0, len(drawn), BATCH):
        batch = drawn[start : start + BATCH]
        opened = _fill_batch(wiring, (rng, pace), batch, start, provider_ids, case_worker)
        close_missed(wiring, apart, opened)
        everybody += opened
        progress(start + len(batch), len(drawn))
    give_feedback(wiring, np.random.default_rng([seed, 2]), drawn, provider_ids)
    ask_to_be_contacted(wiring, opened, made_up)
    remind_clients(wiring, everybody, made_up)
    _grant_spare_vouchers(wiring, case_worker)
    return staff


def add_providers(wiring: Wiring, made_up: tuple[DemoProvider, ...]) -> dict[str, str]:
    """The made-up providers; their public ids by name."""
    own = "Hyvinvointialueen oma yksikkö"
    with wiring.transaction(SYSTEM) as session:
        return {
            provider.name: providers.add_provider(
                session, SYSTEM, name=provider.name, own_service=provider.name == own
            ).id
            for provider in made_up
        }


def _fill_batch(
    wiring: Wiring,
    streams: tuple[np.random.Generator, np.random.Generator],
    drawn: Sequence[DemoEpisode],
    start: int,
    provider_ids: dict[str, str],
    case_worker: str,
) -> list[Opened]:
    rng, _pace = streams
    numbers = [f"DEMO-{start + place:05d}" for place in range(1, len(drawn) + 1)]
    requests = [
        _grant(number, episode, case_worker) for number, episode in zip(numbers, drawn, strict=True)
    ]
    openings = [
        EpisodeRequest(
            voucher_number=number,
            opened_on=episode.opened_on,
            planned_end=episode.opened_on + timedelta(days=DAYS_PLANNED),
            provider_id=provider_ids[episode.provider.name],
        )
        for number, episode in zip(numbers, drawn, strict=True)
    ]
    with wiring.transaction(SYSTEM) as session:
        vouchers.grant_vouchers(session, SYSTEM, requests, NOON)
        ids = episodes.open_episodes(session, wiring.catalogue, SYSTEM, openings, NOON)
        opened = _find_planned(session, ids, drawn)
        goals = _agree(session, wiring, rng, opened)
        before = (MeasurementPoint.BASELINE, MeasurementPoint.MIDPOINT)
        _submit(session, wiring, streams, opened, before)
        _close(session, wiring, opened)
        after = (MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)
        _submit(session, wiring, streams, opened, after)
        _rate(session, wiring, rng, opened, goals)
    return opened


def _grant(number: str, episode: DemoEpisode, case_worker: str) -> VoucherRequest:
    person = episode.person
    return VoucherRequest(
        number=number,
        client=ClientDetails(
            name=person.name,
            birth_year=person.birth_year,
            sex=person.sex,
            language=person.language,
            living_situation="alone" if person.lives_alone else "with_family",
            employment="working" if person.works_or_studies else "unemployed",
        ),
        value_cents=episode.value_cents,
        hours=episode.hours,
        valid_from=episode.opened_on - timedelta(days=30),
        valid_until=episode.opened_on + timedelta(days=365),
        municipality=person.municipality,
        service="sosiaalinen kuntoutus",
        case_worker_id=case_worker,
    )


def _grant_spare_vouchers(wiring: Wiring, case_worker: str) -> None:
    """Vouchers that no provider has taken yet: some for trying it out, and some that have waited for long."""
    spare = [(*voucher, 14, 3650) for voucher in SPARE_VOUCHERS]
    waiting = [(*voucher, 180) for voucher in WAITING_VOUCHERS]
    requests = [
        VoucherRequest(
            number=number,
            client=ClientDetails(name=name, birth_year=1988, language=language),
            value_cents=240_000,
            hours=40,
            valid_from=truth.AS_OF - timedelta(days=since),
            valid_until=truth.AS_OF + timedelta(days=rest),
            municipality="853",
            service="sosiaalinen kuntoutus",
            case_worker_id=case_worker,
        )
        for number, name, language, since, rest in (*spare, *waiting)
    ]
    with wiring.transaction(SYSTEM) as session:
        vouchers.grant_vouchers(session, SYSTEM, requests, NOON)


def _find_planned(session: Any, ids: Sequence[str], drawn: Sequence[DemoEpisode]) -> list[Opened]:
    by_episode: dict[str, dict[tuple[str, MeasurementPoint], PlannedAdministration]] = {
        episode_id: {} for episode_id in ids
    }
    for row in planned.list_planned(session, SYSTEM, episode_ids=ids):
        by_episode[row.episode_id][row.instrument_key, row.point] = row
    return [
        Opened(episode_id, episode, by_episode[episode_id])
        for episode_id, episode in zip(ids, drawn, strict=True)
    ]


def _submit(
    session: Any,
    wiring: Wiring,
    streams: tuple[np.random.Generator, np.random.Generator],
    opened: Sequence[Opened],
    points: tuple[MeasurementPoint, ...],
) -> None:
    rng, pace = streams
    sheets = [
        Submission(
            administration_id=row.id,
            raw=draw_sheet(rng, instrument, one.drawn, point),
            idempotency_key=f"demo-{row.id}",
            measured_on=one.drawn.measured_on[point],
            language=one.drawn.person.language,
            mode=row.mode,
            respondent=row.respondent,
            begun_at=_draw_beginning(pace, row.mode),
        )
        for one in opened
        for (instrument, point), row in sorted(one.administrations.items())
        if point in points and point in one.drawn.measured_on and instrument != "gas"
    ]
    answers.submit_many(session, wiring.catalogue, SYSTEM, sheets, NOON)


def _draw_beginning(pace: np.random.Generator, mode: Mode) -> datetime | None:
    """When somebody who answers question by question began."""
    if mode is not Mode.SELF:
        return None
    seconds = pace.uniform(7, 19) if pace.random() < HURRIES else pace.uniform(90, 600)
    return NOON - timedelta(seconds=float(seconds))


def _agree(
    session: Any, wiring: Wiring, rng: np.random.Generator, opened: Sequence[Opened]
) -> dict[str, dict[str, int]]:
    """Goals of the episodes with a baseline: goal id -> baseline level, by episode."""
    agreements, levels = [], []
    for one in opened:
        day = one.drawn.measured_on.get(MeasurementPoint.BASELINE)
        if day is None:
            continue
        chosen = draw_goals(rng)
        levels.append([baseline for _, baseline, _, _ in chosen])
        goals = tuple(
            GoalRequest(
                title=goal.title,
                own_words=goal.own_words,
                indicator=goal.indicator,
                levels=goal.levels,
                baseline_level=baseline,
                target_date=one.drawn.opened_on + timedelta(days=DAYS_PLANNED),
                importance=importance,
                difficulty=difficulty,
                agreed_on=day,
            )
            for goal, baseline, importance, difficulty in chosen
        )
        agreements.append(GoalAgreement(one.episode_id, goals))
    made = agreeing.agree_many(session, wiring.catalogue, SYSTEM, agreements, NOON)
    return {
        agreement.episode_id: dict(zip(ids, baselines, strict=True))
        for agreement, ids, baselines in zip(agreements, made, levels, strict=True)
    }


def _close(session: Any, wiring: Wiring, opened: Sequence[Opened]) -> None:
    requests = [
        ClosingRequest(
            one.episode_id,
            one.drawn.closed_on,
            "interrupted" if one.drawn.interrupted else "completed",
        )
        for one in opened
        if one.drawn.closed_on is not None
    ]
    episodes.close_episodes(session, wiring.catalogue, SYSTEM, requests, NOON)


def _rate(
    session: Any,
    wiring: Wiring,
    rng: np.random.Generator,
    opened: Sequence[Opened],
    goals: dict[str, dict[str, int]],
) -> None:
    requests = [
        GoalRatings(
            administration_id=row.id,
            ratings=dict(
                zip(
                    goals[one.episode_id],
                    draw_levels(rng, list(goals[one.episode_id].values()), one.drawn, point),
                    strict=True,
                )
            ),
            measured_on=one.drawn.measured_on[point],
            idempotency_key=f"demo-{row.id}",
        )
        for one in opened
        if one.episode_id in goals
        for (instrument, point), row in sorted(one.administrations.items())
        if instrument == "gas"
        and point in (MeasurementPoint.END, MeasurementPoint.FOLLOW_UP)
        and point in one.drawn.measured_on
    ]
    rating.rate_many(session, wiring.catalogue, SYSTEM, requests, NOON)
