"""A client's own copy: whole, about nobody else, logged, in both shapes; and a new table must be decided about."""

import json

import pytest
from builders import SYSTEM, make_account, make_actor, make_everything, make_sheet
from services.test_client_standing import act, restrict_client
from sqlalchemy import select

from evalplat.errors import NotFound, Refused
from evalplat.reports.copy_pdf import write_copy
from evalplat.services.actors import Actor
from evalplat.services.answers import AnswersConflict
from evalplat.services.client_corrections import correct_client
from evalplat.services.contacts import ContactDetails, get_contact, save_contact
from evalplat.services.copies import make_copy, write_json
from evalplat.services.requests import ClientDetails
from evalplat.storage.copies import EVERYWHERE, LEFT_OUT, SHOWN
from evalplat.storage.tables import IN_EPISODE, OWNED, AuditEntry
from evalplat.storage.word_columns import list_words
from evalplat.vocabulary import Channel, Role


def copy_of(wiring, made, actor=None, language="fi"):
    actor = actor or made.case_worker
    with wiring.transaction(actor) as session:
        return make_copy(
            session, wiring.catalogue, actor, client_id=made.episode.client_id, language=language,
            at=wiring.clock(),
        )  # fmt: skip


def undecided(models):
    """Tables and columns that are neither in the copy nor in the list of what is left out."""
    found = []
    for model in models:
        name = model.__tablename__
        if name in LEFT_OUT:
            continue
        if model not in SHOWN:
            found.append(name)
            continue
        keys = EVERYWHERE if model in IN_EPISODE else frozenset()
        decided = {*SHOWN[model], *keys}
        found += [
            f"{name}.{column}"
            for column in (*(one.key for one in model.__table__.columns), *list_words(model))
            if column not in decided and f"{name}.{column}" not in LEFT_OUT
        ]
    return found


def test_every_owned_table_and_column_is_in_the_copy_or_left_out_with_a_reason():
    assert undecided(OWNED) == []
    assert all(reason.strip() for reason in LEFT_OUT.values())


def test_a_table_or_column_that_nobody_decided_about_is_noticed(monkeypatch):
    """The negative control."""
    model = next(m for m in SHOWN if m.__tablename__ == "alert_notes")
    monkeypatch.delitem(SHOWN, model)
    assert undecided(OWNED) == ["alert_notes"]
    monkeypatch.setitem(SHOWN, model, ("scale",))
    assert "alert_notes.done" in undecided(OWNED)


def test_the_copy_holds_a_row_of_every_table(wiring):
    made = make_everything(wiring, name="Aino Kanarialintu")
    with pytest.raises(AnswersConflict):
        make_sheet(wiring, made, raw={"S1": 4})
    copy = copy_of(wiring, made)
    (service,) = copy["services"]
    parts = [
        copy["person"]["name"], copy["contact"], copy["corrections"], copy["looked"],
        copy["restrictions_and_objections"], copy["requests_about_data"], copy["plan"]["records"],
        copy["plan"]["goals"], copy["vouchers"], service["goals"], service["meetings"],
        service["reminders"][0]["steps"],
    ]  # fmt: skip
    assert all(parts)
    measured = service["measurements"]
    for name in ("invitations", "sheets", "begun_and_not_sent", "put_aside", "requests_to_be_contacted",
                 "notes_on_alerts"):  # fmt: skip
        assert any(one[name] for one in measured), name
    sheet = next(one["sheets"][0] for one in measured if one["sheets"])
    assert sheet["scores"] and sheet["answers"][0]["question"]
    assert sheet["submitted_by"] == {"role": "provider_worker", "organisation": "Provider A"}
    assert json.loads(write_json(copy)) == copy


def test_what_is_sealed_is_opened_for_the_client(wiring):
    made = make_everything(wiring, name="Aino Kanarialintu")
    with wiring.transaction(made.worker) as session:
        view = get_contact(session, made.worker, episode_id=made.episode.id)
        details = ContactDetails(
            email="aino@example.com", phone="040 123 4567", channel=Channel.EMAIL, base=view.mark
        )
        save_contact(
            session, made.worker, episode_id=made.episode.id, details=details, at=wiring.clock()
        )
    with wiring.transaction(made.case_worker) as session:
        correct_client(
            session, wiring.catalogue, made.case_worker, client_id=made.episode.client_id,
            details=ClientDetails(
                "Aino Peippo", 1980, "female", "fi", "alone", "unemployed"
            ),
            municipality="853", reason="Married.", base_revision=1, at=wiring.clock(),
        )  # fmt: skip
    copy = copy_of(wiring, made)
    assert copy["person"]["name"] == "Aino Peippo"
    assert (copy["contact"]["email"], copy["contact"]["phone"]) == (
        "aino@example.com",
        "+358401234567",
    )
    assert copy["corrections"][-1]["earlier"] == "Aino Kanarialintu"


def test_nothing_of_anybody_else_stands_in_it(wiring):
    made = make_everything(wiring, name="Aino Kanarialintu")
    other = make_everything(wiring, provider="Provider B", name="Bertta Toinen")
    text = write_json(copy_of(wiring, made))
    for foreign in ("Bertta", "Provider B", other.episode.id, other.episode.client_id):
        assert foreign not in text
    for actor in (made.worker, made.case_worker):
        assert actor.name not in text and actor.account_id not in text
    with wiring.reading(SYSTEM) as session:
        for name in ("secret_hash", "token_digest", "sealed_", "password"):
            assert name not in text
        assert session is not None


def test_it_is_logged_and_told_to_the_client(wiring):
    made = make_everything(wiring)
    copy_of(wiring, made)
    with wiring.reading(SYSTEM) as session:
        (line,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "give_copy"))
        assert line.client_ids == [made.episode.client_id]
        assert line.account_id == made.case_worker.account_id
    assert "give_copy" in {look["action"] for look in copy_of(wiring, made)["looked"]}


def test_only_the_own_case_worker_and_the_command_make_it(wiring):
    made = make_everything(wiring)
    colleague = make_actor(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    account = make_account(wiring, Role.CASE_WORKER, email="colleague@example.fi")
    with_purpose = Actor.of(account, purpose="Stands in for a colleague on leave")
    for actor in (colleague, with_purpose):
        with pytest.raises(NotFound):
            copy_of(wiring, made, actor)
    for role in (Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.ANALYST, Role.ADMINISTRATOR):
        with pytest.raises(Refused):
            copy_of(wiring, made, make_actor(wiring, role))
    assert copy_of(wiring, made, SYSTEM)["format"] == "evalplat client copy"


def test_a_restricted_client_still_gets_the_copy(wiring):
    made = make_everything(wiring)
    act(wiring, made, restrict_client)
    assert copy_of(wiring, made)["person"]["restricted_at"]


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_paper_says_the_same_with_embedded_letters(wiring, language):
    from io import BytesIO

    from pypdf import PdfReader

    made = make_everything(wiring, name="Äinö Ŋuovttáš")
    copy = copy_of(wiring, made, language=language)
    content = write_copy(copy, language)
    assert content == write_copy(copy, language)
    reader = PdfReader(BytesIO(content))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "Äinö Ŋuovttáš" in text and "Provider A" in text
    fonts = [
        font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()
    ]
    assert all("/FontDescriptor" in font for font in fonts)
