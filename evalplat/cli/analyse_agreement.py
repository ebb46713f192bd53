"""`evalplat analyse agreement`: whether two ratings of the same clients agree, from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalplat.cli.output import choose_form, find_width, refuse_overwriting, write_result
from evalplat.cli.scale_direction import ScaleKey, find_scale, parse_scale

if TYPE_CHECKING:
    from evalplat.cli.rating_table import Ratings
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.statistics.raters.agreement import AgreementRow


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    "only",
    metavar="INSTRUMENT/SCALE",
    callback=parse_scale,
    help="Only this scale of the file.",
)
@click.option(
    "--no-disclosure",
    is_flag=True,
    help="All figures, of few clients too: for your own eyes, never for publication.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with every column.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
def agreement(
    file: Path,
    only: ScaleKey | None,
    no_disclosure: bool,
    as_json: bool,
    as_csv: bool,
    output: Path | None,
) -> None:
    """Whether two ratings agree: intraclass correlation, limits of agreement, concordance, weighted kappa.

    FILE is CSV or XLSX with one row per client (episode) and two columns of ratings, first and second, such as the
    client's own and the worker's; an empty cell is missing. With columns instrument and scale, each scale is compared
    by itself; with a column episode, a client who stands twice is found. Differences are second minus first. Kappa is
    given for whole-number ratings of at most eleven steps.
    """
    from evalplat.cli.own_catalogue import open_catalogue
    from evalplat.cli.rating_table import read_ratings
    from evalplat.statistics.disclosure import DisclosureRule
    from evalplat.statistics.publishing.release_agreement import release_row

    form = choose_form({"json": as_json, "csv": as_csv}, output)
    refuse_overwriting(file, output)
    tables = read_ratings(file, only=only)
    catalogue = open_catalogue()
    rows = tuple(_compare(catalogue, key, ratings) for key, ratings in tables.items())
    if not no_disclosure:
        rows = tuple(release_row(row, DisclosureRule()) for row in rows)
    write_result(_write(rows, form), output)


def _compare(catalogue: "Catalogue", key: ScaleKey, ratings: "Ratings") -> "AgreementRow":
    import numpy as np

    from evalplat.statistics.raters.agreement import AgreementRow, compare_ratings, list_categories

    first, second = (np.array(column, dtype=float) for column in (ratings.first, ratings.second))
    scale = find_scale(catalogue, key)
    bounds = None if scale is None else (scale.minimum, scale.maximum)
    found = compare_ratings(first, second, categories=list_categories(first, second, bounds))
    missing_first, missing_second = np.isnan(first), np.isnan(second)
    return AgreementRow(
        first=(*key, "first"),
        second=(*key, "second"),
        point="",
        found=found,
        n_first_only=int(np.sum(~missing_first & missing_second)),
        n_second_only=int(np.sum(missing_first & ~missing_second)),
    )


def _write(rows: "tuple[AgreementRow, ...]", form: str) -> str:
    from evalplat.reports.agreement_records import agreement_records
    from evalplat.reports.agreement_text import draw_agreement
    from evalplat.reports.records import records_csv, write_json

    if form == "csv":
        return records_csv(agreement_records(rows))
    if form == "json":
        return write_json(agreement_records(rows))
    return draw_agreement(rows, width=find_width())
