"""`evalplat analyse sustained`: whether change lasts until a follow-up, from a file."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.number_option import POSITIVE, RELIABILITY
from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import (
    DIRECTIONS,
    ScaleKey,
    find_directions,
    find_scale,
    parse_scale,
)

if TYPE_CHECKING:
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.statistics.effects import ChangeRule
    from evalplat.statistics.over_time.sustained_results import SustainedResult, Window

DAYS = ("end_on", "follow_up_on")


def parse_window(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> "Window | None":
    """`FIRST,LAST`: days after the end between which a follow-up counts."""
    if value is None:
        return None
    from evalplat.statistics.over_time.sustained_results import Window

    found = re.fullmatch(r"\s*(\d{1,5})\s*,\s*(\d{1,5})\s*", value)
    if found is None or int(found[1]) > int(found[2]):
        raise click.BadParameter(f"{value!r} is not FIRST,LAST in days, such as 60,150.")
    return Window(int(found[1]), int(found[2]))


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
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scale improves, when no definition knows it.",
)
@click.option(
    "--window",
    metavar="FIRST,LAST",
    callback=parse_window,
    help="Count only follow-ups so many days after the end; needs columns end_on and follow_up_on.",
)
@click.option("--sd", type=POSITIVE, help="Standard deviation of the scale, for reliable change.")
@click.option("--reliability", type=RELIABILITY, help="Its reliability, for reliable change.")
@click.option("--sdc", type=POSITIVE, help="Smallest detectable change, in place of both.")
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
def sustained(
    file: Path,
    scale: ScaleKey,
    direction: str | None,
    window: "Window | None",
    sd: float | None,
    reliability: float | None,
    sdc: float | None,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    as_svg: bool,
    language: str,
    output: Path | None,
) -> None:
    """Whether change lasts: improvement at the end and at follow-up, what is kept of it, and who stays improved.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end,
    follow_up and, for --window, end_on and follow_up_on; an empty cell is missing. Small groups are withheld as in
    every publication, unless --no-disclosure is given.
    """
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.over_time.sustained import analyse_sustained

    form = choose_form({"json": as_json, "csv": as_csv, "svg": as_svg}, output)
    refuse_overwriting(file, output)
    if (sd is None) != (reliability is None):
        raise click.UsageError("--sd and --reliability belong together: give both or neither.")
    given = {"sd": sd, "reliability": reliability, "sdc": sdc}
    rule = _find_rule(open_catalogue(), scale, direction, given)
    dates = DAYS if window is not None else ()
    frame = read_episode_table(file, only=scale, numbers=("follow_up",), dates=dates)
    result = analyse_sustained(
        frame,
        instrument=scale[0],
        scale=scale[1],
        rule=rule,
        window=window,
        disclosure=None if no_disclosure else DisclosureRule(),
    )
    write_result(_write(result, form, language), output)


def _find_rule(
    catalogue: "Catalogue", key: ScaleKey, direction: str | None, given: dict[str, float | None]
) -> "ChangeRule":
    """How change is judged: by the definition's figures, or by those given on the command line."""
    from evalplat.statistics.effects import ChangeRule

    way = find_directions(catalogue, [key], direction)[key]
    own = {name: value for name, value in given.items() if value is not None}
    known = find_scale(catalogue, key)
    if own or known is None:
        return ChangeRule(way, **own)
    change = known.change
    return ChangeRule(way, sd=change.sd, reliability=change.reliability, sdc=change.sdc)


def _write(result: "SustainedResult", form: str, language: str) -> str | bytes:
    if form == "svg":
        from evalplat.reports.sustained_picture import draw_sustained

        return draw_sustained(result, language)
    from evalplat.reports.sustained_tables import sustained_csv, sustained_json

    if form == "json":
        return sustained_json(result)
    if form == "csv":
        return sustained_csv(result)
    from evalplat.reports.attrition_text import draw_sustained_text

    return draw_sustained_text(result, language, width=find_width())
