"""One provider for the county: profile, flow, effects, goals, feedback, euros, the lost, and what it says itself."""

from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from evalplat.errors import InputRejected
from evalplat.reports.attrition_tables import providers_table
from evalplat.reports.feedback_tables import feedback_notes, own_figures
from evalplat.reports.outcome_tables import goal_table
from evalplat.reports.provider_tables import comment_head, own_effects_table, own_flow_table
from evalplat.reports.report_words import domain_word, period_words
from evalplat.reports.value_tables import cautious_table, costs_table
from evalplat.reports.words import tidy
from evalplat.services.overview import key_of
from evalplat.services.provider_page import ProviderPage, describe_provider
from evalplat.services.providers import get_provider, list_providers
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import Page, actor, current_wiring, now
from evalplat.web.county_overview import build_wanted, read_choices
from evalplat.web.languages import reader

bp = Blueprint("county_provider", __name__, url_prefix="/county/results")


@bp.get("")
@staff(*COUNTY_READERS)
def choose() -> Page:
    """The county's providers, to look at one of them, in the period that was chosen."""
    kept = {
        name: value for name, value in request.args.items() if name in ("from", "until", "scale")
    }
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        providers = list_providers(database, who)
    return render_template("county/providers.html", providers=providers, kept=kept)


@bp.get("/<provider_id>")
@staff(*COUNTY_READERS)
def show_provider(provider_id: str) -> Page | Response:
    """The provider's results of a period beside those of all together."""
    choices, wiring, who = read_choices(), current_wiring(), actor()
    with wiring.reading(who) as database:
        provider = get_provider(database, who, provider_id)
    shared = {"provider": provider, "choices": choices}
    try:
        wanted = build_wanted(choices)
        with wiring.reading(who) as database:
            found = describe_provider(
                database, wiring.catalogue, who, wanted, provider_id=provider_id,
                scale=choices.scale, at=now(),
            )  # fmt: skip
    except InputRejected as rejected:
        page = render_template("county/provider.html", error=rejected, found=None, **shared)
        return page, 422
    return render_template(
        "county/provider.html", error=None, found=found, **shared, **_tell(found)
    )


def _tell(found: ProviderPage) -> dict[str, object]:
    """What the page says of the result."""
    language, own = reader(), found.own
    feedback = next(iter(own.feedback.rows), None)
    goals = goal_table(own.goals, language)
    return {
        "period": period_words(own.period_from, own.period_until, language),
        "scales": [
            (key_of(one), f"{domain_word(one.domain, language)} ({tidy(one.title)})")
            for one in own.scales
        ],
        "flow": own_flow_table(own, language),
        "effects": own_effects_table(own, language),
        "goals": goals if goals.rows else None,
        "feedback": own_figures(feedback, dict(own.feedback_titles), language)
        if feedback is not None and feedback.status == "ok"
        else [],
        "feedback_notes": feedback_notes(language)[:1],
        "euros": costs_table(found.value, language) if found.value else None,
        "cautious": cautious_table(found.value, language) if found.value else None,
        "lost": providers_table(found.lost, language) if found.lost else None,
        "comments": [(comment_head(one, language), one.body) for one in own.comments],
        "reports": {kind: _report(found, kind) for kind in ("pdf", "html", "xlsx")},
    }


def _report(found: ProviderPage, kind: str) -> str:
    """The address of the provider's report of the same period."""
    days = {"from": found.own.period_from, "until": found.own.period_until}
    query = {
        "about": "provider",
        "provider": found.provider.id,
        **{name: day.isoformat() for name, day in days.items() if day is not None},
        "kind": kind,
        "labels": reader(),
    }
    return f"{url_for('reports.write_county_file')}?{urlencode(query)}"
