"""How a comparison's model may differ from the usual one, beside what it is adjusted for.

A population that somebody chooses never meets a client's score: by trying one mean after another, the places where a
rounded expectation jumps would give the clients' exact average away. So the comparison is made with a population fixed
here, released, and only then turned to the chosen one.
"""

from dataclasses import dataclass, replace

from evalplat.errors import Fault, Message
from evalplat.instruments.definition import Scale
from evalplat.statistics.models.regression_to_mean import Population
from evalplat.statistics.models.splines import SplineRule
from evalplat.statistics.results import ProviderComparison

SPLINES = ("quantiles", "range")

FIXED = Population(0.0, 0.0)
"""Lets expect the negative of a mean baseline."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What is chosen of the model.

    spline: where the knots of a bent baseline stand, one of SPLINES; "" for a straight line. population: the people
    that the clients come from; None for what the scale's definition knows of them.
    """

    spline: str = ""
    population: Population | None = None


USUAL = ModelChoice()


def list_faults(choice: ModelChoice, scale: Scale, adjust: tuple[str, ...]) -> list[Fault]:
    """What of the choice cannot be."""
    faults = []
    if choice.spline and choice.spline not in SPLINES:
        message = Message("There is no such line: choose from the list.")
        faults.append(Fault("spline", message))
    elif choice.spline and "baseline" not in adjust:
        message = Message("Only the line of the score at the baseline can bend: adjust for it.")
        faults.append(Fault("spline", message))
    people = choice.population
    if people is not None and not scale.minimum <= people.mean <= scale.maximum:
        message = Message(
            "Scores of this scale lie between %(low)s and %(high)s.",
            low=f"{scale.minimum:g}",
            high=f"{scale.maximum:g}",
        )
        faults.append(Fault("population_mean", message))
    return faults


def make_rule(choice: ModelChoice, scale: Scale) -> SplineRule | None:
    """Where the knots of the chosen spline stand."""
    if choice.spline == "range":
        return SplineRule(low=scale.minimum, high=scale.maximum)
    return SplineRule() if choice.spline else None


def expect_from(population: Population, released: ProviderComparison) -> ProviderComparison:
    """A released comparison that was made with FIXED, with what another population lets expect."""
    card = released.card
    if card is None:
        return released

    def turn(figure: float | None) -> float | None:
        return None if figure is None else population.expect_change(-figure)

    rows = tuple(replace(row, regression=turn(row.regression)) for row in released.rows)
    checks = replace(card.diagnostics, regression=turn(card.diagnostics.regression))
    return replace(
        released, rows=rows, card=replace(card, population=population, diagnostics=checks)
    )
