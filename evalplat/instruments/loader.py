"""From TOML to a frozen instrument, or one error that names every fault of its files."""

import hashlib
import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalplat.errors import DefinitionRejected, Message
from evalplat.instruments.check_scales import check_scales
from evalplat.instruments.definition import (
    GoalRules,
    Instrument,
    Item,
    ItemText,
    Licence,
    NumberRange,
    Scale,
    Texts,
)
from evalplat.instruments.keys import KEY, NAME, VERSION, Faults, Keys, show
from evalplat.instruments.read_items import Asked, read_asked
from evalplat.instruments.read_scales import read_scored
from evalplat.instruments.read_texts import Wanted, plain_options, read_texts, read_wording
from evalplat.language import base_language
from evalplat.vocabulary import Mode, Respondent

MAX_BYTES = 512 * 1024
MAX_LINE = 4_000
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,2}")
DURATION = re.compile(r"P[0-9]{1,3}[DWMY]")
KINDS = ("scored", "goals", "external", "record")


def load_definition(path: Path | str) -> Instrument:
    """The instrument of `<version>.toml` with its language files `<version>.<language>.toml` beside it.

    A wording of a declared language (`<version>.fi-x-selko.toml`) need not be declared and may be incomplete.
    Raises DefinitionRejected with every fault: file, key path, value, what is allowed.
    """
    path = Path(path)
    faults = Faults(path.name)
    data = _read_toml(path, faults)
    instrument = None if data is None else _build(data, path, faults)
    if faults.found or instrument is None:
        raise DefinitionRejected(
            Message("The definition %(file)s cannot be used.", file=str(path)), tuple(faults.found)
        )
    return instrument


def _read_toml(path: Path, faults: Faults) -> dict[str, Any] | None:
    try:
        if not path.is_file():
            faults.add("", Message("there is no such file; check the name and the folder"))
            return None
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        faults.add("", Message("the file cannot be opened: %(reason)s", reason=reason))
        return None
    if len(raw) > MAX_BYTES or any(len(line) > MAX_LINE for line in raw.splitlines()):
        faults.add(
            "",
            Message(
                "the file is too large: at most %(size)d KiB, and %(line)d bytes in a line",
                size=MAX_BYTES // 1024,
                line=MAX_LINE,
            ),
        )
        return None
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        faults.add("", Message("line %(line)d is not UTF-8; save the file as UTF-8", line=line))
    except RecursionError:
        faults.add("", Message("lists and tables are nested too deep"))
    except ValueError as error:
        faults.add("", Message("not valid TOML: %(reason)s", reason=str(error)[:200]))
    return None


def _build(data: dict[str, Any], path: Path, faults: Faults) -> Instrument | None:
    keys = Keys(data, "", faults)
    key = keys.word("key", KEY, "whodas-2.0-12", required=True)
    version = keys.word("version", VERSION, "1.0", required=True)
    if version and version != path.stem:
        keys.wrong("version", f"the version that the file name says ({path.stem}), or rename it")
    kind = keys.choice("kind", KINDS, "", required=True)
    use = keys.choice("use", ("individual", "group"), "individual", required=True)
    anonymous, note = keys.flag("anonymous"), keys.text("note")
    respondents = keys.words("respondents", NAME, "client", allowed=list(Respondent), required=True)
    modes = keys.words("modes", NAME, "self", allowed=list(Mode), required=True)
    recall = keys.word("recall", DURATION, "P30D")
    languages = keys.words("languages", LANGUAGE, "fi", required=True)
    licence = _read_licence(keys)
    goals = _read_goals(keys, kind)
    asked = read_asked(keys)
    scored = read_scored(keys, asked, goals)
    keys.close()
    scales = check_scales(asked, scored, goals, faults)
    _check_kind(kind, asked, scales, keys)
    items, conditions = tuple(asked.items.values()), tuple(asked.conditions.values())
    levels = tuple(range(goals.lowest, goals.highest + 1)) if goals else ()
    plain = plain_options(asked.items, asked.ranged)
    wanted = Wanted(items, conditions, scales, plain, recall, levels)
    texts = _read_languages(path, languages, wanted, faults)
    if faults.found:
        return None
    if kind == "external":
        items, texts = _read_given(scales), {c: _name_given(text) for c, text in texts.items()}
    return Instrument(
        key=key,
        version=version,
        kind=kind,
        use=use,
        respondents=tuple(map(Respondent, respondents)),
        modes=tuple(map(Mode, modes)),
        recall=recall,
        licence=licence,
        items=items,
        conditions=conditions,
        scales=scales,
        goals=goals,
        texts=texts,
        digest=_digest(data),
        anonymous=anonymous,
        note=note,
    )


