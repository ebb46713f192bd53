"""The comparison's further options: in the page's address, in its files, and refused in words."""

from typing import Any

import pytest

ANALYST = "analyst@county.example"
QUERY = "?chosen=1&scale=whodas-2.0-12/sum_simple&adjust=baseline"


@pytest.mark.parametrize("chosen", ["", "&spline=&population_mean=&reliability="])
def test_nothing_chosen_is_the_usual_model_with_the_options_shut(world: Any, chosen: str) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/comparison{QUERY}{chosen}").status_code == 200
    assert '<details class="field" id="model"><summary>More options' in browser.page.replace(
        "\n", ""
    )


@pytest.mark.parametrize("spline", ["quantiles", "range"])
def test_options_stay_in_the_form_and_in_the_addresses_of_the_files(
    world: Any, spline: str
) -> None:
    world.open_episode()
    browser = world.browser(ANALYST)
    chosen = f"&spline={spline}&population_mean=21,5&reliability=0.8"
    assert browser.get(f"/county/comparison{QUERY}{chosen}").status_code == 200
    assert '<details class="field" id="model" open>' in browser.page
    assert f'<option value="{spline}" selected>' in browser.page
    assert 'value="21,5"' in browser.page
    for name in ("table.csv", "data.csv", "report.pdf"):
        assert f"{name}{QUERY}{chosen}".replace("&", "&amp;") in browser.page
        answered = browser.client.get(f"/county/comparison/{name}{QUERY}{chosen}")
        assert answered.status_code == 200


@pytest.mark.parametrize(
    ("chosen", "where"),
    [
        ("&spline=cubes", "#spline"),
        ("&population_mean=21", "#reliability"),
        ("&reliability=0.8", "#population_mean"),
        ("&population_mean=21&reliability=1.2", "#reliability"),
        ("&population_mean=nan&reliability=0.8", "#population_mean"),
        ("&population_mean=1e400&reliability=x", "#reliability"),
        ("&population_mean=900&reliability=0.8", "#population_mean"),
        ("&population_mean=%3Cscript%3E&reliability=0.8", "#population_mean"),
    ],
)
def test_what_cannot_be_chosen_is_explained_at_its_field(
    world: Any, chosen: str, where: str
) -> None:
    browser = world.browser(ANALYST)
    assert browser.get(f"/county/comparison{QUERY}{chosen}").status_code == 422
    assert f'href="{where}"' in browser.page
    assert '<details class="field" id="model" open>' in browser.page
    assert "<script" not in browser.page
