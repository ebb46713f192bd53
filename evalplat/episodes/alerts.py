"""Whether a client's latest score calls for attention: reliably worse than the first one. One definition.

Reliable: further than the smallest detectable change of the scale (see `statistics.change`). Between two values of one
definition version only; where the smallest detectable change is not known, nothing is said.
"""

from evalplat.vocabulary import AlertState, Direction


def judge_course(
    first: float | None, latest: float | None, *, direction: Direction | None, sdc: float | None
) -> AlertState:
    """The state of one scale of one client; `first` and `latest` are two different measurements, or None."""
    if first is None or latest is None or direction is None or sdc is None:
        return AlertState.UNKNOWN
    improvement = direction.sign * (latest - first)
    return AlertState.ATTENTION if improvement < -sdc else AlertState.ON_TRACK
