"""Providers that the county has approved."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.actors import Actor, demand
from evalplat.services.views import ProviderView as ProviderView
from evalplat.storage import accounts, audit
from evalplat.storage.ids import new_public_id
from evalplat.storage.rows import change_rows
from evalplat.storage.tables import Provider
from evalplat.vocabulary import Role


def add_provider(
    session: Session, actor: Actor, *, name: str, own_service: bool = False
) -> ProviderView:
    """Approve a provider. Administrators and system jobs; names are unique. Raises InputRejected."""
    demand(session, actor, Role.ADMINISTRATOR)
    name = " ".join(name.split())
    _check_name(session, name, Message("The provider was not added."))
    row = {"public_id": new_public_id(), "name": name, "own_service": own_service, "active": True}
    session.execute(insert(Provider), [row])
    audit.record(session, "add_provider", "provider", str(row["public_id"]))
    return ProviderView(str(row["public_id"]), name, own_service, True)


def rename_provider(session: Session, actor: Actor, *, provider_id: str, name: str) -> ProviderView:
    """Another name for a provider, everywhere from now on. Administrators. Raises NotFound and InputRejected."""
    provider = _lock(session, actor, provider_id)
    name = " ".join(name.split())
    if name != provider.name:
        _check_name(session, name, Message("The name was not changed."))
        _change(session, provider, "rename_provider", name=name)
    return _view(provider)


def end_approval(session: Session, actor: Actor, *, provider_id: str) -> ProviderView:
    """No new episodes at a provider, and no vouchers for it; what is open goes on. Administrators. Raises NotFound."""
    provider = _lock(session, actor, provider_id)
    if provider.active:
        _change(session, provider, "end_approval", active=False)
    return _view(provider)


def approve_again(session: Session, actor: Actor, *, provider_id: str) -> ProviderView:
    """A provider whose approval had ended takes new clients again. Administrators. Raises NotFound."""
    provider = _lock(session, actor, provider_id)
    if not provider.active:
        _change(session, provider, "approve_again", active=True)
    return _view(provider)


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


def _lock(session: Session, actor: Actor, provider_id: str) -> Provider:
    demand(session, actor, Role.ADMINISTRATOR)
    query = select(Provider).where(Provider.public_id == provider_id).with_for_update()
    provider = session.scalar(query)
    if provider is None:
        raise NotFound(Message("There is no such provider."))
    return provider


def _change(session: Session, provider: Provider, action: str, **values: str | bool) -> None:
    change_rows(session, Provider, [{"id": provider.id, **values}])
    session.refresh(provider)
    audit.record(session, action, "provider", provider.public_id)


def _check_name(session: Session, name: str, refusal: Message) -> None:
    faults = []
    if not 1 <= len(name) <= 200:
        faults.append(Fault("name", Message("Give a name of 1 to 200 characters.")))
    elif session.scalar(select(Provider.id).where(Provider.name == name)) is not None:
        faults.append(
            Fault("name", Message("There is a provider named %(name)s already.", name=name))
        )
    if faults:
        raise InputRejected(refusal, faults)


def _view(provider: Provider) -> ProviderView:
    return ProviderView(provider.public_id, provider.name, provider.own_service, provider.active)
