"""The shipped instruments, and how a catalogue finds a version."""

import shutil

import pytest

from evalplat.errors import DefinitionRejected, InputRejected, NotFound
from evalplat.instruments.catalogue import instruments_folder, load_catalogue, version_order
from evalplat.scoring.score import compile_scorer
from evalplat.services.client_plans import RECORDS
from evalplat.vocabulary import LANGUAGES, Direction, Domain

SHIPPED = load_catalogue()


def test_the_first_release_ships_these_instruments():
    assert [entry.key for entry in SHIPPED.list()] == [
        "3x10d",
        "avain",
        "client-feedback",
        "esis",
        "eurohis-qol-8",
        "gas",
        "kykyviisari",
        "pks-hyvinvointimittari",
        "swemwbs",
        "ucla-3",
        "who-5",
        "whodas-2.0-12",
        "whodas-2.0-36",
        "worker-observation",
    ]


@pytest.mark.parametrize("entry", SHIPPED.list(), ids=lambda entry: entry.key)
def test_every_instrument_speaks_three_languages_that_differ(entry):
    assert entry.languages == LANGUAGES
    titles = [entry.text(language) for language in LANGUAGES]
    for item in entry.items:
        assert len({text.items[item.code].label for text in titles}) > 1, item.code
    for text in titles:
        for item in entry.items:
            for option in item.options:
                assert text.options[option.key]
        for scale in entry.scales:
            assert text.scales[scale.key]
            assert all(text.bands[band.key] for band in scale.bands)


def test_scale_keys_are_those_that_reports_and_files_name():
    def keys(instrument):
        return [scale.key for scale in SHIPPED.get(instrument).scales]

    assert keys("whodas-2.0-36") == (
        [
            "total",
            "total_simple",
            "cognition",
            "mobility",
            "self_care",
            "getting_along",
            "household",
            "work",
            "participation",
        ]
    )
    assert keys("whodas-2.0-12") == ["total", "total_simple", "sum_simple"]
    assert keys("gas") == ["t"]
    assert keys("who-5") == ["total"]
    assert keys("3x10d") == (
        [
            "health",
            "overcoming",
            "housing",
            "coping",
            "family",
            "friends",
            "finances",
            "strengths",
            "self_esteem",
            "life",
        ]
    )


def test_directions_and_domains_are_what_the_service_measures():
    for entry in SHIPPED.list():
        if entry.kind == "record":
            continue
        lower = entry.key.startswith("whodas") or entry.key == "ucla-3"
        expected = Direction.LOWER_BETTER if lower else Direction.HIGHER_BETTER
        found = {scale.direction for scale in entry.scales}
        assert found == ({None} if entry.key == "pks-hyvinvointimittari" else {expected})
    domains = {scale.domain for scale in SHIPPED.get("worker-observation").scales}
    assert domains == {
        Domain.SOCIAL_FUNCTIONING,
        Domain.EVERYDAY_FUNCTIONING,
        Domain.LIFE_MANAGEMENT,
        Domain.PARTICIPATION,
    }
    feedback = SHIPPED.get("client-feedback")
    assert (feedback.use, feedback.anonymous) == ("group", True)
    assert {scale.domain for scale in feedback.scales} == {Domain.FEEDBACK}


def test_what_is_not_known_is_none():
    for entry in SHIPPED.list():
        for scale in entry.scales:
            change = scale.change
            known = (change.sd, change.reliability, change.mic, change.sdc)
            assert bool(change.source) == any(value is not None for value in known)
            assert (change.reliability is None) == (change.reliability_type == "")
    assert not SHIPPED.get("whodas-2.0-36").scale("total").bands


def test_avain_is_a_record_and_gets_no_score():
    avain = SHIPPED.get("avain")
    assert (avain.kind, avain.scales) == ("record", ())
    assert [item.code for item in avain.items] == ["goals", *RECORDS]
    with pytest.raises(InputRejected, match="has no score"):
        compile_scorer(avain)


def test_esis_is_for_groups_and_belongs_to_a_client_s_plan():
    esis = SHIPPED.get("esis")
    assert (esis.for_groups, esis.anonymous) == (True, False)
    others = {entry.key for entry in SHIPPED.list() if entry.for_groups}
    assert others == {"esis", "client-feedback"}


def test_swemwbs_is_read_from_the_whole_table_of_its_owner():
    scale = SHIPPED.get("swemwbs").scale("total")
    table = scale.transform.lookup
    assert list(table) == [float(raw) for raw in range(7, 36)]
    assert list(table.values()) == sorted(table.values())
    assert (scale.minimum, scale.maximum, scale.missing.allowed) == (7, 35, 0)
    assert (scale.change.sdc, scale.change.mic, scale.change.mic_range) == (2.87, 3, (1, 3))


def test_3x10d_carries_its_norms():
    norm = SHIPPED.get("3x10d").scale("family").norms[0]
    assert (norm.mean, norm.sd, norm.n) == (8.23, 1.83, 1011)


def test_an_unknown_instrument_or_version_names_the_known_ones():
    with pytest.raises(NotFound, match="who-5"):
        SHIPPED.get("who-6")
    with pytest.raises(NotFound, match=r"Known are: 1\.0"):
        SHIPPED.get("who-5", "9.9")


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(instruments_folder() / "who-5", tmp_path / "who-5")
    return tmp_path


def add_version(folder, version):
    home = folder / "who-5"
    for file in home.glob("1.0.*toml"):
        text = file.read_text(encoding="utf-8").replace('version = "1.0"', f'version = "{version}"')
        (home / file.name.replace("1.0.", f"{version}.", 1)).write_text(text, encoding="utf-8")


def test_the_latest_version_counts_as_numbers_do(folder):
    for version in ("1.9", "1.10"):
        add_version(folder, version)
    catalogue = load_catalogue(folder)
    assert [entry.version for entry in catalogue.list()] == ["1.0", "1.9", "1.10"]
    assert [entry.version for entry in catalogue.latest()] == ["1.10"]
    assert catalogue.get("who-5").version == "1.10"
    assert catalogue.get("who-5", "1.0").version == "1.0"
    assert version_order("1.10") > version_order("1.9")


def test_every_faulty_file_of_a_folder_is_named(folder):
    add_version(folder, "1.1")
    (folder / "who-5" / "1.0.toml").write_text("key = 5")
    (folder / "who-5" / "1.1.fi.toml").unlink()
    with pytest.raises(DefinitionRejected) as caught:
        load_catalogue(folder)
    assert "who-5/1.0.toml: key" in str(caught.value)
    assert "who-5/1.1.fi.toml" in str(caught.value)


def test_the_folder_is_named_like_the_key(folder):
    (folder / "who-5").rename(folder / "who-50")
    with pytest.raises(DefinitionRejected, match="it must be the folder's name"):
        load_catalogue(folder)
    with pytest.raises(DefinitionRejected, match="there is no such folder"):
        load_catalogue(folder / "nowhere")
