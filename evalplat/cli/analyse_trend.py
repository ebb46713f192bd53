"""`evalplat analyse trend`: improvement over quarters, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.number_option import POSITIVE, NumberWithin
from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import DIRECTIONS, ScaleKey, find_directions, parse_scale

if TYPE_CHECKING:
    from evalplat.statistics.over_time.trend_results import Trend


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    required=True,
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="The scale that improvement is measured on.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scale improves, when no definition knows it.",
)
@click.option(
    "--adjust",
    default="",
    metavar="A,B,…",
    help="Columns to adjust for beside the baseline: numbers linearly, texts as categories.",
)
@click.option("--unadjusted", is_flag=True, help="Without the baseline, unless --adjust names it.")
@click.option(
    "--when",
    default="opened_on",
    show_default=True,
    metavar="COLUMN",
    help="The column of days that decides the quarter.",
)
@click.option(
    "--weight",
    type=NumberWithin(0, 1, min_open=True),
    default=0.2,
    show_default=True,
    help="How much a quarter counts in the moving average.",
)
@click.option(
    "--width",
    type=POSITIVE,
    default=3.0,
    show_default=True,
    help="How many standard errors its limits lie away.",
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per provider and quarter.")
@click.option("--svg", "as_svg", is_flag=True, help="A picture of the county's trend.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def trend(
    file: Path,
    scale: ScaleKey,
    direction: str | None,
    adjust: str,
    unadjusted: bool,
    when: str,
    weight: float,
    width: float,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    as_svg: bool,
    output: Path | None,
) -> None:
    """Improvement over quarters, adjusted, with a moving average that shows when a level drifts.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end, a
    column of days (2026-11-24 or 24.11.2026) and the columns to adjust for; an empty cell is missing. A moving average
    beyond its limits is worth a look; it is no judgement.
    """
    from evalplat.cli.compare import parse_covariates
    from evalplat.cli.episode_table import SCORES, TEXTS, read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.over_time.trend import measure_trend

    form = choose_form({"json": as_json, "csv": as_csv, "svg": as_svg}, output)
    refuse_overwriting(file, output)
    covariates = parse_covariates(adjust, unadjusted=unadjusted)
    way = find_directions(open_catalogue(), [scale], direction)[scale]
    if when in (*TEXTS, *SCORES, *covariates):
        raise click.UsageError(f"--when {when}: name a column of days that is not adjusted for.")
    frame = read_episode_table(file, only=scale, covariates=covariates, dates=(when,))
    result = measure_trend(
        frame,
        instrument=scale[0],
        scale=scale[1],
        direction=way,
        adjust=covariates,
        when=when,
        weight=weight,
        width=width,
        disclosure=None if no_disclosure else DisclosureRule(),
    )
    write_result(_write(result, form), output)


def _write(result: "Trend", form: str) -> str | bytes:
    if form == "svg":
        from evalplat.reports.trend_picture import draw_trend

        return draw_trend(result, result.county, "en")
    from evalplat.reports.records import records_csv, write_json
    from evalplat.reports.trend_tables import trend_content, trend_records

    if form == "json":
        return write_json(trend_content(result))
    if form == "csv":
        return records_csv(trend_records(result))
    from evalplat.reports.trend_tables import (
        providers_trend_table,
        series_table,
        trend_sentences,
    )
    from evalplat.reports.value_text import draw_tables

    tables = [series_table(result, result.county, "en"), providers_trend_table(result, "en")]
    return draw_tables(
        tables, trend_sentences(result, "en"), status=result.status, width=find_width()
    )
