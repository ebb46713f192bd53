"""The three models of a comparison in words and symbols, their figures side by side, and what their checks say."""

from collections.abc import Callable, Sequence

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.outcome_words import percent_sign
from evalplat.reports.words import DASH, choose_decimals, signed, span, tidy
from evalplat.statistics.models.cells import AS_LEVEL, AS_MEAN
from evalplat.statistics.models.model_results import Coefficient, Diagnostics, ModelCard
from evalplat.statistics.results import ProviderComparison

Pairs = list[tuple[str, str]]
SKEWED, HEAVY = 1.0, 2.0


def formula_notes(comparison: ProviderComparison, language: str) -> list[str]:
    """The models, each in a sentence and in symbols; none without a card."""
    _ = get_translator(language)
    card = comparison.card
    if card is None:
        return []
    notes = [
        _(
            "Model A, all clients together: outcome = constant + slopes × starting situation + a client's own deviation"
            " (y = a + b x + e). A provider's difference is the mean of its clients' deviations."
        ),
        _(
            "Model B, each provider by itself (fixed effects): y = a_j + b x + e. The slopes are those within"
            " providers. A provider's difference is its constant a_j less the average of all clients."
        ),
        _(
            "Model C, random intercept: y = a + b x + u_j + e, where the u_j vary between providers with variance"
            " tau². A provider's cautious estimate is u_j, drawn towards 0 by as much as it is uncertain."
        ),
        _(
            "Mundlak's check adds the provider's mean baseline to model C. The slopes are said to differ where p is"
            " under 0.05 and one standard deviation between providers means a tenth of sigma or more."
        ),
    ]
    if is_bent(card):
        notes.append(
            _(
                "The baseline enters as a natural cubic spline, a line that may bend between its knots, so that the"
                " lowest and highest scores of the scale are not expected to change like the middle ones."
            )
        )
    return notes


def is_bent(card: ModelCard) -> bool:
    """Whether the baseline enters as a spline."""
    return any(c.name.startswith("baseline_bend_") for c in card.case_mix.coefficients)


def preferred_note(comparison: ProviderComparison, language: str) -> str:
    """Which model's provider figures to go by, where it is not the cautious estimate."""
    _ = get_translator(language)
    if comparison.card is None or comparison.card.preferred != "fixed_effects":
        return ""
    return _(
        "Estimated by itself: what the provider's own clients show, with its 95% interval (fixed effects). The average"
        " of the others is not drawn upon, because there are too few providers, or they differ too little, to learn"
        " from."
    )


def slope_figures(
    comparison: ProviderComparison, language: str, word: Callable[[str, str], str]
) -> Pairs:
    """Each covariate's slope in the three models, with its standard error."""
    _ = get_translator(language)
    card = comparison.card
    if card is None:
        return []
    parts = (
        ("A", card.case_mix.coefficients),
        ("B", card.fixed_effects.slopes),
        ("C", card.random_intercept.coefficients),
    )
    names = [c.name for c in card.case_mix.coefficients if c.name != "intercept"]
    found: Pairs = []
    for name in names:
        texts = [f"{letter} {_write(_find(part, name), language)}" for letter, part in parts]
        title = _("Slope of %(name)s in models A, B, C (standard error)")
        found.append((title % {"name": word(name, language)}, "; ".join(texts)))
    return found


def _find(part: Sequence[Coefficient], name: str) -> Coefficient | None:
    return next((c for c in part if c.name == name), None)


def _write(coefficient: Coefficient | None, language: str) -> str:
    if coefficient is None or coefficient.estimate is None:
        return DASH
    text = write_number(coefficient.estimate, language, 3)
    if coefficient.se is None:
        return text
    return f"{text} ({write_number(coefficient.se, language, 3)})"


def missing_figures(
    comparison: ProviderComparison, language: str, word: Callable[[str, str], str]
) -> Pairs:
    """Of how many clients a covariate is not known, and that they are in the model nevertheless."""
    _ = get_translator(language)
    if comparison.card is None:
        return []
    treated = {
        AS_LEVEL: _("they are kept, as a group of their own"),
        AS_MEAN: _("they are kept at the average of the others, with a term of their own"),
    }
    return [
        (
            _("Clients of whom this is not known: %(name)s") % {"name": word(found.name, language)},
            f"{_few(found.count, language, _)}; {treated[found.treatment]}",
        )
        for found in comparison.card.missing
    ]


def _few(count: int | None, language: str, _: Translate) -> str:
    return _("a few") if count is None else write_number(count, language, 0)


