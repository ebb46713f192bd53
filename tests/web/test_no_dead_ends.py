"""No page offers its reader a way that is closed to them: every link and every form of every page is followed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

EMAILS = (
    "worker@birch.example",
    "manager@birch.example",
    "case@county.example",
    "analyst@county.example",
    "admin@county.example",
)
ID = re.compile(r"/[\w-]{16,}(?=/|$)")
LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
MOST = 200


def kind_of(address: str) -> str:
    """Pages that differ in ids and questions only are one kind."""
    return ID.sub("/ID", address.partition("?")[0])


def walk(browser: Any) -> Iterator[tuple[str, str, int]]:
    """(from where, address, status) of one page of each kind that can be reached from the reader's first page."""
    seen: set[str] = set()
    waiting = [("", "/")]
    while waiting and len(seen) < MOST:
        source, address = waiting.pop(0)
        if kind_of(address) in seen or address.startswith("/static"):
            continue
        seen.add(kind_of(address))
        response = browser.get(address, follow_redirects=True)
        yield source, address, response.status_code
        if response.mimetype == "text/html":
            page = response.get_data(as_text=True).replace("&amp;", "&")
            waiting += [(address, one) for one in LINK.findall(page)]


@pytest.mark.parametrize("email", EMAILS)
def test_every_link_that_a_page_offers_opens_for_its_reader(world: Any, email: str) -> None:
    world.answer(world.open_episode(), 2)
    world.open_episode("V-2")
    walked = list(walk(world.browser(email)))
    assert len(walked) > 8
    assert [one for one in walked if one[2] != 200] == []
