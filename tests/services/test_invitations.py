"""How a client without an account gets to one answer sheet, and to nothing else."""

from datetime import timedelta

import pytest
from builders import (
    SYSTEM,
    WHODAS_12,
    make_episode,
    make_goals,
    make_invitation,
    make_sheet,
    open_code,
)
from databases import at_another_time
from sqlalchemy import func, select

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.answers import get_sheet, save_draft, submit_answers
from evalplat.services.courses import client_course
from evalplat.services.episodes import get_episode
from evalplat.services.invitations import (
    ALPHABET,
    InvitationRefused,
    list_invitations,
    open_invitation,
    resume_visit,
    revoke_invitation,
)
from evalplat.storage.tables import Invitation
from evalplat.vocabulary import MeasurementPoint


def knock(wiring, *, at=None, **how):
    if "code" in how:
        return open_code(wiring, how["code"], at)
    with wiring.transaction(SYSTEM) as session:
        return open_invitation(session, at=at or wiring.clock(), **how)


def submit(wiring, visit, raw=WHODAS_12):
    with wiring.transaction(visit.actor) as session:
        return submit_answers(
            session,
            wiring.catalogue,
            visit.actor,
            administration_id=visit.administration_id,
            raw=raw,
            idempotency_key="key of a client",
            measured_on=wiring.clock().date(),
            at=wiring.clock(),
        )


def refusal(wiring, **how):
    with pytest.raises(InvitationRefused) as caught:
        knock(wiring, **how)
    return str(caught.value)


def test_a_code_opens_however_it_is_typed_and_so_does_the_link(wiring):
    made = make_episode(wiring)
    invitation = make_invitation(wiring, made)
    assert set(invitation.code) <= {*ALPHABET, "-"}
    assert [len(group) for group in invitation.code.split("-")] == [4, 4, 4]
    misread = invitation.code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    for how in ({"code": invitation.code}, {"code": f" {misread} "}, {"token": invitation.token}):
        visit = knock(wiring, **how)
        assert visit.administration_id == made.administration().id
        assert (visit.language, visit.submitted) == ("fi", False)
        assert "Testi" not in repr(visit)


def test_only_hashes_are_stored(wiring, hashing_as_shipped):
    invitation = make_invitation(wiring, make_episode(wiring))
    secret = invitation.code.replace("-", "")[4:]
    with wiring.reading(SYSTEM) as session:
        (row,) = session.scalars(select(Invitation))
        values = [str(getattr(row, column.key)) for column in Invitation.__table__.columns]
    assert not any(secret in value or invitation.token in value for value in values)
    assert row.secret_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_wrong_expired_and_revoked_are_never_told_apart_and_neither_is_what_others_have_answered(
    wiring,
):
    made = make_episode(wiring)
    invitation = make_invitation(wiring, made)
    told = {
        refusal(wiring, code="0000-0000-0000"),
        refusal(wiring, code=""),
        refusal(wiring, code="UUUU"),
        refusal(wiring, token="x" * 5000),
        refusal(wiring, token=""),
        refusal(wiring, code=invitation.code, at=wiring.clock() + timedelta(days=31)),
        refusal(wiring, token=invitation.token, at=wiring.clock() + timedelta(days=31)),
    }
    make_sheet(wiring, made)  # stored by a worker: the code was not used
    told.add(refusal(wiring, code=invitation.code))
    told.add(refusal(wiring, token=invitation.token))
    other = make_invitation(wiring, made, point=MeasurementPoint.END)
    with wiring.transaction(made.worker) as session:
        revoke_invitation(session, made.worker, invitation_id=other.id, at=wiring.clock())
    told.add(refusal(wiring, code=other.code))
    assert len(told) == 1


def test_a_used_code_opens_its_receipt_until_it_expires_is_revoked_or_is_locked(wiring):
    made = make_episode(wiring)
    invitation = make_invitation(wiring, made)
    submit(wiring, knock(wiring, code=invitation.code))
    assert knock(wiring, code=invitation.code).submitted
    assert knock(wiring, token=invitation.token).submitted
    late = wiring.clock() + timedelta(days=31)
    wrong = invitation.code[:5] + "0000-0000"
    told = {
        refusal(wiring, code=wrong),
        refusal(wiring, code=invitation.code, at=late),
        refusal(wiring, token=invitation.token, at=late),
    }
    for _ in range(9):
        refusal(wiring, code=wrong)
    told.add(refusal(wiring, code=invitation.code))
    assert knock(wiring, token=invitation.token).submitted
    with wiring.transaction(made.worker) as session:
        revoke_invitation(session, made.worker, invitation_id=invitation.id, at=wiring.clock())
    told.add(refusal(wiring, token=invitation.token))
    assert len(told) == 1


