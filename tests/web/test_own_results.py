"""A provider's own results: its own row of the county's result, nothing of another provider, on page and paper."""

from typing import Any

import pytest

WORKER = "worker@birch.example"


@pytest.mark.parametrize(
    "path", ["/desk/results", "/desk/results?scale=whodas-2.0-12/total&from=1.1.2020"]
)
def test_a_provider_with_too_few_clients_is_told_so_and_no_other_is_named(
    world: Any, path: str
) -> None:
    episode = world.open_episode()
    world.answer(episode, 2)
    world.answer(episode, 1, end=True)
    world.open_episode("V-2", provider=1)
    browser = world.browser(WORKER)
    assert browser.get(path).status_code == 200
    assert "too few" in browser.page or "Too few" in browser.page
    assert "Maple" not in browser.page
    assert browser.client.get("/desk/results/report.pdf").data.startswith(b"%PDF")


def test_a_scale_or_a_day_that_is_none_is_explained(world: Any) -> None:
    browser = world.browser(WORKER)
    for query in ("scale=nonsense/total", "from=31.2.2026", "scale=3x10d/nothing"):
        assert browser.get(f"/desk/results?{query}").status_code == 422
        assert "error-summary" in browser.page


def test_who_has_no_episode_has_no_row(world: Any) -> None:
    world.open_episode("V-2", provider=1)
    browser = world.browser(WORKER)
    assert browser.get("/desk/results").status_code == 200
    assert "You have no episodes" in browser.page
    assert browser.client.get("/desk/results/report.pdf").status_code == 404
