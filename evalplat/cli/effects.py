"""`evalplat effects`: paired effect sizes with intervals per provider and scale, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

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
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.statistics.effects import ChangeRule
    from evalplat.statistics.results import EffectRow


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way scales improve that no definition knows.",
)
@click.option(
    "--scale",
    "only",
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="Only this scale of the file.",
)
@click.option(
    "--sd",
    type=POSITIVE,
    help="SD of the scale in the norm or regional baseline, for reliable change (one scale).",
)
@click.option(
    "--reliability",
    type=RELIABILITY,
    help="Reliability of the scale, test-retest preferred, for reliable change (one scale).",
)
@click.option(
    "--sdc",
    type=POSITIVE,
    help="Smallest detectable change, instead of --sd and --reliability (one scale).",
)
@click.option("--cut-off", type=number, help="Score beyond which a client counts as recovered.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with every column.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def effects(
    file: Path,
    direction: str | None,
    only: ScaleKey | None,
    sd: float | None,
    reliability: float | None,
    sdc: float | None,
    cut_off: float | None,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
) -> None:
    """Effect sizes with intervals per provider and scale.

    FILE is CSV or XLSX with one row per episode and scale: provider, episode, instrument, scale, baseline, end; an
    empty cell is missing. Changes are end minus baseline in the scale's own direction; provider * is all together.
    Reliable change uses the definition's SD and reliability, or the options'.
    """
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.statistics.effects import summarise_effects

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    if (sd is None) != (reliability is None):
        raise click.UsageError("--sd and --reliability belong together: give both or neither.")
    given = {"sd": sd, "reliability": reliability, "sdc": sdc, "cut_off": cut_off}
    own = {name: value for name, value in given.items() if value is not None}
    frame = read_episode_table(file, only=only)
    keys = sorted(
        {(str(a), str(b)) for a, b in zip(frame["instrument"], frame["scale"], strict=True)}
    )
    if own and len(keys) > 1:
        raise click.UsageError(
            "--sd, --reliability, --sdc and --cut-off hold for one scale, but the file has "
            f"{len(keys)}: choose one with --scale."
        )
    rules = _find_rules(open_catalogue(), keys, direction, own)
    rows = summarise_effects(frame, rules, rank_intervals=True)
    write_result(_write(rows, form), output)


def _find_rules(
    catalogue: "Catalogue", keys: list[ScaleKey], direction: str | None, own: dict[str, float]
) -> "dict[ScaleKey, ChangeRule]":
    """How change is judged on each scale: the definition's figures, or those given on the command line."""
    from evalplat.statistics.effects import ChangeRule

    rules = {}
    for key, way in find_directions(catalogue, keys, direction).items():
        scale = find_scale(catalogue, key)
        figures: dict[str, float | None] = {}
        if scale is not None:
            known = scale.change
            figures = {"sd": known.sd, "reliability": known.reliability, "sdc": known.sdc}
        if "sdc" in own:
            figures = {}
        rules[key] = ChangeRule(direction=way, **{**figures, **own})
    return rules


def _write(rows: "tuple[EffectRow, ...]", form: str) -> str:
    import csv
    import io
    import json
    from dataclasses import asdict, fields

    from evalplat.exchange.tables import safe_cell
    from evalplat.statistics.results import EffectRow

    if form == "text":
        return _draw(rows)
    records = [asdict(row) for row in rows]
    if form == "json":
        return json.dumps(records, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([field.name for field in fields(EffectRow)])
    for record in records:
        writer.writerow(
            [
                safe_cell(value) if isinstance(value, str) else "" if value is None else repr(value)
                for value in record.values()
            ]
        )
    return stream.getvalue()


def _draw(rows: "tuple[EffectRow, ...]") -> str:
    """A readable table: the headline effect d_av, the raw change, reliable change where it can be told."""
    from evalplat.reports.text import draw_table
    from evalplat.reports.words import tidy

    headers = (
        "Provider", "Scale", "Started", "Pairs", "Baseline", "End", "Change", "95%", "d_av",
        "95%", "g_av", "d_z", "Rank r", "95%", "Improved", "Deteriorated", "Status",
    )  # fmt: skip
    numeric = (False, False, *(True,) * 14, False)
    cells = [
        (
            tidy(row.provider),
            tidy(f"{row.instrument}/{row.scale}"),
            str(row.n_started),
            str(row.n_pairs),
            _number(row.mean_baseline),
            _number(row.mean_end),
            _number(row.mean_change),
            _span(row.mean_change_low, row.mean_change_high),
            _number(row.d_av),
            _span(row.d_av_low, row.d_av_high),
            _number(row.g_av),
            _number(row.d_z),
            _number(row.rank_biserial),
            _span(row.rank_biserial_low, row.rank_biserial_high),
            _count(row.n_improved, row.n_recovered),
            _count(row.n_deteriorated),
            row.status,
        )
        for row in rows
    ]
    note = (
        "Change is end minus baseline in the scale's own direction; d_av has Bonett's interval, "
        "the rank-biserial correlation (rank r) that of resampling. Provider * is all together."
    )
    return draw_table(headers, cells, numeric, width=find_width()) + f"\n{note}\n"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _span(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{_number(low)} … {_number(high)}"


def _count(*values: int | None) -> str:
    known = [value for value in values if value is not None]
    return str(sum(known)) if known else "–"
