"""What a line of the access log means, in words that its client understands."""

from evalplat.errors import Message
from evalplat.services.lookers import CLIENT, SYSTEM, Look
from evalplat.vocabulary import Role

OF_PROVIDER = {
    Role.PROVIDER_WORKER.value: Message("A worker of %(provider)s"),
    Role.PROVIDER_MANAGER.value: Message("A manager of %(provider)s"),
}
OF_COUNTY = {
    Role.CASE_WORKER.value: Message("A case worker of the wellbeing services county"),
    Role.ANALYST.value: Message("A person of the wellbeing services county who studies figures"),
    Role.ADMINISTRATOR.value: Message(
        "A person of the wellbeing services county who runs evalplat"
    ),
    CLIENT: Message("You, or somebody who had your code"),
    SYSTEM: Message("The computer system, by itself"),
}
SOMEBODY = Message("Somebody with access")

READ_COURSE = Message("looked at how your answers have changed")
READ_CLIENT = Message("looked at your basic details")
LISTED = Message("saw your name in a list")
ACTIONS = {
    "confirm_erasure": Message("confirmed that your data is erased"),
    "decide_erasure": Message("proposed that your data is erased"),
    "decline_erasure": Message("declined a proposal to erase your data"),
    "erase_client": Message("erased your data"),
    "list_erasures": Message("saw that an erasure of your data was decided on"),
    "read_erasure": Message("looked at a decision about erasing your data"),
    "refuse_erasure": Message("did not erase your data although you had asked for it"),
    "give_copy": Message("made a copy of your data for you"),
    "answer_right": Message("answered what you asked about your data"),
    "ask_for_right": Message("asked about your data"),
    "correct_client": Message("corrected your basic details"),
    "lift_restriction": Message("ended the restriction on the use of your data"),
    "object_to_comparison": Message("left you out of comparisons"),
    "read_rights": Message("looked at what you have asked about your data"),
    "restrict_client": Message("restricted the use of your data"),
    "withdraw_objection": Message("counted you in comparisons again"),
    "agree_goals": Message("wrote down goals"),
    "answer_request": Message("answered your wish to be contacted"),
    "ask_for_contact": Message("asked to be contacted"),
    "change_contact": Message("changed how you can be reached"),
    "check_import": Message("checked answers in a file"),
    "close_administration": Message("noted that questions were not answered"),
    "close_episode": Message("ended the service period"),
    "correct_answers": Message("corrected answers"),
    "correct_closing": Message("corrected how the service period ended"),
    "export_sheets": Message("saved your answers or scores in a file"),
    "grant_voucher": Message("granted a service voucher"),
    "import_sheets": Message("saved answers from a file"),
    "invite": Message("made a code for you to answer with"),
    "list_alerts": LISTED,
    "list_sheet_signs": LISTED,
    "list_unused_vouchers": LISTED,
    "note_sheet": Message("checked that your answers were recorded right"),
    "list_clients": LISTED,
    "list_requests": Message("saw your wish to be contacted"),
    "look_for_client": Message("looked for your details"),
    "look_up_voucher": Message("looked at your service voucher"),
    "note_alert": Message("noted what was done when things had become harder"),
    "open_episode": Message("started the service period"),
    "open_invitation": Message("used a code or a link"),
    "plan_goal": Message("wrote a goal into your plan"),
    "prepare_home_visit": Message("took questions along for a home visit"),
    "rate_goals": Message("noted how goals have been reached"),
    "read_alerts": READ_COURSE,
    "read_answers": Message("looked at your answers"),
    "read_appointments": Message("looked at your meetings"),
    "read_calendar": LISTED,
    "read_client": READ_CLIENT,
    "read_contact": Message("looked at how you can be reached"),
    "read_course": READ_COURSE,
    "read_episode": READ_CLIENT,
    "read_goals": Message("looked at your goals"),
    "read_open_measurements": Message("looked at which questions are still to be answered"),
    "read_plan": Message("looked at your plan"),
    "read_reminders": Message("looked at reminders sent to you"),
    "read_request": Message("read your wish to be contacted"),
    "read_scores": Message("looked at the results of your answers"),
    "read_worklist": LISTED,
    "record_appointment": Message("noted a meeting"),
    "record_plan": Message("wrote your plan"),
    "reopen_administration": Message("opened questions again for answering"),
    "reopen_episode": Message("started the service period again"),
    "resolve_reminder": Message("noted what became of a reminder"),
    "send_reminder": Message("sent you a reminder"),
    "set_answers_aside": Message("put a second set of answers aside"),
    "set_identity_code": Message("noted your personal identity code"),
    "set_client_language": Message("changed the language you are asked in"),
    "stop_reminders": Message("stopped reminders"),
    "strike_appointment": Message("took back a note of a meeting"),
    "submit_answers": Message("sent or saved answers"),
}
HANDLED = Message("handled your details")


def tell_look(look: Look) -> tuple[Message, Message]:
    """Who and what, in plain words."""
    if look.provider and look.who in OF_PROVIDER:
        who = Message(OF_PROVIDER[look.who].template, provider=look.provider)
    else:
        who = OF_COUNTY.get(look.who, SOMEBODY)
    return who, ACTIONS.get(look.action, HANDLED)
