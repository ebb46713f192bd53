"""`evalplat audit`: whether the access log and what was measured are as written, and the log's heads outside."""

import json
import os
from contextlib import closing
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from evalplat.services.audit_chain import Break, ChainReport, Harm

DAY = click.DateTime(formats=["%Y-%m-%d"])
MOST_SHOWN = 20
WHAT = {
    "changed": "line {position} was changed after it was written",
    "added": "line {position} was added past the program",
    "removed": "lines {position} to {until} were removed",
    "reordered": "line {position} stands in another's place; it was written as line {until}",
    "cut": "lines {position} to {until} were cut off",
    "head": "the head was changed; the last line is {position}",
    "anew": "the head had been changed before line {position} was written",
    "anchor": "line {position} is another one than when its head was written outside the database",
    "no_key": "line {position} cannot be checked: its master key is not at hand "
    "(EVALPLAT_EARLIER_MASTER_KEYS)",
}

HARM = {
    "changed": "was changed after it was written",
    "added": "was added past the program",
    "removed": "is missing",
    "no_key": "cannot be checked: its master key is not at hand (EVALPLAT_EARLIER_MASTER_KEYS)",
}
ROWS = {"scores": "score", "goals": "goal", "goal_ratings": "rating of goal"}
ANY = {"sheets": "the sheet", "scores": "a score", "goal_ratings": "a rating"}
"""What is missing has no name of its own."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def audit() -> None:
    """Prove the access log and what was measured unchanged, and keep the log's heads outside the database.

    Each line is sealed together with the one before it, with a key of EVALPLAT_MASTER_KEY. What every chain had
    reached at the end of a day stands in the file EVALPLAT_AUDIT_HEADS as well; keep a copy on another machine. Sheets,
    scores, goals and ratings are sealed one by one.
    """


@audit.command()
@click.option("--today", is_flag=True, help="Also the running day, as far as it has come.")
@click.option(
    "--begin-anew", metavar="WHY", help="Begin another file where the former one is lost."
)
def heads(today: bool, begin_anew: str | None) -> None:
    """Write the heads of finished days outside the database; for a timer, and done by every backup.

    Running it twice writes nothing twice. A file that is lost is not made again without --begin-anew, and why stands in
    the access log.
    """
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.audit_chain import write_heads
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings, at = load_settings(os.environ), datetime.now(UTC)
    check_tables(settings)
    reason = f"a new file of heads: {begin_anew}" if begin_anew else "heads of the access log"
    actor = Actor.system(reason)
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        done = write_heads(session, actor, settings, at, today=today, anew=bool(begin_anew))
    click.echo(f"{done.path}: {done.new} new, {done.lines} in all.")


@audit.command()
@click.option("--from", "first", type=DAY, help="The first day, in Finland's time.")
@click.option("--to", "last", type=DAY, help="The last day.")
@click.option("--json", "as_json", is_flag=True, help="Write it for a program.")
def verify(first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Name the first line of each chain that was changed, removed, added, moved or cut off.

    A chain is what one provider, or the county, did on one day. Without --from and --to, sheets, scores, goals and
    ratings are gone through as well. Exit code 1 when something is not as it was written. The server may go on
    meanwhile. The access log keeps how it stood.
    """
    from evalplat.cli.backup import show_progress
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.audit_chain import verify_access_log
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("verification from the command line")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        report = verify_access_log(
            session, actor, settings, first=_day(first), last=_day(last),
            progress=show_progress("Reading"),
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps(_as_json(report), indent=1, ensure_ascii=False))
    else:
        _tell(report)
    if not report.is_whole:
        raise click.exceptions.Exit(1)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _tell(report: "ChainReport") -> None:
    for one in report.breaks[:MOST_SHOWN]:
        click.echo(f"{_place(report, one)}: {_say(one)}.")
    if len(report.breaks) > MOST_SHOWN:
        click.echo(f"… and {len(report.breaks) - MOST_SHOWN} more chains; --json lists them all.")
    for harm in report.harms[:MOST_SHOWN]:
        click.echo(f"{_say_harm(harm)}.")
    if report.harm_count > MOST_SHOWN:
        click.echo(f"… and {report.harm_count - MOST_SHOWN} more rows.")
    if report.heads_fault:
        click.echo(f"{report.heads_path}: {report.heads_fault}")
    earlier = f", {report.earlier} of them from before there were chains" if report.earlier else ""
    rows = f", and {report.rows} sheets, scores, goals and ratings" if report.rows else ""
    words = "all as written" if report.is_whole else f"{report.faults} places are not as written"
    click.echo(f"{report.lines} lines in {report.chains} chains{earlier}{rows}: {words}.")
    for at, why in report.begun_anew:
        click.echo(f"{at[:10]}: {why}.")
    if report.heads_written_at:
        moment = report.heads_written_at.isoformat(timespec="minutes")
        click.echo(f"{report.heads} heads are kept outside the database, the last from {moment}.")
    else:
        click.echo(
            "No heads are kept outside the database, so a whole day that was removed is not found: "
            "let a timer run `evalplat audit heads`."
        )


def _place(report: "ChainReport", one: "Break") -> str:
    if one.chain is None:
        return "in no chain"
    return f"{report.providers.get(one.chain, one.chain)}, {one.day}"


def _say(one: "Break") -> str:
    return WHAT[one.kind.value].format(position=one.position, until=one.until)


def _say_harm(harm: "Harm") -> str:
    row = f"{ROWS[harm.table]} {harm.what}" if harm.what else ANY[harm.table]
    place = "episode" if harm.table == "goals" else "administration"
    revision = f", revision {harm.revision}" if harm.revision is not None else ""
    return f"{place} {harm.place}{revision}: {row} {HARM[harm.kind.value]}"


def _as_json(report: "ChainReport") -> dict[str, Any]:
    written = report.heads_written_at
    return {
        "whole": report.is_whole,
        "lines": report.lines,
        "lines_from_before_the_chains": report.earlier,
        "chains": report.chains,
        "breaks": [
            {
                "kind": one.kind.value,
                "chain": one.chain,
                "provider": report.providers.get(one.chain),
                "day": one.day,
                "line": one.position,
                "until": one.until,
                "what": _say(one),
            }
            for one in report.breaks
        ],
        "rows": report.rows,
        "rows_not_as_written": report.harm_count,
        "harms": [
            {
                "kind": harm.kind.value,
                "table": harm.table,
                "place": harm.place,
                "revision": harm.revision,
                "what": harm.what,
            }
            for harm in report.harms
        ],
        "heads": {
            "file": str(report.heads_path),
            "lines": report.heads,
            "written_at": written.isoformat() if written else None,
            "begun_anew": [{"at": at, "why": why} for at, why in report.begun_anew],
            "fault": str(report.heads_fault) if report.heads_fault else None,
        },
    }
