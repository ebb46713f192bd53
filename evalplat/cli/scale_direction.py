"""Which way the scales of a file improve: from the catalogue where it knows them, from `--direction` for others."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from evalplat.errors import NotFound
from evalplat.vocabulary import Direction

if TYPE_CHECKING:
    from evalplat.instruments.catalogue import Catalogue
    from evalplat.instruments.definition import Scale

DIRECTIONS = {"higher": Direction.HIGHER_BETTER, "lower": Direction.LOWER_BETTER}

ScaleKey = tuple[str, str]


def find_scale(catalogue: "Catalogue", key: ScaleKey) -> "Scale | None":
    """The scale in the latest version of its instrument, or None where the catalogue does not know it."""
    try:
        return catalogue.get(key[0]).scale(key[1])
    except NotFound:
        return None


def find_directions(
    catalogue: "Catalogue", keys: Iterable[ScaleKey], given: str | None
) -> dict[ScaleKey, Direction]:
    """The direction of every scale. Wrong use: an unknown scale without `--direction`, or one that contradicts it."""
    known: dict[ScaleKey, Direction] = {}
    unknown: list[ScaleKey] = []
    for key in keys:
        scale = find_scale(catalogue, key)
        if scale is None or scale.direction is None:
            unknown.append(key)
        else:
            known[key] = scale.direction
    if unknown and given is None:
        names = ", ".join("/".join(key) for key in unknown[:20])
        raise click.UsageError(
            f"No definition says which way this scale improves: {names}. "
            "Add --direction higher (more is better) or --direction lower (less is better)."
        )
    if not unknown and given is not None:
        against = [key for key, direction in known.items() if direction is not DIRECTIONS[given]]
        if against:
            names = ", ".join("/".join(key) for key in against[:20])
            raise click.UsageError(
                f"--direction {given} contradicts the definition of {names}; leave the option out."
            )
    return {**known, **{key: DIRECTIONS[given] for key in unknown if given is not None}}


def parse_scale(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> ScaleKey | None:
    """`INSTRUMENT/SCALE` as two parts; the instrument ends at the last slash."""
    if value is None:
        return None
    instrument, slash, scale = value.strip().rpartition("/")
    if not slash or not instrument or not scale:
        raise click.BadParameter(f"{value!r} is not INSTRUMENT/SCALE, such as whodas-2.0-12/total.")
    return instrument, scale
