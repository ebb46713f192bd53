"""Who may see what, small print: roads and forgeries that differ from an allowed one in a single thing."""

from dataclasses import replace

import pytest
from builders import SYSTEM, make_actor, make_episode, make_invitation
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from evalplat.errors import Refused
from evalplat.services.invitations import open_invitation
from evalplat.storage.guard import AccessBreach
from evalplat.storage.rows import add_rows
from evalplat.storage.tables import Administration, Draft, Episode
from evalplat.vocabulary import MeasurementPoint, Role


def test_a_role_or_a_provider_that_is_not_the_account_s_is_refused_each_by_itself(wiring):
    here, there = make_episode(wiring), make_episode(wiring, provider="Provider B")
    manager = make_actor(wiring, Role.PROVIDER_MANAGER)
    with wiring.reading(manager):
        pass
    forged = (
        replace(here.worker, role=Role.PROVIDER_MANAGER),
        replace(here.worker, provider_id=there.worker.provider_id),
    )
    for actor in forged:
        with pytest.raises(Refused), wiring.reading(actor):
            raise AssertionError("a forged actor got a session")


def test_another_name_of_a_table_in_a_query_shows_no_more_of_it(wiring):
    here = make_episode(wiring)
    make_episode(wiring, provider="Provider B")
    other = aliased(Episode)
    with wiring.reading(SYSTEM) as session:
        assert session.scalar(select(func.count(other.id))) == 2
    with wiring.reading(here.worker) as session:
        assert session.scalar(select(func.count(other.id))) == 1


def test_a_client_writes_neither_to_another_sheet_nor_to_another_episode(wiring):
    made, foreign = make_episode(wiring), make_episode(wiring)
    invitation = make_invitation(wiring, made)
    with wiring.transaction(SYSTEM) as session:
        client = open_invitation(session, token=invitation.token, at=wiring.clock()).actor
    query = select(
        Administration.id, Administration.episode_id, Administration.client_id,
        Administration.provider_id,
    )  # fmt: skip
    planned = {
        key: made.administration(point=point).id
        for key, point in (("own", MeasurementPoint.BASELINE), ("later", MeasurementPoint.END))
    } | {"foreign": foreign.administration(point=MeasurementPoint.BASELINE).id}
    with wiring.reading(SYSTEM) as session:
        at = {
            key: session.execute(query.where(Administration.public_id == public)).one()
            for key, public in planned.items()
        }

    def draft(administration, episode):
        return {
            "administration_id": at[administration].id, "episode_id": at[episode].episode_id,
            "client_id": at[episode].client_id, "provider_id": at[episode].provider_id,
            "code": "S1", "value": 1, "language": "fi", "saved_at": wiring.clock(),
        }  # fmt: skip

    with wiring.transaction(client) as session:
        for row in (draft("later", "own"), draft("own", "foreign"), draft("foreign", "foreign")):
            with pytest.raises(AccessBreach):
                add_rows(session, Draft, [row])
        add_rows(session, Draft, [draft("own", "own")])
