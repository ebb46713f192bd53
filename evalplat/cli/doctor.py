"""`evalplat doctor`: everything about an installation that is unsafe or will be trouble, and what to do."""

import json
import os
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.config import Settings
    from evalplat.services.doctor import Finding

MARKS = {"unsafe": "UNSAFE ", "warning": "warning", "fine": "fine   "}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="Write it for a program.")
def doctor(as_json: bool) -> None:
    """Look an installation over: settings, files, database, disk, backups, clock, instruments.

    Changes nothing and shows nobody's data. Exit code 1 when something is unsafe; the server does not start with an
    unsafe setting or database. Warnings do not change the exit code.
    """
    from evalplat.config import load_settings
    from evalplat.errors import NotConfigured
    from evalplat.services.doctor import Finding, Level, examine

    at = datetime.now(UTC)
    try:
        settings = load_settings(os.environ)
    except NotConfigured as error:
        found = [Finding(Level.UNSAFE, fault.where, fault.message) for fault in error.faults]
    else:
        found = examine(settings, os.environ, at)
        found += _look_inside(settings, found, at)
    _show(found, as_json)
    if any(finding.level is Level.UNSAFE for finding in found):
        raise click.exceptions.Exit(1)


def _look_inside(settings: "Settings", found: "list[Finding]", at: datetime) -> "list[Finding]":
    """What only an open database tells; nothing where it has been found out of order already."""
    from evalplat.services.actors import Actor
    from evalplat.services.destruction_check import examine_destruction
    from evalplat.services.doctor import examine_contents
    from evalplat.wiring import build_wiring

    if not any(finding.where == "revision" for finding in found):
        return []
    actor = Actor.system("looking the installation over")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        inside = examine_contents(session, wiring.catalogue, actor, at)
        return [*inside, *examine_destruction(session, actor, settings, at)]


def _show(found: "list[Finding]", as_json: bool) -> None:
    if as_json:
        told = [_Told(f.level.value, f.where, str(f.message)).__dict__ for f in found]
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    order = list(MARKS)
    for finding in sorted(found, key=lambda one: order.index(one.level.value)):
        click.echo(f"{MARKS[finding.level.value]}  {finding.where}: {finding.message}")
    counts = {name: sum(f.level.value == name for f in found) for name in order}
    click.echo(
        f"{counts['unsafe']} unsafe, {counts['warning']} to look at, {counts['fine']} as they should be."
    )


@dataclass
class _Told:
    level: str
    where: str
    what: str
