"""`evalplat analyse combination`: several scales side by side, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import DIRECTIONS, ScaleKey, find_directions, parse_scale

if TYPE_CHECKING:
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.statistics.scales.combination import Combination


def _parse_scales(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[ScaleKey, ...]:
    found = [parse_scale(context, parameter, value) for value in values]
    return tuple(key for key in found if key is not None)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    "wanted",
    multiple=True,
    metavar="INSTRUMENT/SCALE",
    callback=_parse_scales,
    help="Only this scale; may be given several times.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way scales improve that no definition knows.",
)
@click.option(
    "--adjust",
    default="",
    metavar="A,B,…",
    help="Columns to adjust for beside the baseline: numbers linearly, texts as categories.",
)
@click.option("--unadjusted", is_flag=True, help="Without the baseline, unless --adjust names it.")
@click.option(
    "--composite", is_flag=True, help="One figure too, with its reliability; never without scales."
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per scale and provider.")
@click.option("--svg", "as_svg", is_flag=True, help="A picture, one tile per scale.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def combination(
    file: Path,
    wanted: tuple[ScaleKey, ...],
    direction: str | None,
    adjust: str,
    unadjusted: bool,
    composite: bool,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    as_svg: bool,
    output: Path | None,
) -> None:
    """Scales side by side: adjusted improvement in the baseline SDs of all clients, with intervals.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end and the
    columns to adjust for; an empty cell is missing. The same episode has the same name on every scale. Goal attainment
    is combined with nothing.
    """
    from evalplat.cli.compare import parse_covariates
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.scales.combination import ScaleFrame, combine

    form = choose_form({"json": as_json, "csv": as_csv, "svg": as_svg}, output)
    refuse_overwriting(file, output)
    covariates = parse_covariates(adjust, unadjusted=unadjusted)
    frame = read_episode_table(file, covariates=covariates)
    known = {(str(a), str(b)) for a, b in zip(frame["instrument"], frame["scale"], strict=True)}
    keys = sorted(key for key in known if not wanted or key in wanted)
    _check(open_catalogue(), keys, known, wanted, composite=composite)
    ways = find_directions(open_catalogue(), keys, direction)
    scales = [
        ScaleFrame(
            instrument=key[0],
            scale=key[1],
            direction=ways[key],
            frame=frame[(frame["instrument"] == key[0]) & (frame["scale"] == key[1])],
        )
        for key in keys
    ]
    result = combine(
        scales,
        adjust=covariates,
        composite_of=keys if composite else (),
        disclosure=None if no_disclosure else DisclosureRule(),
    )
    write_result(_write(result, form), output)


def _check(
    catalogue: "Catalogue",
    keys: list[ScaleKey],
    known: set[ScaleKey],
    wanted: tuple[ScaleKey, ...],
    *,
    composite: bool,
) -> None:
    """Wrong use: a scale that the file lacks, goal attainment, or a composite of one scale."""
    from evalplat.errors import NotFound

    missing = [key for key in wanted if key not in known]
    if missing:
        names = ", ".join("/".join(key) for key in missing)
        raise click.UsageError(
            f"The file has no row of {names}. It has: {', '.join('/'.join(k) for k in sorted(known)[:40])}."
        )
    for instrument, _scale in keys:
        try:
            kind = catalogue.get(instrument).kind
        except NotFound:
            continue
        if kind == "goals":
            raise click.UsageError(
                f"{instrument} rates goals of the clients' own: it is combined with nothing. "
                "Choose others with --scale."
            )
    if composite and len(keys) < 2:
        raise click.UsageError("--composite needs two scales or more.")


def _write(result: "Combination", form: str) -> str | bytes:
    if form == "svg":
        from evalplat.reports.scale_tiles import draw_scale_tiles

        return draw_scale_tiles(result, "en")
    from evalplat.reports.combination_tables import combination_content, combination_records
    from evalplat.reports.records import records_csv, write_json

    if form == "json":
        return write_json(combination_content(result))
    if form == "csv":
        return records_csv(combination_records(result))
    from evalplat.reports.combination_tables import composite_table, frame_table, scales_table
    from evalplat.reports.value_text import draw_tables

    tables = [scales_table(result, "en"), frame_table(result, "en")]
    if result.composite is not None:
        tables.append(composite_table(result.composite, "en"))
    return draw_tables(tables, width=find_width())
