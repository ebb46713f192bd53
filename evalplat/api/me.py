"""Who asks: the account and the token, as this side knows them."""

from datetime import date

from pydantic import Field

from evalplat.api.operations import Call, operation
from evalplat.api.parts import Told
from evalplat.vocabulary import Role, TokenScope


class Token(Told):
    """The token that was shown, without its secret."""

    id: str = Field(description="As it stands in the access log.")
    name: str
    scopes: tuple[TokenScope, ...]
    expires_on: date


class Me(Told):
    """In whose name the program asks."""

    account_id: str
    role: Role
    provider_id: str | None
    provider: str | None
    calls_per_minute: int
    token: Token


@operation("GET", "/me", scope=None, tag="Account", answer=Me, summary="Who am I")
def show_me(call: Call) -> Me:
    """The account, its role and provider, and what the token allows."""
    account, token = call.caller.account, call.caller.token
    return Me(
        account_id=account.id,
        role=account.role,
        provider_id=account.provider_id,
        provider=account.provider_name,
        calls_per_minute=call.wiring.settings.api_per_minute,
        token=Token(id=token.id, name=token.name, scopes=token.scopes, expires_on=token.expires_on),
    )
