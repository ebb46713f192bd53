"""What the county has published in the browser is known to commands, where they have its database."""

from click.testing import CliRunner
from databases import Clock
from keys import MASTER_KEY, MASTER_KEYS

from evalplat.cli.instruments import instruments
from evalplat.config import Settings, sqlite_url
from evalplat.instruments.designs import begin_design
from evalplat.services.actors import Actor
from evalplat.services.instrument_designs import publish_draft, save_draft, start_draft
from evalplat.wiring import build_wiring

SYSTEM = Actor.system("test")


def make_design():
    design = begin_design("The county") | {"key": "evening-form", "terms": "Own form."}
    words = [design["title"], design["short"], design["items"][0]["label"]]
    words += [design["scales"][0]["label"], *(o["label"] for o in design["sets"][0]["options"])]
    for one in words:
        one.update(fi="Ilta", sv="Kväll", en="Evening")
    design["examples"] = [{"answers": {"Q1": "1"}, "expect": ["1"]}]
    return design


def test_commands_list_and_show_what_was_published_in_the_browser(
    tmp_path, sqlite_template, catalogue, monkeypatch
):
    path = tmp_path / "evalplat.sqlite3"
    monkeypatch.setenv("EVALPLAT_DATABASE_URL", url := sqlite_url(path))
    monkeypatch.setenv("EVALPLAT_MASTER_KEY", MASTER_KEY)
    assert "evening-form" not in CliRunner().invoke(instruments, ["list"]).output
    assert not path.exists(), "a command that reads instruments makes no database"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o600)
    settings = Settings(database_url=url, owner_url=url, master_keys=MASTER_KEYS)
    wiring = build_wiring(settings, catalogue=catalogue, clock=Clock())
    with wiring.transaction(SYSTEM) as session:
        at = wiring.clock()
        draft = start_draft(session, wiring.catalogue, SYSTEM, at=at)
        save_draft(session, SYSTEM, draft.id, make_design(), revision=1, at=at)
        publish_draft(session, wiring.catalogue, SYSTEM, draft.id, revision=2, at=at)
    wiring.close()
    listed = CliRunner().invoke(instruments, ["list"])
    assert listed.exit_code == 0 and "evening-form" in listed.output
    shown = CliRunner().invoke(instruments, ["show", "evening-form", "--lang", "sv"])
    assert shown.exit_code == 0 and "Kväll" in shown.output
