"""Names that FHIR and LOINC give to things, and our own for what only we have. Names only: nothing is fetched."""

from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from evalplat.instruments.definition import Instrument
from evalplat.vocabulary import Respondent

Release = Literal["R4", "R5"]
RELEASES: tuple[Release, ...] = ("R4", "R5")

STRUCTURES = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION = STRUCTURES + "translation"
ITEM_WEIGHT = STRUCTURES + "itemWeight"
ORDINAL_VALUE = STRUCTURES + "ordinalValue"
MIN_VALUE, MAX_VALUE = STRUCTURES + "minValue", STRUCTURES + "maxValue"
ABSENT = STRUCTURES + "data-absent-reason"
COMPLETION_MODE = STRUCTURES + "questionnaireresponse-completionMode"
DISPLAY_CATEGORY = STRUCTURES + "questionnaire-displayCategory"
DISPLAY_CATEGORIES = "http://hl7.org/fhir/questionnaire-display-category"
ENABLE_EXPRESSION = (
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
)
GAS_LEVELS = "http://hl7.org/fhir/us/pco/StructureDefinition/pco-goal-attainment-scaling"
CATEGORIES = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT_REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UNITS = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
OWN = "urn:evalplat:"

GAS = {"system": LOINC, "code": "107332-9", "display": "Goal attainment scale - Reported"}
GAS_BASELINE = {
    "system": LOINC,
    "code": "112296-9",
    "display": "Goal attainment scale GAS baseline",
}
GAS_BY = {
    Respondent.CLIENT: {
        "system": LOINC, "code": "107334-5",
        "display": "Patient follow-up goal attainment scaling score",
    },
    Respondent.WORKER: {
        "system": LOINC, "code": "107333-7",
        "display": "Practitioner follow-up goal attainment scaling score",
    },
    Respondent.PROXY: {
        "system": LOINC, "code": "107331-1",
        "display": "Caregiver follow-up goal attainment scaling score",
    },
    Respondent.TOGETHER: GAS,
}  # fmt: skip
"""LOINC's code for a rating, by who rated."""

LEVELS = {
    2: {"system": LOINC, "code": "LA34479-8", "display": "Much better than expected"},
    1: {"system": LOINC, "code": "LA34480-6", "display": "Better than expected"},
    0: {"system": LOINC, "code": "LA34481-4", "display": "Expected outcome"},
    -1: {"system": LOINC, "code": "LA34483-0", "display": "Less than expected"},
    -2: {"system": LOINC, "code": "LA34484-8", "display": "Much less than expected"},
}
"""LOINC's answers for the five levels of goal attainment."""


def canonical(definition: Instrument) -> str:
    """The name of an instrument's Questionnaire, without its version."""
    return f"{OWN}instrument:{definition.key}"


def answer_system(definition: Instrument, code: str) -> str:
    """The name of the list of answers to one question."""
    return f"{OWN}answers:{definition.key}:{code}"


def make_id(*parts: object) -> str:
    """An id that is the same each time, made from what the thing is; our random ids may hold signs FHIR does not."""
    return str(uuid5(NAMESPACE_URL, OWN + ":".join(str(part) for part in parts)))


def identify(kind: str, value: str) -> dict[str, str]:
    """An identifier of ours."""
    return {"system": f"{OWN}{kind}", "value": value}


def subject_of(client: str) -> dict[str, Any]:
    """The client as a random id; no Patient is handed out, so nothing leads further."""
    return {"type": "Patient", "identifier": identify("client", client)}


def clean(text: str) -> str:
    """A text without the signs that FHIR's strings may not hold."""
    return "".join(c for c in text if c in "\t\r\n" or (c >= " " and not "\ud800" <= c <= "\udfff"))
