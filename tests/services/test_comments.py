"""A provider's right of reply: who writes, who reads, every version kept, nothing written over unseen."""

import pytest
from builders import SYSTEM, make_actor
from sqlalchemy import text

from evalplat.errors import Conflict, InputRejected, Refused
from evalplat.services.comments import LONGEST, list_own_versions, load_comments, write_comment
from evalplat.storage.access import AccessBreach
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import ProviderComment
from evalplat.vocabulary import Role


def write(wiring, actor, body, base=0, year=2026):
    with wiring.transaction(actor) as session:
        write_comment(session, actor, year=year, body=body, base_version=base, at=wiring.clock())


def read(wiring, actor, *years):
    with wiring.reading(actor) as session:
        return [(one.provider, one.year, one.body) for one in load_comments(session, *years)]


@pytest.fixture
def manager(wiring):
    return make_actor(wiring, Role.PROVIDER_MANAGER)


def test_the_county_reads_the_latest_version_and_every_version_is_kept(wiring, manager):
    write(wiring, manager, " We moved.\r\nThen we were ill. ")
    write(wiring, manager, "We moved.", base=1)
    write(wiring, manager, "We moved.", base=2)
    analyst = make_actor(wiring, Role.ANALYST)
    assert [body for _name, _year, body in read(wiring, analyst)] == ["We moved."]
    with wiring.reading(manager) as session:
        versions = list_own_versions(session, manager, year=2026, at=wiring.clock())
    assert [one.body for one in versions] == ["We moved.", "We moved.\nThen we were ill."]
    write(wiring, manager, "  ", base=2)
    assert read(wiring, analyst) == []


def test_a_report_prints_the_comments_of_its_years(wiring, manager):
    write(wiring, manager, "Of this year.")
    write(wiring, manager, "Of the last.", year=2025)
    analyst = make_actor(wiring, Role.ANALYST)
    assert [year for _name, year, _body in read(wiring, analyst, 2025, 2025)] == [2025]
    assert [year for _name, year, _body in read(wiring, analyst, None, None)] == [2026, 2025]


def test_what_is_too_long_of_another_year_or_based_on_an_old_version_is_refused(wiring, manager):
    with pytest.raises(InputRejected):
        write(wiring, manager, "x" * (LONGEST + 1))
    with pytest.raises(InputRejected):
        write(wiring, manager, "x", year=2999)
    write(wiring, manager, "x" * LONGEST)
    with pytest.raises(Conflict):
        write(wiring, manager, "y")
    assert len(read(wiring, SYSTEM)) == 1


@pytest.mark.parametrize(
    "role", [Role.PROVIDER_WORKER, Role.CASE_WORKER, Role.ANALYST, Role.ADMINISTRATOR]
)
def test_nobody_else_writes_one(wiring, role):
    actor = make_actor(wiring, role)
    with pytest.raises(Refused):
        write(wiring, actor, "Not mine.")


def test_another_provider_reads_and_writes_none(wiring, manager):
    write(wiring, manager, "Ours.")
    with wiring.reading(SYSTEM) as session:
        mine = session.scalar(text("SELECT provider_id FROM provider_comments"))
    row = {"provider_id": mine + 1, "year": 2026, "version": 1, "body": "Theirs.",
           "written_at": wiring.clock(), "written_by": "me"}  # fmt: skip
    with wiring.transaction(manager) as session, pytest.raises(AccessBreach):
        add_rows(session, ProviderComment, [row])
    worker = make_actor(wiring, Role.CASE_WORKER)
    assert read(wiring, worker) == []


def test_the_log_names_the_provider_and_no_word_of_it(wiring, manager):
    write(wiring, manager, "Sanasana")
    with wiring.reading(SYSTEM) as session:
        rows = session.execute(
            text("SELECT * FROM audit_entries WHERE action = 'write_comment'")
        ).all()
    assert len(rows) == 1 and "Sanasana" not in str(rows)
