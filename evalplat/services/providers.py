"""Providers that the county has approved, and the county's municipalities."""

from sqlalchemy.orm import Session

from evalplat.services.actors import Actor
from evalplat.services.views import MunicipalityView, ProviderView


def add_provider(
    session: Session, actor: Actor, *, name: str, own_service: bool = False
) -> ProviderView:
    """Approve a provider. Administrators and system jobs; names are unique. Raises InputRejected."""
    raise NotImplementedError


def list_providers(session: Session, actor: Actor) -> tuple[ProviderView, ...]:
    """Every provider by name."""
    raise NotImplementedError


def get_provider(session: Session, actor: Actor, provider_id: str) -> ProviderView:
    """One provider; raises NotFound."""
    raise NotImplementedError


def list_municipalities(session: Session, actor: Actor) -> tuple[MunicipalityView, ...]:
    """The county's municipalities by name."""
    raise NotImplementedError
