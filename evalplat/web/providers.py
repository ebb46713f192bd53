"""The providers that the county has approved: adding one, another name, the end of an approval."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.services.providers import (
    add_provider,
    approve_again,
    end_approval,
    get_provider,
    list_providers,
    rename_provider,
)
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring, is_sent, send_to

bp = Blueprint("providers", __name__, url_prefix="/county/providers")

LONGEST = 250
DONE = ("added", "renamed", "ended", "approved")


@bp.route("", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def show_providers() -> Page:
    """Every provider, and a form to approve one more."""
    wiring, who = current_wiring(), actor()
    error: InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                add_provider(
                    database, who, name=request.form.get("name", "")[:LONGEST],
                    own_service="own_service" in request.form,
                )  # fmt: skip
            return send_to("providers.show_providers", added=1)
        except InputRejected as rejected:
            error = rejected
    with wiring.reading(who) as database:
        providers = list_providers(database, who)
    page = render_template(
        "administration/providers.html", providers=providers, error=error,
        name=request.form.get("name", "")[:LONGEST], own="own_service" in request.form,
        wrong={fault.where: fault for fault in error.faults} if error else {},
        done={name for name in DONE if name in request.args},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.route("/<provider_id>", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def change(provider_id: str) -> Page:
    """One provider: its name, and whether it is approved."""
    wiring, who = current_wiring(), actor()
    error: InputRejected | None = None
    if is_sent():
        try:
            with wiring.transaction(who) as database:
                rename_provider(
                    database, who, provider_id=provider_id,
                    name=request.form.get("name", "")[:LONGEST],
                )  # fmt: skip
            return send_to("providers.change", provider_id=provider_id, renamed=1)
        except InputRejected as rejected:
            error = rejected
    with wiring.reading(who) as database:
        provider = get_provider(database, who, provider_id)
    page = render_template(
        "administration/provider.html", provider=provider, error=error,
        name=request.form.get("name", provider.name)[:LONGEST],
        wrong={fault.where: fault for fault in error.faults} if error else {},
        done={name for name in DONE if name in request.args},
    )  # fmt: skip
    return (page, 422) if error else page


@bp.post("/<provider_id>/end")
@staff(Role.ADMINISTRATOR)
def post_end(provider_id: str) -> Response:
    """End an approval: no new episodes, and what is open goes on."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        end_approval(database, who, provider_id=provider_id)
    return send_to("providers.change", provider_id=provider_id, ended=1)


@bp.post("/<provider_id>/approve")
@staff(Role.ADMINISTRATOR)
def post_approve(provider_id: str) -> Response:
    """Approve a provider again."""
    wiring, who = current_wiring(), actor()
    with wiring.transaction(who) as database:
        approve_again(database, who, provider_id=provider_id)
    return send_to("providers.change", provider_id=provider_id, approved=1)
