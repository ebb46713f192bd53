"""Invitations, small print: what is written down of them, and what a link or a code of no kind does."""

import pytest
from builders import SYSTEM, make_episode, make_invitation, make_sheet, open_code
from sqlalchemy import select

from evalplat.services.invitations import (
    InvitationRefused,
    list_invitations,
    open_invitation,
    resume_visit,
    revoke_invitation,
)
from evalplat.storage import invitations
from evalplat.storage.tables import AuditEntry, Client, Invitation
from evalplat.vocabulary import MeasurementPoint


def read(wiring, column):
    with wiring.reading(SYSTEM) as session:
        return list(session.scalars(select(column)))


def states(wiring, made):
    with wiring.reading(made.worker) as session:
        found = list_invitations(
            session, made.worker, episode_id=made.episode.id, at=wiring.clock()
        )
    return [view.state for view in found]


def test_a_link_that_no_text_can_be_is_refused_like_any_wrong_one(wiring):
    make_invitation(wiring, make_episode(wiring))
    with pytest.raises(InvitationRefused), wiring.transaction(SYSTEM) as session:
        open_invitation(session, token="\ud800" * 22, at=wiring.clock())


def test_what_became_of_each_invitation_is_told_newest_first(wiring):
    made = make_episode(wiring)
    first = make_invitation(wiring, made)
    with wiring.transaction(made.worker) as session:
        revoke_invitation(session, made.worker, invitation_id=first.id, at=wiring.clock())
    make_invitation(wiring, made, point=MeasurementPoint.END)
    assert states(wiring, made) == ["open", "revoked"]
    make_sheet(wiring, made, point=MeasurementPoint.END)
    assert states(wiring, made) == ["used", "revoked"]


def test_an_invitation_has_no_language_of_its_own_unless_one_is_chosen(wiring):
    make_invitation(wiring, make_episode(wiring))
    assert read(wiring, Invitation.language) == [""]


def test_the_log_says_of_a_refusal_that_it_was_about_an_invitation(wiring):
    with pytest.raises(InvitationRefused):
        open_code(wiring, "0000-0000-0000")
    found = read(wiring, AuditEntry.action)
    assert found[-1] == "open_invitation_refused"
    assert read(wiring, AuditEntry.object_kind)[-1] == "invitation"


def test_a_right_code_takes_all_wrong_tries_back(wiring):
    invitation = make_invitation(wiring, make_episode(wiring))
    with pytest.raises(InvitationRefused):
        open_code(wiring, invitation.code[:5] + "0000-0000")
    assert read(wiring, Invitation.tries) == [1]
    open_code(wiring, invitation.code)
    assert read(wiring, Invitation.tries) == [0]


def test_all_open_invitations_of_a_client_end_at_once_and_nobody_else_s(wiring):
    mine, other = make_episode(wiring), make_episode(wiring)
    invitation, foreign = make_invitation(wiring, mine), make_invitation(wiring, other)
    with wiring.transaction(SYSTEM) as session:
        client = session.scalars(select(Client.id).order_by(Client.id)).first()
        invitations.revoke_of_client(session, client, wiring.clock())
    assert states(wiring, mine) == ["revoked"]
    assert states(wiring, other) == ["open"]
    open_code(wiring, foreign.code)
    with pytest.raises(InvitationRefused):
        open_code(wiring, invitation.code)
    with pytest.raises(InvitationRefused), wiring.reading(SYSTEM) as session:
        resume_visit(session, invitation_id=invitation.id, at=wiring.clock())
