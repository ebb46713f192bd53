"""What missing end measurements may hide, in plain sentences, and what the ways of dealing with the lost are called."""

from collections.abc import Iterator

from evalplat.language import Translate, get_translator, write_number
from evalplat.reports.words import DASH, name_some, signed, span
from evalplat.statistics.missing.attrition_results import (
    FAIR_METHODS,
    AttritionResult,
    AttritionRow,
)
from evalplat.statistics.missing.bounds import Bounds
from evalplat.statistics.missing.cohort import Estimate
from evalplat.vocabulary import Verdict

NOTABLE = 0.2


def method_word(method: str, language: str) -> str:
    """A way of dealing with the lost, in a few words."""
    _ = get_translator(language)
    return {
        "complete_cases": _("Only clients measured twice"),
        "weighting": _("Those measured twice, weighted for those like them who were lost"),
        "imputation": _("The lost given what similar clients reached"),
        "repeated_measures": _("A model of both measurements that allows gaps"),
        "carried_forward": _("The lost counted as unchanged"),
        "manski": _("The lost at the worst and at the best possible score"),
    }[method]


def short_method_word(method: str, language: str) -> str:
    """The same as the head of a column."""
    _ = get_translator(language)
    return {
        "complete_cases": _("Measured twice"),
        "weighting": _("Weighted"),
        "imputation": _("Imputed"),
        "repeated_measures": _("Model"),
        "carried_forward": _("Lost unchanged"),
        "manski": _("Whatever the lost reached"),
    }[method]


def assumption_word(method: str, language: str) -> str:
    """What must be true for a way of dealing with the lost to be right."""
    _ = get_translator(language)
    alike = _("The lost fared like clients of the same provider who began alike and stayed.")
    return {
        "complete_cases": _("The lost fared like those who stayed, whoever they are."),
        "weighting": alike,
        "imputation": alike,
        "repeated_measures": alike,
        "carried_forward": _("Nobody among the lost changed. Cautious where clients improve."),
        "manski": _("Nothing. The truth cannot lie outside."),
    }[method]


def turn(found: Estimate, sign: int) -> tuple[float | None, float | None, float | None]:
    """An estimate and its interval, turned so that more is better."""
    if found.value is None:
        return None, None, None
    if found.low is None or found.high is None:
        return sign * found.value, None, None
    low, high = sorted((sign * found.low, sign * found.high))
    return sign * found.value, low, high


def turn_bounds(found: Bounds, sign: int) -> tuple[float | None, float | None]:
    """Bounds turned so that more is better."""
    if found.low is None or found.high is None:
        return None, None
    low, high = sorted((sign * found.low, sign * found.high))
    return low, high


def choose_decimals(sigma: float | None) -> int:
    """As many decimals as the scale deserves."""
    return 1 if sigma is None or sigma >= 3 else 2 if sigma >= 0.3 else 3


def write_share(value: float | None, language: str) -> str:
    """A share in per cent; a dash where there is none."""
    if value is None:
        return DASH
    return f"{write_number(100 * value, language, 0)}{'%' if language == 'en' else chr(160) + '%'}"


def flag_words(row: AttritionRow, language: str) -> str:
    """A provider's warnings about follow-up, in words."""
    _ = get_translator(language)
    words = {"many_lost": _("many lost"), "apart": _("apart")}
    return ", ".join(words[name] for name in row.flags)


def turning_words(row: AttritionRow, language: str, decimals: int) -> str:
    """At which shift of the lost a provider's position turns, and to what."""
    _ = get_translator(language)
    if row.turning.shift is None or row.turning.becomes is None:
        return DASH
    becomes = {
        Verdict.ABOVE: _("%(shift)s: above"),
        Verdict.AS_EXPECTED: _("%(shift)s: within"),
        Verdict.BELOW: _("%(shift)s: below"),
    }[row.turning.becomes]
    return becomes % {"shift": signed(row.turning.shift, language, decimals)}


def conclude(result: AttritionResult, language: str) -> list[str]:
    """All that a reader should know, most important first. Says only what the result shows."""
    return [
        *say_overall(result, language),
        *say_what_if(result, language),
        *say_providers(result, language),
    ]


def say_overall(result: AttritionResult, language: str) -> list[str]:
    """How many were lost, who they were, and what the average of all is if they fared like others."""
    _ = get_translator(language)
    whole = result.overall
    if result.status != "ok":
        known = {
            "nobody": _("No client has a first measurement in this period."),
            "nobody_followed": _(
                "No client was measured again, so nothing can be said of their change."
            ),
        }
        few = _("Too few clients were measured twice to say anything.")
        return [known.get(result.status, few)]
    if whole.n_lost is None:
        return [_("Too few clients were not measured again to say more about them.")]
    if whole.n_lost == 0:
        return [_("Every client with a first measurement was measured again: nothing is hidden.")]
    counts = {
        "lost": write_number(whole.n_lost, language, 0),
        "n": write_number(whole.n, language, 0),
        "share": write_share(1 - (whole.followed_share or 0.0), language),
    }
    return [
        _("%(lost)s of %(n)s clients with a first measurement were not measured again (%(share)s).") % counts,
        *_say_who(result, _),
        *_say_fair(result, language, _),
    ]  # fmt: skip


