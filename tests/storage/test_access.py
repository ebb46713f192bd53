"""Who may see what: each scope on each road to the rows, on both databases."""

import pytest
from builders import make_actor, make_everything, make_invitation, make_sheet
from sqlalchemy import and_, delete, func, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from evalplat.errors import Refused
from evalplat.services.accounts import disable_account
from evalplat.services.answers import AnswersConflict
from evalplat.services.invitations import open_invitation, revoke_invitation
from evalplat.storage import access
from evalplat.storage.actors import Actor
from evalplat.storage.conditions import NAMELESS
from evalplat.storage.guard import AccessBreach
from evalplat.storage.identities import list_names
from evalplat.storage.rows import add_rows, change_rows
from evalplat.storage.tables import (
    ANONYMOUS,
    IN_EPISODE,
    KEPT_SUMS,
    OF_CASE_WORKER,
    OF_CLIENT,
    OWNED,
    Administration,
    AuditEntry,
    Client,
    ClientAct,
    ClientContact,
    ClientIdentity,
    ClientKey,
    ClientProvider,
    Draft,
    Episode,
    FactRevision,
    FeedbackSheet,
    Goal,
    GoalRating,
    RightsRequest,
    Score,
    SetAside,
    Sheet,
    Voucher,
)
from evalplat.vocabulary import Channel, MeasurementPoint, RightsKind, Role

SYSTEM = Actor.system("test")
NAMES = {"Anna Alfa", "Berta Beeta"}


def make_two(wiring):
    """The same-looking episode at two providers, with a row in every owned table of each."""
    both = []
    for provider, name in (("Provider A", "Anna Alfa"), ("Provider B", "Berta Beeta")):
        made = make_everything(wiring, provider=provider, name=name)
        with pytest.raises(AnswersConflict):
            make_sheet(wiring, made, raw={"S1": 4})
        both.append(made)
    for role in (Role.ANALYST, Role.ADMINISTRATOR, Role.PROVIDER_MANAGER):
        make_actor(wiring, role)
    return both


@pytest.fixture
def database(kind, templates, tmp_path):
    templates.fill(kind, "two_providers", make_two)
    return templates.copy(kind, tmp_path, "two_providers")


@pytest.fixture
def two(kind, templates):
    return templates.fill(kind, "two_providers", make_two)


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_every_owned_table_has_rows_of_both_providers(wiring, two):
    with wiring.reading(SYSTEM) as session:
        assert [m.__tablename__ for m in OWNED if count(session, m) < 2] == []


def test_a_provider_reaches_half_of_each_table_on_every_orm_road(wiring, two):
    for model in set(OWNED) - {*ANONYMOUS, *OF_CASE_WORKER}:
        _check_roads(wiring, two[0].worker, model)


def test_a_provider_reaches_nothing_of_what_a_client_asked_the_county_about_their_data(wiring, two):
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER):
        with wiring.transaction(make_actor(wiring, role)) as session:
            for model in OF_CASE_WORKER:
                assert count(session, model) == 0, model
                with pytest.raises(AccessBreach):
                    add_rows(session, model, [{"client_id": 1}])


def test_a_client_asks_for_themselves_only(wiring, two):
    client = _actor(wiring, two[0], None)
    with wiring.reading(SYSTEM) as session:
        theirs = session.scalar(select(Episode.client_id).order_by(Episode.id).offset(1).limit(1))
        planned = session.scalar(
            select(Administration.id).where(
                Administration.public_id == client.invitation.administration_id
            )
        )
        mine = session.scalar(select(Administration.client_id).where(Administration.id == planned))
    row = {
        "public_id": "a request", "client_id": mine, "administration_id": planned,
        "kind": RightsKind.COPY, "message": "", "asked_at": wiring.clock(), "recorded_by": "client",
        "promised_by": wiring.clock().date(), "outcome": "", "answered_by": "", "answer": "",
    }  # fmt: skip
    with wiring.transaction(client) as session:
        for wrong in (
            {"client_id": theirs}, {"administration_id": planned + 1}, {"administration_id": None}
        ):  # fmt: skip
            with pytest.raises(AccessBreach):
                add_rows(session, RightsRequest, [row | wrong])
        add_rows(session, RightsRequest, [row])
        assert count(session, RightsRequest) == 1
        assert count(session, ClientAct) == count(session, FactRevision) == 0


