"""A sheet that another program sends: a first one, or a correction with its reason; and the scores of what is there."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message
from evalplat.instruments.catalogue import Catalogue
from evalplat.scoring.results import ScaleScore
from evalplat.services.actors import PROVIDER_STAFF, Actor, demand
from evalplat.services.answers import submit_many
from evalplat.services.reaching import reach
from evalplat.services.requests import Submission as Submission
from evalplat.services.views import Receipt as Receipt
from evalplat.storage import audit, sheets
from evalplat.storage.sheets import Planned
from evalplat.vocabulary import Role

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class StoredScores:
    """The scores of the latest revision; revision 0 and no scores before the first sheet."""

    administration_id: str
    revision: int
    measured_on: date | None
    scores: tuple[ScaleScore, ...]


def send_sheet(
    session: Session, catalogue: Catalogue, actor: Actor, submission: Submission, *, at: datetime
) -> Receipt:
    """Store a sheet as `submit_answers` does. On a base revision above 0 it is a correction, which needs a reason.

    The key counts for the account that sends: two programs that happen to use the same key do not meet.
    """
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    reason = submission.reason.strip()
    if submission.base_revision and not 1 <= len(reason) <= LONGEST_REASON:
        text = Message("Say why the answers are corrected, in 1 to 500 characters.")
        raise InputRejected(Message("The sheet was not corrected."), [Fault("reason", text)])
    if reason and not submission.base_revision:
        text = Message("A first sheet has no reason: it corrects nothing. Leave it out.")
        raise InputRejected(Message("The answers were not stored."), [Fault("reason", text)])
    key = f"api:{actor.account_id}:{submission.idempotency_key}"
    own = replace(submission, idempotency_key=key, reason=reason)
    receipt = submit_many(session, catalogue, actor, [own], at)[0]
    told = _may_be_told(catalogue, reach(session, actor, own.administration_id))
    return receipt if told else replace(receipt, scores=())


def _may_be_told(catalogue: Catalogue, planned: Planned) -> bool:
    """Whether one person's scores are told; those of an instrument for groups are not."""
    return not catalogue.get(planned.instrument, planned.version).for_groups


def get_stored_scores(
    session: Session, catalogue: Catalogue, actor: Actor, *, administration_id: str
) -> StoredScores:
    """The scores of an administration's latest sheet, none where they are for groups only; raises NotFound."""
    demand(session, actor, *PROVIDER_STAFF, Role.CASE_WORKER)
    planned = reach(session, actor, administration_id)
    if not _may_be_told(catalogue, planned):
        return StoredScores(administration_id, planned.revision, planned.measured_on, ())
    audit.record(
        session, "read_scores", "administration", administration_id, [planned.client_public_id]
    )
    found = sheets.list_scores(session, [planned.id]).get((planned.id, planned.revision), ())
    return StoredScores(administration_id, planned.revision, planned.measured_on, tuple(found))
