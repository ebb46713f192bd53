"""What the program's own reasons in the access log are called; what people wrote stays as they wrote it."""

from evalplat.errors import Message
from evalplat.language import say

REASONS: dict[str, Message] = {
    "deciding which words of anonymous feedback are shown": Message(
        "Deciding which words of anonymous feedback are shown"
    ),
    "own feedback in words, as it was released": Message(
        "Own feedback in words, as it was released"
    ),
    "access log": Message("The access log"),
    "account from the command line": Message("Accounts, on the command line"),
    "account list on the command line": Message("Accounts, on the command line"),
    "new password from the command line": Message("Accounts, on the command line"),
    "sessions on the command line": Message("Accounts, on the command line"),
    "finding out who sits at the terminal": Message("Accounts, on the command line"),
    "backup from the command line": Message("Backups, on the command line"),
    "check an access token": Message("Letting another program in"),
    "check of reminders": Message("Reminders"),
    "reminders": Message("Reminders"),
    "reminders, only looked at": Message("Reminders"),
    "check the session": Message("Signing in"),
    "note a session's use": Message("Signing in"),
    "sign-in": Message("Signing in"),
    "sign-out": Message("Signing out"),
    "client door": Message("A client’s code or link"),
    "free code for an invitation": Message("A client’s code or link"),
    "completing an upgrade": Message("An upgrade of the database"),
    "database creation": Message("Making the database"),
    "demo county": Message("The made-up county"),
    "counting anonymous feedback": Message("Counting anonymous feedback"),
    "counting goals attained": Message("Counting goals attained"),
    "counting the quality of data": Message("Counting the quality of data"),
    "reliability of a scale, from answers without names": Message(
        "Reliability of a scale, from answers without names"
    ),
    "rebuilding moments": Message("Counting the sums behind comparisons"),
    "looking whether sums are counted": Message("Counting the sums behind comparisons"),
    "handing sums to a comparison over counties": Message("Sums for a comparison over counties"),
    "own report beside the county's": Message("A provider’s own results beside the county’s"),
    "own results beside the county's": Message("A provider’s own results beside the county’s"),
    "destroying what was kept long enough": Message("Destroying what was kept long enough"),
    "looking at what was destroyed": Message("Destroying what was kept long enough"),
    "reporting what was kept long enough": Message("Destroying what was kept long enough"),
    "erasing a client": Message("Erasing a client"),
    "export of sheets from the command line": Message("Exports, on the command line"),
    "import from the command line": Message("Imports, on the command line"),
    "feedback on accessibility": Message("Feedback on accessibility"),
    "finding a provider from the command line": Message("Providers, on the command line"),
    "provider from the command line": Message("Providers, on the command line"),
    "provider list on the command line": Message("Providers, on the command line"),
    "plan from the command line": Message("Measurement plans, on the command line"),
    "plans on the command line": Message("Measurement plans, on the command line"),
    "reports from the command line": Message("Reports, on the command line"),
    "verification from the command line": Message("The access log, on the command line"),
    "wordings from the command line": Message("Wordings, on the command line"),
    "looking at master keys": Message("Master keys"),
    "sealing again with a new master key": Message("Master keys"),
    "looking the installation over": Message("Looking the installation over"),
    "readiness check": Message("Looking the installation over"),
    "starting the server": Message("Starting the server"),
    "personal identity code taken": Message("Whether a personal identity code is in use"),
    "taking a voucher into an episode": Message("A voucher’s number"),
    "voucher look-up": Message("A voucher’s number"),
    "voucher number taken": Message("A voucher’s number"),
    "telling a client who has looked": Message("Telling a client who has looked"),
    "a client's own copy: who has looked": Message("Telling a client who has looked"),
    "telling an account's owner what happened to it": Message(
        "Telling an account’s owner what happened to it"
    ),
}

COMMANDS = " from the command line"
SYSTEM = "system"


def name_reason(text: str, role: str) -> Message | str:
    """A system job's reason in words; a reason that somebody wrote, or one of an earlier version, as it is."""
    if role != SYSTEM:
        return text
    return tell(text)


def tell(text: str) -> Message | str:
    """A reason of the program in words; what is none, as it is."""
    found = REASONS.get(text)
    if found is None and text.endswith(COMMANDS):
        return REASONS["account from the command line"]
    return found or text


def find_reasons(wish: str, language: str) -> tuple[str, ...]:
    """The program's reasons whose words in this language hold what was typed."""
    typed = wish.casefold()
    return tuple(key for key, text in REASONS.items() if typed in say(text, language).casefold())