def test_nobody_reads_anonymous_feedback_and_only_clients_put_it_in(wiring, two):
    client = _actor(wiring, two[0], None)
    actors = (client, two[0].worker, two[0].case_worker, make_actor(wiring, Role.ANALYST))
    with wiring.reading(SYSTEM) as session:
        theirs = session.scalar(select(Episode.provider_id).order_by(Episode.id).offset(1).limit(1))
    row = {"public_id": "x", "provider_id": 1, "instrument": "client-feedback", "version": "1.0",
           "quarter": 20261, "language": "fi", "answers": "{}"}  # fmt: skip
    for actor in actors:
        with wiring.transaction(actor) as session:
            assert count(session, FeedbackSheet) == 0
            if actor is client:
                add_rows(session, FeedbackSheet, [row])
                row["provider_id"] = theirs
            with pytest.raises(AccessBreach):
                add_rows(session, FeedbackSheet, [row])


def test_a_provider_notes_how_to_reach_its_own_clients_only(wiring, two):
    with wiring.reading(SYSTEM) as session:
        theirs = session.scalar(select(Episode.client_id).order_by(Episode.id).offset(1).limit(1))
    row = {"client_id": theirs, "channel": Channel.NONE, "changed_at": wiring.clock()}
    with wiring.transaction(two[0].worker) as session:
        session.execute(update(ClientContact).values(sealed_phone=b"mine"))
        with pytest.raises(AccessBreach):
            add_rows(session, ClientContact, [row])
    with wiring.reading(SYSTEM) as session:
        assert sorted(session.scalars(select(ClientContact.sealed_phone))) == [b"", b"mine"]


def _check_roads(wiring, worker, model):
    with wiring.reading(SYSTEM) as session:
        everything = count(session, model)
    with wiring.reading(worker) as session:
        twin = aliased(model)
        assert count(session, model) == everything / 2
        assert len(session.execute(select(model)).all()) == everything / 2
        assert count(session, twin) == everything / 2
        assert len(session.execute(select(select(model).subquery())).all()) == everything / 2
        same = and_(*(column == getattr(twin, column.key) for column in inspect(model).primary_key))
        both = select(func.count()).select_from(model, twin).where(same)
        assert session.execute(both).scalar_one() == everything / 2
        # SQLAlchemy puts the condition of a joined alias on the wrong name; the guard notices.
        with pytest.raises(AccessBreach):
            session.execute(select(func.count()).select_from(model).join(twin, text("1 = 1")))


@pytest.mark.parametrize(
    "role", [None, Role.PROVIDER_WORKER, Role.CASE_WORKER, Role.ANALYST], ids=str
)
def test_what_the_orm_does_not_see_is_refused(wiring, two, role):
    actor = _actor(wiring, two[0], role)
    for model in NAMELESS if role is Role.ANALYST else OWNED:
        # Sums of many clients carry no owner's condition for case workers.
        if not (role is Role.CASE_WORKER and model in KEPT_SUMS):
            _check_refusals(wiring, actor, model.__table__)


def _check_refusals(wiring, actor, table):
    roads = (
        select(table),
        select(func.count()).select_from(table.alias("x")),
        text(f"SELECT count(*) FROM {table.name}"),
        text(f'SELECT count(*) FROM "{table.name}" AS y'),
        text(f"SELECT 1 WHERE EXISTS (SELECT 1 FROM{chr(10)}{table.name})"),
        text(f"WITH w AS (SELECT * FROM {table.name}) SELECT count(*) FROM w"),
    )
    with wiring.reading(actor) as session:
        for statement in roads:
            with pytest.raises(AccessBreach):
                session.execute(statement)
            with pytest.raises(AccessBreach):
                session.connection().execute(statement)
        with pytest.raises(AccessBreach):
            session.connection().exec_driver_sql(f"SELECT count(*) FROM {table.name}")


def _actor(wiring, made, role):
    if role is None:
        invitation = make_invitation(wiring, made, "3x10d", MeasurementPoint.END)
        with wiring.transaction(SYSTEM) as session:
            return open_invitation(session, token=invitation.token, at=wiring.clock()).actor
    return made.worker if role is Role.PROVIDER_WORKER else make_actor(wiring, role)


def test_another_owners_key_in_a_condition_is_refused(wiring, two):
    with wiring.reading(two[0].worker) as session:
        theirs = text("SELECT count(*) FROM episodes WHERE episodes.provider_id = :owner")
        own = access.scope_of(session).owner
        assert session.execute(theirs, {"owner": own}).scalar_one() == 1
        with pytest.raises(AccessBreach):
            session.execute(theirs, {"owner": own + 1})


