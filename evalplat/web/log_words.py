"""What an act in the access log is called, and what it was done to, for administrators who read the log."""

from evalplat.errors import Message
from evalplat.language import say
from evalplat.web import account_words

ACTS: dict[str, Message] = {
    **account_words.ACTIONS,
    "add_feedback": Message("Feedback was entered"),
    "add_plan": Message("A measurement plan was added"),
    "add_provider": Message("A provider was added"),
    "agree_goals": Message("Goals were agreed"),
    "analyse_effects": Message("Effects were looked at"),
    "analyse_lasting": Message("It was looked at whether changes last"),
    "analyse_lost": Message("Missing measurements were looked at"),
    "analyse_trend": Message("A trend was looked at"),
    "analyse_value": Message("Benefit and cost were looked at"),
    "answer_accessibility_note": Message("Feedback on accessibility was answered"),
    "answer_request": Message("A wish to be contacted was answered"),
    "answer_right": Message("A request about one’s own data was answered"),
    "ask_for_contact": Message("The client asked to be contacted"),
    "ask_for_right": Message("The client asked about their own data"),
    "begin_audit_heads": Message("A new file of the log’s heads was begun"),
    "change_contact": Message("Contact details were changed"),
    "check_import": Message("Answers in a file were checked"),
    "close_administration": Message("It was noted that answers were not obtained"),
    "close_episode": Message("A service was ended"),
    "combine_scales": Message("Scales were combined"),
    "compare_own": Message("A provider’s own results were looked at"),
    "compare_providers": Message("Providers were compared"),
    "confirm_erasure": Message("An erasure was confirmed"),
    "correct_answers": Message("Answers were corrected"),
    "correct_client": Message("Basic details were corrected"),
    "correct_closing": Message("It was corrected how a service ended"),
    "create_token": Message("An access key was made"),
    "cross_owner_read": Message("The system read across providers"),
    "decide_erasure": Message("An erasure was decided on"),
    "decline_erasure": Message("An erasure was declined by a colleague"),
    "describe_agreement": Message("Agreement of raters was looked at"),
    "describe_feedback": Message("Feedback figures were looked at"),
    "describe_outcomes": Message("Outcomes were looked at"),
    "erase_client": Message("A client was erased"),
    "export_moments": Message("Sums for another county were saved"),
    "export_sheets": Message("Answers or scores were saved in a file"),
    "give_copy": Message("A copy of a client’s data was made"),
    "give_feedback": Message("Anonymous feedback was given"),
    "grant_voucher": Message("A service voucher was granted"),
    "import_sheets": Message("Answers from a file were saved"),
    "invite": Message("A code was made for a client"),
    "lift_restriction": Message("A restriction was ended"),
    "list_alerts": Message("The list of those doing worse was read"),
    "list_clients": Message("A list of clients was read"),
    "list_erasures": Message("The list of erasures was read"),
    "list_requests": Message("A list of requests was read"),
    "look_for_client": Message("A client was looked for"),
    "look_up_voucher": Message("A voucher was looked up"),
    "make_backup": Message("A backup was made"),
    "note_alert": Message("It was noted what was done"),
    "object_to_comparison": Message("A client was left out of comparisons"),
    "open_episode": Message("A service was started"),
    "open_invitation": Message("A code or link was used"),
    "open_invitation_refused": Message("A code or link was refused"),
    "plan_goal": Message("A goal was written into the plan"),
    "prepare_home_visit": Message("Questions were taken along on a home visit"),
    "rate_goals": Message("Goals were rated"),
    "read_access_log": Message("The access log was read"),
    "read_accessibility_notes": Message("Feedback on accessibility was read"),
    "read_alerts": Message("An alert was read"),
    "read_answers": Message("Answers were read"),
    "read_appointments": Message("Meetings were read"),
    "read_calendar": Message("A calendar was read"),
    "read_client": Message("Basic details were read"),
    "read_contact": Message("Contact details were read"),
    "read_course": Message("A course of change was read"),
    "read_episode": Message("A service was looked at"),
    "read_erasure": Message("An erasure was looked at"),
    "read_goals": Message("Goals were read"),
    "read_lookers": Message("It was read who has looked"),
    "read_open_measurements": Message("Open measurements were read"),
    "read_plan": Message("A client plan was read"),
    "read_reminders": Message("Reminders were read"),
    "read_request": Message("A wish to be contacted was read"),
    "read_rights": Message("A request about one’s own data was read"),
    "read_scores": Message("Scores were read"),
    "read_worklist": Message("A worklist was read"),
    "rebuild_moments": Message("Sums over pairs were counted again"),
    "record_appointment": Message("A meeting was recorded"),
    "record_plan": Message("A client plan was recorded"),
    "refuse_erasure": Message("An erasure was refused"),
    "reopen_administration": Message("Questions were opened again"),
    "reopen_episode": Message("A service was opened again"),
    "resolve_reminder": Message("It was noted what became of a reminder"),
    "restore_backup": Message("A backup was restored"),
    "restrict_client": Message("The use of a client’s data was restricted"),
    "revoke_invitation": Message("A code was closed"),
    "revoke_token": Message("An access key was closed"),
    "seal_again": Message("Data were sealed with a new key"),
    "send_accessibility_note": Message("Feedback on accessibility was sent"),
    "send_reminder": Message("A reminder was sent"),
    "set_answers_aside": Message("A second set of answers was put aside"),
    "set_client_language": Message("A client’s language was changed"),
    "set_identity_code": Message("A personal identity code was noted"),
    "stop_reminders": Message("Reminders were stopped"),
    "strike_appointment": Message("A record of a meeting was taken back"),
    "submit_answers": Message("Answers were sent or saved"),
    "verify_access_log": Message("The access log was verified"),
    "verify_access_log_in_part": Message("A part of the access log was verified"),
    "withdraw_objection": Message("A client was counted in comparisons again"),
    "write_audit_heads": Message("The log’s heads were written outside the database"),
}

