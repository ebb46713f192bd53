"""Answers of one version are scored with one definition for ever: an edited one is refused, and said."""

from dataclasses import replace

import pytest
from builders import SYSTEM, WHODAS_12, make_episode, make_everything, make_sheet
from sqlalchemy import func, select, text

from evalplat.errors import NotConfigured, Unavailable
from evalplat.instruments.catalogue import Catalogue
from evalplat.services.answers import save_draft
from evalplat.services.definitions import check_definitions, find_edited_definitions
from evalplat.services.doctor import Level, examine_contents
from evalplat.storage import migrate
from evalplat.storage.tables import Draft, Sheet, UsedDefinition
from evalplat.vocabulary import MeasurementPoint

KEY = ("whodas-2.0-12", "1.0")


def with_edited(wiring, *keys):
    """The same installation after somebody has edited definitions in their files."""
    edited = {
        k: replace(d, digest="0" * 64) for k, d in wiring.catalogue.instruments.items() if k in keys
    }
    catalogue = Catalogue(wiring.catalogue.folder, {**wiring.catalogue.instruments, **edited})
    return replace(wiring, catalogue=catalogue)


def without(wiring, key):
    rest = {k: d for k, d in wiring.catalogue.instruments.items() if k != key}
    return replace(wiring, catalogue=Catalogue(wiring.catalogue.folder, rest))


def faults_of(wiring):
    with wiring.reading(SYSTEM) as session:
        return find_edited_definitions(session, wiring.catalogue, SYSTEM)


def count(wiring, table):
    with wiring.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(table))


def test_an_edited_definition_scores_nothing_more_and_what_was_typed_is_kept(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    edited = with_edited(wiring, KEY)
    planned = made.administration(point=MeasurementPoint.MIDPOINT)
    with edited.transaction(made.worker) as session:
        save_draft(
            session, edited.catalogue, made.worker, administration_id=planned.id, code="S1",
            value=1, at=edited.clock(),
        )  # fmt: skip
    with pytest.raises(Unavailable, match=r"whodas-2.0-12 1.0 was changed"):
        make_sheet(edited, made, point=MeasurementPoint.MIDPOINT)
    with pytest.raises(Unavailable):
        make_sheet(edited, made, key="a correction", base_revision=1, raw={**WHODAS_12, "S1": 4})
    assert (count(wiring, Sheet), count(wiring, Draft)) == (1, 1)
    make_sheet(wiring, made, point=MeasurementPoint.MIDPOINT)
    assert count(wiring, Sheet) == 2


def test_what_no_answers_rest_on_yet_may_still_change(wiring):
    made = make_episode(wiring)
    make_sheet(wiring, made)
    other = ("3x10d", "1.0")
    edited = with_edited(wiring, other)
    raw = {item.code: 5 for item in wiring.catalogue.get("3x10d").items if item.required}
    raw = raw or {item.code: 5 for item in wiring.catalogue.get("3x10d").items}
    make_sheet(edited, made, instrument="3x10d", raw=raw)
    with pytest.raises(Unavailable):
        make_sheet(wiring, made, instrument="3x10d", point=MeasurementPoint.END, raw=raw)


def test_the_first_definition_stands_and_a_second_one_is_not_noted(wiring):
    make_sheet(wiring, make_episode(wiring))
    with wiring.reading(SYSTEM) as session:
        used = session.execute(select(UsedDefinition.instrument, UsedDefinition.digest)).all()
    assert [tuple(row) for row in used] == [("whodas-2.0-12", wiring.catalogue.get(*KEY).digest)]
    assert faults_of(wiring) == []


def test_an_edited_and_a_missing_definition_are_named(wiring):
    make_sheet(wiring, make_episode(wiring))
    for changed, words in (
        (with_edited(wiring, KEY), "was published with other contents"),
        (without(wiring, KEY), "put its file back"),
    ):
        (fault,) = faults_of(changed)
        assert (fault.where, words in str(fault.message)) == ("whodas-2.0-12 1.0", True)
        with changed.reading(SYSTEM) as session, pytest.raises(NotConfigured, match="whodas"):
            check_definitions(session, changed.catalogue, SYSTEM)
        with changed.reading(SYSTEM) as session:
            found = examine_contents(session, changed.catalogue, SYSTEM, changed.clock())
        assert [f.where for f in found if f.level is Level.UNSAFE] == ["whodas-2.0-12 1.0"]


def test_a_shipped_version_that_was_edited_is_named_before_anything_was_answered(wiring):
    (fault,) = faults_of(with_edited(wiring, ("who-5", "1.0")))
    assert fault.where == "who-5 1.0"


def test_an_older_database_takes_over_what_its_scores_were_computed_with(wiring, database):
    make_everything(wiring)
    with wiring.reading(SYSTEM) as session:
        before = session.scalars(select(UsedDefinition.digest)).all()
    wiring.engine.dispose()
    owner = migrate.make_owner_engine(database)
    migrate.downgrade(owner, "0014")
    migrate.upgrade(owner)
    with owner.connect() as connection:
        after = connection.execute(text("SELECT digest FROM used_definitions")).scalars().all()
    owner.dispose()
    assert sorted(after) == sorted(before) and after
