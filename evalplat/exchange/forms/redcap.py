"""An instrument as a REDCap data dictionary (CSV), so that a county can collect elsewhere and import the answers back.

Beside the items stand the fields that an import needs: voucher, point, day. Every choice can be declined, as here; what
REDCap hands out again (`evalplat import`) is understood by these names.
"""

import csv
from io import StringIO

from evalplat.errors import Message
from evalplat.exchange.export.names import Wanted, give_names
from evalplat.exchange.forms.conditions import Atom, Joined, Logic, simplify, write_logic
from evalplat.exchange.import_words import POINTS, first_name
from evalplat.exchange.tables import safe_cell
from evalplat.instruments.definition import Instrument, Item
from evalplat.instruments.questions import Choice, Step, list_in_order
from evalplat.language import say
from evalplat.scoring.answers import DECLINED

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
RECORD, VOUCHER = Message("Record"), Message("Voucher number")
POINT, DAY = Message("Measurement point"), Message("Day of measuring")
DECLINE = Message("I do not want to answer")
LONGEST_FORM = 60


def make_dictionary(definition: Instrument, language: str) -> list[dict[str, str]]:
    """The rows of the dictionary, by REDCap's own names of columns."""
    steps = list_in_order(definition, language)
    names = name_fields(definition, steps)
    form = next(iter(give_names([Wanted((definition.key,), (definition.key,))]))).lower()
    form = form[:LONGEST_FORM]
    points = " | ".join(f"{point}, {first_name(POINTS, point, language)}" for point in POINTS)
    rows = [
        _row("record_id", form, "text", say(RECORD, language)),
        _row("voucher", form, "text", say(VOUCHER, language), required="y"),
        _row("point", form, "dropdown", say(POINT, language), points, required="y"),
        _row("measured_on", form, "text", say(DAY, language), validation="date_ymd", required="y"),
    ]
    items = {item.code: item for item in definition.items}
    rows += [_ask(definition, step, items.get(step.code), names, form, language) for step in steps]
    return rows


def write_dictionary(definition: Instrument, language: str) -> bytes:
    """The dictionary as a file; no cell of it runs as a formula."""
    stream = StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in make_dictionary(definition, language):
        writer.writerow([safe_cell(row.get(column, "")) for column in COLUMNS])
    return stream.getvalue().encode("utf-8")


def name_fields(definition: Instrument, steps: list[Step]) -> dict[str, str]:
    """The name of each question's field: small letters, digits and underscores, unlike one another."""
    wanted = [Wanted((step.code,), (definition.key, step.code)) for step in steps]
    return {s.code: name.lower() for s, name in zip(steps, give_names(wanted), strict=True)}


def _row(
    name: str,
    form: str,
    kind: str,
    label: str,
    choices: str = "",
    validation: str = "",
    required: str = "",
) -> dict[str, str]:
    return {
        "Variable / Field Name": name,
        "Form Name": form,
        "Field Type": kind,
        "Field Label": label,
        "Choices, Calculations, OR Slider Labels": choices,
        "Text Validation Type OR Show Slider Number": validation,
        "Required Field?": required,
    }


def _ask(
    definition: Instrument,
    step: Step,
    item: Item | None,
    names: dict[str, str],
    form: str,
    language: str,
) -> dict[str, str]:
    choices = [f"{option.value}, {option.label}" for option in label_options(step)]
    kind, validation, low, high = "radio", "", "", ""
    if choices:
        choices.append(f"{DECLINED}, {say(DECLINE, language)}")
    elif item is not None and item.number is not None:
        kind, validation = "text", "integer" if item.number.whole else "number"
        low, high = f"{item.number.minimum:g}", f"{item.number.maximum:g}"
    else:
        kind = "notes"
    row = _row(names[step.code], form, kind, step.label, " | ".join(choices), validation)
    row["Text Validation Min"], row["Text Validation Max"] = low, high
    row["Field Note"] = step.help
    row["Required Field?"] = "y" if item is not None and item.required else ""
    row["Field Annotation"] = f"{definition.key} {definition.version} {step.code}"
    if item is not None and item.applicable_when is not None:
        logic = rename(simplify(item.applicable_when, definition), names)
        row["Branching Logic (Show field only if...)"] = write_logic(logic, "[%s]", "<>", DECLINED)
    return row


def label_options(step: Step) -> list[Choice]:
    """The answers of a question with their words; numbers side by side keep the words of their ends."""
    first, last = step.ends
    options = list(step.options)
    return [
        Choice(
            option.value,
            first if first and n == 0 else last if last and n == len(options) - 1 else option.label,
        )
        for n, option in enumerate(options)
    ]


def rename(logic: Logic, names: dict[str, str]) -> Logic:
    """A condition with the names that fields have elsewhere."""
    if isinstance(logic, Joined):
        return Joined(logic.every, tuple(rename(part, names) for part in logic.parts))
    return Atom(names.get(logic.field, logic.field), logic.sign, logic.value)
