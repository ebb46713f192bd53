"""`evalplat plans`: measurement plans as files, checked and saved as new versions."""

import json
import os
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.services.views import PlanView

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def plans() -> None:
    """List, show, check and add measurement plans. Open episodes keep the version they were opened with."""


@plans.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write it for a program.")
def list_(as_json: bool) -> None:
    """The latest version of every plan."""
    found = _load()
    if as_json:
        click.echo(json.dumps([_record(plan) for plan in found], ensure_ascii=False, indent=1))
        return
    for plan in found:
        measured = ", ".join(dict.fromkeys(row.instrument for row in plan.rows))
        click.echo(f"{plan.key}\tversion {plan.version}\t{_title(plan)}\t{measured}")


@plans.command()
@click.argument("key")
@click.option("--toml", "as_toml", is_flag=True, help="Write it as a file that `add` takes.")
@click.option("--json", "as_json", is_flag=True, help="Write it for a program.")
def show(key: str, as_toml: bool, as_json: bool) -> None:
    """One plan: what is measured when, by whom, and what its windows are counted from."""
    from evalplat.errors import Message, NotFound
    from evalplat.services.plan_files import write_plan

    if as_toml and as_json:
        raise click.UsageError("Choose one of --toml and --json, not both.")
    plan = next((one for one in _load() if one.key == key), None)
    if plan is None:
        raise NotFound(Message("There is no measurement plan %(key)s.", key=key))
    if as_json:
        click.echo(json.dumps(_record(plan), ensure_ascii=False, indent=1))
    elif as_toml:
        click.echo(write_plan(plan), nl=False)
    else:
        click.echo(f"{plan.key}, version {plan.version}: {_title(plan)}")
        for row in plan.rows:
            window = f"{row.offset_days - row.before_days:+d} … {row.offset_days + row.after_days:+d} days"
            click.echo(
                f"{row.point}\t{row.instrument}\t{row.respondent}\t{row.mode}\t{window} from {row.anchor}"
            )


@plans.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Say every fault of a plan's file; nothing is saved, and no database is needed."""
    from evalplat.config import load_settings
    from evalplat.instruments.catalogue import load_catalogue
    from evalplat.services.plan_files import read_plan

    settings = load_settings(os.environ)
    plan = read_plan(file, load_catalogue(settings.instruments_folder, settings.own_instruments))
    click.echo(f"{file.name} can be used: {plan.key}, {len(plan.rows)} measurements.")


@plans.command()
@click.argument("file", type=FILE)
def add(file: Path) -> None:
    """Save a plan's file as the next version of its plan."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.services.plan_files import read_plan
    from evalplat.services.plans import add_plan
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("plan from the command line")
    with closing(build_wiring(settings)) as wiring:
        plan = read_plan(file, wiring.catalogue)
        with wiring.transaction(actor) as session:
            saved = add_plan(
                session, wiring.catalogue, actor, key=plan.key, titles=plan.titles, rows=plan.rows
            )
    click.echo(
        f"{saved.key} is saved as version {saved.version}. "
        "Episodes that are open keep theirs; new ones get this one."
    )


def _load() -> "tuple[PlanView, ...]":
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.services.plans import list_plans
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("plans on the command line")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        return list_plans(session, wiring.catalogue, actor)


def _title(plan: "PlanView") -> str:
    return plan.titles.get("en") or next(iter(plan.titles.values()), "")


def _record(plan: "PlanView") -> dict[str, object]:
    rows = [asdict(row) for row in plan.rows]
    return {"key": plan.key, "version": plan.version, "titles": dict(plan.titles), "rows": rows}
