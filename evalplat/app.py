"""The web application, put together."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, url_for
from flask_bootstrap import Bootstrap5
from jinja2 import StrictUndefined

from evalplat.web import (
    access,
    errors,
    guard,
    headers,
    languages,
    menu,
    purposes,
    requests_log,
    sessions,
    words,
)
from evalplat.web.context import EXTENSION, current_wiring

if TYPE_CHECKING:
    from evalplat.wiring import Wiring

WEB = Path(__file__).with_name("web")
REQUEST_BYTES = 256 * 1024
FORM_PARTS = 1_000
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
YEAR = 365 * 24 * 3600
API = "evalplat.api"
"""Where the interface for other programs stands among the pages' extensions."""


def create_app(
    wiring: "Wiring | None" = None, *, environ: Mapping[str, str] | None = None
) -> Flask:
    """The pages on a wiring, or on the one the environment describes; raises NotConfigured for unsafe settings."""
    if wiring is None:
        from evalplat.config import load_settings
        from evalplat.unsafe_settings import check_settings
        from evalplat.wiring import build_wiring

        settings = load_settings(os.environ if environ is None else environ)
        check_settings(settings)
        wiring = build_wiring(settings)
    app = Flask(
        "evalplat", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static")
    )
    _configure(app, wiring)
    Bootstrap5(app)
    app.extensions[EXTENSION] = wiring
    for part in (requests_log, languages, guard, errors, headers):
        part.install(app)
    _register_doors(app)
    _register_pages(app)
    _register_county_pages(app)
    _prepare_templates(app)
    access.require_rules(app)
    _mount_api(app)
    _trust_proxies(app, wiring.settings.behind_proxy)
    return app


def _mount_api(app: Flask) -> None:
    """Put the interface for other programs beside the pages, at `/api`."""
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    from evalplat.api.app import DOCUMENT, create_api
    from evalplat.web import api_guide

    api = create_api(lambda: app.extensions[EXTENSION])
    api.config["TRUSTED_HOSTS"] = app.config["TRUSTED_HOSTS"]
    for part in (requests_log, headers):
        part.install(api)
    app.extensions[API] = api
    app.extensions[api_guide.DOCUMENT] = api.extensions[DOCUMENT]
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/api": api.wsgi_app})  # type: ignore[method-assign]


def _trust_proxies(app: Flask, count: int) -> None:
    """Believe what as many reverse proxies say about where a request came from."""
    if count:
        from werkzeug.middleware.proxy_fix import ProxyFix

        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _configure(app: Flask, wiring: "Wiring") -> None:
    settings = wiring.settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=REQUEST_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        TRUSTED_HOSTS=list(settings.trusted_hosts or THIS_MACHINE),
        SEND_FILE_MAX_AGE_DEFAULT=YEAR,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    sessions.configure(app, secure=settings.behind_proxy > 0)


def _register_doors(app: Flask) -> None:
    """The open pages, signing in, and accounts."""
    from evalplat.web import (
        outside_sign_in,
        own_account,
        pages,
        second_factor,
        second_step,
        signin,
        staff_accounts,
        tokens,
    )

    for room in (
        pages, signin, second_step, second_factor, outside_sign_in, own_account, tokens, staff_accounts,
    ):  # fmt: skip
        app.register_blueprint(room.bp)


def _register_pages(app: Flask) -> None:
    from evalplat.web import (
        access_log,
        administration,
        alerts,
        api_guide,
        appointments,
        calendar,
        caseload,
        client,
        client_after,
        client_rights,
        contact_requests,
        contacts,
        course_paper,
        courses,
        data_protection,
        designer,
        desk,
        episodes,
        erasures,
        exports,
        goals,
        home_visits,
        imports,
        kiosk,
        municipalities,
        not_obtained,
        notices,
        own_results,
        paper,
        plans,
        providers,
        reasons,
        reminders,
        reopening,
        retention,
        rights,
        sheets,
        stopping,
        vouchers,
    )

    for room in (
        access_log, administration, alerts, api_guide, appointments, calendar, caseload, client,
        client_after, client_rights, contact_requests, contacts, course_paper, courses,
        data_protection, designer, desk, episodes, erasures, exports, goals, home_visits, imports, kiosk,
        not_obtained, notices, own_results, paper, reasons, reminders, reopening, retention,
        rights, sheets, stopping, vouchers, plans, providers, municipalities,
    ):  # fmt: skip
        app.register_blueprint(room.bp)


def _register_county_pages(app: Flask) -> None:
    from evalplat.web import (
        comments,
        comparisons,
        county_agreement,
        county_attrition,
        county_combination,
        county_effects,
        county_outcomes,
        county_overview,
        county_provider,
        county_sustained,
        county_trend,
        county_value,
        data_quality,
        feedback,
        feedback_texts,
        reports,
    )

    for room in (
        comments, comparisons, county_agreement, county_attrition, county_combination, county_effects,
        county_outcomes, county_overview, county_provider, county_sustained, county_trend, county_value,
        data_quality, feedback, feedback_texts, reports,
    ):  # fmt: skip
        app.register_blueprint(room.bp)


def _prepare_templates(app: Flask) -> None:
    """Undefined names are errors; style sheets carry a fingerprint so that browsers may keep them for a year."""
    prints = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in (WEB / "static").iterdir()
        if path.is_file()
    }
    env = app.jinja_env
    env.undefined = StrictUndefined
    env.trim_blocks = env.lstrip_blocks = True
    env.globals["style"] = lambda name: url_for("static", filename=name, v=prints[name])
    env.globals["second_factor_roles"] = lambda: current_wiring().settings.second_factor
    env.globals["menu_of"] = lambda role: menu.MENUS[role]
    env.globals["analyses"] = menu.ANALYSES
    env.filters["person"] = lambda name: name or languages.say(words.nameless(name))
    env.globals["is_about_restriction"] = purposes.is_about_restriction
    env.filters["word"] = lambda value, kind="": languages.say(words.word_for(value, kind))
