"""Signing in with the organisation's own account, linking one's account to it, and invitations to link.

Going there and coming back are plain links: the content security policy lets no form lead to another site.
"""

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.services.actors import Actor
from evalplat.services.signing_in.outside_identities import (
    INVITED_FOR,
    NotLinked,
    Subject,
    accept_invitation,
    invite_to_link,
    link_own,
    sign_in_from_outside,
    unlink,
)
from evalplat.vocabulary import Role
from evalplat.web.access import fresh, keeps_input, public, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, now, send_to
from evalplat.web.languages import reader
from evalplat.web.outside_provider import begin, find_settings, finish, refuse
from evalplat.web.second_step import DOOR, go_on
from evalplat.web.sessions import end_session, find_visitor, own_token

bp = Blueprint("outside_sign_in", __name__)

SIGN_IN, LINK, INVITED = "sign-in", "link", "invited"


@bp.app_template_global("outside_label")
def find_label() -> str | None:
    """What the button says, empty for our own words; None where there is no provider."""
    settings = current_wiring().settings.outside
    return dict(settings.labels).get(reader(), "") if settings else None


@bp.get("/sign-in/outside")
@public
def go() -> Response:
    """On to the provider. Nothing changes here but this browser's cookie."""
    return redirect(begin(SIGN_IN, next=request.args.get("next", "")[:500]), 303)


@bp.get("/sign-in/outside/back")
@public
def come_back() -> Page:
    """Back from the provider: its word is checked, and then does what it was begun for."""
    who, purpose, kept = finish()
    if purpose == LINK:
        return _link(who, kept)
    if purpose == INVITED:
        with current_wiring().transaction(DOOR) as database:
            accept_invitation(database, token=kept.get("token", ""), who=who, at=now())
    try:
        with current_wiring().transaction(DOOR) as database:
            begun = sign_in_from_outside(
                database, who=who, visitor=find_visitor(), at=now(),
                demanded_of=current_wiring().settings.second_factor,
            )  # fmt: skip
    except NotLinked as error:
        values = {"email": "", "next": kept.get("next", ""), "kept": ""}
        return render_template("sign_in.html", values=values, error=error.message), 403
    if own_token():
        end_session()
    return go_on(begun, kept.get("next", ""), "")


def _link(who: Subject, kept: dict[str, str]) -> Page:
    """Link the account that began it, if it is still the one that is signed in here."""
    if g.account is None or g.account.id != kept.get("account"):
        raise refuse("another account")
    wiring, own = current_wiring(), Actor.of(g.account)
    with wiring.transaction(own) as database:
        link_own(database, own, who=who, at=now())
    return send_to("own_account.show_account", linked=1)


@bp.post("/account/identities")
@staff(*Role)
@fresh
def post_link() -> str:
    """Begin to link the own account; the page leads on to the provider."""
    return render_template("signing_in/outside.html", address=begin(LINK, account=g.account.id))


@bp.post("/account/identities/<identity_id>/unlink")
@staff(*Role)
@fresh
def post_unlink(identity_id: str) -> Response:
    """Take a link of the own account away."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        unlink(database, who, account_id=g.account.id, identity_id=identity_id)
    return send_to("own_account.show_account", unlinked=1)


@bp.post("/county/accounts/<account_id>/invite")
@staff(Role.ADMINISTRATOR)
@fresh
def post_invite(account_id: str) -> str:
    """An invitation to link an account, shown this once, to be handed to its owner only."""
    find_settings()
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        token = invite_to_link(database, who, account_id=account_id, at=now())
    link = url_for("outside_sign_in.show_invitation", token=token, _external=True)
    return render_template(
        "administration/invited.html", link=link, account_id=account_id, days=INVITED_FOR.days
    )


@bp.route("/sign-in/invited/<token>", methods=["GET", "POST"])
@public
@keeps_input
def show_invitation(token: str) -> str:
    """The page looks the same for every token; its button leads to the provider, and only coming back uses it."""
    find_settings()
    address = begin(INVITED, token=token[:100]) if is_sent() else ""
    return render_template("signing_in/invited.html", address=address)
