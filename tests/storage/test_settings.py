"""Settings: read once, every fault named, weak ones refused."""

import secrets

import pytest
from keys import MASTER_KEY

from evalplat.config import load_settings
from evalplat.errors import NotConfigured
from evalplat.unsafe_settings import check_settings
from evalplat.vocabulary import Role


def test_nothing_set_means_the_embedded_database():
    settings = load_settings({})
    assert settings.on_sqlite
    assert settings.database_url.endswith("var/evalplat.sqlite3")
    assert settings.county == "varsinais-suomi"


def test_a_secret_is_read_from_a_file_and_never_shown(tmp_path):
    key = secrets.token_urlsafe(48)
    (tmp_path / "key").write_text(key + "\n")
    settings = load_settings(
        {"EVALPLAT_SECRET_KEY_FILE": str(tmp_path / "key"), "EVALPLAT_MASTER_KEY": MASTER_KEY}
    )
    assert settings.secret_key == key
    assert key not in repr(settings)
    check_settings(settings)


def test_every_setting_that_cannot_be_used_is_named_at_once(tmp_path):
    with pytest.raises(NotConfigured) as caught:
        load_settings(
            {
                "EVALPLAT_DATABASE_URL": "mysql://localhost/x",
                "EVALPLAT_SECRET_KEY_FILE": str(tmp_path / "missing"),
                "EVALPLAT_BEHIND_PROXY": "many",
                "EVALPLAT_MUNICIPALITIES": str(tmp_path / "missing.toml"),
            }
        )
    assert {fault.where for fault in caught.value.faults} == {
        "EVALPLAT_DATABASE_URL",
        "EVALPLAT_SECRET_KEY_FILE",
        "EVALPLAT_BEHIND_PROXY",
        "EVALPLAT_MUNICIPALITIES",
    }


def test_a_plain_postgresql_address_gets_the_driver():
    settings = load_settings({"EVALPLAT_DATABASE_URL": "postgresql://h/db"})
    assert settings.database_url == settings.owner_url == "postgresql+psycopg://h/db"


def test_the_owner_s_address_is_read_and_checked_like_the_application_s():
    owner = "EVALPLAT_DATABASE_OWNER_URL"
    settings = load_settings({owner: "postgres://owner@h/db"})
    assert settings.owner_url == "postgresql+psycopg://owner@h/db"
    with pytest.raises(NotConfigured, match=owner):
        load_settings({owner: "mysql://h/db"})


@pytest.mark.parametrize("key", ["", "short", "a" * 40, "change-me-" + "x1y2z3" * 10])
def test_a_weak_key_is_refused(key):
    with pytest.raises(NotConfigured, match="EVALPLAT_SECRET_KEY"):
        check_settings(load_settings({"EVALPLAT_SECRET_KEY": key}))


def test_debugging_is_refused():
    environ = {"EVALPLAT_SECRET_KEY": secrets.token_urlsafe(48), "EVALPLAT_DEBUG": "1"}
    with pytest.raises(NotConfigured, match="EVALPLAT_DEBUG"):
        check_settings(load_settings(environ))


@pytest.mark.parametrize(
    "said, roles",
    [
        ("", (Role.ANALYST, Role.ADMINISTRATOR)),
        ("none", ()),
        ("case_worker, analyst", (Role.CASE_WORKER, Role.ANALYST)),
    ],
)
def test_a_second_factor_is_demanded_of_analysts_and_administrators_unless_said_otherwise(
    said, roles
):
    assert load_settings({"EVALPLAT_SECOND_FACTOR": said}).second_factor == roles


def test_a_role_that_nobody_has_is_named_and_demands_nothing_less():
    with pytest.raises(NotConfigured, match="EVALPLAT_SECOND_FACTOR: boss is not one of"):
        load_settings({"EVALPLAT_SECOND_FACTOR": "boss"})


def test_a_provider_of_identities_needs_tls_an_address_and_our_name_there(tmp_path):
    (tmp_path / "secret").write_text("both know it\n")
    issuer = {"EVALPLAT_OIDC_ISSUER": "https://id.county.example"}
    known = {
        **issuer,
        "EVALPLAT_OIDC_CLIENT_ID": "us",
        "EVALPLAT_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "EVALPLAT_OIDC_LABEL_SV": "Logga in med länets konto",
    }
    outside = load_settings(known).outside
    assert (outside.client_id, outside.client_secret) == ("us", "both know it")
    assert dict(outside.labels)["sv"] == "Logga in med länets konto"
    assert "both know it" not in repr(outside)
    assert load_settings({}).outside is None
    for wrong in (
        issuer,
        {"EVALPLAT_OIDC_CLIENT_ID": "us"},
        {**known, "EVALPLAT_OIDC_ISSUER": "http://id.county.example"},
    ):
        with pytest.raises(NotConfigured, match="EVALPLAT_OIDC_ISSUER"):
            load_settings(wrong)
