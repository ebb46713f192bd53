"""An instrument as an XLSForm (XLSX) for ODK, Kobo and the like, in all its languages; answers can be imported back."""

from typing import Any

from evalplat.errors import Message
from evalplat.exchange.export.names import slug
from evalplat.exchange.forms.conditions import simplify, write_logic
from evalplat.exchange.forms.redcap import (
    DAY,
    DECLINE,
    POINT,
    VOUCHER,
    label_options,
    name_fields,
    rename,
)
from evalplat.exchange.import_words import POINTS, first_name
from evalplat.exchange.text_cells import as_text, save_book
from evalplat.instruments.definition import Instrument, Item
from evalplat.instruments.questions import Step, list_in_order
from evalplat.language import say
from evalplat.scoring.answers import DECLINED

LANGUAGES = {
    "en": "English (en)",
    "fi": "Suomi (fi)",
    "sv": "Svenska (sv)",
    "fi-x-selko": "Selkosuomi (fi-x-selko)",
}
OUT_OF_RANGE = Message("Give a number from %(low)s to %(high)s.")

Sheet = list[dict[str, str]]


def make_form(definition: Instrument, language: str = "en") -> dict[str, Sheet]:
    """The three sheets of the form, by name; `language` is the one it opens in."""
    codes = list(definition.texts)
    steps = {code: list_in_order(definition, code) for code in codes}
    own = steps[definition.text(language).language]
    names = name_fields(definition, own)
    survey: Sheet = [
        {"type": "text", "name": "voucher", "required": "yes", **_say(codes, VOUCHER)},
        {"type": "select_one point", "name": "point", "required": "yes", **_say(codes, POINT)},
        {"type": "date", "name": "measured_on", "required": "yes", **_say(codes, DAY)},
    ]
    choices: Sheet = [
        {
            "list_name": "point",
            "name": str(point),
            **{_head("label", c): first_name(POINTS, point, c.partition("-")[0]) for c in codes},
        }
        for point in POINTS
    ]
    items = {item.code: item for item in definition.items}
    for place, step in enumerate(own):
        told = {code: steps[code][place] for code in codes}
        survey.append(_ask(definition, step, items.get(step.code), told, names))
        choices += _list_choices(names[step.code], told)
    settings = {
        "form_title": definition.text(language).title,
        "form_id": slug(definition.key).lower(),
        "version": definition.version,
        "default_language": LANGUAGES.get(definition.text(language).language, language),
    }
    return {"survey": survey, "choices": choices, "settings": [settings]}


def write_form(definition: Instrument, language: str = "en") -> bytes:
    """The form as a workbook of texts only."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in make_form(definition, language).items():
        _fill(book.create_sheet(name), rows)
    return save_book(book)


def _fill(sheet: Any, rows: Sheet) -> None:
    heads = list(dict.fromkeys(head for row in rows for head in row))
    for place, head in enumerate(heads, start=1):
        as_text(sheet.cell(1, place), head)
        for number, row in enumerate(rows, start=2):
            if row.get(head):
                as_text(sheet.cell(number, place), row[head])


def _head(name: str, code: str) -> str:
    return f"{name}::{LANGUAGES.get(code, code)}"


def _say(codes: list[str], message: Message) -> dict[str, str]:
    return {_head("label", code): say(message, code) for code in codes}


def _ask(
    definition: Instrument,
    step: Step,
    item: Item | None,
    told: dict[str, Step],
    names: dict[str, str],
) -> dict[str, str]:
    name = names[step.code]
    row = {"type": f"select_one {name}" if step.options else "text", "name": name}
    row |= {_head("label", code): one.label for code, one in told.items()}
    row |= {_head("hint", code): one.help for code, one in told.items() if one.help}
    if item is not None and item.number is not None:
        low, high = f"{item.number.minimum:g}", f"{item.number.maximum:g}"
        row["type"] = "integer" if item.number.whole else "decimal"
        row["constraint"] = f". >= {low} and . <= {high}"
        row |= {
            _head("constraint_message", code): say(
                Message(OUT_OF_RANGE.template, low=low, high=high), code
            )
            for code in told
        }
    if item is not None and item.required:
        row["required"] = "yes"
    if item is not None and item.applicable_when is not None:
        logic = rename(simplify(item.applicable_when, definition), names)
        row["relevant"] = write_logic(logic, "${%s}", "!=", DECLINED)
    return row


def _list_choices(name: str, told: dict[str, Step]) -> Sheet:
    """The answers to one question, and that one does not want to answer."""
    options = {code: label_options(step) for code, step in told.items()}
    first = next(iter(options.values()))
    if not first:
        return []
    rows = [
        {
            "list_name": name,
            "name": option.value,
            **{_head("label", code): options[code][place].label for code in told},
        }
        for place, option in enumerate(first)
    ]
    declined = {_head("label", code): say(DECLINE, code) for code in told}
    return [*rows, {"list_name": name, "name": DECLINED, **declined}]
