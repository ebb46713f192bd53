"""The long and the wide form hold the same, and everything; columns have one meaning and one name."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from export_records import (
    CATALOGUE,
    OPENED,
    draw_episode,
    make_episode_record,
    make_goal,
    make_ratings,
    make_record,
    outline_of,
)
from hypothesis import given
from hypothesis import strategies as st

from evalplat.exchange.export.long_form import make_long
from evalplat.exchange.export.names import LONGEST, RESERVED, Wanted, give_names, slug
from evalplat.exchange.export.outline import Block, place_sheets
from evalplat.exchange.export.records import SCORES_ONLY, Missing, State
from evalplat.exchange.export.wide_form import make_wide
from evalplat.instruments.catalogue import Catalogue
from evalplat.instruments.definition import Option
from evalplat.scoring.results import ScaleScore
from evalplat.vocabulary import MeasurementPoint, Respondent, ScoreStatus

WHODAS = CATALOGUE.get("whodas-2.0-12")
SCORE_ENDINGS = {
    "status": "status", "used": "items_used", "missing": "items_missing",
    "na": "items_not_applicable", "variant": "variant",
}  # fmt: skip
EPISODE = ("provider", "voucher", "client", "episode", "opened_on", "closed_on", "closing_reason")
FACTS = ("measured_on", "mode", "assistance", "wording", "labels", "answered_by", "version")
GOAL_FACTS = ("title", "importance", "difficulty", "baseline", "replaced")


def records_of(table):
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table]


def read_long(table, turns):
    """(episode, block, part, code, what) -> value or reason, from the long form; `turns` of the sheets."""
    found = {}
    for row in records_of(table):
        same = (row["episode"], row["instrument"], row["point"], row["respondent"])
        revision = 0 if row["latest"] else row["revision"]
        where = (*same, turns[row["sheet"]], revision)
        # Facts about a goal are told again with every sheet; in the wide form they stand once.
        about = where if row["aspect"] not in GOAL_FACTS else (row["episode"],)
        cell = row["text"] if row["value"] is None else row["value"]
        cell = Missing(row["missing"]) if row["missing"] else cell
        key = (*about, row["part"], row["code"], row["aspect"] or "")
        assert found.setdefault(key, cell) == cell
        for name in FACTS:
            found[*where, "fact", name, ""] = row[name]
        if row["part"] == "score":
            for aspect in SCORE_ENDINGS.values():
                found[*where, "score", row["code"], aspect] = row[aspect]
    return {key: cell for key, cell in found.items() if cell is not None}


def read_wide(outline, table):
    """The same from the wide form alone: every column's name is made again from what it should hold."""
    found = {}
    for row in records_of(table):
        episode = row["episode"]
        used = set()
        for number in range(1, outline.goals + 1):
            for fact in GOAL_FACTS:
                found[episode, "goal", str(number), fact] = row[f"goal{number}_{fact}"]
        for block in outline.blocks:
            where = (
                episode,
                block.instrument,
                block.point,
                block.respondent,
                block.turn,
                block.revision,
            )
            before = "_".join(slug(part) for part in block.parts)
            for key, ending in _endings(outline, block):
                name = f"{before}_{ending}"
                if len(name) > LONGEST:
                    parts = block.parts
                    (name,) = give_names([Wanted((*parts, ending), (*parts, *key, "1.0"))])
                assert name not in used
                used.add(name)
                found[*where, *key] = row[name]
        facts = {n for n in row if n.rsplit("_", 1)[-1] in ("state", "obtained", "revision", "day")}
        assert {n for n in row if n not in used} <= facts | set(EPISODE) | {
            n for n in row if n.startswith("goal")
        }
    return {key: cell for key, cell in found.items() if cell is not None}


def _endings(outline, block):
    definition = outline.instruments[block.instrument][-1]
    for name in FACTS:
        yield ("fact", name, ""), name
    for condition in definition.conditions:
        yield ("condition", condition.code, ""), condition.code
    for item in definition.items:
        yield ("item", item.code, ""), item.code
    for scale in definition.scales:
        yield ("score", scale.key, ""), f"score_{scale.key}"
        for ending, aspect in SCORE_ENDINGS.items():
            yield ("score", scale.key, aspect), f"score_{scale.key}_{ending}"
    if definition.kind == "goals":
        for number in range(1, outline.goals + 1):
            yield ("goal", str(number), ""), f"goal{number}"
            for aspect in ("client", "worker", "comment"):
                yield ("goal", str(number), aspect), f"goal{number}_{aspect}"


