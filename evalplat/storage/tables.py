"""Every table in one place, for the migrations and for the rules of access."""

from evalplat.storage.account_tables import (
    AuthenticatorApp,
    IdentityInvitation,
    OutsideIdentity,
    RecoveryCode,
    SecurityKey,
    StaffSession,
    WrongTries,
)
from evalplat.storage.base import Base
from evalplat.storage.care_tables import (
    Administration,
    Client,
    ClientProvider,
    Episode,
    Invitation,
    Voucher,
)
from evalplat.storage.contact_tables import (
    ClientContact,
    ContactRequest,
    Reminder,
    ReminderEvent,
)
from evalplat.storage.county_tables import (
    AccessibilityNote,
    Account,
    AuditEntry,
    AuditHead,
    Municipality,
    OfficialWording,
    Plan,
    PlanLine,
    Provider,
)
from evalplat.storage.desk_tables import (
    AlertNote,
    Appointment,
    ClientPlan,
    EpisodeEvent,
    FeedbackDecision,
    FeedbackSheet,
    PlanGoal,
    ProviderComment,
    SheetNote,
)
from evalplat.storage.erasure_tables import Erasure, RetentionItem, RetentionRun
from evalplat.storage.identity_tables import ClientIdentity, ClientKey, ClientMark
from evalplat.storage.instrument_tables import (
    InstrumentDraft,
    InstrumentOffer,
    PublishedInstrument,
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
    UsedDefinition,
)
from evalplat.storage.rights_tables import ClientAct, FactRevision, RightsRequest
from evalplat.storage.token_tables import ApiToken, ApiTokenUse

metadata = Base.metadata

IN_EPISODE = (
    *(Administration, Invitation, Sheet, SetAside, Draft, Score, Goal, GoalRating),
    *(ContactRequest, Reminder, ReminderEvent, Appointment, AlertNote, SheetNote, EpisodeEvent),
)
"""Tables whose rows name their provider, client and episode."""

OF_CLIENT = (ClientIdentity, ClientMark, ClientContact, ClientPlan, PlanGoal)
"""Tables whose rows name their client alone: whoever knows the client reaches them."""

OF_CASE_WORKER = (ClientAct, FactRevision, RightsRequest, Erasure)
"""Tables about a client's rights: they name the client, and the client's own case worker alone reaches them."""

KEPT_SUMS = (EpisodeCounts, PairMoments)
"""Tables of sums over many clients of a provider, which every sheet keeps current."""

ANONYMOUS = (FeedbackSheet, FeedbackDecision)
"""Anonymous feedback and what was decided about its words: reached by a crossing alone, but put in by clients."""

OF_PROVIDER = (ProviderComment,)
"""Tables of what a provider says of itself: its staff and the county's readers reach them, and no one else."""

OWNED = (
    *(Client, ClientKey, ClientProvider, Voucher, Episode),
    *OF_CLIENT,
    *OF_CASE_WORKER,
    *IN_EPISODE,
    *KEPT_SUMS,
    *OF_PROVIDER,
    *ANONYMOUS,
)
"""Tables whose rows belong to somebody: no statement reaches them without its owner's condition."""

SHARED = (
    *(Provider, Municipality, Account, Plan, PlanLine, MomentsState, ApiToken, ApiTokenUse),
    UsedDefinition,
    *(OfficialWording, PublishedInstrument, InstrumentOffer),
    AuditHead,
)
"""Tables of the county itself; roles decide about them in the services."""

OF_ACCOUNT = (
    *(StaffSession, WrongTries, AuthenticatorApp, RecoveryCode, SecurityKey),
    *(OutsideIdentity, IdentityInvitation),
)
"""What staff sign in with; out of every client's reach."""

LOGS = (AuditEntry,)
"""Written by everybody, read by administrators, changed by nobody."""

TO_ADMINISTRATORS = (AccessibilityNote, RetentionRun, RetentionItem, InstrumentDraft)
"""Read and changed by administrators; feedback on accessibility is sent in by anybody."""

APPEND_ONLY = (
    *("sheets", "set_aside_sheets", "goals", "goal_ratings", "scores", "audit_entries"),
    *("reminder_events", "alert_notes", "client_plans", "plan_goals", "feedback_sheets"),
    "feedback_decisions",
    *("episode_events", "sheet_notes", "provider_comments"),
    "used_definitions",
    *("official_wordings", "published_instruments", "instrument_offers"),
    *("client_acts", "fact_revisions"),
)
"""Tables that a trigger keeps from being changed or emptied."""

__all__ = [
    "ANONYMOUS",
    "APPEND_ONLY",
    "IN_EPISODE",
    "KEPT_SUMS",
    "LOGS",
    "OF_ACCOUNT",
    "OF_CASE_WORKER",
    "OF_CLIENT",
    "OF_PROVIDER",
    "OWNED",
    "SHARED",
    "TO_ADMINISTRATORS",
    "AccessibilityNote",
    "Account",
    "Administration",
    "AlertNote",
    "ApiToken",
    "ApiTokenUse",
    "Appointment",
    "AuditEntry",
    "AuditHead",
    "AuthenticatorApp",
    "Client",
    "ClientAct",
    "ClientContact",
    "ClientIdentity",
    "ClientKey",
    "ClientMark",
    "ClientPlan",
    "ClientProvider",
    "ContactRequest",
    "Draft",
    "Episode",
    "EpisodeCounts",
    "EpisodeEvent",
    "Erasure",
    "FactRevision",
    "FeedbackDecision",
    "FeedbackSheet",
    "Goal",
    "GoalRating",
    "IdentityInvitation",
    "InstrumentDraft",
    "InstrumentOffer",
    "Invitation",
    "MomentsState",
    "Municipality",
    "OfficialWording",
    "OutsideIdentity",
    "PairMoments",
    "Plan",
    "PlanGoal",
    "PlanLine",
    "Provider",
    "ProviderComment",
    "PublishedInstrument",
    "RecoveryCode",
    "Reminder",
    "ReminderEvent",
    "RetentionItem",
    "RetentionRun",
    "RightsRequest",
    "Score",
    "SecurityKey",
    "SetAside",
    "Sheet",
    "SheetNote",
    "StaffSession",
    "UsedDefinition",
    "Voucher",
    "WrongTries",
    "metadata",
]
