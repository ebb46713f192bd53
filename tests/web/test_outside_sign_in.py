"""Signing in with the organisation's account, against a real provider on this machine: the truth opens, no lie does."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from authenticators import SoftKey
from identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, serve_provider
from joserfc.jwk import RSAKey

from evalplat.config import OutsideSettings
from evalplat.vocabulary import Role
from evalplat.web.context import EXTENSION

WORKER, ADMIN, ANALYST = "worker@birch.example", "admin@county.example", "analyst@county.example"
OUT = re.compile(r'href="(http://127\.0\.0\.1:\d+/authorize[^"]+)"')
LINK = re.compile(r'value="(http://localhost/sign-in/invited/[^"]+)"')


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve_provider() as served:
        yield served


@pytest.fixture
def linked(world: Any, provider: Provider) -> Any:
    """An installation that knows the provider, and whose worker is linked to person-1 there."""
    use(world, provider)
    browser = world.browser(WORKER)
    assert link(browser).location == "/account?linked=1"
    return world


def use(world: Any, provider: Provider, **changes: Any) -> None:
    outside = OutsideSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, (("fi", "Kunnan tunnus"),))
    settings = replace(world.wiring.settings, outside=outside, **changes)
    world.wiring = replace(world.wiring, settings=settings)
    world.app.extensions[EXTENSION] = world.wiring
    world.app.extensions.pop("evalplat.outside", None)


def go_there(address: str) -> str:
    """What the browser does at the provider; gives back where it is sent to."""
    answer = requests.get(address, allow_redirects=False, timeout=5)
    found = urlsplit(answer.headers["Location"])
    assert found.path == "/sign-in/outside/back"
    return f"{found.path}?{found.query}"


def link(browser: Any) -> Any:
    browser.get("/account")
    assert browser.post("/account/identities").status_code == 200
    found = OUT.search(browser.page)
    assert found
    return browser.get(go_there(unescape(found[1])))


def sign_in(browser: Any, then: str = "") -> Any:
    return browser.get(go_there(browser.get(f"/sign-in/outside{then}").location))


def test_who_is_linked_signs_in_and_gets_to_the_page_asked_for(
    linked: Any, provider: Provider
) -> None:
    browser = linked.browser()
    assert sign_in(browser, "?next=/desk?state=due").location == "/desk?state=due"
    assert browser.get("/desk").status_code == 200
    asked = provider.asked[-1]
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert asked["scope"] == "openid" and len(asked["nonce"]) >= 20 and len(asked["state"]) >= 20
    assert provider.refused == []


def test_the_button_is_there_in_the_words_of_the_settings(linked: Any) -> None:
    browser = linked.browser()
    browser.get("/sign-in", headers={"Accept-Language": "fi"})
    assert "Kunnan tunnus" in browser.page
    browser.get("/sign-in", headers={"Accept-Language": "en"})
    assert "Sign in with your organisation’s account" in browser.page


def test_without_a_provider_there_is_neither_button_nor_page(world: Any) -> None:
    browser = world.browser()
    browser.get("/sign-in")
    assert "/sign-in/outside" not in browser.page
    for path in ("/sign-in/outside", "/sign-in/outside/back?state=x", "/sign-in/invited/x"):
        assert browser.get(path).status_code == 404


def test_somebody_who_is_not_linked_gets_in_nowhere_whatever_the_address_says(
    linked: Any, provider: Provider
) -> None:
    provider.subject = "person-2"
    provider.claims = {"email": WORKER, "email_verified": True, "preferred_username": WORKER}
    browser = linked.browser()
    assert sign_in(browser).status_code == 403
    assert browser.get("/desk").status_code == 303


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"left_out": ("nonce",)},
    "no signature": {"alg": "none"},
    "the public key as a secret": {"alg": "HS256"},
    "a real signature of a kind that is announced and not ours": {"alg": "RS512"},
    "another key under the same name": {"signer": RSAKey.generate_key(2048, {"kid": "one"})},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "for somebody else": {"claims": {"aud": "another-client"}},
    "for somebody else, and said to be ours": {"claims": {"aud": "other", "azp": CLIENT_ID}},
    "for us and others, without a word for whom": {"claims": {"aud": [CLIENT_ID, "other"]}},
    "expired": {"claims": {"exp": int(time.time()) - 120}},
    "from the future": {
        "claims": {"iat": int(time.time()) + 86_400, "nbf": int(time.time()) + 86_400}
    },
    "without an end": {"left_out": ("exp",)},
    "without a subject": {"left_out": ("sub",)},
    "an empty subject": {"claims": {"sub": ""}},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_opens_nothing(linked: Any, provider: Provider, lie: str) -> None:
    for name, value in LIES[lie].items():
        setattr(provider, name, value)
    browser = linked.browser()
    assert sign_in(browser).status_code == 403
    assert browser.get("/desk").status_code == 303


def test_a_state_works_once_and_in_the_browser_that_began_it(linked: Any) -> None:
    browser, other = linked.browser(), linked.browser()
    back = go_there(browser.get("/sign-in/outside").location)
    assert other.get(back).status_code == 403
    cookie = browser.client.get_cookie("evalplat").value
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403
    other.client.set_cookie("evalplat", cookie)
    assert other.get(back).status_code == 403, "the provider takes no code twice"
    for path in ("?code=x", "?code=x&state=", "?state=unknown&code=x", "?error=access_denied"):
        assert other.get(f"/sign-in/outside/back{path}").status_code == 403


def test_a_sign_in_that_takes_more_than_ten_minutes_begins_again(linked: Any) -> None:
    browser = linked.browser()
    back = go_there(browser.get("/sign-in/outside").location)
    linked.clock.at += timedelta(minutes=11)
    assert browser.get(back).status_code == 403


def test_an_answer_of_another_issuer_is_not_asked_about(linked: Any, provider: Provider) -> None:
    browser = linked.browser()
    back = go_there(browser.get("/sign-in/outside").location)
    assert browser.get(f"{back}&iss=https://evil.example").status_code == 403
    assert provider.waiting, "the code was not even sent to the provider"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "ftp://evil.example/keys"},
    ],
)
def test_a_provider_that_says_it_is_another_or_speaks_without_tls_is_not_used(
    world: Any, provider: Provider, metadata: dict[str, str]
) -> None:
    provider.metadata = metadata
    use(world, provider)
    assert world.browser().get("/sign-in/outside").status_code == 503


def test_a_provider_that_does_not_answer_is_said_calmly(world: Any, provider: Provider) -> None:
    use(world, replace(provider, port=1))
    answer = world.browser().get("/sign-in/outside")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_a_key_that_the_provider_changed_is_fetched_again(linked: Any, provider: Provider) -> None:
    assert sign_in(linked.browser()).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    linked.app.extensions.pop("evalplat.outside", None)
    assert sign_in(linked.browser()).status_code == 303


def test_a_session_that_lay_in_the_browser_is_not_the_one_that_begins(linked: Any) -> None:
    browser = linked.browser("worker@maple.example")
    planted = browser.client.get_cookie("evalplat").value
    assert sign_in(browser).location == "/desk"
    thief = linked.browser()
    thief.client.set_cookie("evalplat", planted)
    assert thief.get("/desk").status_code == 303, "the earlier session ended"


def test_a_closed_account_does_not_come_in_by_this_door(linked: Any) -> None:
    admin = linked.browser(ADMIN)
    admin.get("/county/accounts")
    found = re.search(r'href="(/county/accounts/[^"]+)">Worker<', admin.page)
    assert found
    admin.post(f"{found[1]}/close")
    assert sign_in(linked.browser()).status_code == 403


def test_the_second_step_is_asked_for_here_unless_the_provider_asked_for_one(
    linked: Any, provider: Provider
) -> None:
    browser = linked.browser(WORKER)
    browser.get("/account/second-factor")
    options = re.search(r'data-options="([^"]+)"', browser.page)
    assert options
    answer = SoftKey().add(unescape(options[1]))
    browser.post("/account/second-factor/keys", {"name": "Ring", "credential": answer})
    other = linked.browser()
    assert sign_in(other).status_code == 200
    assert other.get("/desk").location == "/sign-in/second"
    provider.claims = {"amr": ["pwd", "mfa"]}
    assert sign_in(linked.browser()).location == "/desk"


def test_where_a_second_factor_is_demanded_it_is_set_up_first(
    world: Any, provider: Provider
) -> None:
    use(world, provider)
    analyst = world.browser(ANALYST)
    link(analyst)
    use(world, provider, second_factor=(Role.ANALYST,))
    assert sign_in(world.browser()).location == "/account/second-factor"


def test_linking_belongs_to_the_account_that_began_it(linked: Any, provider: Provider) -> None:
    provider.subject = "person-3"
    browser = linked.browser("worker@maple.example")
    browser.get("/account")
    browser.post("/account/identities")
    found = OUT.search(browser.page)
    assert found
    back = go_there(unescape(found[1]))
    victim = linked.browser(WORKER)
    assert victim.get(back).status_code == 403
    browser.post("/sign-out")
    assert browser.get(back).status_code == 403
    assert sign_in(linked.browser()).status_code == 403


@pytest.mark.parametrize("lie", ["another issuer", "for somebody else", "another nonce"])
def test_a_lie_links_nothing(world: Any, provider: Provider, lie: str) -> None:
    """At signing in another issuer's person is not linked anyway; here nothing but the check stands in the way."""
    use(world, provider)
    browser = world.browser(WORKER)
    provider.claims = LIES[lie]["claims"]
    assert link(browser).status_code == 403
    browser.get("/account")
    assert "Linked since" not in browser.page


