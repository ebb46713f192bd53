"""`evalplat instruments`: list, show, check, publish and print the measures."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from evalplat.cli.instrument_adopt import adopt
from evalplat.cli.instrument_export import export, refuse_without_questions
from evalplat.cli.instrument_wording import wording
from evalplat.errors import DefinitionRejected, EvalplatError, Fault, Message
from evalplat.vocabulary import LANGUAGES


@click.group()
def instruments() -> None:
    """List, show, check, publish and print instruments."""


instruments.add_command(export)
instruments.add_command(adopt)
instruments.add_command(wording)


@instruments.command("list")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="Language of the titles.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_instruments(lang: str, as_json: bool) -> None:
    """List every instrument and version."""
    from evalplat.cli.own_catalogue import open_catalogue

    rows = [
        {
            "key": entry.key,
            "version": entry.version,
            "kind": entry.kind,
            "title": entry.text(lang).title,
            "scales": [scale.key for scale in entry.scales],
            "items": len(entry.asks),
            "use": entry.use,
            "stated": not entry.is_open,
            "languages": list(entry.languages),
            "digest": entry.digest,
        }
        for entry in open_catalogue().list()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max((len(str(row["key"])) for row in rows), default=3)
    for row in rows:
        click.echo(
            f"{row['key']!s:<{width}}  {row['version']:<5} {row['kind']:<8} {row['title']}"
            + ("" if row["stated"] else "  (ranges not stated yet: evalplat instruments adopt)")
        )


@instruments.command()
@click.argument("key")
@click.option("--version", "version", help="The latest without it.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="Language of the labels.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(key: str, version: str | None, lang: str, as_json: bool) -> None:
    """Show what an instrument asks and how it is scored.

    KEY is a key of `evalplat instruments list`, or the path of a definition (.toml).
    """
    from evalplat.cli.instrument_text import describe_instrument, outline_instrument
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.cli.score import find_instrument
    from evalplat.scoring.examples import examples_path, load_examples

    definition = find_instrument(key, version)
    home = Path(key) if key.endswith(".toml") else open_catalogue().path_of(definition)
    try:
        examples = load_examples(definition, examples_path(home))
    except DefinitionRejected:
        examples = ()
    if as_json:
        outline = outline_instrument(definition, lang, examples)
        click.echo(json.dumps(outline, ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(describe_instrument(definition, lang, examples)))


@instruments.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check definitions, that published versions are what they were, and score their worked examples.

    PATHS are definition files (.toml) or folders of them; without one, the shipped instruments are checked. One line
    for each file; exit code 1 when one has a fault, and every fault is named.
    """
    from evalplat.instruments.catalogue import instruments_folder

    broken = 0
    for path in _list_files(paths or (instruments_folder(),)):
        try:
            click.echo(f"{path}: {_check_file(path)}")
        except EvalplatError as error:
            broken += 1
            click.echo(f"{path}: {error.message}")
            for fault in error.faults:
                click.echo(f"  {fault}")
    if broken:
        click.echo(f"{broken} with faults", err=True)
        sys.exit(1)


@instruments.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
def publish(folder: Path | None) -> None:
    """Publish new versions: note their digests in published.toml, after which nobody may edit them.

    FOLDER is a folder of instruments; without one, the shipped one. Every definition is checked with its worked
    examples first. Exit code 1, and nothing is noted, when one has a fault or a published version was edited.
    """
    from evalplat.instruments.catalogue import instruments_folder, load_catalogue
    from evalplat.instruments.published import read_published, write_published

    folder = folder or instruments_folder()
    for path in _list_files((folder,)):
        _check_file(path)
    known = read_published(folder)
    new = {
        (one.key, one.version): one.digest
        for one in load_catalogue(folder).list()
        if (one.key, one.version) not in known
    }
    write_published(folder, {**known, **new})
    for key, version in new:
        click.echo(f"{key} {version} is published")
    click.echo(f"{len(known)} were published before")


@instruments.command("print")
@click.argument("key")
@click.option("--version", "version", help="The latest without it.")
@click.option(
    "--language",
    default="fi",
    help="A language of the instrument, or a wording such as fi-x-selko.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; standard output without it.",
)  # fmt: skip
def print_(key: str, version: str | None, language: str, output: Path | None) -> None:
    """Print an instrument as a form on A4 (PDF), in the words of the screen and without a code.

    KEY is a key of `evalplat instruments list`, or the path of a definition (.toml).
    """
    from evalplat.cli.output import write_result
    from evalplat.cli.score import find_instrument
    from evalplat.reports.paper_form import make_form, write_form

    definition = find_instrument(key, version)
    if language not in definition.texts:
        raise click.UsageError(
            f"{definition.key} is not in {language!r}; it is in {', '.join(definition.texts)}."
        )
    refuse_without_questions(definition, "print a client's goals on the episode's page")
    write_result(write_form(make_form(definition, language)), output)


def _list_files(paths: Iterable[Path]) -> Iterable[Path]:
    from evalplat.instruments.catalogue import list_definition_files

    for path in paths:
        files = list_definition_files(path) if path.is_dir() else [path]
        if not files:
            raise click.UsageError(
                f"There is no definition in {path}. Name a file such as 1.0.toml, or a folder that holds such files."
            )
        yield from files


def _check_file(path: Path) -> str:
    """Load one definition and prove its examples; gives the line to print."""
    from evalplat.instruments.loader import load_definition
    from evalplat.instruments.published import find_edited, read_published
    from evalplat.scoring.examples import check_examples, examples_path

    definition = load_definition(path)
    if path.resolve().parent.name != definition.key:
        raise DefinitionRejected(
            Message("The definition stands in the wrong folder."),
            [
                Fault(
                    f"{path.name}: key",
                    Message(
                        "the key is %(key)s and the folder %(folder)s; they must be the same",
                        key=definition.key,
                        folder=path.resolve().parent.name,
                    ),
                )
            ],
        )
    published = read_published(path.resolve().parent.parent)
    edited = find_edited(definition, published)
    if edited is not None:
        raise DefinitionRejected(Message("A published version was edited."), [edited])
    count = check_examples(definition, examples_path(path))
    return (
        f"ok, {definition.key} {definition.version}, {len(definition.asks)} items, {len(definition.scales)} scales, "
        f"{count} examples, {', '.join(definition.languages)}"
        + ("" if (definition.key, definition.version) in published else ", not published yet")
    )
