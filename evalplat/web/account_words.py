"""What a line of the access log about an account means, in words for its owner."""

from evalplat.errors import Message
from evalplat.services.signing_in.events import AccountEvent

BY_OTHERS = Message("by an administrator")
BY_COMMAND = Message("with the command line")

ACTIONS = {
    "add_app": Message("An app was set up for the second step"),
    "add_security_key": Message("A security key was added"),
    "begin_sign_in": Message("The right password was given, and the second step was asked for"),
    "change_password": Message("The password was changed"),
    "change_password_refused": Message("A change of the password was tried with a wrong one"),
    "change_role": Message("The role was changed"),
    "create_account": Message("The account was made"),
    "disable_account": Message("The account was closed"),
    "enable_account": Message("The account was opened again"),
    "identify_at_terminal": Message("Somebody proved at the command line who they are"),
    "invite_to_link": Message("An invitation was made to link the organisation’s account"),
    "link_identity": Message("The organisation’s account was linked"),
    "unlink_identity": Message("The link to the organisation’s account was taken away"),
    "end_session": Message("A session was ended"),
    "end_sessions": Message("Sessions were ended"),
    "new_recovery_codes": Message("New recovery codes were made"),
    "prove_password_refused": Message(
        "A wrong password was given on a page that asks for it again"
    ),
    "remove_app": Message("The app was removed from the second step"),
    "remove_security_key": Message("A security key was removed"),
    "reset_second_factor": Message("The second step was reset"),
    "second_factor_refused": Message(
        "The right password was given, and a wrong answer to the second step"
    ),
    "set_password": Message("A new password was given"),
    "sign_in": Message("Signed in"),
    "sign_in_refused": Message("A sign-in was refused"),
    "sign_out": Message("Signed out"),
    "use_recovery_code": Message("A recovery code was used"),
}
SOMETHING = Message("Something was done with the account")

DONE_BY_OTHERS = {
    *("set_password", "change_role", "disable_account", "enable_account", "reset_second_factor"),
    *("end_session", "end_sessions", "create_account", "invite_to_link", "unlink_identity"),
}
"""Acts of which it is worth saying who did them."""

WORTH_A_LOOK = {
    *("second_factor_refused", "sign_in_refused", "change_password_refused"),
    *(
        "link_identity",
        "prove_password_refused",
        "reset_second_factor",
        "set_password",
        "use_recovery_code",
    ),
}
"""What an owner should notice who did not do it."""


def tell_event(event: AccountEvent) -> tuple[Message, Message | None]:
    """What happened, and by whom where that is worth saying."""
    what = ACTIONS.get(event.action, SOMETHING)
    if event.action not in DONE_BY_OTHERS or event.by == "owner":
        return what, None
    return what, BY_OTHERS if event.by == "other" else BY_COMMAND
