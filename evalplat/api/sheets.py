"""Answer sheets in: one transaction, one receipt, the same receipt for the same sheet sent again."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from evalplat.api.operations import Call, Outcome, operation
from evalplat.api.parts import INTEGER, NO_NUL, Answer, Asked, Code, Day, Told
from evalplat.api.problems import Misplaced, Place
from evalplat.api.scores import FOR_GROUPS, Score, make_scores
from evalplat.errors import AnswersRejected, Fault, InputRejected
from evalplat.services.sent_sheets import Submission, send_sheet
from evalplat.vocabulary import Mode, Respondent, TokenScope


class KeyHeader(Asked):
    """What makes sending the same sheet twice harmless."""

    key: str = Field(
        alias="Idempotency-Key", pattern="^[!-~]{8,64}$",
        description="One key for one sheet, such as a UUID; the same one when the sheet is sent again.",
    )  # fmt: skip


class SheetIn(Asked):
    """One answer sheet. Which codes and values there are, the administration's form says."""

    base_revision: Annotated[int, Field(ge=0, le=100_000), INTEGER] = Field(
        description="The revision that was read before: 0 for a first sheet, else this corrects it."
    )
    measured_on: Day
    mode: Mode
    respondent: Respondent = Field(description="Who gave the answers.")
    answers: Annotated[dict[Code, Answer], Field(min_length=1, max_length=500)] = Field(
        description="Answers by item code, and facts by theirs. Missing ones are left out, or null.",
        json_schema_extra={"additionalProperties": False},
    )
    language: Annotated[str, Field(pattern="^[a-z]{2}(-x-[a-z]{1,8})?$")] = Field(
        "fi", description="In which language or wording the form was shown."
    )
    answered_with: Literal["", "worker", "other"] = Field(
        "", description="Whose help the client had."
    )
    present: Annotated[str, Field(max_length=200, pattern=NO_NUL)] = Field(
        "", description="Who was there, in free words."
    )
    reason: Annotated[str, Field(max_length=500, pattern=NO_NUL)] = Field(
        "", description="Why it is corrected."
    )


class SheetReceipt(Told):
    """What is said once the sheet is stored."""

    administration_id: str
    revision: int
    submitted_at: datetime
    scores: tuple[Score, ...] = Field(description=FOR_GROUPS)


FIELDS = frozenset(SheetIn.model_fields)


@operation(
    "POST", "/administrations/{administration_id}/sheets", scope=TokenScope.SHEETS_WRITE,
    tag="Measurements", headers=KeyHeader, body=SheetIn, answer=SheetReceipt,
    statuses=((201, "Stored"), (200, "Was stored already: the same receipt again")),
    refusals=(404, 409, 413, 415, 422), summary="Send an answer sheet",
)  # fmt: skip
def post_sheet(call: Call, administration_id: str, *, headers: KeyHeader, body: SheetIn) -> Outcome:
    """Check, score and store a sheet, all or nothing.

    The same key with the same sheet gives the same receipt. The same key with another sheet, or a base revision that is
    no longer the stored one, gives 409: what is stored stays valid, and what was sent is kept aside for staff to
    compare. 422 lists every answer that the instrument does not take.
    """
    submission = Submission(
        administration_id=administration_id,
        raw=body.answers,
        idempotency_key=headers.key,
        measured_on=body.measured_on,
        language=body.language,
        mode=body.mode,
        respondent=body.respondent,
        base_revision=body.base_revision,
        answered_with=body.answered_with,
        present=body.present,
        reason=body.reason,
    )
    wiring, who = call.wiring, call.actor
    try:
        receipt = wiring.run(
            who, lambda session: send_sheet(session, wiring.catalogue, who, submission, at=call.at)
        )
    except (AnswersRejected, InputRejected) as error:
        raise Misplaced(error, [_place(fault) for fault in error.faults]) from error
    answer = SheetReceipt(
        administration_id=receipt.administration_id,
        revision=receipt.revision,
        submitted_at=receipt.submitted_at,
        scores=make_scores(receipt.scores),
    )
    return Outcome(answer, 200 if receipt.repeated else 201)


def _place(fault: Fault) -> Place:
    """Where a fault stands in the body: a field of the sheet, or an answer."""
    if fault.where in FIELDS:
        return Place("body", f"/{fault.where}", fault.message)
    code = fault.where.replace("~", "~0").replace("/", "~1")
    return Place("body", f"/answers/{code}" if code else "/answers", fault.message)
