"""Counts by municipality and sub-region as they may be published, so that no count of one to four can be derived.

Municipalities add up to their sub-region, sub-regions to the county, and in each row what was measured and what was not
add up to all. Each sub-region is a table of municipalities, and the county one of sub-regions, released as
`suppression_tables` says. Two things join them:

1. Where a sub-region's figure had to be withheld for its municipalities' sake, though it is not small itself, the
   county's own figures are withheld, because they less the other sub-regions would give it away.
2. Where anything of a sub-region is withheld in the county's table, nothing of its municipalities is shown, because
   they could be added up.

Reference: Hundepool et al. 2012, Statistical Disclosure Control, chapter 4, on linked tables. Checked with linear
programming: the least and greatest value of each withheld small count, given all that is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalplat.statistics.publishing.suppression import CountRule
from evalplat.statistics.publishing.suppression_tables import ReleasedTable, withhold_table

WIDTH = 3
"""Measured, not measured, and both together."""

Counts = Mapping[str, Mapping[str, Sequence[int]]]
"""By sub-region and municipality: how many were measured, and how many were not."""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One municipality, sub-region or the county: measured, not measured, and all; None is withheld."""

    place: str
    measured: int | None
    unmeasured: int | None
    together: int | None


@dataclass(frozen=True, slots=True)
class SubRegion:
    """A sub-region's figures, and those of its municipalities."""

    row: PlaceRow
    places: tuple[PlaceRow, ...]


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """The county by sub-region and municipality, released."""

    regions: tuple[SubRegion, ...]
    county: PlaceRow


def release_places(counts: Counts, rule: CountRule) -> PlaceTable:
    """The counts as they may be published; places in their given order."""
    inner = {
        region: withhold_table([list(row) for row in places.values()], rule)
        for region, places in counts.items()
    }
    exact = [
        [sum(row[column] for row in places.values()) for column in (0, 1)]
        for places in counts.values()
    ]
    outer = withhold_table(exact, rule)
    regions = []
    spoilt = False
    for number, (region, places) in enumerate(counts.items()):
        own = inner[region]
        seen = (*outer.cells[number], outer.rows[number])
        within = (*own.columns, own.total)
        sums = (*exact[number], sum(exact[number]))
        spoilt = spoilt or any(
            figure is None and not rule.hides(count)
            for figure, count in zip(within, sums, strict=True)
        )
        both = [
            None if inside is None else figure for figure, inside in zip(seen, within, strict=True)
        ]
        regions.append(
            SubRegion(PlaceRow(region, *both), _list_places(places, own, open_=None not in seen))
        )
    # Without a place there are no columns.
    shown = () if spoilt else (*outer.columns, outer.total)
    county = PlaceRow("", *(shown if len(shown) == WIDTH else (None,) * WIDTH))
    return PlaceTable(tuple(regions), county)


def _list_places(
    places: Mapping[str, Sequence[int]], own: ReleasedTable, *, open_: bool
) -> tuple[PlaceRow, ...]:
    return tuple(
        PlaceRow(place, *((*cells, total) if open_ else (None,) * WIDTH))
        for place, cells, total in zip(places, own.cells, own.rows, strict=True)
    )
