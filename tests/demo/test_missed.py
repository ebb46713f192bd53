"""What the made-up county did not obtain is closed with a reason, the same one every time; only the last weeks wait."""

from collections import Counter
from datetime import timedelta

import pytest
from keys import MASTER_KEYS

from evalplat.config import Settings, sqlite_url
from evalplat.demo import truth
from evalplat.demo.fill import fill
from evalplat.demo.missed import DAYS_LEFT_OPEN
from evalplat.demo.staff import SYSTEM
from evalplat.services import installation
from evalplat.services.episodes import list_worklist
from evalplat.services.requests import NOT_OBTAINED_REASONS
from evalplat.vocabulary import DueState
from evalplat.wiring import build_wiring


def make_small_county(path):
    """The worklist's rows of a county with four providers, by what they are and not by their random ids."""
    settings = Settings(sqlite_url(path), sqlite_url(path), master_keys=MASTER_KEYS)
    installation.make_tables(settings)
    wiring = build_wiring(settings)
    try:
        with wiring.transaction(SYSTEM) as session:
            installation.load_county(session, wiring.catalogue, SYSTEM, settings)
        fill(wiring, lambda done, total: None, made_up=truth.PROVIDERS[-10:-6])
        rows = []
        with wiring.reading(SYSTEM) as session:
            for state in DueState:
                page = pages = 1
                while page <= pages:
                    found = list_worklist(
                        session, SYSTEM, on=truth.AS_OF, state=state, page=page, page_size=200
                    )
                    rows += found.rows
                    page, pages = page + 1, found.pages
        return rows
    finally:
        wiring.engine.dispose()


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return make_small_county(tmp_path_factory.mktemp("small") / "first.sqlite3")


def tell(rows):
    return Counter(
        (r.client_name, r.instrument_key, r.point, r.due_until, r.state, r.closing_reason)
        for r in rows
    )


def test_what_is_overdue_is_of_the_last_weeks(rows):
    overdue = [row.due_until for row in rows if row.state is DueState.OVERDUE]
    assert overdue
    assert min(overdue) >= truth.AS_OF - timedelta(days=DAYS_LEFT_OPEN)


def test_what_was_missed_before_is_closed_with_every_usual_reason(rows):
    closed = [row for row in rows if row.closing_reason]
    assert {row.state for row in closed} == {DueState.NOT_APPLICABLE}
    assert all(row.due_until < truth.AS_OF - timedelta(days=DAYS_LEFT_OPEN) for row in closed)
    assert {row.closing_reason for row in closed} == set(NOT_OBTAINED_REASONS) - {"other"}


def test_the_same_seed_gives_the_same_reasons(rows, tmp_path):
    assert tell(make_small_county(tmp_path / "second.sqlite3")) == tell(rows)
