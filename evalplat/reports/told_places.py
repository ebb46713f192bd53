"""The quarter's report by municipality and sub-region: services begun and ended, and how many were measured."""

from collections.abc import Sequence

from evalplat.language import get_translator, write_date, write_number
from evalplat.reports.outcome_tables import hidden_note
from evalplat.reports.outcome_words import percent, status_word
from evalplat.reports.tables import Table
from evalplat.reports.told import Grid, Part, Prose, Report
from evalplat.reports.words import tidy
from evalplat.statistics.publishing.release_places import PlaceRow, PlaceTable
from evalplat.statistics.publishing.report_facts import PlaceFacts

WIDTHS = (34, 14, 18, 18, 16)


def tell_places_report(facts: PlaceFacts, language: str) -> Report:
    """The report, from top to bottom."""
    _ = get_translator(language)
    quarter = _("Quarter %(quarter)s of %(year)s") % {
        "quarter": facts.quarter % 10,
        "year": facts.quarter // 10,
    }
    begun = (_("Begun"), _("Measured at the start"), _("Not measured at the start"))
    ended = (_("Ended"), _("Measured at the end"), _("Not measured at the end"))
    return Report(
        title=_("Social rehabilitation by municipality"),
        lines=(facts.county, quarter),
        language=language,
        county=facts.county,
        foot=_("Made on %(day)s") % {"day": write_date(facts.made_on, language)},
        lead=(
            Prose(
                _(
                    "This report says how many services began and ended in the quarter, where the clients live, and of"
                    " how many the measurement was made that shows whether the service helps."
                )
            ),
            Prose(
                _(
                    "A municipality is the client's home when the service began. Measured is who answered at least one"
                    " instrument of the measurement plan."
                ),
                quiet=True,
            ),
        ),
        parts=(
            *_tell(facts.begun, _("Services that began"), begun, language),
            *_tell(facts.ended, _("Services that ended"), ended, language),
        ),
    )


def _tell(table: PlaceTable, heading: str, heads: Sequence[str], language: str) -> list[Part]:
    _ = get_translator(language)
    regions = [region.row for region in table.regions]
    places = sorted(
        (place for region in table.regions for place in region.places), key=lambda row: row.place
    )
    by_region = _make(regions, _("Sub-region"), heading, heads, language, county=table.county)
    by_place = _make(places, _("Municipality"), heading, heads, language)
    return [
        Part(heading, (Grid(by_region, WIDTHS),)),
        Part(_("By municipality"), (Grid(by_place, WIDTHS),), level=2),
    ]


def _make(
    rows: Sequence[PlaceRow],
    kind: str,
    caption: str,
    heads: Sequence[str],
    language: str,
    *,
    county: PlaceRow | None = None,
) -> Table:
    _ = get_translator(language)
    return Table(
        caption,
        (kind, *heads, _("Share that was measured")),
        (False, True, True, True, True),
        tuple(_cells(row, tidy(row.place), language) for row in rows),
        () if county is None else _cells(county, _("Whole county"), language),
        (hidden_note(language),),
    )


def _cells(row: PlaceRow, name: str, language: str) -> tuple[str, ...]:
    hidden = status_word("withheld", language)

    def write(count: int | None) -> str:
        return hidden if count is None else write_number(count, language, 0)

    # Of the counts as they are shown: exact ones would tell more than these do.
    open_ = row.together and row.measured is not None and row.unmeasured is not None
    share = (row.measured or 0) / ((row.measured or 0) + (row.unmeasured or 0)) if open_ else None
    return (
        name,
        write(row.together),
        write(row.measured),
        write(row.unmeasured),
        hidden if share is None else percent(share, language),
    )
