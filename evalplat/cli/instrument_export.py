"""`evalplat instruments export`: an instrument for other programs, so that answers can be collected there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from evalplat.instruments.definition import Instrument


def refuse_without_questions(definition: "Instrument", goals: str) -> None:
    """Wrong use where an instrument asks nothing; `goals` says what to do with goals instead."""
    if definition.asks:
        return
    why = {
        "goals": goals,
        "external": "it is answered on its owner's own form, and only its scores come here: type or import them",
        "record": "it is a record of goals and support, kept on the client's plan and exported from there",
    }[definition.kind]
    raise click.UsageError(f"{definition.key} has no questions of its own; {why}.")


@click.command("export")
@click.argument("key")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["fhir", "redcap", "xlsform"]),
    required=True,
    help="FHIR Questionnaire (JSON), REDCap data dictionary (CSV) or XLSForm (XLSX).",
)
@click.option("--version", "version", help="The latest without it.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="A language of the instrument; FHIR and XLSForm have all the others beside it.",
)
@click.option(
    "--fhir-release", "release", type=click.Choice(["R4", "R5"]), default="R4", show_default=True
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; standard output without it.",
)
def export(
    key: str, version: str | None, kind: str, language: str, release: str, output: Path | None
) -> None:
    """Write an instrument for another program, with the labels that are shown here.

    KEY is a key of `evalplat instruments list`, or the path of a definition (.toml). What REDCap or a form of XLSForm
    collects can be imported with `evalplat import`. The labels are our own words, not an owner's official ones.
    """  # fmt: skip
    from evalplat.cli.output import write_result
    from evalplat.cli.score import find_instrument

    definition = find_instrument(key, version)
    if language not in definition.texts:
        raise click.UsageError(
            f"{definition.key} is not in {language!r}; it is in {', '.join(definition.texts)}."
        )
    refuse_without_questions(definition, "a client's goals are exported with the sheets")
    if definition.kind == "record" and kind != "fhir":
        raise click.UsageError(
            f"{key} is a record on the client's plan: what is collected elsewhere could not be imported. Print it, or "
            "export it as FHIR."
        )
    content: str | bytes
    match kind:
        case "redcap":
            from evalplat.exchange.forms.redcap import write_dictionary

            content = write_dictionary(definition, language)
        case "xlsform":
            from evalplat.exchange.forms.xlsform import write_form

            content = write_form(definition, language)
        case _:
            from evalplat.exchange.fhir.questionnaires import make_questionnaire

            made = make_questionnaire(definition, language, "R5" if release == "R5" else "R4")
            content = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    write_result(content, output)
