"""How a comparison was computed, in words and figures that a reader can check: method, model card, provenance."""

from collections.abc import Mapping

from evalplat.errors import Message
from evalplat.language import get_translator, say, write_number
from evalplat.reports.level_words import level_word
from evalplat.reports.limit_words import limit_notes
from evalplat.reports.model_words import (
    bend_word,
    check_figures,
    formula_notes,
    missing_figures,
    slope_figures,
)
from evalplat.reports.words import (
    DASH,
    RANKABLE,
    choose_decimals,
    local_days,
    scale_key,
    signed,
    tidy,
    turned_note,
)
from evalplat.statistics.results import ProviderComparison
from evalplat.statistics.verdicts import VerdictRule

Pairs = list[tuple[str, str]]


def reading_notes(comparison: ProviderComparison, language: str) -> list[str]:
    """How the figures are to be read, and what they do not say."""
    _ = get_translator(language)
    return [
        _(
            "Every client is compared with what clients in the same starting situation attained on average in the"
            " whole county. A provider's adjusted improvement is the county's average plus how far its own clients"
            " came beyond, or stayed below, what was expected of them."
        )
        if comparison.adjusted_for
        else _(
            "These figures are not adjusted for the clients' starting situation. Providers whose clients started"
            " worse or better cannot be compared fairly by them."
        ),
        _(
            "Small numbers vary by chance. The expected range shows how far a provider of a given size may lie from the"
            " average: 95 of 100 such providers lie inside the narrower range, 998 of 1,000 inside the wider one."
        ),
        _(
            "A position beyond the wider range is a reason to look closer, first at the data, then at the clients and"
            " the service. It is not a judgement on the provider."
        ),
        _(
            "There is no comparison with people who got no service. So an improvement is not the same as the effect of"
            " the service: some would have happened without it."
        ),
        turned_note(comparison, language),
    ]


def method_notes(comparison: ProviderComparison, language: str) -> list[str]:
    """The method in a statistician's words."""
    _ = get_translator(language)
    rule = VerdictRule()
    outcome = _("end score") if "baseline" in comparison.adjusted_for else _("change in score")
    notes = [
        _(
            "Case-mix: indirect standardisation by ordinary least squares over all providers' complete pairs;"
            " the outcome is the %(outcome)s. Standard error of a provider: sigma divided by the square root of its"
            " number of pairs."
        )
        % {"outcome": outcome},
        *limit_notes(comparison, language),
        _(
            "Cautious estimates: random intercept per provider by restricted maximum likelihood (REML) with the same"
            " covariates; the interval is plus or minus 1.96 conditional standard deviations."
        ),
        _(
            "A position is stated from %(many)s pairs on, or from %(few)s pairs when the reliability of the estimate is"
            " at least %(reliability)s; beyond expected variation means outside the funnel's outer limits."
        )
        % {
            "many": rule.verdict_from,
            "few": rule.estimates_from,
            "reliability": write_number(rule.reliability_from, language, 1),
        },
    ]
    formula = _formula(comparison, language)
    first = [*notes[:1], formula] if formula else notes[:1]
    return [*first, *notes[1:], *formula_notes(comparison, language)]


def _formula(comparison: ProviderComparison, language: str) -> str:
    """The case-mix model with its coefficients: expected end score = 8.13 + 0.642 × baseline score …"""
    _ = get_translator(language)
    if "intercept" not in dict(comparison.coefficients):
        return ""
    parts: list[str] = []
    for name, value in comparison.coefficients:
        number = write_number(abs(value), language, _digits(value))
        sign = "− " if value < 0 else "+ " if parts else ""
        factor = "" if name == "intercept" else f" × {covariate_word(name, language)}"
        parts.append(f"{sign}{number}{factor}")
    left = (
        _("expected end score")
        if "baseline" in comparison.adjusted_for
        else _("expected change in score")
    )
    return f"{left[:1].upper()}{left[1:]} = {' '.join(parts)}."


def _digits(value: float) -> int:
    """Three significant digits, at least one and at most six decimals."""
    size = abs(value)
    for decimals, bound in ((1, 100), (2, 10), (3, 0.1), (4, 0.01), (5, 0.001)):
        if size >= bound:
            return decimals
    return 6