def _read_given(scales: tuple[Scale, ...]) -> tuple[Item, ...]:
    """The scores that come from outside, each a number within its scale's range; open scales take none."""
    return tuple(
        Item(scale.key, number=NumberRange(scale.minimum, scale.maximum, False))
        for scale in scales
        if not scale.open
    )


def _name_given(texts: Texts) -> Texts:
    return replace(texts, items={key: ItemText(label) for key, label in texts.scales.items()})


def _read_licence(keys: Keys) -> Licence:
    table = keys.table("licence", required=True)
    if table is None:
        return Licence("", "", "ask", False)
    licence = Licence(
        holder=table.text("holder", required=True),
        terms=table.text("terms", required=True),
        electronic_use=table.choice("electronic_use", ("free", "ask", "licensed"), required=True),
        official_wording=table.flag("official_wording"),
        source=table.text("source"),
    )
    table.close()
    return licence


def _read_goals(keys: Keys, kind: str) -> GoalRules | None:
    table = keys.table("goals", required=kind == "goals")
    if table is None:
        return None
    if kind != "goals":
        keys.wrong("goals", "goals only in an instrument of the kind goals")
    levels = table.span("levels", required=True) or (-2.0, 2.0)
    usual = table.span("usual", required=True) or (3.0, 4.0)
    rules = GoalRules(
        lowest=int(levels[0]),
        highest=int(levels[1]),
        expected=table.whole("expected", -10, 10, required=True),
        fewest=table.whole("fewest", 1, 50, 1, required=True),
        most=table.whole("most", 1, 50, 10, required=True),
        usual=(int(usual[0]), int(usual[1])),
        baseline_some_ability=table.whole("baseline_some_ability", -10, 10, required=True),
        baseline_no_ability=table.whole("baseline_no_ability", -10, 10, required=True),
    )
    table.close()
    if levels != (rules.lowest, rules.highest) or not rules.lowest < rules.expected < rules.highest:
        table.wrong("levels", "two whole numbers with the expected level between them")
    if not rules.fewest <= rules.usual[0] < rules.usual[1] <= rules.most:
        table.wrong("usual", "two whole numbers between fewest and most")
    for name in ("baseline_some_ability", "baseline_no_ability"):
        if name in table.data and not rules.lowest <= getattr(rules, name) < rules.expected:
            table.wrong(name, "a level below the expected one")
    return rules


def _check_kind(kind: str, asked: Asked, scales: tuple[Scale, ...], keys: Keys) -> None:
    given = [scale for scale in scales if scale.method == "given"]
    goal_scales = [scale for scale in scales if scale.over == "goals"]
    problems = {
        "scored": not asked.items or not scales or given,
        "goals": asked.items or not scales or len(goal_scales) != len(scales),
        "external": asked.items or not scales or len(given) != len(scales),
        "record": scales,
    }
    rules = {
        "scored": "items, and scales that are computed from them",
        "goals": "no items, and scales with the method gas_t",
        "external": "no items, and scales with the method given",
        "record": "no scales",
    }
    if problems.get(kind):
        keys.faults.add(
            "kind",
            Message("an instrument of the kind %(kind)s has %(rule)s", kind=kind, rule=rules[kind]),
        )


def _read_languages(
    path: Path, languages: tuple[str, ...], wanted: Wanted, faults: Faults
) -> dict[str, Texts]:
    texts: dict[str, Texts] = {}
    main = faults.file
    for language in languages:
        file = path.with_name(f"{path.stem}.{language}.toml")
        faults.file = file.name
        data = _read_toml(file, faults)
        if data is not None:
            texts[language] = read_texts(Keys(data, "", faults), language, wanted)
    faults.file = main
    for file in sorted(path.parent.iterdir()):
        if not (file.name.startswith(f"{path.stem}.") and file.suffix == ".toml"):
            continue
        extra = file.name.removeprefix(f"{path.stem}.").removesuffix(".toml")
        if not LANGUAGE.fullmatch(extra) or extra in languages:
            continue
        base = base_language(extra)
        if base != extra and base in texts:
            faults.file = file.name
            data = _read_toml(file, faults)
            if data is not None:
                texts[extra] = read_wording(Keys(data, "", faults), extra, wanted, texts[base])
            faults.file = main
        else:
            faults.add(
                "languages",
                Message(
                    "%(file)s is there but %(language)s is not declared; declare or delete it",
                    file=file.name,
                    language=show(extra),
                ),
            )
    return texts


def _digest(data: dict[str, Any]) -> str:
    """sha256 of the content; comments, layout and the order of keys do not matter."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
