"""Setting up: municipalities, plans, accounts, providers."""

import pytest
from builders import PASSWORD, SYSTEM, make_account, make_actor

from evalplat.config import Settings
from evalplat.errors import FileRejected, InputRejected, NotConfigured, NotFound, Refused
from evalplat.services.accounts import (
    create_account,
    get_account,
    list_accounts,
)
from evalplat.services.actors import Actor
from evalplat.services.installation import (
    check_database,
    inspect_database,
    load_county,
    make_tables,
    read_municipalities,
)
from evalplat.services.municipalities import list_municipalities
from evalplat.services.passwords import make_secret
from evalplat.services.plans import add_plan, get_plan, list_plans
from evalplat.services.providers import (
    add_provider,
    get_provider,
    list_providers,
)
from evalplat.services.requests import PlanRow
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role


def test_the_county_is_loaded_once(wiring, database):
    with wiring.transaction(SYSTEM) as session:
        assert load_county(session, wiring.catalogue, SYSTEM, database) == 0
        found = list_municipalities(session, SYSTEM)
        assert len(found) == 27
        assert {m.sub_region for m in found} == {
            "Turku", "Salo", "Loimaa", "Åboland-Turunmaa", "Vakka-Suomi",
        }  # fmt: skip
        plans = list_plans(session, wiring.catalogue, SYSTEM)
    assert [(plan.key, plan.version) for plan in plans] == [("default", 1)]
    assert make_tables(database) == inspect_database(database).head
    assert inspect_database(database).is_ready
    check_database(database, strict=False)


def test_a_database_that_is_not_there_yet_is_not_checked_as_good(tmp_path):
    url = f"sqlite:///{tmp_path}/none.sqlite3"
    assert not inspect_database(Settings(url, url)).is_ready
    with pytest.raises(NotConfigured, match="evalplat db create"):
        check_database(Settings(url, url))


def test_another_countys_municipalities_are_read_with_every_fault(tmp_path):
    path = tmp_path / "county.toml"
    path.write_text(
        '[[municipalities]]\ncode = 1\nname = "A"\nsub_region = "B"\n'
        '[[municipalities]]\ncode = "002"\nname = "C"\nsub_region = "B"\n'
        '[[municipalities]]\ncode = "002"\nname = "D"\nsub_region = "B"\n'
    )
    with pytest.raises(FileRejected) as caught:
        read_municipalities(path)
    assert [f.where for f in caught.value.faults] == [
        "county.toml: county",
        "county.toml: municipality 1",
        "county.toml",
    ]
    path.write_text("not toml")
    with pytest.raises(FileRejected):
        read_municipalities(path)


def test_a_plan_is_versioned_and_its_faults_are_all_named(wiring):
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    good = PlanRow("who-5", MeasurementPoint.BASELINE)
    rows = [
        good,
        good,
        PlanRow("none", MeasurementPoint.END),
        PlanRow("who-5", MeasurementPoint.END, Respondent.WORKER, Mode.OBSERVATION, 0, -1),
        PlanRow("client-feedback", MeasurementPoint.END),
    ]

    def add(key, rows, titles=None):
        with wiring.transaction(administrator) as session:
            return add_plan(
                session,
                wiring.catalogue,
                administrator,
                key=key,
                titles=titles or {"fi": "X"},
                rows=rows,
            )

    with pytest.raises(InputRejected) as caught:
        add("Bad Key", rows, {"fi": " "})
    wheres = [fault.where for fault in caught.value.faults]
    assert wheres == ["key", "titles", "row 2", "row 3", "row 4", "row 4", "row 4", "row 5"]
    with pytest.raises(InputRejected, match="at least one row"):
        add("short", [])
    assert add("short", [good]).version == 1
    assert add("short", [good]).version == 2
    worker = make_actor(wiring)
    with wiring.reading(worker) as session:
        assert get_plan(session, wiring.catalogue, worker, "short").version == 2
        with pytest.raises(NotFound):
            get_plan(session, wiring.catalogue, worker, "none")
    with wiring.transaction(worker) as session, pytest.raises(Refused):
        add_plan(session, wiring.catalogue, worker, key="mine", titles={"fi": "X"}, rows=[good])


def test_a_provider_is_approved_once_and_only_by_the_county(wiring):
    administrator, worker = make_actor(wiring, Role.ADMINISTRATOR), make_actor(wiring)
    with wiring.transaction(administrator) as session:
        added = add_provider(session, administrator, name="  Uusi   Oy ", own_service=True)
        assert get_provider(session, administrator, added.id) == added
        assert added.name == "Uusi Oy"
        assert added in list_providers(session, administrator)
        for name in ("Uusi Oy", "", "x" * 201):
            with pytest.raises(InputRejected):
                add_provider(session, administrator, name=name)
        with pytest.raises(NotFound):
            get_provider(session, administrator, "none")
    with wiring.transaction(worker) as session, pytest.raises(Refused):
        add_provider(session, worker, name="Oma Oy")


def test_every_fault_of_a_new_account_is_named(wiring):
    administrator = make_actor(wiring, Role.ADMINISTRATOR)
    taken = make_account(wiring).email

    def create(**rest):
        facts = {
            "email": "new@example.fi",
            "name": "New",
            "role": Role.ANALYST,
            "password": PASSWORD,
            **rest,
        }
        facts["password"] = make_secret(facts["password"])
        with wiring.transaction(administrator) as session:
            return create_account(session, administrator, **facts)

    with pytest.raises(InputRejected) as caught:
        create(email="no address", name=" ", language="xx", password="short", provider_id="x")
    wheres = [f.where for f in caught.value.faults]
    assert wheres == ["email", "name", "language", "password", "provider_id"]
    for rest in (
        {"email": taken},
        {"role": Role.PROVIDER_WORKER},
        {"role": Role.PROVIDER_WORKER, "provider_id": "none"},
    ):
        with pytest.raises(InputRejected):
            create(**rest)
    assert create(email=" New@Example.fi ").email == "new@example.fi"


def test_who_may_see_accounts(wiring):
    worker, analyst = make_account(wiring), make_account(wiring, Role.ANALYST)
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    with wiring.reading(manager) as session:
        found = list_accounts(session, manager)
        assert {view.provider_name for view in found} == {"Provider A"}
        with pytest.raises(NotFound):
            get_account(session, analyst.id)
    own = Actor.of(worker)
    with wiring.reading(own) as session:
        assert get_account(session, worker.id) == worker
        with pytest.raises(Refused):
            list_accounts(session, own)
    with wiring.reading(SYSTEM) as session:
        assert get_account(session, analyst.id) == analyst
        with pytest.raises(NotFound):
            get_account(session, "none")