def covariate_word(name: str, language: str) -> str:
    """A covariate's name, with its level if it has one; a name we do not know stays as it is."""
    _ = get_translator(language)
    bend = bend_word(name, language)
    if bend:
        return bend
    name, _equals, level = name.partition("=")
    word = {
        "intercept": _("constant"),
        "baseline": _("baseline score"),
        "age": _("age in years"),
        "sex": _("sex"),
        "language": _("language"),
        "municipality": _("municipality"),
        "sub_region": _("sub-region"),
        "living_situation": _("living situation"),
        "employment": _("employment"),
        "mode": _("how the answers were given"),
        "assistance": _("help with answering"),
        "wording": _("wording of the form"),
    }.get(name, tidy(name))
    if not level:
        return word
    known = level_word(name, level)
    return f"{word}: {say(known, language) if known else tidy(level)}"


def adjustment_words(comparison: ProviderComparison, language: str) -> str:
    """What the comparison is adjusted for, as a list in words."""
    _ = get_translator(language)
    names = [covariate_word(name, language) for name in comparison.adjusted_for]
    return ", ".join(names) or _("nothing")


def model_figures(comparison: ProviderComparison, language: str) -> Pairs:
    """The model's figures, each with what it is."""
    _ = get_translator(language)
    decimals = choose_decimals(comparison) + 1

    def number(value: float | None, digits: int = 3) -> str:
        return write_number(value, language, digits)

    return [
        (_("Pairs in the model"), number(comparison.n_pairs, 0)),
        (_("Adjusted for"), adjustment_words(comparison, language)),
        (
            _("Average improvement (target)"),
            signed(comparison.target_improvement, language, decimals),
        ),
        (_("Residual standard deviation of a client (sigma)"), number(comparison.sigma, decimals)),
        (_("Over-dispersion of the funnel (phi)"), number(comparison.phi)),
        (_("Variance between providers, Spiegelhalter (tau²)"), number(comparison.tau2_funnel)),
        (
            _("Variance between providers that positions go by (tau²)"),
            number(comparison.verdict_spread.tau2 if comparison.verdict_spread else None),
        ),
        (_("Variance between providers, random intercept (tau²)"), number(comparison.tau2)),
        (_("Variance between clients, random intercept (sigma²)"), number(comparison.sigma2)),
        (_("REML criterion"), number(comparison.reml_criterion, 2)),
        (_("Rankability"), _rankability(comparison, language)),
        *missing_figures(comparison, language, covariate_word),
        *slope_figures(comparison, language, covariate_word),
        *check_figures(comparison, language),
    ]


def _rankability(comparison: ProviderComparison, language: str) -> str:
    _ = get_translator(language)
    value = comparison.rankability
    if value is None:
        return DASH
    grade = _("poor: no order of providers is shown")
    if value >= RANKABLE:
        grade = _("good") if value > 0.75 else _("moderate")
    return f"{write_number(value, language, 2)} ({grade})"


def warning_notes(comparison: ProviderComparison, language: str) -> list[str]:
    """What the computation warns of, in the reader's language."""
    return [say(_in_words(warning, language), language) for warning in comparison.warnings]


def _in_words(warning: Message, language: str) -> Message:
    """The warning with the covariate it names called as on the page."""
    name = warning.values.get("name")
    if not isinstance(name, str):
        return warning
    return Message(warning.template, **{**warning.values, "name": covariate_word(name, language)})


def _period(stored: str, language: str) -> str:
    """A period of two days with a slash between them, of which one may be open, in the reader's words."""
    _ = get_translator(language)
    start, slash, end = (local_days(part, language) for part in stored.partition("/"))
    if not slash or (start and end):
        return f"{start}–{end}" if slash else start
    return _("from %(day)s on") % {"day": start} if start else _("until %(day)s") % {"day": end}


WORDINGS = {
    "official": Message("Official wording"),
    "descriptive": Message("Descriptive labels, not the official wording"),
    "mixed": Message("Partly descriptive labels, not the official wording"),
}


def provenance_figures(
    comparison: ProviderComparison, language: str, titles: Mapping[str, str] | None = None
) -> Pairs:
    """Where the figures come from; what is not known is left out."""
    _ = get_translator(language)
    source = comparison.provenance
    title = (titles or {}).get(scale_key(comparison), "")
    pairs = [
        (_("Scale"), f"{tidy(title)} ({scale_key(comparison)})" if title else scale_key(comparison))
    ]
    if source is not None:
        pairs += [
            (_("Instrument and version"), f"{source.instrument} {source.version}"),
            (_("Fingerprint of the definition (SHA-256)"), source.digest),
            (
                _("Wording of the questions"),
                say(WORDINGS[source.wording], language) if source.wording else "",
            ),
            (_("Period"), _period(source.period, language)),
            (_("Data until"), local_days(source.data_cutoff, language)),
            (
                _("Program version"),
                f"evalplat {source.code_version}" if source.code_version else "",
            ),
        ]
    return [(name, tidy(value)) for name, value in pairs if value]
