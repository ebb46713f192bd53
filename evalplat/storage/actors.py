"""Who asks: the one thing that every access rule is decided on.

There is no anonymous actor. A person is an account with a role, a client is an open invitation, and everything that
nobody asked for in person (sign-in, the demo, an import) is a system job with a reason that stands in the access log.
"""

from dataclasses import dataclass
from typing import Protocol

from evalplat.vocabulary import Role

BY_TOKEN = "api "
"""How the access log's ground begins where a program asked; the token's id follows."""


class AccountLike(Protocol):
    """What an actor is made of; every account view has it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def provider_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Grant:
    """What one open invitation lets its client reach: one administration, and the course of its episode."""

    invitation_id: str
    administration_id: str
    episode_id: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and in which right. Make one with `of`, `client` or `system`.

    `purpose` is a case worker's written reason for reaching a client who is not theirs.
    `reason` names a system job. `token` is the id of the access token by which a program asks in the account's name.
    """

    name: str
    account_id: str | None = None
    role: Role | None = None
    provider_id: str | None = None
    invitation: Grant | None = None
    purpose: str = ""
    reason: str = ""
    token: str = ""

    @classmethod
    def of(cls, account: AccountLike, purpose: str = "", *, token: str = "") -> "Actor":
        """A signed-in member of staff, or the program that shows one of their access tokens."""
        return cls(
            name=account.name,
            account_id=account.id,
            role=account.role,
            provider_id=account.provider_id,
            purpose=purpose.strip(),
            token=token,
        )

    @classmethod
    def client(cls, *, invitation_id: str, administration_id: str, episode_id: str) -> "Actor":
        """A client behind the client door; known by the invitation only, never by name."""
        return cls(name="client", invitation=Grant(invitation_id, administration_id, episode_id))

    @classmethod
    def system(cls, reason: str) -> "Actor":
        """A job of the installation itself. The reason is written into the access log and cannot be empty."""
        if not reason.strip():
            raise ValueError("a system job says why it runs")
        return cls(name="system", reason=reason.strip())

    @property
    def is_system(self) -> bool:
        """True for a job of the installation itself."""
        return bool(self.reason)

    @property
    def ground(self) -> str:
        """Why, as it stands in the access log: a written purpose, a system job's reason, or the token of a program."""
        return self.purpose or self.reason or (f"{BY_TOKEN}{self.token}" if self.token else "")
