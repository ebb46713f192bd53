"""The made-up county is the same every time, of the right size, and obviously invented."""

import numpy as np

from evalplat.demo import truth
from evalplat.demo.people import draw_episodes
from evalplat.statistics.comparison import compare
from evalplat.vocabulary import Direction, MeasurementPoint, Verdict


def draw():
    return draw_episodes(np.random.default_rng(truth.SEED))


def test_the_same_seed_draws_the_same_county():
    assert draw() == draw()


def test_the_county_has_27_municipalities_and_24_providers_from_3_to_300_episodes():
    sizes = [provider.episodes for provider in truth.PROVIDERS]
    assert len(truth.MUNICIPALITY_WEIGHTS) == 27
    assert (len(sizes), min(sizes), max(sizes)) == (24, 3, 300)
    assert 1_900 <= sum(sizes) <= 2_100
    assert {episode.person.municipality for episode in draw()} <= set(truth.MUNICIPALITY_WEIGHTS)


def test_about_45_percent_have_no_end_measurement():
    episodes = draw()
    lost = sum(MeasurementPoint.END not in episode.measured_on for episode in episodes)
    assert 0.42 <= lost / len(episodes) <= 0.48


def test_clients_with_more_difficulties_are_lost_more_often():
    closed = [
        episode
        for episode in draw()
        if episode.closed_on and MeasurementPoint.BASELINE in episode.difficulty
    ]
    baselines = {
        lost: np.mean(
            [
                episode.difficulty[MeasurementPoint.BASELINE]
                for episode in closed
                if (MeasurementPoint.END not in episode.measured_on) == lost
            ]
        )
        for lost in (True, False)
    }
    assert baselines[True] > baselines[False] + 2


def test_nothing_is_measured_after_the_data_end_or_before_the_episode_opens():
    for episode in draw():
        for day in episode.measured_on.values():
            assert episode.opened_on <= day <= truth.AS_OF


def test_names_are_made_of_invented_words():
    for episode in draw():
        given, surname = episode.person.name.split()
        assert given in truth.GIVEN_NAMES and surname in truth.SURNAMES


def test_three_providers_differ_and_the_comparison_of_the_true_course_finds_them_and_no_other():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "provider": episode.provider.name,
            "episode": str(place),
            "baseline": episode.difficulty.get(MeasurementPoint.BASELINE, np.nan),
            "end": episode.difficulty.get(MeasurementPoint.END, np.nan),
            "age": float(episode.opened_on.year - episode.person.birth_year),
            "alone": str(episode.person.lives_alone),
        }
        for place, episode in enumerate(draw())
    )
    found = compare(
        frame,
        instrument="truth",
        scale="difficulty",
        direction=Direction.LOWER_BETTER,
        adjust=("baseline", "age", "alone"),
        disclosure=None,
    )
    verdicts = {row.provider: row.verdict for row in found.rows}
    above = {name for name, verdict in verdicts.items() if verdict is Verdict.ABOVE}
    below = {name for name, verdict in verdicts.items() if verdict is Verdict.BELOW}
    assert above == {name for name, effect in truth.DIFFERENT.items() if effect > 0}
    assert below == {name for name, effect in truth.DIFFERENT.items() if effect < 0}
    assert len(truth.DIFFERENT) == 3
