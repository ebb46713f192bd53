"""A sheet for a home visit as the device gets it, and the filled-in sheet as it comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from evalplat import language as words
from evalplat.errors import AnswersRejected, EvalplatError, Fault, Message
from evalplat.instruments.definition import All, Comparison, Instrument, Not, Test
from evalplat.instruments.questions import Step, intro_of, list_in_order, send
from evalplat.scoring.answers import check_answers
from evalplat.services.home_visits import VisitSheet
from evalplat.services.views import SheetView
from evalplat.vocabulary import Mode, Respondent
from evalplat.web.fields import new_key, read_date
from evalplat.web.flow import read_answer
from evalplat.web.languages import CLIENT_NAMES, NAMES, reader, say, show_clock, show_date
from evalplat.web.sheets import HELPED
from evalplat.web.visit_goals import name_goals, show_goals
from evalplat.web.words import nameless, word_for

NOT_STORED = Message("The sheet was not stored. What you entered is still on this device.")
MOST_ANSWERS = 300
LONGEST_ANSWER = 5_000

Json = dict[str, object]


def show_sheet(sheet: VisitSheet, *, initials: bool) -> Json:
    """One sheet to take along, in the reader's words, with the key that makes sending it twice harmless."""
    definition = sheet.definition
    return {
        "administration": sheet.administration_id,
        "episode": sheet.episode_id,
        "definition": name_goals(sheet) if sheet.goals else name_of(definition),
        "client": initials_of(sheet.client_name)
        if initials
        else sheet.client_name or say(nameless("")),
        **_words_about(sheet, reader()),
        "read": {language: _words_about(sheet, language) for language in NAMES},
        "key": new_key(),
        "base_revision": sheet.base_revision,
        "mode": sheet.mode.value,
        "respondent": sheet.respondent.value,
        "language": _language_of(sheet),
        "answers": {code: send(answer) for code, answer in sheet.answers.items()},
    }


def _words_about(sheet: VisitSheet, language: str) -> Json:
    """What staff read about a sheet. A device has it in every language: it cannot ask again on the way."""
    window = words.say(Message("not yet known"), language)
    if sheet.due_from or sheet.due_until:
        days = (words.write_date(day, language) for day in (sheet.due_from, sheet.due_until))
        window = " – ".join(days)
    return {"point": words.say(word_for(sheet.point), language), "window": window}


def show_definitions(sheets: Sequence[VisitSheet]) -> list[Json]:
    """What the sheets are filled in by: each instrument once, and the goals of each client."""
    shared = {one.definition.digest: one.definition for one in sheets if not one.goals}
    own = [show_goals(one, _language_of(one)) for one in sheets if one.goals]
    return [*map(show_definition, shared.values()), *own]


def _language_of(sheet: VisitSheet) -> str:
    """The client's wording, or what stands in for it."""
    wish = sheet.language
    return wish if wish in sheet.definition.texts else sheet.definition.text(wish).language


def initials_of(name: str) -> str:
    """`A. E.` of a name."""
    return " ".join(f"{part[0].upper()}." for part in name.replace("-", " ").split())


def name_of(definition: Instrument) -> str:
    """What tells one definition from every other, other versions of the same instrument too."""
    return f"{definition.key}/{definition.version}"


def show_definition(definition: Instrument) -> Json:
    """A definition with all its wordings, and what staff choose from in the reader's language and every other."""
    respondents = definition.respondents or tuple(Respondent)
    return {
        "name": name_of(definition),
        **_choices(definition, reader()),
        "read": {language: _choices(definition, language) for language in NAMES},
        "wordings": {code: _wording(definition, code) for code in definition.texts},
        "languages": [[code, CLIENT_NAMES.get(code, code)] for code in definition.texts],
        "of_client": Respondent.CLIENT in respondents,
    }


def _choices(definition: Instrument, language: str) -> Json:
    respondents = definition.respondents or tuple(Respondent)
    modes = definition.modes or tuple(Mode)
    return {
        "title": definition.text(language).title,
        "modes": [[mode.value, words.say(word_for(mode), language)] for mode in modes],
        "respondents": [[one.value, words.say(word_for(one), language)] for one in respondents],
        "helped": [[value, words.say(word, language)] for value, word in HELPED.items()],
    }


def _wording(definition: Instrument, language: str) -> Json:
    texts = definition.text(language)
    needs = definition.licence.official_wording and texts.status != "official"
    tests = {item.code: item.applicable_when for item in definition.items}
    return {
        "title": texts.title,
        "intro": intro_of(texts),
        "note": say(word_for(texts.status, "wording")) if needs else "",
        "steps": [
            _step(step, tests.get(step.code), language)
            for step in list_in_order(definition, language)
        ],
    }


