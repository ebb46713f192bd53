"""`evalplat compare`: providers compared on one scale, case-mix adjusted, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import (
    DIRECTIONS,
    ScaleKey,
    find_directions,
    find_scale,
    parse_scale,
)

if TYPE_CHECKING:
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.models.regression_to_mean import Population
    from evalplat.statistics.results import ProviderComparison


NEVER_ADJUSTED = (
    *("provider", "episode", "instrument", "scale", "end", "follow_up", "voucher_eur"),
    *("closed_on", "end_on", "follow_up_on"),
)
"""Keys, and what comes of the service or is decided by the provider: it would hide what is compared."""


def _parse_population(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> "Population | None":
    """`MEAN,RELIABILITY` as numbers."""
    if value is None:
        return None
    from math import isfinite

    from evalplat.statistics.models.regression_to_mean import Population

    parts = value.split(",")
    try:
        mean, reliability = (float(part) for part in parts)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not MEAN,RELIABILITY, such as 21.5,0.8.") from error
    if not isfinite(mean) or not 0 <= reliability <= 1:
        raise click.BadParameter(f"{value!r}: the reliability lies between 0 and 1.")
    return Population(mean, reliability)


missing_covariates_option = click.option(
    "--missing-covariates",
    type=click.Choice(["indicator", "complete"]),
    help="Episodes of FILE of which a covariate is not known: kept, with a level of its own or at the mean with an"
    " indicator (the default), or left out and counted (complete).",
)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option(
    "--federated",
    is_flag=True,
    help="Each FILE is a county's sums, as `evalplat export moments` writes them.",
)
@click.option(
    "--scale",
    required=True,
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="The scale to compare on.",
)
@click.option(
    "--adjust",
    default="",
    metavar="A,B,…",
    help="Columns to adjust for beside the baseline: numbers linearly, texts as categories.",
)
@click.option(
    "--unadjusted",
    is_flag=True,
    help="Without the baseline (unless --adjust names it): the change is compared instead.",
)
@click.option(
    "--spline",
    type=click.Choice(["quantiles", "range"]),
    help="Let the baseline's line bend, with knots at quantiles or at shares of the scale's range.",
)
@click.option(
    "--population",
    metavar="MEAN,RELIABILITY",
    callback=_parse_population,
    help="Mean score and test-retest reliability of the people the clients come from: shows the change to be expected"
    " by regression to the mean.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scale improves, when no definition knows it.",
)
@missing_covariates_option
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="The whole table, small groups too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per provider.")
@click.option("--svg", "as_svg", is_flag=True, help="The funnel plot.")
@click.option("--pdf", "as_pdf", is_flag=True, help="The county's report.")
@click.option(
    "--language",
    type=click.Choice(["fi", "sv", "en"]),
    default="en",
    show_default=True,
    help="Language of table, figure and report.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def compare(
    files: tuple[Path, ...],
    federated: bool,
    scale: ScaleKey,
    adjust: str,
    unadjusted: bool,
    spline: str | None,
    population: "Population | None",
    direction: str | None,
    missing_covariates: str | None,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    as_svg: bool,
    as_pdf: bool,
    language: str,
    output: Path | None,
) -> None:
    """Compare providers on one scale, case-mix adjusted, with an over-dispersed funnel and shrinkage.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end and the
    columns to adjust for; an empty cell is not known. With --federated, several files are the sums of one county each,
    and no client's row is needed. Small groups are withheld as in every publication, unless --no-disclosure is given.
    """
    from evalplat.statistics.disclosure import DisclosureRule

    form = choose_form({"json": as_json, "csv": as_csv, "svg": as_svg, "pdf": as_pdf}, output)
    for file in files:
        refuse_overwriting(file, output)
    covariates = parse_covariates(adjust, unadjusted=unadjusted)
    disclosure = None if no_disclosure else DisclosureRule()
    if federated:
        if direction is not None:
            raise click.UsageError("--direction stands in the counties' files; leave it out.")
        if spline is not None or population is not None:
            raise click.UsageError("--spline and --population need a file of episodes.")
        if missing_covariates is not None:
            raise click.UsageError("--missing-covariates was decided when the sums were exported.")
        result = _compare_counties(files, scale, covariates, disclosure)
    elif len(files) > 1:
        raise click.UsageError("Give one file of episodes, or several counties with --federated.")
    else:
        if spline is not None and "baseline" not in covariates:
            raise click.UsageError("--spline bends the baseline's line: adjust for the baseline.")
        result = _compare_episodes(
            files[0],
            scale,
            covariates,
            direction,
            disclosure,
            spline=spline,
            population=population,
            missing_covariates=missing_covariates or "indicator",
        )
    write_result(_write(result, form, language), output)


def _compare_episodes(
    file: Path,
    scale: ScaleKey,
    covariates: tuple[str, ...],
    direction: str | None,
    disclosure: "DisclosureRule | None",
    *,
    spline: str | None,
    population: "Population | None",
    missing_covariates: str,
) -> "ProviderComparison":
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics import comparison as statistics
    from evalplat.statistics.cases import MissingCovariates
    from evalplat.statistics.models.splines import SplineRule

    catalogue = open_catalogue()
    way = find_directions(catalogue, [scale], direction)[scale]
    known = find_scale(catalogue, scale)
    bounds = None if known is None else (known.minimum, known.maximum)
    rule = None
    if spline == "range":
        if bounds is None:
            raise click.UsageError("No definition knows the scale's range: use --spline quantiles.")
        rule = SplineRule(low=bounds[0], high=bounds[1])
    elif spline is not None:
        rule = SplineRule()
    frame = read_episode_table(file, only=scale, covariates=covariates)
    return statistics.compare(
        frame,
        instrument=scale[0],
        scale=scale[1],
        direction=way,
        adjust=covariates,
        disclosure=disclosure,
        spline=rule,
        population=population,
        bounds=bounds,
        missing_covariates=MissingCovariates(missing_covariates),
    )


def _compare_counties(
    files: tuple[Path, ...],
    scale: ScaleKey,
    covariates: tuple[str, ...],
    disclosure: "DisclosureRule | None",
) -> "ProviderComparison":
    from evalplat.services.federation import compare_documents, read_contents

    return compare_documents(read_contents(files), scale, adjust=covariates, disclosure=disclosure)


def parse_covariates(adjust: str, *, unadjusted: bool) -> tuple[str, ...]:
    """The columns to adjust for: the baseline always, unless `--unadjusted` leaves it to the list."""
    names = [name.strip() for name in adjust.split(",") if name.strip()]
    if not unadjusted and "baseline" not in names:
        names.insert(0, "baseline")
    for name in names:
        if name in NEVER_ADJUSTED:
            raise click.UsageError(
                f"--adjust cannot name {name}: adjust for what clients brought along."
            )
    return tuple(dict.fromkeys(names))


def _write(result: "ProviderComparison", form: str, language: str) -> str | bytes:
    if form == "svg":
        from evalplat.reports.funnel import draw_funnel

        return draw_funnel(result, language)
    if form == "pdf":
        from evalplat.reports.county_pdf import write_county_report

        return write_county_report(result, language)
    from evalplat.reports.tables import comparison_csv, comparison_json

    if form == "json":
        return comparison_json(result)
    if form == "csv":
        return comparison_csv(result)
    from evalplat.reports.text import draw_comparison

    return draw_comparison(result, language, width=find_width())
