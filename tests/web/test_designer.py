"""The administrator's pages for own instruments: drafts, faults at their fields, preview, publishing, retiring."""

import io
import re
import zipfile
from html import unescape
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from evalplat.cli.instruments import instruments

ADMIN, ANALYST, WORKER = "admin@county.example", "analyst@county.example", "worker@birch.example"
HOME = "/county/designs"


def fields_of(page: str) -> dict[str, Any]:
    """What the form on the page would send, as a browser reads it."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.inside, self.select, self.sent = False, "", {}

        def handle_starttag(self, tag: str, given: Any) -> None:
            attributes = dict(given)
            if tag == "form":
                self.inside = attributes.get("id") in ("design", "sheet")
            if not self.inside:
                return
            name = attributes.get("name", "")
            if tag == "input" and attributes.get("type") == "checkbox":
                if "checked" in attributes:
                    self.sent.setdefault(name, []).append(attributes["value"])
            elif tag == "input":
                self.sent[name] = attributes.get("value", "")
            elif tag == "select":
                self.select = name
                self.sent.setdefault(name, "")
            elif tag == "option" and "selected" in attributes:
                self.sent[self.select] = attributes["value"]

        def handle_endtag(self, tag: str) -> None:
            if tag == "form":
                self.inside = False

    reader = Reader()
    reader.feed(page)
    return reader.sent


def start(world: Any) -> tuple[Any, str]:
    browser = world.browser(ADMIN)
    browser.get(HOME)
    answer = browser.post(HOME)
    assert answer.status_code == 303
    browser.get(answer.location)
    return browser, answer.location


def send(browser: Any, path: str, act: str, **typed: Any) -> Any:
    answer = browser.post(path, {**fields_of(browser.page), **typed, "do": act})
    if answer.status_code == 303:
        browser.get(answer.location.partition("#")[0])
    return answer


def words(name: str, text: str) -> dict[str, str]:
    return {f"{name}-{code}": f"{text} {code}" for code in ("fi", "sv", "en")}


WHOLE = {
    "key": "evening-form", "holder": "The county", "terms": "Own form, free to use.",
    **words("title", "Evening"), **words("short", "Eve"), **words("item-1-label", "Sleep"),
    **words("set-1-option-1-label", "Badly"), **words("set-1-option-2-label", "Well"),
    **words("scale-1-label", "Evening"), "example-1-answer-1": "1", "example-1-expect-1": "1",
}  # fmt: skip


def publish(world: Any) -> Any:
    browser, path = start(world)
    assert send(browser, path, "check", **WHOLE).location.endswith("/preview")
    revision = re.findall(r'name="revision" value="(\d+)"', browser.page)[0]
    answer = browser.post(f"{path}/publish", {"revision": revision})
    assert answer.status_code == 303
    browser.get(answer.location)
    return browser


def test_buttons_add_and_remove_rows_and_keep_what_was_typed(world: Any) -> None:
    browser, path = start(world)
    answer = send(browser, path, "add-item", **{"title-fi": "Ilta <b>", "item-1-label-fi": "Uni"})
    assert answer.location.endswith("#item-2")
    sent = fields_of(browser.page)
    assert (sent["title-fi"], sent["item-1-label-fi"]) == ("Ilta <b>", "Uni")
    assert sent["item-2-code"] == "Q2" and "Ilta &lt;b&gt;" in browser.page
    send(browser, path, "add-option-1")
    assert fields_of(browser.page)["set-1-option-3-value"] == "2"
    send(browser, path, "remove-item-1")
    assert fields_of(browser.page)["item-1-code"] == "Q2"
    send(browser, path, "add-item")
    assert fields_of(browser.page)["item-2-code"] == "Q3", "no code is given away twice"
    for act in ("add-scale", "add-set", "add-example", "remove-set-9", "remove-item-x", "nonsense"):
        assert send(browser, path, act).status_code == 303
    assert "scale-2-key" in browser.page and "example-2-row" in browser.page


def test_every_fault_stands_at_its_field_in_the_readers_words(world: Any) -> None:
    browser, path = start(world)
    send(browser, path, "check", **{**WHOLE, "title-sv": "", "scale-1-items": [], "key": "Not so"})
    for name in ("key", "title-sv", "scale-1-items"):
        assert f'id="{name}-error"' in browser.page and f'href="#{name}"' in browser.page, name
    assert "Write this in Swedish." in browser.page
    assert browser.page.count('class="field-error"') == 3
    assert "Title: Write this in Swedish." in browser.page
    assert "toml" not in browser.page.casefold()


def test_an_example_with_another_score_is_no_proof(world: Any) -> None:
    browser, path = start(world)
    send(browser, path, "check", **{**WHOLE, "example-1-expect-1": "3"})
    assert "These answers give 1." in browser.page
    send(browser, path, "check", **{**WHOLE, "example-1-expect-1": "", "example-1-answer-1": ""})
    assert "counted by hand" in browser.page
    browser.get(f"{path}/preview")
    assert "/publish" not in browser.page and "Before it can be published" in browser.page
    assert browser.post(f"{path}/publish", {"revision": "3"}).status_code in (409, 422)


def test_the_preview_is_the_clients_page_in_each_language_and_scores_made_up_answers(
    world: Any,
) -> None:
    browser, path = start(world)
    send(browser, path, "check", **WHOLE)
    preview = f"{path}/preview"
    assert browser.post(preview, {"answer-1": "1"}).status_code == 200
    assert re.search(r'data-label="Score">1<', browser.page)
    assert browser.post(preview, {"answer-1": "7"}).status_code == 422
    browser.get(f"{preview}/sv/1")
    assert "Sleep sv" in browser.page and '<html lang="sv"' in browser.page
    assert "client.css" in browser.page and "Well sv" in browser.page
    assert browser.post(f"{preview}/sv/1", {"action": "continue"}).location.endswith("/preview")
    assert browser.get(f"{preview}/sv/2").status_code == 404
    assert browser.get(f"{preview}/de/1").status_code == 404


def test_a_published_version_is_served_at_once_and_its_files_hold(
    world: Any, tmp_path: Path
) -> None:
    browser = publish(world)
    assert "Version 1.0 is published" in browser.page
    browser.get("/county/plans/edit")
    assert 'value="evening-form"' in browser.page
    answer = browser.get("/county/instruments/evening-form/1.0.zip")
    zipfile.ZipFile(io.BytesIO(answer.data)).extractall(tmp_path)
    result = CliRunner().invoke(instruments, ["check", str(tmp_path / "evening-form")])
    assert result.exit_code == 0, result.output
    browser.get(HOME)
    assert "There are no drafts" in browser.page


def test_a_retired_version_is_offered_to_no_new_plan_and_a_new_version_begins_with_it(
    world: Any,
) -> None:
    browser = publish(world)
    there = "/county/instruments/evening-form"
    browser.get(there)
    assert "Make a new version" in browser.page
    assert browser.post(f"{there}/1.0/offer", {"retired": "1"}).status_code == 303
    browser.get("/county/plans/edit")
    assert 'value="evening-form"' not in browser.page
    browser.get(there)
    assert "Offer version 1.0 again" in browser.page
    answer = browser.post(HOME, {"of": "evening-form", "version": "1.0"})
    browser.get(answer.location)
    sent = fields_of(browser.page)
    assert (sent["version"], sent["item-1-label-sv"]) == ("1.1", "Sleep sv")
    browser.get(there)
    browser.post(f"{there}/1.0/offer", {"retired": "0"})
    browser.get("/county/plans/edit")
    assert 'value="evening-form"' in browser.page


def test_an_owners_instrument_has_no_new_version_here_and_its_name_is_taken(world: Any) -> None:
    browser, path = start(world)
    assert browser.post(HOME, {"of": "who-5"}).status_code == 422
    browser.get("/county/instruments/who-5")
    assert "Make a new version" not in browser.page
    browser.get(path)
    send(browser, path, "check", **{**WHOLE, "key": "who-5", "version": "9.0"})
    assert "An instrument of another owner is called so" in browser.page


def test_a_draft_that_somebody_else_has_changed_is_not_written_over(world: Any) -> None:
    browser, path = start(world)
    old = fields_of(browser.page)
    send(browser, path, "save", **{"title-fi": "First"})
    answer = browser.post(path, {**old, "title-fi": "Second", "do": "save"})
    assert answer.status_code == 409 and 'value="Second"' in browser.page
    browser.get(path)
    assert fields_of(browser.page)["title-fi"] == "First"


def test_nobody_but_an_administrator_reaches_a_draft(world: Any) -> None:
    _, path = start(world)
    for email in (ANALYST, WORKER):
        other = world.browser(email)
        assert {other.get(there).status_code for there in (HOME, path, f"{path}/preview")} == {403}
    assert world.browser(ADMIN).get(f"{HOME}/{'A' * 16}").status_code == 404


def test_every_act_is_in_the_access_log(world: Any) -> None:
    browser = publish(world)
    browser.get("/county/instruments/evening-form")
    browser.post("/county/instruments/evening-form/1.0/offer", {"retired": "1"})
    browser.get("/county/data-protection/access-log")
    page = unescape(browser.page)
    for said in (
        "An instrument was published",
        "A draft of an instrument was begun",
        "was retired",
    ):
        assert said in page, said
