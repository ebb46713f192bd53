"""The administrator's page of the access log: search, pages, and how its chains stood when last verified."""

from flask import Blueprint, render_template, request

from evalplat.errors import Fault, Message
from evalplat.services.access_log import LogSearch, search_access_log
from evalplat.services.audit_chain import find_chain_state
from evalplat.vocabulary import Role
from evalplat.web.access import keeps_input, staff
from evalplat.web.context import Page, actor, current_wiring
from evalplat.web.fields import read_date, read_page
from evalplat.web.languages import reader
from evalplat.web.log_words import find_acts, find_kinds, name_act, name_kind
from evalplat.web.reason_words import find_reasons, name_reason, tell
from evalplat.web.words import word_for

bp = Blueprint("access_log", __name__, url_prefix="/county/data-protection")

LONGEST = 80
FIELDS = ("first", "last", "who", "role", "action", "thing", "client", "purpose")
NOT_SEARCHED = Message("The search was not done.")
WHO: dict[str, Message] = {
    **{role.value: word_for(role) for role in Role},
    "client": Message("A client"),
    "system": Message("The system"),
}
"""Whose lines there are, by the word that stands in the log."""


@bp.route("/access-log", methods=["GET", "POST"])
@staff(Role.ADMINISTRATOR)
@keeps_input
def show_log() -> Page:
    """Lines, newest first. What is searched for is posted, so that no address holds a name or a reason."""
    values = {name: request.form.get(name, "").strip()[:LONGEST] for name in FIELDS}
    faults: list[Fault] = []
    first = read_date(values["first"], "first", faults, optional=True)
    last = read_date(values["last"], "last", faults, optional=True)
    if first and last and last < first:
        faults.append(Fault("last", Message("The last day comes before the first.")))
    texts = {name: values[name] for name in FIELDS[2:]}
    texts["role"] = values["role"] if values["role"] in WHO else ""
    language = reader()
    acts = find_acts(texts["action"], language) if texts["action"] else ()
    kinds = find_kinds(texts["thing"], language) if texts["thing"] else ()
    reasons = find_reasons(texts["purpose"], language) if texts["purpose"] else ()
    search = LogSearch(first, last, actions=acts, kinds=kinds, reasons=reasons, **texts)
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        state = find_chain_state(database, who)
        found = None
        if not faults:
            found = search_access_log(
                database, who, search, page=read_page(request.form.get("page", ""))
            )
    page = render_template(
        "administration/access_log.html", found=found, values=values, state=state, who=WHO,
        name_act=name_act, name_kind=name_kind, name_reason=name_reason, tell_reason=tell,
        is_search=any(values.values()), faults=faults, not_searched=NOT_SEARCHED,
        wrong={fault.where: fault.message for fault in faults},
    )  # fmt: skip
    return (page, 422) if faults else page