@given(st.integers(0, 2**32), st.booleans())
def test_the_long_and_the_wide_form_hold_the_same_and_lose_nothing(seed, every):
    episodes = [draw_episode(Random(seed + number), number) for number in (1, 2)]
    if not every:
        episodes = [replace(e, sheets=tuple(s for s in e.sheets if s.latest)) for e in episodes]
    outline = outline_of(*episodes, all_revisions=every)
    turns = {sheet.id: block.turn for e in episodes for block, sheet in place_sheets(e)}
    long = read_long(make_long(outline, episodes, "fi"), turns)
    wide = read_wide(outline, make_wide(outline, episodes, "fi"))
    answered = [
        e.id
        for e in episodes
        if any(s.ratings or (s.instrument == "gas" and s.revision) for s in e.sheets)
    ]
    alone = {k for k in wide if len(k) == 4 and k[0] not in answered}
    assert {key: cell for key, cell in wide.items() if key not in alone} == long
    _check_against_records(episodes, long, turns)


def _check_against_records(episodes, found, turns):
    """Every stored answer, rating and score is there as it was stored, and none besides."""
    given = Counter(key[1] for key in found if len(key) == 9 and key[6] in ("item", "condition"))
    for episode in episodes:
        for sheet in episode.sheets:
            if not sheet.revision:
                continue
            same = (episode.id, sheet.instrument, sheet.point, sheet.respondent)
            where = (*same, turns[sheet.id], 0 if sheet.latest else sheet.revision)
            for code, answer in sheet.answers.items():
                part = "condition" if code == "works_or_studies" else "item"
                cell = found[*where, part, code, ""]
                assert cell == (Missing.DECLINED if answer == "declined" else answer)
            for one in sheet.scores:
                cell = found[*where, "score", one.scale, ""]
                assert cell == (Missing.NO_SCORE if one.value is None else one.value)
            for rating in sheet.ratings:
                number = rating.goal.removeprefix("goal-")
                assert found[*where, "goal", number, ""] == rating.level
    sheets = Counter(s.instrument for e in episodes for s in e.sheets if s.revision)
    asked = {k: len(CATALOGUE.get(k).items) + len(CATALOGUE.get(k).conditions) for k in sheets}
    assert given == {key: count * asked[key] for key, count in sheets.items() if asked[key]}


def answer(**changes):
    return {**{f"S{n}": 2 for n in range(1, 13)}, "works_or_studies": True, **changes}


def test_lesson_13_follow_ups_midpoints_and_second_measurements_keep_columns_of_their_own():
    places = [
        *((point, Respondent.CLIENT) for point in MeasurementPoint),
        (MeasurementPoint.END, Respondent.PROXY),
        (MeasurementPoint.END, Respondent.CLIENT),
        (MeasurementPoint.FOLLOW_UP, Respondent.CLIENT),
    ]
    sheets = [
        make_record(WHODAS, answer(S1=n % 5), n, point=point, respondent=respondent)
        for n, (point, respondent) in enumerate(places)
    ]
    episode = make_episode_record(*sheets)
    outline = outline_of(episode)
    (row,) = records_of(make_wide(outline, [episode], "en"))
    found = {name: row[name] for name in row if name.endswith("_S1")}
    assert found == {
        "baseline_whodas_2_0_12_client_S1": 0,
        "midpoint_whodas_2_0_12_client_S1": 1,
        "end_whodas_2_0_12_client_S1": 2,
        "end_whodas_2_0_12_client_2_S1": 0,
        "end_whodas_2_0_12_proxy_S1": 4,
        "follow_up_whodas_2_0_12_client_S1": 3,
        "follow_up_whodas_2_0_12_client_2_S1": 1,
    }
    long = records_of(make_long(outline, [episode], "en"))
    assert len([r for r in long if r["code"] == "S1"]) == len(places)
    assert len({r["sheet"] for r in long}) == len(places)


def test_a_sheet_without_columns_of_its_own_stops_the_export_instead_of_being_lost():
    first = make_record(WHODAS, answer(), 1)
    second = make_record(WHODAS, answer(), 2)
    narrow = outline_of(make_episode_record(first))
    with pytest.raises(ValueError, match="sheet-2"):
        list(make_wide(narrow, [make_episode_record(first, second)], "en"))


