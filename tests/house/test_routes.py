"""Every route stands here with who may open it. A new route without a line fails."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint, Flask

from evalplat.api.app import list_operations
from evalplat.app import API, create_app
from evalplat.config import OutsideSettings, Settings
from evalplat.web.access import list_routes, require_rules

DESK = "staff: provider_manager, provider_worker"
CARE = "staff: case_worker, provider_manager, provider_worker"
CASES = "staff: case_worker"
EVERYBODY = "staff: administrator, analyst, case_worker, provider_manager, provider_worker"
ENROLLING = "staff or enrolling"
COUNTY = "staff: administrator, analyst"
ADMINISTRATOR = "staff: administrator"
EPISODE = "/desk/episodes/<episode_id>"
SHEET = f"{EPISODE}/administrations/<administration_id>"

REGISTER = {
    ("/", "GET"): "public",
    ("/sign-in", "GET POST"): "public",
    ("/sign-out", "POST"): "public",
    ("/language", "POST"): "public",
    ("/saavutettavuus", "GET POST"): "public",
    ("/tietosuoja", "GET"): "public",
    ("/api-guide", "GET"): "public",
    ("/healthz", "GET"): "public",
    ("/readyz", "GET"): "public",
    ("/static/<path:filename>", "GET"): "public",
    ("/bootstrap/static/<path:filename>", "GET"): "public",
    ("/c", "GET POST"): "public",
    ("/c/l/<token>", "GET POST"): "public",
    ("/c/welcome", "GET"): "client",
    ("/c/q/<code>", "GET POST"): "client",
    ("/c/check", "GET POST"): "client",
    ("/c/thanks", "GET"): "client",
    ("/c/later", "POST"): "client",
    ("/c/contact", "GET POST"): "client",
    ("/c/feedback", "GET POST"): "client",
    ("/c/looked", "GET"): "client",
    ("/c/rights", "GET POST"): "client",
    ("/c/kiosk", "GET"): "public",
    ("/c/kiosk/code", "GET POST"): "public",
    ("/c/kiosk/still", "GET"): "client",
    ("/desk", "GET POST"): DESK,
    ("/desk/open", "GET POST"): DESK,
    ("/desk/visits", "GET"): DESK,
    ("/desk/visits/prepare", "GET POST"): DESK,
    ("/desk/visits/leave", "GET"): DESK,
    ("/desk/visits/session", "GET"): DESK,
    ("/desk/visits/key", "POST"): DESK,
    ("/desk/visits/sheets", "POST"): DESK,
    ("/desk/visits/sheets/<administration_id>", "POST"): DESK,
    ("/desk/visits/files/<edition>/<name>", "GET"): "public",
    ("/desk/visits/worker.js", "GET"): "public",
    ("/desk/visits/manifest.webmanifest", "GET"): "public",
    ("/desk/import", "GET POST"): DESK,
    ("/desk/import/store", "POST"): DESK,
    ("/desk/import/done", "GET"): DESK,
    ("/desk/import/faults", "POST"): DESK,
    ("/desk/import/template/<instrument>.<form>", "GET"): DESK,
    ("/desk/export", "GET"): "staff: case_worker, provider_manager",
    ("/desk/export/file", "GET"): "staff: case_worker, provider_manager",
    ("/county/export", "GET"): "staff: analyst",
    ("/county/export/file", "GET"): "staff: analyst",
    (EPISODE, "GET"): CARE,
    (f"{EPISODE}/close", "GET POST"): DESK,
    (f"{EPISODE}/close/correct", "GET POST"): DESK,
    (f"{EPISODE}/reopen", "GET POST"): DESK,
    (f"{EPISODE}/appointments", "GET POST"): DESK,
    (f"{EPISODE}/alerts", "GET POST"): CARE,
    ("/desk/alerts", "GET"): DESK,
    ("/desk/quality", "GET POST"): DESK,
    ("/county/quality", "GET"): COUNTY,
    ("/cases/unused-vouchers", "GET"): CASES,
    ("/desk/results", "GET"): DESK,
    ("/desk/requests", "GET"): DESK,
    ("/desk/requests/<request_id>", "GET POST"): DESK,
    ("/desk/feedback", "GET"): "staff: provider_manager",
    ("/county/feedback", "GET"): COUNTY,
    ("/county/feedback/texts", "GET POST"): "staff: analyst",
    ("/desk/results/report.pdf", "GET"): DESK,
    ("/desk/results/reports", "GET"): "staff: provider_manager",
    ("/desk/results/reports/file", "GET"): "staff: provider_manager",
    ("/county/reports", "GET"): COUNTY,
    ("/county/reports/file", "GET"): COUNTY,
    (f"{EPISODE}/appointments/<appointment_id>/strike", "POST"): DESK,
    (f"{EPISODE}/course", "GET"): CARE,
    (f"{EPISODE}/course.pdf", "GET"): CARE,
    (f"{EPISODE}/goals", "GET POST"): CARE,
    (f"{EPISODE}/invitations/<invitation_id>/revoke", "POST"): CARE,
    (f"{SHEET}/code", "POST"): CARE,
    (f"{SHEET}/goals", "GET POST"): CARE,
    (f"{SHEET}/sheet", "GET POST"): CARE,
    (f"{SHEET}/not-obtained", "GET POST"): CARE,
    (f"{SHEET}/reopen", "POST"): CARE,
    (f"{SHEET}/kiosk", "GET POST"): DESK,
    (f"{SHEET}/form", "GET POST"): DESK,
    ("/sign-in/second", "GET POST"): "signing in",
    ("/sign-in/outside", "GET"): "public",
    ("/sign-in/outside/back", "GET"): "public",
    ("/sign-in/invited/<token>", "GET POST"): "public",
    ("/account/identities", "POST"): EVERYBODY,
    ("/account/identities/<identity_id>/unlink", "POST"): EVERYBODY,
    ("/county/accounts/<account_id>/invite", "POST"): ADMINISTRATOR,
    ("/account", "GET POST"): EVERYBODY,
    ("/account/confirm", "GET POST"): EVERYBODY,
    ("/account/second-factor", "GET"): ENROLLING,
    ("/account/second-factor/app", "POST"): ENROLLING,
    ("/account/second-factor/app/confirm", "GET POST"): ENROLLING,
    ("/account/second-factor/app/remove", "POST"): ENROLLING,
    ("/account/second-factor/keys", "POST"): ENROLLING,
    ("/account/second-factor/keys/<key_id>/rename", "POST"): ENROLLING,
    ("/account/second-factor/keys/<key_id>/remove", "POST"): ENROLLING,
    ("/account/second-factor/recovery", "POST"): ENROLLING,
    ("/account/tokens", "GET POST"): EVERYBODY,
    ("/account/tokens/<token_id>/revoke", "POST"): EVERYBODY,
    ("/county/tokens", "GET"): ADMINISTRATOR,
    ("/county/tokens/<token_id>/revoke", "POST"): ADMINISTRATOR,
    ("/account/sessions/<session_id>/end", "POST"): EVERYBODY,
    ("/account/sessions/end-others", "POST"): EVERYBODY,
    ("/cases", "GET POST"): CASES,
    ("/cases/look", "GET POST"): CASES,
    ("/cases/look/end", "POST"): CASES,
    ("/cases/<client_id>", "GET"): CASES,
    ("/cases/<client_id>/language", "POST"): CASES,
    ("/cases/<client_id>/code", "POST"): CASES,
    ("/cases/requests", "GET"): CASES,
    ("/cases/requests/<request_id>", "GET POST"): CASES,
    ("/cases/<client_id>/rights", "GET POST"): CASES,
    ("/cases/<client_id>/facts", "GET POST"): CASES,
    ("/cases/<client_id>/erasure", "GET POST"): CASES,
    ("/erasures", "GET"): "staff: administrator, case_worker",
    ("/erasures/propose", "GET POST"): ADMINISTRATOR,
    ("/erasures/<erasure_id>", "GET POST"): "staff: administrator, case_worker",
    ("/cases/<client_id>/copy", "POST"): CASES,
    ("/desk/reason", "GET POST"): CARE,
    ("/desk/reason/end", "POST"): CARE,
    ("/cases/<client_id>/plan", "GET POST"): CASES,
    ("/cases/<client_id>/plan.csv", "GET"): CASES,
    (f"{EPISODE}/contact", "GET POST"): "staff: case_worker, provider_manager, provider_worker",
    ("/desk/reminders", "GET"): "staff: provider_manager",
    ("/desk/reminders/<reminder_id>/resolve", "POST"): "staff: provider_manager",
    ("/desk/calendar.ics", "GET"): DESK,
    ("/c/stop/<token>", "GET POST"): "public",
    ("/county", "GET"): COUNTY,
    ("/county/results", "GET"): COUNTY,
    ("/county/results/<provider_id>", "GET"): COUNTY,
    ("/desk/results/comment", "GET POST"): "staff: provider_manager",
    ("/county/overview/coverage.csv", "GET"): COUNTY,
    ("/county/overview/coverage.png", "GET"): COUNTY,
    ("/county/overview/coverage.svg", "GET"): COUNTY,
    ("/county/overview/data.json", "GET"): COUNTY,
    ("/county/overview/tables.xlsx", "GET"): COUNTY,
    ("/county/overview/provider-times.csv", "GET"): COUNTY,
    ("/county/overview/providers.csv", "GET"): COUNTY,
    ("/county/overview/times.csv", "GET"): COUNTY,
    ("/county/vouchers/grant", "GET POST"): "staff: case_worker",
    ("/county/accounts", "GET"): ADMINISTRATOR,
    ("/county/accounts/<account_id>", "GET"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/sessions/<session_id>/end", "POST"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/end-sessions", "POST"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/close", "POST"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/reset-second-factor", "POST"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/open", "POST"): ADMINISTRATOR,
    ("/county/providers", "GET POST"): ADMINISTRATOR,
    ("/county/providers/<provider_id>", "GET POST"): ADMINISTRATOR,
    ("/county/providers/<provider_id>/end", "POST"): ADMINISTRATOR,
    ("/county/providers/<provider_id>/approve", "POST"): ADMINISTRATOR,
    ("/county/plans", "GET"): COUNTY,
    ("/county/municipalities", "GET POST"): ADMINISTRATOR,
    ("/county/plans/<key>.toml", "GET"): COUNTY,
    ("/county/plans/edit", "GET POST"): ADMINISTRATOR,
    ("/county/accounts/new", "GET POST"): ADMINISTRATOR,
    ("/county/accounts/<account_id>/new-password", "POST"): ADMINISTRATOR,
    ("/county/data-protection", "GET"): ADMINISTRATOR,
    ("/county/data-protection/access-log", "GET POST"): ADMINISTRATOR,
    ("/county/data-protection/accessibility", "GET"): ADMINISTRATOR,
    ("/county/data-protection/accessibility/<note_id>", "GET POST"): ADMINISTRATOR,
    ("/county/data-protection/retention", "GET POST"): ADMINISTRATOR,
    ("/county/data-protection/retention/<run_id>", "GET"): ADMINISTRATOR,
    ("/county/data-protection/retention/<run_id>/confirm", "POST"): ADMINISTRATOR,
    ("/county/data-protection/retention/<run_id>/cancel", "POST"): ADMINISTRATOR,
    ("/county/instruments", "GET"): COUNTY,
    ("/county/instruments/<key>", "GET"): EVERYBODY,
    ("/county/instruments/<key>/<version>.zip", "GET"): COUNTY,
    ("/county/instruments/<key>/<version>/offer", "POST"): ADMINISTRATOR,
    ("/county/designs", "GET"): ADMINISTRATOR,
    ("/county/designs", "POST"): ADMINISTRATOR,
    ("/county/designs/<draft>", "GET POST"): ADMINISTRATOR,
    ("/county/designs/<draft>/delete", "POST"): ADMINISTRATOR,
    ("/county/designs/<draft>/preview", "GET POST"): ADMINISTRATOR,
    ("/county/designs/<draft>/preview/<language>/<number>", "GET POST"): ADMINISTRATOR,
    ("/county/designs/<draft>/publish", "POST"): ADMINISTRATOR,
    ("/county/comparison", "GET"): COUNTY,
    ("/county/comparison/table.csv", "GET"): COUNTY,
    ("/county/comparison/data.csv", "GET"): COUNTY,
    ("/county/comparison/report.pdf", "GET"): COUNTY,
    ("/county/comparison/data.json", "GET"): COUNTY,
    ("/county/comparison/tables.xlsx", "GET"): COUNTY,
    ("/county/comparison/funnel.svg", "GET"): COUNTY,
    ("/county/comparison/funnel.png", "GET"): COUNTY,
    ("/county/comparison/caterpillar.svg", "GET"): COUNTY,
    ("/county/comparison/caterpillar.png", "GET"): COUNTY,
    ("/county/outcomes", "GET"): COUNTY,
    ("/county/outcomes/coverage.csv", "GET"): COUNTY,
    ("/county/outcomes/change.csv", "GET"): COUNTY,
    ("/county/outcomes/goals.csv", "GET"): COUNTY,
    ("/county/outcomes/data.csv", "GET"): COUNTY,
    ("/county/outcomes/data.json", "GET"): COUNTY,
    ("/county/outcomes/tables.xlsx", "GET"): COUNTY,
    ("/county/outcomes/picture.svg", "GET"): COUNTY,
    ("/county/outcomes/picture.png", "GET"): COUNTY,
    ("/county/effects", "GET"): COUNTY,
    ("/county/effects/table.csv", "GET"): COUNTY,
    ("/county/effects/data.csv", "GET"): COUNTY,
    ("/county/effects/data.json", "GET"): COUNTY,
    ("/county/effects/tables.xlsx", "GET"): COUNTY,
    ("/county/effects/picture.svg", "GET"): COUNTY,
    ("/county/effects/picture.png", "GET"): COUNTY,
    ("/county/attrition", "GET"): COUNTY,
    ("/county/attrition/table.csv", "GET"): COUNTY,
    ("/county/attrition/data.csv", "GET"): COUNTY,
    ("/county/attrition/data.json", "GET"): COUNTY,
    ("/county/attrition/tables.xlsx", "GET"): COUNTY,
    ("/county/attrition/picture.svg", "GET"): COUNTY,
    ("/county/attrition/picture.png", "GET"): COUNTY,
    ("/county/sustained", "GET"): COUNTY,
    ("/county/sustained/table.csv", "GET"): COUNTY,
    ("/county/sustained/data.csv", "GET"): COUNTY,
    ("/county/sustained/data.json", "GET"): COUNTY,
    ("/county/sustained/tables.xlsx", "GET"): COUNTY,
    ("/county/sustained/picture.svg", "GET"): COUNTY,
    ("/county/sustained/picture.png", "GET"): COUNTY,
    ("/county/value", "GET"): COUNTY,
    ("/county/value/table.csv", "GET"): COUNTY,
    ("/county/value/data.csv", "GET"): COUNTY,
    ("/county/value/data.json", "GET"): COUNTY,
    ("/county/value/tables.xlsx", "GET"): COUNTY,
    ("/county/value/picture.svg", "GET"): COUNTY,
    ("/county/value/picture.png", "GET"): COUNTY,
    ("/county/trend", "GET"): COUNTY,
    ("/county/trend/table.csv", "GET"): COUNTY,
    ("/county/trend/data.csv", "GET"): COUNTY,
    ("/county/trend/data.json", "GET"): COUNTY,
    ("/county/trend/tables.xlsx", "GET"): COUNTY,
    ("/county/trend/picture.svg", "GET"): COUNTY,
    ("/county/trend/picture.png", "GET"): COUNTY,
    ("/county/scales", "GET"): COUNTY,
    ("/county/scales/table.csv", "GET"): COUNTY,
    ("/county/scales/data.csv", "GET"): COUNTY,
    ("/county/scales/data.json", "GET"): COUNTY,
    ("/county/scales/tables.xlsx", "GET"): COUNTY,
    ("/county/scales/picture.svg", "GET"): COUNTY,
    ("/county/scales/picture.png", "GET"): COUNTY,
    ("/county/agreement", "GET"): COUNTY,
    ("/county/agreement/agreement.csv", "GET"): COUNTY,
    ("/county/agreement/reliability.csv", "GET"): COUNTY,
    ("/county/agreement/data.json", "GET"): COUNTY,
    ("/county/agreement/tables.xlsx", "GET"): COUNTY,
}


TOKEN_REGISTER = {
    ("/api/v1/me", "GET"): "token",
    ("/api/v1/instruments", "GET"): "token",
    ("/api/v1/instruments/<key>", "GET"): "token",
    ("/api/v1/due", "GET"): "token: due:read",
    ("/api/v1/administrations/<administration_id>", "GET"): "token: due:read",
    ("/api/v1/administrations/<administration_id>/sheets", "POST"): "token: sheets:write",
    ("/api/v1/administrations/<administration_id>/scores", "GET"): "token: scores:read",
    ("/api/v1/episodes/<episode_id>/course", "GET"): "token: scores:read",
    ("/api/v1/comparison", "GET"): "token: comparison:read",
    ("/api/v1/comparison/scales", "GET"): "token: comparison:read",
    ("/api/v1/openapi.json", "GET"): "public",
}
"""What other programs may call with which token; tests/api/test_access_matrix.py walks each as everybody."""


@pytest.fixture(scope="module")
def app() -> Flask:
    wiring: Any = SimpleNamespace(
        settings=Settings(
            database_url="sqlite://",
            owner_url="",
            secret_key="0123456789abcdef" * 3,
            outside=OutsideSettings("https://outside.example", "client"),
        )
    )
    return create_app(wiring)


def test_every_route_stands_in_the_register_with_its_rule(app: Flask) -> None:
    found = {(path, methods): str(rule) for path, methods, _endpoint, rule in list_routes(app)}
    assert found == REGISTER


def test_every_address_for_other_programs_stands_in_its_register(app: Flask) -> None:
    found = {(path, methods): rule for path, methods, rule in list_operations(app.extensions[API])}
    assert found == TOKEN_REGISTER


def test_an_application_with_a_route_without_a_rule_does_not_start(app: Flask) -> None:
    forgetful = Flask("forgetful")
    room = Blueprint("room", __name__)
    room.add_url_rule("/open-door", view_func=lambda: "")
    forgetful.register_blueprint(room)
    with pytest.raises(RuntimeError, match="/open-door"):
        require_rules(forgetful)


@pytest.mark.parametrize(
    "path",
    [p for (p, methods), rule in REGISTER.items() if rule.startswith("staff") and "GET" in methods],
)
def test_a_stranger_is_sent_to_the_sign_in_page(app: Flask, path: str) -> None:
    here = path.replace("<", "").replace(">", "")
    response = app.test_client().get(here)
    assert response.status_code == 303
    assert response.location.startswith("/sign-in?next=")


@pytest.mark.parametrize(
    "path", [p for (p, methods), rule in REGISTER.items() if rule == "client" and "GET" in methods]
)
def test_nobody_enters_the_questions_without_a_visit(app: Flask, path: str) -> None:
    response = app.test_client().get(path.replace("<code>", "S1"))
    assert (response.status_code, response.location) == (303, "/c")


@pytest.mark.parametrize("path", [p for (p, methods) in REGISTER if "POST" in methods])
def test_a_post_without_a_token_changes_nothing(app: Flask, path: str) -> None:
    """The wiring of this application has no database: a view that went on to act would fail with 500."""
    here = path.replace("<", "").replace(">", "")
    response = app.test_client().post(here)
    assert response.status_code in (200, 303, 403)
