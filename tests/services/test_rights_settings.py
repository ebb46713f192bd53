"""The county's file of keeping times: the shipped one is whole, a faulty one is refused with every fault."""

import pytest

from evalplat.config import load_settings
from evalplat.errors import FileRejected
from evalplat.services.rights_settings import KEPT, USUAL, load_rights, read_rights
from evalplat.web.notices import KEPT as WORDS


def test_the_shipped_file_names_every_kind_and_the_notice_has_words_for_each():
    rights = read_rights(USUAL)
    assert tuple(rights.keep) == KEPT
    assert WORDS.keys() == set(KEPT)
    assert rights.controller.keys() == {"fi", "sv", "en"}
    assert rights.counts_erased
    assert {ground.erases for ground in rights.grounds} == {True, False}
    assert rights.ground("must_be_kept") and rights.ground("nothing of the kind") is None


def test_another_county_names_its_own_file(tmp_path):
    path = tmp_path / "ours.toml"
    text = USUAL.read_text(encoding="utf-8").replace('"30 years"', '"12 years"')
    path.write_text(text.replace('registry = ""', 'registry = "kirjaamo@county.example"'))
    settings = load_settings({"EVALPLAT_RIGHTS": str(path)})
    rights = load_rights(settings)
    assert str(rights.keep["clients"]) == "12 years"
    assert rights.registry == "kirjaamo@county.example"


def test_a_faulty_file_is_refused_with_every_fault(tmp_path):
    path = tmp_path / "faulty.toml"
    path.write_text(
        '[controller]\nfi = ""\nsv = "Y"\nen = 3\nofficer = "a\\nb"\n'
        '[keep]\nclients = "for ever"\ndiary = "1 year"\n[ended_clients]\nthen = "hide"\n'
        '[erased_clients]\nfigures = "some"\n'
        '[[erasure_grounds]]\nkey = "a"\ndecision = "erase"\nfi = "A"\nsv = "A"\nen = "A"\n'
        '[[erasure_grounds]]\nkey = "a"\ndecision = "burn"\nfi = "A"\nsv = "A"\n'
    )
    with pytest.raises(FileRejected) as caught:
        read_rights(path)
    places = {fault.where for fault in caught.value.faults}
    assert {"controller.fi", "controller.en", "controller.officer"} <= places
    assert {"keep.clients", "keep.diary", "keep.drafts", "ended_clients"} <= places
    assert {
        "erased_clients.figures",
        "erasure_grounds.2.key",
        "erasure_grounds.2.decision",
    } <= places
    assert "erasure_grounds.2.en" in places and "erasure_grounds.1.key" not in places
    (tmp_path / "broken.toml").write_text("[keep")
    with pytest.raises(FileRejected, match=r"broken\.toml cannot be read"):
        read_rights(tmp_path / "broken.toml")
