"""Providers that the county has approved, and the county's municipalities."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.actors import Actor, demand
from evalplat.services.views import MunicipalityView as MunicipalityView
from evalplat.services.views import ProviderView as ProviderView
from evalplat.storage import accounts, audit
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Municipality, Provider
from evalplat.vocabulary import Role


def add_provider(
    session: Session, actor: Actor, *, name: str, own_service: bool = False
) -> ProviderView:
    """Approve a provider. Administrators and system jobs; names are unique. Raises InputRejected."""
    demand(session, actor, Role.ADMINISTRATOR)
    name = " ".join(name.split())
    faults = []
    if not 1 <= len(name) <= 200:
        faults.append(Fault("name", Message("Give a name of 1 to 200 characters.")))
    elif session.scalar(select(Provider.id).where(Provider.name == name)) is not None:
        faults.append(
            Fault("name", Message("There is a provider named %(name)s already.", name=name))
        )
    if faults:
        raise InputRejected(Message("The provider was not added."), faults)
    row = {"public_id": new_public_id(), "name": name, "own_service": own_service, "active": True}
    session.execute(insert(Provider), [row])
    audit.record(session, "add_provider", "provider", str(row["public_id"]))
    return ProviderView(str(row["public_id"]), name, own_service, True)


def list_providers(session: Session, actor: Actor) -> tuple[ProviderView, ...]:
    """Every provider by name."""
    demand(session, actor, *Role)
    found = session.scalars(select(Provider).order_by(Provider.name, Provider.id))
    return tuple(_view(provider) for provider in found)


def get_provider(session: Session, actor: Actor, provider_id: str) -> ProviderView:
    """One provider; raises NotFound."""
    demand(session, actor, *Role)
    provider = accounts.find_provider(session, provider_id)
    if provider is None:
        raise NotFound(Message("There is no such provider."))
    return _view(provider)


def list_municipalities(session: Session, actor: Actor) -> tuple[MunicipalityView, ...]:
    """The county's municipalities by name."""
    demand(session, actor, *Role)
    found = session.scalars(select(Municipality).order_by(Municipality.name))
    return tuple(MunicipalityView(m.code, m.name, m.sub_region, m.county) for m in found)


def _view(provider: Provider) -> ProviderView:
    return ProviderView(provider.public_id, provider.name, provider.own_service, provider.active)
