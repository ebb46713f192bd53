"""The county's own instruments: drafts, publishing for every process, retiring; on SQLite and PostgreSQL."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import make_account
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from evalplat.errors import Conflict, InputRejected, NotFound, Refused
from evalplat.instruments.catalogue import load_catalogue
from evalplat.instruments.design_files import load_files, read_design, write_files
from evalplat.instruments.designs import Design, begin_design, change_design
from evalplat.scoring.design_check import check_design, score_sheet
from evalplat.services.actors import Actor
from evalplat.services.instrument_designs import (
    check_draft,
    decide_offer,
    get_draft,
    get_files,
    publish_draft,
    save_draft,
    start_draft,
)
from evalplat.services.plans import find_plan_faults
from evalplat.services.requests import PlanRow
from evalplat.storage.tables import AuditEntry
from evalplat.vocabulary import MeasurementPoint, Mode, Respondent, Role
from evalplat.wiring import build_wiring

SYSTEM = Actor.system("test")
LANGUAGES = ("fi", "sv", "en")


def whole_design() -> Design:
    """Two questions of one list, the second counted in reverse, and one typed as a number from 0 to 10."""
    made, _ = change_design(begin_design("The county"), "add-item")
    made, _ = change_design(made, "add-item")
    made |= {"key": "evening-form", "terms": "Own form."}
    words = [made["title"], made["short"], *(o["label"] for o in made["sets"][0]["options"])]
    words += [row["label"] for row in (*made["items"], *made["scales"])]
    for one in words:
        one.update({code: f"words {code}" for code in LANGUAGES})
    made["items"][2] |= {"answers": "number", "low": "0", "high": "10"}
    made["scales"][0] |= {"items": ["Q1", "Q2", "Q3"], "reversed": ["Q2", "Q3"]}
    made["examples"][0] = {"answers": {"Q1": "1", "Q2": "1", "Q3": "3"}, "expect": ["8"]}
    return made


def publish(wiring: Any, design: Design) -> Any:
    with wiring.transaction(SYSTEM) as session:
        draft = start_draft(session, wiring.catalogue, SYSTEM, at=wiring.clock())
        kept = save_draft(session, SYSTEM, draft.id, design, revision=1, at=wiring.clock())
        made = publish_draft(
            session, wiring.catalogue, SYSTEM, draft.id, revision=kept.revision, at=wiring.clock()
        )
    wiring.take_in_instruments(at_once=True)
    return made


def test_a_design_is_loaded_by_the_loader_and_read_back_as_it_was() -> None:
    design = whole_design()
    checked = check_design(design)
    assert checked.holds, checked.faults
    assert score_sheet(checked.instrument, {"Q1": "0", "Q2": "0", "Q3": "10"})[0].value == 1
    again = read_design(load_files(write_files(design)))
    assert again is not None
    assert again["version"] == "1.1"
    for name in ("items", "sets", "scales", "title", "languages"):
        assert again[name] == design[name], name


def test_a_reversal_that_is_left_out_gives_another_score_than_the_example() -> None:
    design = whole_design()
    design["scales"][0]["reversed"] = ["Q2"]
    faults = check_design(design).faults
    assert [fault.where for fault in faults] == ["example-1-expect-1"]
    assert "4" in str(faults[0].message)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda d: d["title"].update(sv=""), "title-sv"),
        (lambda d: d["title"].update(en="x" * 300), "title-en"),
        (lambda d: d["items"][1]["label"].update(fi=" "), "item-2-label-fi"),
        (lambda d: d["sets"][0]["options"][1].update(value="one"), "set-1-option-2-value"),
        (lambda d: d["sets"][0]["options"][1].update(value="0"), "set-1-option-2-value"),
        (lambda d: d["sets"][0]["options"][1]["label"].update(sv=""), "set-1-option-2-label-sv"),
        (lambda d: d["items"][2].update(low="11"), "item-3-low"),
        (lambda d: d["items"][1].update(code="Q1"), "item-2-code"),
        (lambda d: d["items"][1].update(answers="a9"), "item-2-answers"),
        (lambda d: d["scales"][0].update(key="Not so"), "scale-1-key"),
        (lambda d: d["scales"][0].update(allowed="many"), "scale-1-allowed"),
        (lambda d: d["scales"][0].update(items=[]), "scale-1-items"),
        (lambda d: d.update(examples=[]), "example-1-expect-1"),
        (lambda d: d.update(languages=[]), "languages"),
        (lambda d: d.update(version="one"), "version"),
        (lambda d: d.update(key="Ö"), "key"),
        (lambda d: d.update(terms=""), "terms"),
        (lambda d: d["examples"][0]["answers"].update(Q1="7"), "example-1-answer-1"),
        (lambda d: d.update(items=[]), "items"),
    ],
)
def test_each_fault_is_at_its_field(spoil: Any, where: str) -> None:
    design = whole_design()
    spoil(design)
    checked = check_design(design)
    assert where in [fault.where for fault in checked.faults], checked.faults
    assert not checked.holds


def test_another_process_serves_a_published_version_without_being_started_again(
    wiring: Any,
) -> None:
    other = build_wiring(wiring.settings, catalogue=load_catalogue(), clock=wiring.clock)
    with other.reading(SYSTEM):
        pass
    made = publish(wiring, whole_design())
    assert wiring.catalogue.get("evening-form").digest == made.digest
    with pytest.raises(NotFound):
        other.catalogue.get("evening-form")
    wiring.clock.at += timedelta(seconds=3)
    with other.reading(SYSTEM):
        assert other.catalogue.get("evening-form", "1.0").digest == made.digest
    later = build_wiring(wiring.settings, clock=wiring.clock)
    with later.reading(SYSTEM) as session:
        assert later.catalogue.get("evening-form").digest == made.digest
        assert load_files(get_files(session, SYSTEM, "evening-form", "1.0")).digest == made.digest
    assert list(later.catalogue.instruments) == sorted(later.catalogue.instruments)
    for one in (other, later):
        one.close()


def test_what_is_incomplete_or_taken_is_not_published(wiring: Any) -> None:
    design = whole_design()
    design["title"]["sv"] = ""
    with pytest.raises(InputRejected) as refused:
        publish(wiring, design)
    assert [fault.where for fault in refused.value.faults] == ["title-sv"]
    publish(wiring, whole_design())
    faults = check_draft(wiring.catalogue, whole_design()).faults
    assert [fault.where for fault in faults] == ["version"]
    taken = whole_design() | {"key": "who-5", "version": "9.0"}
    assert [fault.where for fault in check_draft(wiring.catalogue, taken).faults] == ["key"]


def test_a_retired_version_is_offered_to_nothing_new_and_is_still_found(wiring: Any) -> None:
    publish(wiring, whole_design())
    row = PlanRow(
        "evening-form", MeasurementPoint.END, Respondent.CLIENT, Mode.SELF, 0, 14, 14
    )  # fmt: skip
    titles = {"fi": "Oma"}

    def decide(version: str, retired: bool) -> None:
        with wiring.transaction(SYSTEM) as session:
            decide_offer(
                session, wiring.catalogue, SYSTEM, instrument="evening-form", version=version,
                retired=retired, at=wiring.clock(),
            )  # fmt: skip
        wiring.take_in_instruments(at_once=True)

    assert not find_plan_faults(wiring.catalogue, "own", titles, [row])
    decide("1.0", True)
    assert find_plan_faults(wiring.catalogue, "own", titles, [row])
    assert wiring.catalogue.get("evening-form").version == "1.0", "an older plan still finds it"
    publish(wiring, whole_design() | {"version": "1.1"})
    decide("1.0", False)
    decide("1.1", True)
    assert wiring.catalogue.get("evening-form").version == "1.0"
    assert wiring.catalogue.get("evening-form", "1.1").version == "1.1"
    assert not find_plan_faults(wiring.catalogue, "own", titles, [row])


def test_a_draft_is_kept_for_administrators_alone_and_never_written_over(wiring: Any) -> None:
    at = wiring.clock()
    with wiring.transaction(SYSTEM) as session:
        draft = start_draft(session, wiring.catalogue, SYSTEM, of="worker-observation", at=at)
        assert draft.design["version"] == "1.1"
        changed = deepcopy(draft.design) | {"note": "Ours"}
        assert save_draft(session, SYSTEM, draft.id, changed, revision=1, at=at).revision == 2
        with pytest.raises(Conflict):
            save_draft(session, SYSTEM, draft.id, draft.design, revision=1, at=at)
        with pytest.raises(InputRejected):
            start_draft(session, wiring.catalogue, SYSTEM, of="who-5", at=at)
        acts = set(session.scalars(select(AuditEntry.action)))
    with wiring.reading(SYSTEM) as session:
        acts = set(session.scalars(select(AuditEntry.action)))
        assert {"start_instrument", "change_instrument"} <= acts
    analyst = Actor.of(make_account(wiring, Role.ANALYST, email="second@county.example"))
    with wiring.reading(analyst) as session, pytest.raises(Refused):
        get_draft(session, analyst, draft.id)


def test_a_published_version_cannot_be_changed_even_in_the_database(wiring: Any) -> None:
    publish(wiring, whole_design())
    with pytest.raises(DBAPIError), wiring.transaction(SYSTEM) as session:
        session.execute(text("UPDATE published_instruments SET version = '2.0'"))


def test_a_catalogue_without_the_countys_own_instruments_is_as_before() -> None:
    catalogue = load_catalogue()
    assert catalogue.retired == frozenset() == catalogue.published
    assert replace(catalogue).get("who-5").version == "1.0"
