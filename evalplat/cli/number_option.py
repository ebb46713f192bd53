"""Numbers given as options: what a file's cells may hold, with a decimal point or comma."""

from typing import Any

import click

MOST, LEAST = 1e15, 1e-15


def number(value: str | float) -> float:
    """A number; never infinite or nan, nor so large or small that computing with it overflows. Else wrong use."""
    from evalplat.scoring.numbers import parse_number

    try:
        found = parse_number(value) if isinstance(value, str) else float(value)
    except ValueError as error:
        told = f"{value!r} is not a number; give one such as 12 or 0.8."
        raise click.BadParameter(told) from error
    if abs(found) > MOST:
        raise click.BadParameter(f"{value} is too large; give a number from -1e15 to 1e15.")
    if 0 < abs(found) < LEAST:
        raise click.BadParameter(f"{value} is too small; give 0, or a number from 1e-15 on.")
    return found


class NumberWithin(click.FloatRange):
    """Such a number within bounds, which the help shows."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number, or wrong use."""
        return float(super().convert(number(value), param, ctx))


POSITIVE = NumberWithin(min=0, min_open=True)
RELIABILITY = NumberWithin(0, 1, max_open=True)
