"""Words that several reports share: domains, periods, definitions with their denominators, and the report's origin."""

from datetime import date

from evalplat.language import get_translator, write_date
from evalplat.reports.tables import Table
from evalplat.reports.told import Grid, Part, Prose
from evalplat.statistics.publishing.report_facts import ReportFacts
from evalplat.vocabulary import Domain


def domain_word(domain: Domain, language: str) -> str:
    """What a scale speaks of."""
    _ = get_translator(language)
    return {
        Domain.SOCIAL_FUNCTIONING: _("Social functioning"),
        Domain.EVERYDAY_FUNCTIONING: _("Everyday functioning"),
        Domain.LIFE_MANAGEMENT: _("Life management"),
        Domain.PARTICIPATION: _("Participation"),
        Domain.WELLBEING: _("Wellbeing"),
        Domain.GOALS: _("Goals"),
        Domain.FEEDBACK: _("Feedback on the service"),
    }[domain]


def period_words(start: date | None, end: date | None, language: str) -> str:
    """Which episodes a report is about."""
    _ = get_translator(language)
    days = {"start": write_date(start, language), "end": write_date(end, language)}
    if start and end:
        return _("Episodes opened %(start)s – %(end)s") % days
    if start:
        return _("Episodes opened from %(start)s on") % days
    return _("Episodes opened until %(end)s") % days if end else _("All episodes")


def feedback_period(facts: ReportFacts) -> Prose:
    """Of when the feedback is: it is counted by finished quarters and whole years, apart from episodes."""
    _ = get_translator(facts.language)
    if facts.feedback_year is None:
        return Prose(
            _("Feedback of all quarters that were over when this report was made."), quiet=True
        )
    return Prose(
        _("Feedback given in %(year)s, of quarters that were over when this report was made.")
        % {"year": facts.feedback_year},
        quiet=True,
    )


def tell_definitions(language: str) -> Part:
    """What each figure counts and of whom it is a share."""
    _ = get_translator(language)
    rows = (
        (
            _("Started"),
            _("Episodes that were opened in the period and plan this measurement."),
            _("They are the denominator of coverage."),
        ),
        (
            _("Measured twice"),
            _("Episodes with a score at the start and a score at the end of the service."),
            _("Share: of those who started."),
        ),
        (
            _("Completed the service"),
            _("Episodes that were closed because the service was carried through."),
            _("Share: of those who started."),
        ),
        (
            _("Improvement"),
            _("The last score less the first, turned so that more is better."),
            _("Mean: of those measured twice."),
        ),
        (
            _("Adjusted improvement"),
            _(
                "The county's average improvement plus how far clients came beyond, or stayed below, what clients with"
                " the same starting situation attain on average."
            ),
            _("Mean: of those measured twice."),
        ),
        (
            _("Improved, no certain change, got worse"),
            _("Whether a client's score changed by more than measurement error alone would give."),
            _("Share: of those measured twice."),
        ),
        (
            _("Goals attained"),
            _("Goals that were rated at the agreed level or better."),
            _("Share: of all rated goals."),
        ),
        (
            _("Not shown"),
            _(
                "Fewer than 5 people stand behind the figure, or such a figure could be worked out from it. Counts are"
                " rounded to fives."
            ),
            "–",
        ),
    )
    table = Table(
        _("What the figures mean"),
        (_("Term"), _("What it means"), _("Of whom")),
        (False, False, False),
        rows,
        (),
        (),
    )
    return Part(_("Definitions"), (Grid(table, (22, 48, 30)),))
