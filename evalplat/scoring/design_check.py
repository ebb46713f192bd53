"""Checking a design with the very loader of the files, and saying each fault at the field where it is mended."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalplat.errors import DefinitionRejected, EvalplatError, Fault, Message
from evalplat.instruments.definition import Instrument
from evalplat.instruments.design_files import put_files, stem_of, write_files
from evalplat.instruments.loader import load_definition
from evalplat.scoring.answers import check_answers
from evalplat.scoring.examples import check_examples, examples_path
from evalplat.scoring.results import ScaleScore
from evalplat.scoring.score import score

IN_LANGUAGE = {
    "fi": (Message("Write this in Finnish."), Message("Write this in Finnish in fewer words.")),
    "sv": (Message("Write this in Swedish."), Message("Write this in Swedish in fewer words.")),
    "en": (Message("Write this in English."), Message("Write this in English in fewer words.")),
}
"""What to do where words are missing, and where they are too long."""
WORDS = (
    (r"key", Message("Use small letters, digits and hyphens, for example evening-form.")),
    (r"version", Message("Write a version such as 1.0 or 2.1.")),
    (r"holder|terms", Message("Write at least a few words.")),
    (r"respondents|modes|languages", Message("Choose at least one.")),
    (r"set-\d+-option-\d+-value", Message("Write a whole number that no other answer of this list has.")),
    (r"item-\d+-code", Message("Use letters and digits, for example Q1. Each question needs its own.")),
    (r"item-\d+-answers", Message("Choose a list that has answers, or a number.")),
    (r"item-\d+-low", Message("Write the lowest and the highest number, the lower first.")),
    (r"scale-\d+-key", Message("Use small letters and digits, for example total. Each scale needs its own.")),
    (r"scale-\d+-items", Message("Choose at least one question whose answers can be counted.")),
    (r"scale-\d+-allowed", Message("Write how many answers may be missing, 0 or more.")),
)  # fmt: skip
"""What to do at a field, for readers who know no files."""

MISSING = "the key is missing; give %(allowed)s"
NO_EXAMPLE = Message("Write answers and the score that they must give, counted by hand.")
OTHER_SCORE = Message(
    "These answers give %(found)s. Correct the answers, the rule or the expected score."
)
NO_SCORE = Message(
    "These answers give no score. Leave the expected score empty, or correct the answers or the rule."
)
NO_QUESTIONS = Message("An instrument needs at least one question and one scale.")
_LISTED = re.compile(r"(option_sets|items|scales)\[(\d+)\](?:\.(.*))?")
_OPTION = re.compile(r"options\[(\d+)\].*")


@dataclass(frozen=True)
class Checked:
    """What the loader says: the instrument where it holds, and every fault at its field.

    files: as they would be published.
    """

    instrument: Instrument | None
    faults: tuple[Fault, ...]
    files: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether nothing keeps it from being published."""
        return self.instrument is not None and not self.faults


def check_design(design: Mapping[str, Any]) -> Checked:
    """Load the design's files and score its worked examples."""
    files = write_files(design)
    instrument: Instrument | None = None
    found: list[Fault] = []
    with tempfile.TemporaryDirectory() as made:
        path = put_files(files, Path(made))
        try:
            instrument = load_definition(path)
            found = _compare_examples(design, instrument)
            check_examples(instrument, examples_path(path))
        except DefinitionRejected as error:
            places = _Places(design)
            found += [places.put(fault) for fault in error.faults]
    first = {fault.where: fault for fault in reversed(found)}
    order = list(dict.fromkeys(fault.where for fault in found))
    return Checked(instrument, tuple(first[where] for where in order), files)


def score_sheet(definition: Instrument, answers: Mapping[str, str]) -> tuple[ScaleScore, ...]:
    """What a sheet of made-up answers gives; raises AnswersRejected with every faulty answer."""
    return score(definition, check_answers(definition, answers))


def _compare_examples(design: Mapping[str, Any], definition: Instrument) -> list[Fault]:
    """Where an example gives another score than expected, in words; the files' own check decides all the same."""
    faults = []
    for number, example in enumerate(design["examples"], start=1):
        answers = {
            c: t for c, t in example["answers"].items() if c in {i.code for i in definition.items}
        }
        try:
            scores = score_sheet(definition, answers)
        except EvalplatError:
            continue
        for place, (result, wanted) in enumerate(
            zip(scores, example["expect"], strict=False), start=1
        ):
            where = f"example-{number}-expect-{place}"
            if result.value is None and wanted.strip():
                faults.append(Fault(where, NO_SCORE))
            elif result.value is not None and _is_other(result.value, wanted):
                if not any(text.strip() for text in answers.values()) and not wanted.strip():
                    continue
                text = Message(OTHER_SCORE.template, found=f"{result.value:.10g}")
                faults.append(Fault(where, text))
    return faults


