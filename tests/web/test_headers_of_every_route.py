"""Every route, whoever asks and however it ends, tells the browser what it may not do and to keep nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

CACHED = ("static", "bootstrap.static")
NEEDED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SOURCES = re.compile(r"'none'|'self'|data:|blob:")
PLACES = re.compile(r"<(?:\w+:)?(\w+)>")
STAFF = ("worker@birch.example", "case@county.example", "analyst@county.example")


def walk(app: Any) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and an address for every route, with ids that nobody has."""
    for rule in app.url_map.iter_rules():
        path = PLACES.sub(lambda found: "csv" if found[1] == "form" else "nobody", rule.rule)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule.endpoint, method, path


def faults_of(response: Any, endpoint: str) -> list[str]:
    headers = response.headers
    faults = [name for name, wanted in NEEDED.items() if headers.get(name) != wanted]
    picture = response.mimetype == "image/svg+xml"
    policy = headers.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part)
    if directives.get("default-src") != "'none'" or directives.get("frame-ancestors") != "'none'":
        faults.append("policy without its base")
    for name, sources in directives.items():
        allowed = picture and name == "style-src"
        if not allowed and not all(SOURCES.fullmatch(source) for source in sources.split()):
            faults.append(f"policy allows {name} {sources}")
    if endpoint not in CACHED and headers.get("Cache-Control") != "no-store":
        faults.append(f"may be kept: {headers.get('Cache-Control')}")
    if response.status_code >= 500:
        faults.append(str(response.status_code))
    for cookie in headers.getlist("Set-Cookie"):
        if "Max-Age=0" in cookie:
            continue  # it is taken away
        if "HttpOnly" not in cookie or "SameSite=Lax" not in cookie or "Domain=" in cookie:
            faults.append(f"cookie {cookie.partition('=')[0]}")
    if response.mimetype == "text/html":
        page = response.get_data(as_text=True)
        if re.search(
            r"<script(?![^>]*\bsrc=\")|\son\w+=\"|\sstyle=\"|(?:src|href)=\"(?:https?:)?//", page
        ):
            faults.append("page with inline script, inline style or a foreign address")
    return faults


@pytest.mark.parametrize("who", ["", "client", *STAFF])
def test_every_route_carries_the_headers_and_ends_without_a_defect(world: Any, who: str) -> None:
    browser = world.browser(who if "@" in who else "")
    if who == "client":
        browser.get("/c")
        invited = world.invite(world.open_episode())
        assert browser.post("/c", {"code": invited.code}).status_code == 303
    else:
        browser.get("/saavutettavuus")
    faults = []
    for endpoint, method, path in walk(world.app):
        if endpoint in ("signin.sign_out", "pages.post_language"):
            continue  # tested below; it would end the walk
        sent = {"csrf_token": browser.token} if method == "POST" else None
        with browser.client.open(path, method=method, data=sent) as response:
            faults += [f"{method} {path}: {fault}" for fault in faults_of(response, endpoint)]
    assert faults == []


def test_signing_out_makes_the_browser_forget(world: Any) -> None:
    browser = world.browser("worker@birch.example")
    browser.get("/desk")
    response = browser.post("/sign-out")
    assert faults_of(response, "signin.sign_out") == []
    assert '"cache"' in response.headers["Clear-Site-Data"]
    assert '"storage"' in response.headers["Clear-Site-Data"]


def test_pages_of_errors_carry_the_headers_too(world: Any) -> None:
    browser = world.browser()
    for path, method in (("/nowhere", "GET"), ("/sign-out", "GET"), ("/sign-in?next=%00", "GET")):
        with browser.client.open(path, method=method) as response:
            assert faults_of(response, "") == []
    with browser.client.get("/", headers={"Host": "evil.example"}) as response:
        assert response.status_code == 400
        assert faults_of(response, "") == []
        assert "evil" not in response.get_data(as_text=True)


def test_behind_tls_every_route_tells_the_browser_to_stay_there(world: Any) -> None:
    client = world.app.test_client()
    without = [
        path
        for _endpoint, method, path in walk(world.app)
        if method == "GET"
        and "max-age=31536000"
        not in client.get(path, base_url="https://localhost").headers.get(
            "Strict-Transport-Security", ""
        )
    ]
    assert without == []