def test_bulk_changes_stay_within_the_provider(wiring, two):
    with wiring.transaction(two[0].worker) as session:
        session.execute(update(Episode).values(closing_reason="mine"))
        session.execute(delete(Draft))
        keys = [{"id": key, "measured_on": None} for key in range(1, 40)]
        change_rows(session, Administration, keys)
    with wiring.reading(SYSTEM) as session:
        assert sorted(session.scalars(select(Episode.closing_reason))) == ["", "mine"]
        assert count(session, Draft) == 1
        left = select(func.count()).where(Administration.measured_on.is_not(None))
        assert session.scalar(left) == 3


def test_rows_of_another_provider_cannot_be_added(wiring, two):
    with wiring.reading(SYSTEM) as session:
        rows = session.execute(select(ClientProvider.provider_id, ClientProvider.client_id)).all()
    theirs = {"provider_id": rows[1][0], "client_id": rows[0][1]}
    with wiring.transaction(two[0].worker) as session:
        for add in (
            lambda: session.execute(insert(ClientProvider), [theirs]),
            lambda: session.execute(insert(ClientProvider).values(**theirs)),
            lambda: add_rows(session, ClientProvider, [theirs]),
            lambda: session.execute(insert(ClientProvider.__table__), [theirs]),
            lambda: session.connection().execute(insert(ClientProvider.__table__), [theirs]),
        ):
            with pytest.raises(AccessBreach):
                add()
        session.add(ClientProvider(**theirs))
        with pytest.raises(AccessBreach):
            session.flush()
        session.expunge_all()


def test_a_row_that_mixes_owners_cannot_be_stored_even_by_a_system_job(wiring, two):
    with wiring.reading(SYSTEM) as session:
        first, second = session.execute(
            select(Episode.id, Episode.provider_id, Episode.client_id).order_by(Episode.id)
        ).all()
        administration = session.scalar(
            select(Administration.id).where(Administration.episode_id == first[0]).limit(1)
        )
    row = {
        "administration_id": administration,
        "episode_id": first[0],
        "provider_id": second[1],
        "client_id": first[2],
        "code": "S1",
        "value": 1,
        "language": "fi",
        "saved_at": wiring.clock(),
    }
    with pytest.raises(IntegrityError), wiring.transaction(SYSTEM) as session:
        add_rows(session, Draft, [row])
        session.connection().exec_driver_sql("SELECT 1")


def test_the_county_reads_case_mix_and_scores_but_no_name_answer_or_goal(wiring, two):
    for role in (Role.ANALYST, Role.ADMINISTRATOR):
        with wiring.transaction(make_actor(wiring, role)) as session:
            for model in OWNED:
                seen = count(session, model)
                assert (seen == 0) == (model in NAMELESS), model
            with pytest.raises(AccessBreach):
                session.execute(update(Score).values(value=1.0))
            with pytest.raises(AccessBreach):
                session.execute(update(Client).values(birth_year=1900))


def test_a_case_worker_reaches_own_clients_and_others_only_with_a_written_purpose(wiring, two):
    other = make_actor(wiring, Role.CASE_WORKER, email="other@example.fi")
    with wiring.reading(two[0].case_worker) as session:
        assert {name for _, name in list_names(session)} == NAMES
    with wiring.reading(other) as session:
        for model in set(OWNED) - {*KEPT_SUMS, Episode}:
            assert count(session, model) == 0, model
        assert count(session, Episode) == 0
    with wiring.reading(other, purpose="Stands in for a colleague on leave") as session:
        assert {name for _, name in list_names(session)} == NAMES
        assert access.scope_of(session).reason == "Stands in for a colleague on leave"


def test_a_client_reaches_one_administration_and_the_own_course(wiring, two):
    client = _actor(wiring, two[0], None)
    with wiring.reading(client) as session:
        assert count(session, ClientIdentity) == count(session, Voucher) == 0
        assert (count(session, ClientKey), list_names(session)) == (1, [])
        assert count(session, Sheet) == count(session, SetAside) == 0
        assert count(session, Episode) == count(session, Client) == 1
        episode = session.scalar(select(Episode.id))
        for model in (Administration, Score, Goal, GoalRating):
            assert set(session.scalars(select(model.episode_id))) == {episode}


