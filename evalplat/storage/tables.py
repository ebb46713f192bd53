"""Every table in one place, for the migrations and for the rules of access."""

from evalplat.storage.base import Base
from evalplat.storage.care_tables import (
    Administration,
    Client,
    ClientIdentity,
    ClientProvider,
    Episode,
    Invitation,
    Voucher,
)
from evalplat.storage.county_tables import (
    Account,
    AuditEntry,
    Municipality,
    Plan,
    PlanLine,
    Provider,
)
from evalplat.storage.measurement_tables import (
    Draft,
    EpisodeCounts,
    Goal,
    GoalRating,
    MomentsState,
    PairMoments,
    Score,
    SetAside,
    Sheet,
)

metadata = Base.metadata

IN_EPISODE = (Administration, Invitation, Sheet, SetAside, Draft, Score, Goal, GoalRating)
"""Tables whose rows name their provider, client and episode."""

KEPT_SUMS = (EpisodeCounts, PairMoments)
"""Tables of sums over many clients of a provider, which every sheet keeps current."""

OWNED = (Client, ClientIdentity, ClientProvider, Voucher, Episode, *IN_EPISODE, *KEPT_SUMS)
"""Tables whose rows belong to somebody: no statement reaches them without its owner's condition."""

SHARED = (Provider, Municipality, Account, Plan, PlanLine, MomentsState)
"""Tables of the county itself; roles decide about them in the services."""

LOGS = (AuditEntry,)
"""Written by everybody, read by administrators, changed by nobody."""

APPEND_ONLY = ("sheets", "set_aside_sheets", "goals", "goal_ratings", "scores", "audit_entries")
"""Tables that a trigger keeps from being changed or emptied."""

__all__ = [
    "APPEND_ONLY",
    "IN_EPISODE",
    "KEPT_SUMS",
    "LOGS",
    "OWNED",
    "SHARED",
    "Account",
    "Administration",
    "AuditEntry",
    "Client",
    "ClientIdentity",
    "ClientProvider",
    "Draft",
    "Episode",
    "EpisodeCounts",
    "Goal",
    "GoalRating",
    "Invitation",
    "MomentsState",
    "Municipality",
    "PairMoments",
    "Plan",
    "PlanLine",
    "Provider",
    "Score",
    "SetAside",
    "Sheet",
    "Voucher",
    "metadata",
]
