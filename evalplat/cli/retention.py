"""`evalplat retention`: what has been kept long enough, reported by one person and destroyed when another confirms."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.services.actors import Actor
    from evalplat.services.retention import KindReport, RunView
    from evalplat.wiring import Wiring

WHO = click.option(
    "--by", "email", required=True, help="An administrator's address; asks for the password."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def retention() -> None:
    """Destroy what has been kept long enough: one administrator proposes, another one confirms.

    How long each kind of record is kept stands in the county's file (EVALPLAT_RIGHTS). It is the county's decision.
    """


@retention.command()
@click.option(
    "--report", "only_report", is_flag=True, help="Only say what would go; store nothing."
)
@click.option(
    "--by", "email", default="", help="An administrator's address; asks for the password."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def run(only_report: bool, email: str, as_json: bool) -> None:
    """Report what has been kept long enough, and store it as a run that somebody else may confirm."""
    from evalplat.episodes.local_time import local_day
    from evalplat.services.actors import Actor
    from evalplat.services.retention import get_run, make_report, propose_run
    from evalplat.services.rights_settings import load_rights

    if only_report == bool(email):
        raise click.UsageError("Give --report, or --by with your address to propose a run.")
    with _wire() as wiring:
        rights = load_rights(wiring.settings)
        if only_report:
            actor = Actor.system("reporting what was kept long enough")
            with wiring.reading(actor) as session:
                found = make_report(session, actor, rights, on=local_day(wiring.clock()))
            click.echo(
                json.dumps([asdict(one) for one in found], default=str) if as_json else _tell(found)
            )
            return
        actor = _identify(wiring, email)
        with wiring.transaction(actor) as session:
            run_id = propose_run(session, actor, rights, at=wiring.clock())
        with wiring.reading(actor) as session:
            made = get_run(session, actor, run_id=run_id)
    click.echo(json.dumps(asdict(made), default=str) if as_json else _tell(made.kinds))
    click.echo(
        f"Nothing is destroyed yet. Another administrator confirms with `evalplat retention confirm {run_id} --by …`, "
        "or on the pages.",
        err=True,
    )


@retention.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(as_json: bool) -> None:
    """List the runs, newest first."""
    from evalplat.services.actors import Actor
    from evalplat.services.retention import list_runs

    actor = Actor.system("looking at what was destroyed")
    with _wire() as wiring, wiring.reading(actor) as session:
        runs = list_runs(session, actor)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in runs], default=str))
        return
    for one in runs:
        click.echo(_line(one))
    if not runs:
        click.echo("There are no runs yet.")


@retention.command()
@click.argument("run_id")
@WHO
def confirm(run_id: str, email: str) -> None:
    """Confirm a run that somebody else proposed, and destroy what it names. What was broken off goes on."""
    from evalplat.cli.progress import show_progress
    from evalplat.services.retention import confirm_run, get_run, go_on
    from evalplat.services.rights_settings import load_rights

    with _wire() as wiring:
        rights, actor, done = load_rights(wiring.settings), _identify(wiring, email), 0
        with wiring.transaction(actor) as session:
            confirm_run(session, actor, run_id=run_id, at=wiring.clock())
        with wiring.reading(actor) as session:
            total = get_run(session, actor, run_id=run_id).found
        with show_progress("Destroying", "records") as advance:
            while True:
                with wiring.transaction(actor) as session:
                    count = go_on(
                        session, wiring.catalogue, actor, rights, run_id=run_id, at=wiring.clock()
                    )
                if not count:
                    break
                done += count
                advance("Destroying", done, total)
        with wiring.reading(actor) as session:
            found = get_run(session, actor, run_id=run_id)
    click.echo(_line(found))


@retention.command()
@click.argument("run_id")
@WHO
def cancel(run_id: str, email: str) -> None:
    """Cancel a run that nobody has confirmed: nothing is destroyed."""
    from evalplat.services.retention import cancel_run

    with _wire() as wiring:
        actor = _identify(wiring, email)
        with wiring.transaction(actor) as session:
            cancel_run(session, actor, run_id=run_id, at=wiring.clock())
    click.echo("The run is cancelled. Nothing was destroyed.")


def _tell(kinds: "Sequence[KindReport]") -> str:
    head = f"{'kind':20} {'kept for':>10} {'stored':>8} {'would go':>9}  oldest"
    rows = [
        f"{one.kind:20} {one.span:>10} {one.stored:8,} {one.found:9,}  {one.oldest or '–'}"
        for one in kinds
    ]
    return "\n".join([head, *rows])


def _line(run: "RunView") -> str:
    destroyed = sum(one.destroyed for one in run.kinds)
    spared = sum(one.spared for one in run.kinds)
    return (
        f"{run.id}  {run.state:9}  proposed {run.proposed_at:%Y-%m-%d} by {run.proposed_by}; "
        f"{run.found:,} named, {destroyed:,} destroyed, {spared:,} spared"
    )


def _identify(wiring: "Wiring", email: str) -> "Actor":
    """The administrator behind an address, who gives the password."""
    from evalplat.services.actors import Actor
    from evalplat.services.passwords import prove
    from evalplat.services.signing_in.at_the_terminal import find_hash, identify

    password = click.prompt("Password", hide_input=True, err=True)
    asked = "Code of your app, or a recovery code (empty where none is set up)"
    code = click.prompt(asked, default="", show_default=False, err=True)
    door = Actor.system("finding out who sits at the terminal")
    with wiring.reading(door) as session:
        stored = find_hash(session, email=email)
    proof = prove(stored, password)
    with wiring.transaction(door) as session:
        return identify(session, email=email, proof=proof, code=code, at=wiring.clock())


@contextmanager
def _wire() -> "Iterator[Wiring]":
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    wiring = build_wiring(settings)
    try:
        yield wiring
    finally:
        wiring.close()
