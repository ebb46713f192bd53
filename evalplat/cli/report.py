"""`evalplat report`: the county's and its providers' reports as files."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalplat.cli.progress import show_progress
from evalplat.cli.report_jobs import Done, Job, do_jobs, make_folder, name_files

if TYPE_CHECKING:
    from evalplat.statistics.publishing.report_facts import ReportFacts
    from evalplat.wiring import Wiring

Command = TypeVar("Command", bound=Callable[..., Any])
DAYS = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
KINDS = ("pdf", "html", "xlsx")


def _parse_kinds(
    _context: click.Context, _parameter: click.Parameter, value: str
) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(part.strip().lower() for part in value.split(",") if part.strip()))
    if not kinds or set(kinds) - set(KINDS):
        raise click.BadParameter(f"{value!r} is not a list of {', '.join(KINDS)}.")
    return kinds


def _common_options(command: Command) -> Command:
    """What every report takes: language, kinds, folder, summary."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="A summary for programs."),
        click.option(
            "-o",
            "--output",
            required=True,
            metavar="FOLDER",
            type=click.Path(path_type=Path, file_okay=False),
            help="The folder for the files; made if it is missing.",
        ),
        click.option(
            "--as",
            "kinds",
            default="pdf",
            show_default=True,
            metavar="KIND,…",
            callback=_parse_kinds,
            help="Which files: pdf, html, xlsx, or several with commas. Their figures are the same.",
        ),
        click.option(
            "--language",
            type=click.Choice(["fi", "sv", "en"]),
            default="fi",
            show_default=True,
            help="Language of the report.",
        ),
    ):
        command = option(command)
    return command


def _period_options(command: Command) -> Command:
    start = click.option(
        "--from", "start", type=DAYS, help="Only episodes opened from this month on."
    )
    until = click.option(
        "--to", "until", type=DAYS, help="Only episodes opened until the end of this month."
    )
    return start(until(command))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def report() -> None:
    """Write reports from the database (EVALPLAT_DATABASE_URL): small numbers are withheld as on the pages."""


@report.command()
@click.option(
    "--provider",
    "names",
    multiple=True,
    metavar="NAME",
    help="A name or id of `provider list`; may be given several times.",
)
@click.option("--all", "everyone", is_flag=True, help="Every provider that is approved.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Write in N processes of this machine.",
)
@_period_options
@_common_options
def provider(
    names: tuple[str, ...],
    everyone: bool,
    workers: int,
    start: datetime | None,
    until: datetime | None,
    language: str,
    kinds: tuple[str, ...],
    output: Path,
    as_json: bool,
) -> None:
    """Each provider's own results beside what the county lets expect; no other provider is named.

    The county's results are computed once. A report that fails is named at the end, and the others are written.
    """
    from evalplat.reports.told_provider import tell_provider_report
    from evalplat.services.actors import Actor
    from evalplat.services.providers import list_providers
    from evalplat.statistics.publishing.report_facts import pick_provider

    if bool(names) == everyone:
        raise click.UsageError("Name a provider with --provider, or take them all with --all.")
    with _open() as wiring:
        actor = Actor.system("reports from the command line")
        with wiring.reading(actor) as session:
            known = list_providers(session, actor)
        chosen = known if everyone else _choose(known, names)
        make_folder(output)
        with show_progress("Computing", "reports") as advance:
            facts = _gather(wiring, start, until, language)
            files = name_files([one.name for one in known])
            jobs = [
                Job(
                    one.name,
                    partial(tell_provider_report, pick_provider(facts, one.name), one.name),
                    kinds,
                    str(output / f"provider-{files[one.name]}.{language}"),
                )
                for one in chosen
            ]
            done = list(do_jobs(jobs, workers=workers, advance=advance))
    _tell(done, as_json)