def say_what_if(result: AttritionResult, language: str) -> list[str]:
    """What it would take to change the answer; nothing where nobody was lost or little is shown."""
    _ = get_translator(language)
    if result.status != "ok" or not result.overall.n_lost:
        return []
    return [
        *_say_harsh(result, language, _),
        _("No calculation can tell what became of the lost. The only cure is to measure more of them."),
    ]  # fmt: skip


def say_providers(result: AttritionResult, language: str) -> list[str]:
    """Whether providers differ in follow-up, and which lost many."""
    _ = get_translator(language)
    if result.status != "ok":
        return []
    return list(_say_providers(result, language, _))


def _say_who(result: AttritionResult, _: Translate) -> Iterator[str]:
    start = next((row for row in result.contrasts if row.name == "baseline"), None)
    if start is None or start.smd is None:
        return
    better = result.direction.sign * start.smd
    if abs(better) < NOTABLE:
        yield _("The lost began much like the others.")
    elif better < 0:
        yield _("The lost began worse off than the others.")
    else:
        yield _("The lost began better off than the others.")


def _say_fair(result: AttritionResult, language: str, _: Translate) -> Iterator[str]:
    whole, sign, digits = result.overall, result.direction.sign, choose_decimals(result.sigma)
    complete, low, high = turn(whole.complete_cases, sign)
    found = [turn(whole.estimate(name), sign)[0] for name in FAIR_METHODS]
    fair = sorted(value for value in found if value is not None)
    if complete is None or not fair:
        return
    first, last = (signed(value, language, digits) for value in (fair[0], fair[-1]))
    yield _(
        "Clients measured twice improved by %(complete)s points on average. If the lost fared like similar clients who"
        " stayed, the average of all is %(range)s."
    ) % {
        "complete": signed(complete, language, digits),
        "range": first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last},
    }  # fmt: skip
    off = sum(fair) / len(fair) - complete
    reach = (high - low) / 2 if low is not None and high is not None else 0.0
    if abs(off) <= reach / 2:
        yield _(
            "So the lost hardly change the picture, unless they fared otherwise than similar clients."
        )
    elif off > 0:
        yield _("So the average of those measured twice is probably too low.")
    else:
        yield _("So the average of those measured twice is probably too high.")


def _is_beyond_scale(result: AttritionResult, shift: float) -> bool:
    """Whether nobody could fare so much better or worse, because the whole scale is narrower."""
    if result.lowest is None or result.highest is None:
        return False
    return abs(shift) > result.highest - result.lowest


def _say_harsh(result: AttritionResult, language: str, _: Translate) -> Iterator[str]:
    sign, digits = result.direction.sign, choose_decimals(result.sigma)
    carried = turn(result.overall.carried_forward, sign)[0]
    if carried is not None:
        yield _("If none of the lost changed at all, the average would be %(value)s.") % {
            "value": signed(carried, language, digits)
        }
    zero, near = result.tipping.zero, result.tipping.uncertain
    if zero is not None and _is_beyond_scale(result, zero if near is None else near):
        zero = None
    if zero is not None:
        points = {"points": write_number(abs(zero), language, digits)}
        yield (
            _("The average would be zero if the lost fared %(points)s points worse than similar clients.")
            if sign * zero < 0
            else _("The average would be zero if the lost fared %(points)s points better than similar clients.")
        ) % points  # fmt: skip
    if near is not None and zero is not None and abs(near) < abs(zero):
        yield _("From %(points)s points on, the change could no longer be told from chance.") % {
            "points": write_number(abs(near), language, digits)
        }
    low, high = turn_bounds(result.overall.manski, sign)
    if low is not None and high is not None:
        yield _("Without any assumption the average of all could be anything in %(range)s.") % {
            "range": span(low, high, language, digits)
        }


def _say_providers(result: AttritionResult, language: str, _: Translate) -> Iterator[str]:
    if result.n_unrepresented:
        yield _("%(count)s clients are of providers that measured nobody again: only the bounds speak of them.") % {
            "count": write_number(result.n_unrepresented, language, 0)
        }  # fmt: skip
    p = result.rate_test.p
    if p is not None:
        yield (
            _("Providers differ in how many they measure again, by more than chance.")
            if p < 0.05
            else _("Providers do not differ in how many they measure again by more than chance.")
        )
    many = [row.provider for row in result.rows if "many_lost" in row.flags]
    if many:
        yield _("More than 30%% were lost at: %(names)s.") % {"names": name_some(many, language)}
    apart = [row.provider for row in result.rows if "apart" in row.flags]
    if apart:
        yield _("More than 10 percentage points from the county’s average: %(names)s.") % {
            "names": name_some(apart, language)
        }
