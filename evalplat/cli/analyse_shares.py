"""`evalplat analyse shares` and `goals`: who changed reliably, and who reached their goals, from files."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalplat.cli.number_option import POSITIVE, RELIABILITY, number
from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import (
    DIRECTIONS,
    ScaleKey,
    find_directions,
    find_scale,
    parse_scale,
)

if TYPE_CHECKING:
    import pandas as pd

    from evalplat.instruments.catalogue import Catalogue
    from evalplat.statistics.shares.change_methods import ChangeMethod, ChangeParameters
    from evalplat.statistics.shares.change_shares import ChangeShares
    from evalplat.statistics.shares.flow import Flow
    from evalplat.statistics.shares.goal_attainment import GoalAttainment

METHODS = ("JT", "GLN", "EN", "NK", "HA")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    required=True,
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="The scale whose change is judged.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scale improves, when no definition knows it.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS, case_sensitive=False),
    default="JT",
    show_default=True,
    help="How change is told from measurement error. GLN stands beside JT where it can be computed.",
)
@click.option("--sd", type=POSITIVE, help="SD of the scale in the norm or the whole region.")
@click.option(
    "--reliability",
    type=RELIABILITY,
    help="Reliability of the scale, test-retest preferred; without --sd the SD of all baselines is used.",
)
@click.option("--sdc", type=POSITIVE, help="Smallest detectable change, instead (for JT).")
@click.option("--mic", type=POSITIVE, help="Minimal important change.")
@click.option("--cut-off", type=number, help="Score beyond which a client counts as recovered.")
@click.option(
    "--mean", type=number, help="Mean of the norm (GLN, EN, NK, HA); else of all baselines."
)
@click.option(
    "--reliability-end",
    type=RELIABILITY,
    help="Reliability of the scale at the end (NK).",
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per method and provider.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def shares(
    file: Path,
    scale: ScaleKey,
    direction: str | None,
    method: str,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
    **given: float | None,
) -> None:
    """Who changed by more than measurement error, per provider: shares with intervals, and who is covered.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end; an
    empty cell is missing. The definition's SD, reliability and important change are used, or the options'. Where they
    are not known, shares are not assessable. Provider * is all together.
    """
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.publishing.release_outcomes import release_flow
    from evalplat.statistics.publishing.release_shares import release_change_shares
    from evalplat.statistics.shares.change_methods import ChangeMethod
    from evalplat.statistics.shares.change_shares import measure_change_shares
    from evalplat.statistics.shares.flow import measure_flow

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    own = {name: value for name, value in given.items() if value is not None}
    if "sdc" in own and ("sd" in own or "reliability" in own):
        raise click.UsageError("--sdc stands in for --sd and --reliability: give one or the other.")
    catalogue = open_catalogue()
    way = find_directions(catalogue, [scale], direction)[scale]
    frame = read_episode_table(file, only=scale)
    parameters = _find_parameters(catalogue, scale, frame, own)
    flow = measure_flow(frame)
    results = [
        measure_change_shares(frame, direction=way, parameters=parameters, method=one)
        for one in _list_methods(ChangeMethod(method.upper()), parameters)
    ]
    if not no_disclosure:
        rule = DisclosureRule()
        flow = release_flow(flow, rule)
        results = [release_change_shares(result, rule) for result in results]
    write_result(_write(flow, results, form), output)


def _list_methods(
    chosen: "ChangeMethod", parameters: "ChangeParameters"
) -> "tuple[ChangeMethod, ...]":
    """The method asked for, and GLN beside the usual one where its parameters are known."""
    from evalplat.statistics.shares.change_methods import ChangeMethod

    beside = ChangeMethod.GLN
    if chosen is ChangeMethod.JT and not parameters.missing(beside):
        return chosen, beside
    return (chosen,)


def _find_parameters(
    catalogue: "Catalogue", key: ScaleKey, frame: "pd.DataFrame", own: dict[str, float]
) -> "ChangeParameters":
    """The definition's figures or the options', and from the whole file what only the region itself can tell."""
    from evalplat.statistics.shares.change_methods import ChangeParameters, describe_population

    known: dict[str, float | None] = {}
    scale = find_scale(catalogue, key)
    if scale is not None:
        change = scale.change
        known = {
            "sd": change.sd,
            "reliability": change.reliability,
            "sdc": change.sdc,
            "mic": change.mic,
        }
    if "sdc" in own:
        known |= {"sd": None, "reliability": None}
    region = describe_population(frame["baseline"].to_numpy(), frame["end"].to_numpy())
    found: dict[str, Any] = {**known, **own}
    if found.get("reliability") is None:
        region["sd"] = None
    for name, value in region.items():
        if found.get(name) is None:
            found[name] = value
    return ChangeParameters(**found)


def _write(flow: "Flow", results: "list[ChangeShares]", form: str) -> str:
    from evalplat.reports.outcome_records import change_records, flow_records
    from evalplat.reports.records import records_csv, write_json

    if form == "csv":
        return records_csv(change_records(results))
    if form == "json":
        return write_json({"flow": flow_records(flow), "shares": change_records(results)})
    from evalplat.reports.outcome_tables import change_table, flow_table, sensitivity_table

    parts = [_draw(flow_table(flow, "en"))]
    parts.extend(_draw(change_table(result, "en")) for result in results[:1])
    if len(results) > 1:
        parts.append(_draw(sensitivity_table(results, "en")))
    return "\n".join(parts)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--rho",
    type=RELIABILITY,
    default=0.3,
    show_default=True,
    help="Assumed correlation between a client's goals, for T.",
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV, one row per provider.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def goals(
    file: Path,
    rho: float,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
) -> None:
    """How many goals were attained per provider, and how many clients reached T = 50.

    FILE is CSV or XLSX with one row per goal: provider, episode, goal, level (-2 to 2, its latest rating; empty: not
    rated) and optionally weight (importance times difficulty; 1 where empty). Intervals know that the goals of one
    client are alike. Providers are not compared on T, because each client's goals are set anew.
    """
    from evalplat.cli.goal_table import read_goal_table
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.publishing.release_goals import release_goals
    from evalplat.statistics.shares.goal_attainment import measure_goals

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    attainment = measure_goals(read_goal_table(file), rho=rho)
    if not no_disclosure:
        attainment = release_goals(attainment, DisclosureRule())
    write_result(_write_goals(attainment, form), output)


def _write_goals(attainment: "GoalAttainment", form: str) -> str:
    from evalplat.language import say
    from evalplat.reports.outcome_records import goal_records
    from evalplat.reports.outcome_tables import goal_table
    from evalplat.reports.records import records_csv, write_json

    if form == "csv":
        return records_csv(goal_records(attainment))
    if form == "json":
        return write_json(goal_records(attainment))
    warnings = "".join(f"{say(warning, 'en')}\n" for warning in attainment.warnings)
    return _draw(goal_table(attainment, "en")) + warnings


def _draw(table: object) -> str:
    from evalplat.reports.tables import Table
    from evalplat.reports.text import draw_table

    assert isinstance(table, Table)
    drawn = draw_table(
        table.headers,
        (*table.rows, table.total),
        table.numeric,
        width=find_width(),
        last_is_total=True,
    )
    notes = "".join(f"{note}\n" for note in table.notes)
    return f"{table.caption}\n\n{drawn}\n{notes}"