def _is_other(value: float, wanted: str) -> bool:
    try:
        return abs(float(wanted.strip().replace(",", ".").replace("−", "-")) - value) > 5e-6
    except ValueError:
        return True


class _Places:
    """Finds the field of the form that a place in the files comes from."""

    def __init__(self, design: Mapping[str, Any]) -> None:
        self.stem = stem_of(design)
        self.items = {item["code"]: n for n, item in enumerate(design["items"], start=1)}
        self.scales = {scale["key"]: n for n, scale in enumerate(design["scales"], start=1)}
        used = {item["answers"] for item in design["items"]}
        self.sets = [n for n, one in enumerate(design["sets"], start=1) if one["key"] in used]
        self.options = {
            f"{one['key']}.{option['key']}": f"set-{n}-option-{m}"
            for n, one in enumerate(design["sets"], start=1)
            for m, option in enumerate(one["options"], start=1)
        }

    def put(self, fault: Fault) -> Fault:
        """The fault at its field, in words that know no files."""
        file, _, path = fault.where.partition(": ")
        part = file.removeprefix(f"{self.stem}.").removesuffix(".toml")
        if part == "cases.csv":
            where = self._of_example(path)
            proves = "-expect-" in where or where == "examples"
            return Fault(where, NO_EXAMPLE if proves else fault.message)
        if path == "kind":
            return Fault("items", NO_QUESTIONS)
        if part in IN_LANGUAGE:
            missing, too_long = IN_LANGUAGE[part]
            said = missing if fault.message.template == MISSING else too_long
            return Fault(self._of_words(path, part), said)
        where = self._of_structure(path)
        for pattern, said in WORDS:
            if re.fullmatch(pattern, where):
                return Fault(where, said)
        return Fault(where, fault.message)

    def _of_example(self, path: str) -> str:
        number, _, rest = path.rpartition(": ")
        if rest.startswith("expect."):
            scale = self.scales.get(rest.removeprefix("expect."), 1)
            return f"example-{number or 1}-expect-{scale}"
        if found := re.fullmatch(r"row (\d+), expect\.(.*)", path):
            return f"example-{int(found[1]) - 1}-expect-{self.scales.get(found[2], 1)}"
        return f"example-{number}-answer-{self.items[rest]}" if rest in self.items else "examples"

    def _of_words(self, path: str, language: str) -> str:
        head, _, rest = path.partition(".")
        names = {
            "title": "title", "short_title": "short", "introduction": "intro",
            "recall": "recall_words",
        }  # fmt: skip
        if head in names:
            return f"{names[head]}-{language}"
        rest = rest.strip("'")
        if head in ("items", "help") and rest in self.items:
            words = "label" if head == "items" else "help"
            return f"item-{self.items[rest]}-{words}-{language}"
        if head == "scales" and rest in self.scales:
            return f"scale-{self.scales[rest]}-label-{language}"
        return f"{self.options[rest]}-label-{language}" if rest in self.options else ""

    def _of_structure(self, path: str) -> str:
        head = re.split(r"[.\[]", path)[0]
        if head in ("key", "version", "respondents", "modes", "languages", "recall", "note"):
            return head
        if head == "licence":
            return path.removeprefix("licence.")
        if head in ("maps", "spaces"):
            return "scale-1-items"
        if found := _LISTED.fullmatch(path):
            return self._of_row(found[1], int(found[2]), found[3] or "")
        _, _, rest = path.partition(".")
        key, _, part = rest.partition(".")
        row = self.scales.get(key, 1)
        return f"scale-{row}-" + ("allowed" if part.startswith("missing") else "items")

    def _of_row(self, kind: str, number: int, rest: str) -> str:
        if kind == "option_sets":
            row = self.sets[number - 1]
            option = _OPTION.fullmatch(rest)
            return f"set-{row}-option-{option[1]}-value" if option else f"set-{row}"
        part = re.split(r"[.\[]", rest)[0]
        if kind == "items":
            return f"item-{number}-" + {"number": "low", "options": "answers"}.get(part, "code")
        names = {"missing": "allowed", "items": "items", "decimals": "decimals"}
        return f"scale-{number}-" + names.get(part, "key")
