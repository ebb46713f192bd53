"""`evalplat instruments wording`: the owners' official wordings, kept in the database and never in the repository."""

import csv
import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from evalplat.services.actors import Actor
    from evalplat.wiring import Wiring

COLUMNS = ("place", "ours", "official")
KEY, VERSION, LANGUAGE = click.argument("key"), click.argument("version"), click.argument("lang")


@click.group()
def wording() -> None:
    """Use an owner's official wording that the county has a permit for."""


@wording.command()
@KEY
@VERSION
@LANGUAGE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; standard output without it.",
)  # fmt: skip
def template(key: str, version: str, lang: str, output: Path | None) -> None:
    """Write a CSV to fill in: a row for each place, our own label beside it, and a column for the owner's words.

    LANG is a language of the instrument, or a wording of it such as fi-x-selko.
    """
    from evalplat.cli.output import write_result
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.errors import NotFound
    from evalplat.exchange.tables import safe_cell
    from evalplat.instruments.official import list_places

    try:
        definition = open_catalogue().get(key, version)
    except NotFound as error:
        raise click.UsageError(str(error)) from error
    if lang not in definition.texts:
        raise click.UsageError(f"{key} is not in {lang!r}; it is in {', '.join(definition.texts)}.")
    if not definition.asks or not definition.licence.official_wording:
        raise click.UsageError(f"{key} has no official wording of its own to load.")
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((place, safe_cell(ours), "") for place, ours in list_places(definition, lang))
    write_result(stream.getvalue(), output)


@wording.command()
@KEY
@VERSION
@LANGUAGE
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--holder", required=True, help="Who owns the wording.")
@click.option("--permit", required=True, help="By which permit it is used: its number, or a date.")
@click.option(
    "--valid-until", type=click.DateTime(["%Y-%m-%d"]), help="The permit's last day; none: no end."
)
def load(
    key: str,
    version: str,
    lang: str,
    file: Path,
    holder: str,
    permit: str,
    valid_until: date | None,
) -> None:
    """Load a filled-in template; from today on clients see the owner's words.

    Every fault is listed at once, and then nothing is loaded.
    """
    from evalplat.services.wordings import WordingRequest, load_wording

    until = date(valid_until.year, valid_until.month, valid_until.day) if valid_until else None
    request = WordingRequest(key, version, lang, tuple(_read(file)), holder, permit, until)
    with _county() as (wiring, actor, session):
        load_wording(session, wiring.catalogue, actor, request, at=wiring.clock())
    click.echo(
        f"{key} {version} is shown in {holder}'s wording ({lang}) from today"
        + (f" until {until}" if until else "")
    )


@wording.command()
@KEY
@VERSION
@LANGUAGE
def end(key: str, version: str, lang: str) -> None:
    """Show an official wording no more, from today on; what was answered in it stays marked so."""
    from evalplat.services.wordings import end_wording

    with _county() as (wiring, actor, session):
        end_wording(
            session, wiring.catalogue, actor, instrument=key, version=version, language=lang,
            at=wiring.clock(),
        )  # fmt: skip
    click.echo(f"{key} {version} is shown in our own labels again ({lang})")


@wording.command("list")
def list_loaded() -> None:
    """List every wording that was loaded, the latest first, without its words."""
    from evalplat.episodes.local_time import local_day
    from evalplat.services.wordings import list_wordings

    with _county() as (wiring, actor, session):
        found = list_wordings(session, actor, on=local_day(wiring.clock()))
    for one in found:
        until = f" until {one.valid_until}" if one.valid_until else ""
        state = "in use" if one.in_force else "not in use"
        click.echo(
            f"{one.instrument}\t{one.version}\t{one.language}\t{state}\t{one.holder} ({one.permit}), "
            f"from {one.valid_from}{until}"
        )


def _read(file: Path) -> "Iterator[tuple[str, str]]":
    from evalplat.errors import FileRejected, Message
    from evalplat.exchange.import_answers import read_text
    from evalplat.exchange.tables import open_table

    with open_table(file) as table:
        names = [name.strip().lower() for name in table.columns]
        if "place" not in names or "official" not in names:
            raise FileRejected(
                Message("%(file)s needs the columns place and official, as the template has them.",
                        file=file.name)
            )  # fmt: skip
        place, official = names.index("place"), names.index("official")
        for _number, cells in table.rows():
            yield cells[place], read_text(cells[official])


@contextmanager
def _county() -> "Iterator[tuple[Wiring, Actor, Any]]":
    """A write transaction of this installation, in the name of the command line."""
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.installation import check_tables
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    check_tables(settings)
    actor = Actor.system("wordings from the command line")
    with closing(build_wiring(settings)) as wiring, wiring.transaction(actor) as session:
        yield wiring, actor, session
