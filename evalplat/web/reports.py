"""Reports to take along: the county's and any provider's for the county, the own one for a provider's manager.

A page of choices, and the file at an address of its own. Every figure is the one that the pages show, released.
"""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from evalplat.episodes.periods import first_of_month, last_of_month
from evalplat.errors import EvalplatError, Fault, InputRejected, Message
from evalplat.reports.report_files import TYPES, write_report
from evalplat.reports.told import KINDS, Report
from evalplat.services.place_reports import gather_places
from evalplat.services.providers import list_providers
from evalplat.services.report_facts import ReportQuery, gather_county, gather_own
from evalplat.services.views import ProviderView
from evalplat.vocabulary import LANGUAGES, Role
from evalplat.web.access import COUNTY_READERS, staff
from evalplat.web.context import Page, actor, current_wiring, now
from evalplat.web.fields import read_date
from evalplat.web.files import give_file
from evalplat.web.languages import reader

bp = Blueprint("reports", __name__)

NOT_MADE = Message("The report was not made.")
OF_COUNTY, OF_PROVIDER, OF_PLACES = "county", "provider", "municipalities"


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen, as the page shows it again."""

    about: str
    provider: str
    period_from: str
    period_until: str
    kind: str
    language: str


@bp.get("/county/reports")
@staff(*COUNTY_READERS)
def show_county_choices() -> Page:
    """Which report, of which period, in which language and form."""
    return _show()


@bp.get("/county/reports/file")
@staff(*COUNTY_READERS)
def write_county_file() -> Page:
    """The report, or the page again with what is to be mended."""
    return _give()


@bp.get("/desk/results/reports")
@staff(Role.PROVIDER_MANAGER)
def show_own_choices() -> Page:
    """The same for a provider's manager: the own report."""
    return _show()


@bp.get("/desk/results/reports/file")
@staff(Role.PROVIDER_MANAGER)
def write_own_file() -> Page:
    """The own report, or the page again."""
    return _give()


def _show(error: EvalplatError | None = None) -> Page:
    of_county = _of_county()
    page = render_template(
        "desk/reports.html",
        choices=_read(),
        providers=[(one.id, one.name) for one in _providers()] if of_county else [],
        target="reports.write_county_file" if of_county else "reports.write_own_file",
        of_county=of_county,
        languages=LANGUAGES,
        error=error,
    )
    return (page, 422) if error else page


def _of_county() -> bool:
    return actor().role in COUNTY_READERS


def _providers() -> tuple[ProviderView, ...]:
    wiring, who = current_wiring(), actor()
    with wiring.reading(who) as database:
        return list_providers(database, who)


def _read() -> Choices:
    """The choices in the address; without any, the county's report of all time as PDF in the reader's language."""
    asked = request.args
    return Choices(
        about=_one_of("about", (OF_COUNTY, OF_PROVIDER, OF_PLACES)),
        provider=asked.get("provider", "").strip()[:40],
        period_from=asked.get("from", "").strip()[:20],
        period_until=asked.get("until", "").strip()[:20],
        kind=_one_of("kind", KINDS),
        language=_one_of("labels", (reader(), *LANGUAGES)),
    )


def _one_of(name: str, allowed: tuple[str, ...]) -> str:
    wish = request.args.get(name, "")
    return wish if wish in allowed else allowed[0]


def _give() -> Page:
    choices = _read()
    try:
        name, report = _tell(choices)
    except InputRejected as rejected:
        return _show(rejected)
    return give_file(write_report(report, choices.kind), TYPES[choices.kind], name, choices.kind)


def _tell(choices: Choices) -> tuple[str, Report]:
    """How the file is called, and the report; raises InputRejected with every fault of the form."""
    from evalplat.reports.told_county import tell_county_report
    from evalplat.reports.told_places import tell_places_report
    from evalplat.reports.told_provider import tell_provider_report

    wanted = _check(choices)
    wiring, who = current_wiring(), actor()
    if not _of_county():
        with wiring.reading(who) as database:
            own, facts = gather_own(database, wiring.catalogue, who, wanted, at=now())
        return "own-report", tell_provider_report(facts, own)
    if choices.about == OF_PLACES:
        with wiring.reading(who) as database:
            found = gather_places(database, who, quarter=None, at=now())
        return "municipalities-report", tell_places_report(found, choices.language)
    about_all = choices.about == OF_COUNTY
    with wiring.reading(who) as database:
        facts = gather_county(
            database, wiring.catalogue, who, wanted, at=now(), with_value=about_all
        )
    if about_all:
        return "county-report", tell_county_report(facts)
    name = next(one.name for one in _providers() if one.id == choices.provider)
    return "provider-report", tell_provider_report(facts, name)


def _check(choices: Choices) -> ReportQuery:
    """What is asked for, of whole months, as everywhere; raises InputRejected with every fault of the form."""
    faults: list[Fault] = []
    start = read_date(choices.period_from, "from", faults, optional=True)
    until = read_date(choices.period_until, "until", faults, optional=True)
    if start is not None and until is not None and until < start:
        faults.append(Fault("until", Message("The period ends before it begins.")))
    names = _of_county() and choices.about == OF_PROVIDER
    if names and choices.provider not in {one.id for one in _providers()}:
        faults.append(Fault("provider", Message("Choose the provider that the report is about.")))
    if faults:
        raise InputRejected(NOT_MADE, faults)
    return ReportQuery(
        first_of_month(start) if start else None,
        last_of_month(until) if until else None,
        choices.language,
    )