@report.command()
@_period_options
@_common_options
def county(
    start: datetime | None,
    until: datetime | None,
    language: str,
    kinds: tuple[str, ...],
    output: Path,
    as_json: bool,
) -> None:
    """The county's report: coverage, outcomes in four domains, goals, feedback, euros, comparison, methods."""
    from evalplat.reports.told_county import tell_county_report

    with _open() as wiring, show_progress("Computing", "reports") as advance:
        make_folder(output)
        facts = _gather(wiring, start, until, language)
        job = Job(
            facts.county,
            partial(tell_county_report, facts),
            kinds,
            str(output / f"county{_name_period(facts)}.{language}"),
        )
        done = list(do_jobs([job], workers=1, advance=advance))
    _tell(done, as_json)


def _parse_quarter(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> int | None:
    """`2026-3` as a quarter."""
    if value is None:
        return None
    year, _dash, number = value.partition("-")
    if not (year.isascii() and year.isdecimal() and len(year) == 4 and number in "1234" and number):
        raise click.BadParameter(f"{value!r} is not a quarter such as 2026-3.")
    return int(year) * 10 + int(number)


@report.command()
@click.option(
    "--quarter",
    metavar="YEAR-N",
    callback=_parse_quarter,
    help="A quarter that is over, such as 2026-3; the last one if none is given.",
)
@_common_options
def municipalities(
    quarter: int | None, language: str, kinds: tuple[str, ...], output: Path, as_json: bool
) -> None:
    """A quarter by municipality and sub-region: services begun and ended, and how many were measured."""
    from evalplat.reports.told_places import tell_places_report
    from evalplat.services.actors import Actor
    from evalplat.services.place_reports import gather_places

    actor = Actor.system("reports from the command line")
    with _open() as wiring, wiring.reading(actor) as session:
        facts = gather_places(session, actor, quarter=quarter, at=wiring.clock())
    make_folder(output)
    name = f"municipalities-{facts.quarter // 10}-{facts.quarter % 10}"
    job = Job(
        name,
        partial(tell_places_report, facts, language),
        kinds,
        str(output / f"{name}.{language}"),
    )
    _tell(list(do_jobs([job], workers=1, advance=lambda *_: None)), as_json)


@contextmanager
def _open() -> Iterator["Wiring"]:
    from evalplat.config import load_settings
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    with closing(build_wiring(settings)) as wiring:
        yield wiring


def _gather(
    wiring: "Wiring", start: datetime | None, until: datetime | None, language: str
) -> "ReportFacts":
    """Everything that the reports show, computed once. A period is of whole months, as on the pages."""
    from evalplat.episodes.periods import first_of_month, last_of_month
    from evalplat.services.actors import Actor
    from evalplat.services.report_facts import ReportQuery, gather_county

    actor = Actor.system("reports from the command line")
    wanted = ReportQuery(
        first_of_month(start.date()) if start else None,
        last_of_month(until.date()) if until else None,
        language,
    )
    with wiring.reading(actor) as session:
        return gather_county(session, wiring.catalogue, actor, wanted, at=wiring.clock())


def _choose(known: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """The providers of these names or ids, each once; all that are not there are wrong use."""
    by_word = {word: one for one in known for word in (one.id, one.name)}
    missing = [name for name in names if name not in by_word]
    if missing:
        raise click.UsageError(
            f"There is no provider {', '.join(repr(name[:80]) for name in missing)}."
            " `evalplat provider list` names them."
        )
    return list(dict.fromkeys(by_word[name] for name in names))


def _name_period(facts: "ReportFacts") -> str:
    days = [day for day in (facts.period_from, facts.period_until) if day is not None]
    return "".join(f"-{day:%Y-%m}" for day in days)


def _tell(done: Sequence[Done], as_json: bool) -> None:
    """The summary; exit code 1 where a report failed."""
    failed = [one for one in done if one.reason]
    if as_json:
        summary = {
            "written": [
                {"about": one.about, "files": list(one.files)} for one in done if one.files
            ],
            "failed": [{"about": one.about, "reason": one.reason} for one in failed],
        }
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        click.echo(f"{len(done) - len(failed)} of {len(done)} reports written.", err=True)
    for one in failed:
        click.echo(f"{one.about}: {one.reason}", err=True)
    if failed:
        sys.exit(1)