def test_every_revision_keeps_its_place_and_the_latest_its_name():
    first = make_record(WHODAS, answer(S1=0), 1, latest=False)
    latest = make_record(WHODAS, answer(S1=4), 1, revision=2)
    episode = make_episode_record(first, latest)
    outline = outline_of(episode, all_revisions=True)
    (row,) = records_of(make_wide(outline, [episode], "en"))
    assert row["baseline_whodas_2_0_12_client_S1"] == 4
    assert row["baseline_whodas_2_0_12_client_r1_S1"] == 0
    assert "baseline_whodas_2_0_12_client_r1_state" not in row


def test_skipped_not_shown_declined_and_not_asked_are_told_apart():
    raw = {
        k: v
        for k, v in answer(S1="declined", works_or_studies=False).items()
        if k not in ("S2", "S12")
    }
    waiting = make_record(
        WHODAS, {}, 2, point=MeasurementPoint.END, state=State.WAITING, revision=0,
        measured_on=None, scores=(), mode="",
    )  # fmt: skip
    episode = make_episode_record(make_record(WHODAS, raw, 1), waiting)
    (row,) = records_of(make_wide(outline_of(episode), [episode], "en"))
    before = "baseline_whodas_2_0_12_client"
    assert row[f"{before}_S1"] is Missing.DECLINED
    assert row[f"{before}_S2"] is Missing.SKIPPED
    assert row[f"{before}_S12"] is Missing.NOT_SHOWN
    assert row[f"{before}_works_or_studies"] == 0
    assert row["end_whodas_2_0_12_client_S1"] is None
    assert row["end_whodas_2_0_12_client_state"] == "waiting"


def test_a_score_that_could_not_be_given_is_told_from_one_that_was_never_asked():
    lost = ScaleScore("total", None, ScoreStatus.NOT_ASSESSABLE, "no_answers", 0, 12, 0, "")
    episode = make_episode_record(make_record(WHODAS, {}, 1, scores=(lost,)))
    (row,) = records_of(make_wide(outline_of(episode), [episode], "en"))
    assert row["baseline_whodas_2_0_12_client_score_total"] is Missing.NO_SCORE
    assert row["baseline_whodas_2_0_12_client_score_total_status"] == "not_assessable"


def test_a_question_whose_answers_mean_something_else_in_a_later_version_has_a_column_of_its_own():
    old = CATALOGUE.get("3x10d")
    turned = replace(
        old.items[0],
        options=tuple(Option(o.value, f"{o.key}.turned") for o in old.items[0].options),
    )
    kept, added = old.items[1:-1], replace(old.items[-1], code="sleep")
    scales = tuple(scale for scale in old.scales if scale.key != "life")
    new = replace(old, version="2.0", items=(turned, *kept, added), scales=scales)
    both = Catalogue(CATALOGUE.folder, {("3x10d", "1.0"): old, ("3x10d", "2.0"): new})
    raw = {item.code: 3 for item in old.items}
    later = {**{item.code: 4 for item in new.items}}
    episode = make_episode_record(
        make_record(old, raw, 1),
        make_record(new, later, 2, point=MeasurementPoint.END, scores=()),
    )
    outline = outline_of(episode, catalogue=both)
    table = make_wide(outline, [episode], "en")
    (row,) = records_of(table)
    before = "baseline_3x10d_client"
    after = "end_3x10d_client"
    assert (row[f"{before}_health"], row[f"{before}_health_v2_0"]) == (3, None)
    assert (row[f"{after}_health"], row[f"{after}_health_v2_0"]) == (None, 4)
    assert (row[f"{before}_family"], row[f"{after}_family"]) == (3, 4)
    assert (row[f"{before}_life"], row[f"{after}_life"]) == (3, None)
    assert (row[f"{before}_sleep"], row[f"{after}_sleep"]) == (None, 4)
    versions = {column.name: column.versions for column in table.columns}
    assert versions[f"{after}_health_v2_0"] == ("2.0",)
    assert versions[f"{after}_family"] == ("1.0", "2.0")


