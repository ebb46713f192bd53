"""Figures say the right thing, in a form that stands anywhere."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import matplotlib
import pytest

from evalplat.errors import NotFound
from evalplat.reports.caterpillar import draw_caterpillar, ordered
from evalplat.reports.course import CoursePoint, CourseSeries, draw_course
from evalplat.reports.funnel import draw_funnel
from evalplat.reports.goals import GoalCourse, draw_goals
from evalplat.reports.labels import place_labels
from evalplat.reports.position import draw_position
from evalplat.reports.theme import MARKS
from evalplat.statistics.results import ProviderComparison
from evalplat.vocabulary import Direction, Verdict

Make = Callable[..., ProviderComparison]
SVG = "{http://www.w3.org/2000/svg}"

COURSE = CourseSeries(
    "Coping & everyday <life>",
    (
        CoursePoint("baseline", date(2026, 1, 12), 54.2),
        CoursePoint("midpoint", date(2026, 4, 12), 47.9),
        CoursePoint("end", date(2026, 8, 30), 31.3),
        CoursePoint("follow_up", None, None),
    ),
    Direction.LOWER_BETTER, 0, 100, 17.9,
)  # fmt: skip
GOALS = (GoalCourse("Käyn kaupassa <itse> & yksin", -2, 0, 1), GoalCourse("$x$ every day"))


def read(svg: bytes) -> tuple[str, str]:
    """Title and description."""
    root = ElementTree.fromstring(svg)
    return root.findtext(f"{SVG}title") or "", root.findtext(f"{SVG}desc") or ""


def draw_all(comparison: ProviderComparison, language: str) -> list[bytes]:
    return [
        draw_funnel(comparison, language),
        draw_funnel(comparison, language, narrow=True),
        draw_caterpillar(comparison, language),
        draw_caterpillar(comparison, language, narrow=True),
        draw_position(comparison, "Laitilan Lähde", language),
        draw_course(COURSE, language),
        draw_goals(GOALS, language),
    ]


@pytest.fixture(scope="module")
def figures(comparison: ProviderComparison) -> list[bytes]:
    return draw_all(comparison, "en")


def test_every_figure_has_a_title_a_description_a_role_and_a_language(
    figures: list[bytes],
) -> None:
    for svg in figures:
        root = ElementTree.fromstring(svg)
        title, description = read(svg)
        assert title and len(description) > 40
        assert root.get("role") == "img"
        assert root.get("lang") == "en"
        ids = {element.get("id") for element in root.iter()}
        assert {root.get("aria-labelledby"), root.get("aria-describedby")} <= ids


def test_figures_carry_nothing_that_a_strict_content_policy_refuses(
    figures: list[bytes],
) -> None:
    for svg in figures:
        text = svg.decode()
        assert "style=" not in text
        assert "<style" not in text
        assert "<!DOCTYPE" not in text
        assert set(re.findall(r"https?://[^\"]+", text)) == {"http://www.w3.org/2000/svg"}
        assert len(svg) < 75_000


def test_identifiers_of_two_figures_never_meet_in_one_page(figures: list[bytes]) -> None:
    found = [name for svg in figures for name in re.findall(r'\bid="([^"]+)"', svg.decode())]
    assert len(found) == len(set(found))
    for svg in figures:
        text = svg.decode()
        used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
        assert used <= set(re.findall(r'\bid="([^"]+)"', text))


def test_the_same_comparison_gives_the_same_bytes(
    comparison: ProviderComparison, figures: list[bytes]
) -> None:
    assert draw_all(comparison, "en") == figures


def test_a_figure_is_the_same_in_another_process_with_another_hash_seed() -> None:
    program = (
        "import hashlib, sys; from datetime import date;"
        "from evalplat.reports.course import *; from evalplat.vocabulary import Direction;"
        "point = CoursePoint('baseline', date(2026, 1, 1), 4.0);"
        "s = CourseSeries('Åland', (point,), Direction.LOWER_BETTER, 0, 10, 2);"
        "print(hashlib.sha256(draw_course(s, 'en')).hexdigest(), 'matplotlib.pyplot' in sys.modules)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True, check=True, text=True,
        ).stdout
        for seed in ("1", "77")
    }  # fmt: skip
    assert len(digests) == 1
    assert digests.pop().endswith(" False\n")


def test_threads_that_draw_at_once_get_the_same_figures_and_leave_no_setting_behind(
    comparison: ProviderComparison, figures: list[bytes]
) -> None:
    before = dict(matplotlib.rcParams)
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(draw_funnel(comparison, "en")))
        for _number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drawn) == 4
    assert set(drawn) == {figures[0]}
    assert dict(matplotlib.rcParams) == before


def test_withheld_providers_are_counted_and_never_named(comparison: ProviderComparison) -> None:
    withheld = [row.provider for row in comparison.rows if row.withheld]
    for svg in (draw_funnel(comparison, "en"), draw_caterpillar(comparison, "en")):
        _title, description = read(svg)
        assert "too few clients: 4." in description
        assert not [name for name in withheld if name in svg.decode()]


def test_the_funnel_names_the_providers_beyond_expected_variation(
    comparison: ProviderComparison,
) -> None:
    _title, description = read(draw_funnel(comparison, "en"))
    assert "Beyond the expected range: Laitilan Lähde, Salon Seutu ry." in description
    assert "average of all clients is +6.4" in description


def test_a_scale_that_improves_downwards_says_that_it_is_turned(make_comparison: Make) -> None:
    lower = make_comparison(direction=Direction.LOWER_BETTER)
    higher = make_comparison(direction=Direction.HIGHER_BETTER)
    assert "a lower score is better" in read(draw_funnel(lower, "en"))[1]
    assert "A higher score is better" in read(draw_funnel(higher, "en"))[1]


def test_providers_are_put_in_order_of_results_only_where_ranking_is_fair(
    make_comparison: Make,
) -> None:
    fair = ordered(make_comparison(rankability=0.5))
    assert all((a.shrunken or 0) >= (b.shrunken or 0) for a, b in pairwise(fair))
    for rankability in (0.49, None):
        unfair = make_comparison(rankability=rankability)
        names = [row.provider for row in ordered(unfair)]
        assert names == [name for name in (row.provider for row in unfair.rows) if name in names]
        assert "in order of name" in read(draw_caterpillar(unfair, "en"))[1]


def test_figures_of_nothing_say_so(empty: ProviderComparison, make_comparison: Make) -> None:
    for nothing in (empty, make_comparison(sizes=(3, 4, 5))):
        for svg in (draw_funnel(nothing, "en"), draw_caterpillar(nothing, "en", narrow=True)):
            assert "No provider has enough clients" in read(svg)[1]
    assert "no score" in read(draw_course(CourseSeries("Empty", ()), "en"))[1]
    assert "No goals" in read(draw_goals((), "en"))[1] or draw_goals((), "en")


def test_figures_of_one_provider_of_no_variation_and_of_no_limits_are_drawn(
    make_comparison: Make,
) -> None:
    one = make_comparison(names=("Only one",), sizes=(40,))
    for odd in (one, replace(one, limits=()), make_comparison(tau2=0.0), replace(one, target=None)):
        assert draw_funnel(odd, "en").startswith(b"<svg")
        assert draw_caterpillar(odd, "en").startswith(b"<svg")


@pytest.mark.parametrize(
    "name",
    [
        "</text><script>alert(1)</script>",
        "A & B <b>Oy</b>",
        r"$\frac{1}{0}$ $",
        "--> ]]> <!--",
        "line\nbreak\x00\x1b\u202e tab\tend",
        "Čáhcesuolu ŋ đ ŧ ž € – ≥",
        "漢字 🙂",
        "W" * 400,
        "",
    ],
)
def test_a_name_is_only_ever_a_name(name: str, make_comparison: Make) -> None:
    odd = make_comparison(names=(name, name, "Other"), sizes=(40, 90, 50))
    odd = replace(odd, rows=tuple(replace(row, verdict=Verdict.ABOVE) for row in odd.rows))
    for svg in (draw_funnel(odd, "en"), draw_caterpillar(odd, "en")):
        root = ElementTree.fromstring(svg)
        assert {element.tag for element in root.iter()} <= {
            f"{SVG}{tag}" for tag in ("svg", "title", "desc", "defs", "g", "path", "use", "clipPath", "rect")
        }  # fmt: skip


def test_labels_cover_neither_one_another_nor_a_point() -> None:
    points = [(100.0 + 3 * i, 100.0 + 5 * i) for i in range(8)]
    places = place_labels([(x, y, 60.0) for x, y in points], points, (0, 0, 400, 300))
    boxes = [(p.x, p.y - 7, p.x + 60, p.y + 7) for p in places if p is not None]
    assert len(boxes) > 3
    boxes += [(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    for number, a in enumerate(boxes[: len(boxes) - len(points)]):
        for b in boxes[number + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_verdicts_differ_in_shape_as_well_as_in_colour() -> None:
    assert set(MARKS) == set(Verdict)
    assert len({mark.marker for mark in MARKS.values()}) == len(Verdict)
    assert len({mark.fill for mark in MARKS.values()}) == len(Verdict)


def test_a_course_tells_every_point_in_words() -> None:
    title, description = read(draw_course(COURSE, "en"))
    assert title == "Coping & everyday <life>"
    assert "Lower is better." in description
    assert "Baseline (12/01/2026): 54.2." in description
    assert "Follow-up: no score." in description
    assert "±17.9" in description


def course(title: str, *values: float | None, **scale: float) -> CourseSeries:
    names = ("baseline", "end")
    points = tuple(
        CoursePoint(name, None, value) for name, value in zip(names, values, strict=False)
    )
    return CourseSeries(title, points, None, **scale)


@pytest.mark.parametrize(
    "series",
    [
        course("One", 3.0, minimum=1, maximum=5),
        course("Open ends", 3.0, 3.0),
        course("At the ends", 0.0, 10.0, minimum=0, maximum=10, reliable_change=2),
        course("No scores", None, None, minimum=0, maximum=10, reliable_change=2),
        course("A range of nothing", 1.0, 1.0, minimum=1, maximum=1),
        replace(COURSE, points=(replace(COURSE.points[0]), replace(COURSE.points[0], point="end"))),
    ],
    ids=lambda series: series.title,
)
def test_odd_courses_are_drawn(series: CourseSeries) -> None:
    assert draw_course(series, "sv", narrow=True).startswith(b"<svg")


def test_goals_tell_their_levels_in_words() -> None:
    _title, description = read(draw_goals(GOALS, "en"))
    assert "Käyn kaupassa <itse> & yksin: Baseline −2, End 0, Follow-up +1." in description
    assert "$x$ every day: not rated." in description


def test_one_providers_position_shows_no_other_provider(comparison: ProviderComparison) -> None:
    svg = draw_position(comparison, "Laitilan Lähde", "en").decode()
    others = [row.provider for row in comparison.rows if row.provider != "Laitilan Lähde"]
    assert not [name for name in others if name in svg]
    with pytest.raises(NotFound):
        draw_position(comparison, "Nobody", "en")
    assert b"not shown: few clients".capitalize() in draw_position(
        comparison, "Aurajoen Tuki Oy", "en"
    )
