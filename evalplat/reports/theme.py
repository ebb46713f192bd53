"""Colours, markers and sizes that every figure and paper shares.

Verdicts wear Okabe–Ito colours and differ in shape as well, so that a figure also reads in grey; there is no red and
no green, because a position in a funnel is not a mark at school.
"""

from dataclasses import dataclass

from evalplat.vocabulary import Verdict

INK = "#1B2430"
MUTED = "#55616D"
BRAND = "#14506B"
TINT = "#E6F0F4"
LINE = "#C9D3DA"
PAPER = "#FFFFFF"

BLUE = "#0072B2"
SKY = "#56B4E9"
ORANGE = "#E69F00"

FONT_SIZE = 12.0
SMALL = 11.0

WIDE = 720.0
NARROW = 340.0


@dataclass(frozen=True, slots=True)
class Mark:
    """How one verdict is drawn: matplotlib's marker, its size in points, fill and edge."""

    marker: str
    size: float
    fill: str
    edge: str


MARKS = {
    Verdict.ABOVE: Mark("^", 10.5, BLUE, INK),
    Verdict.AS_EXPECTED: Mark("o", 8.0, SKY, INK),
    Verdict.BELOW: Mark("v", 10.5, ORANGE, INK),
    Verdict.TOO_FEW: Mark("D", 6.0, PAPER, MUTED),
}
