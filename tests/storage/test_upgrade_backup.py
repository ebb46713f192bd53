"""An upgrade of PostgreSQL leaves a whole backup of what was there, or changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import make_everything
from click.testing import CliRunner
from keys import MASTER_KEY

from evalplat.cli.db import db
from evalplat.errors import FileRejected, NotConfigured
from evalplat.services import backups
from evalplat.services.backups import check_backup
from evalplat.storage import backups_postgresql, migrate
from evalplat.storage.migrate import head_revision

EARLIER = "0018"


@pytest.fixture
def kind() -> str:
    """PostgreSQL only: SQLite's copy beside the database is proved with its migrations."""
    return "postgresql"


@pytest.fixture
def run(wiring: Any, tmp_path: Path) -> Callable[..., Any]:
    make_everything(wiring)
    wiring.engine.dispose()
    step_back(wiring)
    environ = {
        "EVALPLAT_DATABASE_URL": wiring.settings.database_url,
        "EVALPLAT_DATABASE_OWNER_URL": wiring.settings.owner_url,
        "EVALPLAT_BACKUPS": str(tmp_path / "kept"),
        "EVALPLAT_MASTER_KEY": MASTER_KEY,
    }

    def call(*arguments: str) -> Any:
        return CliRunner().invoke(db, list(arguments), env=environ, catch_exceptions=False)

    return call


def step_back(wiring: Any) -> None:
    owner = migrate.make_owner_engine(wiring.settings)
    migrate.downgrade(owner, EARLIER)
    owner.dispose()


def revision_of(wiring: Any) -> str | None:
    owner = migrate.make_owner_engine(wiring.settings)
    try:
        return migrate.current_revision(owner)
    finally:
        owner.dispose()


def test_what_was_there_is_kept_whole_before_it_is_changed(
    run: Callable[..., Any], wiring: Any, tmp_path: Path
) -> None:
    told = run("upgrade").output
    (kept,) = (tmp_path / "kept").glob("*.dump")
    found = check_backup(kept)
    assert kept.name.startswith(f"evalplat-before-upgrade-from-{EARLIER}-")
    assert found.note.revision == EARLIER and found.note.rows["sheets"] > 0
    assert f"is a checked backup of revision {EARLIER}" in told
    assert revision_of(wiring) == head_revision()
    assert "backup" not in run("upgrade").output
    assert len(list((tmp_path / "kept").glob("*.dump"))) == 1


@pytest.mark.parametrize("trouble", ["no pg_dump", "torn"])
def test_where_no_whole_backup_can_be_made_nothing_is_changed(
    run: Callable[..., Any],
    wiring: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    if trouble == "torn":
        monkeypatch.setattr(backups, "_read", lambda *_: backups.Contents(EARLIER, {"sheets": 0}))
    else:
        monkeypatch.setattr(backups_postgresql, "_candidates", lambda _: iter(()))
    for command in ("upgrade", "create"):
        with pytest.raises((NotConfigured, FileRejected)):
            run(command)
    assert revision_of(wiring) == EARLIER
    assert list((tmp_path / "kept").glob("*.dump")) == []
    assert run("upgrade", "--without-backup").exit_code == 0
    assert revision_of(wiring) == head_revision()
