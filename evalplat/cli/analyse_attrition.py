"""`evalplat analyse attrition`: what missing end measurements may hide, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.compare import NEVER_ADJUSTED
from evalplat.cli.number_option import number
from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.runner_options import runner_options
from evalplat.cli.scale_direction import (
    DIRECTIONS,
    ScaleKey,
    find_directions,
    find_scale,
    parse_scale,
)

if TYPE_CHECKING:
    from evalplat.statistics.missing.attrition_results import AttritionResult


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    required=True,
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="The scale to analyse.",
)
@click.option(
    "--adjust",
    default="",
    metavar="A,B,…",
    help="Columns that may tell who is lost and how clients fare, beside baseline and provider.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scale improves, when no definition knows it.",
)
@click.option(
    "--lowest", type=number, help="The lowest possible score, for bounds without assumptions."
)
@click.option("--highest", type=number, help="The highest possible score.")
@click.option(
    "--bootstrap",
    type=click.IntRange(min=2, max=100_000),
    metavar="N",
    help="Errors of the weighted means from N resamples instead of a formula.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of everything drawn."
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="The whole table, small groups too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per provider and one for all.")
@click.option("--svg", "as_svg", is_flag=True, help="The picture.")
@click.option(
    "--language",
    type=click.Choice(["fi", "sv", "en"]),
    default="en",
    show_default=True,
    help="Language of table and picture.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@runner_options
def attrition(
    file: Path,
    scale: ScaleKey,
    adjust: str,
    direction: str | None,
    lowest: float | None,
    highest: float | None,
    bootstrap: int | None,
    seed: int,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    as_svg: bool,
    language: str,
    output: Path | None,
    workers: int,
    scheduler: str | None,
) -> None:
    """What missing end measurements may hide: weighting, imputation, a model, bounds, tipping points, side by side.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end and the
    columns of --adjust; an empty cell is missing. Leave out episodes that are still going on: their clients are not
    lost. Small groups are withheld as in every publication, unless --no-disclosure is given.
    """
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.parallel import open_runner
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.missing.attrition import analyse_attrition

    form = choose_form({"json": as_json, "csv": as_csv, "svg": as_svg}, output)
    refuse_overwriting(file, output)
    covariates = _parse_covariates(adjust)
    catalogue = open_catalogue()
    way = find_directions(catalogue, [scale], direction)[scale]
    known = find_scale(catalogue, scale)
    if known is not None:
        lowest = known.minimum if lowest is None else lowest
        highest = known.maximum if highest is None else highest
    frame = read_episode_table(file, only=scale, covariates=covariates)
    with open_runner(workers=workers, scheduler=scheduler) as runner:
        result = analyse_attrition(
            frame,
            instrument=scale[0],
            scale=scale[1],
            direction=way,
            adjust=covariates,
            lowest=lowest,
            highest=highest,
            disclosure=None if no_disclosure else DisclosureRule(),
            replicates=bootstrap or 0,
            seed=seed,
            runner=runner,
        )
    write_result(_write(result, form, language), output)


def _parse_covariates(adjust: str) -> tuple[str, ...]:
    names = dict.fromkeys(name.strip() for name in adjust.split(",") if name.strip())
    for name in names:
        if name in NEVER_ADJUSTED:
            raise click.UsageError(
                f"--adjust cannot name {name}: adjust for what clients brought along."
            )
    return tuple(name for name in names if name != "baseline")


def _write(result: "AttritionResult", form: str, language: str) -> str | bytes:
    if form == "svg":
        from evalplat.reports.attrition_picture import draw_attrition

        return draw_attrition(result, language)
    from evalplat.reports.attrition_tables import attrition_csv, attrition_json

    if form == "json":
        return attrition_json(result)
    if form == "csv":
        return attrition_csv(result)
    from evalplat.reports.attrition_text import draw_attrition_text

    return draw_attrition_text(result, language, width=find_width())