def _step(step: Step, test: Test | None, language: str) -> Json:
    return {
        "code": step.code,
        "kind": step.kind,
        "label": step.label,
        "help": step.help,
        "options": [[option.value, option.label] for option in step.options],
        "ends": list(step.ends),
        "required": step.required,
        "declinable": step.declinable,
        "when": None if test is None else plain(test),
        "language": step.language or language,
    }


def plain(test: Test) -> Json:
    """A condition as JSON: `all`, `any` and `not` of parts, or a comparison."""
    if isinstance(test, Comparison):
        value = list(test.value) if isinstance(test.value, tuple) else test.value
        return {"field": test.field, "operator": test.operator, "value": value}
    if isinstance(test, Not):
        return {"not": plain(test.part)}
    return {"all" if isinstance(test, All) else "any": [plain(part) for part in test.parts]}


@dataclass(frozen=True, slots=True)
class Returned:
    """A filled-in sheet that a device sends."""

    raw: Mapping[str, object]
    measured_on: date
    mode: Mode
    respondent: Respondent
    language: str
    answered_with: str
    present: str
    key: str
    base_revision: int
    reason: str


def read_sheet(sent: Mapping[str, object], definition: Instrument) -> Returned:
    """What a device sent; raises AnswersRejected with every fault of the head and of the answers."""
    text = {name: _text(sent.get(name)) for name in TEXTS}
    faults: list[Fault] = []
    measured_on = read_date(text["measured_on"], "measured_on", faults)
    mode = Mode(text["mode"]) if text["mode"] in set(Mode) else None
    if mode is None:
        faults.append(Fault("mode", Message("Choose how the answers were given.")))
    respondent = Respondent(text["respondent"]) if text["respondent"] in set(Respondent) else None
    if respondent is None:
        faults.append(Fault("respondent", Message("Choose who answered.")))
    if text["answered_with"] not in HELPED:
        faults.append(Fault("answered_with", Message("Choose whether somebody helped.")))
    if text["language"] not in definition.texts:
        faults.append(Fault("language", Message("Choose the language of the form.")))
    raw = _raw(sent.get("answers"), definition)
    if faults or measured_on is None or mode is None or respondent is None:
        raise AnswersRejected(NOT_STORED, [*faults, *_faults_of(definition, raw)])
    base = sent.get("base_revision")
    return Returned(
        raw=raw,
        measured_on=measured_on,
        mode=mode,
        respondent=respondent,
        language=text["language"],
        answered_with=text["answered_with"],
        present=text["present"],
        key=text["key"],
        base_revision=base if type(base) is int and 0 <= base < 100_000 else 0,
        reason=text["reason"],
    )


TEXTS = (
    "measured_on",
    "mode",
    "respondent",
    "language",
    "answered_with",
    "present",
    "key",
    "reason",
)


def _text(value: object) -> str:
    return value.strip()[:LONGEST_ANSWER] if isinstance(value, str) else ""


def _raw(answers: object, definition: Instrument) -> dict[str, object]:
    """The answers as the validator takes them."""
    if not isinstance(answers, dict) or len(answers) > MOST_ANSWERS:
        return {}
    steps = {step.code: step for step in list_in_order(definition, reader())}
    raw: dict[str, object] = {}
    for code, value in answers.items():
        typed = _text(value)
        raw[str(code)[:64]] = read_answer(steps[code], typed) if code in steps else typed
    return raw


def _faults_of(definition: Instrument, raw: Mapping[str, object]) -> list[Fault]:
    """What is wrong with the answers, so that it is said together with what is wrong with the head."""
    try:
        check_answers(definition, raw)
    except EvalplatError as error:
        return list(error.faults)
    return []


def show_stored(stored: SheetView) -> Json:
    """The sheet that is stored already, for a comparison side by side."""
    return {
        "revision": stored.revision,
        "measured_on": stored.measured_on.isoformat(),
        "stored_on": f"{show_date(stored.submitted_at)} {show_clock(stored.submitted_at)}",
        "answers": {code: send(answer) for code, answer in stored.raw.items()},
    }


def show_faults(error: EvalplatError) -> Json:
    """Why a sheet was not stored, with every fault named by the item or the field that it belongs to."""
    return {
        "message": say(error.message),
        "faults": [{"where": fault.where, "text": say(fault.message)} for fault in error.faults],
    }