def test_goals_stand_with_their_titles_levels_and_comments_and_a_later_goal_was_not_skipped_before():
    goals = (make_goal(1), make_goal(2, "Nukkuu", agreed_on=OPENED + timedelta(days=60)))
    first = make_ratings(list(goals), [-1, None], number=1, measured_on=OPENED)
    end = make_ratings(
        list(goals), [1, None], number=2, point=MeasurementPoint.END,
        measured_on=OPENED + timedelta(days=90),
    )  # fmt: skip
    episode = make_episode_record(first, end, goals=goals)
    (row,) = records_of(make_wide(outline_of(episode), [episode], "fi"))
    assert (row["goal1_title"], row["goal2_title"]) == ("Käy kaupassa", "Nukkuu")
    assert (row["baseline_gas_together_goal1"], row["end_gas_together_goal1"]) == (-1, 1)
    assert row["baseline_gas_together_goal2"] is None
    assert row["end_gas_together_goal2"] is Missing.SKIPPED
    assert row["end_gas_together_goal1_comment"] == "hyvin meni"


def test_scores_only_hold_no_answer_no_words_no_voucher_and_no_exact_day():
    goals = (make_goal(1),)
    episode = make_episode_record(
        make_record(WHODAS, answer(), 1), make_ratings(list(goals), [1], number=2), goals=goals
    )
    outline = outline_of(episode, contents=SCORES_ONLY)
    for table in (make_long(outline, [episode], "en"), make_wide(outline, [episode], "en")):
        for row in records_of(table):
            said = " ".join(str(cell) for cell in row.values())
            assert "VS-1" not in said and "kaupassa" not in said and "2026-03-0" not in said
            assert "hyvin meni" not in said
            assert not [n for n in row if n.endswith(("_S1", "goal1", "title", "works_or_studies"))]
            assert row["opened_month"] == "2026-03"
    parts = {row["part"] for row in records_of(make_long(outline, [episode], "en"))}
    assert parts == {"score"}


def test_words_of_people_are_left_out_where_they_are_not_wanted():
    feedback = CATALOGUE.get("client-feedback")
    raw = {**{i.code: 4 for i in feedback.items if i.options}, "went_well": "kaikki hyvin"}
    goals = (make_goal(1),)
    episode = make_episode_record(
        make_record(feedback, raw, 1), make_ratings(list(goals), [1], number=2), goals=goals
    )
    contents = replace(outline_of(episode).contents, texts=False)
    outline = outline_of(episode, contents=contents)
    for table in (make_long(outline, [episode], "en"), make_wide(outline, [episode], "en")):
        said = str(list(table))
        assert "kaikki" not in said and "kaupassa" not in said and "hyvin meni" not in said


codes = st.text(
    st.sampled_from("aAbB1._-äÖ "), min_size=1, max_size=90
)  # near to one another, and long


@given(st.lists(st.tuples(codes, codes), unique=True, min_size=1, max_size=40))
def test_names_of_columns_are_unique_short_and_plain_whatever_the_codes(pairs):
    names = give_names([Wanted(pair, pair) for pair in pairs])
    assert len({name.lower() for name in names}) == len(pairs)
    for name in names:
        assert len(name.encode()) <= LONGEST
        assert name[0].isalpha() and name.lower() not in RESERVED
        assert all(sign.isascii() and (sign.isalnum() or sign == "_") for sign in name)


@given(st.lists(st.tuples(codes, codes), unique=True, min_size=2, max_size=20), st.randoms())
def test_a_name_does_not_depend_on_the_order_of_the_columns(pairs, random):
    wanted = {pair: Wanted(pair, pair) for pair in pairs}
    first = dict(zip(pairs, give_names([wanted[p] for p in pairs]), strict=True))
    random.shuffle(pairs)
    assert dict(zip(pairs, give_names([wanted[p] for p in pairs]), strict=True)) == first


def test_names_that_would_be_cut_to_the_same_or_are_kept_by_spss_stay_apart():
    long = "x" * 70
    wanted = [(long + "1",), (long + "2",), ("D1.1",), ("D1_1",), ("with",), ("3x10d",), ("ä",)]
    names = give_names([Wanted(parts, parts) for parts in wanted])
    assert len(set(names)) == len(names)
    assert names[4:] == ("with_", "x_3x10d", "a")
    assert names[2] != "D1_1" != names[3]
    assert Block(MeasurementPoint.END, "3x10d", Respondent.CLIENT).parts[0] == "end"
