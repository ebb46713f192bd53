"""What opens a client's visit: a typed code or a link's token, on the client's own phone and on a lent one."""

from flask import request

from evalplat.services.actors import Actor
from evalplat.services.invitations import find_code_hash, open_invitation, split_code
from evalplat.services.passwords import prove
from evalplat.services.views import ClientVisit
from evalplat.web.context import current_wiring, now

DOOR = Actor.system("client door")


def open_with_code(code: str) -> ClientVisit:
    """The visit that a typed code opens; the code is compared, which takes its time, before anything is written."""
    wiring, address = current_wiring(), request.remote_addr or ""
    with wiring.reading(DOOR) as database:
        stored = find_code_hash(database, code, address=address, at=now())
    proof = prove(stored, split_code(code)[1])
    with wiring.transaction(DOOR) as database:
        return open_invitation(database, code=code, proof=proof, address=address, at=now())


def open_with_token(token: str) -> ClientVisit:
    """The visit that a link opens."""
    with current_wiring().transaction(DOOR) as database:
        return open_invitation(database, token=token, at=now())