def test_an_invitation_that_was_revoked_or_expired_ends_the_visit(wiring, two):
    client = _actor(wiring, two[0], None)
    with wiring.transaction(two[0].worker) as session:
        grant = client.invitation
        assert grant is not None
        revoke_invitation(
            session, two[0].worker, invitation_id=grant.invitation_id, at=wiring.clock()
        )
    with pytest.raises(Refused), wiring.reading(client):
        raise AssertionError("the visit went on")


def test_an_account_that_was_closed_or_changed_its_role_gets_no_session(wiring, two):
    worker = two[0].worker
    with wiring.transaction(SYSTEM) as session:
        disable_account(session, SYSTEM, account_id=worker.account_id)
    with pytest.raises(Refused), wiring.reading(worker):
        raise AssertionError("a closed account went on")
    forged = Actor("Test", account_id=two[1].worker.account_id, role=Role.ADMINISTRATOR)
    with pytest.raises(Refused), wiring.reading(forged):
        raise AssertionError("a forged role went on")


def test_the_access_log_is_read_by_administrators_only(wiring, two):
    with wiring.reading(make_actor(wiring, Role.ADMINISTRATOR)) as session:
        assert count(session, AuditEntry) > 10
    for role in (Role.ANALYST, Role.CASE_WORKER, Role.PROVIDER_MANAGER):
        with wiring.reading(make_actor(wiring, role)) as session, pytest.raises(AccessBreach):
            count(session, AuditEntry)


def test_nothing_owned_is_sent_for_nobody(wiring, two):
    with Session(wiring.engine) as session:
        with pytest.raises(AccessBreach):
            session.execute(select(Episode.id))
        session.rollback()
    with wiring.engine.connect() as connection, pytest.raises(AccessBreach):
        connection.execute(text("SELECT 1 FROM scores"))


def test_crossing_reaches_everything_for_its_length_and_is_logged(wiring, two):
    with wiring.transaction(two[0].worker) as session:
        with access.crossing(session, "a test's reason") as privileged:
            assert count(privileged, Voucher) == 2
        assert count(session, Voucher) == 1
        with pytest.raises(AccessBreach):
            session.execute(select(Voucher.__table__))
    with wiring.reading(SYSTEM) as session:
        reasons = select(AuditEntry.object_id).where(AuditEntry.action == "cross_owner_read")
        assert "a test's reason" in set(session.scalars(reasons))


def test_a_reading_session_changes_nothing(wiring, two):
    with wiring.reading(two[0].worker) as session:
        for statement in (
            update(Episode).values(closing_reason="x"),
            delete(Draft),
            text("CREATE TABLE t (x int)"),
        ):
            with pytest.raises(AccessBreach):
                session.execute(statement)


def test_row_level_policies_hold_where_the_guard_is_not(wiring, two, database):
    """PostgreSQL alone, through a connection that knows nothing of the rules above it."""
    if database.on_sqlite:
        return
    import psycopg

    url = database.database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=False) as connection:
        connection.execute("SET ROLE evalplat_app")
        for model in OWNED:
            found = connection.execute(f"SELECT count(*) FROM {model.__tablename__}").fetchone()
            assert found == (0,), model
        _say(connection, scope="provider", owner="1")
        for model in set(OWNED) - {
            *(*KEPT_SUMS, *OF_CLIENT, *OF_CASE_WORKER, Client, ClientKey, Voucher, *ANONYMOUS)
        }:
            rows = connection.execute(f"SELECT DISTINCT provider_id FROM {model.__tablename__}")
            assert rows.fetchall() == [(1,)], model
        _say(connection, scope="county", owner="1")
        for model in NAMELESS:
            found = connection.execute(f"SELECT count(*) FROM {model.__tablename__}").fetchone()
            assert found == (0,), model
        _say(connection, scope="case_worker", owner="999")
        for model in (
            *(Client, ClientKey, *OF_CLIENT, Voucher, Episode, *IN_EPISODE, *OF_CASE_WORKER),
        ):
            found = connection.execute(f"SELECT count(*) FROM {model.__tablename__}").fetchone()
            assert found == (0,), model


def _say(connection, **values):
    for name, value in values.items():
        connection.execute("SELECT set_config(%s, %s, true)", (f"evalplat.{name}", value))


def test_a_policy_refuses_a_foreign_row_that_the_guard_let_through(wiring, two, database):
    if database.on_sqlite:
        return
    import psycopg

    url = database.database_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE evalplat_app")
        _say(connection, scope="provider", owner="1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO client_providers (provider_id, client_id) VALUES (2, 1)"
            )
