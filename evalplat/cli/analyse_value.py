"""`evalplat analyse value`: what improvement costs at each provider, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.number_option import POSITIVE
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
    from evalplat.statistics.money.value import ValueAnalysis


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
    "--sdc",
    type=POSITIVE,
    help="Smallest detectable change: from it on a client has reliably improved.",
)
@click.option(
    "--worth",
    "worths",
    default="",
    metavar="A,B,…",
    help="Euros that a point is worth, for the net benefit; without it a few around today's cost.",
)
@click.option(
    "--days", "with_days", is_flag=True, help="Days of service too, from opened_on and closed_on."
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per provider and * for all.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def value(
    file: Path,
    scale: ScaleKey,
    direction: str | None,
    adjust: str,
    unadjusted: bool,
    sdc: float | None,
    worths: str,
    with_days: bool,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
) -> None:
    """What improvement costs: euros per client, per client reliably improved, per point; and net benefit.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end,
    voucher_eur and the columns to adjust for; an empty cell is missing. Euros of clients who were not measured again
    count. Ratios have Fieller's interval, and none where the improvement cannot be told from zero.
    """
    from evalplat.cli.compare import parse_covariates
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.money.durations import add_days
    from evalplat.statistics.money.value import measure_value

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    covariates = parse_covariates(adjust, unadjusted=unadjusted)
    catalogue = open_catalogue()
    way = find_directions(catalogue, [scale], direction)[scale]
    prices = _parse_worths(worths)
    frame = read_episode_table(
        file,
        only=scale,
        covariates=covariates,
        numbers=("voucher_eur",),
        dates=("opened_on", "closed_on") if with_days else (),
    )
    result = measure_value(
        add_days(frame) if with_days else frame,
        instrument=scale[0],
        scale=scale[1],
        direction=way,
        adjust=covariates,
        sdc=sdc if sdc is not None else _find_sdc(catalogue, scale),
        worths=prices or None,
        disclosure=None if no_disclosure else DisclosureRule(),
    )
    write_result(_write(result, form), output)


def _parse_worths(text: str) -> tuple[float, ...]:
    from math import isfinite

    worths = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            worth = float(part)
        except ValueError:
            worth = -1.0
        if not isfinite(worth) or worth < 0:
            raise click.UsageError(f"--worth: {part!r} is no price; give euros such as 50,100,200.")
        worths.append(worth)
    return tuple(dict.fromkeys(worths))


def _find_sdc(catalogue: "Catalogue", key: ScaleKey) -> float | None:
    """The definition's smallest detectable change, from its SD and reliability where it has them."""
    from evalplat.statistics.change import find_sdc

    scale = find_scale(catalogue, key)
    if scale is None:
        return None
    computed = find_sdc(scale.change.sd, scale.change.reliability)
    return computed if computed is not None else scale.change.sdc


def _write(result: "ValueAnalysis", form: str) -> str:
    from evalplat.reports.records import records_csv, write_json
    from evalplat.reports.value_tables import value_content, value_records

    if form == "json":
        return write_json(value_content(result))
    if form == "csv":
        return records_csv(value_records(result))
    from evalplat.reports.value_tables import (
        benefit_table,
        cautious_table,
        chances_table,
        costs_table,
    )
    from evalplat.reports.value_text import draw_tables

    tables = [costs_table(result, "en"), cautious_table(result, "en")]
    if result.benefits:
        tables.append(chances_table(result, "en"))
    tables += [benefit_table(benefit, "en") for benefit in result.benefits]
    warnings = [str(warning) for warning in result.costs.warnings]
    return draw_tables(tables, warnings, status=result.costs.status, width=find_width())
