"""Where names go beside points, so that no name covers another name or a point."""

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""left, bottom, right, top"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label stands: the left end of its text and the middle of its height."""

    x: float
    y: float


def place_labels(
    wanted: Sequence[tuple[float, float, float]],
    points: Sequence[tuple[float, float]],
    frame: Box,
    *,
    height: float = 14.0,
    radius: float = 6.0,
) -> list[Place | None]:
    """A place for each wanted label (x, y, width of its text), in their order; None where there is no room.

    Right and left of the point are tried first, then above and below, then further away. All in pixels.
    """
    taken: list[Box] = [(x - radius, y - radius, x + radius, y + radius) for x, y in points]
    places: list[Place | None] = []
    for x, y, width in wanted:
        place = next(
            (
                candidate
                for candidate in _candidates(x, y, width, height, radius)
                if _fits(_box(candidate, width, height), taken, frame)
            ),
            None,
        )
        places.append(place)
        if place is not None:
            taken.append(_box(place, width, height))
    return places


def _candidates(x: float, y: float, width: float, height: float, radius: float) -> list[Place]:
    side = radius + 3
    rise = radius + height / 2 + 1
    places = []
    for step in (0.0, 1.0, 2.0):
        lift = step * height * 0.7
        places += [
            Place(x + side, y + lift),
            Place(x - side - width, y + lift),
            Place(x + side, y - lift),
            Place(x - side - width, y - lift),
            Place(x - width / 2, y + rise + lift),
            Place(x - width / 2, y - rise - lift),
        ]
    return places


def _box(place: Place, width: float, height: float) -> Box:
    return place.x, place.y - height / 2, place.x + width, place.y + height / 2


def _fits(box: Box, taken: Sequence[Box], frame: Box) -> bool:
    left, bottom, right, top = box
    inside = left >= frame[0] and bottom >= frame[1] and right <= frame[2] and top <= frame[3]
    return inside and not any(
        left < other[2] and right > other[0] and bottom < other[3] and top > other[1]
        for other in taken
    )
