"""Words of clients: only the analyst sees them before they are released, and only in whole blocks."""

import pytest
from builders import make_actor
from sqlalchemy import text

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.services.actors import Actor
from evalplat.services.feedback import FeedbackAnswers, add_feedback
from evalplat.services.feedback_texts import decide_text, list_own_texts, list_texts
from evalplat.storage.tables import FeedbackDecision
from evalplat.vocabulary import Role, TextAct

SYSTEM = Actor.system("test")


def add(wiring, manager, words, quarter=20262):
    given = [
        FeedbackAnswers(
            manager.provider_id,
            quarter,
            {"recommendation": 9, **({"went_well": one} if one else {})},
        )
        for one in words
    ]
    with wiring.transaction(SYSTEM) as session:
        add_feedback(session, wiring.catalogue, SYSTEM, given)


def queue(wiring, actor):
    with wiring.reading(actor) as session:
        return list_texts(session, wiring.catalogue, actor, on=wiring.clock().date())


def decide(wiring, actor, one, act, **more):
    with wiring.transaction(actor) as session:
        decide_text(
            session, wiring.catalogue, actor, key=one.key, act=act, base_version=one.version,
            on=wiring.clock().date(), at=wiring.clock(), **more,
        )  # fmt: skip


def read(wiring, manager):
    with wiring.reading(manager) as session:
        return list_own_texts(session, wiring.catalogue, manager, on=wiring.clock().date())


@pytest.fixture
def manager(wiring):
    return make_actor(wiring, Role.PROVIDER_MANAGER)


@pytest.fixture
def analyst(wiring):
    return make_actor(wiring, Role.ANALYST)


WORDS = [f"Sana {n}" for n in range(5)]


def test_texts_are_read_from_ten_sheets_on_and_shown_when_all_are_decided(wiring, manager, analyst):
    add(wiring, manager, [*WORDS, *[""] * 4])
    assert queue(wiring, analyst).waiting == ()
    add(wiring, manager, [""])
    waiting = queue(wiring, analyst).waiting
    assert {one.words for one in waiting} == set(WORDS)
    for one in waiting[:-1]:
        decide(wiring, analyst, one, TextAct.PUBLISH)
    assert read(wiring, manager) == ()
    decide(wiring, analyst, waiting[-1], TextAct.HIDE, reason="Names a worker")
    shown = {words for _item, words in read(wiring, manager)}
    assert shown == set(WORDS) - {waiting[-1].words}


def test_an_edited_text_is_shown_edited_and_the_words_stay_stored(wiring, manager, analyst):
    add(wiring, manager, [*WORDS, *[""] * 5])
    first, *rest = queue(wiring, analyst).waiting
    decide(wiring, analyst, first, TextAct.EDIT, edited=" My worker was kind. ")
    for one in rest:
        decide(wiring, analyst, one, TextAct.PUBLISH)
    shown = [words for _item, words in read(wiring, manager)]
    assert "My worker was kind." in shown and first.words not in shown
    decided = {one.key: one for one in queue(wiring, analyst).decided}
    assert decided[first.key].words == first.words
    decide(wiring, analyst, decided[first.key], TextAct.HIDE, reason="On second thought")
    assert "My worker was kind." not in [words for _item, words in read(wiring, manager)]


def test_what_comes_in_a_later_quarter_waits_for_its_own_block(wiring, manager, analyst):
    add(wiring, manager, [*WORDS, *[""] * 5])
    for one in queue(wiring, analyst).waiting:
        decide(wiring, analyst, one, TextAct.PUBLISH)
    add(wiring, manager, ["Yksin"], quarter=20263)
    assert queue(wiring, analyst).waiting == ()
    assert len(read(wiring, manager)) == 5
    add(wiring, manager, [*WORDS, *[""] * 4], quarter=20263)
    assert len(queue(wiring, analyst).waiting) == 6
    assert len(read(wiring, manager)) == 5


def test_a_decision_without_words_or_on_what_has_changed_is_refused(wiring, manager, analyst):
    add(wiring, manager, [*WORDS, *[""] * 5])
    one = queue(wiring, analyst).waiting[0]
    for act, more in (
        (TextAct.HIDE, {}),
        (TextAct.HIDE, {"reason": "x" * 501}),
        (TextAct.EDIT, {"edited": " "}),
        (TextAct.EDIT, {"edited": one.words}),
        (TextAct.EDIT, {"edited": "x" * 2001}),
    ):
        with pytest.raises(InputRejected):
            decide(wiring, analyst, one, act, **more)
    decide(wiring, analyst, one, TextAct.PUBLISH)
    with pytest.raises(Conflict):
        decide(wiring, analyst, one, TextAct.PUBLISH)
    from dataclasses import replace

    with pytest.raises(NotFound):
        decide(wiring, analyst, replace(one, key="nothing"), TextAct.PUBLISH)


@pytest.mark.parametrize(
    "role",
    [Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.CASE_WORKER, Role.ADMINISTRATOR],
)
def test_nobody_but_the_analyst_reads_what_waits(wiring, role):
    with pytest.raises(Refused):
        queue(wiring, make_actor(wiring, role))


def test_the_log_names_no_sheet_and_no_word_and_the_table_no_day_of_it(wiring, manager, analyst):
    add(wiring, manager, [*WORDS, *[""] * 5])
    one = queue(wiring, analyst).waiting[0]
    decide(wiring, analyst, one, TextAct.EDIT, edited="Muokattu")
    with wiring.reading(SYSTEM) as session:
        rows = str(session.execute(text("SELECT * FROM audit_entries")).all())
    assert "edit_text" in rows and "read_texts" in rows
    assert one.key.split(".")[0] not in rows and "Muokattu" not in rows
    columns = {column.name for column in FeedbackDecision.__table__.columns}
    assert not columns & {"quarter", "client_id", "episode_id"}
