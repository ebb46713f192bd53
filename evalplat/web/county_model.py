"""The comparison's further choices in its address: a bent line of the baseline, and a population."""

from dataclasses import dataclass
from math import isfinite

from flask import request

from evalplat.errors import Fault, InputRejected, Message
from evalplat.services.model_choices import ModelChoice
from evalplat.statistics.models.regression_to_mean import Population


@dataclass(frozen=True, slots=True)
class ModelForm:
    """The choices as the page shows them again."""

    spline: str
    population_mean: str
    reliability: str

    @property
    def given(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.spline or self.population_mean or self.reliability)


def read_model_form() -> ModelForm:
    """The choices in the query string; an empty one is none."""
    return ModelForm(
        *(
            request.args.get(name, "").strip()[:20]
            for name in ("spline", "population_mean", "reliability")
        )
    )


def build_model() -> ModelChoice:
    """What the service takes; raises InputRejected with every fault of the two numbers."""
    form = read_model_form()
    faults: list[Fault] = []
    mean = _read_number(form.population_mean, "population_mean", faults)
    reliability = _read_number(form.reliability, "reliability", faults)
    if not faults and (mean is None) != (reliability is None):
        missing = "population_mean" if mean is None else "reliability"
        faults.append(Fault(missing, Message("Give both, the mean and the reliability.")))
    if reliability is not None and not 0 <= reliability <= 1:
        faults.append(Fault("reliability", Message("A reliability lies between 0 and 1.")))
    if faults:
        raise InputRejected(Message("The comparison could not be made."), faults)
    if mean is None or reliability is None:
        return ModelChoice(form.spline)
    return ModelChoice(form.spline, Population(mean, reliability))


def _read_number(text: str, where: str, faults: list[Fault]) -> float | None:
    """A number with a decimal point or comma; None for nothing."""
    if not text:
        return None
    try:
        found = float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        found = float("nan")
    if isfinite(found):
        return found
    faults.append(Fault(where, Message("%(value)s is not a number", value=text)))
    return None
