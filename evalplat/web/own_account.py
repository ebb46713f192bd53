"""The own account: who one is here, and a new password."""

from flask import Blueprint, g, render_template, request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.accounts import change_password
from evalplat.services.passwords import SHORTEST_PASSWORD
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.sessions import start_session

bp = Blueprint("own_account", __name__, url_prefix="/account")

NOT_CHANGED = Message("The password was not changed.")
DIFFERENT = Message("The two new passwords are not the same. Type the new one twice.")


@bp.route("", methods=["GET", "POST"])
@staff(*Role)
@keeps_input
def show_account() -> Page:
    """Change the password; every other session of the account ends then, and this one goes on."""
    error: InputRejected | None = None
    if is_sent():
        try:
            _change()
        except InputRejected as rejected:
            error = rejected
        else:
            return send_to("own_account.show_account", changed=1)
    page = render_template(
        "account.html", account=g.account, error=error, shortest=SHORTEST_PASSWORD,
        wrong={fault.where: fault for fault in error.faults} if error else {},
        changed="changed" in request.args,
    )  # fmt: skip
    return (page, 422) if error else page


def _change() -> None:
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise InputRejected(NOT_CHANGED, [Fault("again", DIFFERENT)])
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        account = change_password(
            database, who, current=request.form.get("current", ""), new=new, at=now()
        )
    start_session(account)