def test_ten_wrong_tries_lock_the_code_but_not_another_one(wiring):
    made = make_episode(wiring)
    invitation = make_invitation(wiring, made)
    other = make_invitation(wiring, made, point=MeasurementPoint.END)
    wrong = invitation.code[:5] + "0000-0000"
    for _ in range(9):
        refusal(wiring, code=wrong)
    knock(wiring, code=invitation.code)
    for _ in range(10):
        refusal(wiring, code=wrong)
    refusal(wiring, code=invitation.code)
    knock(wiring, code=other.code)
    with wiring.reading(made.worker) as session:
        found = list_invitations(
            session, made.worker, episode_id=made.episode.id, at=wiring.clock()
        )
    assert [view.state for view in found] == ["open", "locked"]


def test_wrong_tries_by_somebody_else_do_not_end_a_visit_that_has_begun(wiring):
    invitation = make_invitation(wiring, make_episode(wiring))
    visit = knock(wiring, code=invitation.code)
    for _ in range(10):
        refusal(wiring, code=invitation.code[:5] + "0000-0000")
    refusal(wiring, code=invitation.code)
    with wiring.reading(SYSTEM) as session:
        again = resume_visit(session, invitation_id=visit.invitation_id, at=wiring.clock())
    assert again == visit


def test_a_new_invitation_takes_the_place_of_the_earlier_one(wiring):
    made = make_episode(wiring)
    first, second = make_invitation(wiring, made), make_invitation(wiring, made)
    refusal(wiring, token=first.token)
    knock(wiring, token=second.token)


def test_nobody_is_invited_to_what_is_done_or_not_theirs_to_answer(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    with pytest.raises(Conflict):
        make_invitation(wiring, made)
    with pytest.raises(InputRejected):
        make_invitation(wiring, made, "worker-observation")
    other = make_episode(wiring, provider="Provider B")
    with pytest.raises(NotFound), wiring.transaction(other.worker) as session:
        revoke_invitation(session, other.worker, invitation_id="none", at=wiring.clock())


def test_a_client_answers_sees_the_own_course_and_nothing_else(wiring):
    made = make_episode(wiring)
    make_goals(wiring, made)
    make_sheet(wiring, made)
    other = make_episode(wiring)
    end = made.administration(point=MeasurementPoint.END).id
    visit = knock(wiring, token=make_invitation(wiring, made, point=MeasurementPoint.END).token)
    with wiring.transaction(visit.actor) as session:
        save_draft(
            session,
            wiring.catalogue,
            visit.actor,
            administration_id=end,
            code="S1",
            value=1,
            at=wiring.clock(),
        )
    receipt = submit(wiring, visit)
    assert receipt.administration_id == end
    with wiring.reading(visit.actor) as session:
        course = client_course(session, wiring.catalogue, visit.actor, episode_id=visit.episode_id)
        assert course.client_name is None
        assert {len(scale.points) for scale in course.scales if scale.instrument != "gas"} == {2}
        assert len(course.goals) == 1
        sheet = get_sheet(session, visit.actor, administration_id=end)
        assert sheet is not None
        assert sheet.submitted_by == "client"
        for administration_id in (made.administration().id, other.administration().id):
            with pytest.raises(NotFound):
                get_sheet(session, visit.actor, administration_id=administration_id)
        with pytest.raises(NotFound):
            client_course(session, wiring.catalogue, visit.actor, episode_id=other.episode.id)
        with pytest.raises(Refused):
            get_episode(
                session, wiring.catalogue, visit.actor, made.episode.id, on=wiring.clock().date()
            )


def test_a_visit_goes_on_after_submitting_until_the_invitation_expires(wiring):
    invitation = make_invitation(wiring, make_episode(wiring))
    visit = knock(wiring, token=invitation.token)
    submit(wiring, visit)
    with wiring.reading(SYSTEM) as session:
        again = resume_visit(session, invitation_id=visit.invitation_id, at=wiring.clock())
        assert again.submitted
        with pytest.raises(InvitationRefused):
            resume_visit(session, invitation_id="none", at=wiring.clock())
        used = session.scalar(select(func.count()).where(Invitation.used_at.is_not(None)))
        assert used == 1
    late = at_another_time(wiring, wiring.clock() + timedelta(days=31))
    with pytest.raises(Refused), late.reading(visit.actor):
        raise AssertionError("the visit went on")