def test_one_person_there_is_one_account_here(linked: Any) -> None:
    assert link(linked.browser("worker@maple.example")).status_code == 409
    assert link(linked.browser(WORKER)).location == "/account?linked=1"


def test_a_link_is_taken_away_by_its_owner_only(linked: Any) -> None:
    owner, other = linked.browser(WORKER), linked.browser("worker@maple.example")
    owner.get("/account")
    found = re.search(r'action="(/account/identities/[^/]+/unlink)"', owner.page)
    assert found
    other.get("/account")
    assert other.post(found[1]).status_code == 404
    assert owner.post(found[1]).location == "/account?unlinked=1"
    assert sign_in(linked.browser()).status_code == 403


def test_an_invitation_links_once_and_every_token_shows_the_same_page(
    world: Any, provider: Provider
) -> None:
    use(world, provider)
    admin = world.browser(ADMIN)
    admin.get("/county/accounts")
    found = re.search(r'href="(/county/accounts/[^"]+)">Worker<', admin.page)
    assert found
    admin.get(found[1])
    admin.post(f"{found[1]}/invite")
    invitation = LINK.search(admin.page)
    assert invitation
    path = urlsplit(invitation[1]).path
    pages = []
    for address in (path, "/sign-in/invited/another"):
        visitor = world.browser()
        visitor.get(address)
        pages.append(visitor.page.replace(visitor.token, ""))
    assert pages[0].replace(path, "") == pages[1].replace("/sign-in/invited/another", "")

    def accept(browser: Any, address: str) -> Any:
        browser.get(address)
        browser.post(address)
        out = OUT.search(browser.page)
        assert out
        return browser.get(go_there(unescape(out[1])))

    assert accept(world.browser(), "/sign-in/invited/another").status_code == 404
    assert accept(world.browser(), path).location == "/desk"
    provider.subject = "person-2"
    assert accept(world.browser(), path).status_code == 404
    provider.subject = "person-1"
    assert sign_in(world.browser()).location == "/desk"


def test_an_invitation_ends_after_a_week_and_with_the_next_one(
    world: Any, provider: Provider
) -> None:
    use(world, provider)
    admin = world.browser(ADMIN)
    admin.get("/county/accounts")
    found = re.search(r'href="(/county/accounts/[^"]+)">Worker<', admin.page)
    assert found
    tokens = []
    for _ in range(2):
        admin.get(found[1])
        admin.post(f"{found[1]}/invite")
        made = LINK.search(admin.page)
        assert made
        tokens.append(urlsplit(made[1]).path)
    for address, days in ((tokens[0], 0), (tokens[1], 8)):
        world.clock.at += timedelta(days=days)
        browser = world.browser()
        browser.get(address)
        browser.post(address)
        out = OUT.search(browser.page)
        assert out
        assert browser.get(go_there(unescape(out[1]))).status_code == 404
