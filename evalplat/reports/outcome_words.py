"""What stages of the flow, categories of change, and withheld counts are called, and sentences about them."""

from evalplat.errors import Message
from evalplat.language import get_translator, say, write_number
from evalplat.reports.words import DASH, signed
from evalplat.statistics.shares.change_methods import ChangeMethod
from evalplat.statistics.shares.change_shares import ChangeShares
from evalplat.statistics.shares.flow import COMPLETERS, PAIRS, STARTERS
from evalplat.statistics.shares.proportions import Difference


def stage_word(key: str, language: str) -> str:
    """What a stage of the flow counts."""
    _ = get_translator(language)
    return {
        "baseline": _("First measurement"),
        "completed": _("Completed the service"),
        "end": _("Last measurement"),
        "end_of_completers": _("Last measurement"),
        "pairs": _("Both scores"),
        "follow_up": _("Follow-up"),
        "follow_up_of_pairs": _("Follow-up"),
    }[key]


def denominator_word(denominator: str, language: str) -> str:
    """Of whom a share is."""
    _ = get_translator(language)
    return {
        STARTERS: _("of those who started"),
        COMPLETERS: _("of those who completed"),
        PAIRS: _("of those with both scores"),
    }[denominator]


def category_word(key: str, language: str) -> str:
    """What a category of change is called."""
    _ = get_translator(language)
    return {
        "improved": _("Improved"),
        "unchanged": _("No certain change"),
        "deteriorated": _("Got worse"),
        "recovered": _("Recovered"),
        "harmed": _("Fell below the cut-off"),
        "important": _("Important improvement"),
    }[key]


def status_word(status: str, language: str) -> str:
    """Why a share has no figure, in place of the figure."""
    _ = get_translator(language)
    return {
        "few": _("under 5"),
        "nearly_all": _("all but under 5"),
        "withheld": _("not shown"),
        "unknown": DASH,
        "nobody": DASH,
    }.get(status, status)


def percent(share: float | None, language: str) -> str:
    """A share as a whole percentage."""
    if share is None:
        return DASH
    return f"{write_number(100 * share, language, 0)}{percent_sign(language)}"


def percent_sign(language: str) -> str:
    """The sign as the language sets it."""
    return "%" if language == "en" else "\u00a0%"


def percent_span(low: float | None, high: float | None, language: str) -> str:
    """An interval of shares: `25–52 %`."""
    if low is None or high is None:
        return ""
    ends = "–".join(write_number(100 * end, language, 0) for end in (low, high))
    return f"{ends}{percent_sign(language)}"


def points(found: Difference | None, language: str) -> str:
    """A difference of shares in percentage points with its interval."""
    if found is None:
        return DASH
    low, high = signed(100 * found.low, language, 0), signed(100 * found.high, language, 0)
    return f"{signed(100 * found.value, language, 0)} ({low} … {high})"


def parameter_word(name: str, language: str) -> str:
    """What a parameter of reliable change is called."""
    _ = get_translator(language)
    return {
        "sd": _("standard deviation in the population"),
        "reliability": _("reliability"),
        "mean": _("mean of the population"),
        "sd_end": _("standard deviation at the end"),
        "mean_end": _("mean at the end"),
        "reliability_end": _("reliability at the end"),
        "correlation": _("correlation of first and last scores"),
        "reliability_of_change": _("a reliability of the change itself above 0"),
    }.get(name, name)


def method_word(method: ChangeMethod, language: str) -> str:
    """A method of reliable change, by those who described it."""
    _ = get_translator(language)
    return {
        ChangeMethod.JT: _("Jacobson and Truax"),
        ChangeMethod.GLN: _("Gulliksen, Lord and Novick"),
        ChangeMethod.EN: _("Edwards and Nunnally"),
        ChangeMethod.NK: _("Nunnally and Kotsch"),
        ChangeMethod.HA: _("Hageman and Arrindell"),
    }[method]


def say_figures(message: Message, language: str) -> str:
    """A message with its figures in the reader's number format."""
    values = {
        name: write_number(value, language, 1) if isinstance(value, float) else value
        for name, value in message.values.items()
    }
    return say(Message(message.template, **values), language)


def change_notes(shares: ChangeShares, language: str) -> tuple[str, ...]:
    """How to read the shares of change, or why there are none."""
    _ = get_translator(language)
    if shares.status == "not_assessable":
        names = ", ".join(parameter_word(name, language) for name in shares.missing)
        return (
            _(
                "It cannot be told whose change is more than measurement error, because this is not known of the scale:"
                " %(names)s. So no shares are shown."
            )
            % {"names": names},
            *(say_figures(warning, language) for warning in shares.warnings),
        )
    if shares.status == "no_pairs":
        return (_("No client has both scores in this period, so there are no shares yet."),)
    notes = [
        _(
            "Improved or worse is a client whose score changed by more than measurement error alone would give"
            " (%(method)s). All others show no certain change."
        )
        % {"method": method_word(shares.method, language)}
    ]
    if shares.sdc is not None:
        notes.append(
            _("The smallest change that can be told from measurement error is %(sdc)s points.")
            % {"sdc": write_number(shares.sdc, language, 1)}
        )
    notes.append(
        _(
            "There is no group without the service to compare with: an improvement is not by itself what the service"
            " brought about."
        )
    )
    notes.extend(say_figures(warning, language) for warning in shares.warnings)
    return tuple(notes)
