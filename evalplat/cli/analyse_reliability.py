"""`evalplat analyse reliability`: how reliable an instrument's scales are in a file of answer sheets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.score import find_instrument, show_progress

if TYPE_CHECKING:
    from evalplat.instruments.definition import Instrument
    from evalplat.statistics.raters.reliability import ReliabilityRow

SHOWN_EVERY = 500


@click.command()
@click.argument("instrument")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--version", help="Version of the instrument; the latest without it.")
@click.option("--scale", metavar="SCALE", help="Only this scale, with a line for each item.")
@click.option("--items", is_flag=True, help="A row for each item instead of each scale.")
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few sheets too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with every column.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def reliability(
    instrument: str,
    file: Path,
    version: str | None,
    scale: str | None,
    items: bool,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
) -> None:
    """How reliable the scales of an instrument are: alpha, omega, items, floor and ceiling, SEM and SDC.

    INSTRUMENT is a key of `evalplat instruments list`, or the path of a definition (.toml). FILE holds answer sheets
    as `evalplat score` reads them; take one sheet of each client. Items count as the scale counts them, reversed ones
    turned. The definition's published reliability and SDC stand beside the file's own and stay what is computed with.
    """
    from evalplat.exchange.sheets import read_sheets
    from evalplat.exchange.tables import open_table
    from evalplat.scoring.item_values import SheetCollector
    from evalplat.services.scale_reliability import measure_scales
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.publishing.release_agreement import release_reliability

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    definition = find_instrument(instrument, version)
    keys = _choose_scales(definition, scale)
    collector = SheetCollector(definition)
    with open_table(file) as table, show_progress(table) as advance:
        for number, (_key, values, facts) in enumerate(read_sheets(definition, table), start=1):
            collector.add(values, facts)
            if not number % SHOWN_EVERY:
                advance(number)
    rows = measure_scales(collector, keys)
    if not no_disclosure:
        rows = tuple(release_reliability(row, DisclosureRule()) for row in rows)
    write_result(_write(rows, form, items=items, detailed=scale is not None), output)


def _choose_scales(definition: "Instrument", scale: str | None) -> tuple[str, ...] | None:
    if scale is None:
        return None
    # INSTRUMENT/SCALE, as the other commands want it, names the same scale.
    key = scale.removeprefix(f"{definition.key}/")
    known = [one.key for one in definition.scales]
    if key not in known:
        raise click.UsageError(f"{definition.key} has no scale {scale}; it has {', '.join(known)}.")
    return (key,)


def _write(rows: "tuple[ReliabilityRow, ...]", form: str, *, items: bool, detailed: bool) -> str:
    from evalplat.reports.agreement_records import item_records, reliability_records
    from evalplat.reports.agreement_text import draw_items, draw_reliability
    from evalplat.reports.records import records_csv, write_json

    if form == "csv":
        return records_csv(item_records(rows) if items else reliability_records(rows))
    if form == "json":
        scales, all_items = reliability_records(rows), item_records(rows)
        whose = ("instrument", "scale", "variant")
        return write_json(
            [
                {
                    **scale,
                    "items": [
                        {name: value for name, value in item.items() if name not in whose}
                        for item in all_items
                        if all(item[name] == scale[name] for name in whose)
                    ],
                }
                for scale in scales
            ]
        )
    width = find_width()
    parts = [] if items else [draw_reliability(rows, width=width)]
    if items or detailed:
        parts.append(draw_items(rows, width=width))
    return "\n".join(parts)