KINDS: dict[str, Message] = {
    "access_log": Message("Access log"),
    "accessibility_note": Message("Feedback on accessibility"),
    "accessibility_notes": Message("Feedback on accessibility"),
    "account": Message("Account of staff"),
    "administration": Message("Measurement"),
    "appointment": Message("Meeting"),
    "backup": Message("Backup"),
    "client": Message("Client"),
    "clients": Message("Clients"),
    "comparison": Message("Comparison"),
    "contact_request": Message("Wish to be contacted"),
    "episode": Message("Service"),
    "erasure": Message("Erasure"),
    "erasures": Message("Erasures"),
    "export": Message("File of data"),
    "home_visit": Message("Home visit"),
    "import": Message("Imported file"),
    "instrument": Message("Instrument"),
    "invitation": Message("Code or link"),
    "master_key": Message("Master key"),
    "moments": Message("Sums over pairs"),
    "plan": Message("Measurement plan"),
    "provider": Message("Provider"),
    "reason": Message("Reason"),
    "reminder": Message("Reminder"),
    "rights_request": Message("Request about one’s own data"),
    "token": Message("Access key"),
    "voucher": Message("Service voucher"),
    "worklist": Message("Worklist"),
}


def name_act(action: str) -> Message | str:
    """The act in words; its own name where it has none, as an act of an earlier version."""
    return ACTS.get(action) or action.replace("_", " ")


def name_kind(kind: str) -> Message | str:
    """What it was done to; its own name where it has none."""
    return KINDS.get(kind) or kind.replace("_", " ")


def find_acts(wish: str, language: str) -> tuple[str, ...]:
    """The acts whose words in this language hold what was typed."""
    typed = wish.casefold()
    return tuple(act for act, words in ACTS.items() if typed in say(words, language).casefold())


def find_kinds(wish: str, language: str) -> tuple[str, ...]:
    """The kinds whose word in this language holds what was typed."""
    typed = wish.casefold()
    return tuple(kind for kind, word in KINDS.items() if typed in say(word, language).casefold())
