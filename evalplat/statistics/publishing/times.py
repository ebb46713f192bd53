"""A county's coverage over time, as it may be published: see `release_times`."""

from dataclasses import dataclass

from evalplat.statistics.shares.flow import Flow


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who started when, and how far they came; released.

    flow: one row for each time of opening (its name in place of a provider's). started: how many started, one row a
    provider and one column a time; None is withheld.
    """

    times: tuple[str, ...]
    flow: Flow
    providers: tuple[str, ...]
    started: tuple[tuple[int | None, ...], ...]
