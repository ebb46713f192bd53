"""Where each role starts, and what its menu holds."""

from dataclasses import dataclass

from flask import url_for

from evalplat.errors import Message
from evalplat.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    endpoint: str
    label: Message
    covers: tuple[str, ...] = ()

    def is_here(self, endpoint: str | None) -> bool:
        """Whether the page at `endpoint` belongs under this line."""
        return endpoint == self.endpoint or endpoint in self.covers


OF_ERASURES = ("erasures.show_all", "erasures.show", "erasures.decide", "erasures.propose")
OF_RETENTION = (
    "retention.show_all",
    "retention.show",
    "retention.post_confirm",
    "retention.post_cancel",
)

WORKLIST = Entry(
    "desk.show_worklist",
    Message("Worklist"),
    (
        *("contact_requests.show_requests", "contact_requests.answer", "desk.open_from_voucher"),
        *("imports.begin", "imports.store", "imports.show_receipt"),
        *("exports.show_choices", "exports.write_file"),
    ),
)
FEEDBACK = Entry("feedback.show_all", Message("Feedback"), ("feedback_texts.decide",))
REPORTS = Entry("reports.show_county_choices", Message("Reports"), ("reports.write_county_file",))
OWN_RESULTS = Entry(
    "own_results.show_results",
    Message("Own results"),
    ("comments.write", "feedback.show_own", "reports.show_own_choices", "reports.write_own_file"),
)
ALERTS = Entry("alerts.show_open", Message("Alerts"), ("data_quality.show_own",))
QUALITY = Entry("data_quality.show_county", Message("Data quality"))
VISITS = Entry(
    "home_visits.show_visits", Message("Home visits"), ("home_visits.prepare", "home_visits.leave")
)
ANALYSES: tuple[Entry, ...] = (
    Entry("comparisons.show_comparison", Message("Providers")),
    Entry("county_outcomes.show_outcomes", Message("Outcomes")),
    Entry("county_effects.show_effects", Message("Effect sizes")),
    Entry("county_attrition.show_attrition", Message("Missing ends")),
    Entry("county_sustained.show_sustained", Message("Does it last?")),
    Entry("county_value.show_value", Message("Value for money")),
    Entry("county_trend.show_trend", Message("Trend")),
    Entry("county_combination.show_combination", Message("Scales")),
    Entry("county_agreement.show_agreement", Message("Agreement")),
)
"""The county's analyses of one scale, as tabs; each takes the same query."""

COMPARISON = Entry(
    "comparisons.show_comparison",
    Message("Comparison of providers"),
    covers=tuple(entry.endpoint for entry in ANALYSES),
)
INSTRUMENTS = Entry(
    "administration.show_instruments",
    Message("Instruments"),
    (
        *("administration.show_instrument", "plans.show_plans", "plans.edit"),
        *("designer.show_drafts", "designer.start", "designer.edit", "designer.preview"),
    ),
)
PROVIDERS = Entry(
    "providers.show_providers",
    Message("Providers"),
    ("providers.change", "municipalities.show_all"),
)
ACCOUNTS = Entry(
    "staff_accounts.show_accounts",
    Message("Accounts"),
    ("staff_accounts.show_account", "staff_accounts.add", "tokens.show_all"),
)
REMINDERS = Entry("reminders.show_reminders", Message("Reminders"))
CASELOAD = Entry(
    "caseload.show_clients",
    Message("Clients"),
    (
        "exports.show_choices",
        "exports.write_file",
        "rights.show_requests",
        "rights.answer",
        *OF_ERASURES,
    ),
)
EXPORT = Entry(
    "exports.show_county_choices", Message("Export scores"), ("exports.write_county_file",)
)
UNUSED = Entry("data_quality.show_unused", Message("Unused vouchers"))
GRANT = Entry("vouchers.grant", Message("Grant a voucher"))
DATA_PROTECTION = Entry(
    "data_protection.show_home",
    Message("Data protection"),
    (
        *("data_protection.show_notes", "data_protection.answer", "access_log.show_log"),
        *(*OF_ERASURES, *OF_RETENTION),
    ),
)
OVERVIEW = Entry(
    "county_overview.show_overview",
    Message("Overview"),
    ("county_provider.choose", "county_provider.show_provider"),
)
OVERVIEW_AND_MORE = Entry(
    OVERVIEW.endpoint, OVERVIEW.label, (*OVERVIEW.covers, "data_quality.show_county")
)
"""For administrators, whose menu has no room for the quality of data: the overview leads there."""

MENUS: dict[Role, tuple[Entry, ...]] = {
    Role.PROVIDER_WORKER: (WORKLIST, VISITS, ALERTS, OWN_RESULTS),
    Role.PROVIDER_MANAGER: (WORKLIST, VISITS, ALERTS, OWN_RESULTS, REMINDERS),
    Role.CASE_WORKER: (CASELOAD, GRANT, UNUSED),
    Role.ANALYST: (OVERVIEW, COMPARISON, FEEDBACK, REPORTS, QUALITY, INSTRUMENTS, EXPORT),
    Role.ADMINISTRATOR: (
        *(OVERVIEW_AND_MORE, COMPARISON, FEEDBACK, REPORTS),
        *(PROVIDERS, ACCOUNTS, INSTRUMENTS, DATA_PROTECTION),
    ),
}


def home_of(role: Role) -> str:
    """The address a role starts at."""
    return url_for(MENUS[role][0].endpoint)
