"""A county's sums as a document that can be sent: JSON with a digest, after disclosure control.

It says who hands over what, about which period, and for each scale the fingerprint of its definition, the columns, the
providers' counts and sums, and the products of all the county's clients together (`county_moments`). `digest` is the
SHA-256 of the document without it, as canonical JSON (keys in order, no spaces, UTF-8), so that a document that was
changed or cut off on its way is not taken for the county's.

Checked against a document read back, and with every part of one changed, left out or made absurd.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evalplat.errors import Fault, FileRejected, Message
from evalplat.statistics.comparison_of_sums import Flow
from evalplat.statistics.counties.county_moments import CountySums, control_disclosure
from evalplat.statistics.counties.small_levels import Groups, name_group
from evalplat.statistics.disclosure import DisclosureRule
from evalplat.statistics.moments import Floats
from evalplat.statistics.results import Exclusion
from evalplat.statistics.sums import PairSums, PooledSums
from evalplat.vocabulary import Direction

SCHEMA = "evalplat/county-moments/1"
PLACE = re.compile(r"%\(\w+\)[sd]|%%", re.ASCII)
GREATEST = 1e150
FAULTY = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class ScaleIdentity:
    """Which scale, by which definition, between which points: must be the same in every county."""

    instrument: str
    version: str
    scale: str
    direction: Direction
    definition: str
    from_point: str = "baseline"
    to_point: str = "end"


@dataclass(frozen=True, slots=True)
class ScaleMoments:
    """What a county knows of one scale. unit: the usual distance between neighbouring scores."""

    identity: ScaleIdentity
    sums: PairSums
    flow: Flow
    unit: float | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One scale of a document: what a county hands over."""

    identity: ScaleIdentity
    county_sums: CountySums
    unit: float | None


@dataclass(frozen=True, slots=True)
class CountyDocument:
    """A document as it was read. created: the day of its data."""

    county: str
    period: str
    created: str
    code_version: str
    digest: str
    scales: tuple[HandedOver, ...]


def write_document(
    scales: Sequence[ScaleMoments],
    *,
    county: str,
    period: str,
    created: str,
    code_version: str,
    covariates: Sequence[str],
    rule: DisclosureRule,
) -> dict[str, Any]:
    """A county's document for these scales, after disclosure control, with its digest.

    covariates: numbers and categories to hand over beside baseline and end, where the sums have them.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "county": county,
        "period": period,
        "created": created,
        "code_version": code_version,
        "scales": [
            _write_scale(
                HandedOver(
                    scale.identity,
                    control_disclosure(scale.sums, scale.flow, covariates, rule),
                    scale.unit,
                )
            )
            for scale in scales
        ],
    }
    return {**document, "digest": find_digest(document)}


def find_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document's canonical JSON without its digest."""
    content = {name: value for name, value in document.items() if name != "digest"}
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _write_scale(scale: HandedOver) -> dict[str, Any]:
    identity, handed = scale.identity, scale.county_sums
    sums, size = handed.sums, len(handed.sums.columns)
    return {
        "instrument": identity.instrument,
        "version": identity.version,
        "scale": identity.scale,
        "direction": identity.direction.value,
        "definition": identity.definition,
        "from_point": identity.from_point,
        "to_point": identity.to_point,
        "unit": scale.unit,
        "numbers": list(handed.numbers),
        "categories": {
            name: [list(group) for group in groups] for name, groups in handed.categories.items()
        },
        "left_out": list(handed.left_out),
        "moved": list(handed.moved),
        "reference": sums.reference.tolist(),
        "providers": [
            {
                "name": name,
                "n": round(float(n)),
                "started": handed.flow.n_started.get(name),
                "sums": row.tolist(),
            }
            for name, n, row in zip(sums.providers, sums.n, sums.sums, strict=True)
        ],
        "products": sums.products[np.triu_indices(size)].tolist(),
        "exclusions": [
            {"reason": e.reason.template, "values": dict(e.reason.values), "count": e.count}
            for e in handed.flow.exclusions
        ],
        "providers_left_out": handed.providers_left_out,
    }


