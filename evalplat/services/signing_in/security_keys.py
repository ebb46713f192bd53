"""Security keys and passkeys as a second factor (WebAuthn level 3); the `webauthn` library checks every answer.

A challenge is drawn with a session, asked once and drawn anew after every answer, so that no answer is good for two.
A key makes sure who holds it (a PIN, a finger), so that one left in a machine opens nothing. Nothing is asked about
its make (attestation "none"): staff choose their own.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from evalplat.errors import Fault, InputRejected, Message, NotFound
from evalplat.services.accounts import STAFF, AccountView, find_row
from evalplat.services.actors import Actor, demand
from evalplat.services.signing_in.second_factor import (
    ISSUER,
    demand_one,
    factors_of,
    first_recovery_codes,
)
from evalplat.storage import audit, second_factors
from evalplat.storage.ids import new_public_id
from evalplat.storage.tables import Account, SecurityKey

MOST_KEYS = 10
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000

NOT_ADDED = Message("The key was not added.")


@dataclass(frozen=True, slots=True)
class Site:
    """What a key is bound to: the host name, and the address that the browser shows."""

    host: str
    origin: str


def options_to_add(session: Session, account: AccountView, challenge: bytes, site: Site) -> str:
    """What the browser is told to make a new key with, as JSON."""
    row: Account = find_row(session, account.id)[0]
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=ISSUER,
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=account.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_list_known(session, row),
    )
    return options_to_json(options)


def options_to_ask(session: Session, account: AccountView, challenge: bytes, site: Site) -> str:
    """What the browser is told to ask a known key with, as JSON."""
    row: Account = find_row(session, account.id)[0]
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=_list_known(session, row),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _list_known(session: Session, account: Account) -> list[PublicKeyCredentialDescriptor]:
    keys = second_factors.list_keys(session, account.id)
    return [PublicKeyCredentialDescriptor(id=key.credential_id) for key in keys]


def add_key(
    session: Session,
    actor: Actor,
    *,
    name: str,
    answer: str,
    challenge: bytes,
    site: Site,
    at: datetime,
) -> tuple[str, ...]:
    """Register the key that answered; gives back recovery codes where there are none yet. Raises InputRejected."""
    demand(session, actor, *STAFF)
    account: Account = find_row(session, actor.account_id or "")[0]
    name = " ".join(name.split())
    faults = _faults_of_name(name)
    if len(second_factors.list_keys(session, account.id)) >= MOST_KEYS:
        faults.append(Fault("name", Message("You have ten keys already. Remove one first.")))
    if faults:
        raise InputRejected(NOT_ADDED, faults)
    try:
        found = verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as error:  # whatever the library makes of bytes that a stranger may have sent
        text = Message("The key did not answer as it should. Try again, or use another one.")
        raise InputRejected(NOT_ADDED, [Fault("key", text)]) from error
    if second_factors.is_known_key(session, found.credential_id):
        text = Message("This key is known here already.")
        raise InputRejected(NOT_ADDED, [Fault("key", text)])
    second_factors.add_key(
        session,
        public_id=new_public_id(),
        account_id=account.id,
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        name=name,
        added_at=at,
    )
    audit.record(session, "add_security_key", "account", account.public_id)
    return first_recovery_codes(session, account)


def rename_key(session: Session, actor: Actor, *, key_id: str, name: str) -> None:
    """Give one of one's own keys another name. Raises InputRejected, NotFound."""
    name = " ".join(name.split())
    faults = _faults_of_name(name)
    if faults:
        raise InputRejected(Message("The name was not changed."), faults)
    second_factors.change_key(session, _find_own(session, actor, key_id).id, name=name)


def remove_key(session: Session, actor: Actor, *, key_id: str, needs_one: bool) -> None:
    """Use one of one's own keys no more. Raises NotFound, and Conflict for the last factor where one is needed."""
    key = _find_own(session, actor, key_id)
    account: Account = find_row(session, actor.account_id or "")[0]
    now = factors_of(session, account)
    left = tuple(one for one in now.keys if one.id != key_id)
    demand_one(session, account, replace(now, keys=left), needs_one=needs_one)
    second_factors.remove_keys(session, account.id, key.public_id)
    audit.record(session, "remove_security_key", "account", account.public_id)


def take_key(
    session: Session, account: Account, *, answer: str, challenge: bytes, site: Site, at: datetime
) -> bool:
    """Whether one of the account's keys signed this challenge, and counted on since it last did."""
    for key in second_factors.list_keys(session, account.id):
        try:
            found = verify_authentication_response(
                credential=answer[:LONGEST_ANSWER],
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
                credential_public_key=key.public_key,
                credential_current_sign_count=key.sign_count,
            )
        except Exception:  # whatever the library makes of bytes that a stranger may have sent
            continue
        if found.credential_id == key.credential_id:
            second_factors.change_key(session, key.id, sign_count=found.new_sign_count, used_at=at)
            return True
    return False


def _find_own(session: Session, actor: Actor, key_id: str) -> SecurityKey:
    demand(session, actor, *STAFF)
    account: Account = find_row(session, actor.account_id or "")[0]
    for key in second_factors.list_keys(session, account.id):
        if key.public_id == key_id:
            return key
    raise NotFound(Message("There is no such key."))


def _faults_of_name(name: str) -> list[Fault]:
    if 1 <= len(name) <= LONGEST_NAME:
        return []
    text = Message("Give the key a name of at most %(most)s characters.", most=LONGEST_NAME)
    return [Fault("name", text)]
