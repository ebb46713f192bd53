"""`evalplat export`: sums that a county hands to others, after disclosure control, and answer sheets as a file."""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalplat.cli.compare import missing_covariates_option, parse_covariates
from evalplat.cli.export_sheets import sheets
from evalplat.cli.output import refuse_overwriting, write_result
from evalplat.cli.scale_direction import DIRECTIONS, ScaleKey, find_directions, parse_scale

if TYPE_CHECKING:
    import pandas as pd

DAYS = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def export() -> None:
    """Write sums for other counties, or answer sheets as a file."""


export.add_command(sheets)


def _parse_scales(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[ScaleKey, ...]:
    found = [parse_scale(context, parameter, value) for value in values]
    return tuple(dict.fromkeys(scale for scale in found if scale is not None))


@export.command("moments")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--county", help="Whose sums they are; needed with FILE.")
@click.option(
    "--scale",
    "scales",
    multiple=True,
    metavar="INSTRUMENT/SCALE",
    callback=_parse_scales,
    help="A scale to hand over; may be given several times. Without it, all of them.",
)
@click.option(
    "--adjust",
    metavar="A,B,…",
    help="What others may adjust for beside the baseline; age,sex from the database.",
)
@click.option(
    "--direction",
    type=click.Choice(sorted(DIRECTIONS)),
    help="Which way the scales of FILE improve, when no definition knows it.",
)
@missing_covariates_option
@click.option("--from", "start", type=DAYS, help="Only episodes opened from this day on.")
@click.option("--until", type=DAYS, help="Only episodes opened until this day, itself included.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def moments(
    file: Path | None,
    county: str | None,
    scales: tuple[ScaleKey, ...],
    adjust: str | None,
    direction: str | None,
    missing_covariates: str | None,
    start: datetime | None,
    until: datetime | None,
    output: Path | None,
) -> None:
    """Write a county's sums over pairs as JSON, for a comparison over counties: no client's row, no small count.

    Without FILE they come from the database (EVALPLAT_DATABASE_URL), over whole months that are over. FILE is a table
    of episodes as `evalplat compare` reads it; --from and --until then need its column opened_on. Compare documents
    with `evalplat compare --federated`.
    """
    days = tuple(None if day is None else day.date() for day in (start, until))
    period = (days[0], days[1])
    names = parse_covariates(adjust or "", unadjusted=False)
    if file is None:
        if direction is not None:
            raise click.UsageError("--direction is for FILE; the database knows its scales.")
        if missing_covariates is not None:
            raise click.UsageError("--missing-covariates is for FILE.")
        chosen = names[1:] if adjust is not None else ("age", "sex")
        document = _export_database(county, scales, chosen, period)
    else:
        refuse_overwriting(file, output)
        if not (county or "").strip():
            raise click.UsageError("Say with --county NAME whose sums these are.")
        document = _export_file(
            file,
            county or "",
            scales,
            names,
            direction,
            period,
            missing_covariates or "indicator",
        )
    write_result(json.dumps(document, ensure_ascii=False, indent=1) + "\n", output)


Period = tuple[date | None, date | None]


def _export_database(
    county: str | None, scales: Sequence[ScaleKey], adjust: Sequence[str], period: Period
) -> dict[str, Any]:
    from evalplat.config import load_settings
    from evalplat.services.actors import Actor
    from evalplat.services.federation import export_moments
    from evalplat.wiring import build_wiring

    settings = load_settings(os.environ)
    actor = Actor.system("handing sums to a comparison over counties")
    with closing(build_wiring(settings)) as wiring, wiring.reading(actor) as session:
        return export_moments(
            session,
            wiring.catalogue,
            actor,
            county=county or settings.county,
            scales=scales,
            adjust=adjust,
            period_from=period[0],
            period_until=period[1],
            at=wiring.clock(),
        )


def _export_file(
    file: Path,
    county: str,
    scales: Sequence[ScaleKey],
    covariates: Sequence[str],
    direction: str | None,
    period: Period,
    missing_covariates: str,
) -> dict[str, Any]:
    from evalplat.cli.episode_table import read_episode_table
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.services.federation import sum_episodes, write_county

    catalogue = open_catalogue()
    dates = ("opened_on",) if any(period) else ()
    only = scales[0] if len(scales) == 1 else None
    frame = read_episode_table(file, only=only, covariates=covariates, dates=dates)
    keys = list(scales) or sorted(set(zip(frame["instrument"], frame["scale"], strict=True)))
    ways = find_directions(catalogue, keys, direction)
    found = []
    for key in keys:
        part = frame[(frame["instrument"] == key[0]) & (frame["scale"] == key[1])]
        if part.empty:
            raise click.UsageError(f"{file.name} has no row of the scale {'/'.join(key)}.")
        found.append(
            sum_episodes(
                _choose_days(part, period),
                key,
                direction=ways[key],
                covariates=covariates,
                catalogue=catalogue,
                missing_covariates=missing_covariates,
            )
        )
    today = datetime.now(UTC).date()
    return write_county(found, county=county, period=period, covariates=covariates, on=today)


def _choose_days(frame: "pd.DataFrame", period: Period) -> "pd.DataFrame":
    """The episodes opened in a period; one without a day of opening is in none."""
    start, until = period
    if not any(period):
        return frame
    inside = [
        day is not None and (start is None or start <= day) and (until is None or day <= until)
        for day in frame["opened_on"]
    ]
    return frame[inside]
