"""The demo's comparison and what is written of it: the same bytes every time."""

from dataclasses import dataclass
from pathlib import Path

from evalplat.demo.fill import NOON
from evalplat.demo.installation import Demo, at_cutoff
from evalplat.demo.staff import SYSTEM
from evalplat.demo.truth import PROVIDERS
from evalplat.services.comparisons import ComparisonQuery, compare_providers
from evalplat.statistics.results import ProviderComparison

ADJUST = ("baseline", "age", "sex", "living_situation")
HEADLINE = ComparisonQuery("whodas-2.0-12", "total", adjust=ADJUST)
ALSO_REPORTED = (
    ComparisonQuery("3x10d", "life", adjust=ADJUST),
    ComparisonQuery("worker-observation", "participation", adjust=ADJUST),
)


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """Where the files are."""

    county_report: Path
    provider_report: Path
    table: Path


def compare_demo(demo: Demo) -> tuple[ProviderComparison, ...]:
    """The comparisons that the demo's reports show; the first is the one printed."""
    wiring = at_cutoff(demo, NOON)
    with wiring.reading(SYSTEM) as session:
        return tuple(
            compare_providers(session, wiring.catalogue, SYSTEM, query, at=NOON)
            for query in (HEADLINE, *ALSO_REPORTED)
        )


def write_files(
    demo: Demo, comparisons: tuple[ProviderComparison, ...], language: str
) -> DemoFiles:
    """Write the county's report, the largest provider's, and the table as CSV."""
    from evalplat.reports.county_pdf import write_county_report
    from evalplat.reports.provider_pdf import write_provider_report
    from evalplat.reports.tables import comparison_csv

    titles = _name_scales(demo, comparisons, language)
    files = DemoFiles(
        demo.folder / "county-report.pdf",
        demo.folder / "provider-report.pdf",
        demo.folder / "comparison.csv",
    )
    county, day = "Varsinais-Suomi", NOON.date()
    files.county_report.write_bytes(
        write_county_report(comparisons, language, county=county, titles=titles, made_on=day)
    )
    files.provider_report.write_bytes(
        write_provider_report(
            comparisons,
            PROVIDERS[0].name,
            language,
            county=county,
            titles=titles,
            made_on=day,
        )
    )
    files.table.write_text(comparison_csv(comparisons[0]), encoding="utf-8")
    return files


def _name_scales(
    demo: Demo, comparisons: tuple[ProviderComparison, ...], language: str
) -> dict[str, str]:
    names = {}
    for one in comparisons:
        texts = demo.wiring.catalogue.get(one.instrument).text(language)
        names[f"{one.instrument}/{one.scale}"] = (
            f"{texts.short_title}: {texts.scales.get(one.scale, one.scale)}"
        )
    return names
