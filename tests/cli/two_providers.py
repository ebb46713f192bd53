"""An installation with an answered episode each of two providers, made through the commands and services."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import click
from builders import make_account, make_episode, make_sheet
from click.testing import CliRunner
from keys import MASTER_KEY

from evalplat.cli.db import db
from evalplat.config import load_settings
from evalplat.vocabulary import MeasurementPoint, Role
from evalplat.wiring import build_wiring

OPENED = date.today() - timedelta(days=200)


def install(
    folder: Path, command: click.Command, *first: str, providers: Sequence[str]
) -> SimpleNamespace:
    """Make it in a folder; `run` calls the command there, with `first` before what it is given."""
    environ = {
        "EVALPLAT_DATABASE_URL": f"sqlite:///{folder}/evalplat.sqlite3",
        "EVALPLAT_DATABASE_OWNER_URL": None,
        "EVALPLAT_MUNICIPALITIES": None,
        "EVALPLAT_INSTRUMENTS": None,
        "EVALPLAT_MASTER_KEY": MASTER_KEY,
    }
    run = CliRunner().invoke
    assert run(db, ["create"], env=environ).exit_code == 0
    with closing(build_wiring(load_settings({k: v for k, v in environ.items() if v}))) as wiring:
        make_account(wiring, Role.CASE_WORKER)
        for provider in providers:
            made = make_episode(wiring, provider=provider, opened_on=OPENED)
            make_sheet(wiring, made)
            make_sheet(wiring, made, point=MeasurementPoint.END)

    def call(*arguments: object) -> object:
        return run(command, [*first, *map(str, arguments)], env=environ, catch_exceptions=False)

    return SimpleNamespace(run=call, folder=folder)
