"""The demo's accounts: one of each role, with passwords drawn anew for every installation and never a default."""

from collections.abc import Mapping
from dataclasses import dataclass

from evalplat.services import accounts
from evalplat.services.actors import Actor
from evalplat.services.passwords import draw_password, make_secret
from evalplat.vocabulary import Role
from evalplat.wiring import Wiring

SYSTEM = Actor.system("demo county")


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person needs to sign in as one role."""

    role: Role
    name: str
    email: str
    password: str
    account_id: str
    provider: str = ""


def add_staff(wiring: Wiring, provider_ids: Mapping[str, str]) -> tuple[SignIn, ...]:
    """Make the accounts: workers of the two first providers, a manager, one of each county role."""
    first, second = list(provider_ids)[:2]
    wanted = (
        (Role.PROVIDER_WORKER, "Olli Ohjaaja", "ohjaaja@demo.example", first),
        (Role.PROVIDER_WORKER, "Pia Palkkalainen", "toinen.ohjaaja@demo.example", second),
        (Role.PROVIDER_MANAGER, "Eeva Esihenkilö", "esihenkilo@demo.example", first),
        (Role.CASE_WORKER, "Virve Vastuutyöntekijä", "vastuutyontekija@demo.example", ""),
        (Role.ANALYST, "Anni Analyytikko", "analyytikko@demo.example", ""),
        (Role.ADMINISTRATOR, "Paavo Pääkäyttäjä", "paakayttaja@demo.example", ""),
    )
    made = []
    passwords = [draw_password() for _ in wanted]
    hashed = [make_secret(password) for password in passwords]
    with wiring.transaction(SYSTEM) as session:
        for (role, name, email, provider), password in zip(wanted, hashed, strict=True):
            account = accounts.create_account(
                session,
                SYSTEM,
                email=email,
                name=name,
                role=role,
                password=password,
                provider_id=provider_ids.get(provider),
                language="fi",
            )
            made.append(SignIn(role, name, email, password.text, account.id, provider))
    return tuple(made)