def check_figures(comparison: ProviderComparison, language: str) -> Pairs:
    """How well the models fit and what their checks say; a figure that does not exist is left out."""
    _ = get_translator(language)
    card = comparison.card
    if card is None:
        return []
    decimals = choose_decimals(comparison)
    pairs = [
        (_("Explained by the starting situation (R², model A)"), _share(card.case_mix.r_squared, language)),
        (_("Explained with providers (R², model B)"), _share(card.fixed_effects.r_squared, language)),
        (_("Do providers differ at all? (F test, model B)"), _write_f(card, language, _)),
        (_("Mundlak's check of the baseline"), _write_mundlak(card, language, _)),
        (_("Shape of the clients' deviations"), _write_shape(card.diagnostics, language, _)),
        (_("Clients far from what was expected (over 3 sigma)"), _share(card.diagnostics.outliers, language)),
        (_("Clients at an end of the scale"), _write_ends(card.diagnostics, language, _)),
        (_("Oldham's correlation of change with the average score"), _number(card.diagnostics.oldham, language, 2)),
        (
            _("Change to be expected without any service (regression to the mean)"),
            _turned(comparison, card.diagnostics.regression, language, decimals),
        ),
        (_("Expected from a population with mean score and reliability"), _population(card, language)),
        (_("Average over providers (random effects)"), _write_summary(comparison, language, _)),
    ]  # fmt: skip
    return [(name, text) for name, text in pairs if text]


def _population(card: ModelCard, language: str) -> str:
    """Whom regression to the mean is expected from."""
    people = card.population
    if people is None or card.diagnostics.regression is None:
        return ""
    mean, reliability = (write_number(x, language, 2) for x in (people.mean, people.reliability))
    return f"{mean}; {reliability}"


def _number(value: float | None, language: str, decimals: int) -> str:
    return "" if value is None else write_number(value, language, decimals)


def _share(value: float | None, language: str) -> str:
    return (
        "" if value is None else f"{write_number(100 * value, language, 1)}{percent_sign(language)}"
    )


def _turned(
    comparison: ProviderComparison, value: float | None, language: str, decimals: int
) -> str:
    return "" if value is None else signed(comparison.direction.sign * value, language, decimals)


def _write_f(card: ModelCard, language: str, _: Translate) -> str:
    found = card.fixed_effects
    if found.f is None or found.f_p is None or found.df is None:
        return ""
    return _("F = %(f)s with %(one)s and %(two)s degrees of freedom, %(p)s") % {
        "f": write_number(found.f, language, 2),
        "one": write_number(found.f_df, language, 0),
        "two": write_number(found.df, language, 0),
        "p": _write_p(found.f_p, language),
    }


def _write_p(p: float, language: str) -> str:
    sign, shown = ("<", 0.001) if p < 0.001 else ("=", p)
    return f"p {sign} {write_number(shown, language, 3)}"


def _write_mundlak(card: ModelCard, language: str, _: Translate) -> str:
    found = card.mundlak
    if found.term is None or found.p is None:
        return {
            "not_adjusted": _("not made: the baseline is not in the model"),
            "too_few_providers": _("not made: too few providers"),
            "not_identifiable": _("not made: providers' clients start alike"),
        }.get(found.status, "")
    word = _("the slopes differ") if found.differs else _("the slopes do not differ meaningfully")
    return _("%(word)s: term %(term)s (standard error %(se)s), %(p)s") % {
        "word": word,
        "term": signed(found.term, language, 3),
        "se": write_number(found.se, language, 3),
        "p": _write_p(found.p, language),
    }


def _write_shape(found: Diagnostics, language: str, _: Translate) -> str:
    if found.skewness is None or found.kurtosis is None:
        return ""
    word = _("about normal")
    if abs(found.skewness) > SKEWED:
        word = _("clearly lopsided")
    elif found.kurtosis > HEAVY:
        word = _("more extreme ones than in a normal distribution")
    return _("%(word)s (skewness %(skewness)s, excess kurtosis %(kurtosis)s)") % {
        "word": word,
        "skewness": write_number(found.skewness, language, 1),
        "kurtosis": write_number(found.kurtosis, language, 1),
    }


def _write_ends(found: Diagnostics, language: str, _: Translate) -> str:
    parts = [
        (_("lowest score at baseline"), found.floor_baseline),
        (_("highest score at baseline"), found.ceiling_baseline),
        (_("lowest score at the end"), found.floor_end),
        (_("highest score at the end"), found.ceiling_end),
    ]
    return ", ".join(f"{word} {_share(value, language)}" for word, value in parts if value)


def _write_summary(comparison: ProviderComparison, language: str, _: Translate) -> str:
    card, decimals, sign = comparison.card, choose_decimals(comparison), comparison.direction.sign
    if card is None or card.summary is None or card.summary.mean is None:
        return ""
    found = card.summary
    low, high = found.low or 0.0, found.high or 0.0
    ends = (low, high) if sign == 1 else (-high, -low)
    return _("%(mean)s (%(span)s), I² %(share)s") % {
        "mean": signed(sign * (found.mean or 0.0), language, decimals),
        "span": span(*ends, language, decimals),
        "share": _share(found.i2, language) or DASH,
    }


def bend_word(name: str, language: str) -> str:
    """The name of a spline's column; nothing for another covariate."""
    _ = get_translator(language)
    head, _middle, number = name.partition("_bend_")
    if not number.isdigit():
        return ""
    return (
        _("bend %(number)s of the baseline score") % {"number": number}
        if head == "baseline"
        else tidy(name)
    )