def read_document(text: str, where: str = "") -> CountyDocument:
    """Read a document. Raises FileRejected when it is not one, is of another schema, or was changed since written."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _reject(where, Message("this is not JSON")) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise _reject(where, Message("this is not a document of %(schema)s", schema=SCHEMA))
    try:
        fits = content.get("digest") == find_digest(content)
    except FAULTY as error:
        raise _reject(where, BROKEN) from error
    if not fits:
        raise _reject(
            where, Message("the document was changed since it was written: its digest does not fit")
        )
    try:
        return CountyDocument(
            county=_text(content["county"]),
            period=_text(content["period"]),
            created=_text(content["created"]),
            code_version=_text(content["code_version"]),
            digest=_text(content["digest"]),
            scales=tuple(_read_scale(scale) for scale in content["scales"]),
        )
    except FAULTY as error:
        raise _reject(where, BROKEN) from error


BROKEN = Message("the document is not complete, or holds wrong values")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _reject(where: str, message: Message) -> FileRejected:
    return FileRejected(Message("A county's sums cannot be used."), [Fault(where, message)])


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError("not a text")
    return value


def _count(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a count")
    return value


def _array(values: Sequence[Any], shape: tuple[int, ...]) -> Floats:
    found = np.array(values, dtype=float).reshape(shape)
    if not (np.abs(found) < GREATEST).all():
        raise ValueError("not a number that can be added up")
    return found


def _read_scale(content: Mapping[str, Any]) -> HandedOver:
    numbers = tuple(_text(name) for name in content["numbers"])
    categories: dict[str, Groups] = {
        _text(name): tuple(tuple(_text(level) for level in group) for group in groups)
        for name, groups in content["categories"].items()
    }
    columns = (
        *numbers,
        *(name_group(name, group) for name, groups in categories.items() for group in groups),
    )
    if len(set(columns)) != len(columns) or numbers[:2] != ("baseline", "end"):
        raise ValueError("columns")
    size, rows = len(columns), content["providers"]
    names = tuple(_text(row["name"]) for row in rows)
    if len(set(names)) != len(names):
        raise ValueError("providers")
    products = np.zeros((size, size))
    products[np.triu_indices(size)] = _array(content["products"], (size * (size + 1) // 2,))
    products = products + np.triu(products, 1).T
    sums = PooledSums(
        providers=names,
        columns=columns,
        reference=_array(content["reference"], (size,)),
        n=_array([_count(row["n"]) for row in rows], (len(rows),)),
        sums=_array([row["sums"] for row in rows], (len(rows), size)),
        products=products,
    )
    if not _is_possible(sums):
        raise ValueError("sums")
    flow = Flow(
        {name: _count(row["started"]) for name, row in zip(names, rows, strict=True)},
        tuple(_read_exclusion(item) for item in content["exclusions"]),
    )
    keys = ("instrument", "version", "scale", "definition", "from_point", "to_point")
    texts = {key: _text(content[key]) for key in keys}
    unit = content["unit"]
    return HandedOver(
        ScaleIdentity(direction=Direction(content["direction"]), **texts),
        CountySums(
            numbers=numbers,
            categories=categories,
            left_out=tuple(_text(name) for name in content["left_out"]),
            sums=sums,
            flow=flow,
            providers_left_out=_count(content["providers_left_out"]) or 0,
            moved=tuple(_text(name) for name in content.get("moved", ())),
        ),
        None if unit is None else float(_array([unit], (1,))[0]),
    )


def _is_possible(sums: PooledSums) -> bool:
    """Whether clients with such sums can exist: no variance is negative, no correlation above 1."""
    if not sums.cases:
        return not sums.products.any() and not sums.sums.any()
    added = sums.sums.sum(axis=0)
    spread = sums.products - np.outer(added, added) / sums.cases
    scale = np.sqrt(np.maximum(np.diag(sums.products), 0.0))
    scale[scale == 0] = 1.0
    return bool(np.linalg.eigvalsh(spread / np.outer(scale, scale))[0] > -1e-6)


def _read_exclusion(content: Mapping[str, Any]) -> Exclusion:
    values = {_text(name): value for name, value in content["values"].items()}
    if any(not isinstance(value, str | int | float) for value in values.values()):
        raise ValueError("values")
    template = _text(content["reason"])
    if "%" in PLACE.sub("", template):
        raise ValueError("reason")
    reason = Message(template, **values)
    str(reason)
    return Exclusion(reason, _count(content["count"]))
