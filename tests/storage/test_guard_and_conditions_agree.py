"""The access rules and the net below them, written apart, ask the same of every owned table, and nothing less."""

from types import SimpleNamespace

import pytest
from sqlalchemy import false, func, select
from sqlalchemy.dialects import postgresql, sqlite

from evalplat.storage.conditions import NAMELESS, owner_condition, valued_criteria
from evalplat.storage.guard import AccessBreach, OwnerRule, guard_statement
from evalplat.storage.tables import (
    ANONYMOUS,
    KEPT_SUMS,
    OF_CASE_WORKER,
    OF_CLIENT,
    OF_PROVIDER,
    OWNED,
    Administration,
    Client,
    ClientKey,
    ContactRequest,
    Draft,
    Episode,
    Goal,
    Invitation,
    RightsRequest,
    Score,
    SetAside,
    Sheet,
    Voucher,
)

KEYS = {
    "provider": {"owner": 11},
    "case_worker": {"owner": 21},
    "client": {"owner": 31, "episode": 32, "client": 33, "provider": 34},
}
DIALECTS = (sqlite.dialect(), postgresql.dialect())
EVERY = [(kind, model) for kind in KEYS for model in OWNED]


def send(kind, statement, dialect, *, rule=None, keys=None, text=None):
    """Show a statement to the guard as a connection of this scope would."""
    compiled = statement.compile(dialect=dialect)
    values = {**compiled.params, **(keys or KEYS.get(kind, {}))}
    context = SimpleNamespace(execution_options={}, compiled=compiled, compiled_parameters=[values])
    owners = KEYS.get(kind, {})
    conn = SimpleNamespace(info={"rule": rule or OwnerRule(kind, owners=owners)})
    guard_statement(conn, None, text or compiled.string, None, context, False)


def counting(model, condition=None):
    statement = select(func.count()).select_from(model)
    return statement if condition is None else statement.where(condition)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda d: d.name)
@pytest.mark.parametrize(("kind", "model"), EVERY)
def test_what_the_rules_add_is_what_the_guard_waits_for(kind, model, dialect):
    condition = owner_condition(kind, model)
    send(kind, counting(model, condition), dialect)
    if condition is None:
        return
    with pytest.raises(AccessBreach, match=rf"{model.__tablename__} without its owner's condition"):
        send(kind, counting(model), dialect)


@pytest.mark.parametrize(("kind", "model"), EVERY)
def test_a_condition_with_another_key_or_beside_the_point_is_refused(kind, model):
    condition = owner_condition(kind, model)
    if condition is None or str(condition) == str(false()):
        return
    statement, dialect = counting(model, condition), DIALECTS[0]
    used = statement.compile(dialect=dialect).params
    with pytest.raises(AccessBreach, match="another owner's key"):
        send(kind, statement, dialect, keys={**KEYS[kind], **dict.fromkeys(used, 99)})
    beside = statement.compile(dialect=dialect).string
    for column in (
        "provider_id", "client_id", "administration_id", "episode_id", "case_worker_id", "id",
    ):  # fmt: skip
        beside = beside.replace(f"{model.__tablename__}.{column} ", f"{model.__tablename__}.x ")
    with pytest.raises(AccessBreach, match="without its owner's condition"):
        send(kind, statement, dialect, text=beside)


def test_values_put_into_a_condition_are_those_of_the_scope():
    for kind, model in EVERY:
        condition = owner_condition(kind, model, KEYS[kind])
        if condition is not None:
            given = condition.compile().params
            assert given == {name: KEYS[kind][name] for name in given}
    for kind, keys in KEYS.items():
        wanted = [model for model in OWNED if owner_condition(kind, model) is not None]
        assert len(valued_criteria(kind, keys)) == len(wanted) > 0


@pytest.mark.parametrize(
    ("model", "column", "key"),
    [
        *[
            (model, "administration_id", "owner")
            for model in (Invitation, Sheet, SetAside, Draft, ContactRequest, RightsRequest)
        ],
        *[(model, "episode_id", "episode") for model in (Administration, Score, Goal)],
        (Episode, "id", "episode"),
        (Client, "id", "client"),
        (ClientKey, "client_id", "client"),
        *[(model, "provider_id", "provider") for model in KEPT_SUMS],
    ],
)
def test_a_client_s_rows_are_found_by(model, column, key):
    said = str(owner_condition("client", model))
    assert said == f"{model.__tablename__}.{column} = :{key}"


@pytest.mark.parametrize("model", OWNED)
def test_a_provider_s_rows_are_found_by(model):
    said, table = str(owner_condition("provider", model)), model.__tablename__
    if model in ANONYMOUS or model in OF_CASE_WORKER:
        assert said == "false"
    elif model is Client or model is ClientKey or model in OF_CLIENT:
        column = "id" if model is Client else "client_id"
        assert said.startswith(f"{table}.{column} IN (SELECT client_providers.client_id")
        assert said.endswith("client_providers.provider_id = :owner)")
    elif model is Voucher:
        assert said.startswith("vouchers.id IN (SELECT episodes.voucher_id")
        assert said.endswith("episodes.provider_id = :owner)")
    else:
        assert said == f"{table}.provider_id = :owner"


@pytest.mark.parametrize("model", OWNED)
def test_a_case_worker_s_rows_are_found_by(model):
    condition, table = owner_condition("case_worker", model), model.__tablename__
    if model in KEPT_SUMS:
        assert condition is None
    elif model in ANONYMOUS or model in OF_PROVIDER:
        assert str(condition) == "false"
    elif model is Client:
        assert str(condition) == "clients.case_worker_id = :owner"
    else:
        assert str(condition).startswith(f"{table}.client_id IN (SELECT clients.id")
        assert str(condition).endswith("clients.case_worker_id = :owner)")


@pytest.mark.parametrize("model", OWNED)
def test_the_county_s_readers_see_all_rows_of_a_table_or_none(model):
    condition = owner_condition("county", model)
    assert (str(condition) == "false") if model in NAMELESS else (condition is None)
    assert owner_condition("all", model) is None
    hidden = frozenset(one.__tablename__ for one in NAMELESS)
    rule = OwnerRule("county", hidden=hidden)
    send("county", counting(model, condition), DIALECTS[0], rule=rule)
    if model in NAMELESS:
        with pytest.raises(AccessBreach, match=f"do not see {model.__tablename__}"):
            send("county", counting(model), DIALECTS[0], rule=rule)


@pytest.mark.parametrize("kind", ["nobody", "Provider", ""])
def test_a_scope_that_is_not_known_reaches_no_owned_table(kind):
    for model in OWNED:
        with pytest.raises(AccessBreach, match="for nobody"):
            send(kind, counting(model), DIALECTS[0], rule=OwnerRule(kind))
