"""Taking an instrument into use whose owner states its ranges: a new version of it, with what the county has stated."""

import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from evalplat.errors import DefinitionRejected, Fault, InputRejected, Message
from evalplat.instruments.catalogue import list_definition_files, version_order
from evalplat.instruments.definition import Instrument
from evalplat.instruments.loader import load_definition
from evalplat.language import base_language
from evalplat.vocabulary import Direction

COLUMNS = ("scale", "low", "high", "direction", "source", "mic", "sdc", "population")
WAYS = {"higher": Direction.HIGHER_BETTER, "lower": Direction.LOWER_BETTER, "none": "none"}


@dataclass(frozen=True, slots=True)
class Stated:
    """What the county has read in the owner's guide about one scale. titles: what it is called, by language.

    direction: higher, lower or none (of which better). mic, sdc: None where the owner states none.
    """

    scale: str
    low: float
    high: float
    direction: str
    source: str
    mic: float | None = None
    sdc: float | None = None
    population: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)


def list_template(definition: Instrument) -> list[list[str]]:
    """The rows of the table to fill in, header first: what is known of each scale, and gaps for the rest."""
    languages = definition.languages
    rows = [[*COLUMNS, *languages]]
    ways = {str(way): word for word, way in WAYS.items()}
    for scale in definition.scales:
        low, high = ("", "") if scale.open else (f"{scale.minimum:g}", f"{scale.maximum:g}")
        way = ways[str(scale.direction)] if scale.direction else ("" if scale.open else "none")
        titles = [definition.text(language).scales[scale.key] for language in languages]
        rows.append([scale.key, low, high, way, scale.source, "", "", "", *titles])
    return rows


def adopt(source: Path, stated: Sequence[Stated], folder: Path) -> Instrument:
    """Write a version with every range stated into `folder`, beside earlier ones, and give it as it loads.

    source: the definition's file, whose labels are taken along. Raises InputRejected (scales left out, or unknown) and
    DefinitionRejected; then nothing is written.
    """
    base = load_definition(source)
    if base.kind != "external":
        text = Message("%(key)s is scored here, so its ranges are known.", key=base.key)
        raise InputRejected(Message("Nothing was written."), [Fault(base.key, text)])
    _refuse_gaps(base, stated)
    home = folder / base.key
    version = _next_version(base.version, home)
    by_scale = {one.scale: one for one in stated}
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        _write_structure(source, place / f"{version}.toml", version, by_scale)
        for language in base.texts:
            _write_words(source, place, version, language, by_scale)
        definition = load_definition(place / f"{version}.toml")
        home.mkdir(parents=True, exist_ok=True)
        # The definition itself comes last: a version counts from the moment it is there.
        for file in sorted(place.iterdir(), key=lambda one: one.name == f"{version}.toml"):
            (home / file.name).write_bytes(file.read_bytes())
    return definition


def _refuse_gaps(base: Instrument, stated: Sequence[Stated]) -> None:
    known = {scale.key for scale in base.scales}
    given = [one.scale for one in stated]
    faults = [
        Fault(key, Message("this scale is missing; state its range and direction"))
        for key in known.difference(given)
    ]
    faults += [
        Fault(key, Message("there is no such scale in %(key)s", key=base.key))
        for key in dict.fromkeys(given)
        if key not in known
    ]
    faults += [Fault(one.scale, text) for one in stated for text in _find_faults(one)]
    if len(set(given)) < len(given):
        faults.append(Fault("", Message("a scale stands twice; keep one row of it")))
    if faults:
        raise InputRejected(Message("Nothing was written."), sorted(faults, key=str))


def _find_faults(one: Stated) -> list[Message]:
    found = []
    if not one.low < one.high:
        found.append(Message("the lowest score must be below the highest"))
    if one.direction not in WAYS:
        found.append(
            Message("the direction is one of %(known)s: which way is better", known=", ".join(WAYS))
        )
    if not one.source.strip():
        found.append(
            Message("say where this is stated, for example the owner’s guide and its year")
        )
    if (one.mic is not None or one.sdc is not None) and not one.population.strip():
        found.append(Message("say in which population the change parameters were found"))
    return found


def _next_version(version: str, home: Path) -> str:
    taken = {file.stem for file in list_definition_files(home)} if home.is_dir() else set()
    own = [version_order(one)[-1] for one in taken if one.startswith(f"{version}.")]
    return f"{version}.{max(own, default=0) + 1}"


def _write_structure(source: Path, file: Path, version: str, stated: Mapping[str, Stated]) -> None:
    data = _read(source)
    data["version"] = version
    for scale in data["scales"]:
        one = stated[scale["key"]]
        scale["range"] = [one.low, one.high]
        scale["direction"] = str(WAYS[one.direction])
        scale["source"] = one.source.strip()
        known = {"mic": one.mic, "sdc": one.sdc}
        change = {name: value for name, value in known.items() if value is not None}
        if change:
            scale["change"] = {**change, "source": one.source, "population": one.population}
    file.write_text(tomli_w.dumps(data), encoding="utf-8")


def _write_words(
    source: Path, place: Path, version: str, language: str, stated: Mapping[str, Stated]
) -> None:
    data = _read(source.with_name(f"{source.stem}.{language}.toml"))
    for key in data.get("scales", {}):
        data["scales"][key] = stated[key].titles.get(base_language(language)) or data["scales"][key]
    text = tomli_w.dumps(data)
    (place / f"{version}.{language}.toml").write_text(text, encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        text = Message("%(file)s cannot be read.", file=str(path))
        raise DefinitionRejected(text, ()) from error
